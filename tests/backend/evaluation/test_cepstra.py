"""Cepstra against the recipe written out as loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from elocute.evaluation.against_sound.cepstra import mel_cepstra


def by_loops(samples):
    sound = [float(s) * 32768 for s in samples]
    sound = [sound[0], *(b - 0.97 * a for a, b in itertools.pairwise(sound))]
    frames = []
    start = 0
    while True:
        frames.append((sound[start : start + 400] + [0.0] * 400)[:400])
        if start + 400 >= len(sound):
            break
        start += 160

    def mel(f):
        return 2595 * math.log10(1 + f / 700)

    hertz = [700 * (10 ** (mel(8000) * i / 27 / 2595) - 1) for i in range(28)]
    edges = [math.floor(513 * one / 16000 + 1e-9) for one in hertz]
    made = []
    for frame in frames:
        power = np.abs(np.fft.fft(np.array(frame), 512))[:257] ** 2 / 512
        bands = []
        for j in range(26):
            total = 0.0
            for i in range(edges[j], edges[j + 1]):
                total += power[i] * (i - edges[j]) / (edges[j + 1] - edges[j])
            for i in range(edges[j + 1], edges[j + 2]):
                total += power[i] * (edges[j + 2] - i) / (edges[j + 2] - edges[j + 1])
            bands.append(math.log(max(total, 2.220446049250313e-16)))
        row = []
        for n in range(13):
            value = sum(b * math.cos(math.pi * n * (2 * k + 1) / 52) for k, b in enumerate(bands))
            value *= math.sqrt((1 if n == 0 else 2) / 26) * (1 + 11 * math.sin(math.pi * n / 22))
            row.append(value)
        row[0] = math.log(max(power.sum(), 2.220446049250313e-16))
        made.append(row)
    return np.array(made).T


@pytest.mark.parametrize("count", [1, 399, 400, 401, 560, 561, 3000])
def test_every_number_is_the_recipes(count):
    samples = np.random.default_rng(count).normal(0, 0.1, count)
    made = mel_cepstra(samples)
    assert made.shape == (13, 1 + max(math.ceil((count - 400) / 160), 0))
    assert np.abs(made - by_loops(samples)).max() < 2e-3


def test_silence_is_finite():
    assert np.isfinite(mel_cepstra(np.zeros(1000))).all()


def test_no_samples():
    with pytest.raises(ValueError, match="shape"):
        mel_cepstra(np.zeros(0))
