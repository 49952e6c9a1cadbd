"""Which synthesizers the machine that runs the tests has."""

from __future__ import annotations

import pytest

from elocute.corpus.spoken import Engine
from elocute.corpus.studio import ENGINES
from elocute.errors import UserError


def engine_or_skip(name: str) -> Engine:
    """The engine, or skip the test where it is not installed."""
    try:
        return ENGINES[name]()
    except UserError as error:
        if error.code != "missing_engine":
            raise
        pytest.skip(error.message)


def skip_without_any() -> None:
    """Skip the test unless every synthesizer is installed."""
    for name in ENGINES:
        engine_or_skip(name).close()
