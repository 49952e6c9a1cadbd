"""Rigify's metarigs: skeletons of which rigs are generated, with a face's names but nothing that plays it."""

from __future__ import annotations

from typing import Final

from .survey import Survey

_OF_FACES: Final = frozenset({"face", "jaw", "lip.T.L", "lip.B.L", "teeth.T"})
_GENERATED: Final = ("ORG-", "DEF-", "MCH-")


def is_metarig(survey: Survey) -> bool:
    """Whether the bones are those of a metarig's face, and none is one that generating makes."""
    names = {bone.name for bone in survey.bones}
    return names >= _OF_FACES and not any(name.startswith(_GENERATED) for name in names)


def metarig_sentence(survey: Survey) -> str:
    """What to do instead of animating it."""
    return (
        f"{survey.name} is a Rigify metarig, which moves nothing; press Generate Rig in its armature's "
        "properties, and click on the rig that comes of it."
    )
