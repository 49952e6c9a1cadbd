from dataclasses import replace

import numpy as np
import pytest

from elocute.speech_encoders.phonetic_input import (
    LABEL_INDEX,
    LABELS,
    PHONE_WIDTH,
    SOUND_WIDTH,
    SOURCES,
    phone_rows,
    phonetic_input,
    source_row,
)
from tests.backend.diffposetalk.spoken import PHONES, spoken_line


def test_shapes_and_one_phone_for_each_sub_frame():
    told = phonetic_input(spoken_line())
    assert told.frames == 38
    assert told.sound.shape == (38, SOUND_WIDTH)
    assert told.phones.shape == (38, PHONE_WIDTH)
    steps = told.phones.reshape(-1, len(LABELS))
    assert np.array_equal(steps.sum(axis=1), np.ones(38 * 4))


def test_a_phone_covers_the_sub_frames_whose_middles_lie_in_it():
    steps = phone_rows(PHONES, 38).reshape(-1, len(LABELS))
    for phone in PHONES:
        times = (np.flatnonzero(steps[:, LABEL_INDEX[phone.label]]) + 0.5) / 100
        inside = times[(times >= phone.start) & (times < phone.end)]
        assert len(inside) == pytest.approx(100 * (phone.end - phone.start), abs=1 + 2)
    assert steps[-1, LABEL_INDEX["SIL"]] == 1.0  # beyond the last phone it is silent


def test_level_and_microphone_do_not_matter():
    line = spoken_line()
    louder = replace(line, log_mel=line.log_mel + 3.0, energy_db=line.energy_db + 13.0)
    tilt = np.linspace(-1.0, 1.0, 80, dtype=np.float32)
    coloured = replace(line, log_mel=line.log_mel + tilt)
    plain = phonetic_input(line).sound
    assert np.allclose(phonetic_input(louder).sound, plain, atol=1e-4)
    loud = line.energy_db > line.energy_db.max() - 12
    assert np.abs(phonetic_input(coloured).sound - plain)[loud, :160].mean() < 0.05


def test_pitch_counts_from_the_speakers_median():
    line = spoken_line()
    higher = replace(line, pitch_hz=2 * line.pitch_hz)
    assert np.allclose(phonetic_input(higher).sound, phonetic_input(line).sound, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "place"),
    [("transcript", 0), ("transcript-ngram", 0), ("recognition", 1), ("allphone", 2), ("new kind", 2)],
)
def test_how_far_phones_can_be_trusted(source, place):
    assert source_row(source).argmax() == place
    assert source_row(source).sum() == 1.0


def test_without_phones_nothing_is_told_of_them():
    told = phonetic_input(spoken_line(None))
    assert not told.phones.any()
    assert not told.source.any()
    assert len(told.source) == len(SOURCES)


@pytest.mark.parametrize("level", [-100.0, -3.0])
def test_flat_sound_gives_numbers(level):
    line = spoken_line()
    flat = replace(
        line,
        log_mel=np.full_like(line.log_mel, -23.0),
        energy_db=np.full_like(line.energy_db, level),
        pitch_hz=np.zeros_like(line.pitch_hz),
    )
    assert np.isfinite(phonetic_input(flat).sound).all()
