"""Whatever is done to a sound file, it is read or refused in one sentence."""

from __future__ import annotations

import io
import struct
import sys
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elocute.audio.decode import load_audio
from elocute.audio.decoding.ffmpeg_blocks import _frames, _Opened
from elocute.audio.decoding.mp4_tables import has_room_for_its_samples
from elocute.audio.decoding.sound_blocks import Damage
from elocute.errors import InputError
from tests.backend.audio.containers import CHANNELS, Made, file_of

pytestmark = pytest.mark.usefixtures("either_way")

KINDS = (
    Made("WAV", "PCM_16", 16000),
    Made("WAV", "PCM_24", 48000, "stereo"),
    Made("WAV", "GSM610", 8000),
    Made("wav", "adpcm_ms", 8000),
    Made("FLAC", "PCM_16", 16000),
    Made("OGG", "VORBIS", 44100),
    Made("OGG", "OPUS", 48000),
    Made("MP3", "MPEG_LAYER_III", 44100),
    Made("AIFF", "PCM_16", 16000),
    Made("AU", "ULAW", 8000),
    Made("CAF", "PCM_16", 16000),
    Made("W64", "PCM_16", 16000),
    Made("NIST", "PCM_16", 16000),
    Made("ipod", "aac", 44100, "stereo"),
    Made("mov", "alac", 44100),
    Made("3gp", "libopencore_amrnb", 8000),
    Made("amr", "libopencore_amrnb", 8000),
    Made("ac3", "ac3", 48000, "5.1"),
    Made("eac3", "eac3", 48000, "stereo"),
    Made("mp2", "mp2", 44100),
    Made("adts", "aac", 44100),
    Made("webm", "libopus", 48000),
    Made("matroska", "aac", 44100, "5.1"),
    Made("asf", "wmav2", 44100),
    Made("avi", "mp3", 44100, "mono", "mpeg4"),
    Made("flv", "nellymoser", 22050),
    Made("mpegts", "ac3", 48000, "stereo"),
    Made("rm", "real_144", 8000),
    Made("wv", "wavpack", 44100),
    Made("tta", "tta", 44100),
)
LEADS = (b"", b"RIFF", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"FORM", b"caff", b"NIST_1A\n", b"OggS")
ODD_NUMBERS = (0, 1, 33, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@cache
def whole(made: Made) -> bytes:
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (made.rate, CHANNELS[made.layout]))
    return file_of(made, samples)


def read_or_refused(content: bytes) -> None:
    try:
        audio = load_audio(content, name="line")
    except InputError as error:
        refusal = error
    else:
        refusal = None
    if refusal is not None:
        assert "line" in refusal.message
        assert refusal.message.endswith(".")
        assert "\n" not in str(refusal)
        assert refusal.hint
        return
    assert np.isfinite(audio.samples).all()
    assert len(audio.samples) == max(round(audio.seconds * 16000), 1)
    assert audio.seconds < 60.0
    assert all(note.endswith(".") and "\n" not in note for note in audio.notes)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A file with bytes changed, numbers of its head replaced, parts cut out, doubled or zeroed."""
    content = bytearray(whole(draw(st.sampled_from(KINDS))))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)) | st.integers(0, min(400, len(content))))
        length = draw(st.integers(1, 3000))
        match draw(st.integers(0, 6)):
            case 0:
                content[place : place + 1] = draw(st.binary(max_size=8))
            case 1:
                del content[place : place + length]
            case 2:
                del content[place:]
            case 3:
                content[place : place + length] = bytes(len(content[place : place + length]))
            case 4:
                content[place:place] = content[place : place + length]
            case 5:
                layout = draw(st.sampled_from(["<H", ">H", "<I", ">I", "<Q", ">Q"]))
                number = draw(st.sampled_from(ODD_NUMBERS)) & ((1 << (8 * struct.calcsize(layout))) - 1)
                content[place : place + struct.calcsize(layout)] = struct.pack(layout, number)
            case _:
                if place < len(content):
                    content[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(content)


@settings(max_examples=150, deadline=None)
@given(mutations())
def test_any_damage_is_a_sound_or_one_sentence(content):
    read_or_refused(content)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"RIFF", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"FORM", b"caff"]),
)
def test_any_bytes_are_a_sound_or_one_sentence(rest, lead):
    read_or_refused(lead + rest)


@pytest.mark.parametrize("bits", [0, 1, 7, 12, 20, 33, 64, 65535])
@pytest.mark.parametrize("codec", [1, 3, 0xFFFE, 0x1234])
def test_odd_numbers_of_bits(bits, codec):
    content = bytearray(whole(KINDS[0]))
    struct.pack_into("<H", content, 20, codec)
    struct.pack_into("<H", content, 34, bits)
    read_or_refused(bytes(content))


@pytest.mark.parametrize("rate", [0, 1, 999, 2**31, 2**32 - 1])
@pytest.mark.parametrize("channels", [0, 1, 300, 65535])
def test_odd_rates_and_channels(rate, channels):
    content = bytearray(whole(KINDS[0]))
    struct.pack_into("<H", content, 22, channels)
    struct.pack_into("<I", content, 24, rate)
    read_or_refused(bytes(content))


@pytest.mark.parametrize("made", KINDS, ids=str)
def test_every_kind_is_read_when_whole(made):
    assert load_audio(whole(made)).seconds == pytest.approx(1.0, abs=0.12)


def test_a_header_that_leads_before_the_start_is_not_told_of_on_stderr(monkeypatch):
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    content = bytearray(whole(Made("AIFF", "PCM_16", 16000)))
    struct.pack_into(">Q", content, 32, 0)
    read_or_refused(bytes(content))
    assert not told


def test_a_title_that_is_no_text_does_not_matter():
    made = Made("ipod", "aac", 44100)
    file = io.BytesIO()
    with av.open(io.BytesIO(whole(made))) as given, av.open(file, "w", format="ipod") as container:
        container.metadata["title"] = "TITLE"
        track = container.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                container.mux(packet)
    content = file.getvalue()
    assert b"TITLE" in content
    assert load_audio(content.replace(b"TITLE", b"\xff\xfe\xc0\x80\xff")).notes == ()


@pytest.mark.parametrize("table", ["stsz", "stts"])
@pytest.mark.parametrize("count", [50_000_000, 0xFFFFFFFF])
def test_an_index_of_more_samples_than_bytes_is_refused_before_room_is_made_for_it(table, count):
    content = bytearray(whole(Made("ipod", "aac", 44100)))
    place = content.index(table.encode())
    struct.pack_into(">II", content, place + 8, 2 if table == "stsz" else 1, count)
    assert not has_room_for_its_samples(io.BytesIO(bytes(content)))
    with pytest.raises(InputError, match="lists more than the file can hold") as caught:
        load_audio(bytes(content))
    assert caught.value.code == "broken_audio"


def test_a_fragment_of_more_samples_than_bytes_is_refused():
    made = Made("ismv", "aac", 44100)
    content = bytearray(file_of(made))
    assert has_room_for_its_samples(io.BytesIO(bytes(content)))
    assert load_audio(bytes(content)).seconds > 1.9
    struct.pack_into(">I", content, content.index(b"trun") + 8, 60_000_000)
    assert not has_room_for_its_samples(io.BytesIO(bytes(content)))


def test_packets_that_cannot_be_decoded_are_left_out_and_told_of():
    content = bytearray(whole(Made("ac3", "ac3", 48000, "5.1")))
    for place in range(len(content) // 3, len(content) // 2):
        content[place] ^= 0x55
    audio = load_audio(bytes(content))
    assert 0.5 < audio.seconds <= 1.1
    assert "damaged" in audio.notes[0]


def test_what_is_missing_by_the_timestamps_is_silent():
    """What follows a lost part would be early otherwise."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        track = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for start in (0, 16000, 64000, 64400):  # 2 s are lost; 25 ms are the jitter of a clock
            samples = np.tile(np.array([9000, -9000], np.int16), 8000)[None]
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.sample_rate, frame.pts = 16000, start
            if start == 64400:
                frame.pts += 16000
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    audio = load_audio(file.getvalue())
    assert audio.seconds == pytest.approx(6.0, abs=0.01)
    loud = np.flatnonzero(audio.samples > 0.0) / 16000
    assert loud[np.diff(loud, prepend=0.0).argmax()] == pytest.approx(4.0, abs=0.01)
    assert audio.notes == ("The sound has gaps of 2.00 s in all, which are silent.",)


def test_a_track_that_begins_on_the_way_ends_the_sound():
    """PyAV fails with an IndexError where a damaged stream begins another track while it is read."""

    class Container:
        def demux(self, track):
            yield from [][track]

        format = SimpleNamespace(name="mpegts")

    damage = Damage()
    assert list(_frames(_Opened(Container(), 0, 1), lambda: None, damage)) == []
    assert damage.ended_early


FILMS = (
    Made("webm", "libopus", 48000),
    Made("webm", "libopus", 48000, film="libvpx"),
    Made("matroska", "aac", 44100, "stereo"),
    Made("matroska", "eac3", 48000, "stereo", "mpeg4"),
    Made("asf", "wmav2", 44100),
    Made("flv", "aac", 44100),
    Made("avi", "mp3", 44100, film="mpeg4"),
)


@pytest.mark.parametrize("damage", [bytes, np.random.default_rng(1).bytes], ids=["zeros", "noise"])
@pytest.mark.parametrize("made", FILMS, ids=str)
def test_a_film_whose_rest_cannot_be_read_says_so(made, damage):
    """FFmpeg ends such a film as if it were over."""
    content = film(made)
    half = len(content) // 2
    audio = load_audio(content[:half] + damage(len(content) - half))
    assert audio.seconds < 2.5
    assert any("damaged after" in note or "cut short" in note for note in audio.notes), audio.notes


def test_a_damaged_head_of_a_block_loses_no_sound_in_silence():
    """Of Matroska: whatever bytes are damaged, where the sound ends early a note says so."""
    content, early = film(FILMS[0]), 0
    for place in range(len(content) // 4, len(content) * 3 // 4, len(content) // 60):
        damaged = bytearray(content)
        damaged[place : place + 64] = bytes(64)
        audio = load_audio(bytes(damaged))
        if audio.seconds < 3.5:
            early += 1
            assert "damaged after" in audio.notes[0]
    assert early


@pytest.mark.parametrize("made", FILMS, ids=str)
@pytest.mark.parametrize("picture", [4.0, 12.0])
def test_nothing_is_said_of_a_whole_film(made, picture):
    """Also where its sound ends before its picture."""
    assert load_audio(film(made, picture)).notes == ()


SLIDES = (
    Made("webm", "libopus", 48000, film="libvpx"),
    Made("matroska", "aac", 44100, film="mpeg4"),
    Made("asf", "wmav2", 44100, film="msmpeg4"),
    Made("flv", "aac", 44100, film="flv1"),
    Made("avi", "mp3", 44100, film="mpeg4"),
    Made("avi", "pcm_s16le", 44100, film="mpeg4"),
)


@pytest.mark.parametrize("made", SLIDES, ids=str)
@pytest.mark.parametrize("ticks", [25, 1000])
def test_nothing_is_said_of_a_whole_film_whose_last_picture_stays(made, ticks):
    """Not every container tells for how long."""
    assert load_audio(slides(made, ticks)).notes == ()


@pytest.mark.parametrize("made", [Made("matroska", "pcm_s16le", 8000), FILMS[0], FILMS[1]], ids=str)
def test_a_length_that_is_only_guessed_is_missed_by_nobody(made):
    """As browsers record: the header tells none, and FFmpeg guesses from what a second takes."""
    content = file_of(made, live=True)
    padding = (
        b"\xec\x10" + struct.pack(">I", len(content))[1:]
    )  # an element of that length which holds nothing
    assert load_audio(content + padding + bytes(len(content))).notes == ()


def film(made: Made, picture: float = 4.0) -> bytes:
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (4 * made.rate, CHANNELS[made.layout]))
    return file_of(made, samples, picture)


def slides(made: Made, ticks: int) -> bytes:
    """A film of 12 s with sound in its first 4 and two pictures, the second from 2 s on.

    Pictures have times in ``ticks`` a second.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=made.container) as container:
        picture = container.add_stream(made.film, rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 96, "yuv420p"
        picture.codec_context.time_base = Fraction(1, ticks)
        sound = container.add_stream(made.codec, rate=made.rate, layout=made.layout)
        if made.codec.startswith("wma"):
            sound.bit_rate = 64000
        packets = []
        for second in (0, 2):
            image = av.VideoFrame.from_ndarray(np.zeros((144, 64), np.uint8), "yuv420p")
            image.pts, image.time_base = second * ticks, Fraction(1, ticks)
            packets += picture.encode(image)
        for packet, seconds in zip([*packets, *picture.encode(None)], (2, 10), strict=True):
            packet.duration = seconds * ticks
            container.mux(packet)
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 4 * made.rate)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, "fltp", made.layout)
        frame.sample_rate, frame.pts = made.rate, 0
        shape = sound.codec_context
        convert = av.AudioResampler(
            shape.format.name, made.layout, made.rate, frame_size=shape.frame_size or None
        )
        for piece in [*convert.resample(frame), *convert.resample(None)]:
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return file.getvalue()
