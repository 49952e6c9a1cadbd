"""Sound files are decoded in a process of their own; whatever becomes of it, the caller goes on."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from elocute.audio.decode import Audio, load_audio
from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.decoding.memory_bound import MemoryBound, memory_for
from elocute.audio.decoding.messages import Request
from elocute.audio.decoding.pool import DECODER_ENDED, DecodePool
from elocute.audio.decoding.process import _Asked
from elocute.audio.decoding.worker import serve
from elocute.errors import Cancelled, InputError
from elocute.progress import Progress
from tests.backend.audio.containers import Made, file_of
from tests.backend.audio.decoders import CRASH, FAIL, FRAGILE, GROW, HANG, line
from tests.backend.audio.test_lifeline import ENVIRONMENT, gone


@pytest.fixture
def fragile() -> Iterator[DecodePool]:
    pool = DecodePool(FRAGILE)
    yield pool
    pool.close()


def answering(program: str) -> tuple[str, ...]:
    """A decode process that reads a request and its bytes and then does what the program says."""
    read = "import json, sys, time; a = sys.stdin.buffer; r = json.loads(a.readline()); a.read(r['size'])\n"
    return (sys.executable, "-c", read + textwrap.dedent(program))


def refused(source: bytes | Path, pool: DecodePool, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        load_audio(source, pool=pool, **options)
    return caught.value


def assert_works(pool: DecodePool) -> None:
    assert_same(load_audio(line(), pool=pool), decode_sound(line()))


def assert_same(one: Audio, other: Audio) -> None:
    assert one.samples.dtype == other.samples.dtype == np.float32
    assert one.samples.tobytes() == other.samples.tobytes()
    assert one.samples.flags.writeable
    told = [(each.seconds, each.source_rate, each.channels, each.sha256, each.notes) for each in (one, other)]
    assert told[0] == told[1]


def odd_line() -> bytes:
    samples = np.random.default_rng(0).uniform(-9.0, 9.0, (44100 * 3, 2)).astype(np.float32)
    samples[100:110] = np.nan
    file = io.BytesIO()
    soundfile.write(file, samples, 44100, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        line(),
        line(seconds=100.0),
        line()[:20000],
        odd_line(),
        file_of(Made("ipod", "aac", 44100, "stereo")),
        file_of(Made("OGG", "OPUS", 48000)),
    ],
    ids=["wav", "long", "cut", "odd", "m4a", "opus"],
)
def test_the_sound_is_the_same_to_the_last_bit(tmp_path, content):
    path = tmp_path / "lïne \udce4.wav" if sys.platform == "linux" else tmp_path / "lïne.wav"
    path.write_bytes(content)
    assert_same(load_audio(content), decode_sound(content))
    assert_same(load_audio(path), decode_sound(path))
    assert_same(load_audio(str(path), name="a"), decode_sound(path, name="a"))


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"", {}),
        (b"Dear diary\n" * 100, {}),
        (b"Dear diary\n" * 100, {"name": "my \u2028 diary"}),
        (line(seconds=0.1), {}),
        (line(), {"max_seconds": 0.5}),
        (line()[:44], {}),
    ],
)
def test_the_errors_are_the_same(tmp_path, monkeypatch, content, options):
    path = tmp_path / "line.wav"
    path.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    for source in (content, path, Path("line.wav"), Path("gone.wav"), Path()):
        if source != content or isinstance(source, bytes):
            with pytest.raises(InputError) as bare:
                decode_sound(source, **options)
            with pytest.raises(InputError) as asked:
                load_audio(source, **options)
            told = [(each.message, each.hint, each.code) for each in (asked.value, bare.value)]
            assert told[0] == told[1]


def test_a_process_is_kept_for_the_next_file():
    def keepers() -> int:
        return sum(thread.name == "decoder" for thread in threading.enumerate())

    pool = DecodePool()
    before = keepers()
    pool.start()
    pool.start()
    assert keepers() == before + 1
    load_audio(line(), pool=pool)
    first = pool.process_ids
    assert len(first) == 1
    refused(b"no sound", pool)
    assert_works(pool)
    assert pool.process_ids == first
    pool.close()
    assert not pool.process_ids
    assert gone(first[0])


def test_it_outlives_the_thread_that_asked_for_it():
    pool = DecodePool()
    thread = threading.Thread(target=lambda: load_audio(line(), pool=pool))
    thread.start()
    thread.join()
    first = pool.process_ids
    time.sleep(0.2)
    assert_works(pool)
    assert pool.process_ids == first
    pool.close()


@pytest.mark.parametrize(("mark", "name"), [(CRASH, "a.wav"), (FAIL, "a.wav"), (CRASH, None)])
def test_a_file_that_ends_the_process_is_refused_and_the_next_is_read(fragile, mark, name):
    assert_works(fragile)
    error = refused(line(mark), fragile, name=name)
    assert error.message == f"{name or 'The sound'} cannot be read: the decoder ended while reading it."
    assert error.hint == "Try again; if it happens every time, convert the recording to wav or flac."
    assert error.code == DECODER_ENDED
    assert_works(fragile)


def test_a_process_killed_in_the_middle_costs_that_file_alone(fragile):
    told = threading.Event()
    errors: list[InputError] = []
    progress = Progress(lambda stage, share, message: told.set())
    thread = threading.Thread(
        target=lambda: errors.append(refused(line(HANG), fragile, progress=progress)),
    )
    thread.start()
    assert told.wait(60)
    os.kill(fragile.process_ids[0], signal.SIGKILL)
    thread.join(60)
    assert errors[0].code == DECODER_ENDED
    assert_works(fragile)


def test_a_process_killed_between_two_files_costs_nothing():
    pool = DecodePool()
    for _ in range(3):
        assert_works(pool)
        os.kill(pool.process_ids[0], signal.SIGKILL)
    assert_works(pool)
    pool.close()


def test_a_process_that_hangs_is_ended():
    pool = DecodePool(FRAGILE, silence_seconds=3.0)
    assert_works(pool)
    first = pool.process_ids[0]
    error = refused(line(HANG), pool, name="a.wav")
    assert error.message == "a.wav cannot be read: the decoder hung while reading it."
    assert error.code == DECODER_ENDED
    assert gone(first)
    assert_works(pool)
    pool.close()


def test_cancelling_ends_the_process(fragile):
    told: list[float] = []

    def cancel_when_it_hangs(stage: str, share: float, message: str) -> None:
        told.append(share)
        threading.Timer(0.5, progress.cancel).start()

    progress = Progress(cancel_when_it_hangs)
    with pytest.raises(Cancelled):
        load_audio(line(HANG), progress=progress, pool=fragile)
    assert told
    assert not fragile.process_ids
    assert_works(fragile)


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_a_file_that_asks_for_too_much_memory_is_refused(fragile):
    error = refused(line(GROW), fragile, name="a.wav")
    assert error.message == (
        "a.wav cannot be read: it asks for more memory than a sound of 30 minutes needs."
    )
    assert error.code == "broken_audio"
    assert_works(fragile)


def test_the_bound_on_memory_follows_the_limit_and_the_file():
    assert memory_for(1800.0, 0) < 2.5e9
    assert memory_for(3600.0, 0) - memory_for(1800.0, 0) >= 4 * 4 * 16000 * 1800
    assert memory_for(60.0, 10**9) - memory_for(60.0, 0) >= 2 * 10**9
    assert memory_for(float("inf"), 0) < 1 << 63


def test_a_long_sound_fits_its_bound():
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (8000 * 1800, 2)).astype(np.float32)
    samples[:, 1] = -samples[:, 0]  # read twice
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format="WAV", subtype="PCM_16")
    assert load_audio(file.getvalue()).seconds == 1800.0


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "nonsense("])
def test_a_decoder_that_does_not_start_is_told(program):
    for command in ((sys.executable, "-c", program), ("/nonexistent/python",)):
        pool = DecodePool(command)
        pool.start()
        error = refused(line(), pool)
        assert error.code == "no_decoder"
        assert error.message == "The sound cannot be read: the decoder does not start."
        pool.close()


GOOD = {
    "is": "sound",
    "samples": 4,
    "seconds": 0.5,
    "source_rate": 16000,
    "channels": 1,
    "sha256": "ab",
    "notes": [],
    "sound_begins": 0.0,
}


@pytest.mark.parametrize(
    "answer",
    [
        GOOD | {"samples": 10**12},
        GOOD | {"samples": -1},
        GOOD | {"samples": "4"},
        GOOD | {"notes": [1]},
        GOOD | {"notes": ["a"] * 1000},
        GOOD | {"seconds": None},
        GOOD | {"sound_begins": None},
        {"is": "alive"},
        {"is": "refused", "message": 1, "hint": "", "code": ""},
        {"is": "else"},
        {},
        [],
        "text",
    ],
)
def test_an_answer_that_is_none_ends_the_process(answer):
    told = json.dumps(answer).encode() + b"\n" + bytes(16)
    pool = DecodePool(answering(f"sys.stdout.buffer.write({told!r}); sys.stdout.flush(); time.sleep(600)"))
    assert refused(line(), pool).code == DECODER_ENDED
    assert not pool.process_ids
    pool.close()


def test_an_answer_without_an_end_is_not_read_to_its_end():
    program = "while True: sys.stdout.buffer.write(b'x' * 4096)"
    pool = DecodePool(answering(program), silence_seconds=30.0)
    assert refused(line(), pool).message == "The sound cannot be read: the decoder ended while reading it."
    pool.close()


def test_an_answer_that_is_cut_off_ends_the_process():
    told = json.dumps(GOOD | {"samples": 1600})
    pool = DecodePool(answering(f"print({told!r}, flush=True); sys.stdout.buffer.write(bytes(100))"))
    assert refused(line(), pool).code == DECODER_ENDED
    whole = DecodePool(answering(f"print({told!r}, flush=True); sys.stdout.buffer.write(bytes(6400))"))
    assert len(load_audio(line(), pool=whole).samples) == 1600
    pool.close()
    whole.close()


def test_files_at_the_same_time_get_a_process_each_and_one_is_kept(fragile):
    progress = Progress()
    started = threading.Event()
    progress.listener = lambda stage, share, message: started.set()

    def hang() -> None:
        with pytest.raises(Cancelled):
            load_audio(line(HANG), progress=progress, pool=fragile)

    thread = threading.Thread(target=hang)
    thread.start()
    assert started.wait(60)
    assert_works(fragile)
    assert len(fragile.process_ids) == 2
    progress.cancel()
    thread.join(60)
    assert len(fragile.process_ids) == 1
    threads = [threading.Thread(target=assert_works, args=(fragile,)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(fragile.process_ids) == 1


def test_progress_is_told_and_ends_at_the_whole():
    shares: list[float] = []
    progress = Progress(lambda stage, share, message: shares.append(share))
    load_audio(line(seconds=60.0), progress=progress)
    assert shares
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_ctrl_c_is_left_to_the_parent(fragile):
    assert_works(fragile)
    first = fragile.process_ids
    os.kill(first[0], signal.SIGINT)
    assert_works(fragile)
    assert fragile.process_ids == first


def test_the_process_ends_when_its_parent_is_killed_in_the_middle() -> None:
    parent = textwrap.dedent("""
        import threading, time
        from elocute.audio.decode import load_audio
        from elocute.audio.decoding.pool import DecodePool
        from elocute.progress import Progress
        from tests.backend.audio.decoders import FRAGILE, HANG, line
        pool = DecodePool(FRAGILE)
        began = threading.Event()
        progress = Progress(lambda stage, share, message: began.set())
        work = lambda: load_audio(line(HANG), pool=pool, progress=progress)
        threading.Thread(target=work, daemon=True).start()
        began.wait()
        print(pool.process_ids[0], flush=True)
        time.sleep(600)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", parent], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    decoder = int(process.stdout.readline())
    assert psutil.pid_exists(decoder)
    process.kill()
    process.wait()
    assert gone(decoder)


def test_a_program_that_ends_leaves_no_process_and_loads_no_decoder(tmp_path) -> None:
    path = tmp_path / "line.wav"
    path.write_bytes(line())
    program = textwrap.dedent(f"""
        import sys
        from elocute.audio.decode import load_audio, start_decoding
        from elocute.audio.decoding.pool import shared_pool
        start_decoding()
        load_audio({str(path)!r})
        decoders = {{"soundfile", "av", "soxr"}}
        print(*shared_pool().process_ids, sorted(decoders & set(sys.modules)))
    """)
    told = subprocess.run(
        [sys.executable, "-c", program],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    number, modules = told.stdout.split(maxsplit=1)
    assert modules.strip() == "[]"
    assert gone(int(number))
    assert not told.stderr


def test_what_was_decoded_is_not_kept_until_the_next_file(monkeypatch):
    kept: list[weakref.ref[np.ndarray]] = []

    def decoded(source: bytes, **_: object) -> Audio:
        samples = np.zeros(100, np.float32)
        kept.append(weakref.ref(samples))
        return Audio(samples, 100 / 16000, 16000, 1, "ab")

    class Requests(io.BytesIO):
        def readline(self, *arguments: int) -> bytes:
            assert [each for each in kept if each() is not None] == []
            return super().readline(*arguments)

    monkeypatch.setattr("elocute.audio.decoding.worker.decode_sound", decoded)
    monkeypatch.setattr(MemoryBound, "allow", lambda *_: None)  # this process has other tests to run
    request = Request("", 2, "line", 60.0, None)
    serve(Requests(2 * (request.line() + b"ab")), io.BytesIO())
    assert len(kept) == 2


def test_the_bytes_of_a_file_are_not_kept_until_the_next_one(fragile):
    content = line() + b"a sound of its own"
    load_audio(content, pool=fragile)
    until = time.monotonic() + 60.0
    while any(type(each) is _Asked and each.content is content for each in gc.get_objects()):
        assert time.monotonic() < until
        time.sleep(0.01)
