"""Post-processing of generated motion, for any model family, window by window or all at once.

What is done follows from the basis of the clips (:func:`elocute.motion.basis.basis_of`) and from what the
model hands over (:class:`~elocute.finishing.needs.FinishingNeeds`): a mouth at rest where nothing is said,
bounds, a calm head, lip contacts, the tongue, and, for clips whose family moved no eyes, gaze and blinks.
Saccades and blinks are steps and spikes, which a network smooths or misses (docs/elocute-lite.md has the
rate), and eyes must hold against exactly the head rotation that came out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour import blink_layer
from elocute.behaviour.blink_layer import BlinkLayer
from elocute.behaviour.gaze_layer import GazeLayer
from elocute.finishing.limits import smooth_head, smoothing_reach, with_mouth_at_rest, within_bounds
from elocute.finishing.lip_contacts.correction import ContactCorrection
from elocute.finishing.lip_contacts.poses import Pose
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings, each_frame
from elocute.finishing.shaping import Shaping
from elocute.finishing.tongue_layer import TongueLayer
from elocute.motion.basis import Basis, basis_of
from elocute.motion.clip import MotionClip, joined_frames
from elocute.motion.clip_meta import FinishingMeta

_NOT_CORRECTED: Final = "Lip contacts were not corrected: "
_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Finisher:
    """Finishes clips of one model.

    Attributes:
        needs: what the model hands over.
    """

    needs: FinishingNeeds

    def begin(self, speech: SpeechFeatures, settings: FinishSettings, takes: int = 1) -> FinishingStream:
        """Start finishing clips of a speech that come window by window."""
        return FinishingStream(self.needs, speech, settings, takes)

    def finish(
        self, clip: MotionClip, speech: SpeechFeatures, settings: FinishSettings, take: int = 0
    ) -> MotionClip:
        """A whole clip, finished; exactly what its windows would be.

        Raises:
            ValueError: the clip is longer than the speech.
        """
        stream = self.begin(speech, replace(settings, seed=settings.seed + take))
        parts = [*stream.add((clip,)), *stream.end()]
        return joined_frames(parts)


class FinishingStream:
    """Clips of one speech that are finished while they are made.

    The frames that come out, joined, are bit for bit those of the whole clip, however it is cut into windows.
    Frames are held back until nothing that follows can change them: about 1.5 s for a basis with lids, for
    any other as long as a lip contact and those near it take, mostly less.
    """

    def __init__(
        self, needs: FinishingNeeds, speech: SpeechFeatures, settings: FinishSettings, takes: int
    ) -> None:
        self._needs, self._speech, self._settings, self._takes = needs, speech, settings, takes
        self._lanes: list[_Lane] = []
        self._plan: _Plan | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; complete once the first window was added."""
        return () if self._plan is None else self._plan.notes

    @property
    def held_back(self) -> int:
        """Frames that were added and have not come out yet."""
        return self._lanes[0].held_back if self._lanes else 0

    def add(self, clips: tuple[MotionClip, ...]) -> tuple[MotionClip, ...]:
        """Take the next frames of each take; return those that are final now, or nothing.

        Raises:
            ValueError: the number of takes is another than before, windows differ in what does not change
                over a clip, or there are more frames than the speech has.
        """
        if len(clips) != self._takes:
            raise ValueError(f"{self._takes} takes are expected, not {len(clips)}")
        if self._plan is None:
            self._plan = _plan(self._needs, self._speech, self._settings, clips[0])
            self._lanes = [
                _Lane(self._plan, self._speech, self._settings.seed + take) for take in range(self._takes)
            ]
        return self._come_out([lane.add(clip) for lane, clip in zip(self._lanes, clips, strict=True)])

    def end(self) -> tuple[MotionClip, ...]:
        """The clips are complete: return the frames that were held back, or nothing if there are none."""
        return self._come_out([lane.end() for lane in self._lanes])

    def _come_out(self, parts: list[MotionClip | None]) -> tuple[MotionClip, ...]:
        return tuple(part for part in parts if part is not None)


@dataclass(frozen=True)
class _Plan:
    """What is to be done to the clips of a request.

    Attributes:
        basis: of the clips.
        frames: how many they have at most.
        head_smoothing: see FinishingNeeds.
        contacts: how contacts are made, or None where they are not.
        gaze: (T,) how much the eyes move, or None where no eyes are added.
        blinks: (T,) blinks a minute, or None where none are added.
        asymmetry: of the lids.
        tongue: the tongue of the phones, or None where there are none, or no tongue.
        shaping: how strongly and when the motion is played, or None for as it is.
        silent: whether the mouth is put to rest, for nothing is said.
        certain: whether contacts are certain: made here, or by the family itself.
        sound_begins: seconds of the film before its sound.
        notes: for the user.
    """

    basis: Basis
    frames: int
    head_smoothing: float
    contacts: ContactCorrection | None
    gaze: NDArray[np.float64] | None
    blinks: NDArray[np.float64] | None
    asymmetry: float
    tongue: TongueLayer | None
    shaping: Shaping | None
    silent: bool
    certain: bool
    sound_begins: float
    notes: tuple[str, ...]

    def ready(self, there: int) -> int:
        """How many frames are final when the first ``there`` of an unended clip are there."""
        shaped = there if self.shaping is None else there - self.shaping.reach
        ready = shaped - smoothing_reach(self.head_smoothing)
        if self.blinks is not None:
            ready = min(ready, shaped - blink_layer.REACH)
        if self.contacts is not None:
            ready = min(ready, self.contacts.dependence.ready(max(shaped, 0)))
        return max(ready if self.shaping is None else ready - self.shaping.ahead, 0)

    def since(self, frame: int) -> int:
        """The first frame on which frames from ``frame`` on depend."""
        frame = frame if self.shaping is None else max(frame - self.shaping.behind, 0)
        since = frame - max(smoothing_reach(self.head_smoothing), 0)
        if self.blinks is not None:
            since = min(since, frame - blink_layer.REACH)
        if self.contacts is not None and frame < self.frames:
            since = min(since, int(self.contacts.dependence.since[frame]))
        return max(since if self.shaping is None else since - self.shaping.reach, 0)


def _plan(needs: FinishingNeeds, speech: SpeechFeatures, settings: FinishSettings, clip: MotionClip) -> _Plan:
    basis = basis_of(clip.basis)
    frames = speech.frames if clip.fps == FPS else math.ceil(speech.seconds * clip.fps - _ROUNDING)
    contacts, note = None, ""
    certain = needs.certain_contacts and speech.phones is not None
    if settings.lip_contacts and needs.follows and not certain:
        contacts, note = _contacts(needs, speech, clip, frames)
    manner = needs.manners_of(settings, speech.frames)
    sighted = clip.eyes is None and basis.eyes and clip.fps == FPS
    blinking = sighted and basis.lids is not None
    return _Plan(
        basis=basis,
        frames=frames,
        head_smoothing=needs.head_smoothing,
        contacts=contacts,
        gaze=manner.gaze_amount * each_frame(settings.gaze, speech.frames) if sighted else None,
        blinks=manner.blink_rate * each_frame(settings.blinks, speech.frames) if blinking else None,
        asymmetry=float(manner.asymmetry.mean()),
        tongue=_tongue(speech, basis, clip, frames) if needs.follows else None,
        shaping=None if needs.plays_options else Shaping.of(settings.shaping, frames, clip.fps),
        # Whoever records silence means it; in noise or music somebody may have spoken.
        silent=speech.silent and (speech.muted or not needs.acts_silence),
        certain=contacts is not None or certain,
        sound_begins=speech.sound_begins,
        notes=(note,) if note else (),
    )


def _contacts(
    needs: FinishingNeeds, speech: SpeechFeatures, clip: MotionClip, frames: int
) -> tuple[ContactCorrection | None, str]:
    """How contacts are made, or why they are not and what to do."""
    model, probe = str(clip.meta.get("model") or "of this clip"), needs.probe
    # Phones come second: where the mouth cannot be measured, they may not have been requested.
    if probe is None and not needs.certain_contacts:
        return None, (f"{_NOT_CORRECTED}the model {model} has no mouth probe. Convert it again with --face.")
    if probe is None or speech.phones is None:
        return None, (
            f"{_NOT_CORRECTED}no phones are known for this speech. Give a transcript, or phones with times."
        )
    if probe.basis != clip.basis or not probe.covers(clip.expression.shape[1]):
        return None, (
            f"{_NOT_CORRECTED}the model {model} has the mouth probe of another head "
            f"({probe.basis}, {probe.expressions} expressions). Convert it again with --face and the head of "
            f"{clip.basis} that has {clip.expression.shape[1]} expressions or more."
        )
    fitted = probe.fitted(clip.expression.shape[1], clip.shape)
    return ContactCorrection(speech.phones, fitted, frames, clip.fps), ""


def _tongue(speech: SpeechFeatures, basis: Basis, clip: MotionClip, frames: int) -> TongueLayer | None:
    if speech.phones is None or not basis.tongue or clip.fps != FPS:
        return None
    return TongueLayer.plan(speech.phones, frames)


class _Lane:
    """One take on its way through."""

    def __init__(self, plan: _Plan, speech: SpeechFeatures, seed: int) -> None:
        self._plan = plan
        self._gaze = None if plan.gaze is None else GazeLayer.plan(speech, plan.gaze, seed)
        self._blinks = (
            None if plan.blinks is None else BlinkLayer.plan(speech, plan.blinks, plan.asymmetry, seed)
        )
        self._kept: MotionClip | None = None  # frames that are still needed, from self._since on
        self._since = 0
        self._out = 0  # frames that have come out

    @property
    def held_back(self) -> int:
        """Frames that have not come out."""
        return self._there - self._out

    @property
    def _there(self) -> int:
        return self._since + (0 if self._kept is None else self._kept.frames)

    def add(self, clip: MotionClip) -> MotionClip | None:
        """Take frames; return those that are final."""
        self._kept = clip if self._kept is None else joined_frames([self._kept, clip])
        if self._there > self._plan.frames:
            raise ValueError(f"the clip has more than the {self._plan.frames} frames of the speech")
        return self._come_out(self._plan.ready(self._there), ended=False)

    def end(self) -> MotionClip | None:
        """Return all frames that are left."""
        return self._come_out(self._there, ended=True)

    def _come_out(self, ready: int, *, ended: bool) -> MotionClip | None:
        if self._kept is None or ready <= self._out:
            return None
        done = self._finished(self._kept, ended=ended).part(self._out - self._since, ready - self._since)
        self._out = ready
        since = self._plan.since(ready)
        self._kept = self._kept.part(since - self._since, self._kept.frames)
        self._since = since
        return done

    def _finished(self, clip: MotionClip, *, ended: bool) -> MotionClip:
        plan, first = self._plan, self._since
        if plan.silent:
            clip = with_mouth_at_rest(clip)
        if plan.shaping is not None:
            clip = plan.shaping.shaped(clip, first)
        clip = smooth_head(within_bounds(clip), plan.head_smoothing)
        if plan.contacts is not None:
            before = Pose(clip.expression.astype(np.float64), clip.jaw.astype(np.float64))
            after = plan.contacts.made(before, first, ended=ended)
            if after is not before:
                clip = replace(
                    clip, expression=after.expression.astype(np.float32), jaw=after.jaw.astype(np.float32)
                )
        if plan.tongue is not None:
            clip = plan.tongue.added(clip, first)
        if plan.shaping is not None:
            clip = plan.shaping.led(clip, first)
        if self._blinks is not None:
            clip = self._blinks.added(clip, first)
        if self._gaze is not None:
            clip = self._gaze.added(clip, first)
        told = FinishingMeta(plan.certain, _mean(plan.gaze), _mean(plan.blinks), plan.sound_begins)
        return replace(clip, meta=told.added_to(clip.meta))


def _mean(amounts: NDArray[np.float64] | None) -> float | None:
    return None if amounts is None else float(amounts.mean())
