"""Whether a style that is taken from an animated face in a scene is the style that the face was animated in.

Three steps, for two of them need Elocute and one needs bpy:

    python -m scripts.bench.scene_styles make FOLDER RECORDING ...       (clips of every preset)
    BLENDER_PYTHON -m scripts.bench.scene_styles look FOLDER             (keyed, and looked at again)
    python -m scripts.bench.scene_styles judge FOLDER                    (style vectors, nearest preset)

Each clip is keyed on the stand-in head and on a mesh with ARKit's keys at 24 fps, and looked at as the
panel's button does. Nearest is by the angle between vectors, once the mean of all presets is taken away.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import elocute
from elocute.bench.style_extractor import style_extractor, style_vector
from elocute.motion.clip import MotionClip
from scripts.bench.data import HEAD

MODEL = "elocute-lite"
RATE = 24


def make(folder: Path, recordings: Sequence[Path], model: str) -> None:
    """Write a clip of each preset for each recording."""
    from elocute.studio import Studio

    studio = Studio()
    presets = next(one for one in studio.models() if one.id == MODEL).styles
    for recording in recordings:
        for style in presets:
            made = studio.generate(recording, model=model, style=style)
            with (folder / f"{recording.stem}+{style}.npz").open("wb") as stream:
                made.clips[0].write(stream)


def look(folder: Path) -> None:
    """Key each clip on both characters, and write what is seen of them."""
    import bpy

    from addon.blender.context import scene_of, view_layer_of
    from addon.blender.face_motion import face_clip_in_steps
    from addon.blender.heads.head_builder import build_head
    from addon.blender.keys.keyframes import key_clip
    from addon.blender.keys.line_time import scene_time
    from addon.blender.targets.find import target_of
    from addon.core.clip.clip import read_clip
    from addon.core.clip.face_model import read_face_model
    from addon.core.clip.sampled import clip_content
    from addon.core.steps import run
    from elocute.face.model import FaceModel
    from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh

    for path in sorted(folder.glob("*+*.npz")):
        if path.stem.count("+") != 1:
            continue
        for kind in ("head", "arkit"):
            bpy.ops.wm.read_factory_settings(use_empty=True)
            scene = scene_of(bpy.context)
            scene.render.fps = RATE
            if kind == "head":
                thing = build_head(scene, read_face_model(HEAD)).armature
            else:
                thing = head_mesh(scene, FaceModel.load(HEAD), dict(ARKIT_POSES))
            view_layer_of(bpy.context).update()
            target = target_of(thing)
            if target is None:
                raise RuntimeError(f"{kind} is no target")
            keyed = key_clip(target, read_clip(path), scene_time(scene, 1), path.stem)
            frames = range(keyed.first_frame, keyed.last_frame + 1)
            seen = run(face_clip_in_steps(lambda: scene, lambda: target, frames, 25.0))  # noqa: B023
            path.with_name(f"{path.stem}+{kind}.npz").write_bytes(clip_content(seen))


def judge(folder: Path) -> None:
    """Print how many of the styles that were seen are nearest to the preset that they were made in."""
    extract = style_extractor(MODEL)
    if extract is None:
        raise SystemExit(f"{MODEL} is not here.")
    styles = Path(elocute.__file__).parent / "bundled" / MODEL / "styles"
    names = sorted(path.stem for path in styles.glob("*.npz"))
    presets = np.stack([style_vector((styles / f"{name}.npz").read_bytes()) for name in names])
    middle = presets.mean(axis=0)
    for kind in ("", "+head", "+arkit"):
        right, asked, wrong = 0, 0, []
        for path in sorted(folder.glob(f"*+*{kind}.npz")):
            parts = path.stem.split("+")
            if len(parts) != 2 + bool(kind):
                continue
            found = style_vector(extract(MotionClip.load(path))) - middle
            nearness = (presets - middle) @ found / np.linalg.norm(presets - middle, axis=1)
            nearest, asked = names[int(np.argmax(nearness))], asked + 1
            right += nearest == parts[1]
            if nearest != parts[1]:
                wrong.append(f"{parts[1]} as {nearest}")
        told = f"; {', '.join(wrong)}" if wrong else ""
        print(f"{kind or '+clip'}: {right} of {asked} (chance {asked / len(names):.1f}){told}")


def main() -> int:
    """Do one of the steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("make", "look", "judge"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("recordings", type=Path, nargs="*")
    parser.add_argument("--model", default=MODEL, help=f"model that makes the clips (default {MODEL})")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.step == "make":
        make(given.folder, given.recordings, given.model)
    else:
        {"look": look, "judge": judge}[given.step](given.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
