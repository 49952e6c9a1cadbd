"""The buttons that make and look at the service's environment."""

from __future__ import annotations

import bpy
import pytest

import addon
from addon.blender.operators import set_up
from addon.blender.operators.generate import generate_blocker
from addon.blender.session import jobs
from addon.blender.session.status import Phase, Status
from addon.blender.ui import properties
from addon.blender.ui.preferences import read_settings
from addon.core.backend.environment import EnvironmentState
from addon.core.errors import UserError
from addon.core.job import JobControl
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def session(scene, monkeypatch):
    """The session of the registered add-on, in a Blender that may go online."""
    monkeypatch.setattr(set_up, "setup_blocker", lambda _: "")
    addon.register()
    yield jobs.session()
    addon.unregister()


def test_progress_follows_pips_lines(session, monkeypatch):
    lines = ["Collecting numpy==2", "Processing ./scipy", "Installing collected packages", "Checking it"]
    events = []

    def prepare(_plan, *, report, **_):
        for line in lines:
            report(line)

    monkeypatch.setattr(set_up, "prepare_environment", prepare)
    set_up._set_up(read_settings(), JobControl(events.append))
    assert [event.message for event in events] == lines
    assert {event.stage for event in events} == {"set up"}
    fractions = [event.fraction for event in events]
    assert 0.05 < fractions[0] < fractions[1] < 0.5
    assert fractions[2:] == [0.85, 0.95]


def test_setting_up_ends_ready(session, monkeypatch):
    monkeypatch.setattr(set_up, "prepare_environment", lambda *_, **__: None)
    monkeypatch.setattr(jobs, "check_environment", lambda _: EnvironmentState.READY)
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
    status = pump_to_the_end(session)
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
    monkeypatch.setattr(jobs, "check_environment", lambda _: state)
    assert bpy.ops.elocute.check_setup() == {"FINISHED"}
    assert session.environment is state


def test_a_folder_that_cannot_be_read_is_foreign(session, monkeypatch):
    def fail(_):
        raise OSError("no permission")

    monkeypatch.setattr(jobs, "check_environment", fail)
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
