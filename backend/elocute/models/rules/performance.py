"""One performance of a line: everything the face and head do, before the eyes are added.

The ``rules`` generator adds gaze and makes a clip of it; the teacher of the learned model takes it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import Prosody, Syllable
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.blinks import blink_frames, lid_curves
from elocute.behaviour.curve_shapes import drift
from elocute.behaviour.random_stream import random_stream
from elocute.models.rules.articulation import mouth_from_phones
from elocute.models.rules.brows import BrowMotion, brow_motion
from elocute.models.rules.head import head_motion
from elocute.models.rules.heard import listen, unheard
from elocute.models.rules.idle import LEAST_SECONDS, idle_head, idle_mouth, raised
from elocute.models.rules.mood import mouth_mood
from elocute.models.rules.mouth import MouthCurves, apply_mouth
from elocute.models.rules.sound_mouth import mouth_from_sound
from elocute.models.rules.style_track import StyleTrack
from elocute.models.rules.upper_face import apply_upper_face
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.progress import Progress

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Face:
    """The parts of a performance that gaze does not touch, or only adds to.

    Attributes:
        mouth: (T, 43) expressions of the lower face; the others are 0.
        jaw: (T, 3) radians.
        head: (T, 3) radians.
        lids: left and right blink curve, (T,) each.
        brows: their movement.
        smile: (T,) of the mouth, negative a frown.
        side: (T,) signed left-right imbalance.
    """

    mouth: FloatArray
    jaw: FloatArray
    head: FloatArray
    lids: tuple[FloatArray, FloatArray]
    brows: BrowMotion
    smile: FloatArray
    side: FloatArray


def perform(
    speech: SpeechFeatures,
    prosody: Prosody,
    style: StyleTrack,
    seed: int,
    progress: Progress,
    *,
    listens: bool = True,
) -> Face:
    """Move the face and head for a line.

    Args:
        speech: what is said; without phones the mouth follows the sound.
        prosody: from :func:`elocute.audio.phrasing.analyse_prosody`.
        style: how it is said, for the speech's T frames.
        seed: the take.
        progress: only asked whether it was cancelled.
        listens: with phones, the sound says how far vowels open; False leaves it to the phones.

    Raises:
        Cancelled: ``progress`` was cancelled.
    """
    frames = speech.frames
    expression, jaw = np.zeros((frames, len(EXPRESSION_NAMES))), np.zeros((frames, 3))

    lean = random_stream(speech, seed, "side")
    side = style.curve("asymmetry") * (0.14 * lean.choice([-1.0, 1.0]) + 0.10 * drift(lean, frames, 1.2))
    side = np.clip(side, -0.45, 0.45)
    mouth = _mouth(speech, prosody, style, seed, listens)
    progress.check()
    mood = mouth_mood(prosody, style, random_stream(speech, seed, "mood"))
    idle = speech.silent and frames >= LEAST_SECONDS * FPS
    if idle:
        mood = idle_mouth(mood, frames, random_stream(speech, seed, "idle mouth"))
    apply_mouth(mouth, mood, style, side, expression, jaw)

    head = head_motion(prosody, speech.words, style, random_stream(speech, seed, "head"))
    progress.check()
    blinking = random_stream(speech, seed, "blink")
    shut = blink_frames(prosody, frames, style.curve("blink_rate"), blinking)
    lids = lid_curves(shut, frames, float(style.curve("asymmetry").mean()), blinking)
    brows = brow_motion(prosody, style, random_stream(speech, seed, "brow"))
    if idle:
        moved, more = idle_head(style, random_stream(speech, seed, "idle head"))
        head, brows = head + moved, raised(brows, more)
    return Face(expression, jaw, head, lids, brows, mood.smile, side)


def expressions_with_gaze(face: Face, gaze: FloatArray, style: StyleTrack) -> FloatArray:
    """(T, 43) expressions of a performance whose eyes turn by ``gaze`` (T, 2), which the lids follow."""
    expression = face.mouth.copy()
    apply_upper_face(face.lids, face.brows, gaze, face.smile, face.side, style, expression)
    return expression


def _mouth(
    speech: SpeechFeatures, prosody: Prosody, style: StyleTrack, seed: int, listens: bool
) -> MouthCurves:
    if speech.phones is None:
        return mouth_from_sound(speech, prosody.phrases, style)
    # Takes differ a little in how far each vowel opens, as repeated readings of a line do.
    rng = random_stream(speech, seed, "vowels")
    varied = [_vary(syllable, rng) for syllable in prosody.syllables]
    prominence = replace(prosody, syllables=tuple(varied)).prominence_of_phones()
    heard = listen(speech, speech.phones) if listens else unheard(speech.frames)
    return mouth_from_phones(speech.phones, prominence, prosody, heard, style)


def _vary(syllable: Syllable, rng: np.random.Generator) -> Syllable:
    changed = syllable.prominence + float(rng.normal(0.0, 0.04))
    return replace(syllable, prominence=min(max(changed, 0.0), 1.0))
