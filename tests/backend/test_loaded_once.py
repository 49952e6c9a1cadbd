"""Something is loaded once, however many threads ask for it at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from elocute.loaded_once import LoadedOnce


def test_threads_that_ask_while_it_loads_wait_for_it() -> None:
    loading, go = threading.Event(), threading.Event()
    calls: list[str] = []

    @LoadedOnce
    def load(name: str) -> object:
        calls.append(name)
        loading.set()
        assert go.wait(30)
        return object()

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(load, "a")
        assert loading.wait(30)
        others = [threads.submit(load, "a") for _ in range(3)]
        go.set()
        assert len({id(each.result(30)) for each in (first, *others)}) == 1
    assert calls == ["a"]
    assert load("b") is not load("a")
    load.cache_clear()
    load("a")
    assert calls == ["a", "b", "a"]


def test_what_could_not_be_loaded_is_tried_again() -> None:
    answers = [OSError("no file"), 3]

    @LoadedOnce
    def load() -> int:
        """What it says."""
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(OSError, match="no file"):
        load()
    assert (load(), load(), load.__doc__) == (3, 3, "What it says.")
