"""Memory that is free goes back to the system where the C library can be asked."""

from __future__ import annotations

import ctypes

import pytest

from elocute import freed_memory
from elocute.freed_memory import give_back_memory


@pytest.fixture(autouse=True)
def asked_anew():
    freed_memory._trim.cache_clear()
    yield
    freed_memory._trim.cache_clear()


class Library:
    """A C library with what it is given."""

    def __init__(self, **functions):
        self.__dict__.update(functions)


class Trim:
    """``malloc_trim`` that counts."""

    def __init__(self):
        self.kept = []

    def __call__(self, kept):
        self.kept.append(kept)
        return 1


def test_the_c_library_is_asked_to_keep_nothing(monkeypatch):
    trim = Trim()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library(malloc_trim=trim))
    give_back_memory()
    give_back_memory()
    assert trim.kept == [0, 0]


@pytest.mark.parametrize("error", [OSError("no library"), TypeError("a name is wanted"), None])
def test_where_it_cannot_be_asked_nothing_is_done(monkeypatch, error):
    def library(_):
        if error is not None:
            raise error
        return Library()  # musl and macOS have no malloc_trim

    monkeypatch.setattr(ctypes, "CDLL", library)
    give_back_memory()
