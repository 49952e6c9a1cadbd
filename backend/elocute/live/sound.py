"""The recording of a clip, heard while the clip plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from elocute.audio.decode import load_audio
from elocute.errors import InputError

_RATE: Final = 16_000
_CODE: Final = "no_sound_output"


class Sound:
    """A recording that is ready to be played, as it is heard by the models: mono, 16 kHz.

    Args:
        path: the recording.

    Raises:
        InputError: it cannot be read, or this computer has no library that plays sound.
    """

    def __init__(self, path: Path) -> None:
        self._samples = load_audio(path).samples
        self._player = _player()

    def start(self) -> None:
        """Play it from its beginning; returns at once.

        Raises:
            InputError: this computer has no output for sound.
        """
        try:
            self._player.play(self._samples, _RATE)
        except (self._player.PortAudioError, ValueError) as error:
            raise InputError(f"No sound can be played: {error}.", "Leave out --sound.", code=_CODE) from error

    def stop(self) -> None:
        """End it, if it plays."""
        self._player.stop()


def _player() -> Any:
    """The module ``sounddevice``: it fails with an OSError where its library is missing."""
    try:
        import sounddevice
    except OSError as error:
        raise InputError(
            "No sound can be played: the library PortAudio is missing.",
            "Install it (libportaudio2 on Debian and Ubuntu), or leave out --sound.",
            code=_CODE,
        ) from error
    return sounddevice
