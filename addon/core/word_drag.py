"""Edges of words and phones that are moved with the mouse: which is meant, how far it goes, what it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from .backend.messages import PhoneList, WordMessage
from .words import SHORTEST, Edited, edited, moved

Row = Literal["words", "phones"]
_TOUCHING: Final = 1e-4
_SHORTEST_PHONE: Final = 0.02


@dataclass(frozen=True)
class Edge:
    """Where something ends, begins, or both.

    Attributes:
        row: whether it is one of words or of phones.
        seconds: when.
        ends: index of what ends there, -1 for nothing.
        begins: index of what begins there, -1 for nothing.
    """

    row: Row
    seconds: float
    ends: int = -1
    begins: int = -1


def edges_of(told: PhoneList, row: Row) -> list[Edge]:
    """The edges of a row in order of time; the line's own beginning and end are none of phones."""
    if row == "phones":
        phones = told.phones or ()
        return [Edge("phones", phones[at].start, at - 1, at) for at in range(1, len(phones))]
    found = list[Edge]()
    for index, word in enumerate(told.words):
        if found and abs(found[-1].seconds - word.start) < _TOUCHING:
            found[-1] = replace(found[-1], begins=index)
        else:
            found.append(Edge("words", word.start, begins=index))
        found.append(Edge("words", word.end, ends=index))
    return found


def nearest(edges: Iterable[Edge], seconds: float, reach: float) -> Edge | None:
    """The edge nearest to a moment, None where none is as near as ``reach``."""
    found = min(edges, key=lambda edge: abs(edge.seconds - seconds), default=None)
    return found if found is not None and abs(found.seconds - seconds) <= reach else None


def room_of(told: PhoneList, edge: Edge) -> tuple[float, float]:
    """The first and last moment that an edge can be moved to: no neighbour is crossed or vanishes."""
    if edge.row == "phones":
        phones = told.phones or ()
        ending = [word.start + SHORTEST for word in told.words if _touch(word.end, edge.seconds)]
        beginning = [word.end - SHORTEST for word in told.words if _touch(word.start, edge.seconds)]
        return (
            max([phones[edge.ends].start + _SHORTEST_PHONE, *ending]),
            min([phones[edge.begins].end - _SHORTEST_PHONE, *beginning]),
        )
    words = told.words
    if edge.ends >= 0:
        low = words[edge.ends].start + SHORTEST
    else:
        low = words[edge.begins - 1].end if edge.begins > 0 else 0.0
    if edge.begins >= 0:
        high = words[edge.begins].end - SHORTEST
    else:
        high = words[edge.ends + 1].start if edge.ends + 1 < len(words) else told.seconds
    return low, high


def dragged(told: PhoneList, edge: Edge, seconds: float) -> Edited | None:
    """The list with an edge moved as near to a moment as it can; None where it stays.

    Raises:
        UserError: a word would have no time left.
    """
    low, high = room_of(told, edge)
    at = min(max(seconds, low), high)
    if high < low or abs(at - edge.seconds) < _TOUCHING:
        return None
    if edge.row == "phones":
        return _phones_dragged(told, edge, at)
    if edge.ends >= 0:
        return moved(told, edge.ends, told.words[edge.ends].start, at)
    return moved(told, edge.begins, at, told.words[edge.begins].end)


def _touch(one: float, other: float) -> bool:
    return abs(one - other) < _TOUCHING


def _phones_dragged(told: PhoneList, edge: Edge, at: float) -> Edited:
    """Words that begin or end there do so at the new moment."""
    phones = list(told.phones or ())
    phones[edge.ends] = replace(phones[edge.ends], end=at)
    phones[edge.begins] = replace(phones[edge.begins], start=at)

    def followed(word: WordMessage) -> WordMessage:
        start, end = (at if _touch(moment, edge.seconds) else moment for moment in (word.start, word.end))
        return replace(word, start=start, end=end)

    return edited(told, [followed(word) for word in told.words], phones, [edge.seconds, at])
