from pathlib import Path

import numpy as np
import pytest
import torch

import elocute
from elocute.diffusion.noise import SeededNoise
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.start_noise import (
    HEAD_FRAMES,
    UPPER_FACE_FRAMES,
    boost_low_frequencies,
    weaken,
)
from elocute.models.diffposetalk.voice import Voice
from elocute.motion.head1_basis import LIPS, UPPER_FACE
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import phonetic_input
from tests.backend.diffposetalk.spoken import spoken_line

NOISE = torch.randn(2, 400, 6, generator=torch.Generator().manual_seed(1))


def low_share(values):
    """Share of the power under 1 Hz at 25 frames a second."""
    power = np.abs(np.fft.rfft(values.numpy(), axis=1)) ** 2
    return power[:, 1:17].sum() / power[:, 1:].sum()


def test_low_frequencies_are_added_to_the_columns_named():
    boosted = boost_low_frequencies(NOISE, (1, 4), 4.0, 8.0)
    untouched = [0, 2, 3, 5]
    assert torch.equal(boosted[..., untouched], NOISE[..., untouched])
    assert low_share(boosted[..., [1, 4]]) > 3 * low_share(NOISE[..., [1, 4]])
    high = torch.diff(boosted[..., [1, 4]], dim=1).std() / torch.diff(NOISE[..., [1, 4]], dim=1).std()
    assert float(high) == pytest.approx(1.0, abs=0.05)  # high frequencies stay as they were


@pytest.mark.parametrize(("columns", "amount"), [((1, 4), 0.0), ((), 3.0)])
def test_nothing_to_add_leaves_the_noise_as_it_is(columns, amount):
    assert boost_low_frequencies(NOISE, columns, amount, 8.0) is NOISE


def test_the_noise_given_stays_as_it_was():
    before = NOISE.clone()
    boost_low_frequencies(NOISE, range(6), 2.0, 8.0)
    assert torch.equal(NOISE, before)


def test_columns_are_weakened_and_nothing_else():
    weaker = weaken(NOISE, (1, 4), 0.25)
    assert torch.equal(weaker[..., [1, 4]], 0.25 * NOISE[..., [1, 4]])
    assert torch.equal(weaker[..., [0, 2, 3, 5]], NOISE[..., [0, 2, 3, 5]])
    assert weaken(NOISE, (1, 4), 1.0) is NOISE
    assert weaken(NOISE, (), 0.5) is NOISE


def test_the_bundled_model_starts_from_stronger_low_frequencies_and_a_calmer_mouth():
    """Head, brows and lids, mouth and jaw as calibrated; the rest of the face from the noise as drawn."""
    model = load_folder(Path(elocute.__file__).parent / "bundled" / "elocute-lite")
    config, starts = model.config, []
    frames = 100  # made in one piece

    def observe(window):
        return lambda t, x, prediction, following: starts.append(x) if t == config.steps else None

    DiffPoseTalkSampler(model).sample(
        Voice(phonetic_input(spoken_line(seconds=frames / config.fps))),
        SamplingSettings(steps=1),
        SeededNoise.from_seed(3, 1),
        Progress(),
        observe,
    )
    started = torch.cat(starts, dim=1)
    drawn = SeededNoise.from_seed(3, 1).start(frames, config.layout.width)
    head = range(config.layout.expression, config.layout.expression + 3)
    mouth = [column for column in LIPS if column < config.layout.expression] + [config.layout.width - 1]
    expected = boost_low_frequencies(weaken(drawn, mouth, 0.5), head, 0.3, HEAD_FRAMES)
    expected = boost_low_frequencies(expected, UPPER_FACE, 0.35, UPPER_FACE_FRAMES)
    assert torch.allclose(started, expected, atol=1e-6)
    changed = sorted({*head, *UPPER_FACE, *mouth})
    assert len(changed) < config.layout.width
    assert ((started - drawn).abs().amax((0, 1)) > 0.01).nonzero().flatten().tolist() == changed
