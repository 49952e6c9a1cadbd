"""Lines of speech for measurements: made by the synthesizer flite from the corpus' sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from elocute.corpus.flite import Flite
from elocute.corpus.spoken import Manner, Voice
from elocute.corpus.texts import sentences

_VOICES: Final = ("slt", "rms", "awb", "kal16")
_SHORTEST, _LONGEST = 2.0, 12.0


def write_lines(folder: Path, count: int, seed: int) -> float:
    """Write ``LINE.wav`` with ``LINE.txt`` for ``count`` lines of 2 to 12 s; return their seconds together.

    Raises:
        UserError: flite is not installed, or failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance, engine, total = np.random.default_rng(seed), Flite(), 0.0
    for number in range(count):
        voice, wanted = Voice("flite", str(chance.choice(_VOICES))), chance.uniform(_SHORTEST, _LONGEST)
        parts: list[np.ndarray] = []
        texts: list[str] = []
        rate, seconds = 16000, 0.0
        while seconds < wanted:
            (text,) = sentences(chance, "en", "train", 1)
            said = engine.say(text, voice, Manner(stretch=chance.uniform(0.9, 1.15)))
            rate, longer = said.rate, seconds + len(said.samples) / said.rate
            if longer > _LONGEST and seconds >= _SHORTEST:
                break
            if longer <= _LONGEST:
                parts.append(said.samples)
                texts.append(text)
                seconds = longer
        name = folder / f"line{number:03}"
        soundfile.write(name.with_suffix(".wav"), np.concatenate(parts), rate, subtype="PCM_16")
        name.with_suffix(".txt").write_text(" ".join(texts), encoding="utf-8")
        total += seconds
    return total
