from __future__ import annotations

import pytest

from elocute.audio.languages import LANGUAGES, check_language, find_language
from elocute.errors import SettingsError


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("en", "English"),
        ("EN-us", "English"),
        ("deu", "German"),
        ("ger", "German"),
        ("pt_BR", "Portuguese"),
        ("zh-Hans-CN", "Chinese (Mandarin)"),
        ("cmn", "Chinese (Mandarin)"),
        ("nn", "Norwegian"),
    ],
)
def test_a_language_has_many_codes(code, name):
    assert find_language(code).name == name


def test_codes_are_unique():
    codes = [code for each in LANGUAGES for code in {each.code, *each.three.split()}]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", ["", "xx", "english", "../../x", "en-", "e", "a" * 9_000, "en\n", "d\u00e9"])
def test_anything_else_is_refused_in_one_sentence(code):
    with pytest.raises(SettingsError, match="is not a language code") as refused:
        check_language(code)
    assert len(str(refused.value)) < 200


def test_auto_is_accepted_and_no_language():
    check_language("auto")
    with pytest.raises(SettingsError):
        find_language("auto")
