"""What a Blender of its own has decoded is passed on as a WAV file; here a small program stands in for it."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from addon.core.backend import film_sound, generation
from addon.core.backend.film_sound import MARK, FilmDecoder, FilmSound, no_decoder, wave_header
from addon.core.backend.messages import JobSettings
from addon.core.backend.upload import Upload
from addon.core.errors import Cancelled, UserError
from addon.core.job import JobControl

MOST = 10_000_000
CHATTER = "Blender 9.9.9 (hash 123)\\nRead prefs: nothing\\n"
DECODED = f"""
import os, sys
os.write(1, b"{CHATTER}")
print(sys.argv[-3:], os.environ["TMPDIR"], file=open(os.environ["TMPDIR"] + "/told", "w"))
sys.stdout.buffer.write(b'\\nELOCUTE-SOUND {{"rate": 8000, "channels": 2, "frames": 100000}}\\n')
sys.stdout.buffer.write(bytes(range(250)) * 3200)
sys.stdout.flush()
print("Blender quit")
"""
ENDLESS = "import time; time.sleep(600)"


def decoder(program: str, temporary: Path) -> FilmDecoder:
    return FilmDecoder((sys.executable, "-c", program), temporary)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film's name; what stands for Blender does not look at it."""
    path = tmp_path / "töne, 1.mp4"
    path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    return path


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where Blender keeps what it needs while it runs."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_the_file_is_as_long_as_it_says_and_nothing_is_left(film: Path, temporary: Path) -> None:
    with FilmSound(decoder(DECODED, temporary), film, MOST, JobControl()) as sound:
        assert [len(list(folder.iterdir())) for folder in temporary.iterdir()] == [1]
        upload = Upload("audio", sound, JobSettings())
        body = b"".join(upload.pieces())
    assert len(body) == upload.size
    assert wave_header(8000, 2, 100_000) + bytes(range(250)) * 3200 in body
    assert list(temporary.iterdir()) == []


def test_the_head_is_that_of_a_wave_file() -> None:
    head = wave_header(48_000, 6, 10)
    assert (head[:4], head[8:16], head[-8:-4]) == (b"RIFF", b"WAVEfmt ", b"data")
    assert struct.unpack("<I", head[4:8]) == (len(head) + 240 - 8,)
    assert struct.unpack("<HHIIHHH", head[20:38]) == (3, 6, 48_000, 48_000 * 24, 24, 32, 0)
    assert struct.unpack("<I", head[-4:]) == (240,)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(3)", "cannot be read by Blender."),
        (f"print('x' * {2 * 1024 * 1024})", "cannot be read by Blender."),
        ("""print('ELOCUTE-SOUND {"error": "unreadable"}')""", "damaged, or a film without sound."),
        (
            """print('ELOCUTE-SOUND {"error": "too_large", "seconds": 90.0}')""",
            "longer than 1.5 minutes, more than the service accepts (10 MB).",
        ),
        ("""print('ELOCUTE-SOUND {"rate": 8000, "channels": 2, "frames": 0}')""", "has no samples."),
        ("""print('ELOCUTE-SOUND {"rate": 0, "channels": 2, "frames": 9}')""", "has no samples."),
    ],
)
def test_what_cannot_be_decoded_is_one_sentence(program: str, said: str, film: Path, temporary: Path) -> None:
    with (
        pytest.raises(UserError) as caught,
        FilmSound(decoder(program, temporary), film, MOST, JobControl()),
    ):
        raise AssertionError("it was entered")
    assert film.name in caught.value.message
    assert caught.value.message.endswith(said)
    assert caught.value.hint
    assert list(temporary.iterdir()) == []


def test_a_blender_that_cannot_be_started_is_told(film: Path, temporary: Path) -> None:
    nowhere = FilmDecoder((str(temporary / "no blender"),), temporary)
    with (
        pytest.raises(UserError, match="Blender cannot be started to read the sound of"),
        FilmSound(nowhere, film, MOST, JobControl()),
    ):
        raise AssertionError("it was entered")
    assert list(temporary.iterdir()) == []
    gone = FilmDecoder((sys.executable,), temporary / "gone")
    with pytest.raises(UserError, match="cannot be started"), FilmSound(gone, film, MOST, JobControl()):
        raise AssertionError("it was entered")


def test_one_that_stops_while_it_sends_is_told(film: Path, temporary: Path) -> None:
    program = DECODED.replace("3200", "100")
    with (
        FilmSound(decoder(program, temporary), film, MOST, JobControl()) as sound,
        pytest.raises(UserError, match="stopped while it was read"),
    ):
        list(sound.pieces())
    assert list(temporary.iterdir()) == []


def test_one_that_says_nothing_is_given_up(
    film: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_sound, "_DECODE_SECONDS", 0.2)
    with (
        pytest.raises(UserError, match="takes too long to read"),
        FilmSound(decoder(ENDLESS, temporary), film, MOST, JobControl()),
    ):
        raise AssertionError("it was entered")


@pytest.mark.parametrize("begun", [False, True])
def test_cancelling_ends_the_child(
    begun: bool, film: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def remembered(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **named))
        return started[0]

    monkeypatch.setattr(film_sound.subprocess, "Popen", remembered)
    control = JobControl()
    # Its end comes first where it has begun, so that sending is what waits.
    program = DECODED.replace("3200", "100") + ENDLESS if begun else ENDLESS
    threading.Timer(1.0 if begun else 0.3, control.cancelled.set).start()
    with (
        pytest.raises(Cancelled),
        FilmSound(decoder(program, temporary), film, MOST, control) as sound,
    ):
        list(sound.pieces())
    assert started[0].poll() is not None
    assert list(temporary.iterdir()) == []


def test_no_thread_stays(film: Path, temporary: Path) -> None:
    program = DECODED.replace("100000", "1000000").replace("3200", "32000")
    with FilmSound(decoder(program, temporary), film, MOST, JobControl()):
        time.sleep(0.5)  # nothing is taken, so its reader waits for room
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline and any(t.name == "elocute-film-sound" for t in threading.enumerate()):
        time.sleep(0.02)
    assert not [thread for thread in threading.enumerate() if thread.name == "elocute-film-sound"]


def test_the_childs_output_holds_nothing_but_the_sound() -> None:
    """The two programs agree on the mark."""
    script = Path(film_sound.__file__).parents[2] / "blender" / "decode_film.py"
    assert repr(b"\n" + MARK)[2:-1] in script.read_text()


class Service:
    """A client that knows what it is sent, and goes no further."""

    def __init__(self, reads_films: bool, most: int = MOST) -> None:
        self.reads_films, self.most, self.sent = reads_films, most, b""
        self.settings = JobSettings()

    def health(self) -> SimpleNamespace:
        return SimpleNamespace(reads_films=self.reads_films, max_upload_bytes=self.most)

    def submit(self, audio: Any, settings: JobSettings, **_: Any) -> None:
        self.sent, self.settings = b"".join(Upload("audio", audio, settings).pieces()), settings
        raise Cancelled


def sent(
    service: Service, audio: Path | bytes, films: FilmDecoder | None, segment: str | None = None
) -> bytes:
    client: Any = service
    with pytest.raises(Cancelled):
        generation.generate(lambda: client, audio, JobSettings(segment=segment), JobControl(), films=films)
    return service.sent


def test_only_a_film_that_the_service_cannot_read_is_decoded_here(film: Path, temporary: Path) -> None:
    films = decoder(DECODED, temporary)
    decoded = wave_header(8000, 2, 100_000)
    assert decoded in sent(Service(False), film, films)
    assert film.read_bytes() in sent(Service(True), film, films)
    assert film.read_bytes() in sent(Service(False), film.read_bytes(), films)
    other = film.with_suffix(".wav")
    other.write_bytes(b"RIFF\0\0\0\0WAVE")
    assert other.read_bytes() in sent(Service(False), other, films)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("segment", "rest"), [("/2", None), ("1-2/2@1", "1-2@1"), ("1-2", "1-2"), (None, None)]
)
def test_the_child_decodes_the_track_and_the_service_cuts_the_rest(
    segment: str | None, rest: str | None, film: Path, temporary: Path
) -> None:
    tracks = DECODED.replace('"frames"', '"tracks": 3, "frames"').replace(
        "import os, sys", "import os, sys; assert sys.argv[-1] == '0'"
    )
    wanted = tracks.replace("== '0'", "== '1'") if "/2" in (segment or "") else tracks
    service = Service(False)
    sent(service, film, decoder(wanted, temporary), segment)
    assert service.settings == JobSettings(segment=rest, from_first_sound=True)
    with FilmSound(decoder(tracks, temporary), film, MOST, JobControl()) as sound:
        assert sound.notes == (
            f"{film.name} has 3 sound tracks; the first is used. "
            "Another is chosen with the part of the recording, /2 for example (--segment /2).",
        )


def test_a_track_that_the_film_has_not_is_refused(film: Path, temporary: Path) -> None:
    with (
        pytest.raises(UserError, match="has one sound track, so there is no track 2"),
        FilmSound(decoder(DECODED, temporary), film, MOST, JobControl(), 2),
    ):
        raise AssertionError("it was entered")


def test_times_of_a_film_count_from_its_first_sound_as_the_sequencer_plays_it(film: Path) -> None:
    service = Service(True)
    sent(service, film, None, "1-2/2")
    assert service.settings == JobSettings(segment="1-2/2", from_first_sound=True)
    other = film.with_suffix(".wav")
    other.write_bytes(b"RIFF\0\0\0\0WAVE")
    sent(service, other, None, "1-2")
    assert service.settings == JobSettings(segment="1-2")


def test_a_film_that_is_too_large_to_send_is_sent_as_its_sound(film: Path, temporary: Path) -> None:
    with film.open("ab") as file:
        file.truncate(MOST + 1)
    assert wave_header(8000, 2, 100_000) in sent(Service(True), film, decoder(DECODED, temporary))


def test_without_any_decoder_a_film_is_refused_before_it_is_sent(film: Path) -> None:
    service: Any = Service(False)
    with pytest.raises(UserError) as caught:
        generation.generate(lambda: service, film, JobSettings(), JobControl())
    assert caught.value.message == no_decoder(film).message
    assert film.name in caught.value.message
    assert service.sent == b""
    assert film.read_bytes() in sent(Service(True), film, None)


def test_its_own_temporary_folder_is_what_the_child_is_told(film: Path, temporary: Path) -> None:
    with FilmSound(decoder(DECODED, temporary), film, MOST, JobControl()):
        (folder,) = temporary.iterdir()
        told = (folder / "told").read_text()
    assert told == f"{[str(film), str(MOST), '0']} {folder}\n"


def test_no_more_is_decoded_than_a_wave_file_holds(film: Path, temporary: Path) -> None:
    """Also where a service accepts more."""
    with FilmSound(decoder(DECODED, temporary), film, 2**40, JobControl()):
        (folder,) = temporary.iterdir()
        most = int((folder / "told").read_text().partition("]")[0].split("'")[-4])
    assert most > 2**32 - 1000
    wave_header(1, 1, most // 4)
    with pytest.raises(struct.error):
        wave_header(1, 1, most // 4 + 1)
