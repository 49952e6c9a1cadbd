"""After a dialog every editor is drawn anew: Blender itself waits until the mouse moves over it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

import addon
from addon.blender.operators import dialog
from addon.blender.operators.dialog import InDialog
from addon.blender.session import windows

FOLDER = Path(addon.__file__).parent


@pytest.fixture
def enabled(scene):
    addon.register()
    yield
    addon.unregister()


def test_dialogs_are_asked_in_one_place_alone():
    asking = [path for path in FOLDER.rglob("*.py") if "invoke_props_dialog(" in path.read_text("utf-8")]
    assert asking == [Path(dialog.__file__)]


def test_what_a_dialog_has_changed_is_shown(enabled, monkeypatch):
    drawn = []
    monkeypatch.setattr(dialog, "redraw_everything", lambda: drawn.append(scene_style()))
    assert bpy.ops.elocute.style_change_add(style="angry") == {"FINISHED"}
    assert drawn == ["angry"], "once, and after it"
    own = [kind for kind in InDialog.__subclasses__() if kind.is_registered]
    assert len(own) == 6
    assert not [kind for kind in own if "execute" in vars(kind)], "it would draw nothing"


def scene_style():
    return bpy.context.scene.elocute.style


def test_panels_and_timelines_are_drawn(monkeypatch):
    drawn = []

    def area(kind):
        return SimpleNamespace(tag_redraw=lambda: drawn.append(kind))

    screens = [
        SimpleNamespace(areas=[area("VIEW_3D"), area("SEQUENCE_EDITOR")]),
        SimpleNamespace(areas=[area("NLA")]),
    ]
    manager = SimpleNamespace(windows=[SimpleNamespace(screen=screen) for screen in screens])
    monkeypatch.setattr(windows, "window_manager_of", lambda _: manager)
    windows.redraw_everything()
    assert drawn == ["VIEW_3D", "SEQUENCE_EDITOR", "NLA"]
