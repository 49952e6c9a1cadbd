"""Any character with a face rig of a known kind, or with a map of its own: a ``Target`` that plays
controls."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ...core.clip.clip import Clip
from ...core.clip.contacts import tightest_frames
from ...core.clip.curves import Performance
from ...core.clip.join import ChannelKey
from ...core.clip.sampled import Columns
from ...core.errors import UserError
from ...core.retarget.bind import BoundMap, bind
from ...core.retarget.controls.pattern import read_pattern
from ...core.retarget.controls.track import ControlTrack
from ...core.retarget.controls.vocabulary import CONTROLS
from ...core.retarget.detect import Decision, detect
from ...core.retarget.face_measures import CharacterMeasure
from ...core.retarget.features import (
    LEFT_LID,
    LIDS_SHUT,
    LIPS_SHUT,
    OPENING,
    RIGHT_LID,
    pattern_features,
    pattern_measures,
)
from ...core.retarget.layers import Layer, layers_of
from ...core.retarget.layout import layout_of
from ...core.retarget.look_back import track_of_played
from ...core.retarget.measured_face import MeasuredFace
from ...core.retarget.metarig import is_metarig, metarig_sentence
from ...core.retarget.perform import Strength, signals_of
from ...core.retarget.survey import Survey
from ...core.retarget.unplayed import stand_in_clip, track_of_values
from ...core.rig_layout import RigLayout
from ...core.steps import Steps, aside, part_of
from .character import Character, character_of
from .clip_track import track_of
from .mapped_rig import MappedRig
from .measure_face import measure_face_in_steps
from .rig_state import chosen_map
from .survey_character import survey_character


@dataclass(frozen=True, eq=False)
class CharacterRig(MappedRig):
    """A character of the user's; a ``Target``.

    Attributes:
        character: its objects.
        bound: its map on its channels, or None where it is not known which map that is.
        question: what the user has to decide first, or an empty string.
        damaged: whether the question is a map of its own that cannot be read.
        found: how its kind was found, or None where the user has said which it is.
        strength: how strongly each part of a performance is played.
    """

    character: Character | None = None
    bound: BoundMap | None = None
    question: str = ""
    damaged: bool = False
    found: Decision | None = None
    strength: Strength = field(default_factory=Strength)

    @property
    def title(self) -> str:
        """What its face rig is called, or an empty string where that is the question."""
        return self.bound.rig_map.title if self.bound is not None else ""

    def layout(self) -> RigLayout:
        """The map's channels, each bone in its present rotation mode and rest axes.

        Raises:
            UserError: the user has to decide something first.
        """
        return layout_of(self._bound())

    def clip_of(self, columns: Columns, fps: float) -> Clip | None:
        """An estimate through its map, in the basis of the stand-in head."""
        return stand_in_clip(track_of_values(self._bound(), columns, fps))

    def clip_played_in_steps(self, columns: Columns, fps: float) -> Steps[Clip | None]:
        """The clip that it plays: its face is measured, and what the map tells is corrected until, played, it
        moves the channels as they move."""
        measured = yield from part_of(self.measure_in_steps(), 0.0, 0.5)
        bound = self._bound()

        def found() -> Clip:
            return stand_in_clip(
                track_of_played(bound, columns, fps, lambda track: self.play(track, measured))
            )

        return (yield from part_of(aside(found), 0.5, 1.0))

    def layers(self) -> Mapping[ChannelKey, Layer]:
        """Which part of a performance each channel belongs to, by the controls that it plays."""
        return layers_of(self.layout(), self._bound())

    def writable(self) -> str:
        """Why the character cannot be keyed now, in one sentence, or an empty string."""
        return self.question or super().writable()

    def perform_in_steps(self, clip: Clip) -> Steps[Performance]:
        """The clip's controls, played so that this face moves as they say.

        Raises:
            UserError: the clip is of a basis without controls, the user has to decide something first, or
                the character was changed between two steps.
        """
        track, how_well = yield from part_of(track_of(clip), 0.0, 0.3)
        measured = yield from part_of(self.measure_in_steps(), 0.3, 0.6)
        played, contacts = yield from part_of(
            aside(lambda: (self.play(track, measured), _contacts(track))), 0.6, 1.0
        )
        return replace(played, contacts=contacts, notes=(*how_well, *played.notes))

    def measure_in_steps(self) -> Steps[MeasuredFace | str]:
        """How its channels move its face; a sentence where that cannot be told.

        Raises:
            UserError: as :meth:`perform_in_steps`.
        """
        bound = self._bound()
        if self.character is None:
            return f"{self.name} has no mesh to be measured"
        return (yield from measure_face_in_steps(self.character, bound, self.owners))

    def play(self, track: ControlTrack, measured: MeasuredFace | str) -> Performance:
        """Controls, played so that the measured face moves as they say. Touches nothing of Blender's.

        Raises:
            UserError: the map needs a face that could not be measured.
        """
        bound = self._bound()
        notes = [
            *((self.found.beside,) if self.found is not None and self.found.beside else ()),
            *bound.notes,
        ]
        landmarks = None
        if isinstance(measured, str):
            said = f"{measured[0].upper()}{measured[1:]}"
            if needs := next((drive.source.name for drive in bound.drives if drive.source.is_free), ""):
                raise UserError(
                    f"{said}, and {needs} can be placed by its lips only.",
                    "Bind its mesh to the rig, or choose another map.",
                )
            notes.append(f"{said}, so its channels play by their names alone.")
        else:
            bound, landmarks = measured.for_map(bound), measured.landmarks
        played = signals_of(bound, track, landmarks, self.strength)
        measure = CharacterMeasure(bound, landmarks) if landmarks is not None else None
        return Performance(layout_of(bound), played.signals, (), (*notes, *played.notes), lambda: measure)

    def _bound(self) -> BoundMap:
        if self.bound is None:
            raise UserError(self.question)
        return self.bound


def character_rig_of(thing: bpy.types.Object | None) -> CharacterRig | None:
    """The character that an object belongs to, if its face rig is known or has a map; None for all else."""
    if thing is None or not thing.users_scene:
        return None
    character = character_of(thing, thing.users_scene[0])
    if character is None:
        return None
    surveyed = survey_character(character)
    root = character.root
    if not surveyed.survey.keys and not surveyed.survey.bones and not surveyed.survey.properties:
        return None
    if not character.meshes and is_metarig(surveyed.survey):
        said = metarig_sentence(surveyed.survey)
        return CharacterRig(root.name, surveyed.owners, (), character=character, question=said)
    rig_map, found, question, damaged = None, None, "", False
    try:
        rig_map = chosen_map(root)
    except UserError as error:
        question, damaged = str(error), True
    if rig_map is None and not damaged:
        found = decision_of(surveyed.survey)
        rig_map = found.chosen.rig_map if found.chosen is not None else None
        question = found.sentence if rig_map is None and any(one.fits for one in found.candidates) else ""
    bound = None
    try:
        bound = bind(rig_map, surveyed.survey) if rig_map is not None else None
    except UserError as error:
        question = str(error)
    if bound is None and not question:
        return None
    owners = surveyed.owners if bound is None else {name: surveyed.owners[name] for name in _used(bound)}
    return CharacterRig(
        root.name,
        owners,
        (),
        character=character,
        bound=bound,
        question=question,
        damaged=damaged,
        found=found,
    )


def decision_of(survey: Survey) -> Decision:
    """What kind of rig this is; the same names are looked at once only."""
    return _decided(survey.name, _Names(survey))


class _Names:
    """A survey, told from others by its names and what is blocked."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._key = (
            tuple((slider.name, slider.blocked) for slider in survey.keys),
            tuple(slider.name for slider in survey.properties),
            tuple(bone.name for bone in survey.bones),
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Names) and other._key == self._key


@functools.lru_cache(maxsize=64)
def _decided(_name: str, names: _Names) -> Decision:
    return detect(names.survey)


def _used(bound: BoundMap) -> dict[str, None]:
    """Ids of the owners that a bound map writes to, in the order in which it does."""
    return dict.fromkeys(channel.owner for channel in layout_of(bound).channels())


def _contacts(track: ControlTrack) -> tuple[int, ...]:
    """Frames in which lips or lids are shut, which must fall on a key."""
    pattern = read_pattern()
    features = pattern_features(pattern, CONTROLS, track.values)
    sizes = pattern_measures(pattern)
    lips = sizes.opening / sizes.width + features[:, OPENING]
    lids = 1.0 + np.minimum(features[:, LEFT_LID], features[:, RIGHT_LID])
    return (*tightest_frames(lips, LIPS_SHUT), *tightest_frames(lids, LIDS_SHUT))
