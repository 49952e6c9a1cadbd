"""Eye targets and correctives of a map, as the user writes them."""

from __future__ import annotations

import pytest

from addon.core.errors import UserError
from addon.core.retarget.extra_editing import (
    combinations_text,
    look_at,
    parse_combinations,
    with_look,
)
from addon.core.retarget.presets import presets
from addon.core.retarget.rig_map import Combination, RigMap

MAP = RigMap("own", "Own", ())


def test_each_eye_and_both_have_a_target_and_none():
    changed = with_look(with_look(MAP, "left", "target.L"), "both", "Gaze")
    assert [look_at(changed, side) for side in ("both", "left", "right")] == ["Gaze", "target.L", ""]
    assert with_look(with_look(changed, "left", ""), "both", "").look is None
    assert look_at(MAP, "both") == ""


def test_correctives_are_written_and_read():
    text = "smile open = jawOpen * mouthSmileLeft; a=b = 0.5 * jawopen * MOUTHPUCKER * mouthFunnel"
    found = parse_combinations(text)
    assert found == (
        Combination("smile open", ("jawOpen", "mouthSmileLeft")),
        Combination("a=b", ("jawOpen", "mouthPucker", "mouthFunnel"), 0.5),
    )
    assert parse_combinations(combinations_text(found)) == found
    assert parse_combinations(" ; ") == ()
    assert combinations_text(()) == ""


@pytest.mark.parametrize("one", presets(), ids=lambda one: one.kind)
def test_those_of_every_kind_are_written_and_read(one):
    assert parse_combinations(combinations_text(one.combinations)) == one.combinations


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("smile", "smile.* is not a product of two controls"),
        ("smile = jawOpen", "not a product of two"),
        ("smile = jawOpen *", "not a product of two"),
        ("= jawOpen * mouthPucker", "not a product of two"),
        ("smile = 0.5 * jawOpen", "not a product of two"),
        ("smile = jawOpen * jawOpem", "no control jawOpem"),
        ("a = jawOpen * mouthPucker; a = jawOpen * mouthFunnel", "a is listed twice"),
        ("a = 1e12 * jawOpen * mouthPucker", "The gain of a cannot be 1e\\+12"),
        ("a = nan * jawOpen * mouthPucker", "The gain of a cannot be nan"),
    ],
)
def test_what_is_no_corrective_is_one_sentence(text, says):
    with pytest.raises(UserError, match=says):
        parse_combinations(text)
