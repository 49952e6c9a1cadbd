"""Replies are read strictly: what does not fit is named, never guessed."""

from __future__ import annotations

import sys

import pytest

from addon.core.backend.messages import (
    BadMessageError,
    ErrorMessage,
    Health,
    JobSettings,
    PhoneList,
    from_json,
    to_json,
)

HEALTH = (
    '{"service": "elocute", "version": "1", "wire": 1, "engine": "NumPy", "reads_films": true, '
    '"max_upload_bytes": 5}'
)


def test_a_message_comes_back_as_it_went() -> None:
    settings = JobSettings(transcript="ah “ö”", options={"jaw": 1.0}, choices={"sampler": "ddim"}, takes=3)
    assert from_json(JobSettings, to_json(settings)) == settings


def test_whole_numbers_are_read_as_numbers_with_fractions() -> None:
    value = from_json(JobSettings, '{"options": {"jaw": 1}}').options["jaw"]
    assert isinstance(value, float)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "cannot be read"),
        ("<html>", "cannot be read"),
        ("[]", "not an object"),
        ("null", "not an object"),
        ('{"service": "elocute"}', "lacks engine, max_upload_bytes, reads_films, version, wire"),
        (HEALTH.replace("5}", "5, "), "cannot be read"),
        (HEALTH.replace("5}", '5, "more": 1}'), "unknown fields: more"),
        (HEALTH.replace("5}", "true}"), "max_upload_bytes is bool"),
        (HEALTH.replace("5}", "5.5}"), "max_upload_bytes is float"),
        (HEALTH.replace('"1"', "null"), "version is NoneType"),
    ],
)
def test_what_is_no_such_message_is_refused(text: str, named: str) -> None:
    with pytest.raises(BadMessageError, match=named):
        from_json(Health, text)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(BadMessageError):
        from_json(Health, "[" * (sys.getrecursionlimit() * 100))


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "sing"}',
        '{"options": []}',
        '{"options": {"jaw": "wide"}}',
        '{"choices": {"sampler": 1}}',
    ],
)
def test_wrong_values_inside_are_refused(text: str) -> None:
    with pytest.raises(BadMessageError):
        from_json(JobSettings, text)


def test_lists_are_checked_item_by_item() -> None:
    text = (
        '{"seconds": 1, "phone_source": "x", "transcript": null, "phones": [{"label": "AA"}], '
        '"words": [], "notes": []}'
    )
    with pytest.raises(BadMessageError, match="end, start"):
        from_json(PhoneList, text)
    with pytest.raises(BadMessageError, match="not a list"):
        from_json(PhoneList, text.replace('[{"label": "AA"}]', "{}"))


def test_only_messages_are_written() -> None:
    with pytest.raises(TypeError):
        to_json({"code": "x"})
    with pytest.raises(TypeError):
        to_json(ErrorMessage)
