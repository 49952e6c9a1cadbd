"""What a configuration file has to say of itself before its fields are read."""

from __future__ import annotations

import pytest

from elocute.checkpoint.config_fields import fields_of
from elocute.errors import InputError


def test_the_rest_of_the_fields_come_back():
    data = {"architecture": "atom", "format": 2, "size": 3}
    assert fields_of(data, "architecture", "atom", 2, "config.json") == {"size": 3}
    assert data["format"] == 2, "what was read is left as it is"


@pytest.mark.parametrize(
    "data",
    [
        {"architecture": "other", "format": 2},
        {"architecture": "atom", "format": 3},
        {"renderer": "atom", "format": 2},
        {"architecture": ["atom"], "format": 2},
        {},
        [],
        None,
        "atom",
    ],
)
def test_another_sort_or_format_is_one_sentence(data):
    with pytest.raises(InputError, match=r"config\.json is no model with the architecture atom, format 2: "):
        fields_of(data, "architecture", "atom", 2, "config.json")
