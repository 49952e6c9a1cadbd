from __future__ import annotations

import io
import struct
import sys

import av
import numpy as np
import pytest
import soundfile

from elocute.audio.decode import Audio, load_audio
from elocute.audio.decoding import ffmpeg_formats
from elocute.audio.decoding.ffmpeg_blocks import _open_container, open_with_ffmpeg
from elocute.errors import InputError
from tests.backend.audio.containers import (
    BROWSERS_AND_COMPUTERS,
    CHANNELS,
    HERTZ,
    PHONES_AND_CAMERAS,
    RAW,
    SECONDS,
    TELEPHONES,
    Made,
    file_of,
    tone,
)

pytestmark = pytest.mark.usefixtures("either_way")


def assert_is_the_tone(audio: Audio, made: Made) -> None:
    assert audio.seconds == pytest.approx(SECONDS, abs=0.11)
    assert (audio.source_rate, audio.channels) == (made.rate, CHANNELS[made.layout])
    middle = audio.samples[4000:-4000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert spectrum.argmax() * 16000 / len(middle) == pytest.approx(HERTZ, abs=3.0)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.25)
    assert audio.notes == ()


@pytest.mark.parametrize("made", PHONES_AND_CAMERAS + BROWSERS_AND_COMPUTERS + TELEPHONES, ids=str)
def test_what_phones_cameras_browsers_and_telephones_make_is_read(made):
    assert_is_the_tone(load_audio(file_of(made)), made)


@pytest.mark.parametrize("ending", RAW)
def test_raw_telephone_codecs_are_known_by_the_ending_of_their_name(tmp_path, ending):
    path = tmp_path / f"call{ending.upper()}"
    path.write_bytes(file_of(RAW[ending]))
    assert_is_the_tone(load_audio(path), RAW[ending])


def test_only_the_channels_of_sound_are_decoded_of_a_film():
    made = Made("matroska", "flac", 16000, "stereo", "mpeg4")
    blocks = open_with_ffmpeg(io.BytesIO(file_of(made)), "film", lambda: None)
    assert np.concatenate(list(blocks.blocks)).shape == (32000, 2)
    blocks.close()


def test_a_film_without_sound_says_so(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        container.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), "yuv420p")))
        container.mux(picture.encode(None))
    with pytest.raises(InputError, match=r"film\.mp4 is a film that has no sound track") as caught:
        load_audio(path)
    assert caught.value.code == "no_sound_track"


def test_a_flac_stream_of_unknown_length_is_read_to_its_end():
    content = bytearray(file_of(Made("FLAC", "PCM_16", 16000)))
    content[21] &= 0xF0  # total samples of STREAMINFO: 36 bits of 0
    content[22:26] = bytes(4)
    assert soundfile.info(io.BytesIO(bytes(content))).frames > 1 << 60
    audio = load_audio(bytes(content))
    assert (audio.seconds, audio.notes) == (SECONDS, ())


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000])
@pytest.mark.parametrize(
    "made", [Made("WAV", "PCM_16", 16000), Made("WAV", "FLOAT", 48000, "stereo")], ids=str
)
def test_a_wav_whose_header_was_never_completed_is_read_to_its_end(made, length):
    content = bytearray(file_of(made))
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", length)
    content[4:8] = struct.pack("<I", length)
    audio = load_audio(bytes(content))
    assert audio.seconds == pytest.approx(SECONDS, abs=1e-3)
    assert audio.notes == ()
    assert np.abs(audio.samples).max() == pytest.approx(0.4, abs=0.05)


CUT_WITH_LENGTH = (
    Made("WAV", "PCM_16", 16000),
    Made("WAV", "PCM_24", 48000, "5.1"),
    Made("RF64", "PCM_16", 16000),
    Made("W64", "PCM_16", 16000),
    Made("AIFF", "PCM_16", 16000),
    Made("AU", "PCM_16", 16000),
    Made("CAF", "PCM_16", 16000),
    Made("FLAC", "PCM_16", 16000),
    Made("MP3", "MPEG_LAYER_III", 16000),
    Made("NIST", "PCM_16", 16000),
)


@pytest.mark.parametrize("made", CUT_WITH_LENGTH, ids=str)
def test_a_file_that_was_cut_is_used_and_the_note_tells_how_much_is_missing(made):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (round(made.rate * SECONDS), 1))
    content = file_of(made, np.repeat(noise, CHANNELS[made.layout], axis=1))
    assert load_audio(content).notes == ()
    audio = load_audio(content[: len(content) // 2])
    assert 0.7 < audio.seconds < 1.1
    assert len(audio.notes) == 1
    assert "was cut short: its end is missing" in audio.notes[0]
    assert f"{audio.seconds:.2f} s of 2.0" in audio.notes[0]


@pytest.mark.parametrize(
    "made",
    [
        Made("matroska", "aac", 44100, "stereo", "mpeg4"),
        Made("avi", "mp3", 44100, "mono", "mpeg4"),
        Made("ogg", "libopus", 48000),
        Made("OGG", "VORBIS", 44100),
        Made("asf", "wmav2", 44100),
    ],
    ids=str,
)
def test_a_film_that_was_cut_is_used_with_a_note(made):
    content = file_of(made, np.random.default_rng(0).uniform(-0.5, 0.5, tone(made, 20.0).shape))
    assert load_audio(content).notes == ()
    audio = load_audio(content[: len(content) * 6 // 10])
    assert 2.0 < audio.seconds < 19.0
    assert "was cut short" in audio.notes[0]


def test_an_mp3_that_does_not_tell_its_length_has_no_note():
    made = Made("MP3", "MPEG_LAYER_III", 16000)
    rng = np.random.default_rng(0)
    loud_then_quiet = rng.uniform(-0.5, 0.5, (160000, 1)) * np.repeat([[1.0], [1e-3]], 80000, axis=0)
    content = file_of(made, loud_then_quiet)
    audio = load_audio(content[len(content) // 4 :])  # without the frame that holds the length
    assert 4.0 < audio.seconds < 9.0
    assert audio.notes == ()


def test_a_film_with_its_index_at_the_end_cannot_be_used_when_it_was_cut():
    content = file_of(Made("mp4", "aac", 44100))
    with pytest.raises(InputError, match="is damaged, or its end is missing") as caught:
        load_audio(content[: len(content) // 2])
    assert caught.value.code == "broken_audio"
    assert caught.value.hint == "Copy or export it again."


@pytest.mark.parametrize("made", [Made("webm", "libopus", 48000), Made("WAV", "PCM_16", 16000)], ids=str)
def test_of_a_file_of_which_too_little_is_left_is_said_that_it_was_cut(made):
    content = file_of(made)
    with pytest.raises(InputError, match=r"was cut short: only 0\..* s of its sound are there") as caught:
        load_audio(content[:3000])
    assert caught.value.hint == "Copy or export it again."


@pytest.mark.parametrize(
    ("content", "meaning"),
    [
        (b"#EXTM3U\n", "playlist"),
        (b"v=0\r\n", "session description"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS"),
        (b"PK\x03\x04" + bytes(100), "zip archive"),
        (b"{\\rtf1 hello}", "text document"),
    ],
)
def test_what_is_no_sound_is_called_what_it_is(content, meaning):
    with pytest.raises(InputError, match=meaning) as caught:
        load_audio(content)
    assert caught.value.code == "not_audio"


def test_a_header_that_promises_too_much_from_few_bytes_is_not_believed():
    content = bytearray(file_of(Made("FLAC", "PCM_16", 16000)))
    content[22:26] = struct.pack(">I", 16000 * 36000)  # ten hours
    audio = load_audio(bytes(content))
    assert audio.seconds == SECONDS
    made = Made("WAV", "PCM_16", 16000)
    with pytest.raises(
        InputError, match=r"lasts 0.03333 minutes; the longest recording accepted is"
    ) as caught:
        load_audio(file_of(made), max_seconds=0.5)
    assert caught.value.code == "too_long"
    with pytest.raises(InputError, match="is longer than"):
        load_audio(file_of(Made("adts", "aac", 44100)), max_seconds=0.5)


def test_a_film_without_its_package_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"line\.m4a cannot be read: .* package av") as caught:
        _open_container(io.BytesIO(b"\0\0\0\x18ftypM4A "), "line.m4a", None)
    assert "WAV" in caught.value.hint


def test_decoders_are_listed_once_and_packages_are_looked_for_each_time(monkeypatch):
    """The list takes a look at every codec; a package may be installed while the service runs."""
    assert ffmpeg_formats.audio_decoders() is ffmpeg_formats.audio_decoders()
    assert ffmpeg_formats.ffmpeg_is_there()
    monkeypatch.setattr(ffmpeg_formats, "find_spec", lambda _: None)
    assert not ffmpeg_formats.ffmpeg_is_there()
