"""Build the Blender extension: one zip with the add-on, the backend, its model and requirements, and a head.

Without ``--platform`` it is the zip for every system, whose service gets its packages by Set up. With it the
zip of one system (or of ``all``, one each) carries the packages as wheels, which pip fetches, and needs no
Set up (docs/publishing.md).

Zips are deterministic: the same files give the same bytes. The one for every system needs nothing but the
standard library of any Python from 3.8; Blender's does as well: ``blender -b -P scripts/build_extension.py --
--out FOLDER``. Syntax and modules of later versions must stay out of this file and of the two that it always
imports.
"""

from __future__ import annotations

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if sys.version_info < (3, 8):  # noqa: UP036 - whoever has an older one gets a sentence
    sys.exit("error: this needs Python 3.8 or newer: run it with 'python3.11', or inside Blender.")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from addon.core.atomic_write import write_atomically  # noqa: E402
from addon.core.errors import UserError  # noqa: E402

if TYPE_CHECKING:
    from scripts.extension_wheels import Content, Platform

FOLDERS = ("addon", "backend/elocute")
FILES = (
    "__init__.py",
    "blender_manifest.toml",
    "LICENSE",
    "README.md",
    "requirements/backend.txt",
    "requirements/backend-languages.txt",
    "requirements/backend-lite.txt",
    "requirements/backend-science.txt",
    "requirements/backend-transformers.txt",
    "requirements/backend-words.txt",
    "requirements/torch-cpu.txt",
    "flame_assets/elocute-head-1.npz",
    "flame_assets/demo/line.flac",
    "flame_assets/demo/line.txt",
    "flame_assets/pictures/plain.png",
    "flame_assets/pictures/mira.png",
    "flame_assets/pictures/jonas.png",
    "flame_assets/pictures/amara.png",
    "flame_assets/pictures/kenji.png",
)
NEEDED = ("backend/elocute/bundled/elocute-lite/config.json",)
"""Files below ``FOLDERS`` without which the zip would be of little use."""
SKIPPED_FOLDERS = frozenset({"__pycache__", "tests"})
SKIPPED_ENDINGS = (".pyc", ".pyo", ".blend1", ".tmp")
NETWORK_ON_REQUEST = "On request only: PyTorch for your models, a remote service"
"""What a zip with its packages needs the network for."""
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can hold; the real times would make every build differ."""
UNIX = 3
"""The system that a zip says it was made on; Windows would write another, and the zips would differ."""


def extension_files(root: Path) -> Iterator[Path]:
    """Yield the files that belong in the zip, in a fixed order.

    Raises:
        FileNotFoundError: one of the named files is missing.
    """
    for name in FILES:
        path = root / name
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path
    for name in NEEDED:
        if not (root / name).is_file():
            raise FileNotFoundError(root / name)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            hidden = any(part.startswith(".") for part in relative.parts)
            if hidden or SKIPPED_FOLDERS & set(relative.parts) or path.name.endswith(SKIPPED_ENDINGS):
                continue
            if path.is_file():
                yield path


def zip_name(root: Path, platform: str = "") -> str:
    """File name that Blender's own tools would give the zip, of one platform or of all."""
    manifest = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    facts = dict(re.findall(r'^(id|version) *= *"([^"]+)"', manifest, flags=re.MULTILINE))
    ending = f"-{platform.replace('-', '_')}" if platform else ""
    return f"{facts['id']}-{facts['version']}{ending}.zip"


def build(root: Path, folder: Path) -> Path:
    """Write the zip for every system into ``folder`` and return its path.

    Raises:
        FileNotFoundError: a file that belongs in it is missing.
        UserError: it cannot be written.
    """
    return _build(root, folder, zip_name(root), {})


def build_for(root: Path, folder: Path, platform: Platform, content: Content) -> Path:
    """Write the zip of one system, which carries its packages, into ``folder`` and return its path.

    Raises:
        FileNotFoundError: a file that belongs in it is missing.
        UserError: it cannot be written.
    """
    from scripts.extension_wheels import SPEECH_MODEL

    manifest = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    files = {"blender_manifest.toml": manifest_for(manifest, platform.name, list(content.wheels)).encode()}
    files.update((f"wheels/{name}", data) for name, data in content.wheels.items())
    files.update((f"{SPEECH_MODEL}/{name}", data) for name, data in content.model.items())
    return _build(root, folder, zip_name(root, platform.name), files)


def manifest_for(manifest: str, platform: str, wheels: list[str]) -> str:
    """The manifest of a zip that carries its packages: its system, wheels, what it needs the network for."""
    network = re.compile(r'^network = ".*"$', re.MULTILINE)
    listed = "".join(f'    "./wheels/{name}",\n' for name in wheels)
    own = f'platforms = ["{platform}"]\nwheels = [\n{listed}]\n\n[permissions]'
    return network.sub(f'network = "{NETWORK_ON_REQUEST}"', manifest).replace("[permissions]", own, 1)


def _build(root: Path, folder: Path, name: str, files: dict[str, bytes]) -> Path:
    """Write a zip of what belongs in every one and of ``files``, which go before those of the same names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.", "Give another --out.") from error
    target = folder / name
    with write_atomically(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path in extension_files(root):
            place = path.relative_to(root).as_posix()
            if place not in files:
                _add(archive, place, path.read_bytes())
        for place, data in files.items():
            _add(archive, place, data)
    return target


def _add(archive: zipfile.ZipFile, place: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(place, TIMESTAMP)
    entry.create_system = UNIX
    entry.compress_type = zipfile.ZIP_STORED if place.endswith(".whl") else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, compresslevel=9)


def own_arguments(command_line: list[str], in_blender: bool) -> list[str]:
    """The arguments that are for this program: inside Blender those after ``--``."""
    if not in_blender:
        return command_line[1:]
    return command_line[command_line.index("--") + 1 :] if "--" in command_line else []


def main() -> int:
    """Build the zip, or those asked for, and say where they are."""
    parser = argparse.ArgumentParser(description="Build the zip that Blender installs.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write to (default: dist)")
    parser.add_argument(
        "--platform", help="build the zip of one system that carries its packages: linux-x64, ..., or all"
    )
    parser.add_argument(
        "--downloads", type=Path, default=ROOT / "dist" / "downloads", help="where pip puts the wheels"
    )
    parser.add_argument(
        "--unmodified", action="store_true", help="take wheels as they are on the package index (much larger)"
    )
    arguments = parser.parse_args(own_arguments(sys.argv, "bpy" in sys.modules))
    try:
        if arguments.platform:
            return _build_platforms(arguments)
        target = build(ROOT, arguments.out)
    except FileNotFoundError as error:
        print(f"error: {error} is missing: this checkout of Elocute is not complete", file=sys.stderr)
        return 3
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
    return 0


def _build_platforms(arguments: argparse.Namespace) -> int:
    """Build the zips that carry their packages, and check them."""
    try:
        from scripts import extension_check, extension_wheels
    except ImportError as error:
        raise UserError(
            f"--platform needs the package {error.name}.",
            "Run it in .venv/test, or install pip and packaging.",
        ) from error
    platforms = extension_wheels.PLATFORMS
    if arguments.platform != "all":
        platforms = (extension_wheels.platform_named(arguments.platform),)
    wrong = 0
    for platform in platforms:
        content = extension_wheels.platform_content(
            ROOT, platform, arguments.downloads, unmodified=arguments.unmodified
        )
        target = build_for(ROOT, arguments.out, platform, content)
        print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
        print(extension_check.size_table(target))
        for problem in extension_check.problems(target, platform):
            print(f"error: {problem}", file=sys.stderr)
            wrong += 1
    return 4 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
