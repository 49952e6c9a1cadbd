"""How preferences become the local service's process."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path

import pytest

from addon.core.backend.built_in import BuiltInPackages
from addon.core.backend.environment import MARKER
from addon.core.backend.server_process import SERVE_COMMAND
from addon.core.errors import UserError
from addon.core.service_settings import CACHE_VARIABLE, ServiceSettings
from elocute.storage import cache_folder

ROOT = Path(__file__).resolve().parents[2]
SERVE = (*SERVE_COMMAND, "--low-priority")


@pytest.fixture
def settings(tmp_path):
    return ServiceSettings(ROOT, tmp_path / "environment", tmp_path / "service.log")


def command(settings):
    process = settings.process()
    return process._command, process._variables


def test_the_service_is_told_of_the_models(settings):
    assert command(settings)[0] == SERVE
    told = command(replace(settings, models=("/a b", "org/name")))[0]
    assert told == (*SERVE, "--models", "/a b", "--models", "org/name")


def test_models_are_called_like_their_folders_and_hub_ids(settings, tmp_path):
    for name in ("one", "many/a", "many/b", "many/empty"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("one", "many/a", "many/b"):
        (tmp_path / name / "config.json").write_text("{}")
    models = ("org/name@main", str(tmp_path / "one"), str(tmp_path / "many"))
    assert replace(settings, models=models).model_names() == ("org/name@main", "one", "a", "b")


def test_the_service_downloads_only_where_blender_may(settings):
    assert command(settings)[1]["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in command(replace(settings, online=True))[1]


def test_what_was_heard_is_kept_beside_the_log_unless_the_user_says_otherwise(settings, monkeypatch):
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    assert command(settings)[1][CACHE_VARIABLE] == str(settings.log_file.parent / "cache")
    monkeypatch.setenv(CACHE_VARIABLE, "off")
    assert CACHE_VARIABLE not in command(settings)[1]


def test_the_variable_is_the_backends():
    assert cache_folder.CACHE_VARIABLE == CACHE_VARIABLE


def test_only_what_the_process_depends_on_counts(settings):
    changed = {"place": "REMOTE", "url": "http://a", "token": "t", "allow_remote": True, "base_python": ROOT}
    assert replace(settings, **changed).of_process() == settings
    for name, value in {
        "package": Path("/p"),
        "environment": ROOT,
        "log_file": ROOT,
        "models": ("m",),
        "online": True,
        "built_in": BuiltInPackages(ROOT, ()),
    }.items():
        assert replace(settings, **{name: value}).of_process() != settings
        changed[name] = value
    assert set(changed) == {field.name for field in fields(ServiceSettings)}


def test_a_remote_service_needs_permission(settings):
    remote = replace(settings, place="REMOTE", url="http://192.168.1.20:8123", token="secret")
    with pytest.raises(UserError, match="is not allowed"):
        remote.remote_client()
    assert replace(remote, allow_remote=True).remote_client().url == remote.url


@pytest.fixture
def built_in(settings):
    """Settings of an extension that carries its packages."""
    return replace(settings, built_in=BuiltInPackages(Path("/blender/python"), (Path("/own"),)))


def make_ready(settings):
    plan = settings.plan()
    plan.python.parent.mkdir(parents=True)
    plan.python.write_text("")
    (plan.folder / MARKER).write_text(json.dumps({"state": "ready", "fingerprint": plan.fingerprint()}))


def test_what_came_with_the_extension_runs_the_service(built_in):
    process = built_in.process()
    assert process._python == Path("/blender/python")
    assert process._variables["PYTHONPATH"] == f"{ROOT / 'backend'}{os.pathsep}/own"


def test_an_environment_that_is_set_up_goes_before(built_in):
    make_ready(built_in)
    process = built_in.process()
    assert process._python == built_in.plan().python
    assert process._variables["PYTHONPATH"] == str(ROOT / "backend")


def test_what_is_set_up_on_top_is_pytorch(built_in, settings):
    assert built_in.plan().separate_requirements
    assert not settings.plan().separate_requirements


def test_hub_models_wait_for_what_can_fetch_them(built_in, tmp_path):
    (tmp_path / "mine").mkdir()
    with_models = replace(built_in, models=("org/name", str(tmp_path / "mine")))
    assert command(with_models)[0] == (*SERVE, "--models", str(tmp_path / "mine"))
    make_ready(with_models)
    assert "org/name" in command(with_models)[0]


def test_what_was_written_can_be_removed_without_an_environment(built_in):
    assert not built_in.has_written()
    built_in.cache.mkdir()
    assert built_in.has_written()
    built_in.remove_installed()
    assert not built_in.has_written()
    built_in.log_file.write_text("")
    assert built_in.has_written()
