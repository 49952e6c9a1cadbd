"""Read any sound file as 16 kHz mono, or raise an error that says why it cannot be used.

The file is decoded in a process of its own (:mod:`elocute.audio.decoding`): no decoder is loaded here.
"""

from __future__ import annotations

from pathlib import Path

from elocute.audio.decoding.messages import Request
from elocute.audio.decoding.pool import DecodePool, shared_pool
from elocute.audio.recording_limits import LONGEST_SECONDS
from elocute.audio.sound import Audio
from elocute.audio.sound_file import check_file
from elocute.progress import Progress

__all__ = ["Audio", "load_audio", "start_decoding"]


def load_audio(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    max_seconds: float = LONGEST_SECONDS,
    channel: int | None = None,
    track: int = 1,
    from_first_sound: bool = False,
    progress: Progress | None = None,
    pool: DecodePool | None = None,
) -> Audio:
    """Decode, mix down and resample a sound file.

    wav, flac, ogg, mp3, aiff and the like are read with libsndfile, everything else (m4a, amr, webm, the
    sound of a film) with FFmpeg, which opens nothing but these bytes. The mean is removed. Broken samples
    (NaN, infinite) become silence; of a file that is damaged or cut short what can be read is used; both are
    noted.

    Args:
        source: a path, or the bytes of a file.
        name: what to call the sound in messages; by default the file's name.
        max_seconds: longest sound accepted.
        channel: the one to use, counted from 1; by default they are mixed.
        track: the sound track of a film, counted from 1.
        from_first_sound: begin with the sound, where a film's begins later than its picture; by default it is
            silent until then.
        progress: stage ``decode``; cancelling ends the process that decodes.
        pool: who decodes; by default the processes of this program.

    Raises:
        InputError: ``missing_file``, ``is_folder``, ``unreadable_file``, ``empty_file``, ``not_audio``,
            ``no_sound_track``, ``unknown_codec``, ``no_samples``, ``bad_samples``, ``broken_audio``,
            ``too_short``, ``too_long``, ``no_channel``, ``no_track`` or ``no_decoder`` as its code.
        Cancelled: ``progress`` was cancelled.
    """
    if isinstance(source, bytes):
        request = Request("", len(source), name, max_seconds, channel, track, from_first_sound)
        content = source
    else:
        path = Path(source)
        label = name or path.name or str(path)
        check_file(path, label)
        request = Request(str(path.absolute()), 0, label, max_seconds, channel, track, from_first_sound)
        content = b""
    return (pool or shared_pool()).decode(request, content, progress or Progress())


def start_decoding() -> None:
    """Have a decode process ready for the next file; does not wait for it."""
    shared_pool().start()
