"""Options of scripts are held to what the panel lets one enter."""

from dataclasses import replace

import pytest

from addon.core.checked_options import check_options
from addon.core.errors import UserError
from addon.core.options import OPTIONS, SceneOptions


def test_the_defaults_can_be_used():
    check_options(SceneOptions())


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("interpolation", "FOO", "LINEAR"),
        ("interpolation", 1, "LINEAR"),
        ("interpolation", ["LINEAR"], "LINEAR"),
        ("start_frame", 1.5, "kind int"),
        ("start_frame", True, "kind int"),
        ("start_frame", 10**9, "1.04857e+06"),
        ("seed", -1, "a number of 0 or more."),
        ("head_motion", 1, "kind bool"),
        ("transcript", 3, "kind text"),
        ("jaw_strength", float("nan"), "number from 0 to 2"),
        ("audio", b"line.wav", "kind path"),
    ],
)
def test_what_the_panel_would_not_take_is_one_sentence(name, value, sentence):
    with pytest.raises(UserError, match=f"option {name} cannot be") as told:
        check_options(replace(SceneOptions(), **{name: value}))
    assert sentence in told.value.hint


def test_every_limit_of_the_table_is_held():
    tried = 0
    for option in OPTIONS:
        for limit, beyond in ((option.lowest, -1), (option.highest, 1)):
            if limit is None:
                continue
            whole = int if option.kind == "int" else float
            check_options(replace(SceneOptions(), **{option.name: whole(limit)}))
            with pytest.raises(UserError, match=option.name):
                check_options(replace(SceneOptions(), **{option.name: whole(limit + beyond)}))
            tried += 1
    assert tried > 20


def test_something_else_is_no_options():
    with pytest.raises(UserError, match="no options"):
        check_options({"seed": 3})
