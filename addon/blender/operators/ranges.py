"""Make a range of a line anew: some frames, the selected words, or the words that were edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.backend.generation import Generated, generate, styles_of
from ...core.backend.messages import MOST_PINS, ModelMessage
from ...core.channel import ChannelKind
from ...core.errors import UserError
from ...core.job import JobControl, Outcome
from ...core.kept_options import SETTINGS, kept_values, options_of_take
from ...core.options import SceneOptions, range_parts
from ...core.request import request_of
from ...core.retarget.perform import region_of
from ...core.steps import Steps
from ...core.words import given_file
from ..apply_range import RangeOfTake, apply_range_in_steps
from ..chosen_range import PlayingTake, playing_take, target_ref, whole_frames
from ..context import OperatorResult, scene_of
from ..film_sound import film_decoder
from ..keys.hand_keys import keys_by_hand, places_of
from ..keys.kept_clip import kept_clip_file
from ..keys.library_tracks import from_library_error
from ..keys.pending_words import pending_ranges
from ..scene_dialogue import attention_of_line
from ..session import jobs
from ..shown_takes import shown_takes
from ..targets.head_rig import HeadRig
from ..ui.lines import line_with
from ..ui.preferences import read_settings
from ..ui.properties import read_options
from ..ui.words import chosen_words
from .report import report_error
from .takes import take_seed
from .work import WorkOperator

_EDITED_PARTS = ("mouth", "jaw")
_HIGHEST_SEED = 2**31 - 1


def begin_range(
    context: bpy.types.Context,
    seconds: Sequence[tuple[float, float]],
    parts: tuple[str, ...],
    *,
    same_seed: bool,
) -> None:
    """Start to make ranges of the playing take anew; the session's pump finishes it.

    Raises:
        UserError: it cannot be done.
    """
    session, service, scene = jobs.session(), read_settings(), scene_of(context)
    playing = playing_take(context)
    if playing.placed.is_from_library:
        raise from_library_error(playing.target.name, "no part of it can be made anew")
    target = target_ref(context, playing.target)
    base = kept_clip_file(playing.take.actions[0])
    if base is None:
        raise UserError("The take that plays does not keep its clip.", "Generate the line again.")
    if not parts:
        raise UserError("No part of the face is chosen.", "Choose mouth and jaw, for example.")
    now = read_options(scene)
    told: Any = playing.take.facts.get(SETTINGS)
    kept = told if isinstance(told, dict) else {}
    time = playing.time
    own = options_of_take(kept, now, time.start_frame, time.fps)
    options = _options(context, playing, (own, now), same_seed=same_seed)
    if options.speed != 1.0:
        raise UserError(
            "A line that plays at another speed cannot be changed in part.",
            "Set its speed to 1 and generate it again; the strip may be scaled instead.",
        )
    request = request_of(options, lambda name: Path(bpy.path.abspath(name)))
    phones = playing.phones
    settings = replace(
        request.settings,
        takes=1,
        ranges=tuple(seconds),
        channels=parts,
        pinned=_pins(playing, seconds, parts),
        attention=attention_of_line(scene, line_with(scene, playing.take.line), options, playing.target.name),
    )
    attached = {"base": base}
    if phones is not None and phones.phones is not None:
        attached["given_phones"] = given_file(phones)
    frames = tuple(
        whole_frames(playing.action_frame(first), playing.action_frame(last)) for first, last in seconds
    )
    shown = tuple(whole_frames(playing.frame_at(first), playing.frame_at(last)) for first, last in seconds)
    follows = "given_phones" in attached and "mouth" in parts
    what = RangeOfTake(
        playing.take.line,
        playing.take.key,
        frames,
        own,
        _facts(kept, options),
        tuple(seconds) if follows else (),
        shown,
    )
    server = session.local_service(service) if service.place == "LOCAL" else None
    films = film_decoder()

    def work(control: JobControl) -> tuple[Generated, tuple[ModelMessage, ...]]:
        client = jobs.service_client(service, server, control)
        models = client.models().models
        styles = {
            **request.style_files,
            **styles_of(client, request.style_recordings, settings, control),
        }
        made = generate(
            lambda: client,
            request.audio,
            settings,
            control,
            films=films,
            styles=styles,
            attached=attached,
        )
        return made, models

    def finish(result: tuple[Generated, tuple[ModelMessage, ...]]) -> Steps[Outcome]:
        generated, session.models = result
        session.test_pose.leave()
        told = generated.phones if phones is not None and phones.phones is not None else None
        outcome = yield from apply_range_in_steps(generated.clips[0], told, what, target)
        return Outcome(outcome.message, (*generated.summary.notes, *outcome.notes))

    session.start(f"Making {_told(shown)} anew", work, finish)


def _told(frames: Sequence[tuple[int, int]]) -> str:
    first, last = frames[0]
    return f"frames {first} to {last}" if len(frames) == 1 else f"{len(frames)} ranges"


def _facts(kept: Mapping[str, Any], options: SceneOptions) -> dict[str, Any]:
    """What the new take tells of its settings: those of the old one, as most of it is, and its seed."""
    return {**kept, **kept_values(replace(SceneOptions(), audio=options.audio, seed=options.seed))}


def _options(
    context: bpy.types.Context,
    playing: PlayingTake,
    known: tuple[SceneOptions, SceneOptions],
    *,
    same_seed: bool,
) -> SceneOptions:
    """As the panel says, of the take's own recording; the seed is the take's, or one that none has yet.

    Args:
        context: of the window.
        playing: the take.
        known: the take's own options, and those of the panel.
        same_seed: make it as the take was made.
    """
    own, now = known
    seeds = [take_seed(take) for take in shown_takes(context).takes]
    seed = own.seed if same_seed else min(max([*seeds, own.seed]) + 1, _HIGHEST_SEED)
    start = playing.time.start_frame if same_seed else round(playing.frame_at(0.0))
    changed = own if same_seed else replace(now, segment=own.segment, speed=own.speed)
    recording = playing.placed.recording
    audio = own.audio or (Path(recording) if recording else now.audio)
    return replace(changed, seed=seed, audio=audio, start_frame=start)


def _pins(
    playing: PlayingTake, seconds: Sequence[tuple[float, float]], parts: Sequence[str]
) -> tuple[tuple[str, float, float], ...]:
    """Keys of an Elocute head's expressions that were set by hand, as numbers of the clip; of other rigs and
    of joints the keys alone are kept, and so are those of parts that are not made anew."""
    if not isinstance(playing.target, HeadRig):
        return ()
    names = {
        (channel.data_path, channel.index): channel.name
        for channel in playing.target.channels()
        if channel.kind is ChannelKind.SHAPE_KEY
    }
    pins: list[tuple[str, float, float]] = []
    for action in playing.take.actions:
        for curve, by_hand in keys_by_hand(action):
            name = names.get((curve.data_path, curve.array_index))
            if name is None or region_of(name) not in parts or not by_hand.any():
                continue
            for frame, value in places_of(curve)[by_hand].tolist():
                at = (frame - playing.time.start_frame) / playing.time.fps
                if any(first <= at <= last for first, last in seconds):
                    pins.append((name, at, value))
    return tuple(pins[:MOST_PINS])


def wanted_seconds(context: bpy.types.Context, playing: PlayingTake) -> tuple[float, float]:
    """The seconds of the clip that the panel's range means.

    Raises:
        UserError: it means nothing within the line.
    """
    scene, options = scene_of(context), read_options(scene_of(context))
    if options.range_source == "WORDS":
        words = chosen_words(context, playing.phones)
        if not words:
            raise UserError("No word is selected.", "Click a word below, or choose frames.")
        return words[0].start, words[-1].end
    if options.range_source == "PREVIEW":
        if not scene.use_preview_range:
            raise UserError(
                "The scene has no preview range.", "Set one in the timeline (P), or choose frames."
            )
        first, last = scene.frame_preview_start, scene.frame_preview_end
    else:
        first, last = options.range_first, options.range_last
    begin, end = playing.seconds_at(first), playing.seconds_at(last)
    if end < begin:
        raise UserError("The last frame is before the first.", "Correct the range.")
    if end < 0:
        raise UserError("The range lies before the line.", "Choose frames within it.")
    return max(begin, 0.0), max(end, begin + 1e-3)


class ELOCUTE_OT_range_anew(WorkOperator, bpy.types.Operator):
    """Make these frames of the line anew; all else, and keys that you set by hand, stay as they are"""

    bl_idname = "elocute.range_anew"
    bl_label = "Make range anew"

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """No take that plays."""
        shown = shown_takes(context)
        return "" if shown.take(shown.playing) is not None else "Go to a line's frames, or generate one."

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start."""
        try:
            seconds = wanted_seconds(context, playing_take(context))
            begin_range(context, [seconds], range_parts(read_options(scene_of(context))), same_seed=False)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_words_anew(WorkOperator, bpy.types.Operator):
    """Make the mouth anew where words were edited; all else stays as it is"""

    bl_idname = "elocute.words_anew"
    bl_label = "Make edited words anew"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Start."""
        try:
            ranges = pending_ranges(playing_take(context).take.actions[0])
            if not ranges:
                raise UserError("No word was edited.", "Edit a word first.")
            begin_range(context, ranges, _EDITED_PARTS, same_seed=True)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_range_anew, ELOCUTE_OT_words_anew)
