"""Write expected.npz: what the formula-filled models gave when the recorded official runs agreed.

Run again only after a change that is meant to change the numbers, and only where
test_official_golden.py passes: ``python -m tests.backend.diffposetalk.make_expected``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from elocute.diffusion.loop import Observe
from elocute.diffusion.noise import RecordedNoise
from elocute.models.diffposetalk.audio_input import normalise
from elocute.models.diffposetalk.config import MotionLayout
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.styles import extract_style
from elocute.models.diffposetalk.voice import Voice
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.speech_encoders.config import AudioEncoderConfig
from tests.backend.diffposetalk.tiny_model import (
    encoder_options,
    noise_arrays,
    tiny_config,
    tiny_model,
    tone,
    vector,
)

EXPECTED = Path(__file__).with_name("expected.npz")
SAMPLES = 80123  # two windows, the second mostly padding

WAV2VEC2 = AudioEncoderConfig("wav2vec2", encoder_options("wav2vec2"))
NO_HEAD = MotionLayout(head=0)

# name -> (changes of the configuration, changes of the settings, has a style, takes)
CASES = {
    "published": ({}, {}, True, 1),
    "independent_threshold": (
        {"audio": WAV2VEC2, "layout": NO_HEAD, "guidance": "independent", "padding": "replicate"},
        {"threshold": 0.8},
        True,
        1,
    ),
    "audio_only_two_takes": (
        {
            "style_dim": 0,
            "style_encoder": None,
            "guiding": ("audio",),
            "schedule": "linear",
            "indicator": False,
        },
        {},
        False,
        2,
    ),
    "noise_constant_positions": (
        {"target": "noise", "schedule": "quadratic", "learned_positions": False, "alignment_width": 0},
        {},
        True,
        1,
    ),
    "sigmoid_wide_mask": ({"schedule": "sigmoid", "alignment_width": 3, "guiding": ("style",)}, {}, True, 1),
    "null_style": ({}, {"audio_context": "window"}, False, 1),
    "dpmpp": ({}, {"sampler": "dpmpp", "steps": 5}, True, 1),
    "ddim": ({}, {"sampler": "ddim", "steps": 3, "threshold": 0.9}, True, 1),
}


# (window, diffusion step t) of which x_t, the guided prediction and x at the next step are kept.
STEPS = ((0, 8), (0, 5), (0, 1), (1, 8), (1, 2))


def compute(
    name: str,
    model: LoadedModel | None = None,
    observe: Callable[[int], Observe] | None = None,
) -> torch.Tensor:
    changes, settings, styled, takes = CASES[name]
    model = model or tiny_model(tiny_config(**changes))
    arrays = noise_arrays(model.config, 2, takes)
    noise = RecordedNoise(*(torch.from_numpy(arrays[key].astype(np.float32)) for key in ("motion_at_T", "z")))
    voice = Voice(tone(SAMPLES), vector(100), vector(12, 1.3) if styled else None)
    sampling = SamplingSettings(**{"sampler": "ddpm", **settings})
    return DiffPoseTalkSampler(model).sample(voice, sampling, noise, Progress(), observe=observe)


def compute_steps(name: str = "published") -> dict[str, torch.Tensor]:
    """What single steps of a sampling run saw and gave, as the recorded official runs have them."""
    seen: dict[tuple[int, int], tuple[torch.Tensor, ...]] = {}

    def observe(window: int) -> Observe:
        return lambda t, *tensors: seen.__setitem__((window, t), tensors)

    compute(name, observe=observe)
    return {
        f"w{window}_{kind}_t{t}": tensor
        for window, t in STEPS
        for kind, tensor in zip(("x", "x0", "next"), seen[window, t], strict=True)
    }


def compute_style(model: LoadedModel | None = None) -> torch.Tensor:
    """The style of the second half of a clip made of sines."""
    model = model or tiny_model()
    waves = [vector(150 * size, 0.31).reshape(150, size).numpy() for size in (50, 3, 3)]
    clip = MotionClip(fps=25.0, basis="flame2020", expression=waves[0], jaw=waves[1], head=waves[2])
    return torch.from_numpy(extract_style(model, clip, 75))


@torch.inference_mode()
def compute_audio(kind: str) -> torch.Tensor:
    model = tiny_model(tiny_config(audio=AudioEncoderConfig(kind, encoder_options(kind))))
    return model.network.encode_audio(normalise(tone(64399))[None], 100)[0]


def main() -> None:
    arrays = {f"motion_{name}": compute(name)[:, ::7].numpy() for name in CASES}
    arrays |= {f"step_{name}": value[:, ::7].numpy() for name, value in compute_steps().items()}
    arrays["style"] = compute_style().numpy()
    arrays |= {f"audio_{kind}": compute_audio(kind)[::9].numpy() for kind in ("hubert", "wav2vec2")}
    np.savez_compressed(EXPECTED, **arrays)


if __name__ == "__main__":
    main()
