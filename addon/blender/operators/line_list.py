"""Add lines to a scene's list, take them out, move and copy them."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.props import CollectionProperty, EnumProperty, StringProperty

from ...core.errors import UserError
from ...core.files import is_file
from ...core.lines.draft import LineDraft
from ...core.lines.subtitles import lines_of_turns, read_turns
from ...core.lines.tables import SOUNDS, Table, lines_of_folder, lines_of_table
from ...core.sentences import listed
from ...core.sound_part import SoundPart
from ..context import OperatorResult, scene_of, window_manager_of
from ..line_keys import keys_that_follow
from ..ui.lines import (
    add_lines,
    duplicate_line,
    move_line,
    remove_line,
    selected_speaker,
    sort_lines,
    split_line,
    unknown_characters,
)
from ..ui.properties import active_line, scene_lines
from .report import report_error

_SOUND_FILTER = ";".join(f"*{ending}" for ending in SOUNDS)


def added(
    operator: bpy.types.Operator, context: bpy.types.Context, lines: Sequence[LineDraft], first_frame: int
) -> OperatorResult:
    """Add lines, and say what became of it."""
    scene = scene_of(context)
    add_lines(scene, lines, first_frame, selected_speaker(context))
    report_added(operator, scene, lines)
    return {"FINISHED"}


def report_added(operator: bpy.types.Operator, scene: bpy.types.Scene, lines: Sequence[LineDraft]) -> None:
    """Say how many lines were added, and which of their characters the scene has not."""
    if unknown := unknown_characters(scene, lines):
        operator.report(
            {"WARNING"}, f"There is no character called {listed(unknown)}; choose who speaks these lines."
        )
    operator.report({"INFO"}, f"{len(lines)} line{'s' if len(lines) != 1 else ''} added.")


def has_line(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether there is a line; the operator's tooltip says so otherwise."""
    if active_line(scene_of(context)) is not None:
        return True
    operator.poll_message_set("There are no lines yet.")
    return False


class _ListOperator(bpy.types.Operator):
    """What the operators on the active line share."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a line."""
        return has_line(cls, context)


class ELOCUTE_OT_line_remove(_ListOperator):
    """Take the active line out of the list; what was generated for it stays"""

    bl_idname = "elocute.line_remove"
    bl_label = "Remove line"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it."""
        remove_line(scene_of(context))
        return {"FINISHED"}


class ELOCUTE_OT_line_duplicate(_ListOperator):
    """Copy the active line, with its recording and options; the copy is generated for itself"""

    bl_idname = "elocute.line_duplicate"
    bl_label = "Duplicate line"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it."""
        duplicate_line(scene_of(context))
        return {"FINISHED"}


class ELOCUTE_OT_line_move(_ListOperator):
    """Move the active line in the list; when it plays stays as it is"""

    bl_idname = "elocute.line_move"
    bl_label = "Move line"

    direction: EnumProperty(
        name="Direction",
        description="Where to",
        items=[("UP", "Up", "One place up"), ("DOWN", "Down", "One place down")],
    )

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it."""
        move_line(scene_of(context), -1 if self.direction == "UP" else 1)
        return {"FINISHED"}


class ELOCUTE_OT_lines_sort(_ListOperator):
    """Put the lines into the order in which they play"""

    bl_idname = "elocute.lines_sort"
    bl_label = "Sort by start"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it."""
        sort_lines(scene_of(context))
        return {"FINISHED"}


class ELOCUTE_OT_lines_clear(_ListOperator):
    """Empty the list; what was generated stays"""

    bl_idname = "elocute.lines_clear"
    bl_label = "Clear list"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it."""
        scene = scene_of(context)
        with keys_that_follow(scene):
            scene_lines(scene).clear()
        return {"FINISHED"}


class ELOCUTE_OT_lines_from_files(bpy.types.Operator):
    """Add a line for each chosen recording, one after the other from the current frame on"""

    bl_idname = "elocute.lines_from_files"
    bl_label = "Recordings"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN"})
    filter_glob: StringProperty(default=_SOUND_FILTER, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the files."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add them."""
        folder = Path(bpy.path.abspath(self.directory))
        paths = [folder / file.name for file in self.files if file.name]
        missing = next((path for path in paths if not is_file(path)), None)
        if missing is not None or not paths:
            what = f"There is no file {missing}." if missing is not None else "No recording was chosen."
            return report_error(self, UserError(what, "Choose one or more sound files."))
        return added(self, context, [LineDraft(path) for path in paths], scene_of(context).frame_current)


class _FromPath(bpy.types.Operator):
    """What the operators that read one file or folder share."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for it."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def _add(self, context: bpy.types.Context, table: Table) -> OperatorResult:
        for sentence in table.refused:
            self.report({"WARNING"}, sentence)
        if not table.lines:
            return report_error(self, UserError("No line could be added.", "Correct what is named above."))
        return added(self, context, table.lines, scene_of(context).frame_current)


class ELOCUTE_OT_lines_from_table(_FromPath):
    """Add the lines of a CSV table, which has the columns of "elocute batch" and start, in seconds"""

    bl_idname = "elocute.lines_from_table"
    bl_label = "Table (CSV)"

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read it."""
        try:
            return self._add(context, lines_of_table(Path(bpy.path.abspath(self.filepath))))
        except UserError as error:
            return report_error(self, error)


class ELOCUTE_OT_lines_from_folder(_FromPath):
    """Add a line for each recording of a folder, with the text file of its name as its transcript"""

    bl_idname = "elocute.lines_from_folder"
    bl_label = "Folder"

    directory: StringProperty(subtype="DIR_PATH")

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Read it."""
        try:
            return self._add(context, lines_of_folder(Path(bpy.path.abspath(self.directory))))
        except UserError as error:
            return report_error(self, error)


class ELOCUTE_OT_lines_from_subtitles(_FromPath):
    """Split the active line's recording by the speaker turns of an SRT or WebVTT file"""

    bl_idname = "elocute.lines_from_subtitles"
    bl_label = "Split by subtitles"

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.srt;*.vtt", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a line to split."""
        return has_line(cls, context)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Put its parts in the place of the line."""
        scene = scene_of(context)
        line = active_line(scene)
        try:
            audio = Path(bpy.path.abspath(line.audio)) if line is not None else Path()
            if line is None or not is_file(audio):
                raise UserError(f"There is no file {audio}.", "Choose the line's recording again.")
            turns = read_turns(Path(bpy.path.abspath(self.filepath)))
            lines = lines_of_turns(audio, turns, SoundPart.parse(line.segment))
            if not lines:
                raise UserError("No turn of the subtitles lies in the line's part.", "Check the line's part.")
            split_line(scene, line.key, lines)
        except UserError as error:
            return report_error(self, error)
        report_added(self, scene, lines)
        return {"FINISHED"}


CLASSES = (
    ELOCUTE_OT_line_remove,
    ELOCUTE_OT_line_duplicate,
    ELOCUTE_OT_line_move,
    ELOCUTE_OT_lines_sort,
    ELOCUTE_OT_lines_clear,
    ELOCUTE_OT_lines_from_files,
    ELOCUTE_OT_lines_from_table,
    ELOCUTE_OT_lines_from_folder,
    ELOCUTE_OT_lines_from_subtitles,
)
