"""The example line, diagnostics, and the service that starts while the panel is looked at."""

from __future__ import annotations

import threading

import bpy
import pytest

import addon
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.operators import first_sight, generate
from addon.blender.package import EXAMPLE
from addon.blender.session import early_service, jobs
from addon.blender.session.early_service import EarlyService
from addon.blender.session.status import Phase, Status
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.preferences import read_settings
from addon.core.backend.environment import EnvironmentState
from addon.core.clip.sampled import clip_content
from addon.core.errors import UserError
from addon.core.options import SceneOptions
from tests.blender.drawing import draw


@pytest.fixture
def session(scene):
    """The session of the registered add-on, set up."""
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


def test_the_example_is_generated_with_its_words(session, monkeypatch):
    begun = []
    monkeypatch.setattr(first_sight, "begin_line", lambda context, line: begun.append(line))
    assert "elocute.try_example" in draw(ELOCUTE_PT_generate).operators
    assert bpy.ops.elocute.try_example() == {"FINISHED"}
    settings = bpy.context.scene.elocute
    assert settings.audio == str(EXAMPLE)
    assert EXAMPLE.is_file()
    assert settings.transcript.startswith("Well, my best friends")
    assert begun == [None]
    assert "elocute.try_example" not in draw(ELOCUTE_PT_generate).operators, "something is chosen now"


def test_an_example_that_cannot_begin_chooses_nothing(session, monkeypatch):
    def refuse(*_):
        raise UserError("It is linked.")

    monkeypatch.setattr(first_sight, "begin_line", refuse)
    bpy.context.scene.elocute.transcript = "mine"
    with pytest.raises(RuntimeError, match="It is linked"):
        bpy.ops.elocute.try_example()
    assert (bpy.context.scene.elocute.audio, bpy.context.scene.elocute.transcript) == ("", "mine")


def test_an_example_that_is_missing_is_told(session, monkeypatch, tmp_path):
    monkeypatch.setattr(first_sight, "EXAMPLE", tmp_path / "line.flac")
    with pytest.raises(RuntimeError, match=r"line\.flac is missing"):
        bpy.ops.elocute.try_example()
    assert bpy.context.scene.elocute.audio == ""


def test_the_example_waits_as_generate_does(session, monkeypatch):
    session.environment = EnvironmentState.MISSING
    assert not bpy.ops.elocute.try_example.poll()
    session.environment = EnvironmentState.READY
    monkeypatch.setattr(session, "status", Status(Phase.RUNNING))
    assert not bpy.ops.elocute.try_example.poll()


def test_diagnostics_tell_the_fault_and_no_private_name(session, monkeypatch, tmp_path):
    log = tmp_path / "service.log"
    log.write_text(f'ValueError in {tmp_path}/Secret Film/take.wav\nFile "{first_sight.FOLDER}/addon/x.py"\n')
    settings = read_settings()
    monkeypatch.setattr(
        first_sight, "read_settings", lambda: settings.__class__(settings.package, tmp_path, log)
    )
    monkeypatch.setattr(first_sight.getpass, "getuser", lambda: "annabel")
    bpy.context.scene.elocute.audio = "/mnt/client/secret-line.wav"
    session.status = Status(Phase.FAILED, "Generating secret-line.wav", message="annabel has no sound.")
    text = first_sight.diagnostics_of(bpy.context)
    for private in ("Secret", "secret-line", "annabel", str(tmp_path)):
        assert private not in text
    assert bpy.app.version_string in text
    assert "ValueError in" in text
    assert "<Elocute>/addon/x.py" in text
    assert "has no sound" in text
    assert bpy.ops.elocute.copy_diagnostics() == {"FINISHED"}


def test_diagnostics_are_offered_where_something_failed(session):
    session.status = Status(Phase.FAILED, "x", message="It broke.")
    assert "elocute.copy_diagnostics" in draw(ELOCUTE_PT_generate).operators
    session.status = Status(Phase.DONE, "x", message="It is made.")
    assert "elocute.copy_diagnostics" not in draw(ELOCUTE_PT_generate).operators


class Server:
    """Stands for a service's process."""

    def __init__(self):
        self.connected = threading.Event()

    def connect(self):
        self.connected.set()
        raise UserError("It does not start.")


def test_the_service_starts_once_on_a_thread_and_its_failure_is_silent(scene, monkeypatch):
    server = Server()
    registered = []
    monkeypatch.setattr(early_service.bpy, "app", _App(registered))
    early = EarlyService(lambda: server)
    early.ask()
    early.ask()
    assert registered == [early.start]
    assert early.start() is None, "the timer ends"
    assert server.connected.wait(10)


class _App:
    """Stands for ``bpy.app`` of a Blender with a window."""

    background = False

    def __init__(self, registered):
        self.timers = self
        self._registered = registered

    def register(self, function, first_interval):
        assert first_interval > 0
        self._registered.append(function)


def test_no_service_is_started_without_a_window_or_need(session, preferences_remote):
    early = session.early_service(read_settings)
    early.ask()
    assert not bpy.app.timers.is_registered(early.start)
    early.start()
    assert session.service() is None, "it is another address that is used"


@pytest.fixture
def preferences_remote(session, monkeypatch):
    """Preferences that name another address."""
    from dataclasses import replace

    settings = replace(read_settings(), place="REMOTE")
    monkeypatch.setattr(generate, "read_settings", lambda: settings)
    monkeypatch.setattr(f"{__name__}.read_settings", lambda: settings)
    return settings


@pytest.mark.parametrize("why", ["busy", "not set up"])
def test_the_early_service_stays_out_of_the_way(session, why):
    if why == "busy":
        session.status = Status(Phase.RUNNING)
    else:
        session.environment = EnvironmentState.MISSING
    session.early_service(read_settings).start()
    assert session.service() is None
    session.status = Status()


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_a_head_that_was_added_is_what_is_selected(scene, tmp_path, make_clip, mode):
    """In another mode than Object mode the user's work is left alone."""
    bpy.ops.wm.read_factory_settings(use_empty=False)
    cube = bpy.context.view_layer.objects.active
    if mode == "EDIT":
        bpy.ops.object.mode_set(mode="EDIT")
    content = clip_content(make_clip(frames=10, expressions=50))
    outcome = apply_motion(content, tmp_path / "a.wav", SceneOptions(), current_target(bpy.context))
    assert outcome.message
    head = next(thing for thing in bpy.data.objects if "elocute_basis" in thing)
    selected = list(bpy.context.view_layer.objects.selected)
    assert selected == ([head] if mode == "OBJECT" else [cube])
    assert bpy.context.view_layer.objects.active == selected[0]


def test_a_service_that_was_to_start_soon_does_not_after_the_end():
    asked = []
    early = EarlyService(lambda: asked.append(1))
    early.soon()
    kept = [name for name in ("_timer", "start") if bpy.app.timers.is_registered(getattr(early, name))]
    assert kept == ["_timer"]
    early.close()
    assert not bpy.app.timers.is_registered(early._timer)
