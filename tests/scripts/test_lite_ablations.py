"""Which trainings are started to take the bundled kind of model apart, and what they share."""

from __future__ import annotations

import json

import pytest

from elocute.bench.ablations import ABLATIONS, WHOLE, changed
from elocute.errors import SettingsError
from elocute.training.core.settings import read_settings
from elocute.training.elocute_lite.settings import PhoneticSettings
from scripts.bench import lite_ablations
from scripts.bench.lite_ablations import folder_of, made, main, settings_of

INDIRECT = "without the direct path to the result"
DEAF = "a teacher that does not listen"
NO_BOOST = "sampled without boosts of low frequencies"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Commands of trainings, each of which leaves lessons, a style encoder and a model behind."""
    commands = []

    def done(arguments):
        commands.append(list(arguments))
        out = tmp_path / "out" / arguments[arguments.index("--out") + 1].rpartition("/")[2]
        for part in ("lessons", "style", "elocute-lite"):
            (out / part).mkdir(parents=True, exist_ok=True)
        config = {"sampling": {"head_boost": 0.3, "steps": 4}, "basis": "b"}
        (out / "elocute-lite" / "config.json").write_text(json.dumps(config))
        return 10.0

    monkeypatch.setattr(lite_ablations, "done", done)
    return commands


def test_the_whole_model_is_made_first_and_shares_lessons_and_style_encoder(started, tmp_path):
    out = tmp_path / "out"
    assert made(INDIRECT, tmp_path / "corpus", out, 7) == 10.0
    assert [command[command.index("--out") + 1] for command in started] == [
        str(folder_of(out, name).parent) for name in (WHOLE, INDIRECT)
    ]
    assert (folder_of(out, INDIRECT).parent / "lessons").is_dir()
    assert (folder_of(out, INDIRECT).parent / "style").is_dir()
    told = json.loads((folder_of(out, INDIRECT).parent / "config.json").read_text())
    assert told["direct"] is False
    assert told["run"]["iterations"] == told["run"]["save_every"] == 7
    made(INDIRECT, tmp_path / "corpus", out, 7)
    assert len(started) == 2, "it was done before"


def test_what_was_trained_by_other_updates_is_none_to_compare_with(started, tmp_path):
    made(WHOLE, tmp_path / "corpus", tmp_path / "out", 7)
    for name in (WHOLE, INDIRECT, NO_BOOST):
        with pytest.raises(SettingsError, match="was trained by 7 updates, not 8") as refused:
            made(name, tmp_path / "corpus", tmp_path / "out", 8)
        assert "--updates 7" in refused.value.hint
    assert len(started) == 1


def test_another_teacher_has_lessons_of_its_own(started, tmp_path, monkeypatch):
    copied = []
    monkeypatch.setattr(lite_ablations.shutil, "copytree", lambda *paths, **_: copied.append(paths))
    made(DEAF, tmp_path / "corpus", tmp_path / "out", 7)
    assert not copied


def test_what_sampling_alone_does_is_not_trained(started, tmp_path):
    out = tmp_path / "out"
    assert made(NO_BOOST, tmp_path / "corpus", out, 7) == 0.0
    assert len(started) == 1, "the whole model's training"
    told = json.loads((folder_of(out, NO_BOOST) / "config.json").read_text())
    assert told["sampling"] == {"head_boost": 0.0, "upper_face_boost": 0.0, "steps": 4}
    assert told["basis"] == "b"
    whole = json.loads((folder_of(out, WHOLE) / "config.json").read_text())
    assert whole["sampling"]["head_boost"] == 0.3


@pytest.mark.parametrize("name", ABLATIONS)
def test_every_ablation_is_a_training_that_can_be(name, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings_of(name, 7)))
    own = read_settings(path, PhoneticSettings)
    path.write_text(json.dumps(settings_of(WHOLE, 7)))
    whole = read_settings(path, PhoneticSettings)
    assert (own == whole) == (name == WHOLE)
    assert whole.sampling.keep_mouth
    assert whole.run.iterations == 7


def test_changes_leave_settings_as_they_were():
    settings = {"a": {"b": 1, "c": 2}, "d": 3}
    assert changed(settings, {"a": {"b": 5}, "d": 4, "e": {"f": 6}}) == {
        "a": {"b": 5, "c": 2},
        "d": 4,
        "e": {"f": 6},
    }
    assert settings == {"a": {"b": 1, "c": 2}, "d": 3}


def test_an_unknown_name_is_said(capsys, tmp_path):
    words = ["--corpus", str(tmp_path), "--recordings", str(tmp_path), "--out", str(tmp_path), "nothing"]
    with pytest.raises(SystemExit):
        main(words)
    assert "there is no ablation nothing" in capsys.readouterr().err
