"""Clips of any length from models that make windows of fixed length.

:class:`WindowLayout` says where the windows lie (models that need none: :mod:`elocute.diffusion.stretches`).
Three plans sample them, with a model that the family
supplies:

* :func:`sample_in_sequence`: windows side by side, each given the frames before it (DiffPoseTalk; THMM with
  a long context);
* :func:`sample_recursively`: each window begins with the last frames of the one before (Dimitra: one frame;
  half a window where they are held; THMM with a memory of the frames before those);
* :func:`sample_together`: overlapping windows as one batch that agree step by step (EDGE,
  Tseng et al. 2023).

K takes, W windows, L frames a window, T frames of the clip, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from elocute.arrays import Array, Same, copied, joined, like, zeros
from elocute.diffusion.constraints import HeldWindow, Known, nothing_held, stacked
from elocute.diffusion.loop import Adjust, Draw, Holding, Observe, Predict, denoise, sample_window
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.errors import SettingsError

_LONGEST_EDGE: Final = 16
_LONGEST_TAIL: Final = 4


@dataclass(frozen=True)
class Window:
    """Where one window lies.

    Attributes:
        index: number of the window.
        first: frame of the clip at which it begins.
        fresh: how many of its first frames an earlier window has too.
        end: how many of its frames belong to the clip; those after it are sampled and dropped.
        kept: how many of its frames are kept where windows follow each other: fewer where its last ones are
            made again by the next window.
    """

    index: int
    first: int
    fresh: int
    end: int
    kept: int


@dataclass(frozen=True)
class WindowLayout:
    """Windows of ``length`` frames that cover ``frames`` frames.

    Attributes:
        frames: of the clip.
        length: of a window.
        overlap: frames that a window shares with the one before.
        tail: frames at the end of each window that are dropped: there a network lacks what lies behind them.

    Raises:
        SettingsError: less than one frame, or an overlap and a tail that leave nothing new.
    """

    frames: int
    length: int
    overlap: int = 0
    tail: int = 0

    def __post_init__(self) -> None:
        if self.frames < 1 or self.length < 1:
            raise SettingsError("A clip and its windows need at least one frame.")
        if not 0 <= self.overlap < self.length:
            raise SettingsError(
                f"Windows of {self.length} frames cannot overlap by {self.overlap}.",
                f"Give 0 to {self.length - 1} frames.",
            )
        if not 0 <= self.tail < self.length - self.overlap:
            raise SettingsError(
                f"Windows of {self.length} frames that overlap by {self.overlap} cannot lose {self.tail}.",
                f"Give 0 to {self.length - self.overlap - 1} frames.",
            )

    @property
    def stride(self) -> int:
        """Frames from the beginning of a window to that of the next."""
        return self.length - self.overlap - self.tail

    @property
    def count(self) -> int:
        """Number of windows W, at least 1."""
        return max(-(-(self.frames - self.overlap) // self.stride), 1)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows in order."""
        return tuple(
            Window(
                index,
                index * self.stride,
                self.overlap if index else 0,
                min(self.length, self.frames - index * self.stride),
                min(self.length - self.tail, self.frames - index * self.stride),
            )
            for index in range(self.count)
        )


def edge_of(length: int) -> int:
    """Frames over which a window of so many comes back from the frames that it is held at to its own.

    A quarter of the window, at most 0.64 s at 25 frames a second. In 6 frames, a model that was trained for
    minutes comes back twice as fast as it moves elsewhere.
    """
    return min(_LONGEST_EDGE, max(length // 4, 1))


def usual_tail(length: int) -> int:
    """Frames at the end of a window of so many that the next makes again, unless a model says otherwise.

    4, and of windows under 16 frames a quarter, which is the most that a model may say.
    """
    return min(_LONGEST_TAIL, length // 4)


@dataclass(frozen=True)
class WindowModel:
    """The model of one window.

    Attributes:
        predict: guided prediction for (K, L, D).
        origin: (K, 1, D) what is added to the window's numbers to get the clip's, for models whose numbers
            are relative to a frame of the window; None for 0.
        shift: (K, L, D) what is added to the window once it is made, 0 where it is held; None for 0.
    """

    predict: Predict
    origin: Array | None = None
    shift: Array | None = None


Agreement = Literal["hand_over", "blend"]
MakeWindowModel = Callable[[Window, Array | None], WindowModel]
"""(window, frames (K, ., D) that the plan gives it, or None) -> its model."""
OnWindow = Callable[[int, Array], None]
"""Takes (index of the first frame in the clip, (K, frames, D)), in order and without gaps."""


@dataclass(frozen=True)
class ClipSampling:
    """How every window of a clip is sampled.

    Attributes:
        sampler: decides the steps.
        noise: source of the steps' noise.
        on_step: called before each step with (window, steps done, steps in all); raises to stop.
        known: numbers of the clip that are held; it must have the clip's length.
        observe: given a window's index, returns what watches its steps.
        on_window: given frames as soon as they are final.
    """

    sampler: Sampler
    noise: NoiseSource
    on_step: Callable[[int, int, int], None]
    known: Known | None = None
    observe: Callable[[int], Observe] | None = None
    on_window: OnWindow | None = None

    def check(self, clip_frames: int, start: Array) -> None:
        """Refuse held values that are not of this clip.

        Raises:
            SettingsError: they are of other frames, numbers or takes.
        """
        if self.known is None:
            return
        takes, width = len(start), start.shape[-1]
        *held_takes, frames, numbers = self.known.values.shape
        if (frames, numbers) != (clip_frames, width) or held_takes not in ([], [1], [takes]):
            raise SettingsError(
                f"The held values have the shape {tuple(self.known.values.shape)}; "
                f"this clip needs {(takes, clip_frames, width)}, or {(clip_frames, width)} for all takes."
            )

    def hand_over(self, first: int, motion: Array) -> None:
        """Give final frames to ``on_window``."""
        if self.on_window is not None:
            self.on_window(first, motion)


def sample_in_sequence(
    layout: WindowLayout,
    model: MakeWindowModel,
    start: Same,
    sampling: ClipSampling,
    *,
    context: int,
    before: Array | None = None,
) -> Same:
    """Sample windows side by side; each model is given the last ``context`` frames before its window.

    Args:
        layout: without overlap.
        model: makes the model of a window.
        start: (K, W L, D) x_T of all windows.
        sampling: how each is sampled.
        context: number of frames given.
        before: (K, context, D) given to the first window, in the clip's numbers; None gives it None.

    Returns:
        (K, T, D).

    Raises:
        SettingsError: windows that overlap, or a context longer than a window without ``before``.
    """
    if layout.overlap:
        raise SettingsError("Windows that are sampled in sequence do not overlap.")
    if before is None and context > layout.length:
        raise SettingsError(f"A context of {context} frames needs as many frames before the clip.")
    return _in_turn(layout, model, start, sampling, context, before, None)


def sample_recursively(
    layout: WindowLayout,
    model: MakeWindowModel,
    start: Same,
    sampling: ClipSampling,
    *,
    first: Array | None = None,
    edge: int | None = 6,
    memory: int = 0,
) -> Same:
    """Sample windows that begin with the last frames of the one before; each model is given these frames.

    Args:
        layout: with the overlap O > 0.
        model: makes the model of a window.
        start: (K, W L, D) x_T of all windows.
        sampling: how each is sampled.
        first: (K, memory + O, D) what the first window is given, the last O its own first frames; None gives
            it None.
        edge: the O frames are held, and so many frames after them follow them as a soft edge. None leaves
            it to the model to meet them; the earlier window's frames are kept.
        memory: each model is also given so many frames before those O.

    Returns:
        (K, T, D).

    Raises:
        SettingsError: windows that do not overlap, or a memory that the first window lacks.
    """
    if not layout.overlap:
        raise SettingsError("Windows that are sampled recursively overlap by at least one frame.")
    if memory and first is None:
        raise SettingsError(f"A memory of {memory} frames needs as many frames before the clip.")
    return _in_turn(layout, model, start, sampling, memory + layout.overlap, first, edge)


def _apart(layout: WindowLayout, start: Array) -> list[Array]:
    """(K, W L, D) as the W windows."""
    return [start[:, n * layout.length : (n + 1) * layout.length] for n in range(layout.count)]


def _in_turn(
    layout: WindowLayout,
    model: MakeWindowModel,
    start: Same,
    sampling: ClipSampling,
    context: int,
    given: Array | None,
    edge: int | None,
) -> Same:
    sampling.check(layout.frames, start)
    made: list[Array] = []
    for window, x in zip(layout.windows, _apart(layout, start), strict=True):
        made_by = model(window, given)
        held = None
        if sampling.known is not None:
            held = sampling.known.window(window.first, layout.length, x)
        own = layout.overlap
        if edge is not None and given is not None and own:
            held = (held or nothing_held(x)).begun(given[:, given.shape[1] - own :], edge)
        if held is not None and bool((held.mask[:, : window.kept] == 1).all()):
            motion = held.towards  # there is nothing to sample
        else:
            motion = _one_window(made_by, x, window, sampling, held)
        if made_by.shift is not None:
            motion = motion + like(made_by.shift, motion)
        new = motion[:, window.fresh : window.kept]
        made.append(new)
        sampling.hand_over(window.first + window.fresh, new)
        # Of the window as sampled, so that the frames given are as many after a last one that was cut short.
        whole = motion[:, : layout.length - layout.tail]
        behind = whole if given is None else joined([like(given, whole), whole[:, own:]], 1)
        given = behind[:, behind.shape[1] - context :]
    clip: Same = joined(made, 1)
    return clip


def _one_window(
    model: WindowModel, x: Array, window: Window, sampling: ClipSampling, held: HeldWindow | None
) -> Array:
    own = held if held is None or model.origin is None else held.moved(model.origin)
    motion = sample_window(
        model.predict,
        sampling.sampler,
        x,
        sampling.noise,
        window.index,
        lambda done, steps: sampling.on_step(window.index, done, steps),
        None if sampling.observe is None else sampling.observe(window.index),
        own,
    )
    if model.origin is None:
        return motion
    motion = motion + model.origin
    return motion if held is None else held.exact(motion)  # moving there and back rounds


def sample_together(
    layout: WindowLayout,
    predict: Predict,
    start: Same,
    sampling: ClipSampling,
    agreement: Agreement = "blend",
) -> Same:
    """Sample all windows as one batch; where two overlap they agree at every step.

    Args:
        layout: with the overlap O. No frame may lie in three windows, so O is at most half a window.
        predict: guided prediction for (W K, L, D), rows window by window.
        start: (K, W L, D) x_T of all windows.
        sampling: how the batch is sampled; ``on_step`` and ``observe`` are told window 0, ``on_window`` is
            given the whole clip at the end.
        agreement: ``hand_over`` as EDGE does: after every step but the last, the first O frames of a window
            become the last O of the one before, and the clean windows are cross-faded. ``blend``: there is
            one x_t of the clip, and the windows' predictions are cross-faded at every step (as MultiDiffusion
            of Bar-Tal et al. 2023 averages them). A window then also hears the one after it: where the best
            denoiser is known, frames move into a seam 1.05 to 1.15 times as fast as elsewhere, with
            ``hand_over`` 1.2 to 1.8 times. Soft edges of held numbers also reach back with ``blend`` only.

    Returns:
        (K, T, D).

    Raises:
        SettingsError: windows that overlap by more than half, or have a tail.
    """
    sampling.check(layout.frames, start)
    if layout.tail:
        raise SettingsError(
            "Windows that are sampled together lose no frames at their ends.", "Give no tail."
        )
    if layout.overlap > layout.length // 2:
        raise SettingsError(
            f"Windows of {layout.length} frames sampled together cannot overlap by {layout.overlap}.",
            f"Give at most {layout.length // 2} frames.",
        )
    sample = _blend if agreement == "blend" else _hand_over
    clip: Same = sample(layout, predict, _apart(layout, start), sampling)[:, : layout.frames]
    if sampling.known is not None:
        clip = sampling.known.exact(clip)  # a cross-fade of two equal numbers rounds
    sampling.hand_over(0, clip)
    return clip


def _blend(layout: WindowLayout, predict: Predict, starts: Sequence[Array], sampling: ClipSampling) -> Array:
    def as_clip(parts: Sequence[Array]) -> Array:
        """Noise of the clip: a frame takes that of the first window that has it."""
        return joined([x[:, w.fresh :] for w, x in zip(layout.windows, parts, strict=True)], 1)

    def draw(source: Callable[[int, int, Sequence[int]], Array], index: int) -> Array:
        return as_clip([source(w.index, index, starts[0].shape) for w in layout.windows])

    def blended(x: Array, t: int) -> Array:
        windows = joined([x[:, w.first : w.first + layout.length] for w in layout.windows], 0)
        return cross_fade(layout, predict(windows, t).reshape(layout.count, *starts[0].shape))

    x, holding = as_clip(starts), None
    if sampling.known is not None:
        held = sampling.known.window(0, x.shape[1], x)
        holding = Holding(held, lambda index: draw(sampling.noise.held, index))
    return _as_one(sampling, blended, x, lambda index: draw(sampling.noise.step, index), holding, None)


def _hand_over(
    layout: WindowLayout, predict: Predict, starts: Sequence[Array], sampling: ClipSampling
) -> Array:
    takes, overlap, shape = len(starts[0]), layout.overlap, starts[0].shape

    def draw(source: Callable[[int, int, Sequence[int]], Array], index: int) -> Array:
        return joined([source(window.index, index, shape) for window in layout.windows], 0)

    x, holding = joined(starts, 0), None
    if sampling.known is not None:
        parts = [sampling.known.window(w.first, layout.length, starts[0]) for w in layout.windows]
        holding = Holding(stacked(parts), lambda index: draw(sampling.noise.held, index))

    def agreed(x: Array) -> Array:
        same = copied(x)
        same[takes:, :overlap] = x[:-takes, layout.length - overlap :]
        return same

    clean = _as_one(sampling, predict, x, lambda index: draw(sampling.noise.step, index), holding, agreed)
    return cross_fade(layout, clean.reshape(layout.count, *shape))


def _as_one(
    sampling: ClipSampling,
    predict: Predict,
    x: Array,
    draw: Draw,
    holding: Holding | None,
    adjust: Adjust | None,
) -> Array:
    return denoise(
        predict,
        sampling.sampler,
        x,
        draw,
        lambda done, steps: sampling.on_step(0, done, steps),
        None if sampling.observe is None else sampling.observe(0),
        holding,
        adjust,
    )


def cross_fade(layout: WindowLayout, windows: Array) -> Array:
    """Join (W, K, L, D) overlapping windows, padding included; weights change linearly over the overlap."""
    count, takes, length, width = windows.shape
    overlap = layout.overlap
    clip = zeros((takes, (count - 1) * layout.stride + length, width), windows)
    rising = like(np.linspace(0, 1, overlap)[:, None], windows)
    for window, motion in zip(layout.windows, windows, strict=True):
        weighted = copied(motion)
        if window.index:
            weighted[:, :overlap] *= rising
        if window.index < count - 1:
            weighted[:, length - overlap :] *= 1 - rising
        clip[:, window.first : window.first + length] += weighted
    return clip
