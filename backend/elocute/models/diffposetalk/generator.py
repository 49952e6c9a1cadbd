"""The model as a generator: a folder, how to sample it, and clips out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.diffusion.noise import NoiseSource, RecordedNoise, SeededNoise
from elocute.errors import InputError, SettingsError
from elocute.finishing.finisher import Finisher
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings
from elocute.generator import MOST_TAKES, GenerationSettings, ModelInfo, NumberOption
from elocute.models.diffposetalk.config import FAMILY
from elocute.models.diffposetalk.folder import LoadedModel, load_folder
from elocute.models.diffposetalk.sampling import (
    DiffPoseTalkSampler,
    Precision,
    SamplingSettings,
    Voice,
    resolve_scales,
    resolve_steps,
)
from elocute.models.diffposetalk.styles import NULL, preset_names, read_style
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import ClipMeta, SamplingMeta
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import PhoneticInput, phonetic_input


@dataclass(frozen=True)
class Speech:
    """The sound of a clip.

    Attributes:
        samples: (n,) float32 mono at 16 kHz.
        sha256: digest of the file it came from.
    """

    samples: NDArray[np.float32]
    sha256: str


class DiffPoseTalkGenerator:
    """A loaded model with its way of sampling; stateless between calls.

    Args:
        model: the checkpoint.
        sampling: sampler, steps, scales and so on.
        shape: (S,) identity coefficients, or None for the average of the training data.
        noise: recorded noise to use instead of seeds, or None.
        precision: arithmetic of the transformer layers.
        device: where to compute.
        hears_sound: False lets a model that hears phones do without the sound, to measure what it adds.
    """

    def __init__(
        self,
        model: LoadedModel,
        sampling: SamplingSettings | None = None,
        shape: Tensor | None = None,
        noise: RecordedNoise | None = None,
        precision: Precision = "float32",
        device: torch.device | str = "cpu",
        *,
        hears_sound: bool = True,
    ) -> None:
        self._model = model
        self._sampling = sampling or SamplingSettings()
        self._shape = shape
        self._noise = noise
        self._precision = precision
        self._hears_sound = hears_sound
        self._pipeline = DiffPoseTalkSampler(model, precision, device)
        self._finisher = Finisher(_needs(model)) if model.config.audio.kind == "phonetic" else None

    @classmethod
    def from_folder(cls, folder: Path) -> DiffPoseTalkGenerator:
        """Load a checkpoint folder, to be sampled by default settings.

        Raises:
            InputError: the folder is missing, damaged or not of this family.
        """
        return cls(load_folder(folder))

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        config = self._model.config
        scales = resolve_scales(self._sampling, config)
        parameters = {
            "audio_scale": (0.0, scales["audio"], 5.0),
            "style_scale": (0.0, scales["style"], 10.0),
            "steps": (1.0, float(min(config.sampling.steps, config.steps)), float(config.steps)),
            "threshold": (0.0, self._sampling.threshold, 1.0),
        }
        if self._finisher is not None:
            parameters |= self._finisher.PARAMETERS
        return ModelInfo(
            id=self._model.name,
            family=FAMILY,
            title=self._title(),
            basis=config.basis,
            fps=config.fps,
            styles=self._styles(),
            options={
                name: NumberOption(*bounds, whole=name == "steps") for name, bounds in parameters.items()
            },
        )

    def generate(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress
    ) -> Sequence[MotionClip]:
        """Return ``settings.takes`` clips.

        A model that hears phones makes ``speech.frames`` frames, any other floor(seconds * fps), as the
        published program makes them.

        Raises:
            InputError: the sound is shorter than a frame, or its samples were not kept.
            SettingsError: unknown style or parameter, or a value out of range.
            Cancelled: ``progress`` was cancelled.
        """
        if self._finisher is None:
            if speech.samples is None:
                raise InputError("The speech features lack the samples that this model listens to.")
            return self.generate_from(Speech(speech.samples, speech.audio_sha256), settings, progress)
        clips = self._generate(phonetic_input(speech, heard=self._hears_sound), settings, progress)
        finished = []
        for take, clip in enumerate(clips):
            progress.check()
            meta = replace(
                self._meta(settings, take, speech.audio_sha256, speech.seconds),
                phone_source=speech.phone_source,
                notes=speech.notes,
            )
            told = replace(clip, meta=meta.to_json())
            finished.append(self._finisher.finish(told, speech, _finish_settings(settings), take))
        return finished

    def generate_from(
        self, speech: Speech, settings: GenerationSettings, progress: Progress
    ) -> tuple[MotionClip, ...]:
        """As :meth:`generate` for a model that does not hear phones, from the sound alone."""
        samples = torch.from_numpy(speech.samples.copy())
        seconds = len(speech.samples) / 16000
        return tuple(
            replace(clip, meta=self._meta(settings, take, speech.sha256, seconds).to_json())
            for take, clip in enumerate(self._generate(samples, settings, progress))
        )

    def _generate(
        self, sound: Tensor | PhoneticInput, settings: GenerationSettings, progress: Progress
    ) -> tuple[MotionClip, ...]:
        """The model's motion as it is."""
        sampling, noise, style = self._prepare(settings)
        motion = self._pipeline.sample(Voice(sound, self._shape, style), sampling, noise, progress)
        if not torch.isfinite(motion).all():
            raise InputError(
                "The model gave numbers that are not finite.",
                "Its weights are damaged, or the guidance scales are too large.",
                code="bad_weights",
            )
        expression, pose = self._model.stats.restore_motion(motion, self._model.config.layout)
        if not settings.head_motion:
            pose[..., :3] = 0
        shape = self._model.stats.shape_mean if self._shape is None else self._shape
        return tuple(
            MotionClip(
                fps=self._model.config.fps,
                basis=self._model.config.basis,
                expression=expression[take].numpy(),
                jaw=pose[take, :, 3:].numpy(),
                head=pose[take, :, :3].numpy(),
                shape=shape.numpy() if len(shape) else None,
            )
            for take in range(len(motion))
        )

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            InputError: a style file cannot be used.
            SettingsError: unknown style or parameter, or a value out of range.
        """
        self._prepare(settings)

    def _prepare(self, settings: GenerationSettings) -> tuple[SamplingSettings, NoiseSource, Tensor | None]:
        if not 1 <= settings.takes <= MOST_TAKES:
            raise SettingsError(f"1 to {MOST_TAKES} takes can be made at once, not {settings.takes}.")
        noise: NoiseSource = SeededNoise.from_seed(settings.seed, settings.takes)
        if self._noise is not None:
            if self._noise.takes != settings.takes:
                raise SettingsError(
                    f"The recorded noise is for {self._noise.takes} takes, not {settings.takes}."
                )
            noise = self._noise
        sampling = self._with_parameters(settings)
        style = read_style(settings.style or self._model.config.sampling.style, self._model)
        self._pipeline.check(sampling, styled=style is not None)
        return sampling, noise, style

    def _with_parameters(self, settings: GenerationSettings) -> SamplingSettings:
        given = dict(settings.options)
        known = self.info.options
        if unknown := sorted(given.keys() - known.keys()):
            raise SettingsError(
                f"The model {self._model.name} has no setting named {', '.join(unknown)}.",
                f"It has: {', '.join(known)}.",
            )
        changes: dict[str, Any] = {
            name: value for name, value in given.items() if name not in Finisher.PARAMETERS
        }
        if "steps" in changes:
            if changes["steps"] != int(changes["steps"]):
                raise SettingsError(f"steps must be a whole number, not {changes['steps']:g}.")
            changes["steps"] = int(changes["steps"])
        return replace(self._sampling, **changes)

    def _title(self) -> str:
        kind = "speech and phones" if self._finisher is not None else "speech"
        return f"DiffPoseTalk, from {kind} ({self._model.name})"

    def _styles(self) -> tuple[str, ...]:
        """Names of the styles, the default first."""
        config = self._model.config
        if not config.denoiser.style_dim:
            return ()
        presets = preset_names(self._model.folder)
        default = config.sampling.style
        if default in presets:
            return (default, *(name for name in presets if name != default), NULL)
        return (NULL, *presets)

    def _meta(self, settings: GenerationSettings, take: int, sha256: str, seconds: float) -> ClipMeta:
        config = self._model.config
        sampling = self._with_parameters(settings)
        return ClipMeta(
            model=self._model.name,
            family=FAMILY,
            audio_sha256=sha256,
            audio_seconds=seconds,
            seed=None if self._noise is not None else settings.seed + take,
            take=take,
            style=settings.style or config.sampling.style,
            head_motion=settings.head_motion,
            shape="average" if self._shape is None else "given",
            sampling=SamplingMeta(
                sampler=sampling.sampler,
                steps=resolve_steps(sampling, config),
                guidance=sampling.guidance or config.guidance or "",
                scales=resolve_scales(sampling, config),
                threshold=sampling.threshold,
                noise="seeded" if self._noise is None else "recorded",
                precision=self._precision,
                audio_context=sampling.audio_context,
            ),
        )


def _needs(model: LoadedModel) -> FinishingNeeds:
    own = model.config.sampling
    if model.folder is None:
        return FinishingNeeds(default_style=own.style, head_smoothing=own.head_smoothing)
    return FinishingNeeds.from_folder(model.folder, own.style, own.head_smoothing)


def _finish_settings(settings: GenerationSettings) -> FinishSettings:
    numbers = settings.options
    return FinishSettings(
        style=settings.style,
        lip_contacts=settings.lip_contacts,
        gaze=numbers.get("gaze", 1.0),
        blinks=numbers.get("blinks", 1.0),
        seed=settings.seed,
    )
