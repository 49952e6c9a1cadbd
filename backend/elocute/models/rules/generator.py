"""The ``rules`` generator: speech features in, motion clips out."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import elocute
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.errors import SettingsError
from elocute.models.generator import GenerationSettings, ModelInfo
from elocute.models.rules.articulation import mouth_from_phones
from elocute.models.rules.blinks import blink_frames, lid_curves
from elocute.models.rules.brows import brow_motion
from elocute.models.rules.curves import drift
from elocute.models.rules.gaze import gaze_motion
from elocute.models.rules.head import head_motion
from elocute.models.rules.mouth import MouthCurves, apply_mouth
from elocute.models.rules.prosody import Prosody, Syllable, analyse_prosody
from elocute.models.rules.sound_mouth import mouth_from_sound
from elocute.models.rules.style import PARAMETERS, PRESETS, RulesStyle, resolve_style
from elocute.models.rules.upper_face import apply_upper_face
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.progress import Progress

FloatArray = NDArray[np.float64]

MODEL_ID: Final = "rules"
_STAGE: Final = "motion"


class RulesGenerator:
    """Coarticulation by dominance functions, and head, brows and eyes from prosody. Needs no download."""

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        return ModelInfo(
            id=MODEL_ID,
            family="rules",
            title="Rules: phones and prosody, no neural network",
            basis=BASIS,
            fps=FPS,
            styles=tuple(PRESETS),
            style_parameters=PARAMETERS,
        )

    def generate(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress
    ) -> Sequence[MotionClip]:
        """Return ``settings.takes`` clips of ``speech.frames`` frames each.

        Raises:
            SettingsError: unknown style or parameter, a value out of range, a negative seed or no take.
            Cancelled: ``progress`` was cancelled.
        """
        name, style = resolve_style(settings.style, settings.style_parameters)
        if settings.seed < 0:
            raise SettingsError(f"The seed cannot be {settings.seed}.", "Give a whole number from 0 up.")
        if settings.takes < 1:
            raise SettingsError(f"Cannot make {settings.takes} takes.", "Ask for at least one.")
        progress.report(_STAGE, 0.0, "Listening for phrases and stress")
        prosody = analyse_prosody(speech)
        clips = []
        for take in range(settings.takes):
            progress.report(_STAGE, (take + 0.1) / settings.takes, f"Take {take + 1} of {settings.takes}")
            seed = settings.seed + take
            clips.append(_one_take(speech, prosody, name, style, seed, settings.head_motion, progress))
        progress.report(_STAGE, 1.0, "Done")
        return clips


def _one_take(
    speech: SpeechFeatures,
    prosody: Prosody,
    style_name: str,
    style: RulesStyle,
    seed: int,
    head_moves: bool,
    progress: Progress,
) -> MotionClip:
    frames = speech.frames
    expression = np.zeros((frames, len(EXPRESSION_NAMES)))
    jaw, eyes = np.zeros((frames, 3)), np.zeros((frames, 6))

    lean = _stream(speech, seed, "side")
    side = style.asymmetry * (0.14 * lean.choice([-1.0, 1.0]) + 0.10 * drift(lean, frames, 1.2))
    side = np.clip(side, -0.45, 0.45)
    mouth = _mouth(speech, prosody, style, seed)
    progress.check()
    apply_mouth(mouth, style, side, expression, jaw)

    head = head_motion(prosody, frames, style, _stream(speech, seed, "head"))
    if not head_moves:
        head = np.zeros((frames, 3))
    progress.check()
    blinking = _stream(speech, seed, "blink")
    shut = blink_frames(prosody, frames, style.blink_rate, blinking)
    lids = lid_curves(shut, frames, style.asymmetry, blinking)
    brow = brow_motion(prosody, frames, style, _stream(speech, seed, "brow"))
    gaze = gaze_motion(prosody, head, style, _stream(speech, seed, "gaze"))
    apply_upper_face(lids, brow, gaze, side, style, expression, eyes)
    return MotionClip(
        fps=FPS,
        basis=BASIS,
        expression=expression.astype(np.float32),
        jaw=jaw.astype(np.float32),
        head=head.astype(np.float32),
        eyes=eyes.astype(np.float32),
        meta=_meta(speech, style_name, style, seed, head_moves),
    )


def _mouth(speech: SpeechFeatures, prosody: Prosody, style: RulesStyle, seed: int) -> MouthCurves:
    if speech.phones is None:
        return mouth_from_sound(speech, prosody.phrases, style)
    # Takes differ a little in how far each vowel opens, as repeated readings of a line do.
    rng = _stream(speech, seed, "vowels")
    varied = [_vary(syllable, rng) for syllable in prosody.syllables]
    prominence = replace(prosody, syllables=tuple(varied)).prominence_of_phones()
    return mouth_from_phones(speech.phones, prominence, prosody, speech.frames, style)


def _vary(syllable: Syllable, rng: np.random.Generator) -> Syllable:
    changed = syllable.prominence + float(rng.normal(0.0, 0.04))
    return replace(syllable, prominence=min(max(changed, 0.0), 1.0))


def _stream(speech: SpeechFeatures, seed: int, purpose: str) -> np.random.Generator:
    """Independent random numbers for each part of the face, so that one does not shift another.

    The sound takes part: lines of one scene made with one seed must not all blink at the same moment.
    """
    return np.random.default_rng(
        [seed, zlib.crc32(purpose.encode()), zlib.crc32(speech.audio_sha256.encode())]
    )


def _meta(
    speech: SpeechFeatures, style_name: str, style: RulesStyle, seed: int, head_moves: bool
) -> dict[str, Any]:
    return {
        "audio_sha256": speech.audio_sha256,
        "audio_seconds": speech.seconds,
        "model": MODEL_ID,
        "seed": seed,
        "style": style_name,
        "style_parameters": asdict(style),
        "head_motion": head_moves,
        "elocute_version": elocute.__version__,
        "phone_source": speech.phone_source,
        "notes": list(speech.notes),
    }
