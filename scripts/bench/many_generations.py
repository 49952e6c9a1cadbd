"""Fifty generations in one Blender, each with its preview: what grows? Run with a Python that has bpy.

    .venv/blender-5.0/bin/python scripts/bench/many_generations.py --backend-python .venv/test/bin/python

Builds and installs the extension, starts the real service, and presses Generate for one recording after the
other (the committed ones, repeated to some seconds; a little noise makes each another, so that nothing is
known from before). Each is a line of its own on the same head, and stays in the file. Every few generations
it tells the memory of Blender and of the service's processes, what the file takes on disk, and what is left
of previews; at last it deletes all that was made, and tells again, before and after the C library was asked
to give back what is free. With --anew a new file is opened after each one, so that nothing is kept and
nothing may grow. Linux only.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from scripts.bench.data import SOUNDS  # noqa: E402
from scripts.bench.stalls import Trial, alive, tree_of  # noqa: E402
from scripts.build_extension import build  # noqa: E402

_MAKE: Final = (
    "import sys, numpy as np, soundfile\n"
    "out, seconds, count, *names = sys.argv[1:]\n"
    "parts = [soundfile.read(name, dtype='float32') for name in names]\n"
    "rate = parts[0][1]\n"
    "parts = [part for part, its in parts if its == rate and part.ndim == 1]\n"
    "size = int(float(seconds) * rate)\n"
    "sound = np.concatenate(parts * (1 + size // sum(map(len, parts))))[:size]\n"
    "for number in range(int(count)):\n"
    "    noise = np.random.default_rng(number).standard_normal(size).astype('float32')\n"
    "    soundfile.write(f'{out}/{number:03}.wav', np.roll(sound, number * rate // 4) + 1e-4 * noise, rate)\n"
)


def megabytes(pids: list[int]) -> float:
    """Resident memory of processes, shared pages counted once each."""
    total = 0
    for pid in pids:
        try:
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return total / 1024


def previews(bpy: Any) -> int:
    """Data-blocks that belong to a preview."""
    blocks = (*bpy.data.objects, *bpy.data.actions)
    return sum(1 for block in blocks if block.get("elocute_preview") is not None)


def generate(trial: Trial, audio: Path, start_frame: int) -> bool:
    """One generation; whether a preview was shown."""
    trial.audio, shown = audio, False
    trial.bpy.context.scene.elocute.start_frame = start_frame
    trial.press_generate()

    def over() -> bool:
        nonlocal shown
        shown = shown or previews(trial.bpy) > 0
        return not trial.status.busy

    trial.loop.run("generating", over)
    if trial.status.phase.value != "done":
        raise RuntimeError(f"{trial.status.message} {trial.status.hint}")
    return shown


def told(trial: Trial, folder: Path, when: object, shown: int) -> str:
    """A row of the table."""
    path, bpy = folder / "scene.blend", trial.bpy
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, compress=False)
    service = tree_of(trial.server.pid)
    memory = f"{megabytes([os.getpid()]):.0f} | {megabytes(service):.0f} | {len(service)}"
    return (
        f"| {when} | {shown} | {memory} | "
        f"{path.stat().st_size / 1e6:.1f} | {len(bpy.data.actions)} | {previews(bpy)} |"
    )


def rows(trial: Trial, sounds: list[Path], folder: Path, every: int, *, anew: bool) -> Iterator[str]:
    """Generate all of them."""
    shown, start = 0, 1
    for number, sound in enumerate(sounds, 1):
        shown += generate(trial, sound, start)
        start += 400
        if number in (1, 5) or number % every == 0:
            yield told(trial, folder, number, shown)
        if anew:
            trial.bpy.ops.wm.read_homefile(use_empty=True)
            start = 1
    trial.bpy.ops.wm.read_homefile(use_empty=True)
    yield told(trial, folder, "all of it deleted", shown)
    ctypes.CDLL(None).malloc_trim(0)
    yield told(trial, folder, "and what is free given back", shown)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend-python", type=Path, default=ROOT / ".venv/backend/bin/python")
    parser.add_argument("--generations", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=13.0)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--anew", action="store_true", help="open a new file after each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="elocute-many-") as name:
        work = Path(name)
        os.environ["BLENDER_USER_RESOURCES"] = str(work / "blender")
        sounds = work / "sounds"
        sounds.mkdir()
        numbers = [str(sounds), str(options.seconds), str(options.generations)]
        subprocess.run([str(options.backend_python), "-c", _MAKE, *numbers, *map(str, SOUNDS)], check=True)
        paths = sorted(sounds.iterdir())
        python = options.backend_python.absolute()
        trial = Trial(build(ROOT, work), work, python, paths[0])
        heads = "generations | with a preview | Blender MB | service MB | its processes | file MB | actions"
        print(f"| {heads} | of previews |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for row in rows(trial, paths, work, options.every, anew=options.anew):
            print(row, flush=True)
        service = tree_of(trial.server.pid)
        trial.close()
        trial.loop.run("ending", lambda: not any(map(alive, service)), 60.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
