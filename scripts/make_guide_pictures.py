"""Take the pictures of docs/user-guide.md in a Blender window, by pressing the panel's own buttons.

    ELOCUTE_TOKEN=... python -m elocute serve --port 8123
    ELOCUTE_TOKEN=... blender --python scripts/make_guide_pictures.py -- ZIP docs/pictures http://127.0.0.1:8123

Needs an X display of 1600 x 1200 and more, ``xdotool``, and ImageMagick's ``import``. The extension is
installed into the Blender that runs this, and the service at that address makes the motion; without one the
extension uses its own. Recordings are taken from the repository; the file is not saved.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "flame_assets" / "demo" / "line.flac"
PACKAGE = "bl_ext.user_default.elocute"
PATIENCE = 300.0
"""Seconds that a job may take."""

Steps = Iterator[float]
"""Seconds to wait until the next step; Blender draws meanwhile."""


def context() -> Any:
    """Blender's context, whose stubs say that everything may be missing."""
    return bpy.context


def view() -> tuple[Any, Any]:
    """The window and its 3D view."""
    window = context().window_manager.windows[0]
    return window, next(area for area in window.screen.areas if area.type == "VIEW_3D")


def press(name: str, **arguments: Any) -> None:
    """Press a button of the panel."""
    window, area = view()
    region = next(region for region in area.regions if region.type == "WINDOW")
    group, _, operator = name.partition(".")
    with bpy.context.temp_override(window=window, area=area, region=region):
        getattr(getattr(bpy.ops, group), operator)("EXEC_DEFAULT", **arguments)


def shoot(path: Path, sidebar_only: bool = False) -> None:
    """Write what the window shows, or its sidebar alone."""
    _, area = view()
    subprocess.run(["import", "-window", "root", str(path)], check=True)
    if sidebar_only:
        region = next(region for region in area.regions if region.type == "UI")
        height = int(subprocess.check_output(["identify", "-format", "%h", str(path)]))
        place = f"{region.width}x{region.height}+{region.x}+{height - region.y - region.height}"
        subprocess.run(["convert", str(path), "-crop", place, "+repage", "-trim", str(path)], check=True)
    subprocess.run(
        [
            "convert",
            str(path),
            "-strip",
            "-resize",
            "1280x>",
            "-quality",
            "80",
            str(path.with_suffix(".jpg")),
        ],
        check=True,
    )
    path.unlink()


def session() -> Any:
    """The extension's session."""
    return importlib.import_module(f"{PACKAGE}.addon.blender.session.jobs").session()


def timed(what: str) -> Steps:
    """:func:`until_done`; prints how long it took."""
    begun = time.monotonic()
    yield from until_done()
    print(f"{what}: {time.monotonic() - begun:.1f} s; {session().status.message}", flush=True)


def until_done() -> Steps:
    """Wait for the running job; RuntimeError where it fails."""
    end = time.monotonic() + PATIENCE
    while session().status.busy:
        if time.monotonic() > end:
            raise RuntimeError(f"still busy: {session().status}")
        yield 0.2
    if session().status.phase.value == "failed":
        raise RuntimeError(str(session().status))


def walk(zip_file: Path, out: Path, address: str) -> Steps:
    """The guide's steps; each picture is called after what it shows."""
    yield from begin(zip_file, address)
    yield from one_line(out)
    yield from dialogue(out)
    yield from changes(out)


def begin(zip_file: Path, address: str) -> Steps:
    """Install the extension, empty the scene, open the tab."""
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_file), repo="user_default", enable_on_install=True
    )
    preferences = context().preferences.addons[PACKAGE].preferences
    if address:
        preferences.place, preferences.url = "REMOTE", address
        preferences.token = os.environ["ELOCUTE_TOKEN"]
    subprocess.run(["xdotool", "mousemove", "300", "500", "click", "1"], check=True)  # the splash goes
    yield 1.0
    open_panels()
    yield from empty_view()
    _, area = view()
    area.spaces.active.show_region_ui = True
    area.spaces.active.overlay.show_floor = False
    yield 1.0
    _, area = view()
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Elocute"
    yield 1.0


def one_line(out: Path) -> Steps:
    """A head, a recording, Generate."""
    press("elocute.add_head", character="Mira", portrait=True)
    look_through_camera()
    yield 1.0
    scene = context().scene
    scene.elocute.audio, scene.elocute.style = str(RECORDING), "lively"
    yield 1.0
    shoot(out / "panel.png", sidebar_only=True)
    press("elocute.generate")
    yield from until_done()
    scene.frame_set(30)
    yield 1.0
    shoot(out / "generated.png")
    scene.elocute.takes, scene.elocute.seed = 2, 1
    press("elocute.generate")
    yield from until_done()
    yield 1.0
    shoot(out / "takes.png")


OPEN = ("ELOCUTE_PT_words", "ELOCUTE_PT_takes", "ELOCUTE_PT_style")
SPEAKERS = ("Mira", "Jonas")
STRIPS = (
    ("tests/data/speech/waffles.flac", 0.0, 4.0),
    ("flame_assets/demo/line.flac", 0.0, 2.0),
    ("tests/data/speech/map.flac", 0.0, 4.0),
    ("flame_assets/demo/line.flac", 2.0, 4.6),
    ("tests/data/speech/movie.flac", 0.0, 4.0),
    ("flame_assets/demo/line.flac", 4.6, 8.7),
)
"""The dialogue: recordings, and which seconds of them are heard; the speakers take turns."""


def dialogue(out: Path) -> Steps:
    """Two characters, six strips of the sequencer, every line of them generated."""
    bpy.ops.wm.read_homefile(use_empty=True, use_splash=False, load_ui=False)
    yield 1.0
    yield from empty_view()
    scene = context().scene
    for number, name in enumerate(SPEAKERS):
        scene.cursor.location = (0.34 * number, 0.0, 0.0)
        press("elocute.add_head", character=name)
        yield 0.5
    rigs = [thing for thing in scene.objects if thing.type == "ARMATURE"]
    for rig, angle in zip(rigs, (0.5, -0.5), strict=True):
        rig.rotation_euler.z = angle
    press("elocute.add_portrait")
    camera = scene.camera
    camera.location = (0.17, -1.5, 0.12)
    camera.rotation_euler = (1.53, 0.0, 0.0)
    editor = scene.sequence_editor_create()
    rate, frame = scene.render.fps / scene.render.fps_base, 1
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for number, (name, start, end) in enumerate(STRIPS):
        path = ROOT / name
        first = frame - round(start * rate)
        strip = strips.new_sound(path.stem, str(path), 1 + number % 2, first)
        strip.frame_offset_start = round(start * rate)
        strip.frame_final_end = min(first + round(end * rate), strip.frame_final_end)
        frame = int(strip.frame_final_end) + 6
    scene.frame_end = frame
    for number in range(len(SPEAKERS)):
        for strip in strips:
            strip.select = strip.channel == number + 1
        press("elocute.lines_from_strips")
    yield 1.0
    for line, rig in zip(scene.elocute_lines, [rigs[0]] * 3 + [rigs[1]] * 3, strict=True):
        line.character = rig
    look_through_camera()
    yield 1.0
    shoot(out / "lines.png")
    press("elocute.generate_all")
    yield from timed("generate all")
    press("elocute.fill_scene")
    yield from timed("fill the scene")
    scene.frame_set(40)
    yield 1.0
    shoot(out / "dialogue.png")


def changes(out: Path) -> Steps:
    """A word is moved, a range made anew, a style changed in the first line."""
    scene = context().scene
    scene.elocute_active_line = 0
    line = scene.elocute_lines[0]
    context().view_layer.objects.active = line.character
    scene.frame_set(40)
    yield 1.0
    shoot(out / "words.png")
    chosen = importlib.import_module(f"{PACKAGE}.addon.blender.chosen_range")
    playing = chosen.playing_take(bpy.context)
    word = playing.phones.words[3]
    start, end = playing.frame_at(word.start), playing.frame_at(word.end)
    press("elocute.word_edit", index=3, text=word.text, start=start + 3, end=end, phones="")
    press("elocute.words_anew")
    yield from timed("a word retimed")
    panel = scene.elocute
    panel.range_source, panel.range_first, panel.range_last = "FRAMES", 50, 90
    press("elocute.range_anew")
    yield from timed("frames 50 to 90 anew")
    scene.frame_set(60)
    press("elocute.style_change_add", style="angry")
    press("elocute.generate")
    yield from timed("the style changed at frame 60")
    scene.frame_set(80)
    yield 1.0
    shoot(out / "style.png")


def open_panels() -> None:
    """Let the sub-panels that the guide shows be open, before they are drawn for the first time."""
    for name in OPEN:
        panel = getattr(bpy.types, name)
        bpy.utils.unregister_class(panel)
        panel.bl_options = panel.bl_options - {"DEFAULT_CLOSED"}
        bpy.utils.register_class(panel)


def empty_view() -> Steps:
    """Nothing in the scene, the tab open."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    yield 0.5


def look_through_camera() -> None:
    """Let the 3D view show what is rendered."""
    _, area = view()
    area.spaces.active.region_3d.view_perspective = "CAMERA"


def run(steps: Steps, quit_blender: Callable[[], None]) -> Callable[[], float | None]:
    """A timer that does the steps, and ends Blender after the last or a failed one."""

    def advance() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            quit_blender()
        except Exception:  # noqa: BLE001 - told, and Blender ends
            traceback.print_exc()
            quit_blender()
        return None

    return advance


if __name__ == "__main__":
    words = sys.argv[sys.argv.index("--") + 1 :]
    folder = Path(words[1])
    folder.mkdir(parents=True, exist_ok=True)
    steps = walk(Path(words[0]), folder, words[2] if len(words) > 2 else "")
    bpy.app.timers.register(run(steps, bpy.ops.wm.quit_blender), first_interval=2.0, persistent=True)
