"""What operators that ask in a dialog have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..context import OperatorResult, window_manager_of
from ..session.windows import redraw_everything

if TYPE_CHECKING:
    from bpy.types import Operator as _Mixin
else:
    _Mixin = object  # Blender wants what operators share in a class that is none of its own types


class InDialog(_Mixin):
    """A mixin of operators that ask in a dialog for what they need.

    Blender draws nothing anew after a dialog until the mouse moves over it, so panels would show what was
    before. An operator says in :meth:`accept` what it does.
    """

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> OperatorResult:
        """Ask."""
        return window_manager_of(context).invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Do it, and show what became of it."""
        done = self.accept(context)
        redraw_everything()
        return done

    def accept(self, context: bpy.types.Context) -> OperatorResult:
        """Do what was asked for."""
        raise NotImplementedError
