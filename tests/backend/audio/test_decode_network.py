"""A recording makes nothing but itself be read: no address, no other file, whatever it is called."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from elocute.audio.decode import load_audio
from elocute.audio.decoding import ffmpeg_blocks, ffmpeg_formats
from elocute.audio.decoding.decoder import decode_sound
from elocute.errors import Cancelled, InputError
from elocute.progress import Progress

pytestmark = pytest.mark.usefixtures("either_way")


class Watch:
    """A server on this machine that must stay alone, and the sockets that this process opens."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.port = self.server.getsockname()[1]
        self.opened: set[str] = set()
        self._before = _sockets()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.is_set():
            self.opened |= _sockets() - self._before
            time.sleep(0.0005)

    def end(self) -> None:
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(BlockingIOError):
            self.server.accept()
            self.opened.add("a connection to the server")
        self.server.close()


def _sockets() -> set[str]:
    found = set()
    for entry in os.scandir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = str(Path(entry.path).readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


@pytest.fixture
def watch() -> Iterator[Watch]:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("open sockets are listed in /proc")
    watch = Watch()
    yield watch
    watch.end()


def hostile(port: int, other: Path) -> dict[str, bytes]:
    """Texts that name an address or another file, by the format that would open it."""
    url = f"http://127.0.0.1:{port}/a.ts"
    return {
        "sdp": (
            b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=audio 18470 RTP/AVP 0\r\n"
            b"c=IN IP4 127.0.0.1\r\na=rtpmap:0 PCMU/8000\r\n"
        ),
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n".encode(),
        "local m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n".encode(),
        "concat": f"ffconcat version 1.0\nfile '{url}'\n".encode(),
        "local concat": f"ffconcat version 1.0\nfile '{other}'\n".encode(),
        "ffmetadata": f";FFMETADATA1\ntitle={url}\n[STREAM]\n".encode(),
        "dash": (
            '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT9S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
            f"<BaseURL>{url}</BaseURL><Period><AdaptationSet mimeType='audio/mp4'>"
            f"<Representation id='1' bandwidth='9'><BaseURL>{url}</BaseURL></Representation>"
            "</AdaptationSet></Period></MPD>"
        ).encode(),
        "smil": f'<smil><body><audio src="{url}"/></body></smil>'.encode(),
        "imf": (
            b'<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
            b"</CompositionPlaylist>"
        ),
        "pls": f"[playlist]\nFile1={url}\nNumberOfEntries=1\n".encode(),
        "asx": f'<asx version="3.0"><entry><ref href="{url}"/></entry></asx>'.encode(),
        "ram": f"rtsp://127.0.0.1:{port}/a.rm\n".encode(),
        "url": f"http://127.0.0.1:{port}/a.wav\n".encode(),
        "vobsub": b"# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:01:000, filepos: 000000000\n",
        "sap": b"\x20\x00\x00\x00\x7f\x00\x00\x01application/sdp\0v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        "rtp dump": b"#!rtpplay1.0 127.0.0.1/18470\n" + bytes(40),
        "script": b"AudioSource = DirectShowSource('x')\n",
    }


KINDS = sorted(hostile(1, Path("x")))


@pytest.mark.parametrize("ending", ["own", ".wav", ".mp3", ".m4a", ".txt", ".mkv"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_names_an_address_or_a_file_opens_nothing(tmp_path, watch, kind, ending):
    other = tmp_path / "private.wav"
    soundfile.write(other, np.zeros(16000), 16000)
    content = hostile(watch.port, other)[kind]
    path = tmp_path / f"recording{'.' + kind.split()[-1] if ending == 'own' else ending}"
    path.write_bytes(content)
    started = time.monotonic()
    for source in (path, content):
        with pytest.raises(InputError) as caught:
            load_audio(source)
        assert caught.value.code in {"not_audio", "no_sound_track"}
    assert time.monotonic() - started < ffmpeg_blocks.OPEN_SECONDS  # refused, not waited for
    watch.end()
    assert not watch.opened


def m4a() -> bytes:
    """A second of sound that only FFmpeg can read."""
    file = io.BytesIO()
    with av.open(file, "w", format="ipod") as container:
        track = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, 16000), 0.1, np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize("ending", [".sdp", ".m3u8", ".ffconcat", ".mpd", ".jpg", ".txt", ""])
def test_the_ending_of_a_name_decides_nothing(tmp_path, ending):
    path = tmp_path / f"http:recording%03d{ending}"
    soundfile.write(path, np.full(16000, 0.1), 16000, format="WAV")
    assert load_audio(path).seconds == 1.0
    path.write_bytes(m4a())
    assert load_audio(path).seconds == pytest.approx(1.0, abs=0.1)


def test_even_an_allowed_container_cannot_open_another_file(tmp_path, watch, monkeypatch):
    """Were a format that names others ever allowed, what it names would still not be opened."""
    other = tmp_path / "private.wav"
    soundfile.write(other, np.full(16000, 0.1), 16000)
    monkeypatch.setattr(
        ffmpeg_blocks, "CONTAINERS", (*ffmpeg_formats.CONTAINERS, "concat", "hls", "sdp", "dash")
    )
    for kind in ("sdp", "m3u8", "local m3u8", "concat", "local concat", "dash"):
        with pytest.raises(InputError):
            load_audio(hostile(watch.port, other)[kind])
    watch.end()
    assert not watch.opened


def test_no_allowed_container_names_others():
    for name in ffmpeg_formats.CONTAINERS:
        reader = av.ContainerFormat(name, "r")
        assert not reader.no_file, name  # would open its name itself
    forbidden = {"sdp", "rtsp", "rtp", "sap", "hls", "dash", "concat", "ffmetadata", "image2", "lavfi", "imf"}
    assert not forbidden & {part for name in ffmpeg_formats.CONTAINERS for part in name.split(",")}


def test_a_format_that_is_not_allowed_is_not_even_opened():
    film = b"YUV4MPEG2 W16 H16 F25:1\n" + 30 * (b"FRAME\n" + bytes(16 * 16 * 3 // 2))
    with av.open(io.BytesIO(film)) as container:
        assert container.format.name == "yuv4mpegpipe"
    with pytest.raises(InputError) as caught:
        load_audio(film)
    assert caught.value.code == "not_audio"  # opened, it would be a film without a sound track


def test_finding_out_what_a_file_is_can_be_cancelled_and_ends_in_time(monkeypatch):
    content = np.random.default_rng(0).bytes(2_000_000)
    progress = Progress()
    reads = 0

    def check() -> None:
        nonlocal reads
        reads += 1
        if reads == 3:
            progress.cancel()
        Progress.check(progress)

    monkeypatch.setattr(progress, "check", check)
    with pytest.raises(Cancelled):
        decode_sound(content, progress=progress)
    content = m4a()
    assert decode_sound(content).seconds > 0.9
    monkeypatch.setattr(ffmpeg_blocks, "OPEN_SECONDS", -1.0)
    with pytest.raises(InputError):
        decode_sound(content)
