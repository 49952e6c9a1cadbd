"""Recordings of an actor: what is taken, what is refused and why, and the model that learns from them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.phone import Phone
from elocute.checkpoint.folder import preset_names
from elocute.cli import main
from elocute.clips_in_the_making import make_clips
from elocute.dataset.actor.checks import best_lag, length_problem, mouth_opening, problem
from elocute.dataset.actor.importing import import_takes
from elocute.dataset.actor.recordings import ActorRecording, read_index, recording_path
from elocute.dataset.actor.takes import find_takes
from elocute.errors import InputError
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models.catalogue import Catalogue
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.registry import bundled_root
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.progress import Progress
from elocute.training.elocute_lite import actor as training
from scripts.bench.data import HEAD
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files

SPEECH = Path(__file__).parents[2] / "data" / "speech"
LIDS = [EXPRESSION_INDEX["eyeBlinkLeft"], EXPRESSION_INDEX["eyeBlinkRight"]]


@pytest.fixture(scope="module")
def spoken():
    """name -> speech and motion of the committed recordings."""
    made = {}
    for name in ("map", "movie"):
        text = (SPEECH / f"{name}.txt").read_text(encoding="utf-8")
        speech = analyse_speech(load_audio(SPEECH / f"{name}.flac"), transcript=text, language="en")
        clip = make_clips(RulesGenerator(), speech, GenerationSettings(style="lively", seed=2), Progress())[0]
        made[name] = speech, clip
    return made


@pytest.fixture(scope="module")
def folder(spoken, tmp_path_factory):
    """Two good takes, one as a table and one as a clip at 50 fps, among files that cannot be used."""
    place = tmp_path_factory.mktemp("takes")
    day = place / "monday"
    day.mkdir()
    clip = spoken["map"][1]
    clip.save(place / "map.npz")
    assert main(["export", "arkit-csv", str(place / "map.npz"), "--out", str(day / "map_raw.csv")]) == 0
    (place / "map.npz").unlink()
    shutil.copy(day / "map_raw.csv", day / "map_cal.csv")
    for name in ("map.flac", "map.txt"):
        shutil.copy(SPEECH / name, day)
    slow = spoken["movie"][1]
    doubled = [np.repeat(array, 2, axis=0) for array in (slow.expression, slow.jaw, slow.head)]
    MotionClip(50.0, slow.basis, *doubled).save(place / "movie.npz")
    shutil.copy(SPEECH / "movie.flac", place)
    shutil.copy(SPEECH / "movie.flac", place / "lonely.flac")
    (place / "scene.blend").write_bytes(b"BLENDER")
    (place / "broken.csv").write_text("nothing that is known\n")
    shutil.copy(SPEECH / "movie.flac", place / "broken.flac")
    shutil.copy(SPEECH / "map.flac", place / "other.flac")
    slow.save(place / "other.npz")
    return place


@pytest.fixture(scope="module")
def actor(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("actors") / "anna"
    assert main(["dataset", "import", str(folder), "--out", str(out), "--language", "en"]) == 0
    return out


def test_takes_are_found_by_name_and_the_rest_is_named(folder):
    takes, refused = find_takes(folder)
    assert [take.name for take in takes] == ["broken", "monday/map", "movie", "other"]
    assert (takes[1].motion.name, takes[1].words.name) == ("map_cal.csv", "map.txt")
    reasons = {one.name: one.reason for one in refused}
    assert "export the keyed character" in reasons["scene.blend"]
    assert "no motion of the same name" in reasons["lonely.flac"]
    assert "map_cal.csv is of the same take" in reasons["monday/map_raw.csv"]


def test_a_folder_that_is_none_or_empty(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        find_takes(tmp_path / "none")
    with pytest.raises(InputError, match="no recordings"):
        find_takes(tmp_path)


def test_everything_is_told_in_a_sentence_and_what_is_taken_comes_back(folder, spoken, tmp_path):
    out = tmp_path / "anna"
    report = import_takes(folder, out, "anna", language="en")
    told = "\n".join(report.sentences())
    assert "monday/map: taken" in told
    assert "phones from the words beside it" in told
    assert "movie: taken" in told
    assert "phones from sound alone" in told
    assert "broken: not taken, " in told
    assert "is no capture that Elocute knows" in told
    assert "other: not taken, the motion lasts" in told
    index = read_index(out)
    assert [facts.take for facts in index.recordings] == ["monday/map", "movie"]
    clip = spoken["map"][1]
    recording = ActorRecording.load(recording_path(out, index.recordings[0]))
    others = np.setdiff1d(np.arange(43), LIDS)
    np.testing.assert_allclose(recording.expression[:, others], clip.expression[:, others], atol=2e-3)
    np.testing.assert_allclose(recording.jaw, clip.jaw[:, 0], atol=1e-3)
    second = ActorRecording.load(recording_path(out, index.recordings[1]))
    jaw = spoken["movie"][1].jaw[:, 0]
    assert np.abs(second.jaw - jaw).max() < 0.3 * np.ptp(jaw)  # 50 fps to 25
    assert np.corrcoef(second.jaw, jaw)[0, 1] > 0.98
    with pytest.raises(InputError, match="is there already"):
        import_takes(folder, out, "anna")


def test_blinks_are_taken_out_and_counted(spoken, tmp_path):
    _, clip = spoken["map"]
    expression = clip.expression.copy()
    expression[:, LIDS] = 0.1
    for start in (10, 40):
        expression[start : start + 6, LIDS] = 0.95
    folder = tmp_path / "in"
    folder.mkdir()
    replace(clip, expression=expression).save(folder / "map.npz")
    shutil.copy(SPEECH / "map.flac", folder)
    import_takes(folder, tmp_path / "out", "a", language="en")
    index = read_index(tmp_path / "out")
    assert index.recordings[0].blinks == 2
    assert index.blinks_per_minute == pytest.approx(120.0 / index.seconds)
    lids = ActorRecording.load(recording_path(tmp_path / "out", index.recordings[0])).expression[:, LIDS]
    np.testing.assert_allclose(lids, 0.1, atol=1e-3)


def test_nothing_to_take_leaves_nothing_behind(tmp_path, spoken):
    folder = tmp_path / "in"
    folder.mkdir()
    still = replace(spoken["map"][1], jaw=np.zeros_like(spoken["map"][1].jaw))
    replace(still, expression=np.zeros_like(still.expression)).save(folder / "map.npz")
    shutil.copy(SPEECH / "map.flac", folder)
    with pytest.raises(InputError, match="the mouth does not move"):
        import_takes(folder, tmp_path / "out", "a", language="en")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("name", ["map", "movie"])
@pytest.mark.parametrize("late", [-9, -6, 6, 9])
def test_a_mouth_beside_its_sound_is_refused_and_how_far_is_told(spoken, name, late):
    speech, clip = spoken[name]
    assert problem(speech, clip) is None
    lag, gain = best_lag(speech, mouth_opening(clip))
    assert abs(lag) <= 3 or gain < 0.12
    moved = replace(clip, expression=np.roll(clip.expression, late, 0), jaw=np.roll(clip.jaw, late, 0))
    told = problem(speech, moved)
    assert told is not None
    assert ("after" if late > 0 else "before") in told
    assert abs(best_lag(speech, mouth_opening(moved))[0] - late) <= 3


def test_lengths_and_silence(spoken):
    speech, clip = spoken["map"]
    assert length_problem(speech, clip.frames + 9) is None
    assert "cut both" in (length_problem(speech, clip.frames + 20) or "")
    assert "shorter" in (length_problem(replace(speech, seconds=1.0), 25) or "")
    quiet = replace(speech, phones=(Phone("SIL", 0.0, speech.seconds),))
    assert problem(quiet, clip) == "nothing is said in it"


def test_motion_of_another_head_wants_that_head(spoken, tmp_path):
    _, clip = spoken["map"]
    flame = MotionClip(25.0, "flame2020", np.zeros((clip.frames, 50)), clip.jaw, clip.head)
    flame.save(tmp_path / "map.npz")
    shutil.copy(SPEECH / "map.flac", tmp_path)
    with pytest.raises(InputError, match="--face"):
        import_takes(tmp_path, tmp_path / "out", "a", language="en")


def test_motion_of_another_head_is_fitted_with_that_head(spoken, tmp_path, capsys):
    _, clip = spoken["map"]
    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path / "flame2020", "chumpy")
    face = convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))
    face.save(tmp_path / "face.npz")
    folder = tmp_path / "in"
    folder.mkdir()
    still = np.zeros((clip.frames, 50), np.float32)
    MotionClip(25.0, face.basis, still, clip.jaw, clip.head).save(folder / "map.npz")
    shutil.copy(SPEECH / "map.flac", folder)
    command = ["dataset", "import", str(folder), "--out", str(tmp_path / "out"), "--language", "en"]
    assert main([*command, "--face", str(tmp_path / "face.npz")]) == 0
    shown = capsys.readouterr()
    assert "follow the lips within" in shown.out
    assert "import: 100 %" in shown.err
    found = read_index(tmp_path / "out").recordings[0]
    jaw = ActorRecording.load(recording_path(tmp_path / "out", found)).jaw
    assert np.corrcoef(jaw, clip.jaw[: len(jaw), 0])[0, 1] > 0.9


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_damaged_recordings_are_said(actor, tmp_path, damage):
    copy = tmp_path / "anna"
    shutil.copytree(actor, copy)
    path = recording_path(copy, read_index(copy).recordings[0])
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:500])
    else:
        (copy / "actor.json").write_text(json.dumps({"format": 1, "name": "a", "recordings": []}))
        with pytest.raises(InputError, match="no recordings of an actor"):
            read_index(copy)
        return
    with pytest.raises(InputError):
        ActorRecording.load(path)


def test_a_name_that_is_no_name(folder, tmp_path, capsys):
    command = ["dataset", "import", str(folder), "--out", str(tmp_path / "a"), "--name", "../x"]
    assert main(command) == 2
    assert "no name for a model" in capsys.readouterr().err


def test_a_model_learns_from_them_and_is_used_like_any_other(actor, tmp_path, spoken, monkeypatch):
    monkeypatch.setattr(training, "standin_head", lambda: FaceModel.load(HEAD))  # as it is built: 5 s
    config = json.loads((actor / "train.json").read_text())
    assert config == {"data": str(actor.resolve())}
    config["run"] = {
        **{"iterations": 2, "batch": 1, "learning_rate": 2e-3, "warmup": 0},
        **{"workers": 0, "save_every": 100, "log_every": 1},
    }
    path = tmp_path / "train.json"
    path.write_text(json.dumps(config))
    run = tmp_path / "run"
    assert main(["train", "actor", "--config", str(path), "--out", str(run)]) == 0
    model, base = load_folder(run / "anna"), load_folder(bundled_root() / "elocute-lite")
    assert model.config.sampling.style == "anna"
    assert set(preset_names(run / "anna")) == {*preset_names(bundled_root() / "elocute-lite"), "anna"}
    changed = {
        name.split(".")[0]
        for name, value in model.network.state_dict().items()
        if not torch.allclose(value, base.network.state_dict()[name], atol=1e-3)
    }
    assert changed == {"denoising_net"}
    catalogue = Catalogue((str(run / "anna"),))
    assert "anna" in {info.id for info in catalogue.infos()}
    speech = spoken["map"][0]
    out = tmp_path / "clip.npz"
    sound = str(SPEECH / "map.flac")
    words = ["--language", "en", "--words", "none"]
    assert main(["generate", sound, "--model", str(run / "anna"), "--out", str(out), *words]) == 0
    assert MotionClip.load(out).frames == speech.frames


@pytest.mark.parametrize("name", ["neutral", "null", "checkpoints"])
def test_a_name_that_is_taken_costs_nothing(actor, tmp_path, name, capsys):
    copy, run = tmp_path / "data", tmp_path / "run"
    shutil.copytree(actor, copy)
    replace(read_index(copy), name=name).save(copy)
    (tmp_path / "train.json").write_text(json.dumps({"data": str(copy)}))
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints" / "precious").touch()
    assert main(["train", "actor", "--config", str(tmp_path / "train.json"), "--out", str(run)]) != 0
    assert f"name {name} is" in capsys.readouterr().err
    assert (run / "checkpoints" / "precious").exists()
