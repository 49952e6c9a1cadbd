"""Values of options for tests: for each line of the table one that is not its default."""

from __future__ import annotations


def other_value(option):
    """A value for the option's property that differs from its default."""
    if option.kind == "bool":
        return not option.default
    if option.kind in ("int", "float"):
        step = 1 if option.kind == "int" else 0.25  # exact in single precision, which Blender stores
        return option.default + step
    if option.kind == "enum":
        return next(choice.id for choice in option.choices if choice.id != option.default)
    if option.name == "segment":
        return "12.5-17@2"
    return {"path": "/nowhere/other.wav", "text": f"other {option.name}"}[option.kind]


def sent(settings, option):
    """What the request to the service holds for the option, None where it holds nothing."""
    name, _, key = option.wire.partition(".")
    value = getattr(settings, name)
    return value.get(key) if key else value
