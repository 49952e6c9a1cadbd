"""The model as a generator: speech to landmarks, landmarks to a clip of the folder's head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import torch
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.checkpoint.device import torch_device
from elocute.checkpoint.finite_output import check_finite_output
from elocute.diffusion.noise import SeededNoise
from elocute.errors import InputError, UserError
from elocute.face.fit.generated import fit_notes, fitted
from elocute.finishing.lip_contacts.probe import MouthProbe
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
from elocute.models.atom.config import (
    AUDIO_RATE,
    CONDITIONS,
    FAMILY,
    FPS,
    SAMPLERS,
    WIDTH,
    AtomSamplerKind,
)
from elocute.models.atom.description import SCALE, describe
from elocute.models.atom.folder import LoadedModel, load_folder
from elocute.models.atom.landmarks import landmarks_of
from elocute.models.atom.sampling import AtomSampler, SamplingSettings, sampler_kind
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import ClipMeta, SamplingMeta
from elocute.progress import Progress
from elocute.speech_encoders.by_name import named_speech_encoder
from elocute.speech_encoders.encoder import Heard, SpeechEncoder
from elocute.speech_encoders.names import PLAIN
from elocute.speech_encoders.phonetic_input import phonetic_input

_STAGE: Final = "motion"
_SAMPLED: Final = 0.8


class AtomGenerator:
    """A loaded model; stateless between calls.

    Args:
        model: the checkpoint.
        encoder: what its audio features come from.
        options: where and in which arithmetic to compute.

    Raises:
        SettingsError: there is no such device.
        InputError: the encoder's features are not those that the model was trained with.
    """

    def __init__(
        self, model: LoadedModel, encoder: SpeechEncoder, options: LoadOptions | None = None
    ) -> None:
        options = options or LoadOptions()
        sizes = model.config.network
        if encoder.width != sizes.audio_width or encoder.rate != AUDIO_RATE * FPS:
            rate = "no fixed rate" if encoder.rate is None else f"{encoder.rate:g} a second"
            raise InputError(
                f"The speech encoder {encoder.name} gives features of {encoder.width} numbers at {rate}; the "
                f"model needs {sizes.audio_width} at {AUDIO_RATE * FPS:g} a second.",
                "Convert the checkpoint with the encoder that it was trained with.",
                code="bad_audio_encoder",
            )
        self._model, self._encoder, self._precision = model, encoder, options.precision
        network = model.network.to(torch_device(options.device))
        self._sampler = AtomSampler(network, model.config, options.arithmetic)
        self._probe = MouthProbe.from_face(model.face)
        self._info = describe(model.config, model.name)

    @classmethod
    def from_folder(
        cls, folder: Path, name: str | None = None, options: LoadOptions | None = None
    ) -> AtomGenerator:
        """Load a checkpoint folder and its speech encoder, under the id ``name`` or the folder's name.

        Raises:
            InputError: one of them is missing, damaged, or does not fit the other.
            SettingsError: there is no such device.
        """
        options = options or LoadOptions()
        device, model = torch_device(options.device), load_folder(folder, name)
        encoder = named_speech_encoder(model.config.speech_encoder, device)
        return cls(model, encoder, options)

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return self._info

    @property
    def finishing(self) -> FinishingNeeds:
        """The mouth of the folder's head."""
        return FinishingNeeds(probe=self._probe)

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            SettingsError: unknown style or option, or a value out of range.
        """
        check_settings(self.info, settings)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """Hand ``settings.takes`` clips of ``speech.frames`` frames each to ``sink``, in one window.

        Landmarks are fitted over the whole line, so no part of it is final before the rest.

        Raises:
            InputError: the sound is too short for the encoder, its samples were not kept, or what the model
                makes is no movement of a face.
            SettingsError: as :meth:`check`.
            Cancelled: ``progress`` was cancelled.
        """
        self.check(settings)
        heard = self._encoder.encode(self._told(speech), progress)
        clips = [self._one_take(speech, heard, settings, take, progress) for take in range(settings.takes)]
        progress.report(_STAGE, 1.0)
        sink(MotionWindow(0, tuple(clips)))

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for each recording, one after the other."""
        return one_by_one(self, recordings, progress)

    def _told(self, speech: SpeechFeatures) -> Heard:
        if self._encoder.name in PLAIN:
            return Heard(phonetic=phonetic_input(speech))
        if speech.samples is None:
            raise InputError("The speech features lack the samples that this model needs.")
        return Heard(torch.from_numpy(speech.samples.copy()))

    def _one_take(
        self,
        speech: SpeechFeatures,
        heard: Tensor,
        settings: GenerationSettings,
        take: int,
        progress: Progress,
    ) -> MotionClip:
        own, face = self._model.config, self._model.face
        sampling = SamplingSettings(
            int(settings.options.get("steps", own.sampling_steps)),
            settings.options.get(SCALE, own.guidance),
            like=own.sampling_steps,
            sampler=cast("AtomSamplerKind", settings.choices.get("sampler", SAMPLERS[0])),
        )

        def tell(done: float, message: str) -> None:
            progress.report(_STAGE, (take + done) / settings.takes, message)

        def step(done: int, steps: int) -> None:
            tell(_SAMPLED * done / steps, f"Step {done + 1} of {steps}")

        # The average face of the published data, at rest, has the first frame 0.
        (movement,) = self._sampler.sample(
            heard,
            torch.tensor(own.person) if own.person else torch.zeros(WIDTH),
            speech.frames,
            sampling,
            SeededNoise.from_seed(settings.seed + take, 1),
            step,
        )
        check_finite_output(movement.numpy(), guided=False)
        fitting = Progress(lambda _stage, done, message: tell(_SAMPLED + (1 - _SAMPLED) * done, message))
        clip, report = fitted(landmarks_of(movement.numpy(), face), face, fitting)
        meta = ClipMeta(
            model=self._info.id,
            family=FAMILY,
            audio_sha256=speech.audio_sha256,
            audio_seconds=speech.seconds,
            seed=settings.seed + take,
            take=take,
            style=None,
            head_motion=settings.head_motion,
            notes=(*speech.sound_notes, *fit_notes(report)),
            sampling=SamplingMeta(
                sampler=sampler_kind(sampling.sampler, sampling.steps, sampling.like),
                steps=sampling.steps,
                guidance="incremental",
                scales={CONDITIONS: sampling.guidance},
                precision=self._precision,
            ),
        )
        return replace(clip, meta=meta.to_json())
