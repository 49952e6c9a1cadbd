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

from elocute.audio.decoding.ffmpeg_formats import CONTAINERS, DECLARES_LENGTH, RawFormat, audio_decoders
from elocute.audio.decoding.mp4_tables import has_room_for_its_samples
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
class _Opened:
    """A container whose first track of sound can be decoded."""

    container: Any
    track: Any
    size: int

    def expected_seconds(self) -> float:
        """Length by the header, 0 where it is only guessed from the bit rate or cannot be true."""
        track = self.track
        if self.container.format.name not in DECLARES_LENGTH or not track.duration or not track.time_base:
            return 0.0
        seconds = float(track.duration * track.time_base)
        if seconds <= 0.0 or self.size * 8.0 / seconds < _LOWEST_BIT_RATE:
            return 0.0
        if track.bit_rate:
            guess = self.size * 8.0 / track.bit_rate
            if abs(guess - seconds) < _SAME_ESTIMATE * seconds:
                return 0.0
        return seconds


def open_with_ffmpeg(
    stream: BinaryIO, label: str, check: Callable[[], None], raw: RawFormat | None = None
) -> SoundBlocks:
    """Open the first sound track of ``stream``.

    Args:
        stream: the file's bytes, seekable.
        label: what to call the sound in messages.
        check: called often; what it raises (``Cancelled``) ends the work.
        raw: the format where it cannot be told from the bytes.

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
        track = _sound_track(container, label)
        source.opened()
        opened = _Opened(container, track, size)
        damage = Damage()
        frames = _frames(opened, check, damage)
        first = next(frames, None)
    except BaseException:
        container.close()
        raise
    if first is None:
        rate, channels = int(track.rate or 0), int(track.channels or 0)
        blocks: Iterator[NDArray[np.float32]] = iter(())
    else:
        rate, channels = int(first.sample_rate), len(first.layout.channels)
        blocks = _in_one_shape(chain([first], frames), rate, channels, damage)
    return SoundBlocks(
        rate=rate,
        channels=channels,
        expected_frames=round(opened.expected_seconds() * rate),
        blocks=blocks,
        close=container.close,
        damage=damage,
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


def _sound_track(container: Any, label: str) -> Any:
    """The first track of sound that can be decoded."""
    tracks = container.streams.audio
    if not tracks:
        kind = "is a film that" if container.streams.video else "is a file that"
        raise InputError(
            f"{label} {kind} has no sound track.",
            "Choose the recording itself, or a film with sound.",
            code="no_sound_track",
        )
    readable = [track for track in tracks if track.codec_context is not None]
    if not readable:
        raise InputError(
            f"The sound of {label} is coded in a way that cannot be read.",
            "Export it as wav, flac, ogg, mp3 or m4a.",
            code="unknown_codec",
        )
    return readable[0]


def _frames(opened: _Opened, check: Callable[[], None], damage: Damage) -> Iterator[Any]:
    """Decoded frames; packets that cannot be decoded are left out and counted."""
    import av

    packets = opened.container.demux(opened.track)
    while True:
        check()
        try:
            packet = next(packets, None)
        except (av.FFmpegError, ValueError, OSError, IndexError):  # IndexError: of a track begun on the way
            damage.ended_early = True
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except EOFError:
            return
        except (av.FFmpegError, ValueError, OSError):
            damage.places += 1


def _in_one_shape(
    frames: Iterator[Any], rate: int, channels: int, damage: Damage
) -> Iterator[NDArray[np.float32]]:
    """Blocks of (frames, channels) at one rate, with silence where the timestamps leave a gap.

    Damaged and joined files change their rate or channels on the way.
    """
    begin: float | None = None
    count = 0
    shortest, longest = _GAP_SECONDS
    for frame in frames:
        block = _as_float(frame)
        if frame.sample_rate != rate and frame.sample_rate > 0 and len(block):
            block = np.asarray(soxr.resample(block, frame.sample_rate, rate), np.float32)
        if block.shape[1] != channels:
            block = np.repeat(block.mean(axis=1, keepdims=True), channels, axis=1)
        if frame.pts is not None and frame.time_base is not None:
            at = float(frame.pts * frame.time_base)
            begin = at - count / rate if begin is None else begin
            gap = at - begin - count / rate
            if shortest < gap < longest:
                silence = np.zeros((round(gap * rate), channels), np.float32)
                count += len(silence)
                damage.silent_s += gap
                yield silence
            elif abs(gap) >= longest:
                begin = at - count / rate
        count += len(block)
        yield block


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
