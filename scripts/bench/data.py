"""Files of this repository that measurements use."""

from __future__ import annotations

from typing import Final

from scripts.backend_path import ROOT

HEAD: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
SPEECH: Final = (ROOT / "flame_assets" / "demo", ROOT / "tests" / "data" / "speech")
"""Folders of recordings with text and phone times."""
SOUNDS: Final = tuple(sorted(path for folder in SPEECH for path in folder.glob("*.flac")))
