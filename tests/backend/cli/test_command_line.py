"""The command as a user runs it: a process, its exit code, and what it leaves behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.motion.clip import MotionClip
from elocute.service.messages import WIRE_VERSION

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1"}


def elocute(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python -m elocute`` in ``cwd``."""
    command = [sys.executable, "-m", "elocute", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=False
    )


def assert_one_sentence(run: subprocess.CompletedProcess[str], code: int, part: str) -> None:
    """One line on stderr that names the trouble, and no traceback."""
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert part in last
    assert run.stdout == ""


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a buzzing tone that comes and goes."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    t = np.arange(32000) / 16000
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    soundfile.write(path, 0.1 * buzz * (np.sin(2 * np.pi * t) > 0), 16000)
    return path


def test_generate_writes_a_clip_and_says_so(voice: Path, tmp_path: Path) -> None:
    run = elocute(
        "generate", voice, "--out", "clip.npz", "--phones-out", "p.TextGrid", "--seed", 5, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    clip = MotionClip.load(tmp_path / "clip.npz")
    assert clip.frames == 50
    assert clip.meta["seed"] == 5
    assert "50 frames at 25 fps for 2.00 s" in run.stdout
    assert "model: elocute-lite" in run.stdout
    assert "Time: " in run.stdout
    assert run.stdout.count("Wrote ") == 2
    assert "phones" in run.stderr  # progress, as plain lines where stderr is no terminal
    assert (tmp_path / "p.TextGrid").read_text().startswith('File type = "ooTextFile"')
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.npz", "p.TextGrid"]


def test_json_is_one_line_and_takes_are_numbered(voice: Path, tmp_path: Path) -> None:
    run = elocute(
        "generate", voice, "--out", "clip.npz", "--takes", 3, "--no-head", "--set", "jaw=0.5",
        "--model", "rules", "--style", "calm", "--transcript", "ah", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert run.stdout.count("\n") == 1
    facts = json.loads(run.stdout)
    assert facts["clips"] == ["clip-1.npz", "clip-2.npz", "clip-3.npz"]
    assert facts["frames"] == 50
    clips = [MotionClip.load(tmp_path / name) for name in facts["clips"]]
    assert not any(clip.head.any() for clip in clips)
    assert not np.array_equal(clips[0].expression, clips[1].expression)
    again = elocute(
        "generate", voice, "--out", "x.npz", "--no-head", "--set", "jaw=0.5",
        "--model", "rules", "--style", "calm", "--transcript", "ah", "--seed", 1, "--json", cwd=tmp_path,
    )  # fmt: skip
    assert again.returncode == 0
    assert np.array_equal(MotionClip.load(tmp_path / "x.npz").expression, clips[1].expression)


def test_info_reads_what_generate_wrote(voice: Path, tmp_path: Path) -> None:
    elocute("generate", voice, "--out", "clip.npz", cwd=tmp_path)
    assert "50 frames at 25 fps (2.00 s)" in elocute("info", "clip.npz", cwd=tmp_path).stdout
    facts = json.loads(elocute("info", "clip.npz", "--json", cwd=tmp_path).stdout)
    assert facts["frames"] == 50
    assert facts["meta"]["model"] == "elocute-lite"


@pytest.mark.parametrize("ending", ["tsv", "xml", "dat", "rhubarb.json"])
def test_phones_writes_mouth_shapes(voice: Path, tmp_path: Path, ending: str) -> None:
    run = elocute("phones", voice, "--out", f"p.{ending}", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    text = (tmp_path / f"p.{ending}").read_text()
    start = {"tsv": "0.00\tX", "xml": "<?xml", "dat": "MohoSwitch1", "rhubarb.json": "{"}[ending]
    assert text.startswith(start)
    if "json" in ending or ending == "xml":
        assert voice.name in text


@pytest.mark.parametrize("words", [(), ("--out", "-")])
def test_phones_are_printed_as_a_table_that_generate_reads(tmp_path: Path, words: tuple[str, ...]) -> None:
    voice = Path(__file__).parents[2] / "data" / "speech" / "waffles.flac"
    run = elocute("phones", voice, *words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    head, *rows = [line.split("\t") for line in run.stdout.splitlines()]
    assert head == ["start", "end", "type", "label"]
    assert {kind for _, _, kind, _ in rows} == {"word", "phone"}
    assert [float(row[0]) for row in rows] == sorted(float(row[0]) for row in rows)
    assert "phones in 3.96 s of sound" in run.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "told.tsv").write_text(run.stdout)
    words = ("--phones", "told.tsv", "--model", "rules", "--out", "c.npz", "--phones-out", "p.json")
    assert elocute("generate", voice, *words, cwd=tmp_path).returncode == 0
    known = [phone["phone"] for phone in json.loads((tmp_path / "p.json").read_text())["phones"]]
    spoken = [label for _, _, kind, label in rows if kind == "phone"]
    assert [one for one in known if one != "SIL"] == [one for one in spoken if one != "SIL"]
    told = json.loads(elocute("phones", voice, "--json", cwd=tmp_path).stdout)
    assert (told["out"], told["table"]) == (None, run.stdout)


def test_phones_writes_json(voice: Path, tmp_path: Path) -> None:
    run = elocute("phones", voice, "--out", "p.json", "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    phones = json.loads((tmp_path / "p.json").read_text())["phones"]
    assert len(phones) == json.loads(run.stdout)["phones"]


def test_models_are_listed(tmp_path: Path) -> None:
    assert elocute("models", cwd=tmp_path).stdout.startswith("elocute-lite: ")
    models = json.loads(elocute("models", "--json", cwd=tmp_path).stdout)["models"]
    assert [model["id"] for model in models] == ["elocute-lite", "rules"]
    assert models[1]["options"]["jaw"].keys() == {"lowest", "default", "highest", "whole", "varies"}


def test_bad_arguments_end_with_2(tmp_path: Path) -> None:
    assert_one_sentence(elocute("generate", "a.wav", cwd=tmp_path), 2, "--out")
    assert_one_sentence(elocute("generate", "a.wav", "--out", "c.mp4", cwd=tmp_path), 2, "ends in .npz")


def test_bad_input_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    assert_one_sentence(elocute("generate", "text.wav", "--out", "c.npz", cwd=tmp_path), 3, "text.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["text.wav"]


def test_a_failure_with_json_is_json_too(tmp_path: Path) -> None:
    run = elocute("generate", "absent.wav", "--out", "c.npz", "--json", cwd=tmp_path)
    assert run.returncode == 3
    error = json.loads(run.stdout)["error"]
    assert error["code"] == "missing_file"
    assert error["message"] in run.stderr


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m elocute models | true; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(
        ["bash", "-c", command], check=False, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")


# A shell starts background jobs with the interrupt ignored, and what they start inherits that.
HEED_INTERRUPTS = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_in_the_middle_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    speech, rate = soundfile.read(ROOT / "tests" / "data" / "speech" / "waffles.flac", dtype="float32")
    stream = io.BytesIO()
    soundfile.write(stream, np.tile(speech, 60), rate, format="WAV")  # looked at for long; noise would not be
    (tmp_path / "long.wav").write_bytes(stream.getvalue())
    command = [sys.executable, "-m", "elocute", "generate", "long.wav", "--out", "c.npz"]
    process = subprocess.Popen(
        [sys.executable, "-c", HEED_INTERRUPTS, *command],
        cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("phones"):
            break
    process.send_signal(number)
    rest = process.stderr.read()
    assert process.wait(60) == code
    assert "Traceback" not in rest
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_serve_says_where_and_ends_with_its_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "elocute", "serve", "--end-with-stdin", "--token-env", "MY_TOKEN"]
    environment = {**ENVIRONMENT, "MY_TOKEN": "0123456789abcdef"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first == {"port": first["port"], "pid": process.pid, "wire": WIRE_VERSION}
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("ends", "code"), [("pass", 0), ("raise KeyboardInterrupt", 130), ("sys.exit(143)", 143)]
)
def test_a_service_whose_libraries_are_still_loading_ends_all_the_same(
    tmp_path: Path, ends: str, code: int
) -> None:
    program = f"""
import sys, time
from elocute.cli.main import main
from elocute.service.server import Service
def run(service):
    service._warming.start()
    {ends}
Service.run = run
class Pipeline:
    def warm_up(self):
        time.sleep(600)
    def describe(self, model):
        return None
    def engine(self, info):
        return "NumPy"
    def engine_reason(self, info):
        return ""
sys.exit(main(["serve"], lambda *_, **__: Pipeline()))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "token", "part"),
    [
        (("--port", "70000"), "", "70000 is not a port"),
        ((), "short", "at least 16 printable ASCII characters"),
        (("--models", "nothing like it"), "", "There is no model"),
    ],
)
def test_serve_prints_no_token_and_no_port_when_it_cannot_start(
    tmp_path: Path, words: tuple[str, ...], token: str, part: str
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "elocute", "serve", *words],
        cwd=tmp_path, env={**ENVIRONMENT, "ELOCUTE_TOKEN": token}, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert_one_sentence(run, 2, part)
    assert "Token:" not in run.stderr


def test_serve_refuses_a_device_that_is_not_there(tmp_path: Path) -> None:
    run = elocute("serve", "--device", "quantum", cwd=tmp_path)
    assert_one_sentence(run, 2, "There is no device 'quantum'")


def test_serve_makes_a_token_when_it_is_given_none(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HEED_INTERRUPTS, sys.executable, "-m", "elocute", "serve"],
        cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stdout is not None
    assert len(process.stderr.readline().removeprefix("Token: ").strip()) >= 32
    assert json.loads(process.stdout.readline())["port"] > 0
    time.sleep(0.2)  # between its first line and uvicorn's own handlers either way of ending is right
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in {0, 130}
    process.stdout.close()
    process.stderr.close()


def test_a_file_whose_name_begins_like_an_option_is_a_file(tmp_path: Path) -> None:
    voice = Path(__file__).parents[2] / "data" / "speech" / "waffles.flac"
    (tmp_path / "-dash.flac").write_bytes(voice.read_bytes())
    run = elocute("generate", "-dash.flac", "--model", "rules", "--out", "c.npz", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    missing = elocute("generate", "-other.flac", "--model", "rules", "--out", "c.npz", cwd=tmp_path)
    assert missing.returncode == 2
