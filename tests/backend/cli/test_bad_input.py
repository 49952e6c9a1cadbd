"""Arguments and input that cannot be used: one sentence, the right exit code, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.cli import main
from elocute.motion.clip import MotionClip


def run(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and the last line on stderr; nothing may be on stdout."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as leave:  # argparse leaves this way
        code = int(leave.code or 0)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "usage:" not in err
    return code, err.strip().splitlines()[-1]


def PIN(text: str) -> list[str]:  # noqa: N802 - stands among words like VOICE
    """A command with a pin."""
    return ["generate", "VOICE", "--out", "c.npz", "--pin", text]


@pytest.fixture
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two fifths of a second of a tone."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    soundfile.write(path, 0.1 * np.sin(np.arange(6400) * 0.1), 16000)
    return path


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "COMMAND"),
        (["sing"], "sing"),
        (["generate", "VOICE"], "--out"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "jaw"], "name=number"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "jaw=wide"], "not a number"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "jaw=0,7"], "comma; write 0.7, in 'jaw=0,7'"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "jaw=0,7@1"], "'0' names no second"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "jaw=1_0"], "'1_0' is not a number"),
        (["generate", "VOICE", "--out", "c.npz", "--takes", "1_0"], "'1_0' is not a whole number"),
        (["generate", "VOICE", "--out", "c.npz", "--takes", "two"], "--takes: 'two' is not a whole number"),
        (["generate", "VOICE", "--out", "c.npz", "--steps", "x"], "--steps: 'x' is not a number"),
        (["generate", "", "--out", "c.npz"], "AUDIO: the name is empty. See: elocute generate --help"),
        (["generate", "VOICE", "--out", ""], "--out: the name is empty"),
        (["generate", "VOICE", "--out", "c.npz", "--" + "x" * 100_000], "unrecognized arguments"),
        (["generate", "VOICE", "--out", "c.npz", "--takes", "0"], "0 takes are out of range"),
        (["generate", "VOICE", "--out", "c.npz", "--takes", "100000000"], "100000000 takes are out of range"),
        (["generate", "VOICE", "--out", "c.npz", "--seed", "-1"], "The seed -1 is out of range"),
        (["generate", "VOICE", "--out", "c.npz", "--model", "none-such"], "none-such"),
        (["generate", "VOICE", "--out", "c.npz", "--style", "none-such"], "none-such"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "nose=1"], "nose"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "audio_scale=900"], "out of range"),
        (["generate", "VOICE", "--out", "c.npz", "--set", "audio_scale=nan"], "out of range"),
        (["generate", "VOICE", "--out", "c.npz", "--language", "no language"], "language"),
        (["generate", "VOICE", "--out", "c.mp4"], "ends in .npz"),
        (["export", "c.npz", "--to", "FOLDER"], "is a folder, and --to takes the file to write. Give"),
        (["export", "c.npz", "--to", "arkit-csv"], "arkit-csv is a format, and --to takes the file to write"),
        (["export", "c.npz", "--to", "x"], "x has no ending, which would tell the format. Use one of .csv,"),
        (["export", "c.npz", "--to"], "--to names no file. Give the file to write"),
        (PIN("jawOpen@1=nan"), "the value of the pin 'jawOpen@1=nan' is none: 'nan' is not a finite number"),
        (PIN("jawOpen@1=half"), "the value of the pin 'jawOpen@1=half' is none: 'half' is not a number"),
        (PIN("jawOpen@1=0,5"), "the value of the pin 'jawOpen@1=0,5' is none: '0,5' has a decimal comma"),
        (PIN("jawOpen@inf=1"), "the second of the pin 'jawOpen@inf=1' is none: 'inf' is not a finite number"),
        (PIN("jawOpen@-1=1"), "the second of the pin 'jawOpen@-1=1' is none: '-1' lies before the beginning"),
        (PIN("jawOpen=1"), "'jawOpen=1' is not of the form NAME@SECONDS=VALUE, as mouthSmileLeft@2.4=0.6"),
        (PIN("jaw open@1=1"), "'jaw open' in the pin 'jaw open@1=1' is no name of a number"),
        (["phones", "VOICE", "--out", "p.txt"], "ends in .TextGrid or .json"),
        (
            ["generate", "VOICE", "--out", "c.npz", "--transcript", "a", "--transcript-file", "b"],
            "not allowed",
        ),
        (["serve", "--host", "0.0.0.0"], "other computers"),  # noqa: S104
        (["serve", "--host", "0.0.0.0", "--allow-remote"], "token"),  # noqa: S104
        (["serve", "--port", "70000"], "70000"),
        (["serve", "--max-upload-mb", "0"], "at least 1"),
        (["serve", "--jobs", "0"], "less than 1"),
        (["serve", "--waiting-mb", "100"], "at least --max-upload-mb"),
        (["serve", "--max-job-minutes", "0"], "--max-job-minutes must be"),
        (["serve", "--keep-minutes", "nan"], "--keep-minutes must be"),
        (["serve", "--keep-minutes", "1e300"], "--keep-minutes must be"),
        (["serve", "--data", " "], "the name is empty"),
    ],
)
def test_bad_arguments(
    voice: Path, tmp_path: Path, arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stands_for = {"VOICE": voice, "FOLDER": voice.parent}
    code, sentence = run([stands_for.get(a, a) for a in arguments], capsys)
    assert code == 2
    assert part in sentence
    assert len(sentence) < 1200
    assert list(tmp_path.iterdir()) == []


def test_bad_input(voice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "latin.txt").write_bytes(b"\xe4\xf6\xfc")
    (tmp_path / "folder.npz").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for arguments, part in (
        (["generate", "text.wav", "--out", "c.npz"], "text.wav"),
        (["generate", "empty.wav", "--out", "c.npz"], "empty.wav"),
        (["generate", "absent.wav", "--out", "c.npz"], "absent.wav"),
        (["generate", tmp_path, "--out", "c.npz"], "folder"),
        (["generate", voice, "--out", "folder.npz"], "folder.npz is a folder"),
        (["generate", voice, "--out", "absent/c.npz"], "there is no folder absent"),
        (["generate", voice, "--out", "/proc/c.npz"], "Cannot write /proc/c.npz"),
        (["generate", voice, "--out", "c.npz", "--phones-out", "absent/p.json"], "there is no folder absent"),
        (["generate", voice, "--out", "c.npz", "--transcript-file", "absent.txt"], "absent.txt"),
        (["generate", voice, "--out", "c.npz", "--transcript-file", "latin.txt"], "not a UTF-8"),
        (["info", voice], "not a motion clip"),
        (["info", "absent.npz"], "no file absent.npz. Check its name"),
        (["info", tmp_path], "is not a motion clip"),
        (["fit", "absent.npz", "--face", "f.npz", "--out", "c.npz"], "no file absent.npz. Check its name"),
        (["export", "official", "absent.npz", "--out", "c.npz"], "no file absent.npz. Check its name"),
        (["transfer", "absent.npz", "--from", "f", "--to", "t", "--out", "c.npz"], "absent.npz. Check its"),
        (["measure", "speech", "absent", "--face", "f.npz"], "absent"),
        (["convert", "flame", "absent.pkl", "--out", "f.npz"], "no file absent.pkl. Check its name"),
        (["phones", "text.wav", "--out", "p.json"], "text.wav"),
    ):
        code, sentence = run(arguments, capsys)
        assert code == 3
        assert part in sentence
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("samples", "rate", "subtype", "frames"),
    [
        (np.zeros(16000), 16000, "PCM_16", 25),
        (0.1 * np.sin(np.arange(4800) * 0.1), 16000, "PCM_16", 8),
        (0.1 * np.sin(np.arange(48000) * 0.05)[:, None] * np.ones(6), 48000, "PCM_24", 25),
        (np.where(np.arange(16000) % 100, 0.1, np.nan), 16000, "FLOAT", 25),
    ],
    ids=["silence", "the shortest", "six channels of 24 bits", "NaN"],
)
def test_unusual_sound_gives_valid_motion(
    samples: np.ndarray, rate: int, subtype: str, frames: int, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write("odd.wav", samples, rate, subtype=subtype)
    assert main(["generate", "odd.wav", "--out", "c.npz", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == frames
    assert MotionClip.load(Path("c.npz")).frames == frames


@pytest.mark.parametrize(
    "words",
    [
        ["atom", "absent.pt"],
        ["diffposetalk", "absent.pt", "--stats", "s.npz", "--audio-encoder", "hubert"],
        ["flame", "absent.pkl"],
        ["bfm", "absent.mat"],
        ["mtov", "--film", "absent.pth", "--landmarks", "a.pth", "--unet", "b.pth"],
    ],
    ids=lambda words: words[0],
)
def test_a_file_that_is_not_there_is_told_before_anything_that_takes_long_is_loaded(words: list[str]) -> None:
    """In a process of its own: here the libraries are loaded already."""
    arguments = ["convert", *words, "--out", "made.npz" if words[0] in {"flame", "bfm"} else "made"]
    program = (
        "import sys\n"
        "from elocute.cli.main import main\n"
        f"code = main({arguments!r})\n"
        "assert code == 3, code\n"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "absent" in done.stderr
