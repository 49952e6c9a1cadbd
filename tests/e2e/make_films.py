"""Films and sounds in films' containers, with what FFmpeg decodes of each, for make_models.py."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import av
import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from elocute.audio.decoding.ffmpeg_blocks import open_with_ffmpeg  # noqa: E402

KINDS = {
    "memo.m4a": ("mp4", "aac", "mono", False),
    "lossless.m4a": ("mp4", "alac", "stereo", False),
    "film.mp4": ("mp4", "aac", "stereo", True),
    "dubbed.mp4": ("mp4", "aac", "mono", True),
    "film.mov": ("mov", "pcm_s16le", "stereo", True),
    "surround, ä.mp4": ("mp4", "aac", "5.1", True),
    "film.mkv": ("matroska", "flac", "stereo", True),
    "browser.webm": ("webm", "libopus", "mono", False),
    "radio.aac": ("adts", "aac", "stereo", False),
    "camera.avi": ("avi", "mp2", "stereo", True),
    "recorder.ts": ("mpegts", "aac", "stereo", True),
    "tape.mpg": ("mpeg", "mp2", "stereo", True),
}
RATE = 48_000


def write_film(path, voice, container, codec, layout, pictures):
    """Write ``voice`` (N,) at 48 kHz, louder in every further channel, perhaps with pictures."""
    with av.open(str(path), "w", format=container) as film:
        sounds = [film.add_stream(codec, rate=RATE) for _ in range(1 + ("dubbed" in path.name))]
        for sound in sounds:
            sound.codec_context.layout = layout
        channels = len(av.AudioLayout(layout).channels)
        if pictures:
            picture = film.add_stream("mpeg2video" if container == "mpeg" else "mpeg4", rate=25)
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
            for number in range(len(voice) * 25 // RATE):
                image = np.full((48, 64, 3), number % 256, np.uint8)
                for packet in picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                    film.mux(packet)
            film.mux(picture.encode(None))
        values = np.stack([voice * (1.0 - 0.1 * c) for c in range(channels)]).astype(np.float32)
        for number, sound in enumerate(sounds):
            frame = av.AudioFrame.from_ndarray(values / (1 + number), format="fltp", layout=layout)
            frame.sample_rate = RATE
            resampler = av.AudioResampler(format=sound.format.name, layout=layout, rate=RATE)
            waiting = av.AudioFifo()
            for part in resampler.resample(frame):
                waiting.write(part)
            while (part := waiting.read(sound.codec_context.frame_size or 1024, partial=True)) is not None:
                film.mux(sound.encode(part))
            film.mux(sound.encode(None))


def make_film(path, voice, kind):
    """Make one, and beside it the samples of its tracks; return their rate."""
    write_film(path, voice, *kind)
    with path.open("rb") as stream:
        blocks = open_with_ffmpeg(stream, path.name, lambda: None)
        np.save(path.with_name(f"{path.name}.npy"), np.concatenate(list(blocks.blocks)))
    if blocks.tracks > 1:
        with path.open("rb") as stream:
            second = open_with_ffmpeg(stream, path.name, lambda: None, track=1)
            np.save(path.with_name(f"{path.name}.2.npy"), np.concatenate(list(second.blocks)))
    return blocks.rate


def make(folder, recording):
    """Make all of them; return the path and rate of each film, beside which lie its samples as ``.npy``,
    (frames, channels) float32. Of one that cannot be made, say with a codec that FFmpeg lacks, ``failed``
    says why: the tests of films fail then, and no others."""
    voice, rate = soundfile.read(recording, dtype="float32")
    places = np.arange(int(len(voice) * RATE / rate)) * rate / RATE
    voice = np.interp(places, np.arange(len(voice)), voice).astype(np.float32)
    made = {}
    for name, kind in KINDS.items():
        try:
            made[name] = {"path": str(folder / name), "rate": make_film(folder / name, voice, kind)}
        except Exception:  # noqa: BLE001 - whatever it is, whoever asks for this film fails with it
            made[name] = {"failed": traceback.format_exc()}
    return made
