"""What Blender shows in other languages: one JSON file a language, the English text -> its translation.

The files hold fixed strings only; sentences with names and numbers in them are English everywhere.
``scripts/translation_strings.py`` lists what a file has not yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def translations() -> Mapping[str, Mapping[str, str]]:
    """Language, as ``de``, -> English text -> translation.

    Raises:
        ValueError: a file is no JSON object of texts.
    """
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.json")):
        texts = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise ValueError(f"{path.name} is no JSON object of texts")
        found[path.stem] = texts
    return found
