"""The table of all options of a scene: :class:`SceneOptions`, one entry per option.

Blender's properties, the plain copy that operators work with, the request to the service and the rows of the
panel are all made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from .animated import Animated
from .backend.messages import JobSettings
from .clip.finishing import MOST_LEAD, MOST_SMOOTHING
from .clip.key_spacing import KeyFrames
from .idle import MOST_SECONDS
from .known_characters import KNOWN_CHARACTERS, PLAIN
from .option import Choice, Group, Option, row
from .retarget.perform import MOST_STRENGTH

Interpolation = Literal["LINEAR", "BEZIER"]
LiveKind = Literal["LIVELINK", "VMC"]
IdleSpan = Literal["SECONDS", "RANGE"]
RangeSource = Literal["WORDS", "PREVIEW", "FRAMES"]
_PART_PREFIX: Final = "range_"


def _model_row(label: str, tooltip: str, default: float, lowest: float, highest: float, name: str) -> Any:
    """A line for a number that models of some families have; the service is told it while it is on."""
    return row(
        "float", "style", label, tooltip, default, lowest=lowest, highest=highest, wire=f"options.{name}",
        may_be_off=True,
    )  # fmt: skip


def _strength_row(label: str, what: str) -> Any:
    """A line for a region of a character's face."""
    return row(
        "float", "strength", label,
        f"How strongly {what}: 1 as it is performed, up to {MOST_STRENGTH:g} to exaggerate, "
        "within the limits of the rig",
        1.0, lowest=0.0, highest=MOST_STRENGTH,
    )  # fmt: skip


def _part_row(label: str, what: str, *, on: bool = True) -> Any:
    """A line for a part of the face that a range is made anew of."""
    return row("bool", "range", label, f"Make {what} anew", on)


@dataclass(frozen=True)
class SceneOptions:
    """What the user has set for a scene; a plain copy, safe to hand to a thread.

    The order is that of the panel. To add an option, add a line.
    """

    audio: Path | None = row("path", "recording", "Recording", "A sound file with one person speaking", "")
    transcript: str | None = row(
        "text", "recording", "Transcript (optional)",
        "Transcript of the recording, if you have it; it makes the lip sync more accurate. Subtitles, "
        "scripts and notes such as (laughs) are understood",
        "", wire="transcript", placeholder="Spoken words", text_block=True,
    )  # fmt: skip
    segment: str | None = row(
        "text", "recording", "Part of the recording (optional)",
        "The part that is meant, in seconds or minutes:seconds: 12.5-17, 1:02-1:07, 30-; /2 for a film's "
        "second sound track, @2 for one channel, or 12.5-17/2@2",
        "", wire="segment", placeholder="All of it",
    )  # fmt: skip
    style: str | None = row(
        "text", "performance", "Style",
        "A style of the model, a style file (.npz), a clip or a recording of a face, or a blend such as "
        "calm:0.5,lively:0.5; for rules also an intensity and seconds, as sad@0,happy*0.8@2.5; "
        "empty for the model's default",
        "", wire="style", placeholder="Default", suggestions="styles",
    )  # fmt: skip
    seed: int = row(
        "int", "performance", "Seed", "Random seed; every seed gives a different take of the same line", 0,
        lowest=0, wire="seed",
    )  # fmt: skip
    takes: int = row(
        "int", "performance", "Takes", "How many takes are made at once, each with a seed of its own", 1,
        lowest=1, highest=16, wire="takes",
    )  # fmt: skip
    new_head: str = row(
        "enum", "head", "Character", "Which head is added where there is none to speak", PLAIN,
        choices=(
            Choice(PLAIN, "Stand-in", "The head as it is"),
            *(Choice(known.name, known.name, known.words) for known in KNOWN_CHARACTERS),
        ),
    )  # fmt: skip
    model: str | None = row(
        "text", "details", "Model", "Model that generates the motion; empty for the service's default",
        "", wire="model", suggestions="models",
    )  # fmt: skip
    language: str | None = row(
        "text", "details", "Language",
        "Language of the recording as an ISO 639 code, such as en or de; auto takes that of the transcript",
        "auto", wire="language",
    )  # fmt: skip
    words: str | None = row(
        "text", "details", "Words",
        "What recognises words where there is no transcript: auto, none, or a Whisper checkpoint that the "
        "service was started with",
        "auto", wire="words",
    )  # fmt: skip
    audio_scale: float | None = row(
        "float", "details", "Audio guidance", "How strongly the motion follows the audio",
        1.0, lowest=0.0, highest=10.0, wire="options.audio_scale", may_be_off=True,
    )  # fmt: skip
    style_scale: float | None = row(
        "float", "details", "Style guidance", "How strongly the motion follows the style",
        1.0, lowest=0.0, highest=10.0, wire="options.style_scale", may_be_off=True,
    )  # fmt: skip
    intensity: float | None = _model_row(
        "Style strength", "How far the style goes: 0 the model's default, 1 the style, beyond it up to 1.5",
        1.0, 0.0, 1.5, "intensity",
    )  # fmt: skip
    articulation: float | None = _model_row(
        "Articulation", "How clearly sounds are formed: mumbled below 1, over-articulated above",
        1.0, 0.0, 1.8, "articulation",
    )  # fmt: skip
    jaw_amount: float | None = _model_row("Jaw", "How far the jaw opens", 1.0, 0.0, 2.0, "jaw")
    lip_amount: float | None = _model_row("Lips", "How far lips round and spread", 1.0, 0.0, 1.6, "lip")
    brow_amount: float | None = _model_row(
        "Brows", "How much the brows move with stress", 1.0, 0.0, 3.0, "brow_amount"
    )
    head_amount: float | None = _model_row(
        "Head amount", "How far the head moves", 1.0, 0.0, 3.0, "head_amount"
    )
    head_rate: float | None = _model_row(
        "Head rate", "How quickly the head's movements follow each other", 1.0, 0.3, 2.5, "head_rate"
    )
    blink_rate: float | None = _model_row(
        "Blinks a minute", "How often it blinks", 18.0, 0.0, 50.0, "blink_rate"
    )
    gaze_amount: float | None = _model_row(
        "Gaze amount", "How much the eyes leave the camera", 1.0, 0.0, 2.0, "gaze_amount"
    )
    blinks: float | None = _model_row(
        "Blinks", "How often it blinks, as a factor on the style's own rate", 1.0, 0.0, 2.0, "blinks"
    )
    gaze: float | None = _model_row(
        "Gaze", "How often and how far the eyes leave the camera, as a factor on the style's own",
        1.0, 0.0, 2.0, "gaze",
    )  # fmt: skip
    energy: float = row(
        "float", "finish", "Energy",
        "How large the whole performance is: jaw and lips by its root, brows, gaze and head in full",
        1.0, lowest=0.0, highest=2.0,
    )  # fmt: skip
    lead: float = row(
        "float", "finish", "Lead",
        "How long the face moves before the sound; where lips or lids touch they still touch",
        0.0, unit="milliseconds", lowest=-1000 * MOST_LEAD, highest=1000 * MOST_LEAD,
    )  # fmt: skip
    smoothing: float = row(
        "float", "finish", "Smoothing",
        "Over how long the motion is smoothed; where lips or lids touch they still touch",
        0.0, unit="milliseconds", lowest=0.0, highest=1000 * MOST_SMOOTHING,
    )  # fmt: skip
    head_motion: bool = row(
        "bool", "details", "Head motion", "Animate the head's rotation", True, wire="head_motion"
    )  # fmt: skip
    lip_contacts: bool = row(
        "bool", "details", "Exact lip contacts",
        "Correct the lips so that they close on P, B, M and touch the teeth on F, V",
        True, wire="lip_contacts",
    )  # fmt: skip
    start_frame: int = row(
        "int", "details", "Start frame", "Scene frame at which the recording starts", 1, unit="frames",
        lowest=-1_048_574, highest=1_048_574,
    )  # fmt: skip
    speed: float = row(
        "float", "details", "Speed", "How fast the recording plays in the scene, 1 as it was recorded; the "
        "motion keeps in step", 1.0, lowest=0.125, highest=8.0,
    )  # fmt: skip
    interpolation: Interpolation = row(
        "enum", "keys", "Interpolation", "Interpolation between keyframes", "LINEAR",
        choices=(
            Choice("LINEAR", "Linear", "Straight lines, one keyframe per frame where values change"),
            Choice("BEZIER", "Bezier", "Smooth curves between keyframes, easier to edit by hand"),
        ),
    )  # fmt: skip
    keys: KeyFrames = row(
        "enum", "keys", "Keys", "Which frames get keyframes", "EVERY",
        choices=(
            Choice("EVERY", "Every frame", "The motion exactly; many keyframes"),
            Choice(
                "NTH", "Every n-th frame",
                "One keyframe in so many frames, and one wherever lips or lids touch",
            ),
            Choice(
                "THIN", "As few as needed",
                "Bezier curves with fitted handles that stay within an error on the lips; where they touch "
                "they touch",
            ),
        ),
    )  # fmt: skip
    keys_step: int = row(
        "int", "keys", "Step", "Distance of keyframes where every n-th frame gets one", 2, unit="frames",
        lowest=2, highest=50,
    )  # fmt: skip
    keys_error: float = row(
        "float", "keys", "Error",
        "The most that lips, lids, brows and chin are off where as few keyframes as needed are written, on a "
        "mouth of 50 mm",
        0.25, unit="millimetres", lowest=0.0625, highest=5.0,
    )  # fmt: skip
    add_to_motion: bool = row(
        "bool", "details", "Add to body motion",
        "Turn head, neck and face bones on from what animates them already, instead of replacing it", False,
    )  # fmt: skip
    continue_motion: bool = row(
        "bool", "details", "Continue motion",
        "Start from the pose and the speed that the character has just before the start frame", False,
    )  # fmt: skip
    look_at_others: bool = row(
        "bool", "details", "Look at the others",
        "Look at whom a line is said to, where the lines of the list have several characters", True,
    )  # fmt: skip
    extend_range: bool = row(
        "bool", "details", "Extend frame range",
        "Extend the scene's frame range to include the whole recording", True,
    )  # fmt: skip
    idle_span: IdleSpan = row(
        "enum", "idle", "Fill", "Which frames idle motion fills, as far as no line plays in them", "SECONDS",
        choices=(
            Choice("SECONDS", "Seconds", "From the current frame, for so many seconds"),
            Choice("RANGE", "Frame range", "The scene's frame range, or its preview range"),
        ),
    )  # fmt: skip
    idle_seconds: float = row(
        "float", "idle", "Duration", "Length of the idle motion", 10.0, unit="seconds",
        lowest=0.5, highest=MOST_SECONDS,
    )  # fmt: skip
    live_kind: LiveKind = row(
        "enum", "live", "Send as", "How the other program listens", "LIVELINK",
        choices=(
            Choice("LIVELINK", "Live Link", "Live Link Face, for Unreal Engine and others"),
            Choice("VMC", "VMC", "VMC protocol over OSC with ARKit's names, for programs with VRM models"),
        ),
    )  # fmt: skip
    live_port: int = row(
        "int", "live", "Port", "Port of this computer to send to; 0 for the usual one, 11111 or 39539", 0,
        lowest=0, highest=65535,
    )  # fmt: skip
    live_loop: bool = row(
        "bool", "live", "Loop", "Begin anew at the end of the line, until stopped", False
    )  # fmt: skip
    range_source: RangeSource = row(
        "enum", "range", "Range", "Which frames are made anew", "WORDS",
        choices=(
            Choice("WORDS", "Selected words", "From the first to the last word that is selected below"),
            Choice("PREVIEW", "Preview range", "The scene's preview range"),
            Choice("FRAMES", "Frames", "From one frame to another"),
        ),
    )  # fmt: skip
    range_first: int = row(
        "int", "range", "First", "First frame that is made anew", 1, lowest=-1_048_574, highest=1_048_574
    )  # fmt: skip
    range_last: int = row(
        "int", "range", "Last", "Last frame that is made anew", 50, lowest=-1_048_574, highest=1_048_574
    )  # fmt: skip
    show_words: bool = row(
        "bool", "range", "Words in the timeline",
        "Show words and phones of the line over the timeline, the dope sheet and the sequencer", True,
    )  # fmt: skip
    range_mouth: bool = _part_row("Mouth", "lips, cheeks and tongue")
    range_jaw: bool = _part_row("Jaw", "the jaw, and the lips that close over it")
    range_brows: bool = _part_row("Brows", "brows, nose and the cheeks below the eyes", on=False)
    range_lids: bool = _part_row("Lids", "blinks, squinting and wide eyes", on=False)
    range_gaze: bool = _part_row("Gaze", "where the eyes look", on=False)
    range_head: bool = _part_row("Head", "head and neck", on=False)
    mouth_strength: float = _strength_row("Mouth", "lips, cheeks and tongue move")
    jaw_strength: float = _strength_row("Jaw", "the jaw opens")
    brows_strength: float = _strength_row("Brows", "brows, nose and cheeks move")
    lids_strength: float = _strength_row("Lids", "the lids move; 0 leaves the eyes open")
    gaze_strength: float = _strength_row("Gaze", "the eyes move")
    head_strength: float = _strength_row("Head", "head and neck move")
    animated: Animated = field(default_factory=Animated)
    """Which of the numbers are keyed, and what they are when."""


OPTIONS: Final = tuple(Option(name=f.name, **f.metadata) for f in fields(SceneOptions) if f.metadata)
"""The table's lines, in the panel's order."""


VARYING: Final = tuple(
    option.name
    for option in OPTIONS
    if option.kind == "float"
    and (option.group in ("strength", "finish", "style") or option.wire.startswith("options."))
)
"""Options that may be keyed."""


def range_parts(options: SceneOptions) -> tuple[str, ...]:
    """Parts of the face that a range is made anew of, as the wire names them."""
    rows = (option for option in OPTIONS if option.name.startswith(_PART_PREFIX) and option.kind == "bool")
    return tuple(row.name.removeprefix(_PART_PREFIX) for row in rows if getattr(options, row.name))


def options_in(group: Group) -> tuple[Option, ...]:
    """The lines that one part of the panel shows."""
    return tuple(option for option in OPTIONS if option.group == group)


def job_settings(options: SceneOptions, first_frame: int | None = None) -> JobSettings:
    """What the service is asked for: every option that has a wire field and a value.

    Args:
        options: of the scene.
        first_frame: frame at which the recording starts; None for the options' start frame.
    """
    settings: dict[str, Any] = {}
    begin = options.start_frame if first_frame is None else first_frame
    for option in OPTIONS:
        value = getattr(options, option.name)
        if not option.wire or value is None:
            continue
        name, _, key = option.wire.partition(".")
        if key and option.name in options.animated.curves:
            settings.setdefault("curves", {})[key] = options.animated.seconds(
                option.name, begin, options.speed
            )
        elif key:
            settings.setdefault(name, {})[key] = value
        else:
            settings[name] = value
    return JobSettings(**settings)


def from_values(values: Mapping[str, Any]) -> SceneOptions:
    """The options whose properties hold these values, by name."""
    return SceneOptions(**{option.name: option.read(values[option.name]) for option in OPTIONS})
