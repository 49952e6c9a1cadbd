"""What was wrong with the last entry in the editor: said while the row that it is about is as it was."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

import hashlib

import bpy
from bpy.props import StringProperty

from ..session.edited_map import edited_root
from ..targets.rig_state import held_text


class RowError:
    """The sentence, and for which row of which map of which character it holds."""

    row: str
    error_said: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    error_of: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @property
    def error(self) -> str:
        """The sentence; empty once the row, the map or the character is another."""
        return str(self.error_said) if self.error_of == self._now() else ""

    @error.setter
    def error(self, sentence: str) -> None:
        self.error_said, self.error_of = sentence, self._now() if sentence else ""

    def _now(self) -> str:
        root = edited_root(bpy.context)
        if root is None:
            return ""
        text = hashlib.sha256(held_text(root).encode("utf-8", "surrogatepass")).hexdigest()
        return f"{root.session_uid} {text} {self.row}"
