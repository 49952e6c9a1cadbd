"""The add-on's preferences."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.service_settings import ServiceSettings
from ..context import layout_of
from ..package import FOLDER, ROOT, user_folder
from ..session import jobs
from .setup_box import draw_setup

LOG_NAME: Final = "service.log"


def _service_changed(_self: Any, _context: Any) -> None:
    jobs.session().refresh_environment(read_settings())


class ElocutePreferences(bpy.types.AddonPreferences):
    """Where the service is."""

    bl_idname = ROOT

    place: EnumProperty(
        name="Service",
        items=(
            ("LOCAL", "This computer", "Elocute starts its service itself and ends it with Blender"),
            ("REMOTE", "Another address", "Use a service that somebody else has started"),
        ),
        default="LOCAL",
        update=_service_changed,
    )
    url: StringProperty(
        name="Address", description="For example http://192.168.1.20:8123", update=_service_changed
    )
    token: StringProperty(name="Token", description="The service's token", subtype="PASSWORD")
    allow_remote: BoolProperty(
        name="Send recordings to this address",
        description="Recordings leave this computer. Only allow an address that you trust",
        default=False,
    )
    environment: StringProperty(
        name="Environment",
        description="Folder for the service's Python packages; empty for the add-on's own folder",
        subtype="DIR_PATH",
        update=_service_changed,
    )
    base_python: StringProperty(
        name="Python",
        description="Python 3.11 to 3.13 to make the environment from; empty to look for one",
        subtype="FILE_PATH",
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
        box = layout.box()
        box.label(text=f"Packages are kept in {read_settings().environment}", icon="FILE_FOLDER")
        draw_setup(box, context)


def read_settings() -> ServiceSettings:
    """The preferences as they are now; the defaults where the add-on runs without being installed."""
    preferences = bpy.context.preferences
    addon = preferences.addons.get(ROOT) if preferences is not None else None
    found: Any = addon.preferences if addon is not None else None
    home = user_folder()
    if found is None:
        return ServiceSettings(FOLDER, home / "environment", home / LOG_NAME)
    return ServiceSettings(
        package=FOLDER,
        environment=_path(found.environment) or home / "environment",
        log_file=home / LOG_NAME,
        place=found.place,
        url=found.url.strip(),
        token=found.token.strip(),
        allow_remote=found.allow_remote,
        base_python=_path(found.base_python),
    )


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text.strip() else None
