"""The controls stand on both sides, the same byte for byte: each side works without the other."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "addon" / "core" / "retarget" / "controls"
BACKEND = ROOT / "backend" / "elocute" / "controls"


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".py", ".npz")}


def test_both_copies_are_the_same():
    assert files(ADDON) == files(BACKEND), f"copy {ADDON.relative_to(ROOT)} to {BACKEND.relative_to(ROOT)}"
