"""What can be told of a system's zip without that system: its wheels' tags, lengths of paths, sizes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.tags import Tag
from packaging.utils import NormalizedName, parse_wheel_filename

from scripts.extension_wheels import PYTHONS, Platform

MOST_BYTES: Final = 100_000_000
_LONGEST_WINDOWS_PATH: Final = 259
_USER: Final = 20
"""Characters of a user's name on Windows that are reckoned with, the most that its old domains allow."""
_BLENDER: Final = (
    len("C:\\Users\\") + _USER + len("\\AppData\\Roaming\\Blender Foundation\\Blender\\5.0\\extensions\\")
)
_ROOM_IN_EXTENSION: Final = _LONGEST_WINDOWS_PATH - _BLENDER - len("user_default\\elocute\\")
_ROOM_IN_PACKAGES: Final = _LONGEST_WINDOWS_PATH - _BLENDER - len(".local\\lib\\python3.11\\site-packages\\")


def problems(zip_file: Path, platform: Platform, most_bytes: int = MOST_BYTES) -> list[str]:
    """Return what is wrong with a system's zip, a sentence each; empty where nothing is."""
    found = []
    size = zip_file.stat().st_size
    if size > most_bytes:
        found.append(f"{zip_file.name} has {size / 1e6:.1f} MB, more than {most_bytes / 1e6:.0f}.")
    with zipfile.ZipFile(zip_file) as archive:
        names = archive.namelist()
        wheels = [PurePosixPath(name).name for name in names if name.startswith("wheels/")]
        found += tag_problems(wheels, platform)
        found += [
            f"{name} is too long for Windows below the extension's folder."
            for name in names
            if len(name) > _ROOM_IN_EXTENSION
        ]
        for wheel in wheels:
            with zipfile.ZipFile(io.BytesIO(archive.read(f"wheels/{wheel}"))) as inner:
                found += [
                    f"{name} of {wheel} is too long for Windows among Blender's packages."
                    for name in inner.namelist()
                    if len(name) > _ROOM_IN_PACKAGES
                ]
    return found


def tag_problems(wheels: list[str], platform: Platform) -> list[str]:
    """Wheels that run nowhere on the platform, and Pythons that have none, or two, of a package."""
    found = []
    packages: dict[NormalizedName, list[frozenset[Tag]]] = {}
    for wheel in wheels:
        name, _, _, tags = parse_wheel_filename(wheel)
        packages.setdefault(name, []).append(tags)
        if not any(tag.platform in (*platform.tags, "any") for tag in tags):
            found.append(f"{wheel} does not run on {platform.name}.")
    for package, several in packages.items():
        for python in PYTHONS:
            fitting = sum(any(_runs(tag, python) for tag in tags) for tags in several)
            if fitting != 1:
                found.append(f"{fitting} wheels of {package} are for Python {python}; there must be one.")
    return found


def size_table(zip_file: Path) -> str:
    """Megabytes in the zip by what they are, the largest first, a line each."""
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(zip_file) as archive:
        for entry in archive.infolist():
            parts = PurePosixPath(entry.filename).parts
            what = parts[1].split("-")[0] if parts[0] == "wheels" else "/".join(parts[:2][:-1]) or parts[0]
            if entry.filename.startswith("backend/elocute/bundled"):
                what = "bundled model"
            sizes[what] = sizes.get(what, 0) + entry.compress_size
    rows = sorted(sizes.items(), key=lambda row: -row[1])
    small = sum(size for _, size in rows if size < 100_000)
    lines = [f"  {size / 1e6:6.1f}  {what}" for what, size in rows if size >= 100_000]
    return "\n".join([*lines, f"  {small / 1e6:6.1f}  other"])


def _runs(tag: Tag, python: str) -> bool:
    """Whether Blender takes a wheel of this tag in a Blender with that Python."""
    if tag.interpreter.startswith("py3"):
        return True
    minor = int(python[1:])
    if not tag.interpreter.startswith("cp3"):
        return False
    of_tag = int(tag.interpreter[3:])
    return of_tag == minor or (tag.abi == "abi3" and of_tag <= minor)
