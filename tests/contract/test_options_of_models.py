"""The panel's table of options names numbers that the backend's models have."""

from __future__ import annotations

import pytest

from addon.core.options import OPTIONS
from elocute.models.catalogue import Catalogue

NUMBERS = [option for option in OPTIONS if option.wire.startswith("options.")]


@pytest.mark.parametrize("option", NUMBERS, ids=lambda option: option.name)
def test_a_number_of_the_panel_is_that_of_a_model_that_comes_with_elocute(option):
    name = option.wire.partition(".")[2]
    models = [model.options[name] for model in Catalogue().infos() if name in model.options]
    assert models
    for number in models:
        assert option.lowest <= number.lowest
        assert option.highest >= number.highest


def test_what_the_bundled_model_lets_users_turn_is_in_the_panel():
    """Smoothing and lead are, but are done after generating, so that they can be changed later."""
    shown = {option.wire.partition(".")[2] for option in NUMBERS}
    assert set(Catalogue().choose(None).info.options) - shown == {
        "steps",
        "threshold",
        "smoothing",
        "lead",
    }


def test_a_slider_ends_where_the_models_own_range_does():
    for option in NUMBERS:
        name = option.wire.partition(".")[2]
        models = [model.options[name] for model in Catalogue().infos() if name in model.options]
        if option.group == "style":
            assert option.lowest == min(model.lowest for model in models)
            assert option.highest == max(model.highest for model in models)
            assert {option.default} == {model.default for model in models}
