"""Threads of every library are set in one place, before the libraries are there; what the user says stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from elocute import processor_threads as threads

BACKEND = Path(threads.__file__).resolve().parents[1]
NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY")


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("own", ["", "ACTIVE"])
def test_a_program_sleeps_where_nobody_says_otherwise_before_numpy_is_there(own):
    script = (
        "import sys, os\nimport elocute.processor_threads as t\nassert 'numpy' not in sys.modules\n"
        "import elocute.cli\nprint(os.environ['OMP_WAIT_POLICY'], os.environ['OPENBLAS_NUM_THREADS'])"
    )
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    told = {**kept, "PYTHONPATH": str(BACKEND), **({"OMP_WAIT_POLICY": own} if own else {})}
    done = subprocess.run(
        [sys.executable, "-c", script], env=told, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [own or "PASSIVE", "1"]


def test_a_worker_has_its_share_unless_the_user_has_said_more(monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    threads.prepare_worker(2)
    assert [os.environ[name] for name in NAMES[:3]] == ["2", "2", "7"]
    for name in NAMES[:2]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(("told", "count"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_how_many_were_told(monkeypatch, told, count):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads.told_threads() == count
    assert threads.graph_threads() == count or (count is None and 1 <= threads.graph_threads() <= 4)


def test_a_helper_computes_on_one_thread_whatever_is_set(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert threads.helper_variables() == {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def test_nothing_else_of_the_backend_sets_threads():
    words = ("NUM_THREADS", "WAIT_POLICY", "SPINCOUNT", "allow_spinning", "op_num_threads", "set_num_threads")
    others = [
        path.name
        for path in (BACKEND / "elocute").rglob("*.py")
        if path.name != "processor_threads.py" and any(word in path.read_text("utf-8") for word in words)
    ]
    assert others == []
