"""Against SciPy's short-time Fourier transform."""

import numpy as np
import pytest
from scipy import signal

from elocute.audio.phones.short_time import samples_of, spectra


@pytest.mark.parametrize("count", [512, 16_000, 16_001, 20_063])
def test_there_and_back(count):
    samples = np.random.default_rng(2).standard_normal(count).astype(np.float32)
    ours = spectra(samples, 512, 128)
    _, _, theirs = signal.stft(samples, 16_000, nperseg=512, noverlap=384)
    frames = min(ours.shape[1], theirs.shape[1])
    assert abs(ours.shape[1] - theirs.shape[1]) <= 1
    assert np.abs(ours[:, :frames] - theirs[:, :frames]).max() < 1e-5
    assert np.abs(samples_of(ours, 512, 128, count) - samples).max() < 1e-4
    turned = theirs * np.linspace(1, 0.4, theirs.shape[0])[:, None]
    _, expected = signal.istft(turned, 16_000, nperseg=512, noverlap=384)
    assert np.abs(samples_of(turned, 512, 128, count) - expected[:count]).max() < 1e-4
