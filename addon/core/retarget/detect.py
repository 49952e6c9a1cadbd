"""Which kind of rig this is, by its names: every kind gets a score with reasons; what is unclear is asked."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .names import NameIndex
from .presets import presets
from .rig_map import MapChannel, RigMap
from .survey import DRIVEN, Survey
from .words import KIND, words_map

_SHOWN: Final = 4
_CLEARER: Final = 0.1
_WORTH_SAYING: Final = 0.3


@functools.lru_cache(maxsize=64)
def _index(names: tuple[str, ...]) -> NameIndex:
    """An index, made once for the same names: panels ask for the same rig whenever they are drawn."""
    return NameIndex(names)


@dataclass(frozen=True)
class RigNames:
    """The names of a rig, ready to be looked up."""

    keys: NameIndex
    properties: NameIndex
    bones: NameIndex

    @classmethod
    def of(cls, survey: Survey) -> RigNames:
        """The names of a surveyed character."""
        return cls(
            _index(tuple(dict.fromkeys(slider.name for slider in survey.keys))),
            _index(tuple(dict.fromkeys(slider.name for slider in survey.properties))),
            _index(tuple(dict.fromkeys(bone.name for bone in survey.bones))),
        )

    def find(self, channel: MapChannel) -> str | None:
        """The rig's spelling of a channel's name; a key may be a property and the other way round."""
        if channel.place == "key":
            return self.keys.find(channel.name) or self.properties.find(channel.name)
        if channel.place == "property":
            return self.properties.find(channel.name) or self.keys.find(channel.name)
        return self.bones.find(channel.name)

    def has(self, name: str) -> bool:
        """Whether the rig has the name at all, as a key, a property or a bone."""
        return any(index.find(name) is not None for index in (self.keys, self.properties, self.bones))

    def holds(self, place: str, name: str) -> bool:
        """Whether a name is at a place, ``keys``, ``properties`` or ``bones``; keys may be properties and the
        other way round."""
        indexes = (self.bones,) if place == "bones" else (self.keys, self.properties)
        return any(index.find(name) is not None for index in indexes)


@dataclass(frozen=True)
class Candidate:
    """A kind of rig and how well it fits.

    Attributes:
        rig_map: the map of the kind.
        score: 0..1, the share of its channels that are there; 0 where the marks of the kind are missing.
        fits: whether that is enough.
        reasons: sentences: what was found, what is missing, what speaks against it.
    """

    rig_map: RigMap
    score: float
    fits: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What came of it.

    Attributes:
        chosen: the kind to use, or None where the user has to say.
        candidates: all kinds that have something of the rig, the best first.
        sentence: what to tell the user.
        beside: a sentence on what else the rig has, which is left at rest; empty where there is nothing.
    """

    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    sentence: str
    beside: str = ""


def detect(survey: Survey, maps: Sequence[RigMap] | None = None) -> Decision:
    """Tell the kind of a rig.

    A finer kind is taken where a coarser one fits too. Two kinds that are equally fine and equally there are
    a question for the user, as is a rig that no kind fits.

    Args:
        survey: the rig.
        maps: the kinds to choose from; those that Elocute comes with if it is None.
    """
    survey = _without_driven(survey)
    names = RigNames.of(survey)
    known = presets() if maps is None else maps
    scored = [_score(one, names) for one in known]
    if maps is None and (own := words_map(survey)) is not None:
        scored.append(_words_candidate(own))
    candidates = sorted(
        (one for one in scored if one.score > 0),
        key=lambda one: (not one.fits, one.rig_map.detect.rank, -one.score, one.rig_map.kind),
    )
    fitting = [one for one in candidates if one.fits]
    if not fitting:
        return Decision(None, tuple(candidates), _unknown_sentence(survey, candidates))
    best = fitting[0]
    if best.rig_map.kind == KIND:
        best = _part_of_a_kind(best, candidates, names)
    rivals = [one for one in fitting[1:] if _is_rival(one, best, names)]
    if rivals:
        others = " or ".join(one.rig_map.title for one in (best, *rivals))
        sentence = f"{survey.name} can be read as {others}; choose one of them."
        return Decision(None, tuple(candidates), sentence)
    said = best.reasons if best.score < best.rig_map.detect.least else best.reasons[:1]
    sentence = f"{survey.name}: {best.rig_map.title}. {' '.join(said)}"
    beside = ""
    if unused := _unused(best, candidates, names):
        sentence += f" It also has {unused}, which stay at rest."
        beside = f"{survey.name} also has {unused}, which stay at rest."
    return Decision(best, tuple(candidates), sentence, beside)


def _without_driven(survey: Survey) -> Survey:
    """The rig without keys that something else drives, if that is most of them: then the driver is the
    rig."""
    free = tuple(slider for slider in survey.keys if slider.blocked != DRIVEN)
    return replace(survey, keys=free) if 2 * len(free) < len(survey.keys) else survey


def _score(rig_map: RigMap, names: RigNames) -> Candidate:
    found: list[str] = []
    missing: list[str] = []
    for channel in _distinct(rig_map):
        if (name := names.find(channel)) is not None:
            found.append(name)
        elif not channel.optional and not _replaced(channel, names):
            missing.append(channel.name)
    needed = len([one for one in _distinct(rig_map) if not one.optional and not _replaced(one, names)])
    present = needed - len(missing)
    score = present / needed if needed else 0.0
    reasons = [f"{present} of {needed} names are there{_shown(found, ': ')}."]
    if missing and present:
        reasons.append(f"Missing{_shown(missing, ': ')}.")
    marks = rig_map.detect.marks
    if marks and not any(names.holds(place, one) for place, listed in marks.items() for one in listed):
        wanted = [one for listed in marks.values() for one in listed]
        return Candidate(rig_map, 0.0, False, (*reasons, f"It has none of {', '.join(wanted)}."))
    against = [
        one for place, listed in rig_map.detect.without.items() for one in listed if names.holds(place, one)
    ]
    if against:
        return Candidate(rig_map, 0.0, False, (*reasons, f"{against[0]} speaks against it."))
    return Candidate(rig_map, score, score >= rig_map.detect.least, tuple(reasons))


def _words_candidate(rig_map: RigMap) -> Candidate:
    named = [channel.name for channel in rig_map.channels] + [turn.bone for turn in rig_map.turns]
    reason = f"Understood by their words{_shown(named, ': ')}."
    return Candidate(rig_map, 0.5, True, (reason,))


def _part_of_a_kind(words: Candidate, candidates: Sequence[Candidate], names: RigNames) -> Candidate:
    """A kind of which only some channels are there, if these are more than the words are understood of."""
    parts = [one for one in candidates if one is not words and one.score >= _WORTH_SAYING]
    nearest = max(parts, key=lambda one: one.score, default=words)
    return nearest if len(_names_of(nearest, names)) > len(words.rig_map.channels) else words


def _distinct(rig_map: RigMap) -> list[MapChannel]:
    """The channels, a bone with several axes once."""
    return list({(one.place, one.name): one for one in rig_map.channels}.values())


def _replaced(channel: MapChannel, names: RigNames) -> bool:
    return bool(channel.unless) and all(names.has(other) for other in channel.unless)


def _is_rival(one: Candidate, best: Candidate, names: RigNames) -> bool:
    """Whether another kind of the same fineness fits as well, and is not just part of the best."""
    if one.rig_map.detect.rank != best.rig_map.detect.rank or one.score < best.score - _CLEARER:
        return False
    return bool(_names_of(one, names) - _names_of(best, names)) or one.score == best.score


def _names_of(one: Candidate, names: RigNames) -> set[str]:
    found = (names.find(channel) for channel in one.rig_map.channels)
    return {name for name in found if name is not None}


def _unused(best: Candidate, candidates: Sequence[Candidate], names: RigNames) -> str:
    used = _names_of(best, names)
    titles = [
        one.rig_map.title
        for one in candidates
        if one is not best and one.fits and one.rig_map.kind != KIND and not _names_of(one, names) & used
    ]
    return " and ".join(titles)


def _unknown_sentence(survey: Survey, candidates: Sequence[Candidate]) -> str:
    if not survey.keys and not survey.properties and not survey.bones:
        return f"{survey.name} has no shape keys, properties or bones that could be driven."
    near = [one for one in candidates if one.score >= _WORTH_SAYING]
    if near:
        best = max(near, key=lambda one: one.score)
        return (
            f"{survey.name} is not a kind of face rig that is known; nearest is {best.rig_map.title} "
            f"({best.reasons[0].rstrip('.')}). Choose a map, or map its channels by hand."
        )
    return f"{survey.name} has no face rig that is known. Choose a map, or map its channels by hand."


def _shown(names: Sequence[str], before: str) -> str:
    if not names:
        return ""
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return before + ", ".join(names[:_SHOWN]) + rest
