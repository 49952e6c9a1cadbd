"""Texts for networks: hashed words, and CLIP from a folder."""

from __future__ import annotations

import json
import zlib

import pytest
import torch
from transformers import CLIPTextConfig, CLIPTextModel

from elocute.errors import InputError
from elocute.speech_encoders.sources import TextConfig
from elocute.speech_encoders.text_encoder import (
    MOST_TOKENS,
    VOCABULARY,
    load_clip,
    load_text_reader,
    padded_texts,
    word_tokens,
)

WIDTH = 8


def save_clip(folder, width=WIDTH):
    """CLIP's text transformer with random weights, and a tokenizer of single letters."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz"
    entries = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>", "ab"]
    (folder / "vocab.json").write_text(json.dumps({entry: n for n, entry in enumerate(entries)}))
    (folder / "merges.txt").write_text("#version: 0.2\na b\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))
    torch.manual_seed(0)
    CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(entries), hidden_size=width, intermediate_size=8, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=12, bos_token_id=52, eos_token_id=53,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


def test_words_whatever_their_case_and_marks():
    assert word_tokens("Don't stop, 12!") == word_tokens("don’t  STOP 12")  # noqa: RUF001 - as typed
    assert word_tokens("stop")[0] == zlib.crc32(b"stop") % VOCABULARY
    assert word_tokens(" ... ") == []
    assert len(word_tokens("word " * 200)) == MOST_TOKENS


def test_clip_from_a_folder(tmp_path):
    reader = load_clip(str(save_clip(tmp_path / "clip")), local_only=True)
    said = reader.read("a cat")
    assert said.shape[1] == reader.width == WIDTH
    # The first row is the whole: the feature of the end-of-text token, the last of the tokens.
    assert torch.allclose(said[0], said[-1], atol=1e-6)
    assert reader.read("  ").shape == (0, WIDTH)
    assert len(reader.read("a cat sat on the mat and would not go")) == 1 + 12  # as many as it can take


def test_encoders_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="cannot be loaded"):
        load_clip(str(tmp_path / "nowhere"), local_only=True)
    with pytest.raises(InputError, match="features of 8 numbers; the model needs 9"):
        load_text_reader(TextConfig("clip", 9, str(save_clip(tmp_path / "clip"))), local_only=True)
    for kind, width in (("clip", 0), ("words", 3), ("none", 1), ("bert", 4)):
        with pytest.raises(InputError, match="text encoder"):
            TextConfig(kind, width, "")
    assert load_text_reader(TextConfig("none", 0, "")) is None


def test_texts_side_by_side():
    rows, inside = padded_texts([torch.tensor([4, 5]), torch.zeros(0, dtype=torch.int64)])
    assert rows.tolist() == [[4, 5], [0, 0]]
    assert inside.tolist() == [[True, True], [False, False]]
    rows, inside = padded_texts([torch.zeros(0, 3)])
    assert rows.shape == (1, 1, 3)
    assert not inside.any()
