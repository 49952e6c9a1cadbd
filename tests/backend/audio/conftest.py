from __future__ import annotations

from collections.abc import Iterator

import pytest

from elocute.audio.decoding.decoder import decode_sound
from tests.backend.audio.lines import LINES, SpokenLine, read_line


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
