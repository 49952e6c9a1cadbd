"""The wheels that the extension of one system carries: fetched by pip, pinned with hashes, and made small.

Blender installs them beside its own packages. A wheel is left as it is on the package index, or without what
the service never opens (:data:`LEFT_OUT`); what is kept is the same to the last byte.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.tags import mac_platforms

from addon.core.errors import UserError

REQUIREMENTS: Final = "requirements/extension.txt"
PYTHONS: Final = ("311", "313")
"""Of Blender 4.2 to 5.0, and of 5.1 and later."""
SLIM_BUILD: Final = "1"
"""Build tag in the name of a wheel from which files are left out."""
UNIX: Final = 3
"""The system that zips say they were made on, wherever they are built, so that they are equal."""
LEFT_OUT: Final[Mapping[str, tuple[str, ...]]] = {
    # The C library a second time, and what converts and checks models.
    "onnxruntime": (
        "onnxruntime/capi/libonnxruntime.*",
        "onnxruntime/capi/onnxruntime.dll",
        "onnxruntime/tools/*",
        "onnxruntime/transformers/*",
        "onnxruntime/quantization/*",
        "onnxruntime/datasets/*",
    ),
    # Of both Pythons the same: it lies in the zip once (SPEECH_MODEL).
    "pocketsphinx": ("pocketsphinx/model/*",),
    # Spelling to sounds and back, and the libraries; NumPy computes what hears.
    "hama": (
        "hama/assets/p2g.hama",
        "hama/assets/encoder.hama",
        "hama/assets/decoder_step.hama",
        "hama/_libs/*",
    ),
}
SPEECH_MODEL: Final = "speech_model"
"""Folder of the zip with the model of speech that pocketsphinx's wheels share."""
_MODEL_SOURCE: Final = "pocketsphinx/model/"
_MODEL_OF_WORDS: Final = "en-us/en-us.lm.bin"
"""Most of the model: hears words where no other recogniser of sounds is installed. It is left out."""


@dataclass(frozen=True)
class Platform:
    """A system that gets a zip of its own.

    Attributes:
        name: Blender's name for it.
        tags: tags of the wheels that run there, the newest first.
        environment: what markers of requirements are asked.
    """

    name: str
    tags: tuple[str, ...]
    environment: Mapping[str, str]


def _manylinux() -> tuple[str, ...]:
    """Tags from the C library of 2018 on back, as Blender itself wants it."""
    return (*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 16, -1)), "manylinux2014_x86_64")


PLATFORMS: Final[tuple[Platform, ...]] = (
    Platform(
        "linux-x64",
        _manylinux(),
        {"sys_platform": "linux", "platform_machine": "x86_64"},
    ),
    Platform("windows-x64", ("win_amd64",), {"sys_platform": "win32", "platform_machine": "AMD64"}),
    Platform(
        "macos-arm64",
        tuple(mac_platforms((14, 0), "arm64")),
        {"sys_platform": "darwin", "platform_machine": "arm64"},
    ),
    Platform(
        "macos-x64",
        tuple(mac_platforms((13, 0), "x86_64")),
        {"sys_platform": "darwin", "platform_machine": "x86_64"},
    ),
)
"""On Macs the version of the system is that of the newest wheel, ONNX Runtime's."""


@dataclass(frozen=True)
class Content:
    """What a system's zip holds on top of the plain one.

    Attributes:
        wheels: by their file names.
        model: files of the speech model below :data:`SPEECH_MODEL`.
    """

    wheels: Mapping[str, bytes]
    model: Mapping[str, bytes]


def platform_named(name: str) -> Platform:
    """The platform of that name.

    Raises:
        UserError: there is none.
    """
    found = next((platform for platform in PLATFORMS if platform.name == name), None)
    if found is None:
        known = ", ".join(platform.name for platform in PLATFORMS)
        raise UserError(f"There is no platform {name}.", f"Take one of: {known}.")
    return found


def platform_content(root: Path, platform: Platform, downloads: Path, *, unmodified: bool = False) -> Content:
    """Fetch a platform's wheels and leave out what is not needed.

    Args:
        root: folder that holds ``requirements/``.
        platform: whose.
        downloads: where pip puts the wheels; what lies there already is not downloaded again.
        unmodified: take every wheel as it is on the package index.

    Raises:
        UserError: pip cannot get them.
    """
    wheels: dict[str, bytes] = {}
    model: dict[str, bytes] = {}
    for path in fetch(root, platform, downloads):
        if path.name.startswith("pocketsphinx-") and not unmodified:
            model = dict(speech_model(path))
        patterns = () if unmodified else LEFT_OUT.get(path.name.partition("-")[0], ())
        name, data = slim(path, patterns)
        wheels[name] = data
    return Content(dict(sorted(wheels.items())), model)


def fetch(root: Path, platform: Platform, downloads: Path) -> list[Path]:
    """Download the wheels of a platform for every Python, and return them in order.

    Raises:
        UserError: pip cannot get one of them, or its hash is another.
    """
    lines = requirements_for((root / REQUIREMENTS).read_text(encoding="utf-8"), platform)
    folder = downloads / platform.name
    folder.mkdir(parents=True, exist_ok=True)
    chosen = folder / "requirements.txt"
    chosen.write_text("\n".join(lines) + "\n", encoding="utf-8")
    digests = set(re.findall(r"sha256:([0-9a-f]{64})", "\n".join(lines)))
    tags = [word for tag in platform.tags for word in ("--platform", tag)]
    found: set[Path] = set()
    for python in PYTHONS:
        into = folder / python
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", str(into)]
        command += ["--implementation", "cp", "--python-version", python, *tags, "-r", str(chosen)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            reason = said[0] if said else done.stderr[-300:]
            raise UserError(
                f"The wheels for {platform.name} cannot be fetched: {reason}",
                "Check the network, and requirements/extension.txt.",
            )
        # A wheel of an earlier pin may lie there still.
        found |= {path for path in into.glob("*.whl") if _digest(path) in digests}
    by_name = {path.name: path for path in found}
    return [by_name[name] for name in sorted(by_name)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def requirements_for(text: str, platform: Platform) -> list[str]:
    """Lines of a requirements file that hold on a platform, without their markers."""
    lines = []
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        if not line or line.startswith("#"):
            continue
        named, *hashes = line.split(" --hash=")
        requirement = Requirement(named.strip())
        if requirement.marker is None or requirement.marker.evaluate(dict(platform.environment)):
            pinned = f"{requirement.name}{requirement.specifier}"
            lines.append(" ".join([pinned, *(f"--hash={value.strip()}" for value in hashes)]))
    return lines


def slim(path: Path, patterns: Iterable[str]) -> tuple[str, bytes]:
    """Name and content of a wheel without the files that match ``patterns``; as it is without patterns.

    The record of its files is written anew, and its name gets a build tag.
    """
    patterns = tuple(patterns)
    if not patterns:
        return path.name, path.read_bytes()
    kept: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not any(fnmatch(name, pattern) for pattern in patterns):
                kept[name] = archive.read(name)
    record = next(name for name in kept if name.endswith(".dist-info/RECORD"))
    wheel = record.replace("RECORD", "WHEEL")
    kept[wheel] = kept[wheel].rstrip() + f"\nBuild: {SLIM_BUILD}\n".encode()
    kept[record] = _record(kept, record)
    name, version, *tags = path.name.split("-")
    return "-".join([name, version, SLIM_BUILD, *tags]), zipped(kept)


def speech_model(path: Path) -> Mapping[str, bytes]:
    """Files of pocketsphinx's model, from one of its wheels, by their names below :data:`SPEECH_MODEL`."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith(_MODEL_SOURCE) and name[-1] != "/"]
        files = {name[len(_MODEL_SOURCE) :]: archive.read(name) for name in names}
    return {
        name: data
        for name, data in sorted(files.items())
        if not name.endswith(".py") and name != _MODEL_OF_WORDS
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files, the same bytes for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return target.getvalue()


def _record(files: Mapping[str, bytes], record: str) -> bytes:
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for name, data in files.items():
        if name == record:
            writer.writerow([name, "", ""])
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([name, f"sha256={digest}", len(data)])
    return rows.getvalue().encode()
