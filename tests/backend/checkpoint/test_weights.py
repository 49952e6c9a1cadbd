"""Weights: what a file is not is said; nothing is built that its weights do not fill."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import torch
from torch import nn

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
