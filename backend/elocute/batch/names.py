"""What the outputs of a row are called."""

from __future__ import annotations

from elocute.batch.settings import BatchSettings, PhoneFormat
from elocute.exchange.formats import export_formats


def clip_names(row_id: str, takes: int) -> tuple[str, ...]:
    """``ID.npz``, or ``ID-1.npz`` and so on where there are several."""
    if takes == 1:
        return (f"{row_id}.npz",)
    return tuple(f"{row_id}-{take}.npz" for take in range(1, takes + 1))


def phones_name(row_id: str, form: PhoneFormat) -> str:
    """``ID.phones.json`` or ``ID.TextGrid``."""
    return f"{row_id}.phones.json" if form == "json" else f"{row_id}.TextGrid"


def export_name(clip: str, form: str) -> str:
    """The clip's name, the format's and the first of its endings; once where both are the same."""
    ending = next(one.endings[0] for one in export_formats() if one.name == form)
    stem = clip.removesuffix(".npz")
    return f"{stem}{ending}" if ending == f".{form}" else f"{stem}.{form}{ending}"


def output_names(row_id: str, takes: int, settings: BatchSettings) -> tuple[str, ...]:
    """Everything that may be written for a row."""
    clips = clip_names(row_id, takes)
    phones = () if settings.phones is None else (phones_name(row_id, settings.phones),)
    return (*clips, *phones, *(export_name(clip, form) for clip in clips for form in settings.exports))
