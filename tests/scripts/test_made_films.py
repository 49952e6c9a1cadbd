"""What the films of tests inside Blender are made of; see tests/e2e/make_films.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.e2e import make_films

SPEECH = Path(__file__).parents[1] / "data" / "speech" / "map.flac"


def test_a_film_that_cannot_be_made_holds_up_no_other(tmp_path, monkeypatch):
    kinds = {
        "first.mkv": ("matroska", "no such codec", "mono", False),
        "second.mkv": ("no such container", "flac", "mono", False),
        "third.mkv": ("matroska", "flac", "mono", False),
    }
    monkeypatch.setattr(make_films, "KINDS", kinds)
    made = make_films.make(tmp_path, SPEECH)
    assert list(made) == list(kinds)
    assert "no such codec" in made["first.mkv"]["failed"]
    assert "no such container" in made["second.mkv"]["failed"]
    assert made["third.mkv"] == {"path": str(tmp_path / "third.mkv"), "rate": 48_000}
    assert len(np.load(tmp_path / "third.mkv.npy")) > 48_000
