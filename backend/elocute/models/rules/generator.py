"""The ``rules`` generator: speech features in, motion clips out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import numpy as np

from elocute.audio.phrasing import Prosody, analyse_prosody
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.gaze import both_eyes, gaze_motion
from elocute.behaviour.random_stream import random_stream
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
from elocute.models.rules.description import FAMILY, MODEL_ID, rules_info
from elocute.models.rules.performance import expressions_with_gaze, perform
from elocute.models.rules.style import resolve_style
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import ClipMeta
from elocute.motion.head1_basis import BASIS
from elocute.progress import Progress
from elocute.style_curve import INTENSITY

_STAGE: Final = "motion"


class RulesGenerator:
    """Coarticulation by dominance functions, and head, brows and eyes from prosody. Needs no download."""

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return rules_info()

    @property
    def finishing(self) -> FinishingNeeds:
        """Nothing: contacts, eyes and lids are made with everything else, and silence is acted too."""
        return FinishingNeeds(certain_contacts=True, plays_options=True, acts_silence=True)

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

        Prosody is measured over the whole line, so no part of it is final before the rest.

        Raises:
            SettingsError: unknown style or option, or a value out of range.
            Cancelled: ``progress`` was cancelled.
        """
        self.check(settings)
        changes = dict(settings.options)
        intensity = changes.pop(INTENSITY, 1.0)
        style = resolve_style(settings.style, changes, intensity)
        track = StyleTrack.of(style, settings.curves, speech.frames)
        progress.report(_STAGE, 0.0, "Analysing phrases and stress")
        prosody = analyse_prosody(speech)
        clips = []
        for take in range(settings.takes):
            progress.report(_STAGE, (take + 0.1) / settings.takes, f"Take {take + 1} of {settings.takes}")
            meta = ClipMeta(
                model=MODEL_ID,
                family=FAMILY,
                audio_sha256=speech.audio_sha256,
                audio_seconds=speech.seconds,
                seed=settings.seed + take,
                take=take,
                style=style.name,
                head_motion=settings.head_motion,
                phone_source=speech.phone_source,
                notes=speech.notes,
                options={INTENSITY: style.intensity_of(style.parts[0]), **asdict(style.keys[0][1])},
                curves=settings.curves,
            )
            clips.append(_one_take(speech, prosody, track, settings.seed + take, meta, progress))
        progress.report(_STAGE, 1.0, "Done")
        sink(MotionWindow(0, tuple(clips)))

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for each recording, one after the other."""
        return one_by_one(self, recordings, progress)


def _one_take(
    speech: SpeechFeatures,
    prosody: Prosody,
    track: StyleTrack,
    seed: int,
    meta: ClipMeta,
    progress: Progress,
) -> MotionClip:
    face = perform(speech, prosody, track, seed, progress)
    head = face.head if meta.head_motion else np.zeros_like(face.head)
    gaze = gaze_motion(prosody, head, track.curve("gaze_amount"), random_stream(speech, seed, "gaze"))
    return MotionClip(
        fps=FPS,
        basis=BASIS,
        expression=expressions_with_gaze(face, gaze, track).astype(np.float32),
        jaw=face.jaw.astype(np.float32),
        head=head.astype(np.float32),
        eyes=both_eyes(gaze).astype(np.float32),
        meta=meta.to_json(),
    )
