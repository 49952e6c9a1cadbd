"""The characters that the add-on's menus name are those of the head, and each has its picture."""

from __future__ import annotations

from addon.core.known_characters import KNOWN_CHARACTERS, character_named
from elocute.face.model import FaceModel
from tests.backend.face.standin_measures import ASSET


def test_the_characters_are_those_of_the_head() -> None:
    assert [known.name for known in KNOWN_CHARACTERS] == list(FaceModel.load(ASSET).characters)
    assert character_named(" mira") == "Mira"
    assert not character_named("Nobody")


def test_each_has_a_small_picture() -> None:
    for name in ("plain", *(known.name.lower() for known in KNOWN_CHARACTERS)):
        picture = ASSET.parent / "pictures" / f"{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 100_000
