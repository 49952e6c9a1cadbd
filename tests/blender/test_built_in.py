"""The panel and the preferences where the extension carries its packages."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

import addon
from addon.blender.operators import set_up
from addon.blender.operators.generate import generate_blocker
from addon.blender.operators.work import work_blocker
from addon.blender.session import jobs, own_service
from addon.blender.session.status import Phase
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.preferences import read_settings
from addon.blender.ui.setup_box import draw_setup
from addon.core.backend.built_in import BuiltInPackages
from addon.core.backend.environment import EnvironmentState
from addon.core.errors import Cancelled
from tests.blender.drawing import Drawn, StandInLayout, draw
from tests.blender.pumping import pump_to_the_end

PACKAGES = BuiltInPackages(Path(sys.executable), (Path("/own"),))


@pytest.fixture
def session(scene, monkeypatch):
    """The session of an extension that carries its packages; nothing else is set up."""
    monkeypatch.setattr(own_service, "find_built_in", lambda *_: PACKAGES)
    monkeypatch.setattr(set_up, "setup_blocker", lambda _: "")
    addon.register()
    jobs.session().environment = EnvironmentState.MISSING
    yield jobs.session()
    addon.unregister()


def test_nothing_stands_between_a_new_user_and_generate(session):
    assert session.ready
    assert generate_blocker(bpy.context) == "Choose a recording first."
    assert work_blocker() == ""
    assert bpy.ops.elocute.live_start.poll()
    assert read_settings().built_in == PACKAGES


def test_packages_that_are_gone_are_missed(session, monkeypatch):
    monkeypatch.setattr(own_service, "find_built_in", lambda *_: None)
    bpy.ops.elocute.check_setup()
    assert not session.ready
    assert "Set up" in generate_blocker(bpy.context)


def test_a_cancelled_setup_of_pytorch_leaves_elocute_usable(session, monkeypatch):
    def prepare(*_, cancelled, **__):
        assert cancelled.wait(20)
        raise Cancelled

    monkeypatch.setattr(set_up, "prepare_environment", prepare)
    bpy.ops.elocute.set_up()
    bpy.ops.elocute.cancel()
    status = pump_to_the_end(session)
    assert status.phase is Phase.IDLE
    assert "works without it" in status.message
    assert session.ready


def test_what_is_set_up_is_what_runs_next(session, monkeypatch):
    monkeypatch.setattr(set_up, "prepare_environment", lambda *_, **__: None)
    first = session.local_service(read_settings())
    bpy.ops.elocute.set_up()
    assert "PyTorch is set up" in pump_to_the_end(session).message
    assert session.local_service(read_settings()) is not first, "it would run with what was there before"


@pytest.mark.parametrize("environment", EnvironmentState)
def test_the_panel_asks_for_no_setup_and_the_preferences_offer_pytorch(session, environment):
    session.environment = environment
    assert "elocute.set_up" not in draw(ELOCUTE_PT_generate).operators
    drawn = Drawn()
    draw_setup(StandInLayout(drawn), bpy.context)
    if environment is EnvironmentState.READY:
        assert "PyTorch is set up" in drawn.text
    else:
        assert "Set up PyTorch" in drawn.buttons


def test_each_state_of_pytorch_is_told_in_other_words(session):
    told = set()
    for session.environment in EnvironmentState:
        drawn = Drawn()
        draw_setup(StandInLayout(drawn), bpy.context)
        told.add(drawn.text)
    assert len(told) == len(EnvironmentState)
