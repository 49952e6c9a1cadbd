"""The teacher of the learned model: the ``rules`` model's motion in hundreds of speaking styles.

Eyes are left out. The learned model gets them afterwards from ``elocute.behaviour.gaze_layer``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import analyse_prosody
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.models.rules.performance import expressions_with_gaze, perform
from elocute.models.rules.style import PRESETS, RulesStyle
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS
from elocute.progress import Progress

Float32Array = NDArray[np.float32]

PLAUSIBLE: Final[dict[str, tuple[float, float]]] = {
    "articulation": (0.45, 1.7),
    "jaw": (0.45, 1.4),
    "lip": (0.5, 1.45),
    "head_amount": (0.15, 2.4),
    "head_rate": (0.5, 1.7),
    "brow_amount": (0.1, 2.6),
    "blink_rate": (10.0, 25.0),
    "gaze_amount": (0.15, 1.7),
    "smile": (-0.35, 0.55),
    "asymmetry": (0.0, 0.8),
    "breath": (0.2, 1.8),
    "lid_droop": (0.0, 0.6),
}
"""Range each parameter is taught in, narrower than what a user may set: beyond lies caricature."""

_JITTERED_SHARE: Final = 0.25
_JITTER_RATIO: Final = 0.12
"""Standard deviation of the logarithm of what a preset's strengths are multiplied by."""
_JITTER_ADDED: Final = 0.05
_SIGNED_OR_NEAR_ZERO: Final = frozenset({"smile", "asymmetry", "lid_droop"})
_EXTREME_SHARE: Final = 0.12
_EXTREME_SPREAD: Final = 1.9


@dataclass(frozen=True)
class Lesson:
    """Motion of one line in one style, at 25 frames a second.

    Attributes:
        expression: (T, 43) float32 coefficients of ``elocute-head-1``.
        jaw: (T,) float32 rotation about x in radians.
        head: (T, 3) float32 axis-angle in radians.
    """

    expression: Float32Array
    jaw: Float32Array
    head: Float32Array

    def clip(self) -> MotionClip:
        """The lesson as a clip."""
        jaw = np.zeros((len(self.jaw), 3), np.float32)
        jaw[:, 0] = self.jaw
        return MotionClip(fps=FPS, basis=BASIS, expression=self.expression, jaw=jaw, head=self.head)


def sample_styles(count: int, seed: int) -> tuple[RulesStyle, ...]:
    """Speaking styles to teach: each preset once, then variations of the presets, then free ones.

    In the free ones a common arousal moves head, brows, jaw and articulation together, and clarity moves
    articulation, jaw and lips; smile, lids, blinks, asymmetry and breath go their own ways.

    Args:
        count: how many; about a quarter are variations of presets. Fewer than there are presets: the first.
        seed: the same seed and count give the same styles.

    Raises:
        ValueError: ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f"cannot sample {count} styles")
    rng = np.random.default_rng(seed)
    presets = list(PRESETS.values())
    styles = presets[:count]
    jittered = min(round(_JITTERED_SHARE * count), count - len(styles))
    styles += [_jittered(presets[n % len(presets)], rng) for n in range(jittered)]
    styles += [_free(rng) for _ in range(count - len(styles))]
    return tuple(styles)


def teach(speech: SpeechFeatures, style: RulesStyle, seed: int) -> Lesson:
    """The motion of the ``rules`` model for a line, with eyes still and lids that do not follow any.

    Args:
        speech: T frames with the phones that were said.
        style: ``gaze_amount`` has no effect.
        seed: the take.

    Raises:
        ValueError: the speech has no phones; a teacher who only listens would teach guesses.
    """
    if speech.phones is None:
        raise ValueError("the teacher needs phones")
    face = perform(speech, analyse_prosody(speech), style, seed, Progress())
    still = np.zeros((speech.frames, 2))
    return Lesson(
        expression=expressions_with_gaze(face, still, style).astype(np.float32),
        jaw=face.jaw[:, 0].astype(np.float32),
        head=face.head.astype(np.float32),
    )


def _jittered(preset: RulesStyle, rng: np.random.Generator) -> RulesStyle:
    changed = {}
    for field in fields(preset):
        value, step = float(getattr(preset, field.name)), float(rng.standard_normal())
        if field.name in _SIGNED_OR_NEAR_ZERO:
            changed[field.name] = value + _JITTER_ADDED * step
        else:
            changed[field.name] = value * float(np.exp(_JITTER_RATIO * step))
    return _plausible(changed)


def _free(rng: np.random.Generator) -> RulesStyle:
    spread = _EXTREME_SPREAD if rng.uniform() < _EXTREME_SHARE else 1.0
    arousal, clarity = spread * rng.standard_normal(2)
    own = dict(zip(PLAUSIBLE, spread * rng.standard_normal(len(PLAUSIBLE)), strict=True))
    # Most faces rest nearly neutral with open lids; some smile, frown or droop.
    marked_smile, drooping = rng.uniform() < 0.35, rng.uniform() < 0.35
    return _plausible(
        {
            "articulation": np.exp(0.12 * arousal + 0.22 * clarity + 0.10 * own["articulation"]),
            "jaw": np.exp(0.14 * arousal + 0.12 * clarity + 0.12 * own["jaw"]),
            "lip": np.exp(0.04 * arousal + 0.14 * clarity + 0.12 * own["lip"]),
            "head_amount": np.exp(0.38 * arousal + 0.30 * own["head_amount"]),
            "head_rate": np.exp(0.14 * arousal + 0.18 * own["head_rate"]),
            "brow_amount": np.exp(0.40 * arousal + 0.40 * own["brow_amount"]),
            "blink_rate": rng.uniform(*PLAUSIBLE["blink_rate"]),
            "gaze_amount": rng.uniform(*PLAUSIBLE["gaze_amount"]),
            "smile": rng.uniform(-0.3, 0.5) if marked_smile else 0.06 + 0.06 * own["smile"],
            "asymmetry": 0.3 + 0.14 * own["asymmetry"],
            "breath": rng.uniform(*PLAUSIBLE["breath"]),
            "lid_droop": rng.uniform(0.1, 0.6) if drooping else 0.04 * abs(own["lid_droop"]),
        }
    )


def _plausible(values: dict[str, float]) -> RulesStyle:
    return replace(
        RulesStyle(), **{name: float(np.clip(value, *PLAUSIBLE[name])) for name, value in values.items()}
    )
