"""What is measured of a long sound needs little memory besides what comes of it."""

import tracemalloc

import numpy as np
import pytest

from elocute.audio.decode import Audio
from elocute.audio.mel import log_mel
from elocute.audio.nothing_said import without_what_is_not_said
from elocute.audio.phones.chunks import cut_into_chunks, level_contour, prepare_for_decoder
from elocute.audio.phones.heard_symbols import Hearing
from elocute.audio.phones.posteriors import Posteriors
from elocute.audio.prosody import energy_db, pitch_and_voicing
from elocute.audio.sound_parts import blocks_of_rows, padded_part
from elocute.audio.speech_features import SAMPLE_RATE, frame_count
from elocute.progress import Progress

SHORT, LONG = 80, 200
SYMBOLS = ("a", "p", "m", "f", "i", "o", "")


def noise(seconds):
    rng = np.random.default_rng(0)
    return (rng.standard_normal(seconds * SAMPLE_RATE, np.float32) * np.float32(0.1)).astype(np.float32)


def posteriors(samples):
    rows = np.log(np.random.default_rng(1).dirichlet(np.ones(70), len(samples) // 320)).astype(np.float16)
    symbols = tuple(SYMBOLS[number % len(SYMBOLS)] for number in range(70))
    return Posteriors(rows, symbols, 69, 0.02)


MEASURES = {
    "level": lambda samples: energy_db(samples, frame_count(len(samples) / SAMPLE_RATE)),
    "mel": lambda samples: log_mel(samples, frame_count(len(samples) / SAMPLE_RATE)),
    "pitch": lambda samples: pitch_and_voicing(samples, frame_count(len(samples) / SAMPLE_RATE), Progress()),
    "contour": level_contour,
    "chunks": cut_into_chunks,
    "decoder": prepare_for_decoder,
    "presence": lambda samples: without_what_is_not_said(
        Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, "", ()), told=True
    ),
}


def peak_of(measure, given):
    """Bytes that a call takes at most, and those that stay."""
    tracemalloc.start()
    try:
        kept = measure(given)
        stays, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept is not None
    return most, stays


@pytest.mark.parametrize("name", MEASURES)
def test_memory_grows_with_what_comes_out_not_with_copies_of_the_sound(name):
    short, long = noise(SHORT), noise(LONG)
    (least, kept), (most, kept_long) = (peak_of(MEASURES[name], samples) for samples in (short, long))
    grown = (most - least) - (kept_long - kept)
    assert grown < 0.3 * (long.nbytes - short.nbytes)


def test_what_was_heard_lies_in_memory_once():
    short, long = posteriors(noise(SHORT)), posteriors(noise(LONG))
    least, most = peak_of(Hearing, short)[0], peak_of(Hearing, long)[0]
    assert most - least < 0.5 * (long.log_probs.nbytes - short.log_probs.nbytes)


def test_parts_beyond_a_sound_are_silent():
    samples = np.arange(1, 6, dtype=np.float32)
    assert padded_part(samples, -2, 4).tolist() == [0, 0, 1, 2]
    assert padded_part(samples, 3, 4).tolist() == [4, 5, 0, 0]
    assert padded_part(samples, 9, 2).tolist() == [0, 0]
    assert padded_part(samples, -9, 2).tolist() == [0, 0]
    assert padded_part(samples, 1, -3).tolist() == []


def test_rows_are_those_of_the_whole_sound():
    samples = np.arange(1, 9001, dtype=np.float32)
    rows = np.vstack([block for _, block in blocks_of_rows(samples, 3001, 3)])
    assert rows.dtype == np.float64
    assert np.array_equal(rows.ravel()[:9000], samples)
    assert not rows.ravel()[9000:].any()
    places = np.concatenate([np.arange(3001)[part] for part, _ in blocks_of_rows(samples, 3001, 3)])
    assert np.array_equal(places, np.arange(3001))
