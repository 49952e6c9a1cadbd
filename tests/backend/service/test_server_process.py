"""The service as a child of the add-on: started, watched, started again, never left behind."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.generation import generate
from addon.core.backend.messages import WIRE_VERSION, JobSettings, StyleSettings
from addon.core.backend.server_process import SERVE_COMMAND, TOKEN_VARIABLE, ServerProcess
from addon.core.errors import Cancelled, UserError
from addon.core.job import Job, JobControl, JobFailed, JobProgress
from elocute.service.priority import NICE
from tests.backend.exchange.captures_made import performance, there
from tests.backend.service.fakes import tone

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "flame_assets/demo/line.flac"
FAKE = (str(Path(__file__).with_name("fake_service.py")),)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def gone(pid: int) -> bool:
    for _ in range(500):
        if not alive(pid):
            return True
        time.sleep(0.04)
    return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(Path(sys.executable), tmp_path / "logs" / "service.log", command=FAKE)
    yield server
    server.stop()


def test_started_once_and_used_again(server: ServerProcess) -> None:
    assert not server.running
    assert server.pid is None
    client = server.connect()
    assert server.connect() is client
    assert client.models().models[0].id == "rules"
    pid = server.pid
    assert pid is not None
    server.stop()
    server.stop()
    assert not alive(pid)
    assert not server.running


def test_the_token_is_in_no_argument_and_not_inherited(server: ServerProcess) -> None:
    server.connect()
    arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{server.pid}/environ").read_bytes()
    token = next(v for v in environment.split(b"\0") if v.startswith(TOKEN_VARIABLE.encode())).split(b"=")[1]
    assert len(token) >= 32
    assert token not in arguments
    assert TOKEN_VARIABLE not in os.environ


def test_killed_in_the_middle_is_one_sentence_and_the_next_try_works(server: ServerProcess) -> None:
    job = Job(lambda control: generate(server.connect, tone(), JobSettings(style="slow"), control))
    job.start()
    while not any(isinstance(e, JobProgress) and e.stage == "motion" for e in job.drain()):
        time.sleep(0.02)
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert job.wait(30)
    (failed,) = [event for event in job.drain() if not isinstance(event, JobProgress)]
    assert isinstance(failed, JobFailed)
    assert "was lost" in failed.message
    assert failed.details == ""
    assert Job(lambda c: generate(server.connect, tone(), JobSettings(), c)).run().summary.takes == 1
    assert server.pid != pid


def test_sigterm_ends_it_in_order(server: ServerProcess) -> None:
    client = server.connect()
    client.submit(tone(), JobSettings(style="slow"))
    process = server._process
    assert process is not None
    process.terminate()
    assert process.wait(30) == 0


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from addon.core.backend.server_process import ServerProcess
        from addon.core.backend.messages import JobSettings
        server = ServerProcess(Path(sys.executable), Path({str(tmp_path / "log")!r}), command={FAKE!r})
        server.connect().submit({tone(0.1)!r}, JobSettings(style="slow"))
        print(server.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_giving_up_waits_for_nobody(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    server.connect()
    gate = threading.Event()
    ended = threading.Event()

    def stop(*_: object) -> None:
        assert gate.wait(20)
        ended.set()

    with monkeypatch.context() as patched:
        patched.setattr(server, "stop", stop)
        with server._lock:  # as the thread that starts a service holds it
            other = threading.Thread(target=server.give_up)
            other.start()
            other.join(10)
            assert not other.is_alive()
        assert not ended.is_set()
        gate.set()
        assert ended.wait(10)


def test_giving_up_leaves_no_process(server: ServerProcess) -> None:
    client = server.connect()
    client.submit(tone(), JobSettings(style="slow"))
    pid = server.pid
    assert pid is not None
    server.give_up()
    assert gone(pid)
    with pytest.raises(Cancelled):
        server.connect()


def test_giving_up_while_it_starts_ends_it(tmp_path: Path) -> None:
    silent = ("-c", "import time; time.sleep(600)")
    server = ServerProcess(Path(sys.executable), tmp_path / "log", command=silent)
    ended: list[BaseException] = []

    def connect() -> None:
        try:
            server.connect()
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    deadline = time.monotonic() + 10
    while server.pid is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = server.pid
    server.give_up()
    thread.join(10)
    assert len(ended) == 1
    assert gone(pid)


def test_giving_up_what_never_ran(tmp_path: Path) -> None:
    server = ServerProcess(Path(sys.executable), tmp_path / "log", command=FAKE)
    server.give_up()
    with pytest.raises(Cancelled):
        server.connect()


def test_a_missing_interpreter(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "no" / "python", tmp_path / "log", command=FAKE)
    with pytest.raises(UserError, match="cannot be started"):
        server.connect()


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("import sys; sys.exit('There is no module named elocute.')", "no module named elocute"),
        ("print('hello')", "stopped while it started"),
        ('print(\'{"port": 1, "pid": 2, "wire": 99}\')', "wire version 99"),
        (
            f'print(\'{{"port": 1, "pid": 2, "wire": {WIRE_VERSION}}}\', flush=True); input()',
            "does not respond",
        ),
    ],
)
def test_a_service_that_cannot_start(tmp_path: Path, program: str, sentence: str) -> None:
    server = ServerProcess(Path(sys.executable), tmp_path / "log", command=("-c", program))
    with pytest.raises(UserError, match=sentence):
        server.connect()
    assert not server.running


def test_a_service_that_says_nothing_is_ended(tmp_path: Path) -> None:
    silent = ("-c", "import time; time.sleep(600)")
    server = ServerProcess(Path(sys.executable), tmp_path / "log", command=silent, start_timeout=0.3)
    with pytest.raises(UserError, match="did not start"):
        server.connect()
    assert not server.running


def test_waiting_for_the_start_can_be_cancelled(tmp_path: Path) -> None:
    server = ServerProcess(
        Path(sys.executable), tmp_path / "log", command=("-c", "import time; time.sleep(600)")
    )
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        server.connect(cancelled)
    assert not server.running


def test_the_log_of_the_run_before_is_kept(server: ServerProcess, tmp_path: Path) -> None:
    server.connect()
    server.stop()
    server.connect()
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["service.log", "service.log.old"]


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = ServerProcess(Path(sys.executable), tmp_path / "file" / "log", command=FAKE)
    with pytest.raises(UserError, match="cannot be started"):
        server.connect()


def test_a_full_disk_is_named_when_the_service_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "log")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(UserError, match="No space left") as caught:
        ServerProcess(Path(sys.executable), tmp_path / "log", command=FAKE).connect()
    assert caught.value.hint == "Free some space and try again."


def test_models_are_passed_one_word_each(tmp_path: Path) -> None:
    server = ServerProcess(
        Path(sys.executable), tmp_path / "log", command=FAKE, models=["a folder/of mine", "--owner/name"]
    )
    try:
        server.connect()
        words = Path(f"/proc/{server.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        assert words[-2:] == [b"--models=a folder/of mine", b"--models=--owner/name"]
    finally:
        server.stop()


def test_the_real_service_makes_motion_and_ends(tmp_path: Path) -> None:
    variables = {"PYTHONPATH": str(ROOT / "backend")}
    server = ServerProcess(Path(sys.executable), tmp_path / "log", variables=variables)
    try:
        work = Job(lambda c: generate(server.connect, tone(2.0), JobSettings(takes=2, seed=3), c))
        result = work.run()
        assert result.summary.frames == 50
        assert result.clips[0] != result.clips[1]
        assert result.phones.seconds == pytest.approx(2.0)
        with pytest.raises(UserError, match="not a sound file"):
            Job(lambda c: generate(server.connect, b"text", JobSettings(), c)).run()
        with pytest.raises(ServiceError):
            server.connect().state("none-such")
    finally:
        server.stop()
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process need Linux")
@pytest.mark.parametrize("stage", ["mel", "motion"])
def test_a_disk_that_fills_in_the_middle_costs_the_real_service_nothing(tmp_path: Path, stage: str) -> None:
    """No file can grow any more, in none of its processes, from one of its stages on."""
    cache = tmp_path / "cache"
    variables = {"PYTHONPATH": str(ROOT / "backend"), "ELOCUTE_CACHE": str(cache), "TMPDIR": str(tmp_path)}
    server = ServerProcess(Path(sys.executable), tmp_path / "log", variables=variables)
    reached = []

    def fill(progress: JobProgress) -> None:
        if progress.stage == stage and not reached and server.pid is not None:
            reached.append(stage)
            for process in (server.pid, *children_of(server.pid)):
                resource.prlimit(process, resource.RLIMIT_FSIZE, (0, 0))

    try:
        made = Job(lambda c: generate(server.connect, DEMO, JobSettings(), c)).run(fill)
        assert made.summary.frames > 100
        assert made.phones.phones is not None
        again = Job(lambda c: generate(server.connect, DEMO, JobSettings(seed=1), c)).run()
        assert again.summary.frames == made.summary.frames
    finally:
        server.stop()
    assert reached
    left = [path for path in tmp_path.rglob("*") if path.name.startswith(".elocute-tmp-")]
    assert not left
    if stage != "motion":
        assert not list(cache.rglob("*.json"))


def test_the_real_service_answers_for_the_models_it_was_given_and_no_others(tmp_path: Path) -> None:
    allowed, other = tmp_path / "my-model", tmp_path / "not-allowed"
    for folder in (allowed, other):
        shutil.copytree(ROOT / "backend/elocute/bundled/elocute-lite", folder)
    server = ServerProcess(
        Path(sys.executable),
        tmp_path / "log",
        variables={"PYTHONPATH": str(ROOT / "backend")},
        models=[str(allowed)],
    )
    try:
        client = server.connect()
        ids = [model.id for model in client.models().models]
        assert ids == ["elocute-lite", "rules", "my-model"]
        for refused in (str(other), str(allowed), "not-allowed", "../my-model", "owner/name"):
            with pytest.raises(ServiceError) as caught:
                client.submit(tone(), JobSettings(model=refused))
            assert caught.value.code == "unknown_model"
            with pytest.raises(ServiceError) as caught:
                client.extract_style(b"", StyleSettings(model=refused))
            assert caught.value.code in {"unknown_model", "bad_clip"}
        style = "calm:0.5,mine.npz:0.5"
        wanted = JobSettings(model="my-model", style=style, options={"steps": 2.0}, choices={})
        mine = (allowed / "styles" / "lively.npz").read_bytes()
        made = generate(lambda: client, tone(2.0), wanted, JobControl(), styles={"mine.npz": mine})
        assert made.summary.frames == 50
        clip = made.clips[0]
        extracted = client.extract_style(clip, StyleSettings(model="my-model", start=5))
        again = JobSettings(model="my-model", style="new.npz", options={"steps": 2.0})
        generate(lambda: client, tone(1.0), again, JobControl(), styles={"new.npz": extracted})
        take = there(performance(frames=240, fps=60.0), "arkit-csv", tmp_path / "take.csv")
        of_take = client.extract_style(take, StyleSettings(model="my-model"))
        generate(lambda: client, tone(1.0), again, JobControl(), styles={"new.npz": of_take})
        (tmp_path / "bad.csv").write_text(take.read_text()[:900])
        with pytest.raises(ServiceError, match="The file cannot be read") as caught:
            client.extract_style(tmp_path / "bad.csv", StyleSettings(model="my-model"))
        assert caught.value.code == "bad_capture"
        with pytest.raises(ServiceError, match="style"):
            client.extract_style(clip, StyleSettings(model="rules"))
    finally:
        server.stop()
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.skipif(os.name == "nt", reason="Windows has classes of priority instead")
def test_a_quiet_service_leaves_the_processor_to_others() -> None:
    code = (
        "import os; from elocute.service.priority import NICE, lower_priority\n"
        "before = os.nice(0); lower_priority(); print(os.nice(0) - before == NICE)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True"


def children_of(process):
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads Linux's /proc")
def test_a_quiet_service_with_all_its_threads_and_processes_is_quiet_and_ends_with_blender() -> None:
    """Linux gives every thread a niceness of its own."""
    workers = {"elocute.audio.decoding.worker", "elocute.audio.phones.worker"}
    command = [sys.executable, *SERVE_COMMAND, "--low-priority"]
    pipe = subprocess.PIPE
    service = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    try:
        assert json.loads(service.stdout.readline())["pid"] == service.pid
        deadline, started = time.monotonic() + 100, dict[str, int]()
        while not workers <= started.keys() and time.monotonic() < deadline:
            started = {
                word: child
                for child in children_of(service.pid)
                for word in Path(f"/proc/{child}/cmdline").read_text().split("\0")
                if word in workers
            }
            time.sleep(0.05)
        assert started.keys() == workers
        wanted = min(os.nice(0) + NICE, 19)
        for process in (service.pid, *started.values()):
            for thread in Path(f"/proc/{process}/task").iterdir():
                assert os.getpriority(os.PRIO_PROCESS, int(thread.name)) == wanted
    finally:
        service.stdin.close()  # as when Blender ends, however it ends
        service.wait(timeout=100)
        service.stdout.close()
    assert all(gone(child) for child in started.values())
