from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.text import graphemes_to_phonemes
from tests.backend.audio.lines import LINES, SpokenLine, read_line

HERE = Path(__file__).parent
FEW = graphemes_to_phonemes._translator
ALL = lru_cache(maxsize=None)(FEW.__wrapped__)


@pytest.fixture(scope="module", autouse=True)
def languages_stay_loaded() -> Iterator[None]:
    """A service keeps the rules of two languages; this folder's tests go from one to the next, and Russian's
    alone take seven processor seconds to load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphemes_to_phonemes, "_translator", ALL)
        yield


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After the last of this folder's tests their memory is given back: Russian's are 480 MB."""
    if nextitem is None or HERE not in nextitem.path.parents:
        ALL.cache_clear()


@pytest.fixture
def few_languages(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rules as a service keeps them, with none loaded yet."""
    FEW.cache_clear()
    monkeypatch.setattr(graphemes_to_phonemes, "_translator", FEW)
    return FEW


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
