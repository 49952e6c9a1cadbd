"""Which bones of a character are its head, neck, jaw and eyes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .names import canonical
from .rig_map import Joint
from .survey import Bone, Survey

_NAMES: Final[Mapping[Joint, tuple[str, ...]]] = {
    "head": (
        "c_head.x",
        "head",
        "CC_Base_Head",
        "mixamorig:Head",
        "head.x",
        "J_Bip_C_Head",
        "spine.006",
        "Kopf",
        "頭",
    ),
    "neck": (
        "c_neck.x",
        "neck",
        "neck_01",
        "neck01",
        "neckLower",
        "CC_Base_NeckTwist01",
        "mixamorig:Neck",
        "neck.x",
        "neck1",
        "J_Bip_C_Neck",
        "spine.004",
        "Hals",
        "首",
    ),
    "jaw": (
        "jaw_master",
        "c_jawbone.x",
        "jaw",
        "lowerjaw",
        "lowerJaw",
        "CC_Base_JawRoot",
        "FACIAL_C_Jaw",
        "jawbone",
        "jawbone.x",
        "mandible",
        "J_Adj_C_Jaw",
        "Kiefer",
        "Unterkiefer",
        "DEF-jaw",
        "jaw_bone",
        "c_jaw",
        "jaw_jnt",
        "顎",
        "あご",
    ),
    "left_eye": (
        "master_eye.L",
        "eye_master.L",
        "c_eye.l",
        "eye.L",
        "LeftEye",
        "l_eye",
        "lEye",
        "CC_Base_L_Eye",
        "FACIAL_L_Eye",
        "J_Adj_L_FaceEye",
        "left_eye",
        "Auge.L",
        "目.L",
        "左目",
    ),
    "right_eye": (
        "master_eye.R",
        "eye_master.R",
        "c_eye.r",
        "eye.R",
        "RightEye",
        "r_eye",
        "rEye",
        "CC_Base_R_Eye",
        "FACIAL_R_Eye",
        "J_Adj_R_FaceEye",
        "right_eye",
        "Auge.R",
        "目.R",
        "右目",
    ),
}
"""The first that a rig has is taken; controls before the bones that they deform."""
_CARRIERS: Final = ("MCH-", "ORG-")
_FAR: Final = 12


def find_joint(survey: Survey, joint: Joint) -> Bone | None:
    """The bone for a joint, or None."""
    alike: dict[str, list[Bone]] = {}
    for bone in survey.bones:
        alike.setdefault(canonical(bone.name), []).append(bone)
    for name in _NAMES[joint]:
        if (same := survey.bone(name)) is not None:
            return same
        if similar := alike.get(canonical(name)):
            return min(similar, key=lambda bone: (len(bone.name), bone.name))
    return None


def neck_chain(survey: Survey, head: Bone, most: int = 3) -> list[Bone]:
    """The bones from the neck to the head, the lowest first: the head's parents down to the named neck.

    Bones that only carry others (``MCH-``, ``ORG-``) are passed over. A head without a neck among its
    parents stands alone.
    """
    neck = find_joint(survey, "neck")
    chain, at = [head], head
    for _ in range(_FAR):
        parent = survey.bone(at.parent)
        if neck is None or parent is None or len(chain) == most:
            break
        if not parent.name.startswith(_CARRIERS):
            chain.insert(0, parent)
        if parent.name == neck.name:
            return chain
        at = parent
    return [head]
