"""Which recogniser of words is used."""

from __future__ import annotations

from dataclasses import dataclass

from elocute.audio.words.engine import WordEngine

AUTO = "auto"
NONE = "none"
_SOUNDS_ALONE = "so the sounds alone were heard."


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
            Hugging Face hub.
        language: ISO 639-1 code.
    """
    if wanted == NONE or (wanted == AUTO and language != "en"):
        return ChosenWords(None)
    if wanted != AUTO:
        return _whisper(wanted)
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
    from elocute.audio.words.whisper import whisper

    try:
        return ChosenWords(whisper(source))
    except ModuleNotFoundError:
        return ChosenWords(None, f"Whisper needs the packages torch and transformers, {_SOUNDS_ALONE}")
    except (ImportError, OSError) as error:
        return ChosenWords(
            None,
            f"{source} cannot be used as a Whisper checkpoint ({error}), {_SOUNDS_ALONE}",
            makeshift=True,
        )
