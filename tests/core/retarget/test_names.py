"""Names are compared by what they say."""

from __future__ import annotations

import pytest

from addon.core.retarget.names import NameIndex, canonical, shared_prefix


@pytest.mark.parametrize(
    "spelling",
    [
        "eyeBlinkLeft", "EyeBlinkLeft", "eyeBlink_L", "eyeBlink.L", "eyeBlink-l", "EYE_BLINK_LEFT",
        "eyeblinkleft", "L_eyeBlink", "left eye blink", "Face_Blendshape.eyeBlinkLeft", "eyeBlinkL",
        "blendShape1.eyeBlink_L", "Genesis9__eyeBlinkLeft", "A14_Eye_Blink_Left", "rig:eyeBlinkLeft",
        "Augen|eyeBlinkLinks",
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_one(spelling):
    assert canonical(spelling) == "eyeblink|l"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Face.M_F00_000_00_Fcl_MTH_A", "Fcl_MTH_A"),
        ("Face_(merged).Fcl_MTH_A", "Fcl_MTH_A"),
        ("lipFunneler_LB", "LipFunnelerLB"),
        ("vrc.v_PP", "vrc.v_pp"),
        ("ｳｨﾝｸ２右", "ウィンク2右"),
        ("左まばたき", "まばたき左"),
    ],
)
def test_families_with_spellings_of_their_own(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("eyeBlinkLeft", "eyeBlinkRight"),
        ("lid.T.L", "lid.T.L.002"),
        ("L", "R"),
        ("mouthLeft", "mouth"),
        ("Eye_L_Look_L", "Eye_L_Look_R"),
        ("c_eyelid_top.l", "c_eyelid_top.r"),
    ],
)
def test_what_differs_stays_different(one, other):
    assert canonical(one) != canonical(other)


def test_the_exact_spelling_wins_over_others_that_say_the_same():
    index = NameIndex(("jaw_open", "jawOpen", "JawOpen.001"))
    assert index.find("jawOpen") == "jawOpen"
    assert index.find("JAWOPEN") == "jawOpen"
    assert set(index.alike("jawOpen")) == {"jaw_open", "jawOpen", "JawOpen.001"}
    assert index.find("mouthOpen") is None


def test_a_prefix_that_all_share_does_not_count():
    names = tuple(f"MyHead_{name}" for name in ("smile", "frown", "jawOpen", "blink"))
    assert shared_prefix(names) == "MyHead_"
    assert NameIndex(names).find("jawOpen") == "MyHead_jawOpen"
    assert shared_prefix(("Mouth_L", "Mouth_R", "Eye_L", "Eye_R")) == ""
