"""The demo: renders a video of the stand-in head speaking a recording.

Runs in the backend's environment; ``scripts/run.py demo`` calls it. The motion comes from the service over
HTTP, as it does for the add-on; Blender runs as a process of its own.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from addon.core.backend.generation import Generated, generate  # noqa: E402
from addon.core.backend.messages import JobSettings  # noqa: E402
from addon.core.backend.server_process import ServerProcess  # noqa: E402
from addon.core.errors import Cancelled  # noqa: E402
from addon.core.errors import UserError as ClientError  # noqa: E402
from addon.core.job import JobControl, JobProgress  # noqa: E402
from addon.core.known_characters import KNOWN_CHARACTERS, character_named  # noqa: E402
from elocute.audio.decode import load_audio  # noqa: E402
from elocute.audio.phone import Phone, Word  # noqa: E402
from elocute.audio.phone_json import write_phone_json  # noqa: E402
from elocute.audio.speech_features import SAMPLE_RATE  # noqa: E402
from elocute.errors import InputError, SettingsError, UserError, missing_file  # noqa: E402
from elocute.generator import GenerationSettings  # noqa: E402
from elocute.installation import standard_pipeline  # noqa: E402
from elocute.motion.clip import MotionClip  # noqa: E402
from elocute.performance import PerformanceRequest  # noqa: E402
from elocute.preview.contact_sheet import write_contact_sheet  # noqa: E402
from elocute.preview.motion_plot import write_motion_plot  # noqa: E402
from elocute.storage.atomic_write import write_atomically  # noqa: E402
from elocute.storage.leftovers import temporary_folder  # noqa: E402

FACE = ROOT / "flame_assets" / "elocute-head-1.npz"
DEMO_LINE = ROOT / "flame_assets" / "demo" / "line.flac"
SCENE_SCRIPT = ROOT / "scripts" / "demo_scene.py"
EVENT_PREFIX = "elocute: "


@dataclass(frozen=True)
class Outputs:
    """Where the demo's files go: one folder, one name."""

    folder: Path
    stem: str

    def file(self, ending: str) -> Path:
        """Path of the output that ends so."""
        return self.folder / f"{self.stem}{ending}"


@dataclass
class Stages:
    """Wall seconds of each stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def done(self, name: str) -> None:
        """Book the time since the last call on ``name``."""
        now = time.perf_counter()
        self.seconds[name] = now - self._since
        self._since = now


class LineProgress:
    """Prints a line when the stage changes and at every tenth of it."""

    def __init__(self) -> None:
        self._last = ("", -1)

    def __call__(self, progress: JobProgress) -> None:
        """Take one report."""
        step = (progress.stage, int(progress.fraction * 10))
        if step != self._last:
            self._last = step
            print(f"  {progress.stage} {step[1] * 10:3d} %  {progress.message}".rstrip(), flush=True)


def generate_motion(audio: Path, settings: JobSettings, log_file: Path) -> Generated:
    """Start the service, send it the recording, return what it made, and stop the service.

    A log in which the service wrote nothing is removed.
    """
    service = ServerProcess(Path(sys.executable), log_file, variables={"PYTHONPATH": str(ROOT / "backend")})
    try:
        control = JobControl(LineProgress())
        return generate(service.connect, audio, settings, control)
    finally:
        service.stop()
        for log in (log_file, log_file.with_name(f"{log_file.name}.old")):
            if log.exists() and not log.stat().st_size:
                log.unlink()


def make_film(
    blender_python: Path, audio: Path, outputs: Outputs, engine: str, character: str
) -> dict[str, Any]:
    """Build, key and render the scene in Blender; return what its script reports.

    Blender writes into a folder of its own, so that a Blender that dies leaves nothing behind.

    Raises:
        InputError: Blender stopped without finishing; the message carries its last words.
    """
    with temporary_folder(outputs.folder, "film") as folder:
        made = Outputs(folder, outputs.stem)
        command = [
            str(blender_python), str(SCENE_SCRIPT),
            "--face", str(FACE), "--clip", str(outputs.file(".npz")), "--audio", str(audio),
            "--video", str(made.file(".mp4")), "--blend", str(made.file(".blend")), "--engine", engine,
            "--character", character,
        ]  # fmt: skip
        result = follow_blender(command)
        for ending in (".mp4", ".blend"):
            made.file(ending).replace(outputs.file(ending))
    return result


def cannot_start(python: str, error: OSError) -> InputError:
    """The error for a Blender that is not there, or is no program."""
    return InputError(
        f"{python} cannot be started: {error.strerror or error}.",
        "Give a Python that has the module bpy with --blender-python.",
        code="render_failed",
    )


def follow_blender(command: list[str]) -> dict[str, Any]:
    """Run the scene script, print its messages, return its result.

    Raises:
        InputError: it ended without one.
    """
    result: dict[str, Any] | None = None
    last_words = "it said nothing"
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise cannot_start(command[0], error) from error
    with process as blender:
        try:
            for line in blender.stdout or ():
                if not line.startswith(EVENT_PREFIX):
                    last_words = line.strip() or last_words
                    continue
                event = json.loads(line.removeprefix(EVENT_PREFIX))
                if "result" in event:
                    result = event["result"]
                elif "error" in event:
                    last_words = event["error"]
                else:
                    print(f"  {event['message']}", flush=True)
        except BaseException:  # Ctrl-C above all: Blender must not go on, nor write into a folder that goes
            blender.kill()
            raise
    if result is None:
        raise InputError(f"Blender stopped before the film was ready: {last_words}", code="render_failed")
    return result


def default_transcript(audio: Path) -> str | None:
    """Return the words of the bundled line; those of other recordings are unknown."""
    if audio != DEMO_LINE:
        return None
    return DEMO_LINE.with_suffix(".txt").read_text(encoding="utf-8").strip()


def report(
    outputs: Outputs, generated: Generated, clip: MotionClip, film: dict[str, Any], stages: Stages
) -> None:
    """Say where everything is and how long it took."""
    summary = generated.summary
    print(f"\n{summary.seconds:.2f} s of speech, {summary.frames} frames of motion at {summary.fps:g} fps")
    print(f"model {clip.meta.get('model')}, style {clip.meta.get('style')}")
    print(f"phones from {summary.phone_source}" + "".join(f"\nnote: {note}" for note in summary.notes))
    print("\nwall time")
    for name, seconds in stages.seconds.items():
        print(f"  {name:<30} {seconds:7.2f} s")
        if name == "motion through the service":
            for stage, share in summary.stage_seconds.items():
                print(f"    of which {stage:<19} {share:7.2f} s")
    print(
        f"\nrendered with {film['engine']}: {film['frames']} frames, {film['seconds_per_frame']:.2f} s each\n"
    )
    for what, ending in (
        ("film", ".mp4"),
        ("contact sheet", "-contact-sheet.png"),
        ("curves", "-curves.png"),
        ("Blender scene", ".blend"),
        ("motion clip", ".npz"),
        ("phones", "-phones.json"),
    ):
        print(f"{what:<14} {outputs.file(ending)}")


def write_phones(path: Path, generated: Generated) -> list[Phone]:
    """Write the phones as JSON and return them."""
    found = generated.phones
    phones = [Phone(p.label, p.start, p.end) for p in found.phones or ()]
    words = [Word(w.text, w.start, w.end) for w in found.words]
    write_phone_json(
        path, phones, words, found.seconds, source=found.phone_source, transcript=found.transcript
    )
    return phones


ENDINGS = (".npz", ".mp4", ".blend", "-phones.json", "-contact-sheet.png", "-curves.png", "-service.log")


def check(audio: Path, settings: JobSettings, outputs: Outputs, blender: Path) -> None:
    """Refuse what can be seen to be wrong before a service is started and anything is written.

    Raises:
        SettingsError: the model cannot do what is asked, or a result would overwrite the recording.
        InputError: there is no such recording, or no such Blender.
    """
    asked = GenerationSettings(style=settings.style, seed=settings.seed)
    request = PerformanceRequest(model=settings.model, transcript=settings.transcript, settings=asked)
    standard_pipeline(()).check(request)
    if not audio.exists():
        raise missing_file(audio)
    if shutil.which(blender) is None:
        missing = errno.EACCES if blender.exists() else errno.ENOENT
        raise cannot_start(str(blender), OSError(missing, os.strerror(missing)))
    for ending in ENDINGS:
        result = outputs.file(ending)
        if result.exists() and result.samefile(audio):
            raise SettingsError(
                f"The result {result} would overwrite the recording.", "Choose another folder with --out."
            )


def run_demo(
    audio: Path, settings: JobSettings, outputs: Outputs, engine: str, character: str, blender: Path
) -> None:
    """Do all stages and report."""
    stages = Stages()
    sound = load_audio(audio, from_first_sound=True)  # as the scene plays it, and the add-on has it heard
    print(f"speech    {audio}")
    generated = generate_motion(audio, settings, outputs.file("-service.log"))
    with write_atomically(outputs.file(".npz")) as temporary:
        temporary.write_bytes(generated.clips[0])
    phones = write_phones(outputs.file("-phones.json"), generated)
    stages.done("motion through the service")
    print("scene and film")
    film = make_film(blender, audio, outputs, engine, character)
    stages.done("scene, keys and film")
    clip = MotionClip.load(outputs.file(".npz"))
    write_contact_sheet(outputs.file(".mp4"), clip.seconds, outputs.file("-contact-sheet.png"), phones=phones)
    write_motion_plot(sound.samples, SAMPLE_RATE, phones, clip, outputs.file("-curves.png"))
    stages.done("contact sheet and curves")
    report(outputs, generated, clip, film, stages)


def make_folder(folder: Path) -> Path:
    """Create ``folder`` if need be.

    Raises:
        InputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {folder} cannot be created: {error.strerror}.",
            "Choose another with --out.",
            code="bad_output",
        ) from error
    return folder.resolve()


def main() -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(prog="run.py demo", description=__doc__)
    parser.add_argument("--audio", type=Path, default=DEMO_LINE, help="recording (default: the bundled line)")
    parser.add_argument("--transcript", help="what is said in it; the lips get better when it is known")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "demo", help="folder for the results")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another take")
    parser.add_argument("--model", metavar="NAME", help="what makes the motion (default: the bundled model)")
    parser.add_argument("--style", metavar="NAME", help="style of the performance (default: the model's own)")
    parser.add_argument("--engine", choices=("workbench", "cycles"), default="workbench")
    names = [known.name for known in KNOWN_CHARACTERS]
    parser.add_argument(
        "--character",
        type=lambda text: character_named(text) or text,
        default="",
        choices=names,
        help="who speaks (default: the head as it is)",
    )
    parser.add_argument("--blender-python", type=Path, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    audio = arguments.audio.absolute()
    try:
        outputs = Outputs(make_folder(arguments.out), audio.stem)
        transcript = arguments.transcript or default_transcript(audio)
        settings = JobSettings(
            model=arguments.model, transcript=transcript, style=arguments.style, seed=arguments.seed
        )
        check(audio, settings, outputs, arguments.blender_python)
        run_demo(audio, settings, outputs, arguments.engine, arguments.character, arguments.blender_python)
    except (UserError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 3)
    except (Cancelled, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
