"""Fewer keys that keep the face where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from addon.core.channel import ChannelCurve, location, rotation, shape_key
from addon.core.clip.contacts import ContactProbe
from addon.core.clip.face_model import read_face_model
from addon.core.clip.key_spacing import KeySpacing
from addon.core.clip.thin import SHUT_ERROR, SHUT_MILLIMETRES, spaced
from addon.core.retarget.controls.points import LIPS, FacePoints
from addon.core.retarget.face_measures import MOUTH_WIDTH, HeadMeasure
from addon.core.rig_layout import ChannelMix, JointRotation, RigLayout

FRAMES = 400
HEAD = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def face():
    return read_face_model(HEAD)


@pytest.fixture(scope="module")
def layout(face):
    names = tuple(face.expression_names)
    mixes = tuple(ChannelMix(shape_key("keys", name), {name: 1.0}) for name in names)
    turned = tuple(
        JointRotation(joint, "QUATERNION", rotation("head", "QUATERNION", joint), np.eye(3))
        for joint in ("neck", "jaw", "left_eye")
    )
    return RigLayout(face.basis, names, "neck", mixes, turned)


@pytest.fixture(scope="module")
def measure(face, layout):
    return HeadMeasure.of(layout, FacePoints.of_face(face))


def smooth(rng, size=0.3, width=25):
    steps = np.convolve(rng.standard_normal(FRAMES), np.hanning(width), "same")
    return size * steps / np.abs(steps).max()


@pytest.fixture(scope="module")
def curves(layout):
    rng = np.random.default_rng(2)
    frames = 10.0 + np.arange(FRAMES)
    speaks = np.clip(np.abs(smooth(rng, 3.0)) - 0.5, 0.0, 1.0)  # the face rests between words
    made = [ChannelCurve(m.channel, frames, speaks * smooth(rng)) for m in layout.mixes]
    for turned in layout.rotations:
        numbers = np.column_stack([np.ones(FRAMES), *(speaks * smooth(rng, 0.05) for _ in range(3))])
        numbers /= np.linalg.norm(numbers, axis=1, keepdims=True)
        made += [ChannelCurve(c, frames, numbers[:, i]) for i, c in enumerate(turned.channels)]
    return made


def played(curve, frames):
    """(N,) what Blender shows: a cubic between two keys, or a straight line."""
    if curve.slopes is None:
        return np.interp(frames, curve.frames, curve.values)
    k = np.clip(np.searchsorted(curve.frames, frames, side="right") - 1, 0, len(curve.frames) - 2)
    h = curve.frames[k + 1] - curve.frames[k]
    u = (frames - curve.frames[k]) / h
    p0, p3 = curve.values[k], curve.values[k + 1]
    p1, p2 = p0 + curve.slopes[k] * h / 3, p3 - curve.slopes[k + 1] * h / 3
    return p0 * (1 - u) ** 3 + 3 * p1 * u * (1 - u) ** 2 + 3 * p2 * u * u * (1 - u) + p3 * u**3


def columns(curves):
    frames = 10.0 + np.arange(FRAMES)
    return {curve.channel.key: played(curve, frames) for curve in curves}


def lips_off(measure, one, other):
    apart = measure.points(columns(one)) - measure.points(columns(other))
    return np.linalg.norm(apart, axis=-1)[:, : measure.lips].max(axis=1)


def test_the_measure_is_the_mesh(face, layout, measure, curves):
    """Against the skinned points that lip contacts are measured with, in millimetres of a mouth of 50."""
    shown = columns(curves)
    count = len(layout.expressions)
    expression = np.stack([shown[m.channel.key] for m in layout.mixes[:count]], axis=1)
    numbers = np.stack([shown[c.key] for c in layout.rotations[1].channels], axis=1)
    angle = 2 * np.arccos(np.clip(numbers[:, :1], -1, 1))
    jaw = numbers[:, 1:] * np.where(angle > 0, angle / np.sin(np.maximum(angle, 1e-9) / 2), 2.0)
    points = FacePoints.of_face(face)
    posed = points.posed(expression, jaw)
    rest = points.posed(np.zeros((1, count)), np.zeros((1, 3)))[0]
    corners = (48, 54)
    order = [*range(6, 11), *range(17, 27), *range(36, 48), *range(48, 68)]
    width = np.linalg.norm(rest[order.index(corners[0])] - rest[order.index(corners[1])])
    found = measure.points(shown)
    np.testing.assert_allclose(
        found[:, : len(LIPS)], posed[:, [order.index(mark) for mark in LIPS]] * MOUTH_WIDTH / width, atol=1e-3
    )
    assert measure.gaps(measure.points({})) == pytest.approx(0.0)
    assert ContactProbe.from_face(face).lip_points == 6


@pytest.mark.parametrize("millimetres", [0.1, 0.3, 1.0])
def test_the_lips_stay_within_the_error(layout, measure, curves, millimetres):
    thinned = spaced(curves, layout, KeySpacing("THIN", 2, millimetres), measure, [])
    off = lips_off(measure, curves, thinned.curves)
    assert off.max() <= millimetres + 1e-6
    assert off.max() == pytest.approx(thinned.lips_off, abs=1e-6)
    assert off.max() > 0.3 * millimetres  # the allowance is used
    assert thinned.keys == sum(len(c.frames) for c in thinned.curves) < 0.5 * FRAMES * len(curves)


def test_more_error_costs_fewer_keys_and_every_nth_of_as_many_is_far_worse(layout, measure, curves):
    counts = [
        spaced(curves, layout, KeySpacing("THIN", 2, error), measure, []).keys for error in (0.1, 0.3, 1.0)
    ]
    assert counts[0] > counts[1] > counts[2]
    step = 2
    while (plain := spaced(curves, layout, KeySpacing("NTH", step), measure, [], smooth=False)).keys > counts[
        2
    ]:
        step += 1
    assert plain.lips_off > 3.0 * 1.0
    assert lips_off(measure, curves, plain.curves).max() == pytest.approx(plain.lips_off, abs=1e-6)


def test_contacts_stay_exactly_as_they_are(layout, measure, curves):
    shown = columns(curves)
    gaps = measure.gaps(measure.points(shown))
    contacts = (10 + np.argsort(gaps)[:12]).tolist()
    thinned = spaced(curves, layout, KeySpacing("THIN", 2, 3.0), measure, contacts)
    off = lips_off(measure, curves, thinned.curves)
    assert off[np.array(contacts) - 10].max() < 1e-6
    assert off.max() > 0.5


def test_shut_lips_stay_shut_where_much_error_is_allowed(layout, measure, curves):
    shown = columns(curves)
    shut = np.abs(measure.gaps(measure.points(shown))) < SHUT_MILLIMETRES
    assert 3 < shut.sum() < FRAMES - 100
    thinned = spaced(curves, layout, KeySpacing("THIN", 2, 5.0), measure, [])
    assert lips_off(measure, curves, thinned.curves)[shut].max() <= SHUT_ERROR + 1e-6


def test_what_moves_no_lips_needs_no_keys_where_they_touch(layout, measure, curves):
    contacts = list(range(20, 400, 9))
    thinned = spaced(curves, layout, KeySpacing("THIN", 2, 3.0), measure, contacts)
    neck = next(c for c in thinned.curves if c.channel.bone == "neck")
    assert len(neck.frames) < len(contacts)


def test_a_rig_that_is_not_measured_is_thinned_by_its_channels(layout, curves):
    contacts = [40, 41, 199]
    thinned = spaced(curves, layout, KeySpacing("THIN", 2, 0.3), None, contacts)
    frames = 10.0 + np.arange(FRAMES)
    assert thinned.lips_off is None
    for before, now in zip(curves, thinned.curves, strict=True):
        off = np.abs(played(now, frames) - before.values)
        if before.channel.kind.name == "SHAPE_KEY":
            assert off.max() <= 0.03
        assert set(map(float, contacts)) <= set(now.frames.tolist())
        assert off[[30, 31, 189]].max() < 1e-12


def test_locations_are_thinned_by_their_own_range(layout):
    rng = np.random.default_rng(1)
    frames = 10.0 + np.arange(FRAMES)
    small = ChannelCurve(location("rig", 0, "lip"), frames, 1e-3 * smooth(rng))
    large = replace(small, channel=location("rig", 1, "lip"), values=1e3 * small.values)
    plain = RigLayout(None, (), "head", tuple(ChannelMix(c.channel, {"x": 1.0}) for c in (small, large)))
    one, other = spaced([small, large], plain, KeySpacing("THIN"), None, []).curves
    np.testing.assert_array_equal(one.frames, other.frames)
    off = np.abs(played(one, frames) - small.values)
    assert 0 < off.max() <= 0.03 * np.ptp(small.values)


def test_the_numbers_of_a_rotation_have_the_same_keys(layout, measure, curves):
    thinned = spaced(curves, layout, KeySpacing("THIN"), measure, [50]).curves
    for bone in ("neck", "jaw", "left_eye"):
        one, *others = (c for c in thinned if c.channel.bone == bone)
        assert len(others) == 3
        assert 2 < len(one.frames) < FRAMES
        for other in others:
            np.testing.assert_array_equal(one.frames, other.frames)


def test_channels_that_move_alike_have_the_same_keys(layout, measure, curves):
    twin = replace(curves[0], channel=shape_key("teeth", "other mesh"))
    wide = replace(layout, mixes=(*layout.mixes, ChannelMix(twin.channel, {layout.expressions[0]: 1.0})))
    thinned = spaced([*curves, twin], wide, KeySpacing("THIN"), measure, []).curves
    np.testing.assert_array_equal(thinned[0].frames, thinned[-1].frames)
    np.testing.assert_array_equal(thinned[0].slopes, thinned[-1].slopes)


@pytest.mark.parametrize("frames", ["NTH", "THIN"])
def test_still_and_stepped_channels(layout, frames):
    numbers = 10.0 + np.arange(FRAMES)
    still = ChannelCurve(shape_key("keys", "still"), numbers[[0, -1]], np.array([0.2, 0.2]))
    stepped = replace(shape_key("keys", "picture"), stepped=True)
    jumps = np.repeat([0.0, 1.0, 0.0, 1.0], 100)
    plain = RigLayout(None, (), "head", tuple(ChannelMix(c, {"x": 1.0}) for c in (still.channel, stepped)))
    one, other = spaced(
        [still, ChannelCurve(stepped, numbers, jumps)], plain, KeySpacing(frames), None, []
    ).curves
    np.testing.assert_array_equal(one.frames, [10, 409])
    assert other.slopes is None
    np.testing.assert_array_equal(other.frames, [10, 110, 210, 310, 409])
    np.testing.assert_array_equal(other.values, [0, 1, 0, 1, 1])


@pytest.mark.parametrize("smooth_curves", [False, True])
def test_every_nth_frame_and_the_contacts(layout, measure, curves, smooth_curves):
    thinned = spaced(curves, layout, KeySpacing("NTH", 4), measure, [13, 28, 5, 900], smooth_curves)
    for now in thinned.curves:
        np.testing.assert_array_equal(now.frames, sorted({*range(10, 410, 4), 409, 13, 28}))
        assert (now.slopes is not None) == smooth_curves
    assert lips_off(measure, curves, thinned.curves).max() == pytest.approx(thinned.lips_off, abs=1e-6)


def test_curves_between_every_nth_key_are_nearer_than_lines(layout, measure, curves):
    lines, bows = (
        spaced(curves, layout, KeySpacing("NTH", 4), measure, [], bowed).lips_off for bowed in (False, True)
    )
    assert bows < 0.7 * lines


def test_every_frame_and_two_frames_stay_as_they_are(layout, measure, curves):
    assert spaced(curves, layout, KeySpacing(), measure, []).curves == curves
    short = [ChannelCurve(c.channel, c.frames[:2], c.values[:2]) for c in curves]
    assert spaced(short, layout, KeySpacing("THIN"), measure, []).curves == short


@pytest.mark.parametrize(("step", "millimetres"), [(0, 0.3), (2, 0.0), (2, -1.0), (2, float("nan"))])
def test_numbers_that_are_no_spacing(step, millimetres):
    with pytest.raises(ValueError, match="above 0"):
        KeySpacing("THIN", step, millimetres)
