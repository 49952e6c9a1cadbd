"""Take the pictures of docs/user-guide.md in a Blender window, by clicking through the panel.

    ELOCUTE_TOKEN=... python -m elocute serve --port 8123
    ELOCUTE_TOKEN=... blender --python scripts/make_guide_pictures.py -- ZIP docs/pictures http://127.0.0.1:8123

``dialogue`` or ``line`` behind the address takes the pictures of that part alone.

Needs an X display of 1600 x 1200 and more, ``xdotool``, and ImageMagick's ``import``. The extension is
installed into the Blender that runs this, and the service at that address makes the motion; without one the
extension uses its own. Recordings are taken from the repository; the file is not saved. The dialogue and its
changes are clicked with the mouse, at places that hold for Blender 4.3 in a window of 1600 x 1200 (its start
with ``--window-geometry 0 0 1600 1200``, an empty user folder); the clicks and keys of each step are printed,
and the seconds from the last click until it was done. Clicks that close a sub-panel are not counted.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


def until_done() -> Steps:
    """Wait for the running job; RuntimeError where it fails."""
    end = time.monotonic() + PATIENCE
    while session().status.busy:
        if time.monotonic() > end:
            raise RuntimeError(f"still busy: {session().status}")
        yield 0.2
    if session().status.phase.value == "failed":
        raise RuntimeError(str(session().status))


def walk(zip_file: Path, out: Path, address: str, part: str) -> Steps:
    """The guide's steps; each picture is called after what it shows."""
    hand = Hand()
    yield from begin(zip_file, address, hand)
    if part != "line":
        yield from dialogue(out, hand)
        yield from changes(out, hand)
    if part != "dialogue":
        yield from one_line(out)


def begin(zip_file: Path, address: str, hand: Hand) -> Steps:
    """Install the extension, empty the scene, make room for the sequencer, open the tab."""
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_file), repo="user_default", enable_on_install=False
    )
    bpy.ops.preferences.addon_enable(module=PACKAGE)
    preferences = context().preferences.addons[PACKAGE].preferences
    if address:
        preferences.place, preferences.url = "REMOTE", address
        preferences.token = os.environ["ELOCUTE_TOKEN"]
    xdotool("mousemove", 300, 500, "click", 1)  # the splash goes
    yield 1.0
    yield from empty_view()
    window, area = view()
    space = area.spaces.active
    space.show_region_ui = True
    for shown in ("floor", "axis_x", "axis_y", "extras", "relationship_lines", "cursor", "object_origins"):
        setattr(space.overlay, f"show_{shown}", False)
    timeline = next(area for area in window.screen.areas if area.type == "DOPESHEET_EDITOR")
    timeline.ui_type = "SEQUENCE_EDITOR"
    yield 1.0
    for _ in range(6):
        yield from raise_edge(timeline, 268)
        if timeline.height > 200:
            break
    yield from hand.click("the tab", 1308, 207, counts=False)


def raise_edge(area: Any, height: int) -> Steps:
    """Drag an area's upper edge to that many pixels above the window's lower edge."""
    window, x = view()[0], area.x + 600
    edge, wanted = window.height - area.y - area.height, window.height - height
    for y in (edge - 30, edge - 2, edge):
        xdotool("mousemove", x, y)
        yield 0.6
    xdotool("mousedown", 1)
    yield 0.5
    for y in (*range(edge - 8, wanted, -10), wanted - 2):
        xdotool("mousemove", x, y)
        yield 0.05
    yield 0.5
    xdotool("mouseup", 1)
    yield 1.0


def xdotool(*arguments: object) -> None:
    """Let the mouse or the keyboard do something."""
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


@dataclass
class Hand:
    """The user's: it clicks and types, and counts both.

    Attributes:
        clicks: since the last step of the walk.
        keys: likewise.
    """

    clicks: int = 0
    keys: int = 0

    def click(
        self, what: str, x: int, y: int, wait: float = 1.5, times: int = 1, counts: bool = True
    ) -> Steps:
        """Click there: pixels of a window of 1600 x 1200, from its upper left corner.

        Args:
            what: is clicked; printed, to see where a walk went astray.
            x: to the right.
            y: down.
            wait: seconds for Blender to draw what became of it.
            times: 2 for a double click.
            counts: whether it is the user's work, not that of taking pictures.
        """
        print(f"  click {what}", flush=True)
        xdotool("mousemove", x - 4, y + 3)
        yield 0.3
        xdotool("mousemove", x, y)
        yield 0.3
        for _ in range(times):
            xdotool("mousedown", 1)
            yield 0.06
            xdotool("mouseup", 1)
            yield 0.06
        self.clicks += times if counts else 0
        yield wait

    def type_in(self, text: str, then: str) -> Steps:
        """Type into a field that is being edited, in the place of what it holds, and press a key."""
        xdotool("key", "ctrl+a")
        yield 0.2
        xdotool("type", "--delay", 40, text)
        yield 0.5
        xdotool("key", then)
        self.keys += len(text) + 1
        yield 1.0

    def timed(self, what: str) -> Steps:
        """:func:`until_done`; prints what was done for it, and how long it took from the last click on."""
        begun = time.monotonic()
        yield 0.2
        yield from until_done()
        told = f"{self.clicks} clicks, {self.keys} keys, {time.monotonic() - begun:.1f} s"
        print(f"{what}: {told}; {session().status.message}", flush=True)
        self.clicks = self.keys = 0
        yield 1.5


def one_line(out: Path) -> Steps:
    """A head, a recording, Generate: the panel's buttons, pressed without the mouse."""
    # Blender holds on to a click on a panel's header until its next event, and frees it twice where a script
    # opens a file before one. A user's file comes after an event, that of the menu or the key.
    xdotool("mousemove", 700, 500)
    yield 1.0
    bpy.ops.wm.read_homefile(use_empty=True, use_splash=False, load_ui=False)
    yield 1.0
    yield from empty_view()
    press("elocute.add_head", character="Mira", portrait=True)
    look_through_camera()
    yield 1.0
    scene = context().scene
    scene.elocute.audio, scene.elocute.style = str(RECORDING), "lively"
    for area in view()[0].screen.areas:
        area.tag_redraw()
    yield 2.0
    shoot(out / "panel.png", sidebar_only=True)
    press("elocute.generate")
    yield from until_done()
    scene.frame_set(30)
    yield 1.0
    shoot(out / "generated.png")


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


def dialogue(out: Path, hand: Hand) -> Steps:
    """Two characters, six strips of the sequencer, every line of them generated."""
    scene = context().scene
    for number, name in enumerate(SPEAKERS):
        scene.cursor.location = (0.34 * number, 0.0, 0.0)
        press("elocute.add_head", character=name)
        yield 0.5
    for name, angle in zip(SPEAKERS, (0.5, -0.5), strict=True):
        scene.objects[f"{name} rig"].rotation_euler.z = angle
    press("elocute.add_portrait")
    camera = scene.camera
    camera.location = (0.17, -1.5, 0.12)
    camera.rotation_euler = (1.53, 0.0, 0.0)
    scene.cursor.location = (0.0, 0.0, 0.0)
    scene.frame_end = lay_out_strips(scene)
    for thing in context().selected_objects:
        thing.select_set(False)
    context().view_layer.objects.active = None
    look_through_camera()
    yield 2.0
    show_all_strips()
    yield 2.0
    yield from hand.click("a strip of the first channel", 328, 1153)
    yield from hand.click("Mira", 476, 554, wait=3.0)
    yield from hand.click("Several lines", 1165, 127)
    yield from hand.click("All strips of the channel", 1144, 194, wait=2.0)
    yield from hand.click("a strip of the second channel", 510, 1125)
    yield from hand.click("Jonas", 882, 554, wait=3.0)
    yield from hand.click("+", 1272, 127)
    yield from hand.click("All strips of the channel", 1361, 194, wait=2.0)
    shoot(out / "lines.png")
    yield from hand.click("Generate all", 1232, 571, wait=0.5)
    yield from hand.timed("six lines of two characters")
    yield from hand.click("Idle", 1086, 775, wait=2.0)
    yield from hand.click("Fill the scene", 1174, 884, wait=0.5)
    yield from hand.timed("fill the scene")
    scene.frame_set(40)
    yield 2.0
    shoot(out / "dialogue.png")
    yield from hand.click("Idle, to close it", 1086, 663, counts=False)


def lay_out_strips(scene: Any) -> int:
    """Put the recordings into the sequencer; the last frame."""
    editor = scene.sequence_editor_create()
    rate, frame = scene.render.fps / scene.render.fps_base, 1
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for number, (name, start, end) in enumerate(STRIPS):
        path = ROOT / name
        first = frame - round(start * rate)
        strip = strips.new_sound(path.stem, str(path), 1 + number % 2, first)
        strip.frame_offset_start = round(start * rate)
        strip.frame_final_end = min(first + round(end * rate), strip.frame_final_end)
        strip.select = False
        frame = int(strip.frame_final_end) + 6
    return frame


def show_all_strips() -> None:
    """Let the sequencer show the whole dialogue."""
    window = view()[0]
    area = next(area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.view_all()


def changes(out: Path, hand: Hand) -> Steps:
    """A line is made again; a word is moved, a range made anew, a style changed in another."""
    scene = context().scene
    scene.frame_set(1)
    yield 2.0
    yield from hand.click("the line map", 1102, 154)
    yield from hand.click("Takes", 1091, 716, wait=2.0)
    yield from hand.click("Generate like this", 1174, 773, wait=0.5)
    yield from hand.timed("a line redone")
    yield from hand.click("the line waffles", 1102, 132, wait=2.0)
    yield from hand.click("Takes, to close it", 1091, 804, counts=False)
    yield from hand.click("Words and Ranges", 1126, 882, wait=2.0)
    for _ in range(12):
        xdotool("click", 5)
        yield 0.1
    yield 2.0
    shoot(out / "words.png")
    yield from hand.click("the pencil beside waffles", 1251, 790, wait=2.0)
    yield from hand.click("First frame", 1177, 825, times=2)
    yield from hand.type_in("55", "Return")
    yield from hand.click("OK", 1206, 907, wait=2.0)
    yield from hand.click("Make edited words anew", 1174, 858, wait=0.5)
    yield from hand.timed("a word retimed")
    yield from hand.click("Selected words", 1165, 518)
    yield from hand.click("Frames", 1083, 617)
    yield from hand.click("First", 1106, 545, times=2)
    yield from hand.type_in("50", "Tab")
    yield from hand.type_in("90", "Return")
    yield from hand.click("Make range anew", 1174, 639, wait=0.5)
    yield from hand.timed("frames 50 to 90 anew")
    yield from hand.click("Words and Ranges, to close it", 1126, 487, wait=2.0, counts=False)
    yield from hand.click("frame 59 in the sequencer", 359, 971, wait=2.0)
    yield from hand.click("Style", 1088, 758, wait=2.0)
    yield from hand.click("Change style here", 1174, 794, wait=2.0)
    yield from hand.click("the style's name", 1114, 804)
    yield from hand.type_in("angry", "Return")
    yield from hand.click("OK", 1130, 861, wait=2.0)
    yield from hand.click("Generate", 1102, 571, wait=0.5)
    yield from hand.timed("a style changed")
    scene.frame_set(80)
    xdotool("mousemove", 1174, 884)
    for _ in range(4):
        xdotool("click", 5)
        yield 0.1
    yield 2.0
    shoot(out / "style.png")
    for _ in range(12):
        xdotool("click", 4)
        yield 0.1
    yield 2.0
    yield from hand.click("Style, to close it", 1088, 874, counts=False)


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
    address, part = (*words[2:4], "", "")[:2]
    steps = walk(Path(words[0]), folder, address, part)
    bpy.app.timers.register(run(steps, bpy.ops.wm.quit_blender), first_interval=2.0, persistent=True)
