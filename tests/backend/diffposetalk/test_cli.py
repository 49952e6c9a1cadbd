"""The whole way a user takes: convert, style, generate, and every wrong turn of it."""

import json

import numpy as np
import pytest
import soundfile

from elocute.cli.main import main
from elocute.motion.clip import MotionClip
from tests.backend.diffposetalk.tiny_model import noise_arrays, tiny_model, tone, vector, write_official

SAMPLES = 70000  # two windows


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("user")
    model = tiny_model()
    official = write_official(folder, model)
    words = ["convert", "diffposetalk", str(official["checkpoint"]), "--stats", str(official["stats"])]
    words += ["--audio-encoder", str(official["audio_encoder"])]
    words += ["--style-encoder", str(official["style_encoder"]), "--out", str(folder / "model")]
    assert main(words) == 0
    soundfile.write(folder / "a.wav", tone(SAMPLES).numpy(), 16000, subtype="FLOAT")
    np.save(folder / "shape.npy", vector(100).numpy())
    np.savez(folder / "noise.npz", **noise_arrays(model.config, 2))
    np.save(folder / "style.npy", vector(12).numpy())
    np.savez(folder / "noise2.npz", **noise_arrays(model.config, 2, takes=2))
    return folder


def generate(files, *words, out="clip.npz"):
    arguments = ["generate", files / "a.wav", "--model", files / "model", "--out", files / out, *words]
    return main([str(word) for word in arguments])


def test_generate_with_recorded_noise_and_official_form(files, capsys):
    words = [
        "--shape",
        files / "shape.npy",
        "--noise",
        files / "noise.npz",
        "--official",
        files / "o.npz",
        "--json",
    ]
    assert generate(files, *words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["clips"] == [str(files / "clip.npz")]
    assert facts["official"] == [str(files / "o.npz")]
    clip = MotionClip.load(files / "clip.npz")
    assert facts["frames"] == clip.frames == 109
    assert clip.basis == "flame2020"
    assert clip.meta["sampler"] == "ddpm"  # recorded noise is there to repeat a published run
    assert clip.meta["steps"] == 8
    with np.load(files / "o.npz") as data:
        assert np.array_equal(data["exp"], clip.expression)
        assert np.array_equal(data["pose"], np.concatenate([clip.head, clip.jaw], 1))
        assert np.array_equal(data["shape"][0], vector(100).numpy())
    assert generate(files, *words, out="again.npz") == 0
    assert np.array_equal(MotionClip.load(files / "again.npz").expression, clip.expression)


def test_takes_are_as_many_as_were_recorded(files):
    assert generate(files, "--noise", files / "noise2.npz", "--official", files / "o.npz", out="t.npz") == 0
    for name in ("t-1.npz", "t-2.npz", "o-1.npz", "o-2.npz"):
        assert (files / name).exists()


def test_extracted_style_becomes_a_preset_and_blends(files):
    assert generate(files, "--sampler", "ddim", "--steps", 2) == 0
    words = ["style", "extract", files / "clip.npz", "--model", files / "model", "--start", 3, "--out"]
    assert main([str(w) for w in [*words, files / "model" / "styles" / "mine.npz"]]) == 0
    assert main([str(w) for w in [*words, files / "s.npz"]]) == 0
    assert generate(files, "--style", f"mine:0.7,{files / 's.npz'}:0.3", "--takes", 2, out="b.npz") == 0
    clip = MotionClip.load(files / "b-2.npz")
    assert clip.meta["seed"] == 1
    assert clip.meta["style"].startswith("mine:0.7")
    plain = MotionClip.load(files / "clip.npz")
    assert not np.allclose(plain.expression, clip.expression)


def test_named_arguments_and_pairs_are_the_same(files):
    assert generate(files, "--steps", 3, "--audio-scale", 2, "--sampler", "ddim", out="x.npz") == 0
    pairs = ["--set", "steps=3", "--set", "audio_scale=2", "--choose", "sampler=ddim"]
    assert generate(files, *pairs, out="y.npz") == 0
    one, other = (MotionClip.load(files / name) for name in ("x.npz", "y.npz"))
    assert one.meta == other.meta
    assert np.array_equal(one.expression, other.expression)


def test_options_reach_the_sampler(files):
    words = ["--sampler", "ddim", "--steps", 3, "--audio-scale", 2, "--threshold", 0.9, "--guide", "audio"]
    words += [
        "--guidance",
        "independent",
        "--audio-context",
        "window",
        "--precision",
        "bfloat16",
        "--no-head",
    ]
    assert generate(files, *words, "--seed", 5) == 0
    clip = MotionClip.load(files / "clip.npz")
    expected = {
        "sampler": "ddim",
        "steps": 3,
        "audio_scale": 2.0,
        "threshold": 0.9,
        "guidance": "independent",
    }
    expected |= {"audio_context": "window", "precision": "bfloat16", "seed": 5}
    assert {name: clip.meta[name] for name in expected} == expected
    assert not clip.head.any()


def test_phones_are_looked_for_where_they_are_to_be_written(files, capsys):
    words = ["--steps", 1, "--transcript", "papa", "--json"]
    assert generate(files, *words) == 0
    assert json.loads(capsys.readouterr().out)["phone_source"] == "none"
    assert generate(files, *words, "--phones-out", files / "p.json") == 0
    assert json.loads(capsys.readouterr().out)["phone_source"] != "none"
    assert json.loads((files / "p.json").read_text())["phones"]


WRONG = [
    (["--steps", 0], 2, "steps = 0 is out of range. Give a whole number from 1 to 8."),
    (["--steps", 99], 2, "steps = 99 is out of range"),
    (["--steps", 2.5], 2, "steps = 2.5 is not a whole number"),
    (["--sampler", "euler"], 2, "sampler = 'euler' is unknown. Choose one of dpmpp, ddpm, ddim."),
    (["--audio-scale", -1], 2, "audio_scale = -1 is out of range. Give a number from 0 to 5."),
    (["--style-scale", "nan"], 2, "style_scale = nan is out of range"),
    (["--threshold", 2], 2, "threshold = 2 is out of range"),
    (["--guidance", "both"], 2, "guidance = 'both' is unknown"),
    (
        ["--guide", "text"],
        2,
        "guide = 'text' is unknown. Choose one of auto, audio,style, audio, style",
    ),
    (["--guide", "style"], 2, "needs a style"),
    (["--guide", "style, audio"], 2, "needs a style"),
    (["--style", "nobody"], 2, "Model model has no style named 'nobody'"),
    (["--style", "nobody", "--steps", 8], 2, "Model model has no style named 'nobody'"),
    (["--style", "nobody.npz"], 3, "There is no file nobody.npz"),
    (["--style", "shape.npy"], 3, "has 100 numbers; the model takes 12"),
    (["--shape", "missing.npy"], 3, "There is no file"),
    (["--shape", "noise.npz"], 3, "contains no shape: it has no array 'shape'"),
    (["--shape", "style.npy"], 2, "The shape has 12 coefficients; model model takes 100"),
    (["--noise", "missing.npz"], 3, "There is no file"),
    (["--noise", "a.wav"], 3, "not recorded noise"),
    (["--noise", "noise2.npz", "--takes", 3], 2, "for 2 takes, not 3"),
    (["--audio-context", "all"], 2, "audio_context = 'all' is unknown"),
    (["--precision", "int8"], 2, "precision int8 is unknown"),
    (["--device", "abacus"], 2, "There is no device 'abacus'"),
    (["--takes", 65], 2, "65 takes are out of range. Ask for 1 to 64 takes."),
    (["--set", "smile=1"], 2, "no setting named 'smile'"),
    (["--set", "steps=3", "--steps", 3], 2, "steps is given twice"),
    (["--choose", "smile=wide"], 2, "no setting named 'smile'"),
]


@pytest.mark.parametrize(("words", "code", "sentence"), WRONG)
def test_wrong_arguments_are_one_sentence_each(files, capsys, monkeypatch, words, code, sentence):
    monkeypatch.chdir(files)
    assert generate(files, *words, out="never.npz") == code
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("elocute:")]
    assert len(lines) == 1
    assert sentence in lines[0]
    assert not list(files.glob("never*"))


def test_too_little_sound_is_refused(files, capsys, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(600).numpy(), 16000)
    words = ["generate", tmp_path / "a.wav", "--model", files / "model", "--out", tmp_path / "c.npz"]
    assert main([str(w) for w in words]) == 3
    assert "the shortest recording accepted is 0.3 s" in capsys.readouterr().err


def test_folder_arguments_without_a_folder(files, capsys):
    words = ["generate", files / "a.wav", "--model", "rules", "--sampler", "ddim", "--out", files / "c.npz"]
    assert main([str(w) for w in words]) == 2
    assert "Model rules has no setting named 'sampler'" in capsys.readouterr().err


def test_a_folder_that_is_no_model(files, tmp_path, capsys):
    words = ["generate", files / "a.wav", "--model", tmp_path, "--out", tmp_path / "c.npz"]
    assert main([str(w) for w in words]) == 3
    assert "is not a model folder" in capsys.readouterr().err


def test_convert_says_what_is_wrong(files, tmp_path, capsys):
    words = ["convert", "diffposetalk", files / "a.wav", "--stats", files / "stats_train.npz"]
    words += ["--audio-encoder", files / "speech-encoder", "--out", tmp_path / "m"]
    assert main([str(w) for w in words]) == 3
    assert "is not a PyTorch checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
    words[2], words[-1] = files / "iter_1.pt", files / "a.wav"
    assert main([str(w) for w in words]) == 3
    assert "is a file" in capsys.readouterr().err
    words[-1] = tmp_path / "no" / "such" / "m"
    assert main([str(w) for w in words]) == 3
    assert "there is no folder" in capsys.readouterr().err


def test_converted_files_are_readable_by_others(files):
    modes = {path.name: path.stat().st_mode & 0o777 for path in (files / "model").iterdir() if path.is_file()}
    assert len(set(modes.values())) == 1
