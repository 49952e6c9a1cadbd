from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from elocute.audio.phones.chunks import cut_into_chunks, prepare_for_decoder

RATE = 16000


def assert_covers(chunks, samples, limit=12.0):
    assert chunks[0].start == 0
    assert chunks[-1].end == samples
    assert all(first.end == second.start for first, second in pairwise(chunks))
    assert all(0 < chunk.seconds <= limit + 1e-9 for chunk in chunks)


def test_cuts_lie_in_pauses():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 30 * RATE).astype(np.float32)
    pauses = [(7.0, 7.5), (16.0, 16.6), (24.0, 24.4)]
    for start, end in pauses:
        samples[round(start * RATE) : round(end * RATE)] *= 0.001
    chunks = cut_into_chunks(samples)
    assert_covers(chunks, len(samples))
    for chunk in chunks[1:]:
        assert any(start < chunk.start_seconds < end for start, end in pauses)


def test_without_a_pause_the_quietest_point_is_cut():
    samples = np.random.default_rng(0).normal(0, 0.1, 15 * RATE).astype(np.float32)
    samples[round(9.0 * RATE) : round(9.05 * RATE)] *= 0.3
    chunks = cut_into_chunks(samples)
    assert_covers(chunks, len(samples))
    assert chunks[1].start_seconds == pytest.approx(9.025, abs=0.05)


def test_a_steady_sound_is_cut_at_the_limit():
    samples = np.full(30 * RATE + 7, 0.1, np.float32)
    chunks = cut_into_chunks(samples)
    assert_covers(chunks, len(samples))
    assert [chunk.seconds for chunk in chunks[:2]] == [12.0, 12.0]


@pytest.mark.parametrize("count", [1, 159, 160, 161, 16000])
def test_short_sounds_are_one_chunk(count):
    assert_covers(cut_into_chunks(np.zeros(count, np.float32)), count)


def test_silence_is_not_audible_and_its_floor_is_raised():
    assert not cut_into_chunks(np.zeros(RATE, np.float32))[0].audible
    prepared = prepare_for_decoder(np.zeros(RATE, np.float32))
    assert prepared.std() == pytest.approx(25.0, rel=0.05)


def test_noise_is_only_added_under_digital_silence_and_quiet_speech_is_raised():
    rng = np.random.default_rng(0)
    room = rng.normal(0, 0.01, RATE).astype(np.float32)
    room[4000:8000] *= 10
    assert np.abs(prepare_for_decoder(room) - room * 32767).max() <= 0.51
    assert prepare_for_decoder(room * 0.01).std() > 500
