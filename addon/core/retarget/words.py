"""Rigs of no known kind, understood word by word: ``Mund auf``, ``Smile_L``, ``口開く``, a bone named jaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .names import canonical, words
from .rig_map import Detection, MapChannel, MapTurn, RigMap
from .skeleton import find_joint
from .survey import Survey

KIND: Final = "words"
_TITLE: Final = "A rig of its own"

_CONCEPTS: Final[Mapping[str, tuple[str, ...]]] = {
    "mouth": ("mouth", "mund", "lippen", "lips", "lip", "口", "くち", "bouche", "boca"),
    "jaw": ("jaw", "kiefer", "unterkiefer", "顎", "あご"),
    "eye": ("eye", "eyes", "auge", "augen", "lid", "lids", "eyelid", "lider", "目", "瞼"),
    "brow": ("brow", "brows", "eyebrow", "eyebrows", "braue", "brauen", "augenbraue", "augenbrauen", "眉"),
    "open": ("open", "opened", "offen", "auf", "öffnen", "oeffnen", "geöffnet", "開", "開く", "開け", "あけ"),
    "close": (
        "close",
        "closed",
        "shut",
        "zu",
        "geschlossen",
        "schließen",
        "schliessen",
        "閉",
        "閉じ",
        "閉じる",
    ),
    "smile": ("smile", "grin", "happy", "lächeln", "laecheln", "grinsen", "笑", "笑い", "笑顔", "にっこり"),
    "frown": ("frown", "sad", "traurig", "への字", "悲しい"),
    "wide": ("wide", "stretch", "breit", "weit", "横", "広", "広げ"),
    "narrow": (
        "narrow",
        "pucker",
        "kiss",
        "kissing",
        "kuss",
        "spitz",
        "schmal",
        "ou",
        "oo",
        "すぼめ",
        "窄め",
    ),
    "blink": ("blink", "wink", "blinzeln", "zwinkern", "まばたき", "瞬き", "ウィンク"),
    "up": ("up", "raise", "raised", "hoch", "oben", "heben", "上", "上げ"),
    "down": ("down", "lower", "angry", "runter", "unten", "senken", "下", "下げ", "怒り"),
    "a": ("a", "ah", "aa", "あ"),
    "e": ("e", "eh", "え"),
    "i": ("i", "ih", "ee", "い"),
    "o": ("o", "oh", "お"),
    "u": ("u", "uh", "う"),
    "m": ("m", "mbp", "bmp", "pp"),
}
_POSES: Final[Mapping[str, Mapping[str, float]]] = {
    "a": {"jawOpen": 0.6, "mouthLowerDownLeft": 0.2, "mouthLowerDownRight": 0.2},
    "e": {"jawOpen": 0.38, "mouthStretchLeft": 0.25, "mouthStretchRight": 0.25},
    "i": {"jawOpen": 0.2, "mouthStretchLeft": 0.4, "mouthStretchRight": 0.4},
    "o": {"jawOpen": 0.48, "mouthFunnel": 0.45, "mouthPucker": 0.25},
    "u": {"jawOpen": 0.16, "mouthPucker": 0.9},
    "m": {"mouthPressLeft": 0.3, "mouthPressRight": 0.3},
}
_SIDED: Final[Mapping[frozenset[str], str]] = {
    frozenset({"blink"}): "eyeBlink",
    frozenset({"eye", "blink"}): "eyeBlink",
    frozenset({"eye", "close"}): "eyeBlink",
    frozenset({"eye", "wide"}): "eyeWide",
    frozenset({"smile"}): "mouthSmile",
    frozenset({"mouth", "smile"}): "mouthSmile",
    frozenset({"frown"}): "mouthFrown",
    frozenset({"mouth", "frown"}): "mouthFrown",
    frozenset({"mouth", "wide"}): "mouthStretch",
    frozenset({"brow", "down"}): "browDown",
}
_MIDDLE: Final[Mapping[frozenset[str], str]] = {
    frozenset({"jaw", "open"}): "jawOpen",
    frozenset({"jaw", "down"}): "jawOpen",
    frozenset({"jaw"}): "jawOpen",
    frozenset({"mouth", "open"}): "jawOpen",
    frozenset({"mouth", "close"}): "mouthClose",
    frozenset({"mouth", "narrow"}): "mouthPucker",
    frozenset({"narrow"}): "mouthPucker",
}
_PARTICLES: Final = "をがのに"
_SHORTEST: Final = 2
"""Parts of a compound have more letters than this, or any word would fall apart into vowels."""
_FILLERS: Final = frozenset(
    {"key", "shape", "face", "gesicht", "expression", "morph", "blend", "vokal", "phonem"}
)


def words_map(survey: Survey) -> RigMap | None:
    """A map of what is understood; None unless that is a jaw bone or a key that opens the mouth."""
    channels = []
    seen: set[tuple[str, str]] = set()
    for place, sliders in (("key", survey.keys), ("property", survey.properties)):
        for slider in sliders:
            if (place, slider.name) in seen:
                continue
            seen.add((place, slider.name))
            if (channel := _understood(slider.name)) is not None:
                channels.append(MapChannel("key" if place == "key" else "property", slider.name, 0, *channel))
    jaw = find_joint(survey, "jaw")
    opens = any("jawOpen" in one.mix or (one.pose or {}).get("jawOpen", 0) > 0 for one in channels)
    if jaw is None and not opens:
        return None
    turns = (MapTurn("jaw", jaw.name),) if jaw is not None else ()
    return RigMap(KIND, _TITLE, tuple(channels), turns, detect=Detection(0.0, 9))


def _understood(name: str) -> tuple[dict[str, float], dict[str, float] | None] | None:
    """(from, pose) of a name, or None."""
    parts = [word for word in words(name) if word not in _FILLERS and not word.isdigit()]
    side = ""
    if len(parts) > 1 and parts[-1] in ("l", "r"):
        side = "Left" if parts.pop() == "l" else "Right"
    said = _concepts(parts) or _concepts([canonical(name).partition("|")[0]])
    vowels = said & _POSES.keys()
    if len(vowels) == 1 and said <= vowels | {"mouth"}:
        return {}, dict(_POSES[next(iter(vowels))])
    if (control := _MIDDLE.get(said)) is not None and not side:
        return {control: 1.0}, None
    if (control := _SIDED.get(said)) is not None:
        return ({control + side: 1.0} if side else {control + "Left": 0.5, control + "Right": 0.5}), None
    if said == {"brow", "up"}:
        outer = {"browOuterUp" + side: 0.5} if side else {"browOuterUpLeft": 0.25, "browOuterUpRight": 0.25}
        return {"browInnerUp": 0.5, **outer}, None
    return None


def _concepts(parts: Sequence[str]) -> frozenset[str]:
    """What all of the words say; empty where one is not understood."""
    said: set[str] = set()
    for part in parts:
        one = _concept(part)
        several = {one} if one is not None else _written_together(part)
        if not several:
            return frozenset()
        said |= several
    return frozenset(said)


def _concept(word: str) -> str | None:
    return next((concept for concept, spellings in _CONCEPTS.items() if word in spellings), None)


def _written_together(word: str) -> set[str]:
    """The concepts of a word of a language without spaces, or of a compound; empty where a part is not
    known."""
    said: set[str] = set()
    rest = word
    while rest:
        longest = max(
            ((len(spelling), concept) for concept, spellings in _CONCEPTS.items() for spelling in spellings
             if rest.startswith(spelling) and (len(spelling) > _SHORTEST or not spelling.isascii())),
            default=(0, ""),
        )  # fmt: skip
        if longest[0]:
            said.add(longest[1])
            rest = rest[longest[0] :]
        elif rest[0] in _PARTICLES:
            rest = rest[1:]
        else:
            return set()
    return said
