"""A kept analysis is read as it was written, and another form is refused."""

from __future__ import annotations

import json

import pytest

from elocute.audio.phone import Phone, Word
from elocute.audio.phones.request import PhoneResult
from elocute.audio.phones.result_file import dump_result, load_result

FOUND = PhoneResult(
    phones=(Phone("AA", 0.1, 0.30000000000000004, 0.7, "ʃ"), Phone("SIL", 0.3, 1.0)),
    words=(Word("naïve \ud800", 0.1, 0.3),),
    source="given",
    transcript="naïve",
    notes=("One.", "Two."),
)


@pytest.mark.parametrize("found", [FOUND, PhoneResult(None, (), "none", None, (), makeshift=True)])
def test_what_was_written_is_read(found):
    assert load_result(dump_result(found)) == found


def changed(**values):
    return json.dumps({**json.loads(dump_result(FOUND)), **values}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"phones": [], "colour": 3}',
        changed(more=1),
        changed(phones={}),
        changed(phones=[{"label": "AA"}]),
        changed(phones=[{"label": "AA", "start": True, "end": 1, "confidence": 1, "ipa": ""}]),
        changed(words=[{"text": 1, "start": 0, "end": 1}]),
        changed(words=None),
        changed(source=None),
        changed(transcript=3),
        changed(notes=[1]),
        changed(makeshift=0),
    ],
)
def test_another_form_is_refused(content):
    with pytest.raises(ValueError, match=r".+"):
        load_result(content)
