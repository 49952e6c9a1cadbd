"""Everything that is drawn, in every state, on a stand-in layout."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import bpy
import pytest

import addon
from addon.blender import package
from addon.blender.heads.head_builder import build_head
from addon.blender.registry import CLASSES
from addon.blender.session import jobs
from addon.blender.session.status import Phase, Status
from addon.blender.targets.find import active_target
from addon.blender.ui import head_pictures, status_box
from addon.blender.ui.panels import (
    ELOCUTE_PT_generate,
    ELOCUTE_PT_idle,
    ELOCUTE_PT_live,
    ELOCUTE_PT_options,
)
from addon.blender.ui.preferences import ElocutePreferences
from addon.blender.ui.setup_box import draw_setup
from addon.blender.ui.style_panel import ELOCUTE_PT_finish, ELOCUTE_PT_style
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import ModelMessage, OptionMessage
from addon.core.known_characters import KNOWN_CHARACTERS
from addon.core.options import OPTIONS
from tests.blender.drawing import Drawn, StandInLayout, draw

STATUSES = {
    Phase.IDLE: Status(Phase.IDLE, "Generating", message="Cancelled. Nothing was changed."),
    Phase.RUNNING: Status(Phase.RUNNING, "Generating", "phones", "Finding speech sounds", 0.5, 12.0),
    Phase.CANCELLING: Status(Phase.CANCELLING, "Generating", words="Cancelling"),
    Phase.DONE: Status(Phase.DONE, "Generating", message="Made it.", notes=("one note", "another")),
    Phase.FAILED: Status(Phase.FAILED, "Generating", message="It broke.", hint="Mend it."),
}


@pytest.fixture
def session(scene):
    """The session of the registered add-on."""
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def preferences(session):
    """The add-on's page of preferences, as when it is installed."""
    entry = bpy.context.preferences.addons.new()
    entry.module = package.ROOT
    yield entry.preferences
    bpy.context.preferences.addons.remove(entry)


@pytest.mark.parametrize(("phase", "environment"), list(itertools.product(Phase, EnvironmentState)))
def test_the_panel_in_every_state(session, phase, environment):
    session.status, session.environment = STATUSES[phase], environment
    drawn = draw(ELOCUTE_PT_generate)
    ready = environment is EnvironmentState.READY
    assert ("elocute.set_up" in drawn.operators) is (not ready and not session.status.busy)
    assert ("elocute.generate" in drawn.operators) is not session.status.busy
    assert ("elocute.cancel" in drawn.operators) is session.status.busy
    if phase is Phase.CANCELLING:
        assert "Cancelling" in drawn.text
    elif phase is Phase.RUNNING:
        assert "50%, about 10 s left" in drawn.labels
        assert "Finding speech sounds" in drawn.text
    else:
        assert all(text in drawn.text for text in (session.status.message, *session.status.notes))
    assert drawn.alerts == (["It broke.", "Mend it."] if phase is Phase.FAILED else [])
    assert ("ERROR" in drawn.icons) is (phase is Phase.FAILED)
    assert ("CHECKMARK" in drawn.icons) is (phase is Phase.DONE), "nothing was made when it was cancelled"


SWITCHED = [option for option in OPTIONS if option.switch and option.group == "details"]


def test_before_the_first_work_there_is_no_result(session):
    session.environment = EnvironmentState.READY
    assert not {"CHECKMARK", "ERROR"} & set(draw(ELOCUTE_PT_generate).icons)


def test_the_bar_says_nothing_of_the_time_while_little_is_known(session):
    session.status = Status(Phase.RUNNING, "Generating", "service", "Starting the service", 0.02)
    drawn = draw(ELOCUTE_PT_generate)
    assert "2%" in drawn.labels
    assert "left" not in drawn.text


def test_every_option_is_drawn_once_with_its_companions(session):
    for option in OPTIONS:
        if option.switch:
            setattr(bpy.context.scene.elocute, option.switch, True)
    panels = (
        ELOCUTE_PT_generate,
        ELOCUTE_PT_options,
        ELOCUTE_PT_style,
        ELOCUTE_PT_finish,
        ELOCUTE_PT_idle,
        ELOCUTE_PT_live,
    )
    drawn = [name for panel in panels for name in draw(panel).properties]
    wanted = [
        name
        for option in OPTIONS
        if option.group not in ("keys", "range")  # which of these are shown follows from one of them
        for name in (option.switch, option.name, option.text_block_name)
        if name
    ]
    assert sorted(drawn) == sorted(wanted)


def model_message(name="official", reason="", **options):
    ranges = {key: OptionMessage(0.0, value, 10.0, False, False) for key, value in options.items()}
    facts = ("family", "title", "flame2020", 25.0, ("neutral",), ranges, {}, True, True, False, 0)
    return ModelMessage(name, *facts, "NumPy", reason)


@pytest.mark.parametrize(
    "option", [o for o in OPTIONS if o.switch and o.group == "details"], ids=lambda o: o.name
)
def test_a_number_that_is_off_shows_the_models_own(session, option):
    key = option.wire.partition(".")[2]
    assert option.name not in draw(ELOCUTE_PT_options).properties
    assert "Model default" in draw(ELOCUTE_PT_options).labels
    session.models = (model_message(**{key: 1.25}), model_message("other"))
    assert "Default: 1.25" in draw(ELOCUTE_PT_options).labels
    bpy.context.scene.elocute.model = "other"
    assert "Not in other" in draw(ELOCUTE_PT_options).labels


@pytest.mark.parametrize(
    "option", [o for o in OPTIONS if o.switch and o.group == "details"], ids=lambda o: o.name
)
def test_a_number_that_the_model_lacks_is_marked(session, option):
    setattr(bpy.context.scene.elocute, option.switch, True)
    assert option.name not in draw(ELOCUTE_PT_options).alerts
    session.models = (model_message(),)
    assert option.name in draw(ELOCUTE_PT_options).alerts
    session.models = (model_message(**{option.wire.partition(".")[2]: 1.25}),)
    assert option.name not in draw(ELOCUTE_PT_options).alerts


def test_the_empty_model_field_names_the_default(session):
    assert "elocute-lite" in draw(ELOCUTE_PT_options).placeholders
    session.models = (model_message(),)
    assert "official" in draw(ELOCUTE_PT_options).placeholders


def test_what_computes_the_model_is_shown_once_the_service_has_told(session):
    assert not [label for label in draw(ELOCUTE_PT_options).labels if "Computed" in label]
    session.models = (model_message(),)
    assert "Computed by NumPy" in draw(ELOCUTE_PT_options).labels
    session.models = (model_message(reason="no GPU"),)
    assert "Computed by NumPy: no GPU" in draw(ELOCUTE_PT_options).labels


def test_a_head_is_named_and_another_can_be_added(session, face):
    assert "ELOCUTE_PT_cast" in draw(ELOCUTE_PT_generate).menus
    build_head(bpy.context.scene, face)
    drawn = draw(ELOCUTE_PT_generate)
    assert active_target(bpy.context).name in drawn.labels
    assert "ELOCUTE_PT_cast" in drawn.menus
    assert "elocute.add_head_file" in drawn.operators


def test_heads_are_offered_by_name_with_pictures(session, monkeypatch, tmp_path):
    names = ["Stand-in", *(known.name for known in KNOWN_CHARACTERS)]
    for cls in (head_pictures.ELOCUTE_PT_cast, head_pictures.ELOCUTE_MT_heads):
        drawn = draw(cls)
        assert drawn.operators == ["elocute.add_head"] * len(names)
        assert drawn.buttons == names
    assert set(head_pictures.pictured()) == {"PLAIN", *names[1:]}
    given_back, remove = [], bpy.utils.previews.remove
    monkeypatch.setattr(
        bpy.utils.previews, "remove", lambda held: (given_back.append(len(held)), remove(held))
    )
    head_pictures.unregister()
    assert not head_pictures.pictured()
    assert given_back == [len(names)], "Blender has them back"
    monkeypatch.setattr(head_pictures, "HEAD_PICTURES", tmp_path)
    head_pictures.register()
    assert draw(head_pictures.ELOCUTE_PT_cast).buttons == names, "pictures that are missing hide nobody"


def test_a_remote_service_needs_no_set_up(session, preferences):
    session.environment = EnvironmentState.MISSING
    preferences.place = "REMOTE"
    assert "elocute.set_up" not in draw(ELOCUTE_PT_generate).operators


@pytest.mark.parametrize(("phase", "environment"), list(itertools.product(Phase, EnvironmentState)))
def test_the_preferences_in_every_state(session, preferences, phase, environment):
    preferences.environment = "/tmp/somewhere"  # noqa: S108 - nothing is made there
    session.status, session.environment = STATUSES[phase], environment
    drawn = draw(ElocutePreferences, preferences)
    assert {"place", "environment", "base_python", "models"} <= set(drawn.properties)
    assert not {"url", "token", "allow_remote"} & set(drawn.properties)
    assert "/tmp/somewhere" in drawn.text  # noqa: S108
    assert {"elocute.check_setup", "elocute.remove_installed"} <= set(drawn.operators)
    assert ("elocute.cancel" in drawn.operators) is session.status.busy
    assert session.status.message in drawn.text


def test_the_preferences_tell_of_packages_and_not_of_scenes(session, preferences):
    session.status = STATUSES[Phase.DONE]
    session._told = jobs.GENERATING
    assert "Made it." not in draw(ElocutePreferences, preferences).text
    session._told = jobs.Manner(jobs.GENERATING.stages, of_scene=False)
    assert "Made it." in draw(ElocutePreferences, preferences).text


def test_the_preferences_of_a_remote_service(session, preferences):
    preferences.place = "REMOTE"
    drawn = draw(ElocutePreferences, preferences)
    assert drawn.properties == ["place", "url", "token", "allow_remote"]
    assert drawn.operators == []


@pytest.mark.parametrize("environment", EnvironmentState)
def test_the_setup_box_says_something_else_in_each_state(session, environment):
    texts = set()
    for state in EnvironmentState:
        session.environment = state
        drawn = Drawn()
        draw_setup(StandInLayout(drawn), bpy.context)
        texts.add(drawn.text)
    assert len(texts) == len(EnvironmentState)


def test_the_setup_box_has_a_button_for_online_access(session):
    drawn = Drawn()
    draw_setup(StandInLayout(drawn), bpy.context)
    assert ("elocute.allow_online" in drawn.operators) is not bpy.app.online_access


def test_long_texts_are_wrapped_to_the_sidebar(session):
    message = "This is a long sentence that does not fit into a narrow sidebar. " * 3
    session.status = Status(Phase.DONE, "Generating", message=message)
    narrow = SimpleNamespace(region=SimpleNamespace(width=160), preferences=bpy.context.preferences)
    drawn = Drawn()
    status_box.draw_result(StandInLayout(drawn), narrow, session.status)
    assert len(drawn.labels) > 6
    assert drawn.text.split() == message.split()
    assert drawn.icons == ["CHECKMARK"] + ["BLANK1"] * (len(drawn.labels) - 1)


def test_every_operator_has_a_tooltip():
    for cls in CLASSES:
        if issubclass(cls, bpy.types.Operator):
            assert (cls.__doc__ or "").strip()
            assert not cls.__doc__.strip().endswith("."), "Blender adds the full stop"
