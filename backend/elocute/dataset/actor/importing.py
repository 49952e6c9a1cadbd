"""From a folder of takes to recordings that a model can be trained on, with a sentence about each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.dataset.actor.checks import length_problem, problem
from elocute.dataset.actor.recordings import (
    RECORDINGS,
    ActorIndex,
    ActorRecording,
    RecordingFacts,
    recording_path,
)
from elocute.dataset.actor.takes import Refused, Take, find_takes
from elocute.errors import InputError, UserError
from elocute.exchange.captures import clip_of_track, load_motion_or_capture
from elocute.exchange.clip_controls import controls_of
from elocute.face.model import FaceModel
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import sound_rows
from elocute.storage.leftovers import temporary_folder

FloatArray = NDArray[np.float32]

_LIDS: Final = [EXPRESSION_INDEX[f"eyeBlink{side}"] for side in ("Left", "Right")]
_BLINK_FRAMES: Final = 15
"""Frames of the median that takes out blinks, which last up to 0.3 s; finishing adds its own."""
_BLINK: Final = 0.4
"""How much further than that a lid shuts in a blink."""
_TURNED_DEGREES: Final = 25.0
"""A head that is turned so far on average looks at a camera that stood aside."""


@dataclass(frozen=True)
class Taken:
    """A take that was taken, and what is to be said about it."""

    facts: RecordingFacts
    notes: tuple[str, ...]

    def sentence(self) -> str:
        """For the user."""
        facts = self.facts
        words = "the words beside it" if facts.phone_source.startswith("transcript") else "sound alone"
        notes = "".join(f" {note}" for note in self.notes)
        return f"{facts.take}: taken, {facts.seconds:.1f} s, phones from {words}.{notes}"


@dataclass(frozen=True)
class ImportReport:
    """What became of a folder."""

    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]

    def sentences(self) -> tuple[str, ...]:
        """One for each file or take."""
        refused = (f"{one.name}: not taken, {one.reason.rstrip('.')}." for one in self.refused)
        return (*(one.sentence() for one in self.taken), *refused)


def import_takes(
    folder: Path,
    out: Path,
    name: str,
    *,
    face: FaceModel | None = None,
    language: str = "auto",
    finish: Callable[[Path, ActorIndex], None] = lambda _folder, _index: None,
    progress: Progress | None = None,
) -> ImportReport:
    """Check every take below a folder and write those that can be learnt from.

    Args:
        folder: sounds and motions of the same names, words in text files beside them.
        out: new folder; it appears whole or not at all.
        name: of the actor.
        face: the head of motions in another basis, whose controls are fitted.
        language: of what is said.
        finish: is given the folder before it appears, to add to it.
        progress: told about every take.

    Raises:
        InputError: nothing could be taken, or ``out`` is there already or cannot be written.
        Cancelled: ``progress`` was cancelled.
    """
    progress = progress or Progress()
    if out.exists():
        raise InputError(f"{out} is there already.", "Give a new folder.", code="bad_output")
    takes, refused = find_takes(folder)
    taken: list[Taken] = []
    heard: dict[str, str] = {}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(out.parent, "actor") as work:
            made = work / out.name
            (made / RECORDINGS).mkdir(parents=True)
            for number, take in enumerate(takes):
                progress.report("import", number / len(takes), take.name)
                progress.check()
                try:
                    recording, one, digest = _take(take, number, face, language)
                    if digest in heard:
                        raise InputError(f"its sound is that of {heard[digest]}")
                except UserError as error:
                    refused.append(Refused(take.name, _reason(error)))
                    continue
                heard[digest] = take.name
                recording.save(recording_path(made, one.facts))
                taken.append(one)
            progress.report("import", 1.0)
            if not taken:
                told = " ".join(ImportReport((), tuple(refused)).sentences()[:3])
                raise InputError(f"Nothing in {folder} can be learnt from. {told}", code="bad_dataset")
            index = ActorIndex(name, tuple(one.facts for one in taken))
            index.save(made)
            finish(made, index)
            made.rename(out)
    except OSError as error:
        raise InputError(f"Cannot write {out}: {error.strerror}.", code="bad_output") from error
    return ImportReport(tuple(taken), tuple(refused))


def _take(
    take: Take, number: int, face: FaceModel | None, language: str
) -> tuple[ActorRecording, Taken, str]:
    clip, notes = _motion(take.motion, face)
    audio = load_audio(take.sound)
    words = None if take.words is None else _words(take.words)
    speech = analyse_speech(audio, transcript=words, language=language)
    if (wrong := length_problem(speech, clip.frames)) is not None:
        raise InputError(wrong)
    frames = min(clip.frames, speech.frames)
    clip = clip.part(0, frames)
    if (wrong := problem(speech, clip)) is not None:
        raise InputError(wrong)
    head, turned = _level(clip.head)
    expression, blinks = _without_blinks(clip.expression[:, : len(EXPRESSION_NAMES)])
    rows = sound_rows(speech.log_mel, speech.energy_db, speech.pitch_hz, speech.voicing)[:frames]
    recording = ActorRecording(
        rows.astype(np.float16),
        _phones(speech),
        expression.astype(np.float16),
        clip.jaw[:, 0].astype(np.float16),
        head.astype(np.float16),
    )
    facts = RecordingFacts(
        file=f"{number:04d}-{re.sub(r'[^A-Za-z0-9]+', '-', take.name)[-60:]}",
        take=take.name,
        seconds=round(frames / FPS, 2),
        phone_source=speech.phone_source,
        blinks=blinks,
    )
    return recording, Taken(facts, notes + turned), speech.audio_sha256


def _motion(path: Path, face: FaceModel | None) -> tuple[MotionClip, tuple[str, ...]]:
    """A motion file as a clip of ``elocute-head-1`` at ``FPS``, and notes."""
    clip, notes = load_motion_or_capture(path, FPS)
    if not basis_of(clip.basis).bounded:  # no named controls from 0 to 1: they are fitted
        if face is None:
            raise InputError(f"its motion is of {clip.basis}: give the head it was made with (--face)")
        track, report = controls_of(clip, face)
        clip, _ = clip_of_track(track, path.name)
        notes = (*notes, *(() if report is None else (report.sentence(),)))
    return _at_rate(clip), notes


def _at_rate(clip: MotionClip) -> MotionClip:
    if clip.fps == FPS:
        return clip
    count = max(round(clip.frames * FPS / clip.fps), 1)
    own, wanted = (np.arange(clip.frames) + 0.5) / clip.fps, (np.arange(count) + 0.5) / FPS

    def at(array: FloatArray) -> FloatArray:
        columns = [np.interp(wanted, own, column) for column in array.T]
        return np.column_stack(columns).astype(np.float32)

    return MotionClip(FPS, clip.basis, at(clip.expression), at(clip.jaw), at(clip.head))


def _words(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"its words {path.name} cannot be read as UTF-8 text") from error


def _phones(speech: SpeechFeatures) -> tuple[Phone, ...]:
    if speech.phones is None:
        raise AssertionError("a take without phones is refused before")
    return speech.phones


def _level(head: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    usual = np.median(head, axis=0)
    degrees = float(np.degrees(np.linalg.norm(usual)))
    if degrees < _TURNED_DEGREES:
        return head, ()
    note = f"The head was turned by {degrees:.0f}° on average, as a camera aside sees it; that was taken out."
    return (head - usual).astype(np.float32), (note,)


def _without_blinks(expression: FloatArray) -> tuple[FloatArray, int]:
    """Expressions whose lids do not blink, and how often they did."""
    result = expression.copy()
    lids = expression[:, _LIDS].astype(np.float64)
    usual = median_filter(lids, size=(_BLINK_FRAMES, 1), mode="nearest")
    shut = ((lids - usual) > _BLINK).all(axis=1)
    blinks = int((np.diff(np.concatenate([[False], shut]).astype(np.int8)) == 1).sum())
    result[:, _LIDS] = np.minimum(lids, usual)
    return result, blinks


def _reason(error: UserError) -> str:
    text = error.message[:1].lower() + error.message[1:]
    return text if not error.hint else f"{text.rstrip('.')}: {error.hint[:1].lower()}{error.hint[1:]}"
