"""One option of a scene: what is known of it, and how it stands in a table of options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["bool", "int", "float", "text", "enum", "path"]
Group = Literal[
    "recording", "performance", "details", "style", "finish", "keys", "idle", "live", "strength", "head",
    "range",
]  # fmt: skip
"""Part of the panel: above, below that, and in the sub-panels."""
SCENE_GROUPS: Final[frozenset[Group]] = frozenset({"idle", "live", "head", "range"})
"""What a scene has once, whatever lines it has; all else is a line's own."""
SWITCH_PREFIX: Final = "use_"
TEXT_BLOCK_SUFFIX: Final = "_text"
_DIGITS: Final = 6


@dataclass(frozen=True)
class Choice:
    """A value of an ``enum`` option."""

    id: str
    label: str
    tooltip: str


@dataclass(frozen=True)
class Option:
    """A line of the table.

    Attributes:
        name: of the property, and of the field of the table.
        kind: what its values are.
        label: what stands beside it.
        tooltip: what it does; Blender adds the full stop.
        group: part of the panel that shows it.
        default: Blender's value for it to begin with.
        lowest: smallest value of a number, or None.
        highest: largest value of a number, or None.
        unit: of a number, in words, or empty.
        choices: values of an ``enum``.
        wire: field of :class:`~addon.core.backend.messages.JobSettings` that carries it, ``options.NAME`` or
            ``choices.NAME`` for what the model declares itself; empty for what the service is not told.
        placeholder: what an empty text stands for.
        suggestions: which names Blender offers while a text is typed.
        may_be_off: a number with a switch, ``use_NAME``; None, and not sent, while that is off.
        text_block: a text that can also come from a text data-block, ``NAME_text``; its lines are kept.
    """

    name: str
    kind: Kind
    label: str
    tooltip: str
    group: Group
    default: bool | int | float | str
    lowest: float | None = None
    highest: float | None = None
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    wire: str = ""
    placeholder: str = ""
    suggestions: Literal["", "styles", "models"] = ""
    may_be_off: bool = False
    text_block: bool = False

    @property
    def switch(self) -> str:
        """Property that turns the option on, or an empty string."""
        return SWITCH_PREFIX + self.name if self.may_be_off else ""

    @property
    def text_block_name(self) -> str:
        """Property that names a text data-block, or an empty string."""
        return self.name + TEXT_BLOCK_SUFFIX if self.text_block else ""

    @property
    def description(self) -> str:
        """The tooltip, with the unit."""
        return f"{self.tooltip}, in {self.unit}" if self.unit else self.tooltip

    def read(self, value: Any) -> Any:
        """What the option's property holds as a value of the table: an empty text is None, and a
        number has the digits that a user typed, not those of Blender's single precision."""
        if self.kind == "text":
            return value.strip() or None
        if self.kind == "path":
            return Path(value) if value.strip() else None
        if self.kind == "float" and value is not None:
            return round(value, _DIGITS)
        return value


def row(kind: Kind, group: Group, label: str, tooltip: str, default: Any, **more: Any) -> Any:
    """A field of a table of options that carries its line; the name is the field's own."""
    facts = {"kind": kind, "group": group, "label": label, "tooltip": tooltip, "default": default, **more}
    option = Option(name="", **facts)
    return field(default=None if option.may_be_off else option.read(default), metadata=facts)
