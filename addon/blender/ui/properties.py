"""What the user sets for a scene."""

# mypy: disable-error-code="valid-type"

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from ..session import jobs

SCENE_PROPERTY: Final = "elocute"


def _known_styles(self: Any, _context: Any, typed: str) -> list[str]:
    return [name for name in jobs.session().styles(self.model.strip()) if typed.lower() in name.lower()]


def _known_models(_self: Any, _context: Any, typed: str) -> list[str]:
    return [name for name in jobs.session().model_names() if typed.lower() in name.lower()]


class ElocuteSceneSettings(bpy.types.PropertyGroup):
    """Settings of the sidebar tab, one set a scene."""

    audio: StringProperty(
        name="Recording", description="A sound file with one person speaking", subtype="FILE_PATH"
    )
    transcript: StringProperty(
        name="Transcript",
        description="What is said in the recording, if you know it; the lips follow it more exactly then",
    )
    transcript_text: PointerProperty(
        type=bpy.types.Text,
        name="Text",
        description="Take the transcript from this text data-block instead of the line above",
    )
    style: StringProperty(
        name="Style",
        description="Manner of the performance; empty for the model's own",
        search=_known_styles,
    )
    seed: IntProperty(name="Seed", description="Another number gives another take of the same line", min=0)
    head_motion: BoolProperty(name="Head motion", description="Also turn the head", default=True)
    lip_contacts: BoolProperty(
        name="Exact lip contacts",
        description="Correct the motion so that the lips surely close on P, B, M and touch the teeth on F, V",
        default=True,
    )
    model: StringProperty(
        name="Model",
        description="What makes the motion; empty for the service's own choice",
        search=_known_models,
    )
    start_frame: IntProperty(
        name="Start frame", description="Scene frame at which the recording starts", default=1
    )
    interpolation: EnumProperty(
        name="Interpolation",
        items=(
            ("LINEAR", "Linear", "Straight lines between the keys, one key a frame where things move"),
            ("BEZIER", "Bezier", "Smooth curves between the keys, easier to reshape by hand"),
        ),
        default="LINEAR",
    )
    extend_range: BoolProperty(
        name="Extend frame range",
        description="Make the scene's frame range include the whole recording",
        default=True,
    )


@dataclass(frozen=True)
class SceneSettings:
    """A plain copy of a scene's settings.

    Attributes:
        audio: the recording, or None.
        transcript: what is said, or None.
        style: name of a style, or None for the model's own.
        seed: of the take.
        head_motion: whether the head turns.
        lip_contacts: whether contacts of the lips are made certain.
        model: id of a model, or None for the service's own choice.
        start_frame: scene frame of the recording's start.
        interpolation: between keys.
        extend_range: whether the scene's frame range grows.
    """

    audio: Path | None
    transcript: str | None
    style: str | None
    seed: int
    head_motion: bool
    lip_contacts: bool
    model: str | None
    start_frame: int
    interpolation: Literal["LINEAR", "BEZIER"]
    extend_range: bool


def read_scene_settings(scene: Any) -> SceneSettings:
    """The settings of a scene as they are now."""
    found = getattr(scene, SCENE_PROPERTY)
    text = found.transcript_text.as_string() if found.transcript_text else found.transcript
    return SceneSettings(
        audio=Path(bpy.path.abspath(found.audio)) if found.audio.strip() else None,
        transcript=" ".join(text.split()) or None,
        style=found.style.strip() or None,
        seed=found.seed,
        head_motion=found.head_motion,
        lip_contacts=found.lip_contacts,
        model=found.model.strip() or None,
        start_frame=found.start_frame,
        interpolation=cast(Literal["LINEAR", "BEZIER"], found.interpolation),
        extend_range=found.extend_range,
    )
