"""What is said, for networks: hashed words for an encoder that is trained along, or CLIP's features."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from elocute.errors import InputError, one_line
from elocute.speech_encoders.sources import TextConfig
from elocute.storage.guard import guarded

VOCABULARY: Final = 4096
"""Words fall into so many classes; two words seldom share one."""
MOST_TOKENS: Final = 77
"""Tokens of a text; what follows is left out, as CLIP does."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")


def word_tokens(text: str) -> list[int]:
    """Classes 0 .. VOCABULARY - 1 of the first words, whatever their case."""
    words = _WORD.findall(text.lower().replace("\u2019", "'"))[:MOST_TOKENS]
    return [zlib.crc32(word.encode()) % VOCABULARY for word in words]


class TextReader(Protocol):
    """Turns a text into what a network is given of it."""

    def read(self, text: str) -> Tensor:
        """(S,) int64 classes of words, or (S + 1, C) float32: the features of the whole, then of tokens."""
        ...


class WordReader:
    """Hashed words."""

    def read(self, text: str) -> Tensor:
        return torch.tensor(word_tokens(text), dtype=torch.int64)


class ClipReader:
    """CLIP's text transformer; an empty text has no tokens.

    Args:
        tokenizer: from transformers.
        network: from transformers, frozen.
        device: where to compute.
    """

    def __init__(self, tokenizer: Any, network: Any, device: torch.device | str = "cpu") -> None:
        self._tokenizer, self._device = tokenizer, device
        self._network = network.eval().requires_grad_(False).to(device)
        self.width: int = int(network.config.hidden_size)

    @torch.inference_mode()
    def read(self, text: str) -> Tensor:
        if not text.strip():
            return torch.zeros(0, self.width)
        longest = min(MOST_TOKENS, int(self._network.config.max_position_embeddings))
        tokens = self._tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
        out = self._network(input_ids=tokens["input_ids"].to(self._device))
        # The pooled output is the feature of the end-of-text token.
        return torch.cat([out.pooler_output, out.last_hidden_state[0]]).float().cpu()


def load_clip(source: str, *, local_only: bool = False, device: torch.device | str = "cpu") -> ClipReader:
    """CLIP's text transformer from a folder as transformers saves it, or from the hub; safetensors only.

    Raises:
        InputError: it cannot be loaded.
    """
    from transformers import CLIPTextModel, CLIPTokenizer

    with guarded(
        lambda _: InputError(
            f"The text encoder {one_line(source, 200)} cannot be loaded.",
            "Give a folder or hub id of CLIP with its tokenizer and weights as model.safetensors.",
            code="bad_text_encoder",
        )
    ):
        tokenizer = CLIPTokenizer.from_pretrained(source, local_files_only=local_only)
        network = CLIPTextModel.from_pretrained(source, use_safetensors=True, local_files_only=local_only)
    return ClipReader(tokenizer, network, device)


def load_text_reader(
    config: TextConfig, device: torch.device | str = "cpu", *, local_only: bool = False
) -> TextReader | None:
    """The reader of a model, or None where it reads no text.

    Raises:
        InputError: CLIP is not to be had, or gives features of another width.
    """
    if config.kind == "none":
        return None
    if config.kind == "words":
        return WordReader()
    reader = load_clip(config.source, device=device, local_only=local_only)
    if reader.width != config.width:
        raise InputError(
            f"The text encoder {config.source} gives features of {reader.width} numbers; the model needs "
            f"{config.width}.",
            "Give the encoder that the model was trained with.",
            code="bad_text_encoder",
        )
    return reader


def padded_texts(texts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """(N, S, ...) texts side by side, at least one token long, and (N, S) bool which tokens are there."""
    longest = max(1, *(len(text) for text in texts))
    rows = torch.zeros(len(texts), longest, *texts[0].shape[1:], dtype=texts[0].dtype)
    inside = torch.zeros(len(texts), longest, dtype=torch.bool)
    for number, text in enumerate(texts):
        rows[number, : len(text)] = text
        inside[number, : len(text)] = True
    return rows, inside
