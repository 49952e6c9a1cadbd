"""Some seconds of a clip anew: the rest bit for bit, no step at the edges, pinned values met."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from elocute.errors import InputError, SettingsError
from elocute.motion.basis import DEEP3D, ELOCUTE_HEAD_1, FLAME2020, basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.face_parts import PARTS, chosen_parts
from elocute.motion.head1_basis import EXPRESSION_INDEX, HEAD_NAMES
from elocute.motion.pin_notes import pin_notes
from elocute.motion.pins import least_missed, pinned
from elocute.motion.range_notes import range_notes
from elocute.motion.revised import revised
from elocute.motion.revision import Revision, columns_of, rows_of, tracks_of

JAW = EXPRESSION_INDEX["jawForward"]


def clip_of(seed, frames=120, basis="elocute-head-1", expressions=59, fps=25.0, **more):
    rng = np.random.default_rng(seed)
    kernel = np.hanning(21) / np.hanning(21).sum()

    def smooth(width, lowest, highest):
        noise = rng.uniform(-1, 1, (frames + 60, width))
        curves = np.apply_along_axis(lambda c: np.convolve(c, kernel, "same"), 0, noise)[30:-30]
        return (lowest + (highest - lowest) * (0.5 + curves)).clip(lowest, highest).astype(np.float32)

    return MotionClip(
        fps=fps,
        basis=basis,
        expression=smooth(expressions, 0.1, 0.9),
        jaw=smooth(3, 0.0, 0.3) * np.float32([1, 0, 0]),
        head=smooth(3, -0.2, 0.2),
        eyes=smooth(6, -0.3, 0.3),
        meta={"seed": seed, "model": "m"},
        **more,
    )


def content(clip):
    stream = io.BytesIO()
    clip.write(stream)
    return stream.getvalue()


def held_of(clip, ranges=((1.6, 3.2),), parts=(), pins=()):
    return Revision(content(clip), ranges, parts, pins).held(clip.basis, clip.fps)


def seam_steps(rows, free):
    """(3,) the largest step in value, speed and acceleration across the edges of what is free."""
    edges = np.flatnonzero(np.diff(free.astype(int)))
    found = []
    for order in (1, 2, 3):
        steps = np.linalg.norm(np.diff(rows.astype(float), order, axis=0), axis=1)
        found.append(max(steps[max(e - order + 1, 0) : e + 1].max() for e in edges))
    return np.array(found)


def usual_steps(rows):
    return np.array([np.percentile(np.linalg.norm(np.diff(rows, n, axis=0), axis=1), 99) for n in (1, 2, 3)])


@pytest.mark.parametrize("parts", [(), *((part,) for part in PARTS), ("mouth", "jaw"), ("head", "gaze")])
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_what_is_not_chosen_stays_and_what_is_goes_on_without_a_step(parts, seed):
    base, made = clip_of(1), clip_of(seed)
    held = held_of(base, parts=parts)
    new, old, fresh = rows_of(revised(held, made)), rows_of(base), rows_of(made)
    assert np.array_equal(new[~held.free], old[~held.free])
    frames = held.free.any(axis=1)
    assert (np.flatnonzero(frames)[0], np.flatnonzero(frames)[-1]) == (40, 80)
    assert set(held.groups()) == set(parts or PARTS)
    for columns in held.groups().values():
        middle = slice(57, 64)  # far from both edges it is the new motion
        if np.abs(old[:, columns]).any():
            assert not np.array_equal(new[frames][:, columns], old[frames][:, columns])
        limit = np.maximum(usual_steps(old[:, columns]), seam_steps(old[:, columns], frames))
        assert (seam_steps(new[:, columns], frames) <= 1.001 * limit).all()
        cut = old.copy()
        cut[frames] = fresh[frames]
        assert (seam_steps(cut[:, columns], frames) > limit).any()  # new frames put in as they are do not do
        reach = np.ptp(old[:, columns], axis=0) + np.ptp(fresh[:, columns], axis=0)
        assert (np.abs(new[middle][:, columns] - fresh[middle][:, columns]) <= 0.4 * reach).all()


def test_where_nothing_differs_nothing_is_added():
    base = clip_of(1)
    assert np.array_equal(rows_of(revised(held_of(base), base)), rows_of(base))


def test_new_motion_that_was_held_at_the_edges_is_taken_as_it_is():
    base, free = clip_of(1), slice(40, 81)
    bump = np.zeros(120)
    bump[free] = np.sin(np.linspace(0, np.pi, 41)) ** 6 * 0.05
    made = replace(base, head=base.head + bump[:, None].astype(np.float32))
    new = revised(held_of(base, parts=("head",)), made)
    assert np.abs(new.head - made.head).max() < 1e-7


@pytest.mark.parametrize("ranges", [((0.0, 1.0),), ((3.9, 9.0),), ((0.0, 60.0),), ((0.4, 0.8), (2.0, 2.04))])
def test_ranges_at_the_ends_several_and_beyond(ranges):
    base, made = clip_of(1), clip_of(2)
    held = held_of(base, ranges)
    new = rows_of(revised(held, made))
    assert np.array_equal(new[~held.free], rows_of(base)[~held.free])
    assert np.isfinite(new).all()
    if ranges == ((0.0, 60.0),):
        assert np.array_equal(new, rows_of(made))


def test_one_frame_anew_stays_between_its_neighbours():
    base, made = clip_of(1), clip_of(2)
    held = held_of(base, ((2.0, 2.0 + 1e-7),))
    assert held.span == (50, 51)
    new, old = rows_of(revised(held, made)), rows_of(base)
    low, high = np.minimum(old[49], old[51]) - 0.05, np.maximum(old[49], old[51]) + 0.05
    moved = held.free.any(axis=0)
    assert ((new[50] >= low) & (new[50] <= high))[moved].all()


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_pins_are_met_between_frames_too_and_nothing_outside_moves(fps):
    base, made = clip_of(1, fps=fps), clip_of(2, fps=fps)
    pins = (
        ("mouthSmileLeft", 2.0, 0.75),
        ("mouthSmileLeft", 2.02, 0.7),
        ("mouthSmileLeft", 2.5, 0.2),
        ("jaw.0", 1.61, 0.11),
        ("head.1", 2.013, -0.15),
        ("eyes.5", 2.9, 0.2),
    )
    held = held_of(base, pins=pins)
    new = rows_of(revised(held, made))
    assert np.array_equal(new[~held.free], rows_of(base)[~held.free])
    names = [
        *HEAD_NAMES,
        *(f"{t}.{n}" for t, w in (("jaw", 3), ("head", 3), ("neck", 3), ("eyes", 6)) for n in range(w)),
    ]
    for name, seconds, value in pins:
        told = np.interp(seconds * fps, np.arange(120), new[:, names.index(name)].astype(float))
        assert told == pytest.approx(value, abs=1e-4), name
    frames = held.free.any(axis=1)
    for columns in held.groups().values():
        limit = np.maximum(
            usual_steps(rows_of(base)[:, columns]), seam_steps(rows_of(base)[:, columns], frames)
        )
        if "jaw" not in {names[c].split(".")[0] for c in columns}:  # its pin stands on the edge
            assert (seam_steps(new[:, columns], frames) <= 1.5 * limit).all()


def test_pins_elsewhere_or_of_other_parts_change_nothing():
    base, made = clip_of(1), clip_of(2)
    without = revised(held_of(base, parts=("mouth",)), made)
    for pin in (("mouthSmileLeft", 0.4, 0.9), ("browInnerUp", 2.0, 0.9), ("mouthSmileLeft", 99.0, 0.9)):
        pinned = revised(held_of(base, parts=("mouth",), pins=(pin,)), made)
        assert np.array_equal(rows_of(pinned), rows_of(without))


@pytest.mark.parametrize("frame", [7, 14, 28, 55, 57, 110])
@pytest.mark.parametrize("beside", [-20, 20])
def test_a_pin_on_the_first_or_last_frame_of_a_range_is_met_whatever_its_seconds_round_to(frame, beside):
    # 7 / 25 * 25 is more than 7.
    ends = sorted([max(frame + beside, 0) / 25, frame / 25])
    smile = EXPRESSION_INDEX["mouthSmileLeft"]
    held = held_of(clip_of(1, frames=140), (tuple(ends),), pins=(("mouthSmileLeft", frame / 25, 0.42),))
    assert revised(held, clip_of(2, frames=140)).expression[frame, smile] == pytest.approx(0.42, abs=1e-5)


def test_many_pins_in_a_long_clip_take_little_memory():
    pins = [(9.0 * number + 0.5, 0.5) for number in range(2000)]
    tracemalloc.start()
    met = pinned(np.zeros(20_000), pins, 6, True, True)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20e6, "each pin is felt by a few frames, not by all"
    assert np.interp([at for at, _ in pins], np.arange(20_000), met) == pytest.approx(0.5)


@pytest.mark.parametrize("apart", [1.0, 0.25, 1.75])
def test_very_many_pins_beside_each_other_are_met_in_a_moment(apart, monkeypatch):
    """4000 of them took 18 s of the processor."""

    def refused(*_, **__):
        raise AssertionError("nothing so large is solved for")

    monkeypatch.setattr(np.linalg, "lstsq", refused)
    at = 20.0 + np.arange(1500) * apart
    frames = round(at[-1]) + 41
    meant = 0.3 * np.sin(np.arange(frames) * 0.21)
    told = np.full(frames, 0.1)
    met = pinned(told, list(zip(at, np.interp(at, np.arange(frames), meant), strict=True)), 6, True, True)
    assert np.interp(at, np.arange(frames), met) == pytest.approx(
        np.interp(at, np.arange(frames), meant), abs=1e-6
    )
    untouched = np.r_[0:14, frames - 14 : frames]
    assert np.array_equal(met[untouched], told[untouched])
    assert np.abs(np.diff(met)).max() < 0.15


def test_a_dense_run_that_begins_and_ends_with_pins_meets_what_stands_beside_it():
    frames = np.arange(400)
    met = pinned(np.zeros(400), [(float(frame), 1.0) for frame in frames[40:360]], 6, True, True)
    assert met[40:360] == pytest.approx(1.0, abs=1e-6)
    rise = met[33:41]
    assert (np.diff(rise) >= 0).all()
    assert (rise[0], met[359 + 7]) == (0.0, 0.0)
    short = pinned(np.zeros(300), [(float(frame), 1.0) for frame in range(1, 299)], 6, True, True)
    assert short[0] == pytest.approx(0.5), "it rises from the frame before the run"


def test_pins_that_come_to_nothing_are_told():
    base = clip_of(1)
    pins = (
        ("mouthSmileLeft", 2.0, 0.5),
        ("mouthSmileLeft", 2.0, 0.7),
        ("mouthSmileLeft", 3.2, 0.5),
        ("jaw.0", 1.0, 0.1),
        ("mouthSmileLeft", 3.21, 0.5),
        ("browInnerUp", 2.0, 0.5),
        ("head.1", 2.0, 0.5),
        ("mouthSmileLeft", 900.0, 0.5),
    )
    told = pin_notes(held_of(base, parts=("mouth", "jaw"), pins=pins), pins)
    assert len(told) == 3
    assert told[0].endswith("reach there: jaw.0 at 1 s, mouthSmileLeft at 3.21 s, mouthSmileLeft at 900 s.")
    assert told[1].endswith("not made anew: browInnerUp at 2 s, head.1 at 2 s.")
    assert told[2].endswith("is met: mouthSmileLeft at 2 s.")
    new = revised(held_of(base, parts=("mouth", "jaw"), pins=pins), clip_of(2))
    assert new.expression[50, EXPRESSION_INDEX["mouthSmileLeft"]] == pytest.approx(0.6, abs=1e-5)
    assert not pin_notes(held_of(base, pins=pins[:1]), pins[:1])


@pytest.mark.parametrize("dense", [3, 400])
def test_more_pins_than_frames_are_met_as_nearly_as_frames_can_and_told(dense):
    """In each half of a frame, on a curve that lines from frame to frame cannot follow."""
    seconds = 1.68 + np.arange(dense) * 0.5 / 25 * min(1.0, 60 / dense)
    pins = tuple(("mouthSmileLeft", float(t), float(0.5 + 0.4 * np.sin(t * 25))) for t in seconds)
    base, made = clip_of(1), clip_of(2)
    held = held_of(base, pins=pins)
    (note,) = pin_notes(held, pins)
    assert note.startswith("Met as nearly as 25 frames a second can")
    at, values = np.array([(frame, value) for frame, _, value in held.pins]).T
    curve = revised(held, made).expression[:, EXPRESSION_INDEX["mouthSmileLeft"]]
    missed = np.abs(np.interp(at, np.arange(len(curve)), curve) - values)
    assert missed.max() < 1.05 * least_missed(list(zip(at, values, strict=True))).max() + 1e-4
    apart = pins[::2] if dense == 3 else pins[::30]
    assert not pin_notes(held_of(base, pins=apart), apart)


@pytest.mark.parametrize(
    ("basis", "pin", "told"),
    [
        ("elocute-head-1", ("mouthSmileLeft", 2.0, 1.4), "mouthSmileLeft = 1.4 at 2 s (0 to 1)"),
        ("elocute-head-1", ("mouthSmileLeft", 2.0, -0.1), "(0 to 1)"),
        ("elocute-head-1", ("mouthSmileLeft", 2.0, 1.0), ""),
        ("elocute-head-1", ("jaw.0", 2.0, -0.02), "jaw.0 = -0.02 at 2 s (0 to 0.419)"),
        ("elocute-head-1", ("jaw.0", 2.0, 0.3), ""),
        ("elocute-head-1", ("jaw.1", 2.0, 0.5), "jaw.1 = 0.5"),
        ("elocute-head-1", ("head.1", 2.0, -1.6), "head.1 = -1.6 at 2 s (-1.4 to 1.4)"),
        ("elocute-head-1", ("head.1", 2.0, 1.3), ""),
        ("elocute-head-1", ("neck.0", 2.0, 3.0), "neck.0 = 3"),
        ("elocute-head-1", ("eyes.4", 2.0, 1.0), "eyes.4 = 1 "),
        ("elocute-head-1", ("head.1", 9.0, 3.0), ""),
        ("flame2020", ("expression.3", 2.0, 60.0), "expression.3 = 60 at 2 s (-5 to 5)"),
        ("flame2020", ("expression.3", 2.0, -4.0), ""),
        ("flame2020", ("jaw.0", 2.0, 1.0), "jaw.0 = 1 at 2 s (-0.3 to 0.6)"),
    ],
)
def test_a_pin_beyond_what_a_face_does_is_told(basis, pin, told):
    notes = pin_notes(held_of(clip_of(1, basis=basis, expressions=59), pins=(pin,)), (pin,))
    beyond = [note for note in notes if note.startswith("Met as asked, though it is more than a face does: ")]
    assert len(beyond) == bool(told)
    assert told in "".join(beyond)


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        (((1.6, 99.0),), "up to the end of the clip at 4.80 s alone: 1.6 to 99 s."),
        (((0.0, 1.0), (4.0, 4.9)), "4 to 4.9 s."),
        (((1.6, 4.83),), ""),
    ],
)
def test_a_range_that_goes_beyond_the_end_is_told(ranges, told):
    notes = range_notes(clip_of(1), ranges)
    assert len(notes) == bool(told)
    assert told in "".join(notes)


def test_a_pin_beyond_the_bounds_is_met_and_others_stay_within():
    base, made = clip_of(1), clip_of(2)
    new = revised(held_of(base, pins=(("mouthSmileLeft", 2.0, 1.4),)), made)
    column = EXPRESSION_INDEX["mouthSmileLeft"]
    assert new.expression[50, column] == pytest.approx(1.4, abs=1e-5)
    others = np.delete(new.expression, column, axis=1)
    assert (others >= 0).all()
    assert (others <= 1).all()
    assert (new.jaw[:, 0] >= 0).all()


def test_lips_that_touch_stay_as_they_were_made():
    base, made = clip_of(1), clip_of(2)
    contacts = np.zeros(120)
    contacts[49:53] = 1.0
    held = held_of(base, parts=("mouth", "jaw"))
    columns = np.flatnonzero(held.free.any(axis=0))
    told = rows_of(revised(held, made, contacts))[49:53][:, columns]
    assert np.abs(told - rows_of(made)[49:53][:, columns]).max() < 1e-6
    without = rows_of(revised(held, made))[49:53][:, columns]
    assert np.abs(without - rows_of(made)[49:53][:, columns]).max() > 0.01


def test_a_contact_at_the_edge_is_not_cut_through():
    base, made = clip_of(1), clip_of(2)
    contacts = np.zeros(120)
    contacts[38:43] = 1.0
    held = held_of(base, parts=("mouth", "jaw"))
    columns = np.flatnonzero(held.free.any(axis=0))
    told = rows_of(revised(held, made, contacts))
    assert np.array_equal(told[40:43][:, columns], rows_of(base)[40:43][:, columns])


def test_other_widths_of_the_tongue_and_a_clip_without_eyes():
    base, made = clip_of(1, expressions=59), clip_of(2, expressions=43)
    assert revised(held_of(base), made).expression.shape == (120, 59)
    base, made = clip_of(1, expressions=43), clip_of(2)
    assert revised(held_of(base), made).expression.shape == (120, 43)
    blind = replace(clip_of(1), eyes=None)
    new = revised(held_of(blind, parts=("gaze",)), clip_of(2))
    assert not new.eyes[:40].any()
    assert new.eyes[60].any()
    assert revised(held_of(blind, parts=("mouth",)), clip_of(2)).eyes is None
    assert set(tracks_of(rows_of(blind), blind)) == {"expression", "jaw", "head"}


def test_rows_hold_every_number_once():
    clip = clip_of(1)
    rows = rows_of(clip)
    assert rows.shape == (120, 59 + 15)
    assert np.array_equal(rows[:, columns_of("head", 59)], clip.head)
    assert np.array_equal(rows[:, columns_of("eyes", 59)], clip.eyes)
    with pytest.raises(ValueError, match="no track"):
        columns_of("nose", 59)


def test_every_number_belongs_to_one_part():
    seen = []
    for part in PARTS:
        chosen = chosen_parts(ELOCUTE_HEAD_1, 59, (part,))
        seen += chosen.expressions
        assert (chosen.jaw, chosen.head, chosen.eyes) == (part == "jaw", part == "head", part == "gaze")
    assert sorted(seen) == list(range(59))
    assert chosen_parts(ELOCUTE_HEAD_1, 59, ()) == chosen_parts(ELOCUTE_HEAD_1, 59, PARTS)
    names = {HEAD_NAMES[c] for c in chosen_parts(ELOCUTE_HEAD_1, 59, ("jaw",)).expressions}
    assert names == {"jawForward", "jawLeft", "jawRight", "mouthClose"}


def test_bases_that_do_not_tell_parts_apart():
    assert chosen_parts(FLAME2020, 50, ("mouth", "brows", "lids")).expressions == tuple(range(50))
    assert chosen_parts(FLAME2020, 50, ("head", "jaw")).expressions == ()
    assert len(chosen_parts(DEEP3D, 64, ("mouth",)).expressions) == 13
    for basis, parts in ((FLAME2020, ("mouth",)), (FLAME2020, ("mouth", "lids")), (DEEP3D, ("brows",))):
        with pytest.raises(SettingsError, match="move together"):
            chosen_parts(basis, 50, parts)
    with pytest.raises(SettingsError, match="no part of the face named 'nose'"):
        chosen_parts(FLAME2020, 50, ("nose",))


def test_a_flame_clip():
    base, made = clip_of(1, basis="flame2020", expressions=50), clip_of(2, basis="flame2020", expressions=50)
    held = held_of(base, parts=("mouth", "brows", "lids"), pins=(("expression.3", 2.0, 1.7),))
    new = revised(held, made)
    assert new.expression[50, 3] == pytest.approx(1.7, abs=1e-5)
    assert np.array_equal(new.head, base.head)
    assert not np.array_equal(new.expression[60], base.expression[60])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ranges": ()}, "1 to 200 ranges"),
        ({"ranges": ((2.0, 1.0),)}, "is no range"),
        ({"ranges": ((2.0, 2.0),)}, "is no range"),
        ({"ranges": ((-1.0, 2.0),)}, "is no range"),
        ({"ranges": ((float("nan"), 2.0),)}, "is no range"),
        ({"ranges": ((1.0, float("inf")),)}, "is no range"),
        ({"ranges": ((1.0, 1e308),)}, "is no range"),
        ({"ranges": ((1e307, 1e308),)}, "is no range"),
        ({"ranges": ((0.0, 0.1),) * 201}, "1 to 200 ranges"),
        ({"parts": ("nose",)}, "no part of the face"),
        ({"pins": (("nose", 1.0, 0.5),)}, "no number named"),
        ({"pins": (("jaw.3", 1.0, 0.5),)}, "no number named"),
        ({"pins": (("expression.3", 1.0, 0.5),)}, "no number named"),
        ({"pins": (("jaw.0", -1.0, 0.5),)}, "cannot be met"),
        ({"pins": (("jaw.0", 1.0, float("nan")),)}, "cannot be met"),
        ({"pins": (("jaw.0", 1e308, 0.5),)}, "cannot be met"),
        ({"pins": (("jaw.0", 1.0, -1e300),)}, "cannot be met"),
        ({"pins": (("jaw.0", 1.0, 99.0),)}, "cannot be met"),
        ({"pins": (("mouthSmileLeft", 1.0, 1e9),)}, "cannot be met"),
        ({"pins": (("jaw.0", 1.0, 0.5),) * 4001}, "too many"),
    ],
)
def test_what_makes_no_sense_is_refused(change, message):
    revision = replace(Revision(b"", ((1.0, 2.0),)), **change)
    with pytest.raises(SettingsError, match=message):
        revision.check(basis_of("elocute-head-1"))


def test_clips_that_cannot_be_changed():
    base = clip_of(1)
    with pytest.raises(SettingsError, match=r"ends at 4\.80 s"):
        held_of(base, ((4.9, 6.0),))
    with pytest.raises(SettingsError, match="No frame"):
        held_of(base, ((1.001, 1.002),))
    with pytest.raises(InputError, match="basis elocute-head-1"):
        Revision(content(base), ((1.0, 2.0),)).held("flame2020", 25.0)
    with pytest.raises(InputError, match="25 frames a second"):
        Revision(content(base), ((1.0, 2.0),)).held("elocute-head-1", 30.0)
    with pytest.raises(InputError, match="clip"):
        Revision(b"no clip", ((1.0, 2.0),)).held("elocute-head-1", 25.0)
    with pytest.raises(InputError, match="larger than 64 MB"):
        Revision(b"x" * (64 * 2**20 + 1), ((1.0, 2.0),)).held("elocute-head-1", 25.0)
    with pytest.raises(InputError, match="120 frames, but this recording gives 119"):
        revised(held_of(base), clip_of(2, frames=119))
