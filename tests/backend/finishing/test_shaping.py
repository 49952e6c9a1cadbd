"""How strongly and when a learned model's motion is played."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import elocute
from elocute.clips_in_the_making import make_clips
from elocute.finishing.finisher import Finisher
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings
from elocute.finishing.shaping import BOUNDS, VARYING, Shaping, shaping_options
from elocute.generator import GenerationSettings
from elocute.models.behaviour_options import behaviour_options
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import joined_frames
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX
from elocute.progress import Progress
from tests.backend.finishing.conftest import restless

LITE = FinishingNeeds.from_folder(Path(elocute.__file__).parent / "bundled" / "elocute-lite", "neutral", 1.0)
PLAIN = FinishingNeeds()
PUCKER, SMILE, BROW, CLOSE = (
    EXPRESSION_INDEX[name] for name in ("mouthPucker", "mouthSmileLeft", "browInnerUp", "mouthClose")
)


def unlidded(clip):
    """Without eyes of its own being wanted."""
    small = np.clip(clip.expression, 0.0, 0.3)
    return replace(clip, expression=small, jaw=np.abs(clip.jaw), eyes=np.zeros((clip.frames, 6), np.float32))


def finished(clip, speech, needs=PLAIN, **shaping):
    return Finisher(needs).finish(clip, speech, FinishSettings(seed=3, shaping=shaping))


@pytest.fixture
def speech(make_speech):
    return make_speech("SIL AA SIL OW SIL AA SIL")


@pytest.fixture
def clip(speech):
    return unlidded(restless(BASIS, speech.frames, 43))


@pytest.mark.parametrize(
    ("name", "moves", "stays"),
    [
        ("jaw", ("jaw", CLOSE), ("head", PUCKER, SMILE, BROW)),
        ("lip", (PUCKER,), ("head", "jaw", SMILE, BROW, CLOSE)),
        ("articulation", ("jaw", PUCKER, CLOSE), ("head", SMILE, BROW)),
        ("brow_amount", (BROW,), ("head", "jaw", PUCKER, SMILE)),
        ("head_amount", ("head",), ("jaw", PUCKER, SMILE, BROW)),
    ],
)
def test_a_factor_moves_its_part_and_no_other(speech, clip, name, moves, stays):
    def part(of, what):
        return getattr(of, what) if isinstance(what, str) else of.expression[:, what]

    usual, half = finished(clip, speech), finished(clip, speech, **{name: 0.5})
    changing = finished(clip, speech, **{name: ((0.4, 0.5), (0.44, 1.0))})
    for what in moves:
        assert part(half, what) == pytest.approx(part(usual, what) / 2, abs=1e-6)
        assert part(changing, what)[:10] == pytest.approx(part(half, what)[:10], abs=1e-6)
        assert part(changing, what)[12:] == pytest.approx(part(usual, what)[12:], abs=1e-6)
    for what in stays:
        assert np.array_equal(part(half, what), part(usual, what))


def test_what_is_as_usual_changes_nothing(speech, clip):
    usual = finished(clip, speech)
    same = finished(clip, speech, **{name: bounds[1] for name, bounds in BOUNDS.items()})
    assert np.array_equal(usual.expression, same.expression)
    assert Shaping.of({}, 10, 25.0) is None


def test_motion_leads_and_lags_by_milliseconds(speech, clip):
    usual = finished(clip, speech)
    for lead, moved in ((80.0, 2), (-120.0, -3)):
        told = finished(clip, speech, lead=lead)
        inner = slice(5, speech.frames - 5)
        for name in ("jaw", "head"):
            shifted = np.roll(getattr(usual, name), -moved, axis=0)
            assert getattr(told, name)[inner] == pytest.approx(shifted[inner], abs=1e-6)
        assert told.expression[inner, PUCKER] == pytest.approx(
            np.roll(usual.expression[:, PUCKER], -moved)[inner], abs=1e-6
        )
        edge = slice(-moved, None) if moved > 0 else slice(0, -moved)
        end = -1 if moved > 0 else 0
        assert told.jaw[edge] == pytest.approx(np.tile(usual.jaw[end], (abs(moved), 1)))
    half = finished(clip, speech, lead=20.0)
    assert half.jaw[10] == pytest.approx((usual.jaw[10] + usual.jaw[11]) / 2, abs=1e-6)


def test_smoothing_takes_off_what_is_quick(speech, clip):
    noise = np.random.default_rng(2).normal(0.5, 0.1, (speech.frames, 43))
    clip = replace(clip, expression=noise, jaw=0.2 * noise[:, :3], head=noise[:, 3:6])
    usual, smooth = finished(clip, speech), finished(clip, speech, smoothing=2.0)
    for name in ("jaw", "head", "expression"):
        quick = np.abs(np.diff(getattr(usual, name), 2, axis=0)).mean()
        assert np.abs(np.diff(getattr(smooth, name), 2, axis=0)).mean() < 0.5 * quick


def test_contacts_are_as_certain_as_before(make_speech):
    speech = make_speech("SIL AA P AA M AA B AA SIL")
    wide = restless(BASIS, speech.frames, 43)
    wide = replace(wide, expression=np.zeros_like(wide.expression), jaw=np.full_like(wide.jaw, 0.1))
    for shaping in ({"jaw": 2.0}, {"articulation": 1.8, "smoothing": 3.0}):
        told = finished(wide, speech, LITE, **shaping)
        probe = LITE.probe.fitted(told.expression.shape[1], None)
        gap = probe.gap(told.expression.astype(np.float64), told.jaw.astype(np.float64))
        middles = [int((p.start + p.end) / 2 * 25) for p in speech.phones if p.label in ("P", "B", "M")]
        assert len(middles) == 3
        assert gap[middles].max() < 5e-4


@pytest.mark.parametrize(
    "shaping",
    [
        {"jaw": 1.5, "lead": 130.0},
        {"lead": -110.0, "smoothing": 1.5},
        {"lead": ((0.0, -200.0), (2.0, 200.0)), "head_amount": ((0.0, 0.0), (2.0, 3.0)), "smoothing": 0.4},
    ],
)
def test_windows_joined_are_the_whole_clip(make_speech, shaping):
    speech = make_speech("SIL AA P AA M AA B AA SIL F AA V IY SIL M AA SIL")
    moving = restless(BASIS, speech.frames - 1, 43)
    settings = FinishSettings(seed=3, shaping=shaping)
    for needs, clip in (
        (LITE, moving),
        (PLAIN, unlidded(moving)),
    ):  # with all that is added, and with nothing
        whole = Finisher(needs).finish(clip, speech, settings)
        for cuts in ([7], list(range(1, clip.frames, 5)), list(range(1, clip.frames))):
            stream = Finisher(needs).begin(speech, settings)
            parts = []
            for low, high in zip([0, *cuts], [*cuts, clip.frames], strict=True):
                parts += stream.add((clip.part(low, high),))
            made = joined_frames([*parts, *stream.end()])
            for name in ("expression", "jaw", "head", "eyes"):
                assert np.array_equal(getattr(made, name), getattr(whole, name)), name


def test_rules_play_their_own_numbers_once(make_speech):
    speech = make_speech("SIL AA SIL AA SIL")
    usual, half = (
        make_clips(RulesGenerator(), speech, GenerationSettings(options=options), Progress())[0]
        for options in ({}, {"head_amount": 0.5})
    )
    assert np.abs(half.head).max() == pytest.approx(0.5 * np.abs(usual.head).max(), rel=0.2)


def test_models_offer_what_does_something():
    assert set(shaping_options(BASIS)) == set(BOUNDS)
    assert set(shaping_options("flame2020")) == {"articulation", "jaw", "head_amount", "smoothing", "lead"}
    assert "jaw" not in shaping_options("deep3d")
    options = behaviour_options(BASIS, 25.0)
    assert {"gaze", "blinks", *BOUNDS} == options.keys()
    assert {name for name, option in options.items() if option.varies} == {"gaze", "blinks", *VARYING}
