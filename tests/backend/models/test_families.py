"""What each family declares, and that the seams between families hold."""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.cli.main import main
from elocute.errors import InputError, SettingsError
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.models import registry
from elocute.models.family import LoadOptions
from elocute.models.folder_family import FolderFamily
from elocute.motion.clip import MotionClip
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.backend.diffposetalk.tiny_model import tiny_model, write_official

ROOT = Path(__file__).resolve().parents[3]
FAMILIES = list(registry.families())


def test_families_are_the_folders_that_declare_one(monkeypatch, tmp_path):
    assert registry.family_names() == ("atom", "diffposetalk", "dimitra", "rules", "thmm")
    for name in ("other", "unfinished"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "other" / "family.py").write_text("FAMILY = 'the other one'\n")
    monkeypatch.setattr(registry.models, "__path__", [*registry.models.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    assert registry.family_names() == ("atom", "diffposetalk", "dimitra", "other", "rules", "thmm")
    assert registry.family("other") == "the other one"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_called_as_its_folder_and_its_models_name_it(family):
    assert registry.family(family.name) is family
    assert all(info.family == family.name for info in family.built_in)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_trainings_that_a_family_names_are_there(family):
    for training in family.trainings:
        module, _, name = training.entry.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_every_family_is_kept_from_importing_others():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (apart,) = [one for one in contracts if one["name"] == "No model family imports another"]
    assert apart["modules"] == [f"elocute.models.{name}" for name in registry.family_names()]


def test_rules_have_no_checkpoints_and_no_style_encoder(tmp_path):
    rules = registry.family("rules")
    for use in (lambda: rules.describe(tmp_path, "x"), lambda: rules.load(tmp_path, "x", LoadOptions())):
        with pytest.raises(InputError, match="has no checkpoints"):
            use()
    still = np.zeros((2, 3), np.float32)
    clip = MotionClip(25.0, "elocute-head-1", np.zeros((2, 43), np.float32), still, still)
    with pytest.raises(SettingsError, match="no style encoder"):
        registry.extract_style(registry.built_in_models()[0], clip, 0, "x")


IN_FOLDERS = [family for family in FAMILIES if isinstance(family, FolderFamily)]


@pytest.mark.parametrize("family", IN_FOLDERS, ids=lambda family: family.name)
def test_models_in_folders_have_no_built_in_model_and_no_style_encoder(family, tmp_path):
    assert family.built_in == ()
    with pytest.raises(InputError, match=f"The family {family.name} has no built-in model") as caught:
        family.load(None, "x", LoadOptions())
    assert caught.value.code == "missing_model"
    still = np.zeros((2, 3), np.float32)
    clip = MotionClip(25.0, "elocute-head-1", np.zeros((2, 43), np.float32), still, still)
    with pytest.raises(SettingsError, match=f"The family {family.name} has no style encoder"):
        family.extract_style(tmp_path, "x", clip, 0, "x")
    assert {"torch", "safetensors", "scipy"} <= set(family.packages(None))


@pytest.mark.parametrize("family", IN_FOLDERS, ids=lambda family: family.name)
def test_a_network_that_does_not_load_is_told_from_a_folder_that_is_not_there(family, monkeypatch, tmp_path):
    with pytest.raises(InputError):
        family.load(tmp_path / "nothing", "x", LoadOptions())

    class Broken:
        def __getattr__(self, name):
            raise OSError("libtorch_cpu.so: cannot open shared object file")

    monkeypatch.setitem(sys.modules, f"elocute.models.{family.name}.generator", Broken())
    with pytest.raises(ImportError, match=r"^PyTorch does not load \(libtorch_cpu\.so"):
        family.load(tmp_path, "x", LoadOptions())


@pytest.mark.parametrize("family", IN_FOLDERS, ids=lambda family: family.name)
def test_only_models_that_can_be_compiled_are(family, tmp_path):
    reason = "no config" if family.compiles else "The model x is not compiled"
    with pytest.raises((InputError, SettingsError), match=reason):
        family.load(tmp_path, "x", LoadOptions(compiled=True))
    assert family.compiles == (family.name == "atom")


def test_the_bundled_model_is_not_compiled():
    with pytest.raises(SettingsError, match="The model elocute-lite is not compiled"):
        registry.load(registry.bundled_models()[0], LoadOptions(compiled=True))


def test_families_in_folders_say_which_packages_their_encoders_need(tmp_path):
    usual = {family.name: family.packages(None)[3:] for family in IN_FOLDERS}
    assert usual == {"atom": ("transformers",), "dimitra": (), "thmm": ()}


def convert(folder, out, *words):
    official = write_official(folder, tiny_model())
    arguments = ["convert", "diffposetalk", official["checkpoint"], "--stats", official["stats"]]
    arguments += ["--audio-encoder", official["audio_encoder"], "--out", out, *words]
    return main([str(word) for word in arguments])


def test_a_face_that_contacts_cannot_be_measured_on_is_refused_before_anything_is_written(tmp_path, capsys):
    code = convert(tmp_path, tmp_path / "model", "--face", tmp_path / "missing.npz")
    assert code == 3
    assert "missing.npz" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_a_converter_gets_what_its_family_declares(tmp_path):
    assert convert(tmp_path, tmp_path / "model") == 0
    (model,) = registry.models_at(str(tmp_path / "model"))
    assert (model.id, model.family) == ("model", "diffposetalk")
    assert not (tmp_path / "model" / "mouth_probe.npz").exists()


def test_a_required_argument_of_a_converter_must_be_given(tmp_path, capsys):
    assert main(["convert", "diffposetalk", "x.pt", "--out", str(tmp_path / "m")]) == 2
    assert "--stats, --audio-encoder" in capsys.readouterr().err


@pytest.fixture(scope="module")
def flame_face(tmp_path_factory):
    """A made-up FLAME head as a file."""
    folder = tmp_path_factory.mktemp("flame2020")
    files = write_files(make_synthetic_flame(SMALL_SIZE), folder, "chumpy")
    face = convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))
    face.save(folder / "face.npz")
    return folder / "face.npz"


def test_with_a_face_lip_contacts_are_made_certain_and_without_one_the_user_is_told(
    tmp_path, flame_face, capsys
):
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(np.arange(16000) / 9), 16000)
    made = {}
    for name, words in (("plain", ()), ("faced", ("--face", flame_face))):
        (tmp_path / f"{name}-official").mkdir()
        assert convert(tmp_path / f"{name}-official", tmp_path / name, *words) == 0
        assert (tmp_path / name / "mouth_probe.npz").exists() is bool(words)
        capsys.readouterr()
        arguments = ["generate", tmp_path / "a.wav", "--model", tmp_path / name, "--out", tmp_path / "c.npz"]
        arguments += ["--steps", 2, "--transcript", "papa mama", "--json"]
        assert main([str(word) for word in arguments]) == 0
        told = json.loads(capsys.readouterr().out)
        made[name] = told, MotionClip.load(tmp_path / "c.npz").meta["lip_contacts"]
    told, contacts = made["plain"]
    assert contacts is False
    assert told["phone_source"] == "none"  # nothing would have used them
    assert "with --face" in told["notes"][-1]
    told, contacts = made["faced"]
    assert contacts is True
    assert told["phone_source"] != "none"
    assert not any("Lip contacts" in note for note in told["notes"])
