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
from elocute.models.rules.style import MOST_INTENSITY, PRESETS, RATIOS, RulesStyle, styled
from elocute.models.rules.style_track import StyleTrack
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
    "smile": (-0.6, 0.7),
    "asymmetry": (0.0, 0.8),
    "breath": (0.2, 1.8),
    "lid_droop": (0.0, 0.6),
    "brow_height": (-0.7, 0.75),
    "brow_worry": (0.0, 0.8),
    "eye_wide": (0.0, 0.75),
    "squint": (0.0, 0.6),
    "sneer": (0.0, 0.8),
    "press": (0.0, 0.6),
    "stretch": (0.0, 0.6),
    "head_pitch": (-5.0, 7.0),
}
"""Range each parameter is taught in, narrower than what a user may set: beyond lies caricature."""

TAUGHT_INTENSITIES: Final = (0.5, 1.0, 1.5)
NAMED: Final[tuple[tuple[str, float], ...]] = (
    *((name, 1.0) for name in PRESETS),
    *(
        (name, intensity)
        for intensity in TAUGHT_INTENSITIES
        for name in PRESETS
        if intensity != 1.0 and PRESETS[name] != RulesStyle()
    ),
)
"""The styles that have a name, (preset, intensity): first the presets as they are, in their order."""

_JITTERED_SHARE: Final = 0.35
_JITTER_RATIO: Final = 0.12
"""Standard deviation of the logarithm of what a preset's strengths are multiplied by."""
_JITTER_ADDED: Final = 0.05
"""The same for what is added, as a share of the plausible range."""
_MARKED_SHARE: Final = 0.22
"""Share of the free styles in which each part of an emotional face shows."""
_FACE_PARTS: Final = (
    "brow_height",
    "brow_worry",
    "eye_wide",
    "squint",
    "sneer",
    "press",
    "stretch",
    "head_pitch",
)
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
    """Speaking styles to teach: those of :data:`NAMED` in their order, variations of them, then free ones.

    A variation is a preset at any intensity from 0.2 on, with a little of everything changed. In the free
    ones a common arousal moves head, brows, jaw and articulation together, and clarity moves articulation,
    jaw and lips; smile, lids, blinks, asymmetry, breath and the parts of emotional faces go their own ways.

    Args:
        count: how many; about a third are variations. Fewer than there are named ones: the first.
        seed: the same seed and count give the same styles.

    Raises:
        ValueError: ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f"cannot sample {count} styles")
    rng = np.random.default_rng(seed)
    styles = [styled(name, intensity) for name, intensity in NAMED[:count]]
    varied = count - len(styles) - free_styles(count)
    names = list(PRESETS)
    for n in range(varied):
        intensity = float(rng.uniform(0.2, MOST_INTENSITY))
        styles.append(_jittered(styled(names[n % len(names)], intensity), rng))
    styles += [_free(rng) for _ in range(count - len(styles))]
    return tuple(styles)


def free_styles(count: int) -> int:
    """How many of :func:`sample_styles`'s ``count``, the last ones, are neither named nor variations."""
    unnamed = max(count - len(NAMED), 0)
    return unnamed - min(round(_JITTERED_SHARE * count), unnamed)


def teach(speech: SpeechFeatures, style: RulesStyle, seed: int, *, listens: bool = True) -> Lesson:
    """The motion of the ``rules`` model for a line, with eyes still and lids that do not follow any.

    Args:
        speech: T frames with the phones that were said.
        style: ``gaze_amount`` has no effect.
        seed: the take.
        listens: see :class:`~elocute.corpus.lessons.LessonPlan`.

    Raises:
        ValueError: the speech has no phones; a teacher who only listens would teach guesses.
    """
    if speech.phones is None:
        raise ValueError("the teacher needs phones")
    track = StyleTrack.constant(style, speech.frames)
    face = perform(speech, analyse_prosody(speech), track, seed, Progress(), listens=listens)
    still = np.zeros((speech.frames, 2))
    return Lesson(
        expression=expressions_with_gaze(face, still, track).astype(np.float32),
        jaw=face.jaw[:, 0].astype(np.float32),
        head=face.head.astype(np.float32),
    )


def _jittered(preset: RulesStyle, rng: np.random.Generator) -> RulesStyle:
    changed = {}
    for field in fields(preset):
        value, step = float(getattr(preset, field.name)), float(rng.standard_normal())
        if field.name in RATIOS:
            changed[field.name] = value * float(np.exp(_JITTER_RATIO * step))
        else:
            low, high = PLAUSIBLE[field.name]
            shown = value != 0.0 or field.name == "smile"
            changed[field.name] = value + _JITTER_ADDED * (high - low) * step * shown
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
            **{name: _sometimes(name, rng) for name in _FACE_PARTS},
        }
    )


def _sometimes(name: str, rng: np.random.Generator) -> float:
    """Mostly 0: a face shows few parts of an emotion at once."""
    marked, value = rng.uniform() < _MARKED_SHARE, float(rng.uniform(*PLAUSIBLE[name]))
    return value if marked else 0.0


def _plausible(values: dict[str, float]) -> RulesStyle:
    return replace(
        RulesStyle(), **{name: float(np.clip(value, *PLAUSIBLE[name])) for name, value in values.items()}
    )
