"""Memory and processor time of recordings of several lengths: does memory grow with them?

    python -m scripts.bench.long_recordings [--seconds 60 300 600] [--without-text] [--service] [--times 3]
        [--code FOLDER ...]

The committed lines, repeated, are made clips of by ``elocute generate`` in a new process each, or by one
new service for each length, --times one after the other: what the service holds before the first and after
each is printed too. Nothing is known from before. Printed are the highest resident memory of each process,
that of all of them together (shared memory counted once), and processor seconds. With more than one
--code the same is done with the code in each of these folders in turn, and the motion is compared. Linux:
it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from addon.core.backend.messages import JobSettings
from scripts.backend_path import ROOT
from scripts.bench.data import SOUNDS
from scripts.bench.marked_processes import Mark, Use, watched
from scripts.bench.own_service import own_service, warm_up
from scripts.terminal import exit_code

_HELPERS: Final = {"elocute.audio.decoding.worker": "decoder", "elocute.audio.phones.worker": "phones"}
_LOOK_SECONDS: Final = 0.05
_HEADER: Final = (
    "| code | sound s | {what} MB | decoder MB | phones MB | all together MB | CPU s | difference |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 300.0, 600.0])
    parser.add_argument("--without-text", action="store_true", help="let the words be heard")
    parser.add_argument("--service", action="store_true", help="a service rather than the command line")
    parser.add_argument("--times", type=int, default=1, help="requests to each service")
    parser.add_argument("--code", type=Path, nargs="+", default=[ROOT], help="checkouts to compare")
    options = parser.parse_args(arguments)
    if options.service and len(options.code) > 1:
        parser.error("--service measures this checkout alone")
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print a row for each length and each code."""
    from elocute.bench.long_line import long_line

    print(_HEADER.format(what="service" if options.service else "generate"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for seconds in options.seconds:
            samples, text = long_line(SOUNDS, seconds)
            recording = Path(folder) / f"{seconds:g}.wav"
            soundfile.write(recording, samples, 16000)
            first: Path | None = None
            for number, code in enumerate(options.code):
                clip = Path(folder) / f"{seconds:g}-{number}.npz"
                told = None if options.without_text else text
                if options.service:
                    use, most, held = _served(recording, samples, told, clip, options.times)
                else:
                    (use, most), held = _generated(code.resolve(), recording, told, clip), []
                apart = "" if first is None else f"{_difference(first, clip):.1e}"
                first = first or clip
                cells = [f"{most.get(name, 0.0):.0f}" for name in ("itself", "decoder", "phones")]
                cells += [f"{use.highest_mb:.0f}", f"{use.processor_seconds:.1f}", apart]
                print(f"| {code.resolve().name} | {seconds:g} | {' | '.join(cells)} |", flush=True)
                if held:
                    print(f"held, MB: {', '.join(f'{each:.0f}' for each in held)}", flush=True)


def _generated(code: Path, recording: Path, text: str | None, clip: Path) -> tuple[Use, dict[str, float]]:
    """Have a clip made by a new process; what all processes used, and the highest memory of each kind."""
    mark = Mark()
    with watched(mark) as use, _highest(mark) as most:
        told = [] if text is None else ["--transcript", text]
        command = [sys.executable, "-m", "elocute", "generate", str(recording), "--out", str(clip), *told]
        environment = mark.environment(PYTHONPATH=str(code / "backend"), ELOCUTE_CACHE="off")
        nowhere = subprocess.DEVNULL
        subprocess.run(command, env=environment, cwd=code, check=True, stdout=nowhere, stderr=nowhere)
    return use, most


def _served(
    recording: Path, samples: NDArray[np.float32], text: str | None, clip: Path, times: int
) -> tuple[Use, dict[str, float], list[float]]:
    """The same by a new service, so often; and what it holds before the first and after each.

    It keeps the phones of what it has heard, so each begins 10 ms later in the sound.
    """
    mark = Mark()
    os.environ.update(mark.environment())  # which the service inherits
    with watched(mark) as use, _highest(mark) as most, own_service() as running:
        warm_up(running)
        client, held = running.client(), [running.memory_mb()]
        for number in range(times):
            soundfile.write(recording, samples[160 * number :], 16000)
            job = client.submit(recording, JobSettings(transcript=text))
            for _ in client.events(job.id, windows=False):
                pass
            clip.write_bytes(client.clip(job.id))
            held.append(running.memory_mb())
    return use, most, held


@contextmanager
def _highest(mark: Mark) -> Iterator[dict[str, float]]:
    """The highest resident memory of each kind of process, in MB, as the system remembers it."""
    most, ended = dict[str, float](), threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            for process in mark.processes():
                try:
                    command = Path(f"/proc/{process}/cmdline").read_text().split("\0")
                    status = Path(f"/proc/{process}/status").read_text()
                except OSError:  # it has ended
                    continue
                if "VmHWM" not in status:
                    continue
                kind = next((kind for name, kind in _HELPERS.items() if name in command), "itself")
                megabytes = int(status.partition("VmHWM:")[2].split()[0]) / 1024
                most[kind] = max(most.get(kind, 0.0), megabytes)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()


def _difference(one: Path, other: Path) -> float:
    """Largest difference of two clips' numbers."""
    with np.load(one) as first, np.load(other) as second:
        return max(
            float(np.abs(first[name] - second[name]).max()) for name in ("expression", "jaw", "head", "eyes")
        )


if __name__ == "__main__":
    raise SystemExit(main())
