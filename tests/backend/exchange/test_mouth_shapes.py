"""Mouth shapes of Rhubarb and phones of a TextGrid become a moving mouth that closes where it should."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elocute.audio.phone import Phone, Word
from elocute.audio.rhubarb import Cue, cues, write_rhubarb
from elocute.audio.textgrid import write_textgrid
from elocute.cli import main
from elocute.controls.vocabulary import COLUMN
from elocute.exchange.mouth_shapes import SHAPES, capture_of_cues
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS
from tests.backend.exchange.captures_made import back

PHONES = (
    *(Phone("SIL", 0.0, 0.3), Phone("M", 0.3, 0.38), Phone("AA", 0.38, 0.6), Phone("B", 0.6, 0.61)),
    *(Phone("UW", 0.61, 0.9), Phone("F", 0.9, 1.0), Phone("IY", 1.0, 1.3)),
)
SECONDS = 1.7
ENDINGS = (".tsv", ".xml", ".rhubarb.json", ".dat")


def opening(clip):
    return clip.jaw[:, 0] / JAW_OPEN_RADIANS


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_rhubarb_writes_becomes_a_clip(tmp_path, ending):
    path = tmp_path / f"line{ending}"
    write_rhubarb(path, PHONES, SECONDS, "line.wav")
    read = back(path)
    wanted = capture_of_cues(cues(PHONES, SECONDS))
    frame = 0.045 if ending == ".dat" else 0.011  # Moho counts frames, the others hundredths
    assert abs(read.frames / read.fps - SECONDS) < 2 * frame + 1 / 60
    count = min(read.frames, len(wanted.times))
    ours, theirs = opening(read)[:count], wanted.values[:count, COLUMN["jawOpen"]]
    if ending == ".dat":
        assert np.corrcoef(ours, theirs)[0, 1] > 0.95
        return
    # The same curve but for the rounding of its times.
    assert np.abs(ours - theirs).max() < np.abs(np.diff(theirs)).max() * 60 * frame + 1e-3


def test_closed_shapes_are_closed_all_the_time_and_others_flow():
    made = (Cue("X", 0, 0.5), Cue("A", 0.5, 0.6), Cue("D", 0.6, 1.0), Cue("F", 1.0, 1.4), Cue("A", 1.4, 1.41))
    capture = capture_of_cues((*made, Cue("D", 1.41, 2.0)))
    jaw = capture.values[:, COLUMN["jawOpen"]]
    times = capture.times
    closed = (times >= 0.5) & (times <= 0.6)
    assert jaw[closed].max() < 1e-12
    assert (
        np.abs(capture.values[closed][:, COLUMN["mouthPressLeft"]] - SHAPES["A"]["mouthPressLeft"]).max()
        < 1e-9
    )
    assert jaw[np.argmin(np.abs(times - 0.8))] == pytest.approx(0.6)
    assert np.abs(np.diff(jaw)).max() < 0.2, "no snap"
    between = np.argmin(np.abs(times - 1.0))
    assert 0.16 < jaw[between] < 0.6
    assert 0 < capture.values[between, COLUMN["mouthPucker"]] < 0.9


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_even_the_shortest_closure_has_a_frame_at_any_rate_of_a_film(fps):
    for start in np.arange(1.0, 1.05, 0.003):
        capture = capture_of_cues(
            [Cue("D", 0, start), Cue("A", start, start + 0.005), Cue("D", start + 0.005, 2)]
        )
        frames = np.interp(np.arange(0, 2, 1 / fps), capture.times, capture.values[:, COLUMN["jawOpen"]])
        assert frames.min() < 1e-3


def test_many_shapes_cost_no_more_memory_than_their_motion():
    """Minutes of shapes a hundredth of a second long."""
    letters = "BCDEFG"
    made = [Cue(letters[n % 6], n / 100, (n + 1) / 100) for n in range(20_000)]
    capture = capture_of_cues(made)
    assert len(capture.times) == 200 * 60 + 1
    jaw = capture.values[:, COLUMN["jawOpen"]]
    assert 0.06 <= jaw.min() < jaw.max() <= 0.6


def test_moho_counts_at_the_rate_that_is_given(tmp_path, capsys):
    path = tmp_path / "a.dat"
    path.write_text("MohoSwitch1\n1 X\n31 D\n61 X\n")
    assert back(path, "--timecode-rate", "30").frames == 121
    assert "24 frames" not in capsys.readouterr().out
    assert back(path).frames == 151
    assert "24 frames" in capsys.readouterr().out


def test_moho_may_name_shapes_as_preston_blair(tmp_path):
    own, series = tmp_path / "a.dat", tmp_path / "b.dat"
    frames = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90)
    for path, names in ((own, "X A B C D E F G H X"), (series, "rest MBP etc E AI O U FV L rest")):
        rows = [f"{frame} {name}" for frame, name in zip(frames, names.split(), strict=True)]
        path.write_text("\n".join(["MohoSwitch1", *rows]))
    assert np.array_equal(back(own).expression, back(series).expression)
    assert np.array_equal(back(own).jaw, back(series).jaw)


def test_a_textgrid_becomes_a_clip_in_both_of_praats_forms(tmp_path):
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, PHONES, (Word('say "that"', 0.3, 1.3),), SECONDS)
    long_form = back(path)
    short = ['File type = "ooTextFile short"', '"TextGrid"', "", "0", str(SECONDS), "<exists>", "3"]
    rows = [(phone.start, phone.end, phone.label) for phone in PHONES] + [(1.3, SECONDS, "")]
    short += ['"TextTier"', '"events"', "0", str(SECONDS), "1", "0.5", '"click"']
    short += ['"IntervalTier"', '"words"', "0", str(SECONDS), "1", "0", str(SECONDS), '"say ""that"" 5"']
    short += ['"IntervalTier"', '"speaker - phones"', "0", str(SECONDS), str(len(rows))]
    short += [f'{start}\n{end}\n"{label}"' for start, end, label in rows]
    (tmp_path / "short.TextGrid").write_text("\n".join(short), encoding="utf-16")
    short_form = back(tmp_path / "short.TextGrid")
    assert np.abs(long_form.expression - short_form.expression).max() < 1e-5
    wanted = capture_of_cues(cues(PHONES, SECONDS)).values[:, COLUMN["jawOpen"]]
    assert np.abs(opening(long_form) - wanted).max() < 1e-5
    assert long_form.expression[:, EXPRESSION_INDEX["mouthPucker"]].max() > 0.85


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        (("AA1", "aa0", "\u0251\u02d0", "AA"), "D"),
        (("UW1", "u\u02d0", "ux"), "F"),
        (("P", "p", "pʰ", "m", "bcl"), "A"),
        (("", "sil", "sp", "spn", "<eps>", "h#"), "X"),
    ],
)
def test_labels_of_other_programs_mean_the_same(tmp_path, labels, shape):
    for label in labels:
        path = tmp_path / "a.TextGrid"
        rows = ((0.0, 0.4, "s"), (0.4, 1.0, label))
        text = ['"ooTextFile"', '"TextGrid"', "0", "1", "<exists>", "1"]
        text += ['"IntervalTier"', '"phones"', "0", "1", "2"]
        text += [f'{start}\n{end}\n"{name}"' for start, end, name in rows]
        path.write_text("\n".join(text))
        clip = back(path)
        at = 48
        for name, value in SHAPES[shape].items():
            if name in EXPRESSION_INDEX:
                wanted = {"ux": value}.get(label, value)
                assert clip.expression[at, EXPRESSION_INDEX[name]] == pytest.approx(wanted, abs=0.01), label
        assert opening(clip)[at] == pytest.approx(SHAPES[shape].get("jawOpen", 0.0), abs=0.01), label


def test_more_shapes_than_a_mouth_can_make_are_refused():
    with pytest.raises(ValueError, match="more than"):
        capture_of_cues([Cue("B", n / 1000, (n + 1) / 1000) for n in range(100_001)])


BAD = {
    "a.dat": [
        ("MohoSwitch1\n1 rest\n9 A\n20 rest\n", "none of A to H"),
        ("MohoSwitch1\n", "no mouth shapes"),
    ],
    "a.tsv": [
        ("0.00\tX\n", "where its last mouth shape ends"),
        ("0.00\tX\n0.50\tD\n0.20\tX\n", "do not advance"),
        ("0.00\tX\n1.00\tQ\n", "none of A to H"),
        ("0.00\tX\nnan\tX\n", "no time"),
        ("0.00\tX\n99999.00\tX\n", "not within"),
    ],
    "a.xml": [
        ("<rhubarbResult></rhubarbResult>", "no mouth shapes"),
        ("<rhubarbResult><mouthCue start='0'>A</mouthCue></rhubarbResult>", "lacks end"),
        ("<rhubarbResult><mouthCues>", "no XML from line 1"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><rhubarbResult>&b;</rhubarbResult>', "declares"),
    ],
    "a.json": [
        (json.dumps({"mouthCues": []}), "no mouth shapes"),
        (json.dumps({"mouthCues": [3]}), "no object"),
        (json.dumps({"mouthCues": [{"start": 0, "end": True, "value": "A"}]}), "no time"),
        (json.dumps({"mouthCues": [{"start": 0, "end": 1, "value": "AB"}]}), "none of A to H"),
    ],
    "a.TextGrid": [
        ('"ooTextFile"\n"TextGrid"\n0\n1\n', "none of its tiers"),
        ('"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"phones"\n0\n1\n5\n0', "ends early"),
        ('"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n99999999', "cannot be"),
        (
            '"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"phones"\n0\n1\n1\n0\n1\n"§"',
            "no phones in ARPAbet",
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "said"), [(n, *case) for n, cases in BAD.items() for case in cases]
)
def test_what_is_damaged_is_told(tmp_path, capsys, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()
