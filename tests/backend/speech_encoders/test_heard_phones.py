"""Phones out of what an encoder hears."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.speech_encoders.heard_phones import heard_phones, possible_seals
from elocute.speech_encoders.phonetic_input import LABEL_INDEX, LABELS


def likely(*frames):
    """One dictionary a frame: label -> likelihood; the rest is shared by the others."""
    rows = np.zeros((len(frames), len(LABELS)), np.float32)
    for row, frame in zip(rows, frames, strict=True):
        row[:] = (1.0 - sum(frame.values())) / (len(LABELS) - len(frame))
        for label, value in frame.items():
            row[LABEL_INDEX[label]] = value
    return rows


def test_runs_of_frames_become_phones():
    found = heard_phones(likely({"SIL": 0.9}, {"SIL": 0.6}, {"AA": 0.8}, {"IY": 0.5}, {"IY": 0.7}))
    assert [(p.label, p.start, p.end) for p in found] == [
        ("SIL", 0.0, 0.08),
        ("AA", 0.08, 0.12),
        ("IY", 0.12, 0.2),
    ]
    assert [p.confidence for p in found] == pytest.approx([0.9, 0.8, 0.7])


def test_a_bite_is_f_or_v_whichever():
    (found,) = heard_phones(likely({"F": 0.4, "V": 0.45, "AA": 0.1}))
    assert found.label in ("F", "V")
    assert found.confidence == pytest.approx(0.85)


def test_an_unlikely_bite_is_none():
    (found,) = heard_phones(likely({"F": 0.3, "V": 0.35, "AA": 0.2}))
    assert found.label == "AA"


def test_a_sound_may_be_a_seal_where_all_three_together_are_likely():
    heard = possible_seals(likely({"P": 0.1, "B": 0.08, "M": 0.08, "AA": 0.7}, {"M": 0.1, "AA": 0.85}))
    assert heard.tolist() == [True, False]


def test_nothing_is_heard_in_nothing():
    assert heard_phones(np.zeros((0, len(LABELS)))) == ()
