"""Presets, emotions, their intensity, and styles that change within a performance."""

from dataclasses import asdict, astuple

import numpy as np
import pytest

from elocute.audio.phrasing import analyse_prosody
from elocute.errors import SettingsError
from elocute.models.rules.performance import perform as perform_face
from elocute.models.rules.style import (
    LIMITS,
    MOST_INTENSITY,
    PRESETS,
    RATIOS,
    RulesStyle,
    resolve_style,
    styled,
)
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.progress import Progress

LINE = "SIL HH AH L OW SIL M AY N EY M IH Z AE N SIL W AH T D UW Y UW DH IH NG K SIL"
EMOTIONS = ("happy", "sad", "angry", "afraid", "surprised", "disgusted")
ACTION_UNITS = {
    "happy": ("mouthSmileLeft", "eyeSquintRight", "cheekSquintLeft"),
    "sad": ("browInnerUp", "mouthFrownLeft", "eyeBlinkLeft"),
    "angry": ("browDownLeft", "eyeWideLeft", "eyeSquintLeft", "mouthPressLeft"),
    "afraid": ("browInnerUp", "eyeWideRight", "mouthStretchLeft"),
    "surprised": ("browInnerUp", "browOuterUpRight", "eyeWideLeft"),
    "disgusted": ("noseSneerLeft", "mouthUpperUpRight", "mouthFrownRight"),
}


def mean(clip, name):
    return float(clip.expression[:, EXPRESSION_INDEX[name]].mean())


@pytest.mark.parametrize("name", PRESETS)
def test_no_intensity_is_the_default_and_full_intensity_the_preset(name):
    assert asdict(styled(name, 0.0)) == pytest.approx(asdict(RulesStyle()))
    assert styled(name, 1.0) == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("intensity", [0.3, 0.7, 1.2, MOST_INTENSITY])
def test_any_intensity_lies_within_the_limits_and_on_the_way(name, intensity):
    style, full, rest = styled(name, intensity), PRESETS[name], RulesStyle()
    for key, (low, high) in LIMITS.items():
        value, aim, start = getattr(style, key), getattr(full, key), getattr(rest, key)
        assert low <= value <= high
        assert (value - start) * (aim - start) >= 0
        if intensity < 1:
            assert min(start, aim) <= value <= max(start, aim)


def test_strengths_go_by_ratio():
    assert styled("lively", 0.5).head_amount == pytest.approx(PRESETS["lively"].head_amount ** 0.5)
    assert styled("happy", 0.5).smile == pytest.approx(0.5 * (0.06 + PRESETS["happy"].smile))
    assert RATIOS < set(LIMITS)


@pytest.mark.parametrize("intensity", [-0.1, 1.6])
def test_an_intensity_that_is_none(perform, intensity):
    with pytest.raises(ValueError, match="intensity"):
        styled("sad", intensity)
    with pytest.raises(SettingsError):
        perform(LINE, style="sad", options={"intensity": intensity})


@pytest.mark.parametrize("name", EMOTIONS)
def test_emotions_show_their_action_units_the_more_the_stronger(perform, name):
    plain, half, full = (perform(LINE, style=name, options={"intensity": i}) for i in (0.0, 0.5, 1.0))
    for unit in ACTION_UNITS[name]:
        assert mean(full, unit) > mean(half, unit) + 0.01 > mean(plain, unit) + 0.02, unit
    assert full.meta["options"]["intensity"] == 1.0
    assert full.meta["style"] == name


@pytest.mark.parametrize("name", PRESETS)
def test_faces_stay_within_what_a_face_can_do_at_full_intensity(perform, name):
    clip = perform(LINE, style=name, options={"intensity": MOST_INTENSITY})
    assert clip.expression.min() >= -1e-6
    assert clip.expression.max() <= 1.0 + 1e-6
    assert np.degrees(np.abs(clip.head)).max() < 25.0


def test_a_sad_head_hangs_from_the_first_frame_to_the_last(perform):
    clip = perform(LINE, style="sad")
    assert np.degrees(clip.head[[0, -1], 0]) == pytest.approx(PRESETS["sad"].head_pitch, abs=0.01)


def test_a_constant_track_is_the_style():
    style = PRESETS["angry"]
    track = StyleTrack.constant(style, 40)
    assert track.at(-1.0) == track.at(0.3) == track.at(99.0) == style
    assert (track.curve("jaw") == style.jaw).all()


def test_a_track_reaches_its_keys_and_holds_before_and_after():
    sad, happy = PRESETS["sad"], PRESETS["happy"]
    track = StyleTrack.through([(1.0, sad), (3.0, happy)], 100)
    smile = track.curve("smile")
    assert smile[:25] == pytest.approx(sad.smile)
    assert smile[75:] == pytest.approx(happy.smile)
    assert (np.diff(smile) >= -1e-12).all()
    middle = track.at(2.0)
    assert middle.smile == pytest.approx(0.5 * (sad.smile + happy.smile), abs=0.03)


@pytest.mark.parametrize("times", [(), (1.0, 1.0), (2.0, 1.0)])
def test_keys_must_rise(times):
    with pytest.raises(ValueError, match="rising"):
        StyleTrack.through([(time, RulesStyle()) for time in times], 10)


def test_a_style_that_changes_is_each_style_where_it_holds(make_speech):
    speech = make_speech(LINE)
    prosody = analyse_prosody(speech)
    sad, angry = PRESETS["sad"], PRESETS["angry"]
    end = speech.seconds
    tracks = (
        StyleTrack.constant(sad, speech.frames),
        StyleTrack.through([(0.4 * end, sad), (0.6 * end, angry)], speech.frames),
        StyleTrack.constant(angry, speech.frames),
    )
    first, changing, last = (perform_face(speech, prosody, track, 3, Progress()) for track in tracks)
    early, late = slice(0, int(0.15 * speech.frames)), slice(int(0.9 * speech.frames), None)
    assert changing.jaw[early] == pytest.approx(first.jaw[early], abs=2e-4)
    assert changing.jaw[late] == pytest.approx(last.jaw[late], abs=2e-4)
    assert changing.smile[early] == pytest.approx(first.smile[early])
    assert changing.smile[late] == pytest.approx(last.smile[late])
    assert np.degrees(np.abs(np.diff(changing.head, axis=0))).max() < 3.0
    sneer = EXPRESSION_INDEX["noseSneerLeft"]
    assert (changing.mouth[early, sneer] == 0.0).all()
    assert changing.mouth[late, sneer].min() > 0.05


def test_a_style_text_changes_the_performance_where_it_says(make_speech, perform):
    speech = make_speech(LINE)
    changing = perform(speech, style="sad@0.5,angry*1.2@1.5")
    frown, lowered = "mouthFrownLeft", "browDownLeft"
    early, late = slice(0, 10), slice(int(1.6 * 25), None)
    frowns, brows = (changing.expression[:, EXPRESSION_INDEX[name]] for name in (frown, lowered))
    assert frowns[early].min() > 2 * frowns[late].max()
    assert brows[late].min() > 2 * brows[early].mean()
    assert changing.meta["style"] == "sad@0.5,angry*1.2@1.5"


def test_a_static_style_with_its_intensity_is_the_option(perform):
    one, other = perform(LINE, style="happy*0.6"), perform(LINE, style="happy", options={"intensity": 0.6})
    assert np.array_equal(one.expression, other.expression)
    assert np.array_equal(one.head, other.head)


def test_the_users_numbers_hold_throughout(perform):
    clip = perform(LINE, style="sad@0,angry@2", options={"sneer": 0.0, "smile": 0.5})
    assert not clip.expression[:, EXPRESSION_INDEX["noseSneerLeft"]].any()
    assert clip.expression[:, EXPRESSION_INDEX["mouthSmileLeft"]].min() > 0.05


@pytest.mark.parametrize(
    ("text", "asked", "used"), [("happy", 0.5, 0.5), ("happy*1.2", 0.5, 1.2), ("sad*0.3@0,happy@2", 0.5, 0.3)]
)
def test_the_intensity_that_is_told_of_is_the_one_that_was_used(text, asked, used):
    resolved = resolve_style(text, {}, asked)
    assert resolved.intensity_of(resolved.parts[0]) == used
    assert resolved.keys[0][1] == styled(text.split("*")[0], used)


def test_a_clip_tells_of_the_intensity_that_was_used(perform):
    clip = perform(LINE, style="happy*1.2", options={"intensity": 0.5})
    assert clip.meta["options"]["intensity"] == 1.2


def test_parameters_change_when_they_are_told_to(perform):
    ends = [perform(LINE, options={"jaw": value, "smile": value}) for value in (0.0, 0.8)]
    changing = perform(LINE, curves={name: ((1.0, 0.0), (1.2, 0.8)) for name in ("jaw", "smile")})
    early, late = slice(0, 20), slice(35, None)
    for part in ("jaw", "expression"):
        assert getattr(changing, part)[early] == pytest.approx(getattr(ends[0], part)[early], abs=2e-4)
        assert getattr(changing, part)[late] == pytest.approx(getattr(ends[1], part)[late], abs=2e-4)
    assert np.abs(ends[0].jaw - ends[1].jaw).max() > 0.02
    assert changing.meta["curves"] == {name: [[1.0, 0.0], [1.2, 0.8]] for name in ("jaw", "smile")}


def test_an_intensity_over_time_is_that_of_the_styles_that_name_none():
    style = resolve_style("sad@0.2,angry*0.7@2", {"breath": 1.7})
    track = StyleTrack.of(style, {"intensity": ((0.0, 0.5), (1.0, 0.5))}, 75)
    assert track.at(0.0).smile == pytest.approx(styled("sad", 0.5).smile)
    assert track.at(2.9).smile == pytest.approx(styled("angry", 0.7).smile)
    assert (track.curve("breath") == 1.7).all()
    growing = StyleTrack.of(resolve_style("happy", {}), {"intensity": ((0.02, 0.0), (2.98, 1.5))}, 75)
    for frame in (0, 37, 74):
        wanted = styled("happy", 1.5 * frame / 74)
        assert growing.rows[frame] == pytest.approx(np.array(astuple(wanted)))
