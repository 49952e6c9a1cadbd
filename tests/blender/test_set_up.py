"""The buttons that make and look at the service's environment."""

from __future__ import annotations

import json
import threading
import time

import bpy
import pytest

import addon
from addon.blender.operators import set_up
from addon.blender.operators.generate import generate_blocker
from addon.blender.package import FOLDER
from addon.blender.session import jobs, own_service
from addon.blender.session.status import Phase, Status
from addon.blender.ui import properties
from addon.blender.ui.preferences import read_settings
from addon.core.backend.environment import MARKER, EnvironmentState
from addon.core.backend.server_process import ServerProcess
from addon.core.backend.setup_steps import SetupStep
from addon.core.errors import Cancelled, UserError
from addon.core.service_settings import ServiceSettings
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def session(scene, monkeypatch):
    """The session of the registered add-on, in a Blender that may go online."""
    monkeypatch.setattr(set_up, "setup_blocker", lambda _: "")
    addon.register()
    yield jobs.session()
    addon.unregister()


def test_set_up_shows_plain_words_and_no_line_of_pip(session, monkeypatch):
    go = threading.Event()

    def prepare(_plan, *, report, **_):
        report(SetupStep.CREATE, "Creating a virtual environment")
        report(SetupStep.PACKAGES, "Collecting numpy==2.4.6 (from -r /very/long/path)")
        assert go.wait(20)

    monkeypatch.setattr(set_up, "prepare_environment", prepare)
    bpy.ops.elocute.set_up()
    deadline = time.monotonic() + 10
    while session.status.stage != "packages":
        assert time.monotonic() < deadline
        jobs.pump()
    assert session.status.words == "Downloading the other packages"
    assert "numpy" not in str(session.status)
    go.set()
    pump_to_the_end(session)


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (EnvironmentState.MISSING, "everything it had installed was removed"),
        (EnvironmentState.HALF_MADE, "press Set up"),
        (EnvironmentState.READY, "too late"),
    ],
)
def test_a_cancelled_set_up_says_what_is_left(session, monkeypatch, left, sentence):
    def prepare(*_, cancelled, **__):
        assert cancelled.wait(20)
        raise Cancelled

    monkeypatch.setattr(set_up, "prepare_environment", prepare)
    bpy.ops.elocute.set_up()
    session.environment = EnvironmentState.OUTDATED
    monkeypatch.setattr(own_service, "check_environment", lambda _: left)
    bpy.ops.elocute.cancel()
    status = pump_to_the_end(session)
    assert status.phase is Phase.IDLE
    assert sentence in status.message
    assert "Nothing was changed" not in status.message
    assert session.environment is left, "the state is looked at again after cancelling too"


def test_another_file_does_not_cancel_the_set_up(session, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(set_up, "prepare_environment", lambda *_, **__: go.wait(20))
    bpy.ops.elocute.set_up()
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.status.phase is Phase.RUNNING
    go.set()
    assert pump_to_the_end(session).phase is Phase.DONE
    bpy.ops.wm.read_homefile(use_empty=True)
    assert "set up" in session.status.message, "that is true in any file"


def test_the_service_has_ended_before_its_packages_are_touched(session, monkeypatch):
    order = []
    monkeypatch.setattr(ServerProcess, "stop", lambda *_: order.append("stopped"))
    monkeypatch.setattr(set_up, "prepare_environment", lambda *_, **__: order.append("prepared"))
    session.local_service(read_settings())
    bpy.ops.elocute.set_up()
    pump_to_the_end(session)
    assert order[:2] == ["stopped", "prepared"]


def test_everything_installed_can_be_removed(session, monkeypatch, tmp_path):
    settings = ServiceSettings(FOLDER, tmp_path / "environment", tmp_path / "service.log")
    monkeypatch.setattr(set_up, "read_settings", lambda: settings)
    session.service_changed(settings)
    assert not bpy.ops.elocute.remove_installed.poll()
    plan = settings.plan()
    (plan.folder / "lib" / "packages").mkdir(parents=True)
    (plan.folder / MARKER).write_text(json.dumps({"state": "ready", "fingerprint": plan.fingerprint()}))
    plan.python.parent.mkdir(parents=True)
    plan.python.write_text("")
    for log in ("service.log", "service.log.old"):
        (tmp_path / log).write_text("")
    (settings.cache / "analysis").mkdir(parents=True)
    (settings.cache / "analysis" / "heard.json").write_text("")
    session.service_changed(settings)
    assert session.environment is EnvironmentState.READY
    assert bpy.ops.elocute.remove_installed() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.DONE, status
    assert list(tmp_path.iterdir()) == []
    assert session.environment is EnvironmentState.MISSING


def test_online_access_is_a_button(session):
    system = bpy.context.preferences.system
    before = system.use_online_access
    system.use_online_access = False
    try:
        if bpy.ops.elocute.allow_online.poll():
            assert bpy.ops.elocute.allow_online() == {"FINISHED"}
            assert bpy.app.online_access
        else:
            assert bpy.app.online_access_override
    finally:
        system.use_online_access = before


def test_setting_up_ends_ready(session, monkeypatch):
    monkeypatch.setattr(set_up, "prepare_environment", lambda *_, **__: None)
    monkeypatch.setattr(own_service, "check_environment", lambda _: EnvironmentState.READY)
    assert bpy.ops.elocute.set_up() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.DONE
    assert "set up" in status.message
    assert session.environment is EnvironmentState.READY


def test_a_failed_set_up_is_one_sentence(session, monkeypatch):
    def prepare(*_, **__):
        raise UserError("There is no space left.", "Free some.")

    monkeypatch.setattr(set_up, "prepare_environment", prepare)
    bpy.ops.elocute.set_up()
    monkeypatch.setattr(own_service, "check_environment", lambda _: EnvironmentState.HALF_MADE)
    status = pump_to_the_end(session)
    assert session.environment is EnvironmentState.HALF_MADE, "looked at again after a failure too"
    assert (status.phase, status.message, status.hint) == (
        Phase.FAILED,
        "There is no space left.",
        "Free some.",
    )


def test_setting_up_twice_at_once_is_refused(session):
    session.status = Status(Phase.RUNNING, "Generating")
    with pytest.raises(RuntimeError, match="still working"):
        bpy.ops.elocute.set_up()
    session.status = Status()


@pytest.mark.parametrize("state", EnvironmentState)
def test_checking_again_looks_at_the_folder(session, monkeypatch, state):
    monkeypatch.setattr(own_service, "check_environment", lambda _: state)
    assert bpy.ops.elocute.check_setup() == {"FINISHED"}
    assert session.environment is state


def test_a_folder_that_cannot_be_read_is_foreign(session, monkeypatch):
    def fail(_):
        raise OSError("no permission")

    monkeypatch.setattr(own_service, "check_environment", fail)
    bpy.ops.elocute.check_setup()
    assert session.environment is EnvironmentState.FOREIGN


def test_busy_work_blocks_the_buttons(scene):
    addon.register()
    jobs.session().status = Status(Phase.RUNNING, "Generating")
    assert "still working" in set_up.setup_blocker(bpy.context)
    assert "still working" in generate_blocker(bpy.context)
    assert not bpy.ops.elocute.generate.poll()
    jobs.session().status = Status()
    assert bool(set_up.setup_blocker(bpy.context)) is not bpy.app.online_access
    addon.unregister()


def test_names_are_suggested_while_typing(session):
    settings = bpy.context.scene.elocute
    assert properties._known_models(settings, bpy.context, "LITE") == ["elocute-lite"]
    assert "calm" in properties._known_styles(settings, bpy.context, "ca")
    settings.model = "unknown"
    assert properties._known_styles(settings, bpy.context, "") == []
