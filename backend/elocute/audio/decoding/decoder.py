"""Read any sound file as 16 kHz mono, or raise an error that says why it cannot be used.

What runs in the decode process; :func:`elocute.audio.decode.load_audio` asks that process.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from elocute.audio.decoding.channels import CENTRE
from elocute.audio.decoding.ffmpeg_blocks import open_with_ffmpeg
from elocute.audio.decoding.ffmpeg_formats import RAW_ENDINGS, RawFormat
from elocute.audio.decoding.libsndfile_blocks import open_with_libsndfile
from elocute.audio.decoding.mixdown import CANCELLED_MIX, Mixed, TooLong, mix_to_mono
from elocute.audio.decoding.naming import NAMELESS, sound_of, within
from elocute.audio.decoding.offset import remove_offset
from elocute.audio.decoding.sound_blocks import SoundBlocks
from elocute.audio.decoding.sound_header import promise_of, what_it_is
from elocute.audio.recording_limits import LONGEST_SECONDS, SHORTEST_SECONDS
from elocute.audio.sound import Audio
from elocute.audio.sound_file import check_file
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.progress import Progress

_MAX_PLAUSIBLE_PEAK = 8.0  # float files beyond this hold integers that were never scaled
_RATES = (1_000, 10_000_000)
_LOWEST_BIT_RATE = 400.0  # a header that promises more time from so few bytes is wrong
_CUT_SECONDS = 0.1
_CUT_SHARE = 0.02
_LEAST_CUT_SECONDS = 0.02  # an odd byte at the end is no cut
_WORTH_A_NOTE_SECONDS = 0.3
_WORTH_A_NOTE_LATE_SECONDS = 0.04  # a frame


def decode_sound(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    max_seconds: float = LONGEST_SECONDS,
    channel: int | None = None,
    track: int = 1,
    from_first_sound: bool = False,
    progress: Progress | None = None,
) -> Audio:
    """Decode, mix down and resample a sound file, in this process.

    wav, flac, ogg, mp3, aiff and the like are read with libsndfile, everything else (m4a, amr, webm, the
    sound of a film) with FFmpeg, which opens nothing but these bytes. The mean is removed. Broken samples
    (NaN, infinite) become silence; of a file that is damaged or cut short what can be read is used; both are
    noted. Work is done block by block; memory is 4 bytes for each sample at 16 kHz.

    Args:
        source: a path, or the bytes of a file.
        name: what to call the sound in messages; by default the file's name.
        max_seconds: longest sound accepted.
        channel: the one to use, counted from 1; by default they are mixed.
        track: the sound track of a film, counted from 1.
        from_first_sound: begin with the sound, where a film's begins later than its picture.
        progress: stage ``decode``.

    Raises:
        InputError: ``missing_file``, ``is_folder``, ``unreadable_file``, ``empty_file``, ``not_audio``,
            ``no_sound_track``, ``unknown_codec``, ``no_samples``, ``bad_samples``, ``broken_audio``,
            ``too_short``, ``too_long``, ``no_channel`` or ``no_track`` as its code.
        Cancelled: ``progress`` was cancelled.
    """
    progress = progress or Progress()
    raw: RawFormat | None = None
    if isinstance(source, bytes):
        label = name or NAMELESS
        stream: BinaryIO = io.BytesIO(source)
        size = len(source)
    else:
        path = Path(source)
        label = name or path.name or str(path)
        raw = RAW_ENDINGS.get(path.suffix.lower())
        check_file(path, label)
        try:
            stream = path.open("rb")
        except OSError as error:
            raise _unreadable(label, error) from error
        size = path.stat().st_size
    with stream:
        if size == 0:
            raise InputError(f"{label} is empty (0 bytes).", "Export the recording again.", code="empty_file")
        try:
            digest = _sha256(stream, progress)
            wanted = _Wanted(raw, max_seconds, channel, track, from_first_sound)
            mixed, notes = _Reading(stream, label, wanted, progress).result()
        except OSError as error:
            raise _unreadable(label, error) from error
    if from_first_sound and mixed.damage.late_s:
        digest = hashlib.sha256(f"{digest} from its first sound".encode()).hexdigest()
    audio = _finish(mixed, label, digest, notes)
    return audio if from_first_sound else replace(audio, sound_begins=mixed.damage.late_s)


def _sha256(stream: BinaryIO, progress: Progress) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        progress.check()
        digest.update(block)
    return digest.hexdigest()


def _unreadable(label: str, error: OSError) -> InputError:
    return InputError(
        f"{label} cannot be read: {error.strerror or error}.",
        "Check the file's permissions.",
        code="unreadable_file",
    )


@dataclass(frozen=True)
class _Wanted:
    """What of a file, and how: arguments of :func:`decode_sound`."""

    raw: RawFormat | None
    max_seconds: float
    channel: int | None
    track: int
    from_first_sound: bool


class _Reading:
    """One file on its way to mono, with the reader that gets most out of it."""

    def __init__(self, stream: BinaryIO, label: str, wanted: _Wanted, progress: Progress) -> None:
        self._wanted = wanted
        self._channel = None if wanted.channel is None else wanted.channel - 1
        self._stream = stream
        self._label = label
        self._max_seconds = wanted.max_seconds
        self._progress = progress
        self._promise = promise_of(stream)
        self._size = stream.seek(0, 2)

    def result(self) -> tuple[Mixed, list[str]]:
        """The sound, and what the user should know of it."""
        attempts: list[tuple[Mixed, Callable[[], SoundBlocks | None]]] = []
        refusal: InputError | None = None
        for reader in (self._with_libsndfile, self._with_ffmpeg):
            try:
                blocks = reader()
            except InputError as error:
                refusal = error
                continue
            if blocks is None:
                continue
            attempts.append((self._mix(blocks, self._channel), reader))
            if attempts[-1][0].complete:
                break
        if not attempts:
            raise self._better(refusal)
        mixed, reader = max(attempts, key=lambda attempt: attempt[0].frames)
        self._check(mixed)
        # Each reader knows the length of other formats.
        notes = self._notes(mixed, max(each.expected_frames / each.rate for each, _ in attempts))
        if self._channel is not None:
            return mixed, notes
        channel, note = self._one_channel(mixed)
        if note:
            notes.append(note)
        again = reader() if channel is not None else None
        return (mixed if again is None else self._mix(again, channel)), notes

    def _one_channel(self, mixed: Mixed) -> tuple[int | None, str]:
        """The channel to use instead of the mix, or None; and what to tell of the channels."""
        survey, label = mixed.survey, within(self._label)
        if mixed.mix_share < CANCELLED_MIX / mixed.channels:
            only = f"only channel {survey.loudest + 1} is used"
            return survey.loudest, f"The channels of {label} cancel each other out, so {only}."
        if survey.speech_is_in_the_centre:
            return CENTRE, f"Of the {mixed.channels} channels of {label} only the centre is used."
        if survey.a_voice_each:
            return None, (
                f"The two channels of {label} hold a voice each, and both move the lips; "
                "for one of them, ask for its channel (--segment @1 or @2), or export it alone."
            )
        return None, ""

    def _with_libsndfile(self) -> SoundBlocks | None:
        self._stream.seek(0)
        return open_with_libsndfile(self._stream)

    def _with_ffmpeg(self) -> SoundBlocks:
        return open_with_ffmpeg(
            self._stream,
            self._label,
            self._progress.check,
            self._wanted.raw,
            track=self._wanted.track - 1,
            from_first_sound=self._wanted.from_first_sound,
        )

    def _mix(self, blocks: SoundBlocks, channel: int | None = None) -> Mixed:
        low, high = _RATES
        if not low <= blocks.rate <= high or blocks.channels < 1:
            blocks.close()
            raise InputError(
                f"{self._label} is damaged: it says that it has {blocks.rate} samples a second in "
                f"{blocks.channels} channels.",
                "Export the recording again.",
                code="broken_audio",
            )
        if channel is not None and channel >= blocks.channels:
            blocks.close()
            raise self._absent("channel", channel + 1, "channel", blocks.channels)
        if self._wanted.track > blocks.tracks:
            blocks.close()
            raise self._absent("track", self._wanted.track, "sound track", blocks.tracks)
        promised = blocks.expected_frames / blocks.rate
        if promised > self._max_seconds + _CUT_SECONDS and self._size * 8.0 / promised >= _LOWEST_BIT_RATE:
            blocks.close()
            raise self._too_long(promised)
        try:
            return mix_to_mono(blocks, self._max_seconds, self._progress, channel)
        except TooLong as error:
            raise self._too_long(None) from error

    def _absent(self, kind: Literal["channel", "track"], asked: int, what: str, count: int) -> InputError:
        there = f"one {what}" if count == 1 else f"{count} {what}s"
        return InputError(
            f"{self._label} has {there}, so there is no {kind} {asked}.",
            f"Choose one that it has, counted from 1, or leave the {kind} out.",
            code=f"no_{kind}",
        )

    def _too_long(self, seconds: float | None) -> InputError:
        limit = f"{self._max_seconds / 60.0:.4g} minutes"
        length = f"lasts {seconds / 60.0:.4g} minutes" if seconds else f"is longer than {limit}"
        return InputError(
            f"{self._label} {length}; the longest recording accepted is {limit}.",
            "Cut it into shorter pieces, or raise the limit with the option --max-minutes of "
            "elocute generate, phones, batch, render and serve.",
            code="too_long",
        )

    def _better(self, refusal: InputError | None) -> InputError:
        """The refusal of a file that no reader opens, with what the file is where that is known."""
        meaning = what_it_is(self._stream)
        damaged = meaning is not None and "damaged" in meaning
        if refusal is None or (refusal.code == "not_audio" and meaning is not None):
            return InputError(
                f"{self._label} {meaning or 'is not a sound file that can be read'}.",
                "Copy or export it again." if damaged else "Choose a sound file: wav, flac, ogg, mp3 or m4a.",
                code="broken_audio" if damaged else "not_audio",
            )
        return refusal

    def _check(self, mixed: Mixed) -> None:
        label, damage = self._label, mixed.damage
        if mixed.frames == 0:
            if damage.places or damage.ended_early or (self._promise is not None and self._promise.broken):
                raise InputError(
                    f"{label} is damaged: none of its sound can be decoded.",
                    "Export the recording again.",
                    code="broken_audio",
                )
            raise InputError(
                f"{label} contains no samples.", "Export the recording again.", code="no_samples"
            )
        if mixed.bad_samples == mixed.frames * mixed.channels:
            raise InputError(
                f"Every sample of {within(label)} is invalid (not a number).",
                "Export the recording again.",
                code="bad_samples",
            )
        if mixed.seconds < SHORTEST_SECONDS - 1e-6:
            if damage.ended_early or (self._promise is not None and self._promise.broken):
                raise InputError(
                    f"{label} was cut short: only {mixed.seconds:.2g} s of its sound are there, and the "
                    f"shortest recording accepted is {SHORTEST_SECONDS:g} s.",
                    "Copy or export it again.",
                    code="broken_audio",
                )
            raise InputError(
                f"{label} lasts {mixed.seconds:.2g} s; the shortest recording accepted is "
                f"{SHORTEST_SECONDS:g} s.",
                "Add a little silence around the line.",
                code="too_short",
            )

    def _notes(self, mixed: Mixed, expected: float) -> list[str]:
        label, damage, seconds = self._label, mixed.damage, mixed.seconds
        notes = self._notes_of_film(mixed)
        promised = self._promised_seconds(mixed.seconds, expected)
        if promised is not None:
            told = f" of {promised:.2f} s" if promised else ""
            notes.append(
                f"{label} was cut short: its end is missing. The {seconds:.2f} s{told} that are there "
                "are used."
            )
        elif damage.ended_early:
            notes.append(f"{label} is damaged after {seconds:.2f} s; what comes before is used.")
        if damage.places > (promised is not None):  # where a file was cut, its last packet is damaged
            places = "one place" if damage.places == 1 else f"{damage.places} places"
            silent = f" ({damage.silent_s:.2f} s are silent)" if damage.silent_s else ""
            notes.append(f"{label} is damaged in {places}; what can be read is used{silent}.")
        elif damage.silent_s >= _WORTH_A_NOTE_SECONDS:
            notes.append(f"{label} has gaps of {damage.silent_s:.2f} s in all, which are silent.")
        if mixed.bad_samples:
            notes.append(
                f"{label} contained {mixed.bad_samples} invalid samples (not a number); they were set to "
                "zero."
            )
        return notes

    def _notes_of_film(self, mixed: Mixed) -> list[str]:
        label, late, notes = self._label, mixed.damage.late_s, []
        if mixed.tracks > self._wanted.track == 1:  # whoever names another knows of them
            used = "the first" if mixed.track == 1 else f"track {mixed.track}, the first that can be read,"
            another = mixed.track + 1
            told = f"{label} has {mixed.tracks} sound tracks; {used} is used."
            if another <= mixed.tracks:
                told += (
                    f" Another is chosen with the part of the recording, /{another} for example "
                    f"(--segment /{another})."
                )
            notes.append(told)
        if late >= _WORTH_A_NOTE_LATE_SECONDS:
            instead = (
                "times count from its first moment, as in Blender's sequencer"
                if self._wanted.from_first_sound
                else "until then it is silent"
            )
            notes.append(f"{sound_of(label)} begins {late:.2f} s after the film does; {instead}.")
        return notes

    def _promised_seconds(self, seconds: float, expected: float) -> float | None:
        """Length by the header of a file that was cut short, 0 where unknown; None for a whole file."""
        missing = expected - seconds > max(_CUT_SHARE * expected, _CUT_SECONDS)
        if self._promise is None:
            return expected if missing else None
        if not self._promise.broken:
            return None  # tracks of a film may end before it, and edit lists leave parts out
        if not self._promise.samples:
            return expected if missing else 0.0
        promised = seconds * self._promise.length / self._promise.there
        return promised if promised - seconds > _LEAST_CUT_SECONDS else None


def _finish(mixed: Mixed, label: str, digest: str, notes: list[str]) -> Audio:
    count = max(round(mixed.seconds * SAMPLE_RATE), 1)
    samples = mixed.samples[:count]
    if len(samples) < count:
        samples = np.concatenate([samples, np.zeros(count - len(samples), np.float32)])
    remove_offset(samples)
    peak = float(max(samples.max(), -samples.min()))
    if peak > _MAX_PLAUSIBLE_PEAK:
        samples /= np.float32(peak)
        notes.append(f"{label} has samples up to {peak:.3g} times full scale; it was scaled to full scale.")
    return Audio(samples, mixed.seconds, mixed.rate, mixed.channels, digest, tuple(notes))
