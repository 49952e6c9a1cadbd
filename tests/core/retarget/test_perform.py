"""Performances on rigs: by the map alone, and by what the rig's face really does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from addon.core.retarget import geometry_fit
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.exact import track_of_values
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.controls.vocabulary import ARKIT, COLUMN, CONTROLS
from addon.core.retarget.features import (
    LIPS_SHUT,
    OPENING,
    WIDTH,
    pattern_features,
    pattern_measures,
)  # fmt: skip
from addon.core.retarget.layout import layout_of
from addon.core.retarget.perform import Strength, one_at_a_time, signals_of, strengthen
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import Combination, MapChannel, RigMap
from tests.core.retarget.made_up import VISEMES, landmarks_of, rig, talking, track_of

PATTERN = read_pattern()
MEASURES = pattern_measures(PATTERN)


def values_of(bound, played):
    """(T, D) values of the drives."""
    names = played.signals.names
    return played.signals.values[:, [names.index(drive.name) for drive in bound.drives]]


def shapes_of(bound):
    """What each drive of a rig is told to be."""
    return [
        drive.source.pose if drive.source.pose is not None else drive.source.mix for drive in bound.drives
    ]


def on_the_face(bound, track, face):
    """(T, K) features of a measured face under the performance, its notes, and the drives' values."""
    played = signals_of(bound, track, face)
    values = values_of(bound, played)
    return values @ face.response()[:, : len(bound.drives)].T, played.notes, values


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


def test_arkit_keys_play_the_controls_themselves():
    track = talking()
    bound = bind(preset("arkit"), rig(ARKIT))
    assert np.array_equal(values_of(bound, signals_of(bound, track)), track.values[:, : len(ARKIT)])


def test_gain_offset_curve_and_limits():
    channels = (
        MapChannel("key", "gained", 0, {"jawOpen": 0.5, "mouthPucker": -1.0}, gain=2.0, offset=0.1),
        MapChannel("key", "bent", 0, {"jawOpen": 1.0}, curve=((0.0, 0.0), (0.5, 0.8), (1.0, 1.0))),
        MapChannel("key", "cut", 0, {"jawOpen": 1.0}, limits=(0.2, 0.4)),
    )
    bound = bind(RigMap("k", "K", channels), rig(["gained", "bent", "cut"]))
    values = values_of(bound, signals_of(bound, track_of(2, jawOpen=[0.5, 1.0], mouthPucker=[0.0, 1.0])))
    assert np.allclose(values, [[0.6, 0.8, 0.4], [0.0, 1.0, 0.4]])


def test_correctives_play_the_product_of_what_they_correct():
    channels = (MapChannel("key", "open", 0, {"jawOpen": 1.0}),)
    rig_map = RigMap("k", "K", channels, combinations=(Combination("fix", ("jawOpen", "mouthPucker"), 2.0),))
    bound = bind(rig_map, rig(["open", "fix"]))
    played = signals_of(bound, track_of(3, jawOpen=[0.5, 0.5, 1.0], mouthPucker=[0.0, 0.5, 1.0])).signals
    assert np.allclose(played.values[:, played.names.index("combination fix")], [0.0, 0.5, 1.0])
    assert len(layout_of(bound).mixes) == 2


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize(
    "kind", ["oculus-visemes", "azure-visemes", "cc4-visemes", "mmd", "preston-blair", "vrm-1"]
)
def test_mixtures_of_visemes_follow_the_source_smoothly(kind, measured):
    track = talking()
    names = [channel.name for channel in preset(kind).channels if channel.pose is not None]
    bound = bind(preset(kind), rig([*names, "blink"]))
    face = landmarks_of(PATTERN, [*shapes_of(bound), {}])
    wanted = pattern_features(PATTERN, CONTROLS, track.values)
    values = values_of(bound, signals_of(bound, track, face if measured else None))
    made = values @ face.response()[:, : len(bound.drives)].T
    assert correlation(made[:, OPENING], wanted[:, OPENING]) > 0.97
    assert correlation(made[:, WIDTH], wanted[:, WIDTH]) > 0.85
    shut = MEASURES.opening / MEASURES.width + wanted[:, OPENING] < LIPS_SHUT
    assert shut.sum() > 20
    assert (MEASURES.opening / MEASURES.width + made[shut, OPENING]).max() < LIPS_SHUT + 0.01
    assert np.abs(np.diff(values, axis=0)).max() < 0.5
    assert values.min() >= 0


def test_mixtures_flicker_less_than_the_source_trembles(monkeypatch):
    from addon.core.retarget import geometry_fit

    trembling = talking()
    noise = 0.03 * np.random.default_rng(0).standard_normal(trembling.values.shape)
    trembling = replace(trembling, values=trembling.values + noise)
    bound = bind(preset("oculus-visemes"), rig(VISEMES))
    face = landmarks_of(PATTERN, [*shapes_of(bound), {}])
    smooth = on_the_face(bound, trembling, face)[2]
    monkeypatch.setattr(geometry_fit, "_SMOOTH_SHARE", 0.0)
    rough = on_the_face(bound, trembling, face)[2]
    assert np.abs(np.diff(smooth, 2, axis=0)).mean() < 0.9 * np.abs(np.diff(rough, 2, axis=0)).mean()


def test_a_face_of_other_proportions_opens_in_its_own():
    track = talking()
    bound = bind(preset("arkit"), rig(ARKIT))
    shapes = [*shapes_of(bound), {}]
    wanted = pattern_features(PATTERN, CONTROLS, track.values)
    stiff = [{name: 0.5 * value for name, value in shape.items()} for shape in shapes]
    made, _, values = on_the_face(bound, track, landmarks_of(PATTERN, stiff, scale=100.0))
    plain = track.column("jawOpen")
    column = ARKIT.index("jawOpen")
    assert values[:, column].max() > 1.6 * min(plain.max(), 0.6) * 0.9
    assert np.sqrt(np.mean((made - wanted)[:, OPENING] ** 2)) < 0.03


def test_lips_that_are_apart_at_rest_meet_when_the_source_shuts():
    track = talking()
    bound = bind(preset("oculus-visemes"), rig(VISEMES))
    shapes = [dict(shape) for shape in shapes_of(bound)]
    shapes[1] = {"jawOpen": -0.4}
    face = landmarks_of(PATTERN, [*shapes, {}], opening=0.004)
    made, notes, _ = on_the_face(bound, track, face)
    rest = face.measures().opening / face.measures().width
    assert rest > 0.05
    assert (made[:10, OPENING] + rest).max() < LIPS_SHUT + 0.01
    assert not notes


def test_a_rig_that_cannot_shut_says_so():
    bound = bind(preset("arkit"), rig(ARKIT))
    face = landmarks_of(
        PATTERN,
        [*({n: v for n, v in s.items() if n == "jawOpen"} for s in shapes_of(bound)), {}],
        opening=0.01,
    )
    _, notes, _ = on_the_face(bound, talking(), face)
    assert any("cannot shut its lips" in note for note in notes)


def test_eyes_that_cannot_shut_are_said():
    bound = bind(preset("arkit"), rig(ARKIT))
    weak = [
        {name: 0.3 * value for name, value in s.items()} if "Blink" in str(s) else s for s in shapes_of(bound)
    ]
    _, notes, values = on_the_face(bound, talking(), landmarks_of(PATTERN, [*weak, {}]))
    assert any("cannot shut its eyes" in note for note in notes)
    assert values[:, ARKIT.index("eyeBlinkLeft")].max() > 0.99
    _, notes, _ = on_the_face(bound, talking(), landmarks_of(PATTERN, [*shapes_of(bound), {}]))
    assert not notes


def test_an_empty_key_is_named_and_others_do_its_work():
    bound = bind(preset("arkit"), rig(ARKIT))
    shapes = [{} if shape == {"mouthPucker": 1.0} else shape for shape in shapes_of(bound)]
    track = talking()
    made, notes, values = on_the_face(bound, track, landmarks_of(PATTERN, [*shapes, {}]))
    assert "mouthPucker moves nothing and is left at rest." in notes
    wanted = pattern_features(PATTERN, CONTROLS, track.values)
    assert values[:, ARKIT.index("mouthPucker")].max() < 1e-3
    assert values[:, ARKIT.index("mouthFunnel")].max() > 0.1
    assert correlation(made[:, WIDTH], wanted[:, WIDTH]) > 0.9


def test_keys_with_the_wrong_sign_are_found_by_what_they_move():
    survey = rig(ARKIT)
    survey = replace(survey, keys=tuple(replace(key, lowest=-1.0) for key in survey.keys))
    bound = bind(preset("arkit"), survey)
    shapes = [{"jawOpen": -1.0} if shape == {"jawOpen": 1.0} else shape for shape in shapes_of(bound)]
    track = talking()
    made, notes, values = on_the_face(bound, track, landmarks_of(PATTERN, [*shapes, {}]))
    assert "jawOpen moves the opposite way to what its name says." in notes
    assert values[:, ARKIT.index("jawOpen")].min() < -0.4
    assert correlation(made[:, OPENING], pattern_features(PATTERN, CONTROLS, track.values)[:, OPENING]) > 0.98


def test_left_and_right_swapped_in_the_names_are_found_by_what_they_move():
    bound = bind(preset("arkit"), rig(ARKIT))
    swap = {"Left": "Right", "Right": "Left"}
    shapes = [
        {name[: -len(side)] + swap[side]: value for name, value in shape.items()
         for side in ("Left", "Right") if name.endswith(side)} or shape
        for shape in shapes_of(bound)
    ]  # fmt: skip
    track = track_of(20, mouthSmileLeft=np.linspace(0, 1, 20), eyeBlinkLeft=np.linspace(0, 1, 20))
    made, notes, values = on_the_face(bound, track, landmarks_of(PATTERN, [*shapes, {}]))
    assert any("the other side than" in note for note in notes)
    assert values[-1, ARKIT.index("mouthSmileRight")] > 0.8
    assert values[-1, ARKIT.index("mouthSmileLeft")] < 0.2
    assert values[-1, ARKIT.index("eyeBlinkRight")] > 0.8
    wanted = pattern_features(PATTERN, CONTROLS, track.values)
    assert np.abs(made - wanted)[:, 4:10].max() < 0.05


def test_pictures_are_shown_one_at_a_time():
    shown = one_at_a_time(np.array([[0.2, 0.7], [0.6, 0.5], [0.0, 0.01]]))
    assert shown.tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]


def test_strength_by_region():
    track = talking()
    track = replace(track, head=np.ones((track.frames, 3)), eyes=np.ones((track.frames, 6)))
    strong = strengthen(track, Strength(mouth=0.5, jaw=2.0, brows=0.5, lids=2.0, gaze=0.0, head=1.5))
    assert np.allclose(strong.column("jawOpen"), 2 * track.column("jawOpen"))
    assert np.allclose(strong.jaw, 2 * track.jaw)
    assert np.allclose(strong.column("mouthPucker"), 0.5 * track.column("mouthPucker"))
    blink = np.minimum(2 * track.column("eyeBlinkLeft"), 1.0)
    assert np.allclose(strong.column("eyeBlinkLeft"), blink), "no lid goes farther than shut"
    assert np.allclose(strong.head, 1.5)
    assert np.allclose(strong.eyes, 0.0)
    with pytest.raises(ValueError, match="mouth must be 0 to 2"):
        Strength(mouth=2.1)


def test_lips_over_an_open_jaw_go_with_the_jaw():
    strong = strengthen(track_of(jawOpen=0.3, mouthClose=0.3), Strength(jaw=2.0, mouth=0.5))
    assert strong.column("mouthClose")[0] == pytest.approx(0.6)


@pytest.mark.parametrize("strength", [Strength(jaw=1.5, mouth=0.0), Strength(jaw=0.4, mouth=2.0)])
def test_lips_shut_whatever_the_strength(strength):
    bound, measured, track = arkit_face()
    whole = signals_of(bound, track, measured)
    changed = signals_of(bound, track, measured, strength)
    response = measured.response()[OPENING]
    shut = slice(0, 8)
    for played in (whole, changed):
        opening = values_of(bound, played) @ response[:-1]
        assert np.abs(opening[shut]).max() < 0.02
    jaw = [values_of(bound, one)[:, drive_index(bound, "jawOpen")].max() for one in (whole, changed)]
    assert jaw[1] / jaw[0] == pytest.approx(strength.jaw, abs=0.35)


def test_lips_that_the_mouth_and_the_jaw_shut_together_shut_when_one_of_them_is_stronger():
    bound, measured, track = arkit_face()
    values = track.values.copy()
    shut = slice(0, 8)
    for name, value in (("jawOpen", 0.1), ("mouthFunnel", 0.5), ("mouthClose", 0.272)):
        values[shut, COLUMN[name]] = value
    track = track_of_values(25.0, values)
    response = measured.response()[OPENING]
    for strength in (Strength(), Strength(mouth=2.0), Strength(jaw=0.2)):
        opening = values_of(bound, signals_of(bound, track, measured, strength)) @ response[:-1]
        assert np.abs(opening[shut]).max() < 0.02, strength


def test_strength_keeps_within_the_rigs_limits():
    bound, measured, track = arkit_face()
    played = signals_of(bound, track, measured, Strength(2.0, 2.0, 2.0, 2.0, 2.0, 2.0))
    values = values_of(bound, played)
    assert values.max() <= 1.0
    assert values.min() >= 0.0


def arkit_face():
    """ARKit's keys on the stand-in head's own landmarks, and lips that press while they are shut."""
    bound = bind(preset("arkit"), rig(CONTROLS))
    poses = [dict(drive.source.mix) for drive in bound.drives]
    track = talking()
    values = track.values.copy()
    shut = values[:, COLUMN["jawOpen"]] < 0.02
    values[shut, COLUMN["jawOpen"]] = 0.2
    values[shut, COLUMN["mouthClose"]] = 0.2
    track = track_of_values(25.0, values)
    measured = landmarks_of(read_pattern(), [*poses, {"jawOpen": 1.0}])
    measured.moves[:, :, -1] = 0.0
    return bound, measured, track


def drive_index(bound, name):
    return next(index for index, drive in enumerate(bound.drives) if drive.source.name == name)


def with_row(bound, name, **changes):
    """A bound map one of whose drives says something else."""
    drives = tuple(
        replace(drive, source=replace(drive.source, **changes)) if drive.source.name == name else drive
        for drive in bound.drives
    )
    return replace(bound, drives=drives)


def test_an_exact_channel_plays_what_its_map_says_and_the_others_do_not_make_up_for_it():
    bound, measured, track = arkit_face()
    asked = with_row(bound, "jawOpen", gain=0.5, offset=0.1, exact=True)
    free = values_of(bound, signals_of(bound, track, measured))
    played = values_of(bound, signals_of(asked, track, measured))
    jaw = drive_index(bound, "jawOpen")
    assert np.allclose(played[:, jaw], 0.1 + 0.5 * track.column("jawOpen"))
    assert np.allclose(np.delete(played, jaw, 1), np.delete(free, jaw, 1), atol=1e-4)


def test_an_exact_channel_that_goes_the_wrong_way_is_believed():
    bound, measured, track = arkit_face()
    asked = with_row(bound, "mouthPucker", mix={"mouthFunnel": -1.0, "mouthPucker": 0.3}, exact=True)
    played = signals_of(asked, track, measured)
    assert np.allclose(
        values_of(bound, played)[:, drive_index(bound, "mouthPucker")],
        np.clip(0.3 * track.column("mouthPucker"), 0, 1),
    )
    assert not played.notes


def test_gain_and_offset_of_an_exact_pose_change_what_is_found():
    bound = bind(preset("oculus-visemes"), rig(VISEMES))
    poses = [dict(drive.source.pose or drive.source.mix) for drive in bound.drives]
    measured = landmarks_of(read_pattern(), [*poses, {}])
    track = talking()
    free = values_of(bound, signals_of(bound, track, measured))
    at = drive_index(bound, "viseme_aa")
    played = values_of(bound, signals_of(with_row(bound, "viseme_aa", gain=0.5, exact=True), track, measured))
    assert free[:, at].max() > 0.1
    assert np.allclose(played[:, at], 0.5 * free[:, at])


def test_what_a_map_expects_of_a_control_grows_with_its_share_and_stays_as_it_is():
    half, whole = (geometry_fit._of_controls({"mouthSmileLeft": share}, PATTERN) for share in (0.5, 1.0))
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(half, 0.5 * whole)
    assert geometry_fit._of_controls({"mouthSmileLeft": 1.0}, read_pattern()) is whole
    with pytest.raises(ValueError, match="read-only"):
        whole[0] = 1.0  # whoever asks next gets the same
