"""What operators that give the service work have in common: when they can be pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..session import jobs
from ..ui.preferences import read_settings

if TYPE_CHECKING:
    from bpy.types import Operator as _Mixin
else:
    _Mixin = object  # Blender wants what operators share in a class that is none of its own types


def work_blocker() -> str:
    """Why nothing can be generated now, or an empty string. Looks at nothing outside memory."""
    session = jobs.session()
    if session.status.busy:
        return "Elocute is still working. Wait for it to finish, or cancel it."
    settings = read_settings()
    if settings.place == "REMOTE":
        return "" if settings.url else "Enter the service's address in the add-on's preferences."
    if not session.ready:
        return "Set up Elocute first, with the button above."
    return ""


class WorkOperator(_Mixin):
    """A mixin of operators that need the service: greyed out, with a reason, while it cannot be asked."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if reason := work_blocker() or cls.blocker(context):
            cls.poll_message_set(reason)
        return not reason

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """What else stands in the way of this operator, or an empty string."""
        return ""
