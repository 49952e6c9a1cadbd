"""What a program does can be asked without the packages that it needs to do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
sys.argv = ["program", "--help"]
runpy.run_module({module!r}, run_name="__main__")
"""
ABSENT = {"torch", "safetensors", "transformers", "accelerate", "lmdb", "tensorboard", "bpy"}


@pytest.mark.parametrize(
    "module",
    [
        "scripts.train.train_tiny",
        "scripts.train.train_default",
        "scripts.train.make_corpus",
        "scripts.bench.bench_sampler",
        "scripts.bench.bench_keyframes",
    ],
)
def test_help_needs_no_package(module: str) -> None:
    program = WITHOUT.format(module=module, absent=ABSENT)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("usage: ")
