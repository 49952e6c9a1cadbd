"""The add-on's preferences."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.backend.environment_folder import default_environment
from ...core.service_settings import ServiceSettings
from ..context import layout_of
from ..package import FOLDER, ROOT, user_folder
from ..session import jobs
from .setup_box import draw_setup, draw_upkeep
from .status_box import draw_progress, draw_result

MODEL_SEPARATOR: Final = ";"
_HUB_ID: Final = re.compile(r"\w[\w.-]*(/\w[\w.-]*(@[\w./-]+)?)?")
LOG_NAME: Final = "service.log"


def _service_changed(_self: object, _context: bpy.types.Context) -> None:
    jobs.session().service_changed(read_settings())


class ElocutePreferences(bpy.types.AddonPreferences):
    """Where the service is."""

    bl_idname = ROOT

    place: EnumProperty(
        name="Service",
        items=(
            ("LOCAL", "This computer", "Elocute starts its service itself and ends it with Blender"),
            ("REMOTE", "Another address", "Use a service that is already running"),
        ),
        default="LOCAL",
        update=_service_changed,
    )
    url: StringProperty(
        name="Address", description="For example http://192.168.1.20:8123", update=_service_changed
    )
    token: StringProperty(name="Token", description="Access token of the service", subtype="PASSWORD")
    allow_remote: BoolProperty(
        name="Send recordings to this address",
        description="Recordings leave this computer. Only allow an address that you trust",
        default=False,
    )
    environment: StringProperty(
        name="Environment",
        description="Folder for the service's Python packages; empty for the default folder",
        subtype="DIR_PATH",
        update=_service_changed,
    )
    base_python: StringProperty(
        name="Python",
        description="Python 3.11 to 3.13 that the environment is created from; empty to search for one",
        subtype="FILE_PATH",
    )

    models: StringProperty(
        name="More models",
        description="Checkpoint folders and Hugging Face hub ids, separated by semicolons; "
        "the service offers them in addition to its own models",
        update=_service_changed,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show the preferences."""
        layout = layout_of(self)
        layout.use_property_split = True
        layout.prop(self, "place", expand=True)
        if self.place == "REMOTE":
            layout.prop(self, "url")
            layout.prop(self, "token")
            layout.prop(self, "allow_remote")
            return
        layout.prop(self, "environment")
        layout.prop(self, "base_python")
        row = layout.row(align=True)
        row.prop(self, "models", placeholder="Checkpoint folders; hub ids")
        row.operator("elocute.add_model_folder", text="", icon="FILE_FOLDER")
        box = layout.box()
        box.label(text=f"Packages are installed in {read_settings().environment}", icon="FILE_FOLDER")
        draw_setup(box, context)
        draw_upkeep(box)
        status = jobs.session().status
        if status.busy:
            draw_progress(layout, context, status)
        elif not jobs.session().tells_of_scene:
            draw_result(layout, context, status)


def find_preferences(context: bpy.types.Context) -> ElocutePreferences | None:
    """The page of preferences; None where the add-on runs without being installed."""
    preferences = context.preferences
    addon = preferences.addons.get(ROOT) if preferences is not None else None
    return addon.preferences if addon is not None else None


def read_settings() -> ServiceSettings:
    """The preferences as they are now; the defaults where the add-on runs without being installed."""
    found = find_preferences(bpy.context)
    home = user_folder()
    default = default_environment(home, sys.platform, os.environ, bpy.app.version[:2])
    built_in = jobs.session().built_in
    if found is None:
        return ServiceSettings(FOLDER, default, home / LOG_NAME, built_in=built_in)
    return ServiceSettings(
        package=FOLDER,
        environment=_path(found.environment) or default,
        log_file=home / LOG_NAME,
        place=found.place,
        url=found.url.strip(),
        token=found.token.strip(),
        allow_remote=found.allow_remote,
        base_python=_path(found.base_python),
        models=model_names(found.models),
        online=bpy.app.online_access,
        built_in=built_in,
    )


def model_names(text: str) -> tuple[str, ...]:
    """Checkpoint folders, absolute, and hub ids that a preference lists; nothing twice."""
    named = (part.strip() for part in text.split(MODEL_SEPARATOR))
    return tuple(dict.fromkeys(_model_name(name) for name in named if name))


def _model_name(name: str) -> str:
    """A name or hub id stays as it is; anything else is a folder and becomes its full path."""
    if _HUB_ID.fullmatch(name):
        return name
    return str(Path(bpy.path.abspath(name)).expanduser().resolve())


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text.strip() else None
