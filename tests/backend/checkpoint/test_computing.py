"""Networks compute in the arithmetic that was asked for; what cannot be compiled is a sentence."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch import nn

import elocute
from elocute.checkpoint.arithmetic import Arithmetic
from elocute.checkpoint.computing import compiled, computing, prepared
from elocute.errors import SettingsError

CPU = torch.device("cpu")


def test_layers_compute_in_the_precision_asked_for():
    layer = nn.Linear(3, 2)
    for precision, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with torch.inference_mode(), computing(Arithmetic(precision), CPU):
            assert layer(torch.ones(1, 3)).dtype == kind
    with pytest.raises(SettingsError, match="float8 is unknown"):
        Arithmetic("float8")


def test_nothing_is_compiled_unless_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function: lambda x: -function(x))
    assert prepared(Arithmetic(), abs)(-3) == 3
    assert prepared(Arithmetic(compiled=True), abs)(-3) == -3


def test_a_compiler_that_fails_is_a_sentence_with_its_reason(monkeypatch):
    plain = torch.compile

    def failing(graph, inputs):
        raise RuntimeError("No working C++ compiler found in torch._inductor.config.cpp.cxx.\nand much more")

    monkeypatch.setattr(torch, "compile", lambda function: plain(function, backend=failing))
    with pytest.raises(SettingsError) as told:
        compiled(lambda x: x + 1)(torch.ones(2))
    assert told.value.message.endswith(
        "cannot be compiled here: No working C++ compiler found in torch._inductor.config.cpp.cxx."
    )
    assert told.value.code == "cannot_compile"


def test_a_python_that_nothing_is_compiled_for_is_a_sentence_too(monkeypatch):
    def refuse(function):
        raise RuntimeError("torch.compile is not supported on Python 3.15+")

    monkeypatch.setattr(torch, "compile", refuse)
    with pytest.raises(SettingsError, match=r"cannot be compiled here: .* on Python 3\.15\+\."):
        compiled(abs)


def test_errors_of_the_function_itself_stay_what_they_are():
    with pytest.raises(ValueError, match="mine"):
        prepared(Arithmetic(), lambda x: (_ for _ in ()).throw(ValueError("mine")))(torch.ones(1))


def test_what_compiles_is_imported_by_what_compiles_alone():
    """Importing it takes a second, which every line of a model that only samples would wait for."""
    for path in Path(elocute.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        first = ast.parse(text).body if "torch._" in text else []
        named = [node.module or "" for node in first if isinstance(node, ast.ImportFrom)]
        assert not [name for name in named if name.startswith("torch._")], path.name
