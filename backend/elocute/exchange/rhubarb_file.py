"""Mouth shapes of Rhubarb Lip Sync in its four formats: TSV, XML, JSON, Moho's switch data.

A TSV line is a time in seconds and the shape from there on, XML and JSON have start and end of every shape,
Moho's lines a frame from 1 on, at 24 a second unless the user says otherwise; their shapes may have the names
of Preston Blair's series (``--datUsePrestonBlair``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final
from xml.etree import ElementTree

from elocute.audio.rhubarb import DAT_FPS, Cue
from elocute.exchange.import_format import Capture, Document, ImportFormat, number_in
from elocute.exchange.mouth_shapes import SHAPES, capture_of_cues

_MOHO: Final = "MohoSwitch1"
_TSV_LINE: Final = re.compile(r"\d+(?:[.,]\d+)?[ \t]+[A-HX]", re.ASCII | re.IGNORECASE)
_PRESTON_BLAIR: Final = {
    "MBP": "A", "etc": "B", "E": "C", "AI": "D", "O": "E", "U": "F", "FV": "G", "L": "H", "rest": "X",
}  # fmt: skip
_TOLD_BY: Final = frozenset(_PRESTON_BLAIR) - {"E"}
"""Names that Rhubarb's own shapes do not have."""
_ROOT: Final = "rhubarbResult"
_START: Final = 2000
"""Characters among which the root of an XML file begins."""


def _recognises(document: Document) -> bool:
    first = document.first_line
    if first.lower() == _MOHO.lower() or _TSV_LINE.fullmatch(first):
        return True
    if first.startswith("<"):
        return f"<{_ROOT}" in document.text[:_START]
    value = document.json
    return isinstance(value, dict) and isinstance(value.get("mouthCues"), list)


def _read(document: Document) -> Capture:
    first = document.first_line
    if first.lower() == _MOHO.lower():
        rate = document.timecode_rate or DAT_FPS
        note = () if document.timecode_rate else (f"{rate} frames a second were taken for those of Moho.",)
        return capture_of_cues(
            _of_points(_pairs(document, moho=True), lambda frame: (frame - 1) / rate), note
        )
    if first.startswith("<"):
        return capture_of_cues(_of_xml(document.text))
    if document.json is not None:
        return capture_of_cues([_cue(one) for one in document.json["mouthCues"]])
    return capture_of_cues(_of_points(_pairs(document, moho=False), lambda seconds: seconds))


def _pairs(document: Document, *, moho: bool) -> list[tuple[float, str]]:
    pairs = []
    for number, line in enumerate(document.text.splitlines(), 1):
        text = line.strip()
        if not text or text.lower() == _MOHO.lower():
            continue
        time, shape = (*text.split(None, 1), "")[:2]
        pairs.append((_seconds(time, f"line {number}"), shape))
    named = moho and any(shape in _TOLD_BY for _, shape in pairs)
    return [
        (time, _shape(_PRESTON_BLAIR.get(shape, "") if named else shape.upper())) for time, shape in pairs
    ]


def _of_points(pairs: Sequence[tuple[float, str]], seconds: Callable[[float], float]) -> list[Cue]:
    """Each shape lasts until the next; the last tells the end."""
    if len(pairs) == 1:
        raise ValueError("it does not tell where its last mouth shape ends")
    return [Cue(shape, seconds(time), seconds(end)) for (time, shape), (end, _) in pairwise(pairs)]


def _of_xml(text: str) -> list[Cue]:
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise ValueError("it declares types or entities, which Rhubarb does not")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - nothing is declared, so nothing can be expanded
    except ElementTree.ParseError as error:
        raise ValueError(f"it is no XML from line {error.position[0]} on") from error
    return [_cue({**one.attrib, "value": (one.text or "").strip()}) for one in root.iter("mouthCue")]


def _cue(value: Any) -> Cue:
    if not isinstance(value, dict):
        raise ValueError("a mouth shape is no object")
    start, end = (_seconds(value[name], f"the {name} of a mouth shape") for name in ("start", "end"))
    return Cue(_shape(value["value"]), start, end)


def _seconds(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{place} is no time")
    try:
        number = number_in(value) if isinstance(value, str) else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{place} is no time")
    return number


def _shape(value: Any) -> str:
    if not isinstance(value, str) or value not in SHAPES:
        raise ValueError("a mouth shape is none of A to H and X")
    return value


READER: Final = ImportFormat(
    "rhubarb", "mouth shapes of Rhubarb Lip Sync (.tsv, .xml, .json, .dat)", _recognises, _read
)
