from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.text import graphemes_to_phonemes
from tests.backend.audio.lines import LINES, SpokenLine, read_line


@pytest.fixture(scope="session", autouse=True)
def languages_stay_loaded() -> Iterator[None]:
    """A service keeps the rules of two languages; tests go from one to the next, and Russian's alone take
    seven processor seconds to load."""
    few = graphemes_to_phonemes._translator
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphemes_to_phonemes, "_translator", lru_cache(maxsize=None)(few.__wrapped__))
        yield


@pytest.fixture(scope="session")
def waffles() -> SpokenLine:
    return read_line(LINES[0])


@pytest.fixture(scope="session")
def demo_line() -> SpokenLine:
    return read_line(LINES[3])


@pytest.fixture(scope="session")
def all_lines() -> tuple[SpokenLine, ...]:
    return tuple(read_line(path) for path in LINES)


@pytest.fixture(scope="module", params=["in a process", "bare"])
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """The module's ``load_audio`` as everybody calls it, and what runs in the decode process alone."""
    asked = request.module.load_audio
    if request.param == "bare":
        request.module.load_audio = decode_sound
    yield
    request.module.load_audio = asked
