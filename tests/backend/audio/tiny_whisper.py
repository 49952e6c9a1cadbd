"""A Whisper checkpoint of a few thousand random weights: all of the real code, and nonsense for words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr")
TIMES = 1501
"""Marks of time, 0.00 to 30.00 s."""


def _byte_letters() -> list[str]:
    """The letters that stand for the 256 bytes in the vocabularies of GPT-2."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte if byte in plain else next(spare)) for byte in range(256)]


def write_tiny_whisper(folder: Path, *, multilingual: bool = True, seed: int = 0) -> Path:
    """Write the files of a checkpoint into ``folder``, safetensors and all."""
    import torch
    import transformers

    library: Any = transformers
    vocabulary = {letter: number for number, letter in enumerate(_byte_letters())}
    text_end = len(vocabulary)
    named = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES)]
    named += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    named += ["<|notimestamps|>"]
    special = {name: text_end + place for place, name in enumerate(named)}
    vocabulary["<|endoftext|>"] = text_end
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    (folder / "normalizer.json").write_text("{}", encoding="utf-8")
    tokenizer = library.WhisperTokenizer(
        vocab=str(folder / "vocab.json"),
        merges=str(folder / "merges.txt"),
        normalizer_file=str(folder / "normalizer.json"),
        additional_special_tokens=named[1:],
    )
    tokenizer.add_tokens([f"<|{0.02 * place:.2f}|>" for place in range(TIMES)])
    library.WhisperProcessor(library.WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    torch.manual_seed(seed)
    config = library.WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=32,
        max_length=24,
        pad_token_id=text_end,
        bos_token_id=text_end,
        eos_token_id=text_end,
        decoder_start_token_id=special["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = library.WhisperForConditionalGeneration(config)
    with torch.no_grad():  # letters alone, for bytes that are no text would all be written alike
        model.proj_out.weight[: text_end + 1].mul_(8.0)
    generation = {
        "decoder_start_token_id": special["<|startoftranscript|>"],
        "eos_token_id": text_end,
        "pad_token_id": text_end,
        "bos_token_id": text_end,
        "no_timestamps_token_id": special["<|notimestamps|>"],
        "is_multilingual": multilingual,
        "max_length": 24,
        "suppress_tokens": [*range(33), *range(127, 256), *special.values()][1:],
    }
    if multilingual:
        generation["lang_to_id"] = {f"<|{code}|>": special[f"<|{code}|>"] for code in LANGUAGES}
        generation["task_to_id"] = {
            "transcribe": special["<|transcribe|>"],
            "translate": special["<|translate|>"],
        }
    model.generation_config = library.GenerationConfig(**generation)
    model.save_pretrained(folder, safe_serialization=True)
    return folder
