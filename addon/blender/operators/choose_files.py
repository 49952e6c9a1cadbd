"""Choose files for texts that may name several: files for the style, folders for the list of models."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...core.style_changes import RECORDINGS, SUFFIXES
from ..context import OperatorResult, scene_of, window_manager_of
from ..ui.preferences import MODEL_SEPARATOR, find_preferences, model_names
from ..ui.properties import shown_settings


class ELOCUTE_OT_add_style_file(bpy.types.Operator):
    """Take the style from a style file, a clip or a recording of a face, blended with one that is there"""

    bl_idname = "elocute.add_style_file"
    bl_label = "Add style file"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    filepath: StringProperty(subtype="FILE_PATH")
    filter_glob: StringProperty(
        default=";".join(f"*{suffix}" for suffix in SUFFIXES + RECORDINGS), options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the file."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Put its path into the style's text."""
        settings = shown_settings(scene_of(context), "performance")
        settings.style = ",".join(part for part in (settings.style.strip(), self.filepath) if part)
        return {"FINISHED"}


class ELOCUTE_OT_add_model_folder(bpy.types.Operator):
    """Let the service use a checkpoint folder that "elocute convert" made, or all in a folder of them"""

    bl_idname = "elocute.add_model_folder"
    bl_label = "Add model folder"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    directory: StringProperty(subtype="DIR_PATH")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there are preferences to write to; the tooltip says why not."""
        if find_preferences(context) is not None:
            return True
        cls.poll_message_set("Install Elocute as an extension first.")
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask for the folder."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Put it into the preferences' list."""
        folder = Path(bpy.path.abspath(self.directory))
        if not any((place / "config.json").is_file() for place in (folder, *folder.glob("*/"))):
            self.report({"ERROR"}, f"{folder} does not contain a model. Choose a folder with a config.json.")
            return {"CANCELLED"}
        preferences = find_preferences(context)
        if preferences is None:
            raise RuntimeError("Elocute has no preferences here")
        listed = (*model_names(preferences.models), str(folder.resolve()))
        preferences.models = f"{MODEL_SEPARATOR} ".join(dict.fromkeys(listed))
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_add_style_file, ELOCUTE_OT_add_model_folder)
