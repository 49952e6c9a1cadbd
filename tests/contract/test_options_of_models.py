"""The panel's table of options names numbers that the backend's models have."""

from __future__ import annotations

from addon.core.options import OPTIONS
from elocute.models.catalogue import Catalogue


def test_the_bundled_model_has_the_panels_numbers_within_their_ranges():
    has = Catalogue().choose(None).info.options
    for option in OPTIONS:
        group, _, name = option.wire.partition(".")
        if group == "options":
            assert name in has, option.name
            assert option.lowest <= has[name].lowest
            assert option.highest >= has[name].highest
