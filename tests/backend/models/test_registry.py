import subprocess
import sys

import pytest

from elocute.errors import InputError, SettingsError
from elocute.models import bundled
from elocute.models.registry import DEFAULT_MODEL, choose_model, list_models, load_generator


def test_the_default_is_listed_first_and_loads():
    infos = list_models()
    assert infos[0].id == DEFAULT_MODEL
    assert load_generator().info == infos[0]
    assert choose_model(None).info == infos[0]
    assert choose_model(None).note == ""


def test_each_listed_model_has_a_default_within_its_limits():
    for info in list_models():
        assert info.styles
        for option in info.options.values():
            low, default, high = option.lowest, option.default, option.highest
            assert low <= default <= high


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(SettingsError, match="rules") as caught:
        load_generator("nonsense")
    assert caught.value.code == "unknown_model"
    assert caught.value.exit_code == 2


def test_the_rules_model_needs_no_torch():
    code = (
        "import sys; from elocute.models.registry import load_generator; load_generator('rules');"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))}
    )


def give_folder(monkeypatch, folder, content="{}"):
    """Have the bundled model lie in ``folder``, with this config.json."""
    (folder / "config.json").write_text(content)
    monkeypatch.setattr(bundled, "bundled_folder", lambda: folder)


def test_listing_and_choosing_import_no_torch():
    code = (
        "import sys; from elocute.models.registry import choose_model, list_models;"
        "assert len(list_models()) == 2; choose_model(None);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))}
    )


@pytest.mark.parametrize("package", bundled.PACKAGES)
def test_without_its_packages_rules_stands_in_and_says_so(monkeypatch, tmp_path, package):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    give_folder(monkeypatch, tmp_path)
    assert [info.id for info in list_models()] == ["rules"]
    chosen = choose_model(None)
    assert chosen.info.id == "rules"
    assert chosen.note == (
        "Made with the model rules: the model elocute-lite needs the Python package "
        f"{package}, which is not installed."
    )
    for ask in (choose_model, load_generator):
        with pytest.raises(SettingsError, match=r"requirements/backend-lite\.txt") as caught:
            ask("elocute-lite")
        assert caught.value.code == "missing_package"


def test_without_its_folder_rules_stands_in_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(bundled, "bundled_folder", lambda: tmp_path)
    assert [info.id for info in list_models()] == ["rules"]
    assert "is not in this installation" in choose_model(None).note
    with pytest.raises(SettingsError, match="Install Elocute again"):
        choose_model("elocute-lite")


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"sampling": 1, "steps": 5}'])
def test_a_damaged_folder_is_named(monkeypatch, tmp_path, content):
    give_folder(monkeypatch, tmp_path, content)
    with pytest.raises(InputError, match="elocute-lite is damaged"):
        list_models()
