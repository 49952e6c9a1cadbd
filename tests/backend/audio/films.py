"""Films whose sound begins when it is told to, and sounds of which packets are lost."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

RATE = 48_000
PULSE_AT = 0.5
"""Seconds from the first sound to a beep of a tenth of a second; all else is silent."""


@dataclass(frozen=True)
class Film:
    """How a film is made: FFmpeg's container, and the codecs of sound and picture, "" for none."""

    container: str
    sound: str
    picture: str = "mpeg4"

    def __str__(self) -> str:
        return f"{self.container}-{self.sound}"


def beep(seconds: float, hertz: float = 500.0) -> np.ndarray:
    """(N,) at 48 kHz."""
    samples = np.zeros(round(RATE * seconds), np.float32)
    begin, moments = round(PULSE_AT * RATE), np.arange(RATE // 10) / RATE
    samples[begin : begin + len(moments)] = 0.8 * np.sin(2 * np.pi * hertz * moments)
    return samples


def film_of(film: Film, tracks: Sequence[np.ndarray], late: float = 0.0) -> bytes:
    """A film with ``tracks`` of sound, each (N,) at 48 kHz, begun ``late`` seconds after its picture."""
    file = io.BytesIO()
    with av.open(file, "w", format=film.container) as container:
        packets = []
        if film.picture:
            picture = container.add_stream(film.picture, rate=25)
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
            for number in range(round(25 * (late + len(tracks[0]) / RATE))):
                image = av.VideoFrame.from_ndarray(
                    np.full((48, 64, 3), number % 256, np.uint8), format="rgb24"
                )
                image.pts, image.time_base = number, Fraction(1, 25)
                packets += picture.encode(image)
            packets += picture.encode(None)
        sounds = [container.add_stream(film.sound, rate=RATE, layout="mono") for _ in tracks]
        for sound, samples in zip(sounds, tracks, strict=True):
            packets += _encoded(sound, samples, round(late * RATE))
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return file.getvalue()


def _encoded(sound: av.AudioStream, samples: np.ndarray, begin: int) -> list[av.Packet]:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate = RATE
    resampler = av.AudioResampler(format=sound.format.name, layout="mono", rate=RATE)
    waiting, packets = av.AudioFifo(), []
    for part in resampler.resample(frame):
        waiting.write(part)
    while (part := waiting.read(sound.codec_context.frame_size or 1024, partial=True)) is not None:
        part.pts, part.time_base = begin, Fraction(1, RATE)
        begin += part.samples
        packets += sound.encode(part)
    return packets + sound.encode(None)


def without_packets(content: bytes, first: float, count: int, filling: int) -> bytes:
    """A file in which ``count`` packets of sound hold one byte over and over, from the share ``first`` on."""
    with av.open(io.BytesIO(content)) as container:
        packets = [packet for packet in container.demux(container.streams.audio[0]) if packet.size]
        places = [(packet.pos, packet.size) for packet in packets]
    damaged = bytearray(content)
    begin = round(first * len(places))
    for place, size in places[begin : begin + count]:
        damaged[place : place + size] = bytes([filling]) * size
    return bytes(damaged)
