"""The tongue follows the phones, in clips of any family whose basis has one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.articulation.tongue import DENTAL, PLACES, TIP
from elocute.audio.phone import ARPABET, Phone
from elocute.audio.speech_features import FPS
from elocute.errors import InputError
from elocute.evaluation.of_motion.tongue import TongueProbe, winding_number
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.finishing.finisher import Finisher
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings
from elocute.finishing.tongue_layer import TongueLayer
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, HEAD_NAMES, TONGUE_NAMES

TONGUE_OUT = EXPRESSION_INDEX["tongueOut"]
HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


def opened(frames, radians=0.12):
    jaw = np.zeros((frames, 3), np.float32)
    jaw[:, 0] = radians
    still = np.zeros((frames, 3), np.float32)
    return MotionClip(FPS, BASIS, np.zeros((frames, len(EXPRESSION_NAMES)), np.float32), jaw, still)


def smile(frames):
    made = np.zeros((frames, len(HEAD_NAMES)), np.float32)
    made[:, EXPRESSION_INDEX["mouthSmileLeft"]] = 0.4
    return made


def at(clip, name, phone):
    return clip.expression[int(0.5 * (phone.start + phone.end) * FPS), EXPRESSION_INDEX[name]]


def spoken(line, seconds=0.12):
    labels = line.split()
    return [Phone(label, n * seconds, (n + 1) * seconds) for n, label in enumerate(labels)]


def with_tongue(line, radians=0.12, seconds=0.12):
    phones = spoken(line, seconds)
    frames = int(np.ceil(phones[-1].end * FPS))
    return TongueLayer.plan(phones, frames).added(opened(frames, radians)), phones


@pytest.mark.parametrize("label", ["T", "D", "N", "L"])
@pytest.mark.parametrize("seconds", [0.05, 0.08, 0.15])
def test_the_tip_rises_for_alveolars_and_comes_down_again(label, seconds):
    clip, phones = with_tongue(f"AA AA {label} AA AA", seconds=seconds)
    tip = clip.expression[:, EXPRESSION_INDEX["tongueTipUp"]]
    assert tip.max() > 0.55
    assert abs((tip.argmax() + 0.5) / FPS - 2.5 * seconds) < 0.04
    assert at(clip, "tongueTipUp", phones[0]) < 0.3


@pytest.mark.parametrize("label", ["TH", "DH"])
def test_th_shows_the_tongue_between_open_teeth_only(label):
    clip, phones = with_tongue(f"AA {label} AA")
    assert at(clip, "tongueOut", phones[1]) > 0.25
    shut, _ = with_tongue(f"AA {label} AA", radians=0.0)
    assert not shut.expression[:, EXPRESSION_INDEX["tongueOut"]].any()


@pytest.mark.parametrize("label", ["K", "G", "NG"])
def test_velars_raise_the_back_and_not_the_tip(label):
    clip, phones = with_tongue(f"AA {label} AA")
    assert at(clip, "tongueIn", phones[1]) > 0.6
    assert at(clip, "tongueTipUp", phones[1]) < 0.1


def test_a_diphthong_moves_the_tongue_while_it_sounds():
    clip, phones = with_tongue("M AY M", seconds=0.2)
    start, end = (int((phones[1].start + share * 0.2) * FPS) for share in (0.35, 0.85))
    down, up = (clip.expression[:, EXPRESSION_INDEX[name]] for name in ("tongueDown", "tongueUp"))
    assert (down[start] > 0.4, down[end] < 0.2) == (True, True)
    assert (up[end] > 0.25, up[start] < 0.15) == (True, True)


def test_every_phone_that_is_named_is_one():
    assert set(PLACES) <= set(ARPABET)


def test_over_a_shut_jaw_the_tongue_rises_less():
    wide, phones = with_tongue("AA T AA", radians=np.radians(8.0))
    shut, _ = with_tongue("AA T AA", radians=0.0)
    assert at(shut, "tongueTipUp", phones[1]) == pytest.approx(0.5 * at(wide, "tongueTipUp", phones[1]))


def test_a_doubtful_phone_moves_it_less():
    phones = spoken("AA T AA")
    unsure = [phones[0], replace(phones[1], confidence=0.2), phones[2]]
    sure, doubtful = (TongueLayer.plan(each, 9).curves[:, 0].max() for each in (phones, unsure))
    assert doubtful < 0.9 * sure


def test_the_tongue_of_a_model_gives_way_and_all_else_stays():
    clip = opened(12)
    clip.expression[:, EXPRESSION_INDEX["tongueOut"]] = 0.7
    clip.expression[:, EXPRESSION_INDEX["mouthSmileLeft"]] = 0.4
    layer = TongueLayer.plan(spoken("AA T AA TH"), 12)
    out = layer.added(clip)
    assert out.expression.shape == (12, len(HEAD_NAMES))
    assert np.array_equal(out.expression[:, :TONGUE_OUT], clip.expression[:, :TONGUE_OUT])
    assert np.array_equal(out.expression, layer.added(opened(12)).expression + smile(12))
    assert np.array_equal(layer.added(out).expression, out.expression)
    aside = out.expression.copy()
    aside[:, EXPRESSION_INDEX["tongueLeft"]] = 0.5
    assert np.array_equal(layer.added(replace(out, expression=aside)).expression, out.expression)


def test_nothing_said_and_no_phones():
    assert not TongueLayer.plan([], 5).curves.any()
    assert np.abs(TongueLayer.plan([Phone("SIL", 0.0, 0.4)], 10).curves).max() == 0.0


@pytest.mark.parametrize("change", [{"basis": "flame2020"}, {"fps": 30.0}])
def test_clips_without_a_tongue_are_refused(change):
    with pytest.raises(ValueError, match="tongue"):
        TongueLayer.plan(spoken("T"), 3).added(replace(opened(3), **change))
    with pytest.raises(ValueError, match="tongue"):
        TongueLayer.plan(spoken("T"), 3).added(opened(4))


def test_finishing_adds_it_in_any_window_and_not_without_phones(make_speech):
    speech = make_speech("SIL T AA D IY L AA K IY SIL")
    clip = opened(speech.frames)
    needs, settings = FinishingNeeds(certain_contacts=True), FinishSettings()
    whole = Finisher(needs).finish(clip, speech, settings)
    assert whole.expression.shape[1] == len(HEAD_NAMES)
    assert whole.expression[:, EXPRESSION_INDEX["tongueTipUp"]].max() > 0.6
    stream = Finisher(needs).begin(speech, settings)
    parts = []
    for first in range(0, clip.frames, 7):
        parts += stream.add((clip.part(first, min(first + 7, clip.frames)),))
    parts += stream.end()
    assert np.array_equal(np.concatenate([part.expression for part in parts]), whole.expression)
    silent = Finisher(needs).finish(clip, replace(speech, phones=None), settings)
    assert silent.expression.shape[1] == len(EXPRESSION_NAMES)


def test_on_the_head_the_tip_reaches_the_teeth_from_inside(head):
    tongue = head.masks["tongue"]
    still = np.zeros((1, 3), np.float32)
    jaw = np.array([[0.11, 0.0, 0.0]], np.float32)
    expression = np.zeros((1, len(HEAD_NAMES)), np.float32)
    low = pose_vertices(head, expression, jaw, still)[0]
    expression[0, EXPRESSION_INDEX["tongueTipUp"]] = 1.0
    high = pose_vertices(head, expression, jaw, still)[0]
    tip = tongue[np.argmax(head.v_template[tongue, 2])]
    teeth = head.v_template[head.masks["teeth"]]
    upper_edge = teeth[teeth[:, 1] > np.median(teeth[:, 1]), 1].min()
    assert high[tip, 1] - low[tip, 1] > 0.010
    assert high[tip, 1] > upper_edge - 0.002
    assert high[tip, 2] < teeth[:, 2].max()


@pytest.mark.parametrize("name", TONGUE_NAMES)
def test_tongue_expressions_move_the_tongue_and_nothing_else(head, name):
    moves = np.abs(head.expression_dirs[..., HEAD_NAMES.index(name)]).max(axis=1)
    tongue = np.zeros(len(moves), bool)
    tongue[head.masks["tongue"]] = True
    assert moves[tongue].max() > 0.0015
    assert not moves[~tongue].any()


def test_a_clip_without_a_tongue_still_poses_the_head(head):
    clip = opened(2)
    old = pose_vertices(head, clip.expression, clip.jaw, clip.head)
    padded = np.pad(clip.expression, ((0, 0), (0, len(TONGUE_NAMES))))
    assert np.array_equal(old, pose_vertices(head, padded, clip.jaw, clip.head))


LINES = (
    "SIL AA T AA SIL AA L AA SIL AA TH AA SIL IY DH IY SIL AA K AA SIL",
    "SIL TH T DH AE T S TH IY T L DH AH N TH R UW SIL",
    "SIL UW TH UW DH OW D M T P TH B DH F TH SIL",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seconds", [0.06, 0.13])
def test_the_tongue_goes_through_nothing(head, make_speech, perform, line, seconds):
    clip = perform(make_speech(line, seconds=seconds), style="lively")
    through = TongueProbe(head).measure(clip)
    assert through.teeth.max() < 0.4e-3
    assert max(through.lips.max(), through.skin.max()) < 0.1e-3
    if seconds > 0.1:
        assert clip.expression[:, TONGUE_OUT].max() > 0.2


@pytest.mark.parametrize("degrees", [1.0, 2.0, 4.0, 8.0])
def test_whatever_is_asked_of_the_tip_it_goes_through_no_teeth(head, degrees):
    asked = np.zeros((45, 5))
    grid = np.stack(np.meshgrid(np.linspace(0.0, 1.0, 5), np.linspace(0.0, 1.0, 9)), axis=-1).reshape(-1, 2)
    asked[:, TIP], asked[:, DENTAL] = grid.T
    clip = TongueLayer(asked).added(opened(45, radians=np.radians(degrees)))
    assert TongueProbe(head).measure(clip).teeth.max() < 0.6e-3


def test_a_tongue_that_goes_through_the_teeth_is_measured(head):
    clip = opened(1, radians=np.radians(6.0))
    assert TongueProbe(head).measure(clip).teeth.max() == 0.0
    clip.expression[:, TONGUE_OUT] = 0.3  # and the tip not raised: through the lower teeth
    assert TongueProbe(head).measure(clip).teeth.max() > 1e-3
    clip.jaw[:] = 0.0
    clip.expression[:, TONGUE_OUT] = 1.0
    assert TongueProbe(head).measure(clip).lips.max() > 2e-3
    with pytest.raises(InputError, match="no teeth"):
        masks = {name: part for name, part in head.masks.items() if name != "teeth"}
        TongueProbe(replace(head, masks=masks))


def test_a_point_is_inside_of_a_closed_surface_or_not():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    faces = corners[[[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]]
    points = np.array([[0.1, 0.1, 0.1], [0.4, 0.4, 0.4], [-0.1, 0.1, 0.1], [0.3, 0.3, 0.3]])
    np.testing.assert_allclose(winding_number(points, faces), [1, 0, 0, 1], atol=1e-9)
