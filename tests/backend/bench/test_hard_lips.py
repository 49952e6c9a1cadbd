"""Lips in hard conditions: halves of the recordings are told apart, and dumb motion stands beside."""

from __future__ import annotations

import pytest

from elocute.audio.phone import Phone
from elocute.bench import hard_lips
from elocute.bench.hard_lips import ALL, HardLips
from elocute.bench.recordings import Recording


class Counted:
    """A model whose take of a line is the line's number."""

    name = "counted"

    def make(self, speech, style, seed, takes):
        return [speech]


@pytest.fixture
def lips(monkeypatch, tmp_path):
    def recordings(folder):
        phones = (Phone("SIL", 0.0, 1.0),)
        return [Recording(folder / f"{number}.wav", phones, None) for number in range(5)]

    monkeypatch.setattr(hard_lips, "recordings_in", recordings)
    monkeypatch.setattr(Recording, "heard", lambda self, way: (self.path.parent.name, self.path.stem, way))
    monkeypatch.setattr(hard_lips, "dumb_performances", lambda performances: {"still": performances})
    monkeypatch.setattr(HardLips, "_scores", lambda self, made: [one.clip for _, one in made])
    return HardLips(tmp_path, ("hum", "roar"), [Counted()], None)


def test_each_condition_all_of_them_and_both_halves(lips):
    rows = dict(lips.rows(["transcript"]))
    assert list(rows) == [
        "hum: transcript: counted",
        "hum: transcript: still",
        "roar: transcript: counted",
        "roar: transcript: still",
        *(
            f"{where}: transcript: {name}"
            for name in ("counted", "still")
            for where in (ALL, f"{ALL}, half A", f"{ALL}, half B")
        ),
    ]
    assert rows["roar: transcript: counted"] == [("roar", str(n), "transcript") for n in range(5)]
    halves = [rows[f"{ALL}, half {half}: transcript: counted"] for half in "AB"]
    assert [clip[:2] for clip in halves[0]] == [(c, n) for c in ("hum", "roar") for n in ("0", "2", "4")]
    assert [clip[:2] for clip in halves[1]] == [(c, n) for c in ("hum", "roar") for n in ("1", "3")]
    assert len(rows[f"{ALL}: transcript: counted"]) == 10
