"""Which models there are, what is said of each unloaded, and what is said where one cannot be used."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from elocute.errors import InputError, SettingsError
from elocute.models import registry
from elocute.models.catalogue import DEFAULT_MODEL, Catalogue
from elocute.models.diffposetalk.folder import save_folder
from elocute.models.family import LoadOptions
from tests.backend.diffposetalk.tiny_model import tiny_config, tiny_model

BUNDLED = registry.bundled_root() / DEFAULT_MODEL


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of two checkpoint folders of the published architecture: with styles and without."""
    root = tmp_path_factory.mktemp("models")
    save_folder(root / "official", tiny_model(), "card\n")
    shutil.copy(BUNDLED / "styles" / "calm.npz", root / "official" / "styles" / "angry.npz")
    plain = tiny_config(style_dim=0, style_encoder=None, guiding=("audio",), guidance=None)
    save_folder(root / "plain", tiny_model(plain), "card\n")
    (root / "notes").mkdir()
    return root


def run(code):
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))}
    )


def test_the_default_is_listed_first_and_loads():
    catalogue = Catalogue()
    infos = catalogue.infos()
    assert [info.id for info in infos] == [DEFAULT_MODEL, "rules"]
    chosen = catalogue.choose(None)
    assert chosen.info == infos[0]
    assert chosen.note == ""
    assert catalogue.load(chosen, LoadOptions()) is catalogue.load(
        catalogue.choose(DEFAULT_MODEL), LoadOptions()
    )


def test_the_two_models_used_last_stay_loaded(folders):
    catalogue = Catalogue([str(folders)])

    def load(name):
        return catalogue.load(catalogue.choose(name), LoadOptions())

    rules, official = load("rules"), load("official")
    assert load("rules") is rules
    plain = load("plain")
    assert load("plain") is plain
    assert load("rules") is rules
    assert load("official") is not official


def test_what_is_said_of_a_model_is_what_it_says_itself(folders):
    catalogue = Catalogue([str(folders)])
    infos = catalogue.infos()
    assert [info.id for info in infos] == [DEFAULT_MODEL, "rules", "official", "plain"]
    for info in infos:
        chosen = catalogue.choose(info.id)
        assert catalogue.load(chosen, LoadOptions()).info == chosen.info == info
    _, _, official, plain = infos
    assert official.styles == ("angry",)
    assert official.unlisted_styles == ("null",)
    assert (official.hears_phones, official.blends_styles, official.identity) == (False, True, 100)
    assert official.choices["audio_context"] == ("auto", "clip", "window")
    assert plain.styles == ()
    assert plain.blends_styles is False
    assert plain.choices["guide"] == ("auto", "audio", "none")
    assert "audio_context" not in infos[0].choices


def test_each_listed_model_has_a_default_within_its_limits():
    for info in Catalogue().infos():
        assert info.styles
        for option in info.options.values():
            assert option.lowest <= option.default <= option.highest


def test_listing_describing_and_checking_import_no_torch(folders):
    run(
        "import sys\n"
        "from elocute.installation import standard_pipeline\n"
        "from elocute.performance import PerformanceRequest\n"
        f"pipeline = standard_pipeline([{str(folders)!r}])\n"
        "assert len(pipeline.infos()) == 4\n"
        "for name in (None, 'official'): pipeline.check(PerformanceRequest(name))\n"
        "assert not {'torch', 'transformers', 'diffusers', 'huggingface_hub'} & sys.modules.keys()"
    )


def test_the_rules_model_needs_no_torch():
    run(
        "import sys\n"
        "from elocute.models.catalogue import Catalogue\n"
        "from elocute.models.family import LoadOptions\n"
        "catalogue = Catalogue(); catalogue.load(catalogue.choose('rules'), LoadOptions())\n"
        "assert 'torch' not in sys.modules"
    )


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(SettingsError, match="rules") as caught:
        Catalogue().choose("nonsense")
    assert caught.value.code == "unknown_model"
    assert caught.value.exit_code == 2


def test_only_a_catalogue_of_anything_takes_paths(folders):
    path = str(folders / "official")
    with pytest.raises(SettingsError, match="There is no model"):
        Catalogue().choose(path)
    with pytest.raises(SettingsError, match="There is no model"):
        Catalogue([path]).choose(path)
    open_to_all = Catalogue(anything=True)
    chosen = open_to_all.choose(path)
    assert (chosen.id, chosen.info.id) == (path, "official")
    assert open_to_all.folder(chosen) == folders / "official"
    assert open_to_all.load(chosen, LoadOptions()).info == chosen.info
    assert [info.id for info in open_to_all.infos()] == [DEFAULT_MODEL, "rules"]
    with pytest.raises(SettingsError, match="holds 2 models"):
        open_to_all.choose(str(folders))
    with pytest.raises(InputError, match="is not a model folder"):
        open_to_all.choose(str(folders / "notes"))


def test_two_models_of_one_name_are_refused(folders, tmp_path):
    shutil.copytree(folders / "official", tmp_path / "rules")
    with pytest.raises(SettingsError, match="two models named rules"):
        Catalogue([str(tmp_path / "rules")])


def test_a_damaged_folder_is_left_out_and_told_to_whoever_asks_for_it(folders, tmp_path, caplog):
    shutil.copytree(folders / "official", tmp_path / "broken")
    config = json.loads((tmp_path / "broken" / "config.json").read_text())
    shutil.copytree(folders / "official", tmp_path / "sound")
    (tmp_path / "empty").mkdir()
    for content, wrong in (
        (json.dumps(config | {"steps": 0}), "steps or frame rate are out of range"),
        (json.dumps(config | {"architecture": "puppet"}), "no model family 'puppet'"),
        ("{", "is damaged"),
    ):
        (tmp_path / "broken" / "config.json").write_text(content)
        # By itself, and in a folder of several: the others can be used.
        for allowed in ([tmp_path / "broken", tmp_path / "sound"], [tmp_path]):
            catalogue = Catalogue([str(folder) for folder in allowed])
            assert [info.id for info in catalogue.infos()] == [DEFAULT_MODEL, "rules", "sound"]
            assert catalogue.choose("sound").id == "sound"
            with pytest.raises(InputError, match=wrong):
                catalogue.choose("broken")
            assert wrong in caplog.text
            caplog.clear()
    catalogue = Catalogue([str(tmp_path / "empty")])
    with pytest.raises(InputError, match="is not a model folder"):
        catalogue.choose("empty")


@pytest.fixture
def lone(monkeypatch, tmp_path):
    """The bundled folder with a copy of the default's config.json and nothing else."""
    (tmp_path / DEFAULT_MODEL).mkdir()
    shutil.copy(BUNDLED / "config.json", tmp_path / DEFAULT_MODEL / "config.json")
    monkeypatch.setattr(registry, "bundled_root", lambda: tmp_path)
    return tmp_path / DEFAULT_MODEL


@pytest.mark.parametrize("package", ["torch", "safetensors"])
def test_without_its_packages_rules_stands_in_and_says_so(monkeypatch, lone, package):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    catalogue = Catalogue()
    assert [info.id for info in catalogue.infos()] == ["rules"]
    chosen = catalogue.choose(None)
    assert chosen.info.id == "rules"
    assert chosen.note == (
        "Made with the model rules: the model elocute-lite needs the Python package "
        f"{package}, which is not installed."
    )
    file = {"torch": r"requirements/backend-lite\.txt", "safetensors": r"requirements/backend\.txt"}[package]
    with pytest.raises(SettingsError, match=file) as caught:
        catalogue.choose(DEFAULT_MODEL)
    assert caught.value.code == "missing_package"
    with pytest.raises(SettingsError, match=file):
        registry.load(registry.bundled_models()[0], LoadOptions())


def test_an_official_checkpoint_needs_transformers(monkeypatch, folders):
    monkeypatch.setitem(sys.modules, "transformers", None)
    catalogue = Catalogue([str(folders)])
    assert [info.id for info in catalogue.infos()] == [DEFAULT_MODEL, "rules"]
    with pytest.raises(
        SettingsError, match=r"model official needs the Python package transformers"
    ) as caught:
        catalogue.choose("official")
    assert "requirements/backend-transformers.txt" in caught.value.hint


def test_without_its_folder_rules_stands_in_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "bundled_root", lambda: tmp_path)
    catalogue = Catalogue()
    assert [info.id for info in catalogue.infos()] == ["rules"]
    assert "is not in this installation" in catalogue.choose(None).note
    with pytest.raises(SettingsError, match="Install Elocute again"):
        catalogue.choose(DEFAULT_MODEL)


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"architecture": "diffposetalk", "steps": 5}'])
def test_a_damaged_bundled_folder_is_named(lone, content):
    (lone / "config.json").write_text(content)
    with pytest.raises(InputError, match="elocute-lite is damaged") as caught:
        Catalogue().infos()
    assert caught.value.hint == "Install Elocute again."
    with pytest.raises(InputError, match="elocute-lite is damaged"):
        Catalogue().choose(None)


def test_a_library_that_does_not_load_is_one_sentence(monkeypatch):
    class Broken:
        def __getattr__(self, name):
            raise OSError("libtorch_cpu.so: cannot open shared object file")

    monkeypatch.setitem(sys.modules, "elocute.models.diffposetalk.folder", Broken())
    with pytest.raises(SettingsError, match=r"libtorch_cpu\.so") as caught:
        registry.load(registry.bundled_models()[0], LoadOptions(precision="bfloat16"))
    assert caught.value.code == "missing_package"
    assert caught.value.message.startswith("The model elocute-lite cannot be used: PyTorch does not load")


@pytest.mark.parametrize("options", [LoadOptions(device="cuda"), LoadOptions(precision="bfloat16")])
def test_another_device_without_pytorch_says_what_is_had_without_it(monkeypatch, options):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "elocute.models.diffposetalk.folder", raising=False)
    with pytest.raises(SettingsError) as caught:
        registry.load(registry.bundled_models()[0], options)
    assert caught.value.message == (
        f"The model elocute-lite on {options.device} in {options.precision} needs the Python package torch, "
        "which is not installed."
    )
    assert caught.value.hint.endswith("; or leave the device and the precision out.")


@pytest.mark.parametrize("package", ["huggingface_hub", "httpx2"])
def test_a_model_on_the_hub_says_which_package_it_needs(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        SettingsError, match=rf"no folder org/name.* needs the Python package {package}"
    ) as caught:
        registry.models_at("org/name")
    assert "requirements/backend-lite.txt" in caught.value.hint


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub():
    with pytest.raises(SettingsError, match=r"There is no model './folder'"):
        registry.models_at("./folder")


def test_rules_computes_in_one_way_only():
    catalogue = Catalogue()
    with pytest.raises(SettingsError, match="Leave device, precision and compiling out"):
        catalogue.load(catalogue.choose("rules"), LoadOptions(device="cuda"))


def test_an_unknown_precision_is_refused():
    with pytest.raises(SettingsError, match="int8 is unknown"):
        LoadOptions(precision="int8")


@pytest.mark.parametrize("reference", ["a" * 5000, "~nobody-of-this-name/model", "a\0b"])
def test_a_name_that_no_folder_can_have_is_no_model(reference):
    with pytest.raises(SettingsError, match="There is no model"):
        registry.models_at(reference)


@pytest.mark.parametrize("device", ["foo", "cuda:x", "CUDA", ""])
def test_nobody_installs_pytorch_for_a_device_that_does_not_exist(monkeypatch, device):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "elocute.models.diffposetalk.folder", raising=False)
    with pytest.raises(SettingsError, match="There is no device") as caught:
        registry.load(registry.bundled_models()[0], LoadOptions(device=device))
    assert "Use cpu" in caught.value.hint
