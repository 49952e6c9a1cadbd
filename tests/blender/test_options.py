"""From the scene's properties through the operator to the request, for every line of the table."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import bpy
import pytest

import addon
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.errors import Cancelled, UserError
from addon.core.options import OPTIONS, SceneOptions, job_settings
from tests.blender.pumping import pump_to_the_end
from tests.core.option_values import other_value, sent


@pytest.fixture
def enabled(scene):
    """The session of the registered add-on, ready to generate."""
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


class ListeningClient:
    """A client that notes the request and sends nothing."""

    def __init__(self):
        self.request = None

    def models(self):
        return SimpleNamespace(models=())

    def submit(self, audio, settings, styles, **_):
        self.request = SimpleNamespace(audio=audio, settings=settings, styles=styles)
        raise UserError("That is all.")


@pytest.fixture
def press_generate(enabled, tmp_path, monkeypatch):
    """A function that presses Generate and returns the request that would have been sent."""
    client = ListeningClient()
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    audio = tmp_path / "line.wav"
    audio.write_bytes(b"sound")
    bpy.context.scene.elocute.audio = str(audio)

    def press():
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        assert pump_to_the_end(enabled).message == "That is all."
        return client.request

    return press


def set_other(scene, option):
    """Give the option's property a value that is not its default; return the value."""
    value = other_value(option)
    if option.switch:
        setattr(scene.elocute, option.switch, True)
    setattr(scene.elocute, option.name, value)
    return option.read(value)


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.wire], ids=lambda o: o.name)
def test_what_the_user_sets_is_what_the_operator_sends(press_generate, option):
    before = press_generate()
    assert before.settings == replace(job_settings(SceneOptions()), opening=True)
    value = set_other(bpy.context.scene, option)
    request = press_generate()
    assert sent(request.settings, option) == value
    assert request.settings != before.settings


@pytest.mark.parametrize("stop", ["cancel", "another file"])
def test_stopped_work_leaves_the_scene_as_it_is(enabled, press_generate, monkeypatch, stop):
    reached, told = threading.Event(), []

    def submit(*_, cancelled, **__):
        reached.set()
        told.append(cancelled.wait(10))
        raise Cancelled

    monkeypatch.setattr(ListeningClient, "submit", submit)
    before = scene_facts()
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert reached.wait(10)
    if stop == "cancel":
        assert bpy.ops.elocute.cancel() == {"FINISHED"}
    else:
        bpy.ops.wm.read_homefile(use_empty=True)
        before = scene_facts()
    assert enabled.status.phase is Phase.CANCELLING
    assert pump_to_the_end(enabled).phase is Phase.IDLE
    assert told == [True]
    assert scene_facts() == before


def scene_facts():
    """What generating would change."""
    scene = bpy.context.scene
    lists = (bpy.data.objects, bpy.data.actions, bpy.data.sounds)
    return [sorted(thing.name for thing in things) for things in lists], scene.frame_end, scene.sync_mode


def test_the_recording_is_sent(press_generate, tmp_path):
    assert press_generate().audio == tmp_path / "line.wav"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda o: o.name)
def test_what_the_user_sets_is_read(enabled, option):
    scene = bpy.context.scene
    assert read_options(scene) == SceneOptions()
    value = set_other(scene, option)
    read = read_options(scene)
    assert getattr(read, option.name) == value
    if option.switch:
        setattr(scene.elocute, option.switch, False)
        assert getattr(read_options(scene), option.name) is None


@pytest.mark.parametrize("option", OPTIONS, ids=lambda o: o.name)
def test_blenders_property_is_that_of_the_table(enabled, option):
    made = bpy.context.scene.elocute.bl_rna.properties[option.name]
    kinds = {"bool": "BOOLEAN", "int": "INT", "float": "FLOAT", "enum": "ENUM"}
    assert made.type == kinds.get(option.kind, "STRING")
    assert option.read(made.default) == option.read(option.default)
    assert (made.name, made.description) == (option.label, option.description)
    if option.lowest is not None:
        assert made.hard_min == pytest.approx(option.lowest, rel=1e-6)
    if option.highest is not None:
        assert made.hard_max == pytest.approx(option.highest, rel=1e-6)
    if option.kind == "path":
        assert made.subtype == "FILE_PATH"
    if option.kind == "enum":
        assert [item.identifier for item in made.enum_items] == [choice.id for choice in option.choices]


def test_a_text_block_replaces_the_line(press_generate):
    settings = bpy.context.scene.elocute
    settings.transcript = "the line"
    text = bpy.data.texts.new("script")
    text.write("\nfrom the  \ntext block\n")
    settings.transcript_text = text
    assert press_generate().settings.transcript == "from the  \ntext block"


def test_style_files_are_sent_along_under_their_base_names(press_generate, tmp_path):
    (tmp_path / "angry.npz").write_bytes(b"numbers")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.context.scene.elocute.style = "calm:0.25, //angry.npz:0.75"
    request = press_generate()
    assert request.settings.style == "calm:0.25,angry.npz:0.75"
    assert request.styles == {"angry.npz": b"numbers"}


def test_a_style_file_that_is_gone_is_one_sentence(press_generate):
    bpy.context.scene.elocute.style = "/nowhere/angry.npz"
    with pytest.raises(RuntimeError, match=r"style file .* cannot be read"):
        bpy.ops.elocute.generate()


def test_choosing_style_files_adds_them_to_the_style(enabled):
    bpy.ops.elocute.add_style_file(filepath="/a/one.npz")
    assert bpy.context.scene.elocute.style == "/a/one.npz"
    bpy.ops.elocute.add_style_file(filepath="/a/two.npz")
    assert bpy.context.scene.elocute.style == "/a/one.npz,/a/two.npz"


@pytest.mark.filterwarnings("error")
def test_paths_relative_to_the_blend_file_are_resolved(enabled, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.context.scene.elocute.audio = "//line.wav"
    assert read_options(bpy.context.scene).audio == tmp_path / "line.wav"


def test_a_recording_that_is_gone_is_one_sentence(enabled):
    bpy.context.scene.elocute.audio = "/nowhere/a.wav"
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.elocute.generate()
    assert not enabled.status.busy
