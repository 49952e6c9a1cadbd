"""Files that ``elocute import`` is given and another command takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from elocute.storage.file_kind import SOUND, START, recognised

_CUE: Final = re.compile(rb"^\s{0,9}(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s{0,9}-->", re.MULTILINE)
_PHONES: Final = re.compile(rb'\s{0,99}\{"format": \d{1,3},\s{0,9}"seconds": ')
_LOOKED_AT: Final = 2000


def advice_on(path: Path) -> str:
    """Which command takes a file that is no capture, as a sentence; empty where its beginning tells nothing.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT)
    if recognised(start[:START]) is SOUND:
        return "Its motion is made by elocute generate."
    if _CUE.search(start):
        return "It is a text with times: give it with its recording, elocute generate --transcript-file."
    if _PHONES.match(start.removeprefix(b"\xef\xbb\xbf")):
        return "It is a file of phones: give it with its recording, elocute generate --phones."
    return ""
