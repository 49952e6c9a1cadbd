"""The synthesizer flite: one run of its program gives the sound and when each phone ends."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import soundfile

from elocute.corpus.radio_phones import phones_from_ends
from elocute.corpus.spoken import Manner, Spoken, Voice, completed
from elocute.errors import UserError
from elocute.storage.leftovers import temporary_folder

_TIMEOUT_SECONDS = 60.0


class Flite:
    """Voices ``kal16``, ``kal`` (8 kHz), ``awb``, ``rms`` and ``slt``.

    Raises:
        UserError: flite is not installed (``missing_engine``).
    """

    def __init__(self) -> None:
        program = shutil.which("flite")
        if program is None:
            raise UserError(
                "The speech synthesizer flite is not installed.",
                "Install the package flite, for example with: apt-get install flite",
                code="missing_engine",
            )
        self._program = program

    def say(self, text: str, voice: Voice, manner: Manner) -> Spoken:
        """Speak ``text``.

        Raises:
            UserError: flite failed (``engine_failed``).
        """
        with temporary_folder(label="said") as scratch:
            wave = scratch / "said.wav"
            command = [self._program, "-voice", voice.name, "-psdur"]
            command += ["--setf", f"duration_stretch={manner.stretch:.4f}"]
            if manner.pitch_hz is not None:
                command += ["--setf", f"int_f0_target_mean={manner.pitch_hz:.2f}"]
            if manner.pitch_spread_hz is not None:
                command += ["--setf", f"int_f0_target_stddev={manner.pitch_spread_hz:.2f}"]
            command += ["-t", text, "-o", str(wave)]
            try:
                done = subprocess.run(  # noqa: S603 a fixed program, no shell
                    command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS
                )
            except subprocess.TimeoutExpired as error:
                raise UserError(f"flite did not finish {text!r}.", code="engine_failed") from error
            if done.returncode or not wave.exists():
                raise UserError(
                    f"flite could not synthesize {text!r}: {done.stderr.strip()}", code="engine_failed"
                )
            samples, rate = soundfile.read(wave, dtype="float32")
        seconds = len(samples) / rate
        phones = phones_from_ends(_ends(done.stdout), seconds, "flite")
        return Spoken(samples, rate, completed(phones, seconds, "flite", text))

    def close(self) -> None:
        """Nothing is kept running."""


def _ends(listing: str) -> Iterator[tuple[str, float]]:
    """Names and ends from flite's ``name:end`` pairs."""
    for pair in listing.split():
        name, _, end = pair.partition(":")
        yield name, float(end)
