"""Read any sound file as 16 kHz mono, or raise an error that says why it cannot be used."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from elocute.audio.ffmpeg_blocks import SoundBlocks, open_with_ffmpeg
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.progress import Progress

DEFAULT_MAX_SECONDS = 1800.0
_BLOCK_FRAMES = 1 << 17
_MAX_PLAUSIBLE_PEAK = 8.0  # float files beyond this hold integers that were never scaled
_CANCELLED_MIX = 0.05  # share of the loudest channel's power below which a mix has cancelled itself out


@dataclass(frozen=True)
class Audio:
    """A sound ready for analysis.

    Attributes:
        samples: (N,) float32 mono at 16 kHz, N = round(seconds * 16000), at least 1, without offset.
        seconds: exact length: frames decoded / source_rate.
        source_rate: sample rate of the file, Hz.
        channels: channels of the file.
        sha256: hex digest of the file's bytes.
        notes: sentences for the user about what was repaired.
    """

    samples: NDArray[np.float32]
    seconds: float
    source_rate: int
    channels: int
    sha256: str
    notes: tuple[str, ...] = ()


def load_audio(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    max_seconds: float = DEFAULT_MAX_SECONDS,
    progress: Progress | None = None,
) -> Audio:
    """Decode, mix down and resample a sound file.

    wav, flac, ogg, mp3, aiff and the like are read with libsndfile, everything else (m4a, aac, webm, the
    sound of a video) with FFmpeg. The mean is removed. Broken samples (NaN, infinite) become silence and
    are noted. Work is done block by block; memory is 4 bytes for each sample at 16 kHz.

    Args:
        source: a path, or the bytes of a file.
        name: what to call the sound in messages; by default the file's name.
        max_seconds: longest sound accepted.
        progress: stage ``decode``.

    Raises:
        InputError: ``missing_file``, ``is_folder``, ``unreadable_file``, ``empty_file``, ``not_audio``,
            ``no_samples``, ``bad_samples``, ``broken_audio`` or ``too_long`` as its code.
        Cancelled: ``progress`` was cancelled.
    """
    progress = progress or Progress()
    if isinstance(source, bytes):
        label = name or "The sound"
        stream: BinaryIO = io.BytesIO(source)
        size = len(source)
    else:
        path = Path(source)
        label = name or path.name
        _check_file(path, label)
        try:
            stream = path.open("rb")
        except OSError as error:
            raise InputError(
                f"{label} cannot be read: {error.strerror}.",
                "Check the file's permissions.",
                code="unreadable_file",
            ) from error
        size = path.stat().st_size
    with stream:
        if size == 0:
            raise InputError(f"{label} is empty (0 bytes).", "Export the recording again.", code="empty_file")
        digest = _sha256(stream)
        mixed = _mix_to_mono(stream, label, max_seconds, progress, channel=None)
        if mixed.cancels_out:
            mixed = _mix_to_mono(stream, label, max_seconds, progress, channel=mixed.loudest)
            mixed.notes.append(
                f"The channels of {label} cancel each other out, so only channel {mixed.loudest + 1} is used."
            )
    return _finish(mixed, label, digest)


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _check_file(path: Path, label: str) -> None:
    if path.is_dir():
        raise InputError(f"{label} is a folder.", "Choose a sound file.", code="is_folder")
    if not path.exists():
        raise InputError(f"There is no file {path}.", "Check the name and folder.", code="missing_file")
    if not path.is_file():
        raise InputError(f"{path} is not a regular file.", "Choose a sound file.", code="unreadable_file")


@dataclass
class _Mixed:
    samples: NDArray[np.float32]
    frames: int
    rate: int
    channels: int
    bad_samples: int
    loudest: int
    cancels_out: bool
    notes: list[str]


def _mix_to_mono(
    stream: BinaryIO, label: str, max_seconds: float, progress: Progress, channel: int | None
) -> _Mixed:
    """Read the whole stream once as mono at 16 kHz: the mean of all channels, or one of them."""
    stream.seek(0)
    blocks = _open_blocks(stream, label)
    too_long = InputError(
        f"{label} is longer than {max_seconds / 60:.4g} minutes.",
        "Cut it into shorter pieces or raise the limit.",
        code="too_long",
    )
    if blocks.expected_frames > max_seconds * blocks.rate + 1:
        blocks.close()
        raise too_long
    resampler = soxr.ResampleStream(blocks.rate, SAMPLE_RATE, 1, dtype="float32")
    pieces: list[NDArray[np.float32]] = []
    frames = bad = 0
    power = np.zeros(blocks.channels)
    mix_power = 0.0
    try:
        for raw in _guarded(blocks, label):
            finite = np.isfinite(raw)
            bad += int(raw.size - np.count_nonzero(finite))
            block = raw if finite.all() else np.where(finite, raw, np.float32(0.0))
            frames += len(block)
            if frames > max_seconds * blocks.rate + 1:
                raise too_long
            mono = block.mean(axis=1) if channel is None else np.ascontiguousarray(block[:, channel])
            power += np.square(block, dtype=np.float64).sum(axis=0)
            mix_power += float(np.square(mono, dtype=np.float64).sum())
            pieces.append(resampler.resample_chunk(mono))
            progress.report("decode", frames / max(blocks.expected_frames, frames, 1))
    finally:
        blocks.close()
    pieces.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    if frames == 0:
        raise InputError(f"{label} contains no samples.", "Export the recording again.", code="no_samples")
    if bad == frames * blocks.channels:
        raise InputError(
            f"Every sample of {label} is invalid (not a number).",
            "Export the recording again.",
            code="bad_samples",
        )
    loudest = int(power.argmax())
    return _Mixed(
        samples=np.concatenate(pieces),
        frames=frames,
        rate=blocks.rate,
        channels=blocks.channels,
        bad_samples=bad,
        loudest=loudest,
        cancels_out=channel is None and mix_power < _CANCELLED_MIX * power[loudest] / blocks.channels,
        notes=[],
    )


def _guarded(blocks: SoundBlocks, label: str) -> Iterator[NDArray[np.float32]]:
    """The blocks, with a decoder's complaint about a damaged file turned into a sentence."""
    try:
        yield from blocks.blocks
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise InputError(
            f"{label} is damaged and cannot be read to its end.",
            "Export the recording again.",
            code="broken_audio",
        ) from error


def _open_blocks(stream: BinaryIO, label: str) -> SoundBlocks:
    try:
        sound = soundfile.SoundFile(stream)
    except soundfile.LibsndfileError:
        stream.seek(0)
        return open_with_ffmpeg(stream, label)
    return SoundBlocks(
        rate=int(sound.samplerate),
        channels=int(sound.channels),
        expected_frames=max(int(sound.frames), 0),
        blocks=_libsndfile_blocks(sound),
        close=sound.close,
    )


def _libsndfile_blocks(sound: Any) -> Iterator[NDArray[np.float32]]:
    while True:
        block = sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        if not len(block):
            return
        yield block


def _finish(mixed: _Mixed, label: str, digest: str) -> Audio:
    notes = mixed.notes
    if mixed.bad_samples:
        notes.append(
            f"{label} contained {mixed.bad_samples} invalid samples (not a number); they were set to zero."
        )
    seconds = mixed.frames / mixed.rate
    count = max(round(seconds * SAMPLE_RATE), 1)
    samples = np.zeros(count, np.float32)
    kept = mixed.samples[:count]
    samples[: len(kept)] = kept
    samples -= np.float32(samples.mean(dtype=np.float64))
    peak = float(np.abs(samples).max())
    if peak > _MAX_PLAUSIBLE_PEAK:
        samples /= np.float32(peak)
        notes.append(f"{label} has samples up to {peak:.3g} times full scale; it was scaled to full scale.")
    return Audio(samples, seconds, mixed.rate, mixed.channels, digest, tuple(notes))
