"""A recording of a face, in any format that is read, as a clip of ``elocute-head-1``."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.exact import expressions_of_track, track_of_values
from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import JAW_OPEN_RADIANS
from elocute.errors import InputError, counted, listed, unreadable_file
from elocute.exchange.formats import import_formats
from elocute.exchange.import_format import Capture, Document
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.clip import HIGHEST_FPS, LOWEST_FPS, MotionClip
from elocute.motion.clip_meta import imported_meta
from elocute.motion.official import load_motion
from elocute.storage.file_kind import START, recognised
from elocute.storage.guard import guarded

Float64Array = NDArray[np.float64]

LARGEST: Final = 2**28
"""Bytes of a file."""
MOST_FRAMES: Final = 432_000
"""Two hours at 60 frames a second."""
_DEFAULT_FPS: Final = 60.0
_JITTER: Final = 0.1
"""Share of a frame by which times may miss the even grid and still be taken as they are."""
_NOTED: Final = 0.02
"""How far beyond the range of a control a value must be to be worth a note."""
_SHOWN: Final = 5
"""Names in a note."""
_FARTHEST_TURN: Final = 100.0
"""Degrees; a device that lies on its side turns every head by 90."""
_SHARE_OUT_OF_ORDER: Final = 0.05
_FEW_OUT_OF_ORDER: Final = 2
_PARTS: Final = (4, 3, 2)
_SHARE_OF_STEPS: Final = 0.1
"""Of all distances between frames: as many as this are no accident."""
_SHARE_OF_WHOLE_STEPS: Final = 0.75
"""Of all distances: as many are whole numbers of a step, if it is one."""
_ARCHIVES: Final = (b"PK", b"\x93NUMPY")
_START: Final = 64
"""Bytes that tell a motion file from a capture."""
_CODE: Final = "bad_capture"


def read_capture(
    source: Path | bytes, fps: float | None = None, timecode_rate: int | None = None
) -> tuple[MotionClip, tuple[str, ...]]:
    """Read a capture; its format is recognised by what it holds.

    Args:
        source: the file, or its content.
        fps: frames a second of the clip; None for those of the capture.
        timecode_rate: frames a second that its timecodes count, where they do not tell.

    Returns:
        The clip, and sentences for the user.

    Raises:
        InputError: it cannot be read, is of no known format, or is damaged.
    """
    document = Document(source if isinstance(source, bytes) else _content(source), timecode_rate)
    named = "The file" if isinstance(source, bytes) else source
    if not document.data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"{named} is empty.", "Record or export it again.", code=_CODE)

    def damaged(reason: str) -> InputError:
        return InputError(f"{named} cannot be read: {reason}.", "Record or export it again.", code=_CODE)

    with guarded(damaged):
        formats = import_formats()
        reader = next((one for one in formats if one.recognises(document)), None)
        if reader is None and document.data.startswith(_ARCHIVES):
            raise _no_capture(named, document.data)
        if reader is None:
            known = ", ".join(one.title for one in formats)
            kind = recognised(document.data[:START])
            what = f"{named} is {kind.words}, and" if kind is not None else f"{named} is"
            raise InputError(f"{what} no capture that Elocute knows.", f"Give {known}.", code=_CODE)
        capture = reader.read(document)
        track, filled, order = _even(capture, fps)
        clip, more = clip_of_track(track, "" if isinstance(source, bytes) else source.name)
    notes = capture.notes
    if order.moved:
        notes += (f"{counted(order.moved, 'frame')} out of order, put in place by their times.",)
    if order.left_out:
        early = counted(order.left_out, "frame")
        notes += (f"{early} left out whose time is not later than that of a frame before.",)
    if filled > capture.left_out:  # the notes of the capture tell of those
        dropped = filled - capture.left_out
        notes += (
            f"{counted(dropped, 'dropped frame')} {'was' if dropped == 1 else 'were'} filled by their times.",
        )
    if capture.start is not None and (lost := float(order.times[0]) - capture.start) * track.fps > _JITTER:
        notes += (f"The clip begins {lost:.2f} s into the take.",)
    notes = (*notes, *more, *_notes_on_turns(track))
    # Kept with the clip: whoever puts it beside the take's sound may come later.
    return (replace(clip, meta={**clip.meta, "notes": list(notes)}) if notes else clip), notes


def load_motion_or_capture(
    path: Path, fps: float | None = None, timecode_rate: int | None = None
) -> tuple[MotionClip, tuple[str, ...]]:
    """Read a motion file of either kind, or a capture, with the notes about it.

    Args:
        path: the file.
        fps: rate of a capture or an official motion file; None for their own.
        timecode_rate: as for :func:`read_capture`.

    Raises:
        InputError: as :func:`read_capture` and ``load_motion``.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_START)
    except OSError:
        start = _ARCHIVES[0]  # load_motion says why it cannot be read
    if not start.strip() or start.startswith(_ARCHIVES) or path.suffix.lower() == ".npz":
        return (load_motion(path) if fps is None else load_motion(path, fps)), ()
    return read_capture(path, fps, timecode_rate)


def motion_of_bytes(data: bytes, fps: float) -> MotionClip:
    """The content of a clip's file as it is, or that of a capture at ``fps``.

    Raises:
        InputError: it is neither, or damaged.
    """
    if not data.strip() or data.startswith(_ARCHIVES):
        return MotionClip.load(data)
    return read_capture(data, fps)[0]


def _no_capture(named: Path | str, data: bytes) -> InputError:
    """The error for an archive of numbers, which may be what a capture is to become."""
    try:
        clip = MotionClip.load(data)
    except InputError:
        return InputError(
            f"{named} is an archive of numbers, and no recording that another program made.",
            "Clips and official motion files are used as they are; elocute fit makes one of landmarks.",
            code=_CODE,
        )
    return InputError(
        f"{named} is a clip already ({counted(clip.frames, 'frame')} in the basis {clip.basis}).",
        "It needs no import: use it as it is, or write it for other programs with elocute export.",
        code="is_clip",
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise unreadable_file(path, error) from error
    if len(data) > LARGEST:
        raise InputError(f"{path} is larger than a capture can be.", code=_CODE)
    return data


@dataclass(frozen=True)
class _Order:
    """Frames by their times.

    Attributes:
        times: (N,) rising, seconds.
        rows: (N,) int64, which of the capture's frames they are.
        moved: how many stood at another place.
        left_out: how many are not here.
    """

    times: Float64Array
    rows: NDArray[np.int64]
    moved: int
    left_out: int


def _even(capture: Capture, wanted: float | None) -> tuple[ControlTrack, int, _Order]:
    """The capture at an even rate, how many of its own frames are missing, and their order."""
    order = _in_order(capture.times)
    times = order.times
    own = capture.fps or _rate(times)
    fps = wanted or own
    if not LOWEST_FPS <= min(fps, own) <= max(fps, own) <= HIGHEST_FPS:
        raise ValueError(f"its rate of {own:g} frames a second is none of a face")
    length = times[-1] - times[0]
    count = round(length * fps) + 1 if length * fps < MOST_FRAMES else MOST_FRAMES + 1
    if count > MOST_FRAMES:
        raise ValueError(f"it is {length / 3600:.1f} hours long")
    grid = times[0] + np.arange(count) / fps
    as_it_is = count == len(times) and np.abs(times - grid).max() < _JITTER / fps

    def even(array: Float64Array | None) -> Float64Array | None:
        if array is None:
            return None
        rows = array[order.rows]
        return rows if as_it_is else np.column_stack([np.interp(grid, times, column) for column in rows.T])

    values = even(capture.values)
    if values is None:
        raise AssertionError("a capture has values")
    missing = np.round(np.diff(times) * own).astype(np.int64) - 1
    track = track_of_values(fps, values, even(capture.head), even(capture.eyes))
    return track, int(missing.clip(0).sum()), order


def _in_order(times: Float64Array) -> _Order:
    """The frames in the order of their times, each later than the one before.

    A few that stand at another place are put in theirs. Where there are many, a clock was set or two takes
    were joined: then those stay that are later than all before them.
    """
    rows = np.arange(len(times))
    moved = _out_of_order(times)
    if moved > max(_SHARE_OUT_OF_ORDER * len(times), _FEW_OUT_OF_ORDER):
        moved = 0
    elif moved:
        rows = np.argsort(times, kind="stable")
    ordered = times[rows]
    latest = np.maximum.accumulate(ordered)
    kept = np.concatenate([[True], ordered[1:] > latest[:-1]])
    if kept.sum() * 2 < len(times):
        raise ValueError("the times of its frames do not advance")
    return _Order(ordered[kept], rows[kept], moved, int((~kept).sum()))


def _out_of_order(times: Float64Array) -> int:
    """The fewest frames without which none is earlier than the one before."""
    if (np.diff(times) >= 0).all():
        return 0
    ends: list[float] = []  # of the longest rising runs of each length, the smallest last times
    for time in times.tolist():
        place = bisect_right(ends, time)
        ends[place : place + 1] = [time]
    return len(times) - len(ends)


def _rate(times: Float64Array) -> float:
    """Frames a second from the usual distance of two frames: a whole number where it is nearly one."""
    if len(times) < 2:
        return _DEFAULT_FPS
    steps = np.diff(times)
    step = float(np.median(steps))
    for part in _PARTS:  # where more frames were dropped than not, the usual distance is that of several
        if _is_of_several(steps / step, part):
            step /= part
            break
    rate = 1.0 / step
    return float(round(rate)) if abs(rate - round(rate)) < 0.01 * rate and rate >= 1 else rate


def _is_of_several(steps: Float64Array, part: int) -> bool:
    """Whether the usual distance of two frames is that of several, of which the others were dropped.

    Args:
        steps: all distances, where the usual one is 1.
        part: how many.
    """
    fine = steps * part
    short = np.abs(fine - 1.0) < _JITTER
    if short.mean() < _SHARE_OF_STEPS:
        return False
    whole = np.abs(fine - np.round(fine)) < 2 * _JITTER
    if whole.mean() < _SHARE_OF_WHOLE_STEPS:
        return False
    # A clock too coarse for the frames makes steps too short, and others as much too long.
    usual = np.abs(steps - 1.0) < _JITTER
    lost, gained = (1.0 - steps[steps < 1.0]).sum(), (steps[steps > 1.0] - 1.0).sum()
    made_up = lost / 2 < gained < 2 * lost
    return not (made_up and short.sum() < usual.sum())


def _notes_on_turns(track: ControlTrack) -> tuple[str, ...]:
    """A sentence where the head turns farther than a neck does; ``track.head`` is (T, 3) axis-angle."""
    angles = np.linalg.norm(track.head, axis=1)
    degrees = np.degrees(np.abs((angles + np.pi) % (2 * np.pi) - np.pi))
    beyond = int((degrees > _FARTHEST_TURN).sum())
    if not beyond:
        return ()
    return (
        f"In {counted(beyond, 'frame')} the head is turned by more than a neck can, up to "
        f"{degrees.max():.0f} degrees: the file's angles may be in another unit than those of its format.",
    )


def clip_of_track(track: ControlTrack, name: str) -> tuple[MotionClip, tuple[str, ...]]:
    """A track as a clip of ``elocute-head-1``, and a sentence where values were beyond its range."""
    basis = ELOCUTE_HEAD_1
    given = expressions_of_track(track, basis.expressions)
    if not given[:, basis.tongue].any():  # most recordings know nothing of the tongue but tongueOut
        given = given[:, : min(basis.widths)]
    bounded = np.clip(given, basis.lowest, basis.highest)
    jaw = track.jaw.clip(0.0, basis.jaw_open)
    tracks = {"jaw": jaw, "head": track.head, "eyes": track.eyes}
    single = {key: value.astype(np.float32) for key, value in tracks.items()}
    clip = MotionClip(track.fps, basis.name, bounded.astype(np.float32), **single, meta=imported_meta(name))
    names = ("jawOpen", *basis.expressions)
    values = np.column_stack([track.jaw[:, 0] / JAW_OPEN_RADIANS, given])
    over = [np.abs(values[:, at] - values[:, at].clip(0.0, 1.0)) for at in range(values.shape[1])]
    told = [
        f"{(far > _NOTED).sum()} of {names[at]} ({_farthest(values[:, at]):.3g} at most)"
        for at, far in enumerate(over)
        if far.max() > _NOTED
    ]
    if not told:
        return clip, ()
    return clip, (f"Values outside 0 to 1 were brought into that range: {listed(told, _SHOWN)}.",)


def _farthest(values: Float64Array) -> float:
    """The one that lies farthest outside 0 to 1."""
    return float(values[np.abs(values - 0.5).argmax()])
