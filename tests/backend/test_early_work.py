"""What is begun on a thread while something else is done: modules, and other work."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from elocute.early_work import begin, begin_import


def finished():
    for thread in threading.enumerate():
        if thread.name.startswith(("import of", "made-up")):
            thread.join(30)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module and returns its name; it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "made_up_for_an_early_import"

    def write(text):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    yield write
    finished()
    sys.modules.pop(name, None)


def test_the_one_who_needs_it_waits_for_the_import_that_is_under_way(module):
    name = module("import time\ntime.sleep(0.3)\nvalue = 7\n")
    begin_import(name)
    assert importlib.import_module(name).value == 7
    finished()
    assert sys.modules[name].value == 7


def test_an_import_that_fails_fails_again_with_its_error(module):
    name = module("raise ImportError('no such engine')\n")
    begin_import(name)
    finished()
    with pytest.raises(ImportError, match="no such engine"):
        importlib.import_module(name)


def test_what_is_there_starts_no_thread():
    before = threading.active_count()
    begin_import("json")
    assert threading.active_count() == before


def test_work_that_fails_says_nothing(monkeypatch):
    said = []
    monkeypatch.setattr(threading, "excepthook", said.append)

    def fail():
        raise MemoryError

    begin(fail, "made-up work")
    finished()
    assert not said


def test_where_no_thread_is_to_be_had_nothing_is_begun(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done = []
    begin(lambda: done.append(1), "made-up work")
    begin_import("this")
    assert not done
    assert "this" not in sys.modules
