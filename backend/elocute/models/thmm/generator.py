"""The model as a generator: what is heard, and the motion before, to windows of motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.checkpoint.device import torch_device
from elocute.checkpoint.finite_output import check_finite_output
from elocute.diffusion.kinds import SamplerKind
from elocute.diffusion.noise import SeededNoise
from elocute.errors import UserError
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
from elocute.models.family import LoadOptions
from elocute.models.thmm.config import CLUE, FAMILY, FPS, SPEECH, Join
from elocute.models.thmm.description import CLUE_SCALE, SCALE, describe
from elocute.models.thmm.folder import LoadedModel, load_folder
from elocute.models.thmm.hearing import heard_rows
from elocute.models.thmm.sampling import SamplingSettings, ThmmSampler
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import ClipMeta, SamplingMeta
from elocute.motion.continuation import earlier_motion
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import load_encoder
from elocute.speech_encoders.encoder import SpeechEncoder

_STAGE: Final = "motion"
_SAMPLED: Final = 0.8
"""Share of the stage that sampling is where a fit follows."""


class ThmmGenerator:
    """A loaded model; stateless between calls.

    Args:
        model: the checkpoint.
        encoder: what its features of the sound come from; None where it hears through none.
        options: where and in which arithmetic to compute.

    Raises:
        InputError: the model's head is not one that it can move.
        SettingsError: there is no such device.
    """

    def __init__(
        self, model: LoadedModel, encoder: SpeechEncoder | None, options: LoadOptions | None = None
    ) -> None:
        options = options or LoadOptions()
        self._model, self._encoder, self._precision = model, encoder, options.precision
        network = model.network.to(torch_device(options.device))
        self._sampler = ThmmSampler(network, model.config, options.precision)
        self._rows, self._probe = model.rows, model.probe
        self._info = describe(model.config, model.name)

    @classmethod
    def from_folder(
        cls, folder: Path, name: str | None = None, options: LoadOptions | None = None
    ) -> ThmmGenerator:
        """Load a checkpoint folder and its encoder, under the id ``name`` or the folder's name.

        Raises:
            InputError: one of them is missing, damaged, or does not fit the other.
            SettingsError: there is no such device.
        """
        options = options or LoadOptions()
        device, model = torch_device(options.device), load_folder(folder, name)
        own = model.config
        encoder = load_encoder(own.speech, model.phonetic, device) if own.encodes else None
        return cls(model, encoder, options)

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return self._info

    @property
    def finishing(self) -> FinishingNeeds:
        """The mouth of the folder's head. A model that hears nothing moves it in silence as ever."""
        own = self._model.config
        return FinishingNeeds(
            self._probe,
            head_smoothing=own.head_smoothing,
            acts_silence=not own.listens,
            follows=own.listens,
        )

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            SettingsError: unknown style, option or choice, or a value out of range.
            InputError: the motion to go on from cannot be used.
        """
        check_settings(self.info, settings)
        self._before(settings)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """Hand ``settings.takes`` clips of ``speech.frames`` frames to ``sink``, window by window.

        They go on from ``settings.before``, else from the face at rest. Landmarks are fitted over the whole
        line, so of those no part is final before the rest.

        Raises:
            InputError: the sound or the motion before cannot be used, or the model's numbers are not finite
                or no movement of a face.
            SettingsError: as :meth:`check`.
            Cancelled: ``progress`` was cancelled.
        """
        self.check(settings)
        own, stats, rows = self._model.config, self._model.stats, self._rows
        sampling = self._sampling(settings)
        metas = [self._meta(speech, settings, sampling, take) for take in range(settings.takes)]
        made: list[Tensor] = []
        share = _SAMPLED if rows.whole else 1.0

        def fitting(take: int) -> Progress:
            begun, width = share + (1 - share) * take / settings.takes, (1 - share) / settings.takes
            return Progress(lambda _, done, message: progress.report(_STAGE, begun + width * done, message))

        def clips_of(motion: Tensor) -> tuple[MotionClip, ...]:
            clips = []
            for take, (restored, meta) in enumerate(zip(stats.restored(motion), metas, strict=True)):
                clip = rows.clip(restored.numpy(), meta.to_json(), fitting(take))
                clips.append(clip if settings.head_motion else _with_head_still(clip))
            return tuple(clips)

        def hand_over(at: int, motion: Tensor) -> None:
            check_finite_output(motion.numpy())
            made.append(motion)
            if not rows.whole and motion.shape[1]:
                sink(MotionWindow(at, clips_of(motion)))

        def step(done: int, steps: int) -> None:
            progress.report(_STAGE, share * done / steps, f"Step {done + 1} of {steps}")

        before = self._before(settings)
        self._sampler.sample(
            heard_rows(own, self._encoder, speech, progress),
            stats.normalised(torch.from_numpy(rows.rows_of(self._rest() if before is None else before))),
            sampling,
            SeededNoise.from_seed(settings.seed, settings.takes),
            step,
            hand_over,
        )
        if rows.whole:
            sink(MotionWindow(0, clips_of(torch.cat(made, dim=1))))
        progress.report(_STAGE, 1.0)

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for each recording, one after the other."""
        return one_by_one(self, recordings, progress)

    def _before(self, settings: GenerationSettings) -> MotionClip | None:
        if settings.before is None:
            return None
        return earlier_motion(settings.before, self._model.config.basis, FPS)

    def _rest(self) -> MotionClip:
        still = np.zeros((1, 3), np.float32)
        own = self._model.config
        return MotionClip(FPS, own.basis, np.zeros((1, own.expressions), np.float32), still, still)

    def _sampling(self, settings: GenerationSettings) -> SamplingSettings:
        own, numbers, choices = self._model.config, settings.options, settings.choices
        return SamplingSettings(
            steps=int(numbers.get("steps", own.sampling_steps)),
            guidance=numbers.get(SCALE, own.guidance),
            clue=numbers.get(CLUE_SCALE, 1.0),
            sampler=cast("SamplerKind", choices.get("sampler", own.sampler)),
            join=cast("Join", choices.get("join", own.joins[0])),
        )

    def _meta(
        self, speech: SpeechFeatures, settings: GenerationSettings, sampling: SamplingSettings, take: int
    ) -> ClipMeta:
        own = self._model.config
        scales = {CLUE: sampling.clue} if own.network.sees_clue else {}
        notes = speech.sound_notes
        if not own.listens and not speech.silent:
            deaf = f"The model {self._info.id} does not listen: its face does not follow the recording."
            notes = (*notes, deaf)
        return ClipMeta(
            model=self._info.id,
            family=FAMILY,
            audio_sha256=speech.audio_sha256,
            audio_seconds=speech.seconds,
            seed=settings.seed + take,
            take=take,
            style=None,
            head_motion=settings.head_motion,
            notes=notes,
            sampling=SamplingMeta(
                sampler=sampling.sampler,
                steps=sampling.steps,
                guidance="incremental",
                scales={**scales, SPEECH: sampling.guidance} if own.listens else scales,
                precision=self._precision,
            ),
        )


def _with_head_still(clip: MotionClip) -> MotionClip:
    return replace(clip, head=np.zeros_like(clip.head))
