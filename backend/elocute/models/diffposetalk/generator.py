"""The model as a generator: a checkpoint, its device and precision, and windows of motion."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, as_numpy
from elocute.audio.speech_features import SAMPLE_RATE, SpeechFeatures
from elocute.checkpoint.finite_output import check_finite_output
from elocute.checkpoint.folder import preset_names
from elocute.diffusion.constraints import Known
from elocute.diffusion.kinds import GuidanceMode, SamplerKind
from elocute.diffusion.noise import NoiseSource, RecordedNoise, SeededArrays
from elocute.errors import InputError, SettingsError, UserError, counted
from elocute.finishing.needs import FinishingNeeds
from elocute.generator import (
    ClipSink,
    GenerationSettings,
    ModelInfo,
    MotionWindow,
    Spoken,
    check_settings,
    one_by_one,
)
from elocute.models.diffposetalk.config import CONDITIONS, FAMILY
from elocute.models.diffposetalk.description import DEFAULT_SAMPLER, conditions_of, describe
from elocute.models.diffposetalk.engine import ModelParts
from elocute.models.diffposetalk.mouth import MouthTold
from elocute.models.diffposetalk.sampling_settings import (
    AudioContext,
    SamplingSettings,
    resolve_scales,
    resolve_steps,
)
from elocute.models.diffposetalk.stats import pose_columns
from elocute.models.diffposetalk.style_mix import StyleMix
from elocute.models.diffposetalk.styles import read_style
from elocute.models.diffposetalk.voice import Voice
from elocute.models.family import LoadOptions
from elocute.models.held_rows import known_rows
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import ClipMeta, SamplingMeta
from elocute.option_curve import sampled
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import TOLD, PhoneticInput, phonetic_input, source_of
from elocute.style_curve import INTENSITY


@dataclass(frozen=True)
class _Prepared:
    """What settings come to.

    Attributes:
        sampling: how to sample.
        noise: where chance comes from.
        style: (style_dim,), a mixture where it changes, or None for none.
        shape: (S,) identity numbers, or None for the average of the training data.
    """

    sampling: SamplingSettings
    noise: NoiseSource
    style: NDArray[np.float32] | StyleMix | None
    shape: NDArray[np.float32] | None


class DiffPoseTalkGenerator:
    """A loaded model; stateless between calls.

    Args:
        model: the checkpoint.
        options: where and in which arithmetic to compute.

    Raises:
        SettingsError: there is no such device.
        InputError: the mouth probe or a style of the folder is damaged.
    """

    def __init__(self, model: ModelParts, options: LoadOptions | None = None) -> None:
        options = options or LoadOptions()
        self._model = model
        self._precision = options.precision
        self._hears_sound = True
        self._sampler = model.sampler(options)
        presets = () if model.folder is None else preset_names(model.folder)
        self._info = describe(model.config, model.name, presets, model.engine)
        self._finishing = _needs(model)

    @classmethod
    def from_folder(
        cls, folder: Path, name: str | None = None, options: LoadOptions | None = None
    ) -> DiffPoseTalkGenerator:
        """Load a checkpoint folder, under the id ``name`` or the folder's name, to be computed by PyTorch.

        Raises:
            InputError: the folder is missing, damaged or not of this family.
            SettingsError: there is no such device.
        """
        from elocute.models.diffposetalk.folder import load_folder

        return cls(load_folder(folder, name), options)

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return self._info

    @property
    def finishing(self) -> FinishingNeeds:
        """What lies in the folder for the finisher."""
        return self._finishing

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            InputError: a style file or the recorded noise cannot be used.
            SettingsError: unknown style, option or choice, or a value out of range.
        """
        self._prepare(settings)

    def without_sound(self) -> DiffPoseTalkGenerator:
        """The same model, told phones alone, to measure what the sound adds.

        Raises:
            SettingsError: this model hears nothing but sound.
        """
        if not self._info.hears_phones:
            raise SettingsError(
                f"The model {self._info.id} needs the sound: it does not use phones.",
                "Measure it without this option.",
            )
        deaf = copy(self)
        deaf._hears_sound = False
        return deaf

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """Hand ``settings.takes`` clips to ``sink``, each window as soon as it is sampled.

        A model that hears phones makes ``speech.frames`` frames, any other floor(seconds * fps), as the
        published program makes them.

        Raises:
            InputError: the sound is shorter than a frame, its samples were not kept, or the model's numbers
                are not finite.
            SettingsError: as :meth:`check`.
            Cancelled: ``progress`` was cancelled.
        """
        prepared = self._prepare(settings, speech.frames)
        metas = [
            self._meta(speech, settings, prepared.sampling, take).to_json() for take in range(settings.takes)
        ]

        def hand_over(first: int, motion: Array) -> None:
            sink(MotionWindow(first, self._clips(motion, settings, prepared.shape, metas)))

        voices = [Voice(self._heard(speech), prepared.shape, prepared.style, self._mouth(speech, settings))]
        known = self._known(settings, speech)
        del speech  # nobody else holds its sound, which is not needed while motion is sampled
        self._sampler.sample(
            voices.pop(), prepared.sampling, prepared.noise, progress, on_window=hand_over, known=known
        )

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for each recording on a thread of its own; the network sees all as one batch.

        On a processor the clips' numbers differ from those of :meth:`stream` in the last bits.
        """
        joint = self._sampler.side_by_side(len(recordings))
        if joint is None:
            return one_by_one(self, recordings, progress)
        samplers, calls = joint
        own_progress = progress.side_by_side(len(recordings))

        def one(number: int) -> UserError | None:
            same, recording = copy(self), recordings[number]
            same._sampler = samplers[number]
            try:
                same.stream(recording.speech, recording.settings, own_progress[number], recording.sink)
            except UserError as error:
                return error
            finally:
                calls.leave()
            return None

        with ThreadPoolExecutor(len(recordings), thread_name_prefix="clip") as threads:
            return tuple(threads.map(one, range(len(recordings))))

    @property
    def _phonetic(self) -> bool:
        return self._info.hears_phones

    def _heard(self, speech: SpeechFeatures) -> NDArray[np.float32] | PhoneticInput:
        if self._phonetic:
            return phonetic_input(speech, heard=self._hears_sound)
        if speech.samples is None:
            raise InputError("The speech features lack the samples that this model needs.")
        return speech.samples.copy()

    def _mouth(self, speech: SpeechFeatures, settings: GenerationSettings) -> MouthTold | None:
        probe = self._finishing.probe
        if not settings.lip_contacts or probe is None:
            return None
        return MouthTold(probe, speech.phones, source_of(speech.phone_source) == TOLD)

    def _clips(
        self,
        made: Array,
        settings: GenerationSettings,
        given_shape: NDArray[np.float32] | None,
        metas: list[dict[str, Any]],
    ) -> tuple[MotionClip, ...]:
        """Clips of (K, F, D) normalised motion."""
        motion = as_numpy(made)
        check_finite_output(motion)
        config, stats = self._model.config, self._model.stats.arrays()
        expression, pose = stats.restore_motion(motion, config.layout)
        if not settings.head_motion:
            pose[..., :3] = 0
        shape = stats.shape_mean if given_shape is None else given_shape
        return tuple(
            MotionClip(
                fps=config.fps,
                basis=config.basis,
                expression=expression[take],
                jaw=pose[take, :, 3:],
                head=pose[take, :, :3],
                shape=shape if len(shape) else None,
                meta=meta,
            )
            for take, meta in enumerate(metas)
        )

    def _known(self, settings: GenerationSettings, speech: SpeechFeatures) -> Known | None:
        """What of a clip that is changed is held."""
        if settings.revision is None:
            return None
        config, stats = self._model.config, self._model.stats.arrays()
        held = settings.revision.held(config.basis, config.fps)
        frames = speech.frames
        if not self._phonetic and speech.samples is not None:
            frames = int(len(speech.samples) / SAMPLE_RATE * config.fps)
        held.check_frames(frames)

        def rows(expression: NDArray[np.float32], pose: NDArray[np.float32]) -> NDArray[np.float32]:
            return as_numpy(stats.normalise_motion(expression, pose, config.layout))

        return known_rows(held, config.layout.expression, rows, pose_columns(config.layout))

    def _style(self, settings: GenerationSettings, frames: int) -> NDArray[np.float32] | StyleMix | None:
        text = settings.style or self._model.config.sampling.style
        intensity: float | NDArray[np.float64] = settings.options.get(INTENSITY, 1.0)
        if INTENSITY in settings.curves:
            intensity = sampled(settings.curves[INTENSITY], frames, self._model.config.fps)
        return read_style(text, settings.style_files, self._model, intensity, frames)

    def _prepare(self, settings: GenerationSettings, frames: int = 1) -> _Prepared:
        check_settings(self._info, settings)
        noise: NoiseSource = SeededArrays.from_seed(settings.seed, settings.takes)
        if settings.noise is not None:
            recorded = RecordedNoise.load(settings.noise, "The noise file")
            if recorded.takes != settings.takes:
                raise SettingsError(
                    f"The recorded noise is for {counted(recorded.takes, 'take')}, not {settings.takes}."
                )
            noise = recorded
        sampling = _sampling(settings, frames, self._model.config.fps)
        style = self._style(settings, frames)
        self._sampler.check(sampling, styled=style is not None)
        shape = None if settings.identity is None else np.array(settings.identity, np.float32)
        return _Prepared(sampling, noise, style, shape)

    def _meta(
        self, speech: SpeechFeatures, settings: GenerationSettings, sampling: SamplingSettings, take: int
    ) -> ClipMeta:
        config = self._model.config
        recorded, phonetic = settings.noise is not None, self._phonetic
        seconds = speech.seconds
        if not phonetic and speech.samples is not None:
            seconds = len(speech.samples) / SAMPLE_RATE
        return ClipMeta(
            model=self._info.id,
            family=FAMILY,
            audio_sha256=speech.audio_sha256,
            audio_seconds=seconds,
            seed=None if recorded else settings.seed + take,
            take=take,
            style=settings.style or config.sampling.style,
            head_motion=settings.head_motion,
            phone_source=speech.phone_source if phonetic else None,
            notes=speech.notes if phonetic else speech.sound_notes,
            curves=settings.curves,
            shape="average" if settings.identity is None else "given",
            sampling=SamplingMeta(
                sampler=sampling.sampler,
                steps=resolve_steps(sampling, config),
                guidance=sampling.guidance or config.guidance or "",
                scales=resolve_scales(sampling, config),
                threshold=sampling.threshold,
                noise="recorded" if recorded else "seeded",
                precision=self._precision,
                audio_context=sampling.audio_context,
            ),
        )


def _sampling(settings: GenerationSettings, frames: int, fps: float) -> SamplingSettings:
    """What options and choices that were checked say about sampling."""
    numbers, choices = settings.options, settings.choices
    # A recording is there to repeat a run of the published program.
    usual = DEFAULT_SAMPLER if settings.noise is None else "ddpm"
    return SamplingSettings(
        sampler=cast("SamplerKind", choices.get("sampler", usual)),
        steps=int(numbers["steps"]) if "steps" in numbers else None,
        guidance=cast("GuidanceMode | None", choices.get("guidance")),
        guide=conditions_of(choices["guide"]) if "guide" in choices else None,
        audio_scale=numbers.get("audio_scale"),
        style_scale=numbers.get("style_scale"),
        scales={
            condition: sampled(settings.curves[name], frames, fps)
            for condition in CONDITIONS
            if (name := f"{condition}_scale") in settings.curves
        },
        threshold=numbers.get("threshold", 0.0),
        audio_context=cast("AudioContext", choices.get("audio_context", "auto")),
    )


def _needs(model: ModelParts) -> FinishingNeeds:
    own = model.config.sampling
    if model.folder is None:
        return FinishingNeeds(default_style=own.style, head_smoothing=own.head_smoothing)
    return FinishingNeeds.from_folder(model.folder, own.style, own.head_smoothing)
