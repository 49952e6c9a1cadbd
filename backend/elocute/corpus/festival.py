"""The synthesizer festival: one persistent process, controlled in Scheme."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from threading import Timer

import soundfile

from elocute.corpus.radio_phones import phones_from_ends
from elocute.corpus.spoken import Manner, Spoken, Voice, completed
from elocute.errors import UserError
from elocute.storage.leftovers import temporary_folder

_TIMEOUT_SECONDS = 60.0
_FOLDERS = (Path("/usr/share/festival/voices"), Path("/usr/lib/festival/voices"))
_PACKAGES = {
    "kal_diphone": "festvox-kallpc16k",
    "ked_diphone": "festvox-kdlpc16k",
    "cmu_us_slt_arctic_hts": "festvox-us-slt-hts",
}
_SAID, _DONE = "elocute-said", "elocute-done"
_SAYINGS_OF_A_PROCESS = 500
"""It grows by about a quarter of a MB with each, so it is replaced now and then."""


class Festival:
    """Voices ``kal_diphone``, ``ked_diphone`` and ``cmu_us_slt_arctic_hts`` (which only obeys the pace).

    Raises:
        UserError: festival or one of these voices is not installed (``missing_engine``).
    """

    def __init__(self) -> None:
        program = shutil.which("festival")
        missing = [] if program else ["festival"]
        missing += [
            package
            for voice, package in _PACKAGES.items()
            if not any(list(folder.glob(f"*/{voice}")) for folder in _FOLDERS)
        ]
        if program is None or missing:
            packages = " ".join(missing)
            raise UserError(
                "The speech synthesizer festival or one of its voices is not installed.",
                f"Install the packages {packages}, for example with: apt-get install {packages}",
                code="missing_engine",
            )
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._sayings = 0

    def say(self, text: str, voice: Voice, manner: Manner) -> Spoken:
        """Speak ``text``.

        Raises:
            UserError: festival failed (``engine_failed``).
        """
        with temporary_folder(label="said") as scratch:
            wave = scratch / "said.wav"
            ends = self._run(_scheme(text, voice, manner, wave), text)
            if not wave.exists():
                raise UserError(f"festival could not synthesize {text!r}.", code="engine_failed")
            samples, rate = soundfile.read(wave, dtype="float32")
        seconds = len(samples) / rate
        phones = phones_from_ends(ends, seconds, "festival")
        return Spoken(samples, rate, completed(phones, seconds, "festival", text))

    def close(self) -> None:
        """End the process."""
        self._sayings = 0
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # unread input, no longer needed
        self._process = None

    def _run(self, scheme: str, text: str) -> list[tuple[str, float]]:
        """Names and ends of the phones that ``scheme`` prints."""
        if self._sayings >= _SAYINGS_OF_A_PROCESS:
            self.close()
        self._sayings += 1
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 a fixed program, no shell
                [self._program, "--pipe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise UserError("festival has no pipes.", code="engine_failed")
        watchdog = Timer(_TIMEOUT_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        ends: list[tuple[str, float]] = []
        said = False
        try:
            stdin.write(scheme)
            stdin.flush()
            for line in stdout:
                if line.startswith(_DONE) and said:
                    return ends
                if line.startswith(_DONE):
                    raise UserError(f"festival could not synthesize {text!r}.", code="engine_failed")
                said = said or line.startswith(_SAID)
                kind, _, rest = line.partition(" ")
                if kind == "phone":
                    name, end = rest.split()
                    ends.append((name, float(end)))
        except BrokenPipeError:
            ends.clear()  # it has died: told below
        finally:
            watchdog.cancel()
        self.close()
        raise UserError(f"festival ended while it synthesized {text!r}.", code="engine_failed")


def _scheme(text: str, voice: Voice, manner: Manner, wave: Path) -> str:
    """Commands that write the sound to ``wave`` and print the phones; without an error, that it was said."""
    quoted = text.replace("\\", " ").replace('"', " ")
    lines = ["(begin", f"(voice_{voice.name})"]
    if voice.name.endswith("_hts"):
        lines.append(
            "(set! hts_engine_params (append hts_engine_params "
            f'(list (list "-r" {1.0 / manner.stretch:.4f}))))'
        )
    else:
        lines.append(f"(Parameter.set 'Duration_Stretch {manner.stretch:.4f})")
        settings = []
        if manner.pitch_hz is not None:
            settings.append(f"(target_f0_mean {manner.pitch_hz:.2f})")
        if manner.pitch_spread_hz is not None:
            settings.append(f"(target_f0_std {manner.pitch_spread_hz:.2f})")
        if settings:
            lines.append(f"(set! int_lr_params (append '({' '.join(settings)}) int_lr_params))")
    lines += [
        f'(set! said (SynthText "{quoted}"))',
        f'(utt.save.wave said "{wave}" \'riff)',
        '(mapcar (lambda (s) (format t "phone %s %f\\n" (item.name s) (item.feat s "end")))'
        " (utt.relation.items said 'Segment))",
        f'(format t "{_SAID}\\n"))',
        f'(format t "{_DONE}\\n")',
        "(fflush nil)",
    ]
    return "\n".join(lines) + "\n"
