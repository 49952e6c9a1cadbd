"""The two ways in which styles are put together, a blend and one that changes: which of them a model has."""

from __future__ import annotations

from elocute.errors import SettingsError
from elocute.style_curve import BLEND, CHANGE, changes, weighted


def refuse_other_ways(style: str, model: str, *, blends: bool, varies: bool) -> None:
    """Refuse styles that are put together in a way that a model lacks.

    Args:
        style: as it was written; no preset and no file is called so.
        model: its id, for the sentence.
        blends: whether it blends styles.
        varies: whether a style may have an intensity and change in time.

    Raises:
        SettingsError: it does not do that.
    """
    ways = ["one style"]
    if blends:
        ways.append(f"a blend, {BLEND}")
    if varies:
        ways.append(f"styles with intensities and seconds, {CHANGE}")
    told = ""
    name, colon, weight = style.rpartition(":")
    if colon and "," not in style and not changes(style) and weighted(style) and float(weight) != 1.0:
        told = f"The style {style!r} is a blend of one: a weight (:) is a share beside other styles."
        if varies and float(weight) >= 0.0:
            ways.insert(0, f"{name}*{weight} for so much of it")
    elif changes(style):
        told = "" if varies else f"Model {model} takes no intensities and no seconds of styles (*, @)."
    elif not blends and ("," in style or weighted(style)):
        told = f"Model {model} blends no styles, as {style!r} would."
    if told:
        raise SettingsError(told, f"Give {', or '.join(ways)}.", code="unknown_style")
