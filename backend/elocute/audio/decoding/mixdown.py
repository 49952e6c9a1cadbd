"""The channels of a sound as one, at 16 kHz, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from elocute.audio.decoding.channels import ChannelSurvey
from elocute.audio.decoding.sound_blocks import Damage, SoundBlocks
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.progress import Progress

CANCELLED_MIX: Final = 0.05
"""Share of the loudest channel's power below which a mix has cancelled itself out."""


class TooLong(Exception):
    """The sound goes on beyond the limit."""


@dataclass(frozen=True)
class Mixed:
    """A sound as mono.

    Attributes:
        samples: mono at 16 kHz.
        frames: frames that were read, at the file's rate.
        rate: the file's sample rate, Hz.
        channels: the file's channels.
        expected_frames: frames by the file's header, 0 where unknown.
        bad_samples: samples that were no numbers, of all channels.
        survey: what the channels hold.
        mix_share: power of the mix relative to that of the loudest channel.
        damage: what could not be read.
        tracks: sound tracks of the file.
        track: which of them this is, counted from 1.
    """

    samples: NDArray[np.float32]
    frames: int
    rate: int
    channels: int
    expected_frames: int
    bad_samples: int
    survey: ChannelSurvey
    mix_share: float
    damage: Damage
    tracks: int
    track: int

    @property
    def seconds(self) -> float:
        """Length of what was read."""
        return self.frames / self.rate

    @property
    def complete(self) -> bool:
        """True where nothing hints at a part that could not be read."""
        return self.frames > 0 and not self.damage.places and not self.damage.ended_early


class _Growing:
    """Samples that come in pieces, in one array from the start: pieces joined in the end are there twice.

    Args:
        expected: how many there will probably be; room that is never written to costs nothing.
        max_seconds: how much of that is believed.
    """

    def __init__(self, expected: int, max_seconds: float) -> None:
        most = round(min(max_seconds, expected / SAMPLE_RATE) * SAMPLE_RATE)
        self._room = np.empty(max(most, 0) + SAMPLE_RATE, np.float32)
        self._count = 0

    def add(self, piece: NDArray[np.float32]) -> None:
        """The next ones."""
        needed = self._count + len(piece)
        if needed > len(self._room):
            room = np.empty(max(needed, len(self._room) * 3 // 2), np.float32)
            room[: self._count] = self._room[: self._count]
            self._room = room
        self._room[self._count : needed] = piece
        self._count = needed

    def samples(self) -> NDArray[np.float32]:
        """All of them; may be changed."""
        return self._room[: self._count]


def mix_to_mono(
    blocks: SoundBlocks, max_seconds: float, progress: Progress, channel: int | None = None
) -> Mixed:
    """Read all of a sound: the mean of its channels, or one of them. Closes ``blocks``.

    Raises:
        TooLong: it is longer than ``max_seconds``.
        Cancelled: ``progress`` was cancelled.
    """
    resampler = soxr.ResampleStream(blocks.rate, SAMPLE_RATE, 1, dtype="float32")
    mixed = _Growing(round(blocks.expected_frames / blocks.rate * SAMPLE_RATE), max_seconds)
    frames = bad = 0
    survey = ChannelSurvey(blocks.channels, blocks.rate)
    mix_power = 0.0
    try:
        for raw in blocks.blocks:
            finite = np.isfinite(raw)
            bad += int(raw.size - np.count_nonzero(finite))
            block = raw if finite.all() else np.where(finite, raw, np.float32(0.0))
            frames += len(block)
            if frames > max_seconds * blocks.rate + 1:
                raise TooLong
            mono = block.mean(axis=1) if channel is None else np.ascontiguousarray(block[:, channel])
            survey.add(block)
            mix_power += float(np.square(mono, dtype=np.float64).sum())
            mixed.add(resampler.resample_chunk(mono))
            progress.report("decode", frames / max(blocks.expected_frames, frames, 1))
    finally:
        blocks.close()
    mixed.add(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    loudest = survey.loudest_power
    return Mixed(
        samples=mixed.samples(),
        frames=frames,
        rate=blocks.rate,
        channels=blocks.channels,
        expected_frames=blocks.expected_frames,
        bad_samples=bad,
        survey=survey,
        mix_share=mix_power / loudest if loudest > 0.0 else 1.0,
        damage=blocks.damage,
        tracks=blocks.tracks,
        track=blocks.track,
    )
