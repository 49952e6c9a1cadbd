"""What the preferences become for the service."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

import addon
from addon.blender import package
from addon.blender.session import jobs
from addon.blender.ui.preferences import model_names, read_settings
from addon.core.backend.environment import EnvironmentState


@pytest.fixture
def preferences(scene):
    """The add-on's page of preferences, as when it is installed."""
    addon.register()
    entry = bpy.context.preferences.addons.new()
    entry.module = package.ROOT
    yield entry.preferences
    bpy.context.preferences.addons.remove(entry)
    addon.unregister()


@pytest.fixture
def model_folder(tmp_path):
    """A folder that looks like a checkpoint."""
    folder = tmp_path / "my model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def test_every_preference_is_read(preferences, tmp_path):
    preferences.place = "REMOTE"
    preferences.url, preferences.token, preferences.allow_remote = " http://a:1 ", " secret ", True
    preferences.environment, preferences.base_python = str(tmp_path), "/usr/bin/python3"
    preferences.models = "org/name"
    read = read_settings()
    assert (read.place, read.url, read.token, read.allow_remote) == ("REMOTE", "http://a:1", "secret", True)
    assert (read.environment, read.base_python) == (tmp_path, Path("/usr/bin/python3"))
    assert read.models == ("org/name",)
    assert (read.package / "requirements").is_dir()


def test_models_are_folders_and_hub_ids(tmp_path):
    listed = model_names(f" {tmp_path}/a/../b ; org/some-name_1.0;; org/some-name_1.0@v1/x ;~/c;plain")
    assert listed == (
        str(tmp_path / "b"),
        "org/some-name_1.0",
        "org/some-name_1.0@v1/x",
        str(Path.home() / "c"),
        "plain",
    )
    assert model_names("  ") == ()


def test_choosing_a_folder_adds_it_once(preferences, model_folder):
    preferences.models = "org/name"
    for _ in range(2):
        assert bpy.ops.elocute.add_model_folder(directory=str(model_folder)) == {"FINISHED"}
    assert read_settings().models == ("org/name", str(model_folder))
    assert jobs.session().model_names()[-2:] == ("org/name", "my model")


def test_a_folder_that_is_no_checkpoint_is_refused(preferences, tmp_path):
    with pytest.raises(RuntimeError, match=r"config\.json"):
        bpy.ops.elocute.add_model_folder(directory=str(tmp_path))
    assert preferences.models == ""


def test_without_preferences_no_folder_can_be_added(scene):
    addon.register()
    assert not bpy.ops.elocute.add_model_folder.poll()
    addon.unregister()


def test_further_models_need_pytorch_and_the_packages_of_published_checkpoints(preferences):
    plain = read_settings().plan()
    preferences.models = "org/name"
    plan = read_settings().plan()
    assert [path.name for path in plan.requirements if path not in plain.requirements] == [
        "backend-lite.txt",
        "backend-science.txt",
        "backend-transformers.txt",
    ]
    assert (plain.separate_requirements, plan.separate_requirements[0].name) == ((), "torch-cpu.txt")
    assert plan.fingerprint() != plain.fingerprint()


def test_changing_a_preference_looks_at_the_environment_again(preferences):
    jobs.session().environment = EnvironmentState.READY
    preferences.models = "org/name"
    assert jobs.session().environment is not EnvironmentState.READY
