"""Words that were heard, offered as a transcript to correct."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

import addon
from addon.blender.session import jobs
from addon.blender.session.status import Phase, Status
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.core.heard_words import HeardWords, heard_words
from addon.core.job import Outcome
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end

RECORDING = Path("/sounds/line.wav")


@pytest.fixture
def session(scene):
    """The session of the registered add-on; the panel shows the recording."""
    addon.register()
    bpy.context.scene.elocute.audio = str(RECORDING)
    yield jobs.session()
    addon.unregister()


def heard(text: str) -> Status:
    return Status(Phase.DONE, "Generating", message="Made it.", heard=HeardWords(RECORDING, None, text))


def test_only_recognised_words_are_offered():
    assert heard_words(RECORDING, None, "recognition", " I told you so. ") == HeardWords(
        RECORDING, None, "I told you so."
    )
    assert heard_words(RECORDING, None, "recognition", None) is None
    assert heard_words(RECORDING, None, "recognition", "  ") is None
    for source in ("transcript", "allphone", "silence", "none"):
        assert heard_words(RECORDING, None, source, "I told you so.") is None


def test_what_a_job_heard_is_in_the_result(session):
    words = HeardWords(RECORDING, None, "I told you so.")

    def finish(_):
        yield from ()
        return Outcome("Made it.", (), words)

    session.start("Hearing", lambda control: None, finish)
    pump_to_the_end(session)
    assert session.status.heard == words
    assert "elocute.use_words" in draw(ELOCUTE_PT_generate).operators


def test_a_click_makes_them_the_transcript(session):
    session.status = heard("I told you so.")
    assert "elocute.use_words" in draw(ELOCUTE_PT_generate).operators
    settings = bpy.context.scene.elocute
    settings.transcript_text = bpy.data.texts.new("Old")
    assert bpy.ops.elocute.use_words() == {"FINISHED"}
    assert settings.transcript == "I told you so."
    assert settings.transcript_text is None
    assert "elocute.use_words" not in draw(ELOCUTE_PT_generate).operators
    settings.transcript = "I sold you so."
    assert "elocute.use_words" in draw(ELOCUTE_PT_generate).operators, "a second thought"


def test_a_long_text_becomes_a_text_data_block(session):
    text = "I told you so. " * 40
    session.status = heard(text)
    bpy.context.scene.elocute.transcript = "old"
    bpy.ops.elocute.use_words()
    settings = bpy.context.scene.elocute
    assert settings.transcript == ""
    assert settings.transcript_text.name == "Words of line"
    assert settings.transcript_text.as_string().strip() == text.strip()
    assert "elocute.use_words" not in draw(ELOCUTE_PT_generate).operators


def test_they_are_not_offered_for_another_recording(session):
    session.status = heard("I told you so.")
    bpy.context.scene.elocute.audio = "/sounds/other.wav"
    assert "elocute.use_words" not in draw(ELOCUTE_PT_generate).operators
    with pytest.raises(RuntimeError, match="No words were heard in this recording"):
        bpy.ops.elocute.use_words()


def test_with_lines_they_belong_to_the_line_in_whose_part_they_were_heard(session):
    scene = bpy.context.scene
    for part in ("0-2", "2-4"):
        line = scene.elocute_lines.add()
        line.audio, line.segment = str(RECORDING), part
    session.status = Status(Phase.DONE, "", message="Made it.", heard=HeardWords(RECORDING, "2-4", "Maps."))
    scene.elocute_active_line = 0
    assert "elocute.use_words" not in draw(ELOCUTE_PT_generate).operators
    scene.elocute_active_line = 1
    assert "elocute.use_words" in draw(ELOCUTE_PT_generate).operators
    bpy.ops.elocute.use_words()
    assert [line.transcript for line in scene.elocute_lines] == ["", "Maps."]
    assert scene.elocute.transcript == ""
