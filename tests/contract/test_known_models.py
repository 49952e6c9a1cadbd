"""The names that the add-on's menus begin with are the backend's."""

from __future__ import annotations

from addon.core.known_models import KNOWN_MODELS, KNOWN_STYLES
from elocute.models.catalogue import DEFAULT_MODEL, Catalogue
from elocute.models.rules.style import PRESETS


def test_the_models_are_those_there_are() -> None:
    assert KNOWN_MODELS[0] == DEFAULT_MODEL
    assert tuple(info.id for info in Catalogue().infos()) == KNOWN_MODELS


def test_the_styles_are_those_of_both_models() -> None:
    bundled = Catalogue().choose(None).info.styles
    assert bundled[0] == KNOWN_STYLES[0]
    assert tuple(name for name in PRESETS if name in bundled) == KNOWN_STYLES
