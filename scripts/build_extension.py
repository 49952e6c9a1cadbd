"""Build the Blender extension: one zip with the add-on, the backend, its model and requirements, and a head.

The zip is deterministic: the same files give the same bytes. Needs nothing but the standard library of any
Python from 3.8; Blender's does as well: ``blender -b -P scripts/build_extension.py -- --out FOLDER``. Syntax
and modules of later versions must stay out of this file and of the two it imports.
"""

from __future__ import annotations

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

if sys.version_info < (3, 8):  # noqa: UP036 - whoever has an older one gets a sentence
    sys.exit("error: this needs Python 3.8 or newer: run it with 'python3.11', or inside Blender.")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from addon.core.atomic_write import write_atomically  # noqa: E402
from addon.core.errors import UserError  # noqa: E402

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
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can hold; the real times would make every build differ."""


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


def zip_name(root: Path) -> str:
    """File name that Blender's own tools would give the zip."""
    manifest = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    facts = dict(re.findall(r'^(id|version) *= *"([^"]+)"', manifest, flags=re.MULTILINE))
    return f"{facts['id']}-{facts['version']}.zip"


def build(root: Path, folder: Path) -> Path:
    """Write the zip into ``folder`` and return its path.

    Raises:
        FileNotFoundError: a file that belongs in it is missing.
        UserError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.", "Give another --out.") from error
    target = folder / zip_name(root)
    with write_atomically(target) as temporary:
        _write(root, temporary)
    return target


def _write(root: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in extension_files(root):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def own_arguments(command_line: list[str], in_blender: bool) -> list[str]:
    """The arguments that are for this program: inside Blender those after ``--``."""
    if not in_blender:
        return command_line[1:]
    return command_line[command_line.index("--") + 1 :] if "--" in command_line else []


def main() -> int:
    """Build the zip and say where it is."""
    parser = argparse.ArgumentParser(description="Build the zip that Blender installs.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write to (default: dist)")
    arguments = parser.parse_args(own_arguments(sys.argv, "bpy" in sys.modules))
    try:
        target = build(ROOT, arguments.out)
    except FileNotFoundError as error:
        print(f"error: {error} is missing: this checkout of Elocute is not complete", file=sys.stderr)
        return 3
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
