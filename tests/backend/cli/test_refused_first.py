"""What cannot be done is said before anything is opened, in one way whatever else is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.errors import SettingsError
from elocute.optional_packages import package_error
from elocute.pipeline import Pipeline


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> tuple[int, str]:
    """Exit code and sentence of a command whose recording does not exist."""
    arguments = ["generate", folder / "no such recording.wav", "--out", folder / "c.npz", *words]
    code = main([str(word) for word in arguments])
    return code, capsys.readouterr().err.strip().splitlines()[-1]


def test_an_unknown_style_is_refused_in_one_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = refused(capsys, tmp_path, "--style", "nope")
    assert plain[0] == 2
    assert "Model elocute-lite has no style named 'nope'." in plain[1]
    assert refused(capsys, tmp_path, "--style", "nope", "--steps", 8) == plain
    assert refused(capsys, tmp_path, "--style", "calm:0.5,nope:0.5", "--precision", "bfloat16") == plain


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--takes", 100), "100 takes are out of range. Ask for 1 to 64 takes."),
        (("--style", "long" * 99), "has no style named 'long"),  # longer than any file's name
        (("--set", "nose=1"), "no setting named 'nose'"),
        (("--set", "steps=0"), "steps = 0 is out of range"),
        (("--steps", 1.5), "steps = 1.5 is not a whole number. Give a whole number from 1 to 500."),
        (("--style", "calm,"), "The style 'calm,' has a comma with no style on one of its sides."),
        (("--style", ","), "The style is empty."),
        (("--style", "calm:x"), "The weight 'x' of the style calm is not a number."),
        (("--choose", "sampler=slow"), "sampler = 'slow' is unknown"),
        (("--model", "rules", "--takes", 100), "100 takes"),
        (("--model", "rules", "--set", "jaw=9"), "jaw = 9 is out of range"),
        (
            ("--model", "rules", "--style", "calm,lively"),
            "Model rules blends no styles, as 'calm,lively' would.",
        ),
        (
            ("--model", "rules", "--style", "calm:0.7"),
            "Give calm*0.7 for so much of it, or one style, or styles with intensities and seconds",
        ),
        (
            ("--style", "calm:0.5,lively:0.5@2"),
            "'calm:0.5,lively:0.5@2' has weights (:) as a blend and seconds",
        ),
        (("--style", "calm:0.5@0,happy@2"), "a blend does not change. Give a blend, calm:0.7,lively:0.3, or"),
        (("--style", "happy*0.5:0.5"), "a blend does not change."),
        (("--model", "rules", "--style", "calm:0.5,sad@1"), "a blend does not change."),
        (("--style", "happy@2,sad@2"), "Two styles are to be reached at 2 s: happy and sad."),
        (("--set", "jaw=1@1,0@1"), "The curve of jaw has two values at 1 s. Give one of them, or"),
        (("--set", "jaw=1@1,0@0.5"), "The curve of jaw goes from 1 s back to 0.5 s."),
        (("--model", "rules", "--device", "cuda"), "Leave device, precision and compiling out"),
    ],
)
def test_settings_are_refused_before_the_recording_is_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[object, ...], sentence: str
) -> None:
    code, said = refused(capsys, tmp_path, *words)
    assert code == 2
    assert sentence in said


@pytest.mark.parametrize("model", ["elocute-lite", "rules"])
def test_an_official_file_of_another_basis_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    (tmp_path / "c.npz").write_bytes(b"kept")
    code, said = refused(capsys, tmp_path, "--model", model, "--official", tmp_path / "o.npz")
    assert code == 3
    assert "A clip in basis elocute-head-1 has no official form." in said
    assert (tmp_path / "c.npz").read_bytes() == b"kept"


def test_an_output_that_is_also_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "c.npz"
    kept.write_bytes(b"kept")
    other = tmp_path / "other.npz"
    for words in (
        ("transfer", kept, "--from", other, "--to", other, "--out", kept),
        ("transfer", other, "--from", kept, "--to", other, "--out", tmp_path / "." / "c.npz"),
        ("style", "extract", kept, "--model", "elocute-lite", "--out", kept),
        ("export", "official", kept, "--out", kept),
        ("fit", kept, "--face", other, "--out", kept),
        ("generate", kept, "--out", kept),
        ("generate", tmp_path / "a.wav", "--official", kept, "--out", kept),
    ):
        assert main([str(word) for word in words]) == 2, words
        assert "would be overwritten" in capsys.readouterr().err, words
    assert kept.read_bytes() == b"kept"


def test_an_output_that_is_read_under_another_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, other = tmp_path / "kept.npz", tmp_path / "other.npz"
    kept.write_bytes(b"kept")
    (symbolic := tmp_path / "symbolic.npz").symlink_to(kept)
    (hard := tmp_path / "hard.npz").hardlink_to(kept)
    voice, folder = tmp_path / "voice.wav", tmp_path / "folder"
    folder.mkdir()
    (run := tmp_path / "run").symlink_to(folder)
    np.savez(shape := tmp_path / "c-2.npz", shape=np.zeros(3))
    (settings := tmp_path / "s.json").write_text("{}")
    for words in (
        ("transfer", kept, "--from", other, "--to", other, "--out", symbolic),
        ("transfer", symbolic, "--from", other, "--to", other, "--out", kept),
        ("fit", other, "--face", kept, "--out", hard),
        ("generate", voice, "--style", f"calm:0.5,{kept}:0.5", "--out", hard),
        ("generate", voice, "--style", kept, "--out", kept),
        ("generate", voice, "--shape", hard, "--out", kept),
        ("generate", voice, "--shape", shape, "--takes", 2, "--out", tmp_path / "c.npz"),
        ("generate", voice, "--transcript-file", settings, "--phones-out", settings, "--out", other),
        ("convert", "flame", other, "--landmarks", other, kept, "--out", hard),
        ("dataset", "pack", folder, "--out", run),
        ("train", "denoiser", "--config", folder, "--out", run),
        ("measure", "speech", folder, "--face", settings, "--out", settings),
    ):
        code = main([str(word) for word in words])
        said = capsys.readouterr().err
        assert code == 2, (words, said)
        assert "would be overwritten" in said, words
    assert kept.read_bytes() == b"kept"
    assert settings.read_text() == "{}"
    assert list(folder.iterdir()) == []


def test_a_folder_in_place_of_a_file_is_named_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "voice.wav", "--out", "."]) == 2
    assert f"{tmp_path} is a folder. Give the name of a file that ends in .npz." in capsys.readouterr().err


def test_two_outputs_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "."
    words = ("--takes", 2, "--official", folder / "c.npz")
    code, said = refused(capsys, tmp_path, *words)
    assert code == 2
    assert "named by two arguments" in said


def test_files_are_missed_before_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> Pipeline:
        raise package_error("torch")

    there = tmp_path / "there.wav"
    there.write_bytes(b"")
    for audio, code, sentence in (
        (tmp_path / "gone.wav", 3, f"There is no file {tmp_path / 'gone.wav'}."),
        (there, 2, "needs the Python package torch"),
    ):
        words = ["generate", str(audio), "--out", str(tmp_path / "c.npz"), "--style", "calm"]
        assert main(words, make_pipeline=missing) == code
        assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("command", ["generate", "phones"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--language", "../../x"), "'../../x' is not a language code."),
        (("--language", ""), "'' is not a language code."),
        (("--language", "x" * 5000), "is not a language code."),
        (("--transcript", "a" * 100_001), "The transcript has more than 100000 characters."),
    ],
)
def test_what_is_said_of_the_recording_is_refused_before_it_is_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, words: tuple[str, ...], sentence: str
) -> None:
    out = tmp_path / ("c.npz" if command == "generate" else "p.json")
    assert main([command, str(tmp_path / "gone.wav"), "--out", str(out), *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said) < 1200


def test_a_transcript_file_of_gigabytes_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = tmp_path / "long.txt"
    with long.open("wb") as stream:
        stream.truncate(2**33)
    code, said = refused(capsys, tmp_path, "--transcript-file", long)
    assert code == 2
    assert "The transcript has more than" in said


def test_a_style_file_that_is_not_there_is_called_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.npz"
    assert refused(capsys, tmp_path, "--style", f"calm:0.5,{path}:0.5") == (
        3,
        f"elocute: There is no file {path}. Check its name and its folder.",
    )


def test_then_the_recording_is_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = refused(capsys, tmp_path, "--model", "rules")
    assert code == 3
    assert "no such recording" in said


def test_models_that_a_service_is_given_are_looked_at_when_it_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder that is there and cannot be used is left out instead: see the tests of the registry."""
    assert main(["serve", "--models", "nothing like it"]) == 2
    assert "There is no model 'nothing like it'" in capsys.readouterr().err


def test_only_a_service_is_told_which_models_requests_may_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given: list[Sequence[str] | None] = []

    def make_pipeline(models: Sequence[str] | None = None, *_: object, **__: object) -> Pipeline:
        given.append(models)
        raise SettingsError("Only asked.")

    for words in (["models"], ["serve"], ["serve", "--models", "a", "--models", "b"]):
        assert main(words, make_pipeline=make_pipeline) == 2
    assert given == [None, [], ["a", "b"]]


def test_models_are_listed_with_all_that_can_be_asked_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert "  sampler: dpmpp, ddpm, ddim\n" in text
    assert "  steps: 1 to 500, default 4\n" in text
    assert text.count("also style files and blends of styles") == 1
    assert main(["models", "--json"]) == 0
    lite, rules = json.loads(capsys.readouterr().out)["models"]
    assert lite["choices"]["guide"] == ["auto", "audio,style", "audio", "style", "none"]
    assert (lite["hears_phones"], lite["blends_styles"]) == (True, True)
    assert (rules["choices"], rules["blends_styles"]) == ({}, False)
