"""Every moment of a sound is where the file's clock places it, whatever is lost or late."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from elocute.audio.decode import Audio, load_audio
from elocute.audio.segment import Segment
from elocute.errors import InputError, SettingsError
from elocute.front_end import RememberingAnalyser
from elocute.progress import Progress
from tests.backend.audio.containers import Made, file_of
from tests.backend.audio.films import PULSE_AT, RATE, Film, beep, film_of, without_packets

pytestmark = pytest.mark.usefixtures("either_way")

FILMS = (
    Film("mp4", "aac"),
    Film("mov", "pcm_s16le"),
    Film("3gp", "aac"),
    Film("matroska", "flac"),
    Film("webm", "libopus", "libvpx"),
    Film("mpegts", "aac"),
    Film("mpeg", "mp2", "mpeg2video"),
    Film("flv", "aac", "flv"),
)
HAS_PRIMING = {"mpegts", "mpeg", "flv"}
"""Containers that do not tell how much of the sound is the encoder's own beginning: some 25 ms."""
LOSSES = (
    Film("ipod", "aac", ""),
    Film("mp4", "aac"),
    Film("mov", "aac"),
    Film("mp4", "mp3", ""),
    Film("mp4", "libopus", ""),
    Film("mp4", "ac3", ""),
    Film("3g2", "aac", ""),
)


def beep_at(audio: Audio) -> float:
    """Seconds at which the beep is heard."""
    return float(np.flatnonzero(np.abs(audio.samples) > 0.3)[0]) / 16000


@pytest.mark.parametrize("late", [0.12, 1.5])
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_a_film_whose_sound_begins_later_is_silent_until_then(film, late):
    content = film_of(film, [beep(1.5)], late)
    close = 0.03 if film.container in HAS_PRIMING else 0.003
    audio = load_audio(content, name="film")
    assert beep_at(audio) == pytest.approx(late + PULSE_AT, abs=close)
    assert audio.sound_begins == pytest.approx(late, abs=0.03)
    assert audio.notes == (
        f"The sound of film begins {audio.sound_begins:.2f} s after the film does; until then it is silent.",
    )
    sound = load_audio(content, name="film", from_first_sound=True)
    assert beep_at(sound) == pytest.approx(beep_at(audio) - audio.sound_begins, abs=1e-3)
    assert sound.sound_begins == 0.0
    assert sound.sha256 != audio.sha256
    assert "times count from its first moment" in sound.notes[0]
    assert load_audio(content).notes[0].startswith("The sound begins ")


@pytest.mark.parametrize("film", [FILMS[0], FILMS[3], FILMS[5]], ids=str)
def test_sound_that_begins_after_all_that_is_looked_at_when_a_film_is_opened(film):
    """No container tells then when it begins."""
    audio = load_audio(film_of(film, [beep(1.0)], 40.0))
    assert beep_at(audio) == pytest.approx(40.0 + PULSE_AT, abs=0.03)


@pytest.mark.parametrize("film", FILMS, ids=str)
def test_a_film_that_begins_with_its_sound_has_no_note(film):
    audio = load_audio(film_of(film, [beep(1.5)]))
    assert beep_at(audio) == pytest.approx(PULSE_AT, abs=0.03)
    assert (audio.notes, audio.sound_begins) == ((), 0.0)


@pytest.mark.parametrize("filling", [0x00, 0xFF])
@pytest.mark.parametrize(("first", "count"), [(0.0, 1), (0.0, 3), (0.1, 1), (0.2, 4)])
@pytest.mark.parametrize("film", LOSSES, ids=str)
def test_what_follows_lost_packets_is_not_early(film, first, count, filling):
    whole = film_of(film, [beep(1.5)])
    audio = load_audio(without_packets(whole, first, count, filling))
    assert beep_at(audio) == pytest.approx(beep_at(load_audio(whole)), abs=0.004)


@pytest.mark.parametrize("film", [Film("mpegts", "aac"), Film("mpegts", "ac3")], ids=str)
def test_packets_that_a_stream_lost_on_the_way_are_silent(film):
    whole = film_of(film, [beep(1.5)])
    content = bytearray(whole)
    for place in range(20 * 188, 34 * 188, 188):  # packets of the transport that nobody can read
        content[place : place + 188] = bytes(188)
    assert beep_at(load_audio(bytes(content))) == pytest.approx(beep_at(load_audio(whole)), abs=0.004)


def test_a_clock_that_shakes_makes_no_holes():
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        track = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for number in range(100):
            frame = av.AudioFrame.from_ndarray(np.full((1, 320), 9000, np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 16000, number * 320 + (number % 3 == 1) * 300
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    audio = load_audio(file.getvalue())
    assert audio.seconds == pytest.approx(2.0, abs=1e-3)
    assert audio.notes == ()


def test_a_decoder_that_keeps_the_first_sound_back_makes_nothing_late():
    made = Made("asf", "wmav2", 44100, "stereo")
    samples = np.zeros((44100 * 2, 2))
    samples[44100:48510] = 0.8 * np.sin(np.arange(4410) / 14.0)[:, None]
    # 46 ms are the encoder's, of which the file does not tell; another 92 would be added.
    content = file_of(made, samples)
    assert beep_at(load_audio(content)) == pytest.approx(0.954, abs=0.01)
    # Nor are they, where a loss has the rest placed exactly.
    assert beep_at(load_audio(without_packets(content, 0.25, 2, 0x00))) == pytest.approx(0.954, abs=0.01)


def test_a_picture_on_the_cover_is_no_film():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        image = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for packet in cover.encode(image):
            container.mux(packet)
        frame = av.AudioFrame.from_ndarray(beep(1.5)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, RATE
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    audio = load_audio(file.getvalue())
    assert beep_at(audio) == pytest.approx(PULSE_AT, abs=0.03)
    assert audio.notes == ()


@pytest.fixture
def dubbed() -> bytes:
    """A film with three sound tracks."""
    return film_of(Film("mp4", "aac"), [beep(1.5), beep(1.5, 1000.0), beep(1.5, 2000.0)])


def hertz_of(audio: Audio) -> float:
    return float(np.abs(np.fft.rfft(audio.samples)).argmax()) / audio.seconds


def test_of_several_sound_tracks_a_note_tells_that_the_first_is_used(dubbed):
    for track in (1, 2, 3):
        audio = load_audio(dubbed, name="film", track=track)
        assert hertz_of(audio) == pytest.approx(500.0 * 2 ** (track - 1), abs=10.0)
        told = (
            "film has 3 sound tracks; the first is used. Another is chosen with the part of the recording, "
            "/2 for example (--segment /2).",
        )
        assert audio.notes == (told if track == 1 else ())


@pytest.mark.parametrize("broken", [1, 2])
def test_the_note_names_the_track_that_is_used_where_the_first_cannot_be_read(broken):
    whole = film_of(Film("mov", "pcm_s16le"), [beep(1.5), beep(1.5, 1000.0), beep(1.5, 2000.0)])
    unknown = whole.replace(b"sowt", b"zzzz", broken)  # the codec of the first tracks
    assert unknown != whole
    audio = load_audio(unknown, name="film")
    assert hertz_of(audio) == pytest.approx(500.0 * 2**broken, abs=10.0)
    told = f"film has 3 sound tracks; track {broken + 1}, the first that can be read, is used."
    if broken == 1:
        told += " Another is chosen with the part of the recording, /3 for example (--segment /3)."
    assert audio.notes == (told,)
    assert load_audio(unknown, name="film", track=broken + 1).notes == ()


@pytest.mark.parametrize("track", [4, 99])
def test_a_track_that_is_not_there_is_refused(dubbed, track):
    refuses_track(dubbed, "3 sound tracks", track)


@pytest.mark.parametrize("track", [2, 4, 99])
def test_of_a_recording_there_is_one_track(track):
    refuses_track(file_of(Made("WAV", "PCM_16", 16000)), "one sound track", track)


def refuses_track(content: bytes, count: str, track: int) -> None:
    with pytest.raises(InputError, match=f"has {count}, so there is no track {track}") as refused:
        load_audio(content, name="line", track=track)
    assert refused.value.code == "no_track"


def test_a_segment_names_the_track_and_every_one_is_a_sound_of_its_own(dubbed, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(dubbed)
    front_end = RememberingAnalyser(60.0)
    opened = [
        front_end.open(path, segment, Progress())
        for segment in (None, Segment.parse("/2"), Segment.parse("0.25-1/3@1"))
    ]
    assert [round(hertz_of(audio) / 500.0) for audio in opened] == [1, 2, 4]
    assert opened[2].seconds == pytest.approx(0.75)
    assert len({audio.sha256 for audio in opened}) == 3
    whole = front_end.open(path, Segment(from_first_sound=True), Progress())
    assert whole.sha256 == opened[0].sha256


@pytest.mark.parametrize("text", ["/0", "/a", "/", "1/2", "1-2@1/2", "/-1", "/1.5", "1-2/2/3"])
def test_what_names_no_track(text):
    with pytest.raises(SettingsError):
        Segment.parse(text)


@pytest.mark.parametrize("text", ["/2", "1.5-2/2", "1.5-/3@2", "/2@1"])
def test_the_text_of_a_track_reads_as_itself(text):
    segment = Segment.parse(text)
    assert segment.track in (2, 3)
    assert Segment.parse(str(segment)) == segment
