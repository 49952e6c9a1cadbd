"""Weights: what a file is not is said; nothing is built that its weights do not fill."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from elocute.checkpoint import weight_arrays
from elocute.checkpoint.weight_arrays import read_weight_arrays
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.errors import InputError


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "it is a Git LFS pointer, not the file",
        ),
        (b"<html>", "it is a web page"),
        (b"PK\x03\x04", "it is a zip archive"),
        (b"\x80\x02}.", "it is a pickle. Give weights as safetensors"),
        (b"", "it is empty"),
        (struct.pack("<Q", 2**40) + b"{}", "is damaged: its header is too large"),
        (struct.pack("<Q", 2) + b"[]", "is damaged"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_weights(path)


def test_names_of_megabytes_are_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, {"x" * 1_000_000: torch.zeros(1)})
    with pytest.raises(InputError, match="unexpected: xxx") as caught:
        built_strictly(lambda: nn.Linear(1, 1), read_weights(path), "a")
    assert len(str(caught.value)) < 500


def test_a_size_that_no_computer_holds_is_never_built() -> None:
    with pytest.raises(InputError, match="wrong shape: bias is 2, not 1000000"):
        built_strictly(
            lambda: nn.Linear(10**6, 10**6), {"weight": torch.zeros(2, 2), "bias": torch.zeros(2)}, "a"
        )
    made = built_strictly(lambda: nn.Linear(2, 2), {"weight": torch.ones(2, 2), "bias": torch.ones(2)}, "a")
    assert torch.equal(made(torch.ones(2)), torch.full((2,), 3.0))


class Tables(nn.Module):
    """Makes tensors in every way that models do, one of them of a given size."""

    def __init__(self, rows: int, table: int = 3) -> None:
        super().__init__()
        self.layer = nn.Linear(rows, rows)
        nn.init.normal_(self.layer.weight, std=0.02)
        self.start = nn.Parameter(0.1 * torch.randn(rows, 4))
        self.register_buffer("steps", torch.sin(torch.arange(table)[:, None] * 0.5), persistent=False)
        self.register_buffer("mask", torch.tril(torch.ones((rows, rows))).bool(), persistent=False)
        self.register_buffer("even", torch.full((rows,), 0.5) + torch.zeros(rows), persistent=False)


def test_what_is_computed_is_there_and_what_is_stored_comes_from_the_file() -> None:
    stored = Tables(5)
    made = built_strictly(lambda: Tables(5), stored.state_dict(), "a")
    computed = dict(made.named_buffers())
    assert {"steps", "mask", "even"} == computed.keys()
    for name, value in [*stored.state_dict().items(), *stored.named_buffers()]:
        assert torch.equal({**made.state_dict(), **computed}[name], value)


def test_a_table_that_is_larger_than_any_is_built_where_the_weights_fit() -> None:
    made = built_strictly(lambda: Tables(2, 2**24 + 10**6), Tables(2).state_dict(), "a")
    assert len(made.steps) == 2**24 + 10**6


@pytest.mark.parametrize("rows", [10**6, 10**9])
def test_no_size_is_taken_from_a_configuration_alone(rows: int) -> None:
    with pytest.raises(InputError, match="wrong shape"):
        built_strictly(lambda: Tables(rows), Tables(2).state_dict(), "a")


@pytest.mark.parametrize("known_to_numpy", [False, True])
def test_weights_of_half_precision_are_read_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_to_numpy: bool
) -> None:
    """Where ml_dtypes was imported, NumPy knows bfloat16 for as long as the process lives."""
    if known_to_numpy:
        pytest.importorskip("ml_dtypes")
    else:

        def unknown(_: Path) -> None:
            raise TypeError("data type 'bfloat16' not understood")

        monkeypatch.setattr(weight_arrays, "load_file", unknown)
    path = tmp_path / "a.safetensors"
    values = torch.tensor([[1.0, -2.5], [3e-5, 65504.0]])
    for half in (torch.bfloat16, torch.float16):
        save_weights(path, {"half": values.to(half), "whole": values})
        read = read_weight_arrays(path)
        assert {array.dtype for array in read.values()} == {np.dtype(np.float32)}
        assert np.array_equal(read["half"], values.to(half).float().numpy())
        assert np.array_equal(read["whole"], values.numpy())


@pytest.mark.parametrize("also", [{}, {"half": torch.zeros(2, dtype=torch.bfloat16)}])
def test_weights_that_are_no_such_numbers_are_refused(tmp_path: Path, also: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, {"odd": torch.zeros(2, dtype=torch.int64), **also})
    with pytest.raises(InputError):
        read_weight_arrays(path)
