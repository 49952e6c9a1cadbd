"""The model as a generator: what is heard and said to windows of motion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

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
    joined,
    one_by_one,
)
from elocute.models.dimitra.config import CONDITIONS, FAMILY, FPS, Join
from elocute.models.dimitra.description import DEFAULT_SAMPLER, SCALE, describe
from elocute.models.dimitra.folder import LoadedModel, load_folder
from elocute.models.dimitra.sampling import DimitraSampler, HeardLine, SamplingSettings
from elocute.models.family import LoadOptions
from elocute.motion.clip_meta import ClipMeta, SamplingMeta
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import frame_features, load_encoder
from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.speech_encoders.phone_tokens import phone_tokens
from elocute.speech_encoders.text_encoder import TextReader, load_text_reader

_STAGE: Final = "motion"
_SAMPLED: Final = 0.8
"""Share of the stage after which clips are carried onto another head, where they are."""
_AROUND: Final = 4.0
"""Seconds before and after a window whose words still tell of it."""


class DimitraGenerator:
    """A loaded model; stateless between calls.

    Args:
        model: the checkpoint.
        encoder: what its features of the sound come from.
        reader: what its features of the text come from; None for a model without.
        options: where and in which arithmetic to compute.

    Raises:
        SettingsError: there is no such device.
    """

    def __init__(
        self,
        model: LoadedModel,
        encoder: SpeechEncoder,
        reader: TextReader | None,
        options: LoadOptions | None = None,
    ) -> None:
        options = options or LoadOptions()
        self._model, self._encoder, self._reader = model, encoder, reader
        self._precision = options.precision
        network = model.network.to(torch_device(options.device))
        self._sampler = DimitraSampler(network, model.config, options.precision)
        self._info = describe(model.config, model.name)

    @classmethod
    def from_folder(
        cls, folder: Path, name: str | None = None, options: LoadOptions | None = None
    ) -> DimitraGenerator:
        """Load a checkpoint folder and its encoders, under the id ``name`` or the folder's name.

        Raises:
            InputError: one of them is missing, damaged, or does not fit the others.
            SettingsError: there is no such device.
        """
        options = options or LoadOptions()
        device, model = torch_device(options.device), load_folder(folder, name)
        encoder = load_encoder(model.config.speech, model.phonetic, device)
        return cls(model, encoder, load_text_reader(model.config.text, device), options)

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return self._info

    @property
    def finishing(self) -> FinishingNeeds:
        """What lies in the folder for the finisher."""
        return FinishingNeeds(probe=self._model.probe, head_smoothing=self._model.config.head_smoothing)

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            SettingsError: unknown style, option or choice, or a value out of range.
        """
        check_settings(self.info, settings)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """Hand ``settings.takes`` clips of ``speech.frames`` frames to ``sink``, window by window.

        The first frame is the face at rest. Clips that are carried onto another head come in one window, for
        they are fitted as a whole.

        Raises:
            InputError: the sound cannot be used, or the model's numbers are not finite.
            SettingsError: as :meth:`check`.
            Cancelled: ``progress`` was cancelled.
        """
        self.check(settings)
        own, stats = self._model.config, self._model.stats
        sampling = self._sampling(settings)
        metas = [self._meta(speech, settings, sampling, take).to_json() for take in range(settings.takes)]
        carrier, kept = self._model.carrier, list[MotionWindow]()
        share = 1.0 if carrier is None else _SAMPLED

        def hand_over(at: int, motion: Tensor) -> None:
            check_finite_output(motion.numpy())
            rows = stats.restored(motion)
            if not settings.head_motion:
                rows[..., own.channels.head] = 0
            clips = (own.channels.clip(row.numpy(), FPS, meta) for row, meta in zip(rows, metas, strict=True))
            window = MotionWindow(at, tuple(clips))
            if carrier is None:
                sink(window)
            else:
                kept.append(window)

        def step(done: int, steps: int) -> None:
            progress.report(_STAGE, share * done / steps, f"Step {done + 1} of {steps}")

        self._sampler.sample(
            self._heard(speech, progress),
            stats.normalised(torch.zeros(own.channels.width)),
            sampling,
            SeededNoise.from_seed(settings.seed, settings.takes),
            step,
            hand_over,
        )
        if carrier is not None:
            whole = joined(kept)
            carried = []
            for take, (clip, meta) in enumerate(zip(whole, metas, strict=True)):
                begun = share + (1 - share) * take / len(whole)
                part = progress.part(begun, (1 - share) / len(whole))
                carried.append(carrier.carried(clip, meta, part))
            sink(MotionWindow(0, tuple(carried)))
        progress.report(_STAGE, 1.0)

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for each recording, one after the other."""
        return one_by_one(self, recordings, progress)

    def _heard(self, speech: SpeechFeatures, progress: Progress) -> HeardLine:
        features = frame_features(self._encoder, speech, progress)
        tokens = torch.from_numpy(phone_tokens(speech.phones, speech.frames).astype("int64"))
        reader = self._reader
        if reader is None:
            return HeardLine(features, tokens)
        return HeardLine(features, tokens, lambda first, end: reader.read(said_near(speech, first, end)))

    def _sampling(self, settings: GenerationSettings) -> SamplingSettings:
        own, numbers, choices = self._model.config, settings.options, settings.choices
        return SamplingSettings(
            steps=int(numbers.get("steps", own.sampling_steps)),
            guidance=numbers.get(SCALE, own.guidance),
            sampler=cast("SamplerKind", choices.get("sampler", DEFAULT_SAMPLER)),
            join=cast("Join", choices.get("join", "held")),
        )

    def _meta(
        self, speech: SpeechFeatures, settings: GenerationSettings, sampling: SamplingSettings, take: int
    ) -> ClipMeta:
        phones = self._info.hears_phones
        return ClipMeta(
            model=self._info.id,
            family=FAMILY,
            audio_sha256=speech.audio_sha256,
            audio_seconds=speech.seconds,
            seed=settings.seed + take,
            take=take,
            style=None,
            head_motion=settings.head_motion,
            phone_source=speech.phone_source if phones else None,
            notes=speech.notes if phones else speech.sound_notes,
            sampling=SamplingMeta(
                sampler=sampling.sampler,
                steps=sampling.steps,
                guidance="incremental",
                scales={CONDITIONS: sampling.guidance},
                precision=self._precision,
            ),
        )


def said_near(speech: SpeechFeatures, first: int, end: int) -> str:
    """The words in and around some frames where their times are known, else the whole transcript."""
    if not speech.words:
        return speech.transcript or ""
    low, high = first / FPS - _AROUND, end / FPS + _AROUND
    return " ".join(word.text for word in speech.words if word.end > low and word.start < high)
