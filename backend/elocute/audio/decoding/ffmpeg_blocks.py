"""Read what libsndfile cannot (m4a, amr, webm, the sound of a film) with FFmpeg, block by block.

FFmpeg gets nothing but the bytes: no name, no protocol, and only containers that hold their data
themselves (:mod:`elocute.audio.decoding.ffmpeg_formats`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Final, NoReturn

import numpy as np
import soxr
from numpy.typing import NDArray

from elocute.audio.decoding.ffmpeg_formats import (
    CONTAINERS,
    DECLARES_LENGTH,
    DECLARES_LENGTH_OF_FILM,
    DECLARES_LENGTH_OF_PICTURES,
    DECLARES_LENGTH_OF_TRACKS,
    RawFormat,
    audio_decoders,
)
from elocute.audio.decoding.mp4_tables import has_room_for_its_samples
from elocute.audio.decoding.naming import sound_of
from elocute.audio.decoding.sound_blocks import Damage, SoundBlocks
from elocute.errors import InputError

OPEN_SECONDS: Final = 20.0
"""Longest time that finding out what a file is may take."""

_PROBE_BYTES = 8_000_000
_ANALYSE_MICROSECONDS = 10_000_000
_MOST_STREAMS = 100
_LOWEST_BIT_RATE = 400.0
_SAME_ESTIMATE = 0.02
_GAP_SECONDS = (0.1, 30.0)
"""Gaps in the timestamps that become silence; shorter ones are rounding, longer ones a clock that was set."""
_ROUNDING_SECONDS = 0.002
"""What timestamps are off by; a gap of more is that of a packet where one is missing."""
_PACKET_SHARE = 0.75
"""Of a packet's length: a step of the clock by this much more than that is a packet that is missing."""
_SILENT_PIECE_SECONDS = 1.0
_MISSING_SECONDS, _MISSING_SHARE = 0.3, 0.02
"""How much sooner than its header says a film ends, at least, whose rest could not be read."""


class _TooSlow(Exception):
    """The file was not understood in time."""


class _OnlyBytes:
    """The stream as FFmpeg sees it: without a name, stopped when cancelled or too slow."""

    def __init__(self, stream: BinaryIO, check: Callable[[], None]) -> None:
        self._stream = stream
        self._check = check
        self._deadline: float | None = time.monotonic() + OPEN_SECONDS

    def opened(self) -> None:
        """From now on only cancelling stops it."""
        self._deadline = None

    def read(self, count: int) -> bytes:
        self._may_go_on()
        return self._stream.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._may_go_on()
        return self._stream.seek(offset, whence & 3)  # FFmpeg adds flags of its own

    def tell(self) -> int:
        return self._stream.tell()

    def _may_go_on(self) -> None:
        self._check()
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise _TooSlow


@dataclass(frozen=True)
class _Beginnings:
    """By the file's clock, in seconds.

    Attributes:
        film: when the first of what is heard and seen begins; None where the file does not tell.
        sound: when the track of sound begins, never before it.
        length: of the film, 0 where unknown.
    """

    film: float | None
    sound: float | None
    length: float


def _start_of(track: Any) -> float | None:
    """When a track begins by the file's clock; None where it does not tell. A cover begins with its sound."""
    if track.start_time is None or not track.time_base:
        return None
    return float(track.start_time * track.time_base)


@dataclass(frozen=True)
class _Promise:
    """What a header tells of the end.

    Attributes:
        end: when what is in ``tracks`` is over by the file's clock, in seconds; 0 where it does not tell.
        tracks: none stands for all.
    """

    end: float
    tracks: tuple[Any, ...]


@dataclass(frozen=True)
class _Opened:
    """A container whose first track of sound can be decoded."""

    container: Any
    track: Any
    size: int

    @property
    def tracks(self) -> int:
        """Tracks of sound."""
        return len(self.container.streams.audio)

    @property
    def number(self) -> int:
        """Which of them is open, counted from 1."""
        return int(self.container.streams.audio.index(self.track)) + 1

    def beginnings(self) -> _Beginnings:
        """When the film begins, and when its sound does."""
        heard_or_seen = [*self.container.streams.audio, *self.container.streams.video]
        starts = [start for each in heard_or_seen if (start := _start_of(each)) is not None]
        film, sound = min(starts, default=None), _start_of(self.track)
        if film is None or sound is None:
            return _Beginnings(film, film, 0.0)
        return _Beginnings(film, sound, float(self.container.duration or 0) / 1e6)

    def promise(self) -> _Promise:
        """What the header tells of the file's end; nothing where that is only guessed."""
        container, untold = self.container, _Promise(0.0, (self.track,))
        name = container.format.name
        if name not in DECLARES_LENGTH_OF_FILM or not container.duration:
            return untold
        rates = [each.bit_rate for each in container.streams if each.type in ("audio", "video")]
        seconds = float(container.duration) / 1e6
        if all(rates) and self._is_guessed(seconds, sum(rates)):
            return untold
        if container.streams.video and name not in DECLARES_LENGTH_OF_PICTURES:
            if name not in DECLARES_LENGTH_OF_TRACKS or not self.track.duration:
                return untold
            end = (self.track.start_time or 0) + self.track.duration
            return _Promise(float(end * self.track.time_base), (self.track,))
        return _Promise(seconds, ())

    def expected_seconds(self) -> float:
        """Length by the header, 0 where it is only guessed from the bit rate or cannot be true."""
        track = self.track
        if self.container.format.name not in DECLARES_LENGTH or not track.duration or not track.time_base:
            return 0.0
        seconds = float(track.duration * track.time_base)
        if seconds <= 0.0 or self.size * 8.0 / seconds < _LOWEST_BIT_RATE:
            return 0.0
        return 0.0 if track.bit_rate and self._is_guessed(seconds, track.bit_rate) else seconds

    def _is_guessed(self, seconds: float, bit_rate: float) -> bool:
        """Whether a length is as long as FFmpeg guesses from the bit rate where a file tells none."""
        return abs(self.size * 8.0 / bit_rate - seconds) < _SAME_ESTIMATE * seconds


def open_with_ffmpeg(
    stream: BinaryIO,
    label: str,
    check: Callable[[], None],
    raw: RawFormat | None = None,
    *,
    track: int = 0,
    from_first_sound: bool = False,
) -> SoundBlocks:
    """Open a sound track of ``stream``.

    The sound is as late as in the film: it is silent from the film's beginning to its own. What could not be
    decoded is silent too, so that nothing after it is early.

    Args:
        stream: the file's bytes, seekable.
        label: what to call the sound in messages.
        check: called often; what it raises (``Cancelled``) ends the work.
        raw: the format where it cannot be told from the bytes.
        track: which of the file's, counted from 0; 0 and one too many open the first that can be decoded.
        from_first_sound: leave out the silence before the sound begins; ``Damage.late_s`` tells of it still.

    Raises:
        InputError: ``not_audio``, ``broken_audio``, ``no_sound_track`` or ``unknown_codec`` as its code.
    """
    if not has_room_for_its_samples(stream):
        raise InputError(
            f"{label} is damaged: its index lists more than the file can hold.",
            "Export the recording again.",
            code="broken_audio",
        )
    size = stream.seek(0, 2)
    stream.seek(0)
    source = _OnlyBytes(stream, check)
    container = _open_container(source, label, raw)
    try:
        chosen = _sound_track(container, label, track)
        source.opened()
        opened = _Opened(container, chosen, size)
        damage = Damage()
        frames = _frames(opened, check, damage)
        first = next(frames, None)
    except BaseException:
        container.close()
        raise
    if first is None:
        rate, channels = int(chosen.rate or 0), int(chosen.channels or 0)
        blocks: Iterator[NDArray[np.float32]] = iter(())
    else:
        rate, channels = int(first.sample_rate), len(first.layout.channels)
        placing = _Placing(rate, opened.beginnings(), damage, from_first_sound)
        blocks = _placed(_pieces(chain([first], frames), rate, channels, damage), placing, rate)
    return SoundBlocks(
        rate=rate,
        channels=channels,
        expected_frames=round(opened.expected_seconds() * rate),
        blocks=blocks,
        close=container.close,
        damage=damage,
        tracks=opened.tracks,
        track=opened.number,
    )


def _open_container(source: _OnlyBytes, label: str, raw: RawFormat | None) -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise InputError(
            f"{label} cannot be read: its format needs the Python package av, which is not installed.",
            "Convert the recording to WAV or FLAC; or, in Blender, press Set up in the add-on's preferences.",
        ) from error

    try:
        return av.open(
            source,
            mode="r",
            format=None if raw is None else raw.name,
            container_options={
                **({} if raw is None else raw.options),
                "format_whitelist": ",".join(CONTAINERS),
                "codec_whitelist": audio_decoders(),
                "protocol_whitelist": "none",
                "probesize": str(_PROBE_BYTES),
                "formatprobesize": str(1 << 20),
                "analyzeduration": str(_ANALYSE_MICROSECONDS),
                "max_streams": str(_MOST_STREAMS),
            },
            metadata_errors="replace",
            timeout=(OPEN_SECONDS, OPEN_SECONDS),
            io_open=_open_nothing,
        )
    except (av.FFmpegError, ValueError, OSError, _TooSlow) as error:
        raise InputError(
            f"{label} is not a sound file that can be read.",
            "Use wav, flac, ogg, mp3 or m4a.",
            code="not_audio",
        ) from error


def _open_nothing(url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    """FFmpeg asks for another file or address that the recording names."""
    raise PermissionError(f"a recording may not open {url[:100]!r}")


def _sound_track(container: Any, label: str, number: int) -> Any:
    """A track of sound that can be decoded."""
    tracks = container.streams.audio
    if not tracks:
        kind = "is a film that" if container.streams.video else "is a file that"
        raise InputError(
            f"{label} {kind} has no sound track.",
            "Choose the recording itself, or a film with sound.",
            code="no_sound_track",
        )
    readable = [track for track in tracks if track.codec_context is not None]
    if 0 < number < len(tracks):
        readable = [track for track in (tracks[number],) if track.codec_context is not None]
    if not readable:
        raise InputError(
            f"{sound_of(label)} is coded in a way that cannot be read.",
            "Export it as wav, flac, ogg, mp3 or m4a.",
            code="unknown_codec",
        )
    return readable[0]


def _frames(opened: _Opened, check: Callable[[], None], damage: Damage) -> Iterator[Any]:
    """Decoded frames; packets that cannot be decoded are left out and counted."""
    import av

    promise, end = opened.promise(), 0.0
    # Its sound may end before a film does: the packets of all tracks tell whether it was read to its end.
    packets = opened.container.demux(*promise.tracks)
    while True:
        check()
        try:
            packet = next(packets, None)
        except (av.FFmpegError, ValueError, OSError, IndexError):  # IndexError: of a track begun on the way
            damage.ended_early = True
            return
        if packet is None:
            break
        end = max(end, _end_of(packet))
        if packet.stream.index != opened.track.index:
            continue
        try:
            yield from packet.decode()
        except EOFError:
            break
        except (av.FFmpegError, ValueError, OSError):
            damage.places += 1
    if promise.end - end > max(_MISSING_SECONDS, _MISSING_SHARE * promise.end):
        damage.ended_early = True


def _end_of(packet: Any) -> float:
    """When what a packet holds is over by the file's clock, in seconds; 0 where it does not tell."""
    begins = [time for time in (packet.pts, packet.dts) if time is not None]
    if not begins or not packet.time_base:
        return 0.0
    return float((max(begins) + (packet.duration or 0)) * packet.time_base)


@dataclass(frozen=True)
class _Piece:
    """One decoded frame.

    Attributes:
        values: (frames, channels) float32.
        at: when it is heard by the file's clock, seconds; None where that is not known.
        damaged: places that could not be decoded before it.
    """

    values: NDArray[np.float32]
    at: float | None
    damaged: int


class _Placing:
    """Finds what is missing before each piece of sound by the file's clock.

    Args:
        rate: samples a second of what is placed.
        beginnings: of the film and its sound.
        damage: told what is silent.
        from_first_sound: place the first sound at 0.
    """

    def __init__(self, rate: int, beginnings: _Beginnings, damage: Damage, from_first_sound: bool) -> None:
        self._rate = rate
        self._beginnings = beginnings
        self._damage = damage
        self._from_first_sound = from_first_sound
        self._begin = 0.0  # what the file's clock shows at the first sample
        self._count = 0
        self._damaged = 0
        self._last: _Piece | None = None

    def missing(self, piece: _Piece, following: _Piece | None) -> int:
        """Frames that are to be silent before ``piece``; ``following`` comes after it."""
        if piece.at is None:
            return self._placed(0, piece)
        shortest, longest = _GAP_SECONDS
        first = self._last is None
        late = self._late(piece, piece.at) if first else 0
        gap = self._gap(piece.at, late)
        if first and not piece.damaged and 0.0 < gap <= shortest:  # the decoder's delay
            self._begin += gap
        if abs(gap) >= longest:
            self._begin += gap
            return self._placed(late, piece)
        if piece.damaged > self._damaged or self._packet_is_missing(piece.at):
            shortest = _ROUNDING_SECONDS
            if following is not None and following.at is not None:  # a clock that shakes steps back again
                gap = min(gap, self._gap(following.at, late + len(piece.values)))
        if gap > shortest:
            self._damage.silent_s += gap
            return self._placed(late + round(gap * self._rate), piece)
        return self._placed(late, piece)

    def _gap(self, at: float, frames: int) -> float:
        return at - self._begin - (self._count + frames) / self._rate

    def _placed(self, silent: int, piece: _Piece) -> int:
        self._count += silent + len(piece.values)
        self._last, self._damaged = piece, piece.damaged
        return silent

    def _packet_is_missing(self, at: float) -> bool:
        last = self._last
        if last is None or last.at is None:
            return False
        length = len(last.values) / self._rate
        return at - last.at - length > max(_PACKET_SHARE * length, _ROUNDING_SECONDS)

    def _late(self, piece: _Piece, at: float) -> int:
        """Frames of silence before the sound itself begins; ``at`` is when its first piece is heard."""
        film, sound = self._beginnings.film, self._beginnings.sound
        if film is None or sound is None:
            self._begin = at
            return 0
        if not piece.damaged and at - sound > _GAP_SECONDS[0]:
            sound = at  # it begins so late that it was not met when the file was opened
        late = max(sound - film, 0.0)
        self._begin = sound
        if late >= max(_GAP_SECONDS[1], self._beginnings.length):  # a clock that was set
            return 0
        if late > _ROUNDING_SECONDS:
            self._damage.late_s = late
        if self._from_first_sound:
            return 0
        self._begin = film
        return round(late * self._rate)


def _pieces(frames: Iterator[Any], rate: int, channels: int, damage: Damage) -> Iterator[_Piece]:
    """Decoded frames in one shape: damaged and joined files change their rate or channels on the way."""
    for frame in frames:
        block = _as_float(frame)
        if frame.sample_rate != rate and frame.sample_rate > 0 and len(block):
            block = np.asarray(soxr.resample(block, frame.sample_rate, rate), np.float32)
        if block.shape[1] != channels:
            block = np.repeat(block.mean(axis=1, keepdims=True), channels, axis=1)
        timed = frame.pts is not None and frame.time_base is not None
        yield _Piece(block, float(frame.pts * frame.time_base) if timed else None, damage.places)


def _placed(pieces: Iterator[_Piece], placing: _Placing, rate: int) -> Iterator[NDArray[np.float32]]:
    """Blocks of (frames, channels), with silence where the timestamps leave a gap."""
    longest = max(round(_SILENT_PIECE_SECONDS * rate), 1)
    piece = next(pieces, None)
    while piece is not None:
        following = next(pieces, None)
        missing = placing.missing(piece, following)
        for begin in range(0, missing, longest):
            yield np.zeros((min(longest, missing - begin), piece.values.shape[1]), np.float32)
        yield piece.values
        piece = following


def _as_float(frame: Any) -> NDArray[np.float32]:
    """(frames, channels) float32 of a decoded frame, full scale 1."""
    import av

    channels = len(frame.layout.channels)
    if frame.format.name.startswith("s64"):  # which has no array of its own
        frame = av.AudioResampler("dbl", frame.layout, frame.sample_rate).resample(frame)[0]
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, channels)
    if values.dtype == np.uint8:
        return np.asarray((values.astype(np.float32) - 128.0) / 128.0)
    if np.issubdtype(values.dtype, np.integer):
        return np.asarray(values.astype(np.float32) / np.float32(-float(np.iinfo(values.dtype).min)))
    return np.ascontiguousarray(values, np.float32)
