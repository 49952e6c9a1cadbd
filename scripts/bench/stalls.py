"""Measure how long the add-on holds up Blender's main thread. Run with a Python that has bpy.

Builds and installs the extension, starts the real service, and plays Blender's main loop: every 10 ms it
looks at the clock, and calls the add-on's timer when it is due. A stall is the time between two looks beyond
those 10 ms: what the add-on does on the main thread, and what its own threads keep Python's lock for.
Every trial runs in a Blender of its own. Prints the longest stall of each part, and how long processes lived
on after what should end them. Where other programs keep the processors busy, the stalls hold their time too;
the time computed on the main thread does not.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from scripts.bench.data import HEAD, SOUNDS  # noqa: E402
from scripts.build_extension import build  # noqa: E402

PACKAGE: Final = "bl_ext.user_default.elocute"
TICK_SECONDS: Final = 0.010
TRIALS: Final = ("generate", "arkit", "rigify", "cancel", "idle", "disable", "quit", "kill", "kill-preview")
LONGEST_WAIT: Final = 400.0
LATE_STAGE: Final = ("phones", "audio", "motion")
_MAKE_SOUND: Final = (
    "import sys, numpy as np, soundfile\n"
    "out, seconds, *names = sys.argv[1:]\n"
    "parts = [soundfile.read(name, dtype='float32') for name in names]\n"
    "rate = parts[0][1]\n"
    "parts = [part for part, its in parts if its == rate and part.ndim == 1]\n"
    "sound = np.concatenate(parts * (1 + int(float(seconds) * rate / sum(map(len, parts)))))\n"
    "soundfile.write(out, sound[: int(float(seconds) * rate)], rate)\n"
)


class MainLoop:
    """Blender's main loop, as far as it matters here: a clock, and the add-on's timer."""

    def __init__(self, pump: Callable[[], float | None]) -> None:
        self._pump = pump
        self._due = 0.0
        self._stalls: dict[str, tuple[float, float]] = {}

    def run(
        self, part: str | Callable[[], str], until: Callable[[], bool], longest: float = LONGEST_WAIT
    ) -> float:
        """Tick until the condition holds; return the seconds that took."""
        began = last = time.perf_counter()
        used = time.thread_time()
        while not until():
            time.sleep(TICK_SECONDS)
            name = part if isinstance(part, str) else part()
            if time.perf_counter() >= self._due:
                pause = self._pump()
                self._due = time.perf_counter() + (pause if pause is not None else 0.1)
            now, now_used = time.perf_counter(), time.thread_time()
            self.note(name, now - last - TICK_SECONDS, now_used - used)
            last, used = now, now_used
            if now - began > longest:
                raise TimeoutError(part if isinstance(part, str) else part())
        return time.perf_counter() - began

    @contextmanager
    def action(self, part: str) -> Iterator[None]:
        """What a click does: a stall in full."""
        began, used = time.perf_counter(), time.thread_time()
        yield
        self.note(part, time.perf_counter() - began, time.thread_time() - used)

    def note(self, part: str, seconds: float, computed: float) -> None:
        """Remember a stall, and the time computed on the main thread, if it is the longest of its part."""
        longest, most = self._stalls.get(part, (0.0, 0.0))
        self._stalls[part] = (max(longest, seconds), max(most, computed))

    def stalls(self) -> dict[str, tuple[float, float]]:
        """The longest stall of each part, and the longest computation, milliseconds."""
        return {
            part: (round(1000 * longest, 1), round(1000 * most, 1))
            for part, (longest, most) in self._stalls.items()
        }


class Trial:
    """An installed extension in this Blender."""

    def __init__(self, zip_file: Path, work: Path, backend_python: Path, audio: Path) -> None:
        import bpy

        self.bpy: Any = bpy
        bpy.ops.extensions.package_install_files(
            filepath=str(zip_file), repo="user_default", enable_on_install=True
        )
        self.audio = audio
        self.jobs = self._module("blender.session.jobs")
        self._make_environment(work / "environment", backend_python)
        self.loop = MainLoop(self.jobs.pump)

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{PACKAGE}.addon.{name}")

    def _make_environment(self, folder: Path, backend_python: Path) -> None:
        """A folder that passes for the service's environment, with that interpreter."""
        self.bpy.context.preferences.addons[PACKAGE].preferences.environment = str(folder)
        plan = self._module("blender.ui.preferences").read_settings().plan()
        plan.python.parent.mkdir(parents=True, exist_ok=True)
        plan.python.write_text(f'#!/bin/sh\nexec "{backend_python}" "$@"\n')
        plan.python.chmod(0o755)
        marker = {"state": "ready", "fingerprint": plan.fingerprint()}
        (folder / self._module("core.backend.environment").MARKER).write_text(json.dumps(marker))
        self.bpy.ops.elocute.check_setup()

    @property
    def status(self) -> Any:
        return self.jobs.session().status

    @property
    def server(self) -> Any:
        return self.jobs.session()._server

    def press_generate(self) -> None:
        self.bpy.context.scene.elocute.audio = str(self.audio)
        with self.loop.action("pressing Generate"):
            self.bpy.ops.elocute.generate()

    def generate(self) -> None:
        """The whole job."""
        self.press_generate()
        self.loop.run(
            lambda: "applying" if self._result_is_here() else "generating", lambda: not self.status.busy
        )
        if self.status.phase.value != "done":
            raise RuntimeError(f"{self.status.message} {self.status.hint}")

    def add_character(self, kind: str) -> None:
        """A character for Generate to key: a mesh with ARKit's keys, or Rigify's bones on a skinned mesh."""
        from addon.core.retarget.controls.vocabulary import ARKIT
        from elocute.face.model import FaceModel
        from scripts.bench.made_up_characters import bone_face, head_mesh

        bpy, face = self.bpy, FaceModel.load(HEAD)
        if kind == "arkit":
            made = head_mesh(bpy.context.scene, face, {name: {name: 1.0} for name in ARKIT})
        else:
            made, _ = bone_face(bpy.context.scene, face)
        bpy.context.view_layer.objects.active = made
        bpy.context.view_layer.update()

    def _result_is_here(self) -> bool:
        running = self.jobs.session()._running
        return running is not None and running.job.wait(0.0)

    def generate_until_late(self) -> None:
        """Begin, and stop looking once the recording is being worked on."""
        self.press_generate()
        self.loop.run("generating", lambda: self.status.stage in LATE_STAGE)
        end = time.perf_counter() + 1.0
        self.loop.run("generating", lambda: time.perf_counter() > end)

    def generate_until_shown(self) -> None:
        """Begin, and stop looking once the beginning of the line is on the face."""
        self.press_generate()
        self.loop.run("generating", lambda: self.shows_preview() or not self.status.busy)
        if not self.shows_preview():
            raise RuntimeError(f"no preview was shown: {self.status.message} {self.status.hint}")

    def shows_preview(self) -> bool:
        """Whether keys of a preview play."""
        return any(action.get("elocute_preview") is not None for action in self.bpy.data.actions)

    def close(self) -> None:
        import addon_utils

        if PACKAGE in self.bpy.context.preferences.addons:
            addon_utils.disable(PACKAGE, default_set=True)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def seconds_until_gone(pids: list[int], longest: float = 60.0) -> float:
    """How long the last of the processes lives on."""
    began = time.perf_counter()
    while any(map(alive, pids)) and time.perf_counter() - began < longest:
        time.sleep(0.01)
    return round(time.perf_counter() - began, 2)


def tree_of(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found += tree_of(int(entry.parent.name))
    return found


def run_trial(name: str, trial: Trial) -> dict[str, Any]:
    """One trial; what it found."""
    import addon_utils

    found: dict[str, Any] = {}
    loop = trial.loop
    if name == "generate":
        trial.generate()
        trial.generate()  # on the head that is there now
    elif name in ("arkit", "rigify"):
        trial.add_character(name)
        trial.generate()
        trial.generate()  # over the line that is there now
    elif name == "cancel":
        trial.generate_until_late()
        with loop.action("pressing Cancel"):
            trial.bpy.ops.elocute.cancel()
        found["seconds until cancelled"] = round(loop.run("cancelling", lambda: not trial.status.busy), 2)
    elif name == "idle":
        trial.generate_until_late()
        trial.bpy.ops.elocute.cancel()
        loop.run("cancelling", lambda: not trial.status.busy)
        pids = tree_of(trial.server.pid)
        with loop.action("stopping the idle service"):
            trial.jobs.session().stop_service()
        found["seconds the service lived on"] = seconds_until_gone(pids)
    elif name == "disable":
        trial.generate_until_late()
        pids = tree_of(trial.server.pid)
        with loop.action("disabling while it generates"):
            addon_utils.disable(PACKAGE, default_set=True)
        found["seconds the service lived on"] = seconds_until_gone(pids)
    elif name == "quit":
        trial.generate_until_late()
        found["pids"] = tree_of(trial.server.pid)
        with loop.action("quitting while it generates"):
            addon_utils.disable_all()  # what Blender does when it quits
    elif name == "kill-preview":
        trial.generate_until_shown()
        found["pids"] = tree_of(trial.server.pid)
    else:
        trial.generate_until_late()
        found["pids"] = tree_of(trial.server.pid)
    return {**found, "stalls": loop.stalls()}


def measure(name: str, arguments: argparse.Namespace, zip_file: Path, audio: Path) -> None:
    """Run a trial in a Blender of its own and print what it found."""
    with tempfile.TemporaryDirectory(prefix="elocute-stalls-") as work:
        process = subprocess.Popen(
            [
                sys.executable, str(Path(__file__).resolve()), "--trial", name, "--zip", str(zip_file),
                "--audio", str(audio), "--backend-python", str(arguments.backend_python), "--work", work,
            ],
            env={**os.environ, "BLENDER_USER_RESOURCES": str(Path(work) / "blender")},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        found: dict[str, Any] = {}
        for line in process.stdout or ():
            if line.startswith("FOUND "):
                found = json.loads(line.removeprefix("FOUND "))
                break
        pids = found.pop("pids", [])
        if name.startswith("kill"):
            process.send_signal(signal.SIGKILL)
        began = time.perf_counter()
        process.wait()
        if name == "quit":
            found["seconds until Blender has ended"] = round(time.perf_counter() - began, 2)
        if pids:
            found["processes of the service"] = len(pids)
            found["seconds the service lived on"] = seconds_until_gone(pids)
            found["of them left"] = sum(map(alive, pids))
    print(f"{name}:")
    for part, (longest, computed) in found.pop("stalls", {}).items():
        print(
            f"  {part}: longest stall {longest} ms, {computed} ms of them computed on the main thread at most"
        )
    for what, value in found.items():
        print(f"  {what}: {value}")
    sys.stdout.flush()


def main() -> int:
    """Run the trials."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend-python", type=Path, default=ROOT / ".venv/backend/bin/python")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the recording (default: 60)")
    parser.add_argument("--only", choices=TRIALS, help="only this trial")
    parser.add_argument("--zip", type=Path, help="the built extension (default: one of this tree)")
    parser.add_argument("--audio", type=Path, help="the recording (default: one made of the test recordings)")
    parser.add_argument("--trial", choices=TRIALS, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.trial:
        trial = Trial(arguments.zip, arguments.work, arguments.backend_python, arguments.audio)
        found = run_trial(arguments.trial, trial)
        print("FOUND " + json.dumps(found), flush=True)
        if arguments.trial.startswith("kill"):
            time.sleep(60)  # killed meanwhile
        trial.close()
        return 0
    with tempfile.TemporaryDirectory(prefix="elocute-stalls-") as folder:
        zip_file = arguments.zip or build(ROOT, Path(folder))
        audio = arguments.audio or Path(folder) / "long.wav"
        if arguments.audio is None:
            make = [str(arguments.backend_python), "-c", _MAKE_SOUND, str(audio), str(arguments.seconds)]
            subprocess.run([*make, *map(str, SOUNDS)], check=True)
        for name in TRIALS:
            if arguments.only in (None, name):
                measure(name, arguments, zip_file, audio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
