"""Sampling with a local denoiser: the whole clip at once as far as the result goes, in stretches as far as
memory and waiting go.

The arrays are those of the network: tensors with PyTorch, NumPy's with ONNX Runtime.

K takes, B guidance branches, T frames of the clip, C width, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, copied, joined, library, like, repeated
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Branch, Guidance, Guided, dynamic_threshold
from elocute.diffusion.loop import Observe, Predict
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.stretches import Stretches, sample_in_stretches
from elocute.diffusion.windows import ClipSampling, OnWindow
from elocute.models.diffposetalk.conditions import Conditions
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.local_network import LocalMemory, LocalNetwork, LocalStep
from elocute.models.diffposetalk.mouth import Keep, keeping_mouth
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.start_noise import shaped
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import PhoneticInput

FIRST: Final = 150
"""Frames of the first stretch: six seconds are on the screen while the rest is made."""
LENGTH: Final = 750
MARGIN: Final = 75
"""Three seconds on each side. What lies further away changes the bundled model's motion by a hundredth of its
spread at most, where two stretches meet."""
FADE: Final = 25


def stretches_of(frames: int) -> Stretches:
    """How a clip of so many frames is cut."""
    return Stretches(frames, FIRST, LENGTH, MARGIN, min(FADE, MARGIN))


class LocalSampler:
    """A model with a local denoiser ready to sample; holds no state between calls.

    Args:
        model: the checkpoint.
        network: what computes it.
    """

    def __init__(self, model: ModelParts, network: LocalNetwork) -> None:
        self._model: Final = model
        self._network: Final = network
        self._conditions: Final = Conditions(model)

    def check(self, settings: SamplingSettings, *, styled: bool) -> tuple[Sampler, Guidance]:
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.check`."""
        return self._conditions.check(settings, styled=styled)

    def side_by_side(self, _clips: int) -> None:
        """None: one clip after the other is as quick."""
        return

    def sample(
        self,
        voice: Voice,
        settings: SamplingSettings,
        noise: NoiseSource,
        progress: Progress,
        observe: Callable[[int], Observe] | None = None,
        on_window: OnWindow | None = None,
        known: Known | None = None,
    ) -> Array:
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.sample`."""
        sampler, guidance = self.check(settings, styled=voice.style is not None)
        people = self._conditions.people(voice, guidance)
        if not isinstance(voice.sound, PhoneticInput):
            raise TypeError(f"a phonetic speech encoder was given {type(voice.sound).__name__}")
        progress.report("audio", 0.0)
        audio, likely = self.told_features(voice.sound)
        frames = voice.sound.frames
        count = len(list(stretches_of(frames)))

        def tell(part: int, done: int, steps: int) -> None:
            words = f"window {part + 1} of {count}, step {done + 1} of {steps}"
            progress.report("motion", (part + done / steps) / count, words)

        def hand_over(first: int, motion: Array) -> None:
            if on_window is not None:
                on_window(first, copied(motion))

        config = self._model.config
        start = shaped(like(noise.start(frames, config.layout.width), audio), config)
        sampling = ClipSampling(sampler, noise, tell, known, observe=observe, on_window=hand_over)
        keep = None if voice.mouth is None else keeping_mouth(self._model, voice.mouth, likely)
        predictor = LocalPredictor(
            self._network,
            audio,
            like(people, audio),
            guidance,
            sampler,
            settings.threshold,
            len(start) if self._network.batches_takes else 1,
            keep,
        )
        motion = sample_in_stretches(stretches_of(frames), predictor.at, start, sampling)
        progress.report("motion", 1.0)
        return motion

    def told_features(self, told: PhoneticInput) -> tuple[Array, NDArray[np.float32]]:
        """(1, T, features) of a clip, where it has phones partly those of the phones alone; and (T, L)."""
        features, likely = self._network.hear(told)
        share = self._model.config.sampling.sound_share
        if share == 1.0 or not told.heard or not told.source.any():
            return features, likely
        alone, _ = self._network.hear(replace(told, heard=False))
        return share * features + (1.0 - share) * alone, likely


class LocalPredictor:
    """The guided model on any frames of one clip.

    Args:
        network: computes it.
        audio: (1, T, features) of the clip.
        people: (B, person) shape and style of each branch.
        guidance: how the branches add up.
        sampler: which steps are taken.
        threshold: of the dynamic threshold, 0 for none.
        together: how many takes the network sees at once.
        keep: what every prediction keeps to, None for nothing.
    """

    def __init__(
        self,
        network: LocalNetwork,
        audio: Array,
        people: Array,
        guidance: Guidance,
        sampler: Sampler,
        threshold: float,
        together: int,
        keep: Keep | None = None,
    ) -> None:
        branches, null = guidance.needed(), network.null_audio
        rows = []
        for present in branches:
            silent = "audio" in guidance.conditions and "audio" not in present
            rows.append(
                library(audio).broadcast_to(null, audio.shape) if silent and null is not None else audio
            )
        self._network: Final = network
        self._memory, self._embedded = network.remember(joined(rows, 0), people, sampler.timesteps)
        self._guidance: Final = guidance
        self._steps: Final = sampler.timesteps
        self._limit: Final = partial(dynamic_threshold, ratio=threshold)
        self._together: Final = together
        self._keep: Final = keep

    def at(self, first: int, last: int) -> Predict:
        """The model on the frames ``first`` .. ``last`` - 1."""
        memory = self._memory.part(first, last)
        place = {t: index for index, t in enumerate(self._steps)}

        def denoise(x: Array, t: int, branches: tuple[Branch, ...]) -> Array:
            told = []
            for start in range(0, len(x), self._together):
                group = x[start : start + self._together]
                step = LocalStep(group, self._embedded[place[t]], _repeated(memory, len(group)))
                told.append(self._network.denoise(step))
            if len(told) == 1:
                return told[0]
            parts = [one.reshape(len(branches), -1, *one.shape[1:]) for one in told]
            return joined(parts, 1).reshape(-1, *x.shape[1:])

        guided = Guided(denoise, self._guidance, self._steps, self._limit, "branches")
        keep = self._keep
        return guided if keep is None else lambda x, t: keep(guided(x, t), first)


def _repeated(memory: LocalMemory, takes: int) -> LocalMemory:
    """Rows for B branches of K takes, branch by branch."""
    if takes == 1:
        return memory
    return LocalMemory(*(repeated(part, takes) for part in (memory.person, memory.sound, memory.asked)))
