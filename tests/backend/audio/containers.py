"""Sound files of every usual container and codec, made with the encoders that are installed."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np
import soundfile

SECONDS = 2.0
HERTZ = 440.0


@dataclass(frozen=True)
class Made:
    """How a file is made.

    Attributes:
        container: FFmpeg's name of the container, or libsndfile's in capitals.
        codec: the encoder, or libsndfile's subtype.
        rate: Hz.
        layout: of the channels.
        film: encoder of a picture track beside the sound.
    """

    container: str
    codec: str
    rate: int
    layout: str = "mono"
    film: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.container, self.codec, str(self.rate), self.layout, self.film)))


PHONES_AND_CAMERAS = (
    Made("ipod", "aac", 44100, "stereo"),
    Made("mp4", "aac", 48000, "5.1", "mpeg4"),
    Made("mov", "aac", 48000, "stereo", "mpeg4"),
    Made("mov", "pcm_s24be", 48000, "stereo"),
    Made("mov", "alac", 44100),
    Made("mp4", "ac3", 48000, "5.1"),
    Made("mp4", "mp3", 44100),
    Made("mp4", "libopus", 48000),
    Made("mp4", "flac", 48000),
    Made("3gp", "libopencore_amrnb", 8000),
    Made("3g2", "aac", 16000),
    Made("amr", "libopencore_amrnb", 8000),
    Made("caf", "alac", 44100),
    Made("caf", "adpcm_ima_qt", 22050),
    Made("avi", "mp3", 44100, film="mpeg4"),
    Made("avi", "adpcm_ms", 22050),
    Made("mpegts", "ac3", 48000, "5.1"),
    Made("mpegts", "aac", 44100, "stereo", "mpeg2video"),
    Made("mpegts", "libopus", 48000),
    Made("mpeg", "mp2", 48000, "stereo", "mpeg2video"),
    Made("mxf", "pcm_s24le", 48000, "stereo", "mpeg2video"),
)
BROWSERS_AND_COMPUTERS = (
    Made("webm", "libopus", 48000, film="libvpx"),
    Made("matroska", "aac", 44100, "5.1"),
    Made("matroska", "eac3", 48000, "stereo", "mpeg4"),
    Made("ogg", "libopus", 48000),
    Made("ogg", "flac", 44100),
    Made("adts", "aac", 44100),
    Made("latm", "aac", 44100),
    Made("mp3", "libmp3lame", 22050, "stereo"),
    Made("mp2", "mp2", 44100),
    Made("ac3", "ac3", 48000, "5.1"),
    Made("eac3", "eac3", 48000, "stereo"),
    Made("asf", "wmav2", 44100, "stereo"),
    Made("flv", "nellymoser", 22050),
    Made("flv", "adpcm_swf", 22050),
    Made("rm", "real_144", 8000),
    Made("tta", "tta", 44100),
    Made("wv", "wavpack", 44100),
    Made("nut", "pcm_s16le", 44100),
    Made("wtv", "mp2", 48000, "stereo", "mpeg2video"),
    Made("wav", "pcm_s64le", 48000),
    Made("wav", "mp3", 44100),
    Made("aiff", "pcm_s24be", 44100),
    Made("au", "pcm_f32be", 44100),
    Made("w64", "pcm_s24le", 48000, "5.1"),
    Made("OGG", "VORBIS", 44100, "stereo"),
    Made("OGG", "OPUS", 48000),
    Made("FLAC", "PCM_24", 96000, "7.1"),
    Made("MP3", "MPEG_LAYER_III", 44100),
    Made("AIFF", "PCM_16", 44100, "stereo"),
    Made("CAF", "ALAC_16", 44100),
    Made("RF64", "PCM_24", 48000, "5.1"),
)
TELEPHONES = (
    Made("wav", "pcm_mulaw", 8000),
    Made("wav", "pcm_alaw", 8000),
    Made("wav", "adpcm_ima_wav", 8000),
    Made("wav", "adpcm_ms", 8000),
    Made("wav", "g722", 16000),
    Made("wav", "g726", 8000),
    Made("WAV", "GSM610", 8000),
    Made("au", "pcm_mulaw", 8000),
    Made("voc", "pcm_u8", 8000),
    Made("NIST", "ULAW", 8000),
)
RAW = {
    ".g722": Made("g722", "g722", 16000),
    ".g726": Made("g726", "g726", 8000),
    ".ul": Made("mulaw", "pcm_mulaw", 8000),
    ".al": Made("alaw", "pcm_alaw", 8000),
    ".sln": Made("s16le", "pcm_s16le", 8000),
    ".sln16": Made("s16le", "pcm_s16le", 16000),
    ".sbc": Made("sbc", "sbc", 44100, "stereo"),
}
CHANNELS = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}


def tone(made: Made, seconds: float = SECONDS) -> np.ndarray:
    """(frames, channels) of a sine."""
    wave = 0.4 * np.sin(2 * np.pi * HERTZ * np.arange(round(made.rate * seconds)) / made.rate)
    return np.repeat(wave[:, None], CHANNELS[made.layout], axis=1)


def file_of(
    made: Made, samples: np.ndarray | None = None, pictures: float | None = None, live: bool = False
) -> bytes:
    """The bytes of a file with ``samples``, (frames, channels), or a tone.

    The picture lasts ``pictures`` seconds, or as long as the sound; ``live``: the header tells no length.
    """
    samples = tone(made) if samples is None else samples
    file = io.BytesIO()
    if made.container.isupper():
        soundfile.write(file, samples, made.rate, format=made.container, subtype=made.codec)
        return file.getvalue()
    options = {"live": "1"} if live else {}
    with av.open(file, "w", format=made.container, options=options) as container:
        picture = None
        if made.film:
            picture = container.add_stream(made.film, rate=25)
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
        sound = container.add_stream(made.codec, rate=made.rate, layout=made.layout)
        if made.codec.startswith("wma"):
            sound.bit_rate = 64000
        packed = (samples * 32767).astype("<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "s16", made.layout)
        frame.sample_rate = made.rate
        frame.pts = 0
        shape = sound.codec_context
        convert = av.AudioResampler(
            shape.format.name, made.layout, made.rate, frame_size=shape.frame_size or None
        )
        if picture is not None:
            shown = len(samples) / made.rate if pictures is None else pictures
            for shade in range(round(25 * shown)):
                image = av.VideoFrame.from_ndarray(np.full((96, 64), shade % 255, np.uint8), "yuv420p")
                container.mux(picture.encode(image))
            container.mux(picture.encode(None))
        for piece in [*convert.resample(frame), *convert.resample(None)]:
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return file.getvalue()
