"""Whisper (Radford et al. 2022) through transformers, any size, from a folder or the Hugging Face hub."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from elocute.audio.languages import AUTO, ENGLISH
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.audio.words.engine import HeardText, Samples, WordsFailed, heard_text


class WhisperEngine:
    """A Whisper checkpoint, safetensors only.

    Args:
        source: a folder, or an id on the hub.

    Raises:
        ImportError: torch or transformers is not installed.
        OSError: the checkpoint is not there, not Whisper's, or damaged.
    """

    name = "Whisper"
    longest: float = 29.0

    def __init__(self, source: str) -> None:
        import transformers

        if find_spec("torch") is None:  # transformers can be imported without, and fails later
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        library: Any = transformers

        local = Path(source).is_dir()
        try:
            self._processor: Any = library.AutoProcessor.from_pretrained(source, local_files_only=local)
            self._model: Any = library.WhisperForConditionalGeneration.from_pretrained(
                source, local_files_only=local, use_safetensors=True
            )
        except ImportError:
            raise
        except Exception as error:  # each of its readers has errors of its own for damaged files
            raise OSError(str(error).partition("\n")[0]) from error
        self._model.eval()
        self.detects: bool = bool(getattr(self._model.generation_config, "is_multilingual", False))
        self._lock = Lock()

    def understands(self, language: str) -> bool:
        """Every language for a multilingual checkpoint, else English."""
        return language == ENGLISH or self.detects

    def transcribe(self, samples: Samples, language: str) -> HeardText:
        """See :class:`~elocute.audio.words.engine.WordEngine`.

        Raises:
            WordsFailed: the checkpoint cannot do it, for example in this language.
        """
        try:
            return self._transcribe(samples, language)
        except (RuntimeError, ValueError) as error:
            raise WordsFailed(str(error)) from error

    def _transcribe(self, samples: Samples, language: str) -> HeardText:
        import torch

        inputs = self._processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        told: dict[str, Any] = {}
        if self.detects:
            told = {"task": "transcribe"} | ({} if language == AUTO else {"language": language})
        with self._lock, torch.inference_mode():
            made = self._model.generate(
                inputs.input_features, return_dict_in_generate=True, output_scores=True, **told
            )
        scores = [torch.log_softmax(step[0].float(), dim=-1).max().item() for step in made.scores]
        written = made.sequences[0][len(made.sequences[0]) - len(scores) :]
        texts = [
            str(self._processor.decode(written[:count], skip_special_tokens=True))
            for count in range(1, len(written) + 1)
        ]
        return heard_text(texts, scores)


@lru_cache(maxsize=1)
def whisper(source: str) -> WhisperEngine:
    """The one of this process.

    Raises:
        ImportError: torch or transformers is not installed.
        OSError: the checkpoint is not there, not Whisper's, or damaged.
    """
    return WhisperEngine(source)
