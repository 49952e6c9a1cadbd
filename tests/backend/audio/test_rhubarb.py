"""Mouth shapes of Rhubarb Lip Sync from phones."""

from __future__ import annotations

import json
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.rhubarb import SHAPES, cues, write_rhubarb

PHONES = (
    Phone("SIL", 0.0, 0.2), Phone("B", 0.2, 0.3), Phone("AY", 0.3, 0.5), Phone("SIL", 0.5, 0.56),
    Phone("M", 0.56, 0.6), Phone("P", 0.6, 0.7), Phone("L", 0.7, 0.8), Phone("SIL", 0.8, 1.0),
)  # fmt: skip
EXPECTED = [("X", 0.0), ("A", 0.2), ("D", 0.3), ("B", 0.4), ("A", 0.56), ("H", 0.7), ("X", 0.8)]


def test_every_phone_has_a_shape():
    assert set(SHAPES) == {*ARPABET, SILENCE}
    assert set("".join(SHAPES.values())) == set("ABCDEFGHX")
    assert {phone for phone in ARPABET if SHAPES[phone] == "A"} == {"P", "B", "M"}
    assert {phone for phone in ARPABET if SHAPES[phone] == "G"} == {"F", "V"}


def test_shapes_fill_the_recording_and_short_silence_does_not_rest_the_mouth():
    made = cues(PHONES, 1.0)
    assert [(cue.shape, pytest.approx(cue.start)) for cue in made] == EXPECTED
    assert all(one.end == other.start for one, other in pairwise(made))
    assert (made[0].start, made[-1].end) == (0.0, 1.0)


def test_silence_is_seen_whether_it_is_named_or_not():
    assert cues([phone for phone in PHONES if phone.label != SILENCE], 1.0) == cues(PHONES, 1.0)
    assert [cue.shape for cue in cues((), 2.0)] == ["X"]
    assert [cue.end for cue in cues([Phone("AA", 0.0, 5.0)], 2.0)] == [2.0]


def written(tmp_path, name):
    write_rhubarb(tmp_path / name, PHONES, 1.0, "a & <b>.wav")
    return (tmp_path / name).read_text()


def test_tsv(tmp_path):
    rows = [line.split("\t") for line in written(tmp_path, "a.tsv").splitlines()]
    assert [(shape, float(start)) for start, shape in rows] == [*EXPECTED, ("X", 1.0)]


def test_json(tmp_path):
    content = json.loads(written(tmp_path, "a.rhubarb.json"))
    assert content["metadata"] == {"soundFile": "a & <b>.wav", "duration": 1.0}
    assert [(cue["value"], cue["start"]) for cue in content["mouthCues"]] == EXPECTED
    assert content["mouthCues"][-1]["end"] == 1.0


def test_xml(tmp_path):
    root = ElementTree.fromstring(written(tmp_path, "a.XML"))  # noqa: S314 - made here
    assert root.tag == "rhubarbResult"
    assert root.findtext("metadata/soundFile") == "a & <b>.wav"
    assert root.findtext("metadata/duration") == "1.00"
    found = [(cue.text, float(cue.get("start"))) for cue in root.iterfind("mouthCues/mouthCue")]
    assert found == EXPECTED


def test_moho(tmp_path):
    first, *rows = written(tmp_path, "a.dat").splitlines()
    assert first == "MohoSwitch1"
    assert rows == ["1 X", "5 A", "8 D", "10 B", "14 A", "17 H", "20 X", "25 X"]


def test_closed_lips_keep_their_frame_and_of_other_shapes_the_last_counts(tmp_path):
    phones = [Phone("AA", 0.0, 0.5), Phone("B", 0.5, 0.51), Phone("IY", 0.51, 0.99), Phone("L", 0.99, 0.995)]
    phones = [*phones, Phone("UW", 0.995, 1.0)]
    write_rhubarb(tmp_path / "a.dat", phones, 1.0, "a.wav")
    assert (tmp_path / "a.dat").read_text().splitlines()[1:] == ["1 D", "13 A", "14 B", "24 F", "25 X"]
