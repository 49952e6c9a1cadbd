"""Words and phones of a take in Blender: selected, edited, shown over the timeline, made anew."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import bpy
import pytest

from addon.blender import registry
from addon.blender.chosen_range import playing_take
from addon.blender.keys import kept_clip
from addon.blender.keys.kept_clip import keep_phones, kept_phones
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.pending_words import pending_ranges, set_pending
from addon.blender.operators.word_drag import ELOCUTE_OT_word_drag, WordDrag
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui import word_overlay
from addon.blender.ui.word_overlay import draw_words, spans_of
from addon.blender.ui.words import being_dragged, choice, chosen_words
from addon.blender.ui.words_panel import ELOCUTE_PT_words
from addon.core.backend.messages import PhoneMessage, from_json
from tests.blender.changed_takes import PHONES, bump, content, finished, make, serve, smooth, speak
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def take(rig, tmp_path):
    registry.register()
    speak(rig, tmp_path)
    yield rig
    registry.unregister()


@pytest.fixture
def service(take, monkeypatch):
    return serve(monkeypatch)


def test_new_words_come_with_the_new_take_and_nothing_waits_any_more(take):
    action = playing_take(bpy.context).take.actions[0]
    set_pending(action, [(2.0, 3.0), (0.5, 1.0), (0.9, 1.5)])
    assert pending_ranges(action) == ((0.5, 1.5), (2.0, 3.0))
    words = replace(PHONES, transcript="other")
    make(take, content(bump(smooth(1))), phones=words)
    new = playing_take(bpy.context).take.actions[0]
    assert kept_phones(new) == words
    assert pending_ranges(new) == ()
    assert pending_ranges(action) == ((0.5, 1.5), (2.0, 3.0))


def test_a_click_on_a_word_goes_there_and_selects_it(take):
    scene = bpy.context.scene
    assert bpy.ops.elocute.word_pick(index=1) == {"FINISHED"}
    assert scene.frame_current == 61
    assert choice(bpy.context) == (1, 1)
    bpy.ops.elocute.word_pick(index=0)
    bpy.ops.elocute.word_pick(index=1, extend=True)
    assert [word.text for word in chosen_words(bpy.context, PHONES)] == ["bomb", "map"]
    assert scene.frame_current == 24
    with pytest.raises(RuntimeError, match="no such word"):
        bpy.ops.elocute.word_pick(index=7)


def test_a_word_is_edited_and_undone(take):
    action = playing_take(bpy.context).take.actions[0]
    assert bpy.ops.elocute.word_edit(index=1, text="map", start=56.0, end=73.5, phones="M AE") == {"FINISHED"}
    told = kept_phones(action)
    assert told.words[1].start == pytest.approx(1.8)
    assert [(p.label, round(p.start, 3)) for p in told.phones][4:6] == [("M", 1.8), ("AE", 2.08)]
    ((first, last),) = pending_ranges(action)
    assert (first, last) == (pytest.approx(1.56), pytest.approx(2.74))
    assert bpy.ops.elocute.word_edit(index=0, text="mob", start=23.5, end=36.0, phones="B AA") == {"FINISHED"}
    told = kept_phones(action)
    assert told.words[0].text == "mob"
    assert [phone.label for phone in told.phones] == ["SIL", "M", "AE", "SIL"]
    assert bpy.ops.elocute.word_pause(index=1, seconds=0.2) == {"FINISHED"}
    assert kept_phones(action).words[1].end == pytest.approx(2.3)
    with pytest.raises(RuntimeError, match="too short"):
        bpy.ops.elocute.word_pause(index=1, seconds=2.0)
    assert bpy.ops.elocute.word_edit(index=1, text="map", start=56.0, end=68.5, phones="P AE") == {"FINISHED"}
    assert [phone.label for phone in kept_phones(action).phones] == ["SIL", "P", "AE", "SIL"]
    edited = kept_phones(action)
    with pytest.raises(RuntimeError, match="XX is no ARPAbet phone"):
        bpy.ops.elocute.word_edit(index=1, text="nap", start=56.0, end=68.5, phones="XX YY")
    with pytest.raises(RuntimeError, match="map cannot be from"):
        bpy.ops.elocute.word_edit(index=1, text="map", start=56.0, end=float("nan"), phones="")
    assert kept_phones(action) == edited
    assert bpy.ops.elocute.word_edit(index=1, text="nap", start=56.0, end=68.5, phones="N AE P") == {
        "FINISHED"
    }
    assert kept_phones(action).words[1].text == "nap"
    assert [phone.label for phone in kept_phones(action).phones] == ["SIL", "N", "AE", "P", "SIL"]


def test_words_survive_saving(take, tmp_path):
    action = playing_take(bpy.context).take.actions[0]
    keep_phones(action, replace(PHONES, transcript="edited"))
    name = action.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "words.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "words.blend"))
    assert kept_phones(bpy.data.actions[name]).transcript == "edited"


def test_the_panel_shows_words_around_the_playhead_and_what_waits(take):
    drawn = draw(ELOCUTE_PT_words)
    assert [text for text in drawn.buttons if text] == ["24  bomb", "61  map"]
    assert drawn.operators.count("elocute.word_edit") == 2
    assert "elocute.words_anew" not in drawn.operators
    set_pending(playing_take(bpy.context).take.actions[0], [(0.5, 1.0)])
    assert "elocute.words_anew" in draw(ELOCUTE_PT_words).operators
    bpy.context.scene.elocute.range_source = "FRAMES"
    assert {"range_first", "range_last", "range_mouth", "range_head"} <= set(
        draw(ELOCUTE_PT_words).properties
    )
    keep_phones(playing_take(bpy.context).take.actions[0], replace(PHONES, words=()))
    assert "No words are known" in draw(ELOCUTE_PT_words).text


def test_edited_words_are_made_anew_with_the_takes_own_seed(take, service):
    bpy.ops.elocute.word_edit(index=1, text="map", start=59.0, end=73.5, phones="M AE")
    bpy.ops.elocute.words_anew()
    assert finished().phase is Phase.DONE
    assert (service.settings.seed, service.settings.channels) == (0, ("mouth", "jaw"))
    assert service.settings.ranges == ((pytest.approx(1.68), pytest.approx(2.74)),)
    assert b'"start": 1.92' in service.attached["given_phones"]
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ()
    with pytest.raises(RuntimeError, match="No word was edited"):
        bpy.ops.elocute.words_anew()


def test_words_over_the_timeline_stand_at_their_frames(take):
    words, phones = spans_of(playing_take(bpy.context), (1, 1), (0.0, 200.0), 400)
    assert [(span.text, round(span.first, 3), round(span.last, 3), span.marked) for span in words] == [
        ("bomb", 23.5, 36.0, False),
        ("map", 61.0, 73.5, True),
    ]
    assert [span.text for span in phones] == ["B", "AA", "M", "AE"]
    draw_words()  # there is no region to draw into here


def test_frames_made_anew_leave_edited_words_waiting_elsewhere(take, service):
    action = playing_take(bpy.context).take.actions[0]
    set_pending(action, [(0.5, 1.0), (3.0, 3.5)])
    scene = bpy.context.scene
    scene.elocute.range_source = "FRAMES"
    scene.elocute.range_first, scene.elocute.range_last = 11 + 12, 11 + 26
    bpy.ops.elocute.range_anew()
    assert pump_to_the_end(jobs.session()).phase is Phase.DONE
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ((3.0, 3.5),)
    set_pending(playing_take(bpy.context).take.actions[0], [(0.5, 1.0)])
    for part in ("mouth", "jaw"):
        setattr(scene.elocute, f"range_{part}", False)
    scene.elocute.range_brows = True
    bpy.ops.elocute.range_anew()
    assert pump_to_the_end(jobs.session()).phase is Phase.DONE
    assert pending_ranges(playing_take(bpy.context).take.actions[0]) == ((0.5, 1.0),)


def test_of_a_long_line_only_what_is_seen_is_looked_at(take):
    playing = playing_take(bpy.context)
    words, phones = spans_of(playing, (0, 0), (60.0, 80.0), 400)
    assert ([word.text for word in words], [phone.text for phone in phones]) == (["map"], ["M", "AE"])
    assert words[0].marked is False
    assert spans_of(playing, (0, 0), (0.0, 200.0), 1) == ([], [])


def test_words_are_read_once_while_nothing_changes(take, monkeypatch):
    """A redraw asks for them, and those of half an hour take most of a second."""
    action, read = playing_take(bpy.context).take.actions[0], []
    keep_phones(action, replace(PHONES, transcript="read once"))
    monkeypatch.setattr(kept_clip, "from_json", lambda *told: read.append(told) or from_json(*told))
    for _ in range(3):
        draw(ELOCUTE_PT_words)
    assert len(read) == 1
    keep_phones(action, replace(PHONES, transcript="read again"))
    assert kept_phones(action).transcript == "read again"


REGION = SimpleNamespace(
    width=400,
    height=300,
    view2d=SimpleNamespace(
        region_to_view=lambda x, _: (20.0 + x / 4.0, 0.0),
        view_to_region=lambda frame, _, clip: ((frame - 20.0) * 4.0, 0),
    ),
)
"""400 pixels wide; it shows the frames 20 to 120."""


@pytest.fixture
def blf(monkeypatch):
    told = SimpleNamespace(size=lambda *_: None, dimensions=lambda _, text: (6.0 * len(text), 10.0))
    monkeypatch.setitem(sys.modules, "blf", told)


def test_the_overlay_draws_what_its_region_shows(take, monkeypatch, blf):
    class Context:
        region = REGION
        preferences = None

        def __getattr__(self, name):
            return getattr(bpy.context, name)

    rows = []
    monkeypatch.setattr(word_overlay, "bpy", SimpleNamespace(context=Context()))
    monkeypatch.setattr(word_overlay, "_draw_row", lambda row, *_: rows.append([box.text for box in row]))
    draw_words()
    assert rows[-1] == ["bomb", "map"]


@pytest.mark.parametrize(
    ("height", "rows"),
    [(300, {"phones": 22, "words": 39}), (76, {"words": 22}), (50, {"words": 12}), (38, {"words": 0})],
)
def test_a_low_timeline_shows_words_alone(take, blf, height, rows):
    """Blender's own timeline is some 40 pixels high in a small window."""
    region = SimpleNamespace(width=2000, height=height, view2d=SimpleNamespace(
        region_to_view=lambda x, _: (20.0 + x / 20.0, 0.0),
        view_to_region=lambda frame, _, clip: ((frame - 20.0) * 20.0, 0),
    ))  # fmt: skip
    shown = word_overlay.rows_in(playing_take(bpy.context), region, 1.0, (-1, -1))
    assert {row.name: row.bottom for row in shown} == rows


def x_of(frame):
    return (frame - 20.0) * 4.0


class Mouse:
    """The operator in a window, as Blender would call it."""

    def __init__(self):
        self.texts, self.reports = [], []
        self.operator = SimpleNamespace(_held=None, report=lambda *told: self.reports.append(told))
        for name in ("invoke", "modal", "cancel", "_end"):
            bound = partial(getattr(ELOCUTE_OT_word_drag, name), self.operator)
            setattr(self.operator, name, bound)
        area = SimpleNamespace(header_text_set=self.texts.append, tag_redraw=lambda: None)
        manager = SimpleNamespace(modal_handler_add=lambda _: None)

        class Context:
            region, window, preferences, window_manager = REGION, None, None, manager

            def __getattr__(self, name):
                return area if name == "area" else getattr(bpy.context, name)

        self.context = Context()

    def press(self, frame, y=47.0):
        return self.operator.invoke(self.context, self.event("LEFTMOUSE", frame, y=y))

    def send(self, kind, frame=0.0, value="NOTHING", shift=False):
        return self.operator.modal(self.context, self.event(kind, frame, value, shift))

    @staticmethod
    def event(kind, frame, value="PRESS", shift=False, y=47.0):
        return SimpleNamespace(
            type=kind, value=value, shift=shift, mouse_region_x=x_of(frame), mouse_region_y=y
        )


def test_the_end_of_a_word_is_moved_with_the_mouse(take, blf):
    action, mouse = playing_take(bpy.context).take.actions[0], Mouse()
    assert mouse.press(73.4) == {"RUNNING_MODAL"}
    assert mouse.send("MOUSEMOVE", 80.3) == {"RUNNING_MODAL"}
    assert kept_phones(action) == PHONES, "nothing is kept while the button is down"
    assert being_dragged(playing_take(bpy.context).take.key).words[1].end == pytest.approx(2.76)
    assert "Frame 80.0" in mouse.texts[-1]
    mouse.send("MOUSEMOVE", 81.25, shift=True)
    assert mouse.send("LEFTMOUSE", 81.25, "RELEASE") == {"FINISHED"}
    assert kept_phones(action).words[1].end == pytest.approx((81.25 - 11) / 25)
    ((first, last),) = pending_ranges(action)
    assert (first, last) == (pytest.approx(1.76), pytest.approx(3.05))
    assert being_dragged(playing_take(bpy.context).take.key) is None
    assert mouse.texts[-1] is None


def test_where_a_phone_stands_is_told_though_silences_become_one(take, blf):
    action, mouse = playing_take(bpy.context).take.actions[0], Mouse()
    silences = (PhoneMessage("SIL", 0.0, 0.2), PhoneMessage("SIL", 0.2, 0.5))
    keep_phones(action, replace(PHONES, phones=(*silences, *PHONES.phones[1:])))
    assert mouse.press(28.5, y=30.0) == {"RUNNING_MODAL"}
    mouse.send("MOUSEMOVE", 30.0)
    assert "Frame 30.0" in mouse.texts[-1]
    mouse.send("MOUSEMOVE", 90.0)
    assert "Frame 35.5" in mouse.texts[-1]
    mouse.send("ESC")


def test_escape_puts_an_edge_back_and_other_clicks_are_blenders(take, blf):
    action = playing_take(bpy.context).take.actions[0]
    for kind in ("ESC", "RIGHTMOUSE"):
        mouse = Mouse()
        mouse.press(61.1)
        mouse.send("MOUSEMOVE", 50.0)
        assert mouse.send(kind) == {"CANCELLED"}
        assert kept_phones(action) == PHONES
        assert being_dragged(playing_take(bpy.context).take.key) is None
    mouse = Mouse()
    assert mouse.press(68.0) == {"PASS_THROUGH"}, "within a word"
    assert mouse.press(61.0, y=300.0) == {"PASS_THROUGH"}, "above the words"
    assert mouse.press(61.0) == {"RUNNING_MODAL"}
    assert mouse.send("LEFTMOUSE", 61.0, "RELEASE") == {"CANCELLED"}, "it was not moved"
    assert pending_ranges(action) == ()
    bpy.context.scene.frame_set(61)
    for placed in placed_lines(take.keys):
        placed.strip.mute = placed.track.mute = True
    bpy.data.actions.remove(action)
    assert mouse.press(61.0) == {"PASS_THROUGH"}


@pytest.mark.parametrize("when", ["MOUSEMOVE", "LEFTMOUSE"])
def test_a_bug_while_an_edge_is_held_leaves_nothing_behind(take, blf, monkeypatch, when):
    action, mouse, cursor = playing_take(bpy.context).take.actions[0], Mouse(), []
    mouse.context.window = SimpleNamespace(
        cursor_modal_set=cursor.append, cursor_modal_restore=lambda: cursor.append("as it was")
    )
    mouse.press(73.5)
    mouse.send("MOUSEMOVE", 80.0)

    def broken(*_args, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr(WordDrag, "move", broken)
    monkeypatch.setattr(WordDrag, "drop", broken)
    with pytest.raises(ZeroDivisionError):
        mouse.send(when, 81.0, "RELEASE")
    assert being_dragged(playing_take(bpy.context).take.key) is None
    assert (mouse.texts[-1], cursor[-1]) == (None, "as it was")
    assert kept_phones(action) == PHONES
    assert mouse.operator._held is None


def test_words_that_were_changed_while_one_was_moved_stay(take, blf):
    action, mouse = playing_take(bpy.context).take.actions[0], Mouse()
    mouse.press(73.5)
    mouse.send("MOUSEMOVE", 80.0)
    other = replace(PHONES, transcript="other")
    keep_phones(action, other)
    assert mouse.send("LEFTMOUSE", 80.0, "RELEASE") == {"CANCELLED"}
    assert kept_phones(action) == other
    assert being_dragged(playing_take(bpy.context).take.key) is None


def test_what_the_front_end_says_of_the_words_is_told_beside_them(take):
    action = playing_take(bpy.context).take.actions[0]
    keep_phones(
        action, replace(PHONES, notes=("Only 2 of the transcript's 3 words are said. Left out: moon.",))
    )
    assert "Left out: moon." in draw(ELOCUTE_PT_words).text
