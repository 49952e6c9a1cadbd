"""Windows of motion on their way from a model through finishing to clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.contacts import contact_curves
from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.attention_layer import AttentionLayer
from elocute.finishing.finisher import Finisher
from elocute.finishing.settings import BLINKS, GAZE, FinishSettings
from elocute.finishing.shaping import BOUNDS, Amount
from elocute.generator import ClipSink, GenerationSettings, Generator, MotionWindow, joined
from elocute.motion.clip import MotionClip, joined_frames
from elocute.motion.clip_meta import revised_meta
from elocute.motion.continuation import JoinedClip, earlier_motion
from elocute.motion.pin_notes import pin_notes
from elocute.motion.range_notes import range_notes
from elocute.motion.revised import revised
from elocute.motion.revision import HeldMotion
from elocute.progress import Progress
from elocute.style_curve import INTENSITY


class ClipsInTheMaking:
    """The windows of one recording.

    Args:
        generator: the model that they come from.
        speech: what it hears.
        settings: what is asked for, checked.
        progress: may be cancelled.
        sink: gets the clips' windows, in order and without gaps, as they become final.
    """

    def __init__(
        self,
        generator: Generator,
        speech: SpeechFeatures,
        settings: GenerationSettings,
        progress: Progress,
        sink: ClipSink | None = None,
    ) -> None:
        self._stream = Finisher(generator.finishing).begin(speech, _finish_settings(settings), settings.takes)
        self._attention: list[AttentionLayer] = []
        self._notes: tuple[str, ...] = ()
        if settings.attention is not None and generator.info.fps != FPS:
            self._notes = (
                f"Nobody is attended to: that takes a model at {FPS:g} frames a second, and "
                f"{generator.info.id} makes {generator.info.fps:g}.",
            )
        elif settings.attention is not None:
            self._attention = [
                AttentionLayer.of(
                    settings.attention, speech, settings.seed + take, head_motion=settings.head_motion
                )
                for take in range(settings.takes)
            ]
        self._attended = 0
        self._joining: list[JoinedClip] = []
        if settings.before is not None:
            before = earlier_motion(settings.before, generator.info.basis, generator.info.fps)
            self._joining = [JoinedClip(before) for _ in range(settings.takes)]
        self._held: HeldMotion | None = None
        if settings.revision is not None:
            self._held = settings.revision.held(generator.info.basis, generator.info.fps)
            self._notes += range_notes(self._held.clip, settings.revision.ranges)
            self._notes += pin_notes(self._held, settings.revision.pins)
        self._contacts: NDArray[np.float64] | None = None
        if self._held is not None and speech.phones is not None and generator.info.fps == FPS:
            self._contacts = _contacts(speech.phones, self._held.clip.frames)
        self._anew: list[tuple[MotionClip, ...]] = []
        self._settings = settings
        self._windows: list[MotionWindow] = []
        self._progress = progress
        self._sink = sink

    def add(self, window: MotionWindow) -> None:
        """Take the next window of the model.

        Raises:
            Cancelled: the progress was cancelled.
        """
        self._hand_on(self._stream.add(window.clips))

    def clips(self) -> tuple[MotionClip, ...]:
        """The whole clips, once the model has given every window."""
        self._hand_on(self._stream.end())
        self._give([part for lane in self._joining if (part := lane.end()) is not None])
        if self._held is not None:
            self._give([self._revised(self._held, parts) for parts in zip(*self._anew, strict=True)])
        return joined(self._windows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should be told of finishing."""
        return (*self._stream.notes, *self._notes)

    def _hand_on(self, clips: tuple[MotionClip, ...]) -> None:
        self._progress.check()
        clips = self._attending(clips)
        if self._held is not None:
            self._anew += [clips] if clips else []
        elif clips and self._joining:
            lanes = zip(self._joining, clips, strict=True)
            self._give([part for lane, clip in lanes if (part := lane.add(clip)) is not None])
        else:
            self._give(clips)

    def _revised(self, held: HeldMotion, parts: Sequence[MotionClip]) -> MotionClip:
        """A clip with what was made anew of it: known when all is there, for its end is met too."""
        self._progress.check()
        made = joined_frames(parts)
        meta = revised_meta(held.clip.meta, made.meta, self._settings.ranges, self._settings.channels)
        return replace(revised(held, made, self._contacts), meta=meta)

    def _attending(self, clips: tuple[MotionClip, ...]) -> tuple[MotionClip, ...]:
        if not clips or not self._attention:
            return clips
        first, self._attended = self._attended, self._attended + clips[0].frames
        return tuple(layer.added(clip, first) for layer, clip in zip(self._attention, clips, strict=True))

    def _give(self, parts: Sequence[MotionClip]) -> None:
        clips = tuple(parts)
        if not clips:
            return
        last = self._windows[-1] if self._windows else None
        first = 0 if last is None else last.first + last.clips[0].frames
        self._windows.append(MotionWindow(first, clips))
        if self._sink is not None:
            self._sink(self._windows[-1])


def _contacts(phones: Sequence[Phone], frames: int) -> NDArray[np.float64]:
    curves = contact_curves(phones, frames)
    return np.maximum(curves.seal_jaw, curves.bite_jaw)


def _finish_settings(settings: GenerationSettings) -> FinishSettings:
    # A file that is called like a style that changes has no eyes of its own.
    style = None if settings.style in settings.style_files else settings.style
    return FinishSettings(
        style=style,
        lip_contacts=settings.lip_contacts,
        intensity=_amount(settings, INTENSITY),
        gaze=_amount(settings, GAZE),
        blinks=_amount(settings, BLINKS),
        shaping={
            name: _amount(settings, name)
            for name in BOUNDS
            if name in settings.options or name in settings.curves
        },
        seed=settings.seed,
    )


def _amount(settings: GenerationSettings, name: str) -> Amount:
    return settings.curves[name] if name in settings.curves else settings.options.get(name, 1.0)


def make_clips(
    generator: Generator,
    speech: SpeechFeatures,
    settings: GenerationSettings,
    progress: Progress,
    sink: ClipSink | None = None,
) -> tuple[MotionClip, ...]:
    """The finished clips that a loaded model makes of speech.

    Args:
        generator: the model.
        speech: what it hears.
        settings: what is asked for.
        progress: told about every step.
        sink: gets the clips' windows, in order and without gaps, as they become final.

    Raises:
        SettingsError: the model cannot do what is asked.
        InputError: the speech or a file among the settings cannot be used by the model.
        Cancelled: ``progress`` was cancelled.
    """
    generator.check(settings)
    making = ClipsInTheMaking(generator, speech, settings, progress, sink)
    generator.stream(speech, settings, progress, making.add)
    return making.clips()
