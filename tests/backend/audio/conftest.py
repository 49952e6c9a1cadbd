from __future__ import annotations

import pytest

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
