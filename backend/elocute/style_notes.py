"""What of a style comes to nothing, though it can be done."""

from __future__ import annotations

from collections.abc import Iterator

from elocute.generator import GenerationSettings, ModelInfo
from elocute.style_curve import INTENSITY, changes, parse_curve


def style_notes(settings: GenerationSettings, info: ModelInfo, seconds: float) -> tuple[str, ...]:
    """Sentences for the user.

    Args:
        settings: what is asked for, checked.
        info: of which model.
        seconds: length of the sound, or of the part that is meant.
    """
    if settings.style is None or not info.changes_styles or not changes(settings.style):
        return ()
    if settings.style in settings.style_files:  # which is called like a style that changes
        return ()
    return tuple(_notes(settings.style, settings, seconds))


def _notes(style: str, settings: GenerationSettings, seconds: float) -> Iterator[str]:
    keys = parse_curve(style)
    late = [f"{key.name} at {key.seconds:g} s" for key in keys if key.seconds >= seconds]
    if late:
        first = keys[0].name if keys[0].intensity is None else f"{keys[0].name}*{keys[0].intensity:g}"
        always = f" So it is {first} all the time." if len(late) == len(keys) else ""
        yield f"Of the style, {', '.join(late)} is not reached: the sound ends at {seconds:.2f} s.{always}"
    told = INTENSITY in settings.options or INTENSITY in settings.curves
    if told and all(key.intensity is not None for key in keys):
        yield (
            f"The option {INTENSITY} changes nothing here: every part of the style {style} has an intensity "
            "of its own."
        )
