"""Sampling with a local denoiser: the whole clip at once as far as the result goes, in stretches as far as
memory and waiting go.

The arrays are those of the network: tensors with PyTorch, NumPy's with ONNX Runtime.

K takes, T frames of the clip, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, copied, like, zeros
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Guidance
from elocute.diffusion.loop import Observe
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.stretches import LayersAt, Stretches, alone, needed_stretches, sample_in_stretches
from elocute.diffusion.windows import ClipSampling, OnWindow
from elocute.models.diffposetalk.conditions import Conditions
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.local_network import LocalNetwork
from elocute.models.diffposetalk.local_prediction import Hearing, PredictorOfParts, StyleLayers
from elocute.models.diffposetalk.mouth import MouthTold, heard_wrongly, keeping_mouth, without_room
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.start_noise import shaped
from elocute.models.diffposetalk.style_mix import StyleMix
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_input import PhoneticInput

FIRST: Final = 150
"""Frames of the first stretch: six seconds are on the screen while the rest is made."""
LENGTH: Final = 750
MARGIN: Final = 75
"""Three seconds on each side. What lies further away changes the bundled model's motion by a hundredth of its
spread at most, where two stretches meet."""
FADE: Final = 25


HEARD_AT_ONCE: Final = 1500
"""Frames that the speech encoder hears at once, besides those that they depend on: a minute."""


def parts_of(frames: int, reach: int) -> Iterator[tuple[int, int, int, int]]:
    """Parts of a clip, one after the other: (low, first, last, high), where what the frames from ``first`` on
    before ``last`` become depends on those from ``low`` on before ``high`` alone.

    Args:
        frames: of the clip.
        reach: frames on each side that a frame depends on.
    """
    for first in range(0, frames, HEARD_AT_ONCE):
        last = min(first + HEARD_AT_ONCE, frames)
        yield max(first - reach, 0), first, last, min(last + reach, frames)


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
        self._reach: Final = PhoneticEncoderConfig.from_options(model.config.audio.options).reach

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
        if not isinstance(voice.sound, PhoneticInput):
            raise TypeError(f"a phonetic speech encoder was given {type(voice.sound).__name__}")
        progress.report("audio", 0.0)
        audio, likely = self.told_features(voice.sound, voice.mouth)
        frames = voice.sound.frames
        voice = replace(voice, sound=audio)  # what the encoder was told is not needed any more
        count = sum(needed for *_, needed in needed_stretches(stretches_of(frames), known)) or 1

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
        heard = Hearing(
            self._network,
            audio,
            self._conditions.over_time(guidance, settings),
            sampler.timesteps,
            settings.threshold,
            len(start) if self._network.batches_takes else 1,
            keep,
        )
        layers: LayersAt
        if isinstance(voice.style, StyleMix):
            each = [replace(voice, style=vector) for vector in voice.style.vectors]
            people = np.stack([self._conditions.people(one, heard.guidance) for one in each])
            layers = StyleLayers(heard, like(people, audio), voice.style.shares, MARGIN).at
        else:
            people = self._conditions.people(voice, heard.guidance)
            layers = alone(PredictorOfParts(heard, like(people, audio)).at)
        motion = sample_in_stretches(stretches_of(frames), layers, start, sampling)
        progress.report("motion", 1.0)
        return motion

    def told_features(
        self, told: PhoneticInput, mouth: MouthTold | None = None
    ) -> tuple[Array, NDArray[np.float32]]:
        """(1, T, features) of a clip, and (T, L).

        Where it has phones and ``sound_share`` is less than 1, features are partly those of the phones alone,
        wholly where ``mouth`` tells that a closure was heard wrongly.
        """
        no_room = np.zeros(told.frames, bool) if mouth is None else without_room(mouth, told.frames)
        if told.frames <= HEARD_AT_ONCE:
            return self._told_part(told, no_room, 0, 0, told.frames, told.frames)
        audio, likely = None, []
        for low, first, last, high in parts_of(told.frames, self._reach):
            features, part = self._told_part(told, no_room, low, first, last, high)
            if audio is None:  # joined at the end, they would lie in memory twice
                audio = zeros((1, told.frames, features.shape[-1]), features)
            audio[:, first:last] = features
            likely.append(part)
        return audio, np.concatenate(likely)

    def _told_part(
        self, told: PhoneticInput, no_room: NDArray[np.bool_], low: int, first: int, last: int, high: int
    ) -> tuple[Array, NDArray[np.float32]]:
        """The frames ``first`` .. ``last`` - 1, which depend on those from ``low`` on before ``high``."""
        told, kept = told.part(low, high), slice(first - low, last - low)
        features, likely = self._network.hear(told)
        features, likely = features[:, kept], likely[kept]
        share = self._model.config.sampling.sound_share
        if share == 1.0 or not told.heard or not told.source.any():
            return features, likely
        alone, _ = self._network.hear(replace(told, heard=False))
        shares = np.full(len(likely), share, np.float32)
        shares[heard_wrongly(no_room[first:last], likely)] = 0.0
        of_sound = like(shares[None, :, None], features)
        return of_sound * features + (1.0 - of_sound) * alone[:, kept], likely
