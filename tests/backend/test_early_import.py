"""Modules that are imported on a thread while something else is waited for."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from elocute.early_import import begin_import


def finished():
    for thread in threading.enumerate():
        if thread.name.startswith("import of"):
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
