"""The add-on's preferences, and a plain copy of them for threads."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.backend.client import Client
from ...core.backend.environment import EnvironmentPlan, backend_plan
from ..context import layout_of
from ..package import FOLDER, ROOT, user_folder
from ..session import jobs

LOG_NAME: Final = "service.log"


@dataclass(frozen=True)
class ServiceSettings:
    """Which service to use; safe to hand to a thread.

    Attributes:
        place: ``LOCAL`` for a process of this machine, ``REMOTE`` for an address.
        url: address of a remote service.
        token: its token.
        allow_remote: the user agreed to send recordings to that address.
        environment: folder of the local service's Python environment.
        base_python: interpreter to make it from, or None to look for one.
        log_file: what the local service writes.
    """

    place: Literal["LOCAL", "REMOTE"] = "LOCAL"
    url: str = ""
    token: str = ""
    allow_remote: bool = False
    environment: Path = Path()
    base_python: Path | None = None
    log_file: Path = Path()

    def plan(self) -> EnvironmentPlan:
        """What the local service's environment should be."""
        return backend_plan(FOLDER, self.environment)

    def remote_client(self) -> Client:
        """A client of the remote service.

        Raises:
            UserError: the address is none, or not allowed.
        """
        return Client(self.url, self.token, allowed_urls=[self.url] if self.allow_remote else [])


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
        from .panels import draw_setup

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
        return ServiceSettings(environment=home / "environment", log_file=home / LOG_NAME)
    return ServiceSettings(
        place=found.place,
        url=found.url.strip(),
        token=found.token.strip(),
        allow_remote=found.allow_remote,
        environment=_path(found.environment) or home / "environment",
        base_python=_path(found.base_python),
        log_file=home / LOG_NAME,
    )


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text.strip() else None
