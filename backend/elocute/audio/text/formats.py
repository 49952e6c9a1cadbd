"""Files that hold what is said among other things: subtitles, lyrics with times, pages; and those refused.

References: SubRip (numbered cues, ``00:00:01,000 --> 00:00:02,000``), WebVTT (W3C), LRC and its word times,
SubStation Alpha (``Dialogue:`` lines), SubViewer, transcripts of web players (a time on a line of its own).
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Final

from elocute.audio.text.placed_text import PlacedText
from elocute.audio.text.turn_times import turn_times
from elocute.errors import InputError

_BINARY: Final = {
    "PK\x03\x04": "a Word or zip file",
    "%PDF-": "a PDF",
    "\xd0\xcf\x11\xe0": "an old Word file",
}
_ARROW: Final = re.compile(
    r"\s*(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,:]\d{1,3}\s*--+>\s*(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,:]\d{1,3}.*"
)
_SUBVIEWER: Final = re.compile(r"\s*\d{1,2}:\d{2}:\d{2}[.,]\d{2,3},\d{1,2}:\d{2}:\d{2}[.,]\d{2,3}\s*")
_CUE_NUMBER: Final = re.compile(r"\s*\d{1,6}\s*")
_ONLY_TIME: Final = re.compile(r"\W{0,4}(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?\W{0,4}")
_SURELY_TIME: Final = re.compile(r"\W{0,4}(?:0|\d{1,2}:\d{2}:)\d")
_LEADING_TIME: Final = re.compile(
    r"\s{0,8}(?:\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,3})?|\d{2}:\d{2}[.,]\d{1,3})[\s\-]{1,4}(?=\S)"
    r"|\s{0,8}\((?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?\)"
)
_STAMP: Final = re.compile(r"\s{0,8}\[(\d{1,3}):(\d{2}(?:[.:]\d{1,3})?)\]")
_WORD_STAMP: Final = re.compile(r"<\d{1,3}:\d{2}(?::\d{2})?(?:[.:]\d{1,3})?>")
_LYRICS_HEADER: Final = re.compile(
    r"\s{0,8}\[(?:ar|ti|al|au|by|offset|length|re|ve|la|id|tool|#)\s{0,2}:.*", re.IGNORECASE
)
_DIALOGUE: Final = re.compile(r"Dialogue:\s*(?:[^,\n]*,){9}")
_SCRIPT_LINE: Final = re.compile(
    r"(?:\[[^\]\n]*\]|(?:Comment|Style|Format|Title|ScriptType|PlayRes[XY]|[A-Z][\w ]{1,30}):.*|;.*)"
)
_LINE_BREAK: Final = re.compile(r"\\[Nnh]")
_VTT_BLOCK: Final = re.compile(r"\s*(?:WEBVTT|NOTE|STYLE|REGION|X-TIMESTAMP-MAP)\b")
_PAGE_PART: Final = re.compile(r"<(script|style|head|title|metadata)\b[^>]{0,2000}>|<!--", re.IGNORECASE)

_Piece = tuple[int, int, str]


def refuse_what_is_no_text(transcript: str) -> None:
    """Refuse what an editor made for itself.

    Raises:
        InputError: rich text, a PDF, a Word file, JSON.
    """
    begin = transcript[:64].lstrip("\ufeff \n\r\t")
    kind = "rich text (RTF)" if begin.startswith("{\\rtf") else ""
    kind = kind or next((name for mark, name in _BINARY.items() if begin.startswith(mark)), "")
    if not kind and begin[:1] in ("{", "[") and _is_json(transcript):
        kind = "JSON"
    if not kind and "\0" in transcript:
        kind = "no text"
    if kind:
        raise InputError(
            f"The transcript is {kind}, which is not read.", "Save it as plain text.", code="bad_transcript"
        )


def spoken_part(text: PlacedText) -> PlacedText:
    """The text without what the file's format adds to it; lines stay lines."""
    text = _without_page_parts(text)
    if _DIALOGUE.search(text.text):
        return _substation(text)
    lines = _lines(text.text)
    pieces: list[_Piece] = []
    subtitles = "-->" in text.text
    in_block = False
    times = sum(1 for start, end in lines if _ONLY_TIME.fullmatch(text.text, start, end))
    for number, (start, end) in enumerate(lines):
        line = text.text[start:end]
        if not line.strip():
            in_block = False
            continue
        if number == 0 and line.lstrip().startswith("WEBVTT"):
            subtitles = in_block = True
        elif subtitles and _VTT_BLOCK.match(line) and _stands_alone(text.text, lines, number):
            in_block = True
        timing = _ARROW.fullmatch(line) or _SUBVIEWER.fullmatch(line)
        if timing:
            in_block = False
        next_is_timing = number + 1 < len(lines) and _ARROW.fullmatch(text.text, *lines[number + 1])
        cue = next_is_timing and (_CUE_NUMBER.fullmatch(line) or _stands_alone(text.text, lines, number))
        lonely_time = _ONLY_TIME.fullmatch(line) and (
            times > 1 or (len(lines) > 1 and _SURELY_TIME.match(line))
        )
        if timing or in_block or cue or lonely_time or _LYRICS_HEADER.fullmatch(line):
            pieces.append((start, end, ""))
        elif (leading := _LEADING_TIME.match(line)) is not None:
            pieces.append((start, start + leading.end(), ""))
    text = text.with_pieces(pieces).sub(_WORD_STAMP, "")
    text = text.with_pieces(turn_times(text.text, _lines(text.text)))
    return _lyrics_in_order(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(text: str) -> list[tuple[int, int]]:
    """Start and end of every line, without its end mark."""
    ends = [-1, *(index for index, character in enumerate(text) if character == "\n"), len(text)]
    return [(before + 1, after) for before, after in pairwise(ends)]


def _stands_alone(text: str, lines: list[tuple[int, int]], number: int) -> bool:
    """Whether the line before is blank."""
    return number == 0 or not text[slice(*lines[number - 1])].strip()


def _substation(text: PlacedText) -> PlacedText:
    pieces: list[_Piece] = []
    for start, end in _lines(text.text):
        line = text.text[start:end]
        spoken = _DIALOGUE.match(line)
        if spoken:
            pieces.append((start, start + spoken.end(), ""))
        elif _SCRIPT_LINE.fullmatch(line.strip()):
            pieces.append((start, end, ""))
    return text.with_pieces(pieces).sub(_LINE_BREAK, "\n")


def _without_page_parts(text: PlacedText) -> PlacedText:
    """Without a page's scripts, styles and comments; each ends with its own mark, or is left alone."""
    pieces: list[_Piece] = []
    done = 0
    closed = True
    for match in _PAGE_PART.finditer(text.text):
        if match.start() < done or not closed:
            continue
        mark = re.compile(f"</{match[1]}>" if match[1] else "-->", re.IGNORECASE)
        end = mark.search(text.text, match.end())
        closed = end is not None
        if end is not None:
            done = end.end()
            pieces.append((match.start(), done, "\n"))
    return text.with_pieces(pieces)


def _lyrics_in_order(text: PlacedText) -> PlacedText:
    """Lines with times in square brackets, in the order of their times: a refrain has several.

    Lines without a time stay behind the one before them.
    """
    timed: list[tuple[float, PlacedText]] = []
    now = -1.0
    found = False
    for start, end in _lines(text.text):
        at = start
        times: list[float] = []
        while (stamp := _STAMP.match(text.text, at, end)) is not None:
            times.append(60.0 * int(stamp[1]) + float(stamp[2].replace(":", ".")))
            at = stamp.end()
        line = text.part(at, min(end + 1, len(text.text)))
        found = found or bool(times)
        for time in times or [now]:
            timed.append((time, line))
        now = times[-1] if len(times) == 1 else now
    if not found:
        return text
    if not any(first > second for (first, _), (second, _) in pairwise(timed)):
        return PlacedText.joined(line for _, line in timed)
    return PlacedText.joined(line for _, line in sorted(timed, key=lambda each: each[0]))
