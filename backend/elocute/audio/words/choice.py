"""Which recogniser of words is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.audio.languages import AUTO, ENGLISH
from elocute.audio.words.engine import WordEngine

NONE: Final = "none"
_SOUNDS_ALONE: Final = "so the sounds alone were heard."
_HINT: Final = "Give the folder of a Whisper checkpoint, its id on the Hugging Face hub, auto or none."
_LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class ChosenWords:
    """What recognises words.

    Attributes:
        engine: None where nothing does.
        note: a sentence for the user where that is not as asked, else empty.
        makeshift: it is installed, and may be usable another time.
    """

    engine: WordEngine | None
    note: str = ""
    makeshift: bool = False


def choose_words(wanted: str, language: str) -> ChosenWords:
    """The recogniser of words for a language.

    Args:
        wanted: :data:`AUTO`, :data:`NONE`, or a Whisper checkpoint: a folder, or an id on the
            Hugging Face hub. Where that cannot be used, what :data:`AUTO` gives stands in for it.
        language: ISO 639-1 code, or :data:`AUTO`.
    """
    if wanted == NONE:
        return ChosenWords(None)
    if wanted == AUTO:
        return _installed(language)
    failed = _whisper(wanted)
    if failed.engine is not None:
        return failed
    other = _installed(ENGLISH if language == AUTO else language)
    instead = _SOUNDS_ALONE if other.engine is None else f"so {other.engine.name} recognised the words."
    note = f"{failed.note}, {instead} {_HINT}"
    return ChosenWords(other.engine, note, failed.makeshift or other.makeshift)


def _installed(language: str) -> ChosenWords:
    if language != ENGLISH:
        return ChosenWords(None)
    from elocute.audio.words.moonshine import installed_folder, moonshine

    folder = installed_folder()
    if folder is None:
        return ChosenWords(None, f"No recogniser of words is installed (moonshine-voice), {_SOUNDS_ALONE}")
    try:
        return ChosenWords(moonshine(folder))
    except ModuleNotFoundError:
        return ChosenWords(None, f"onnxruntime is not installed, {_SOUNDS_ALONE}")
    except (ImportError, OSError) as error:
        return ChosenWords(None, f"Words cannot be recognised ({error}), {_SOUNDS_ALONE}", makeshift=True)


def _whisper(source: str) -> ChosenWords:
    """Where it cannot be used, the note is the beginning of a sentence."""
    if _is_path(source) and not Path(source).expanduser().is_dir():
        return ChosenWords(None, f"There is no folder {source} with a Whisper checkpoint", makeshift=True)
    from elocute.audio.words.whisper import whisper

    try:
        return ChosenWords(whisper(str(Path(source).expanduser()) if _is_path(source) else source))
    except ModuleNotFoundError:
        return ChosenWords(None, "Whisper needs the packages torch and transformers")
    except (ImportError, OSError) as error:
        note = f"{source} cannot be used as a Whisper checkpoint ({_one_line(error)})"
        return ChosenWords(None, note, makeshift=True)


def _is_path(source: str) -> bool:
    """Whether it can be nothing but a folder: an id on the hub has one slash at most, and none at an end."""
    written_as_one = source.startswith((".", "~", "/")) or "\\" in source or source.count("/") > 1
    return written_as_one or Path(source).is_absolute()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:_LONGEST_REASON]
