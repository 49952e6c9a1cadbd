"""Every kind is told from the others by its names; what is unclear is asked."""

from __future__ import annotations

import re

import pytest

from addon.core.retarget.controls.vocabulary import ARKIT
from addon.core.retarget.detect import detect
from addon.core.retarget.presets import preset, presets
from addon.core.retarget.survey import DRIVEN, Slider
from tests.core.retarget.made_up import VISEMES, rig

_SIDED = [name for name in ARKIT if not name.startswith(("jawL", "jawR", "mouthLeft", "mouthRight"))]


def of_kind(rig_map):
    """A rig with exactly the names of a preset."""
    bones = {channel.name for channel in rig_map.channels if channel.place not in ("key", "property")}
    return rig(
        [channel.name for channel in rig_map.channels if channel.place == "key"],
        [channel.name for channel in rig_map.channels if channel.place == "property"],
        sorted(bones | {turn.bone for turn in rig_map.turns}),
    )


@pytest.mark.parametrize("kind", [one.kind for one in presets()])
def test_every_kind_is_found_by_its_names(kind):
    decision = detect(of_kind(preset(kind)))
    assert decision.chosen is not None, decision.sentence
    assert decision.chosen.rig_map.kind == kind
    assert decision.chosen.score == 1.0
    assert preset(kind).title in decision.sentence


@pytest.mark.parametrize("kind", [one.kind for one in presets() if one.channels[0].place == "property"])
def test_properties_made_into_shape_keys_are_the_same_kind(kind):
    decision = detect(rig([channel.name for channel in preset(kind).channels]))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == kind


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: name[0].upper() + name[1:],
        lambda name: re.sub("Left$", "_L", re.sub("Right$", "_R", name)) if name in _SIDED else name,
        lambda name: re.sub("(?<!^)([A-Z])", r"_\1", name).upper(),
        lambda name: name.lower(),
        lambda name: "Genesis8Female__" + name,
        lambda name: "Hero_" + name,
    ],
)
def test_arkit_in_every_spelling(spell):
    decision = detect(rig([spell(name) for name in ARKIT]))
    assert decision.chosen is not None
    assert (decision.chosen.rig_map.kind, decision.chosen.score) == ("arkit", 1.0)


def test_the_face_is_found_among_three_hundred_keys():
    decision = detect(rig([f"body_{number}" for number in range(250)] + list(ARKIT)))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "arkit"


def test_visemes_beside_all_of_arkit_stay_at_rest_and_that_is_said():
    decision = detect(rig([*ARKIT, *VISEMES]))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "arkit"
    assert "It also has Oculus and Ready Player Me visemes, which stay at rest." in decision.sentence


def test_visemes_beside_half_of_arkit_are_taken():
    decision = detect(rig([*ARKIT[:30], *VISEMES]))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "oculus-visemes"


def test_a_part_of_a_kind_is_taken_for_what_it_is_and_the_rest_is_named():
    decision = detect(rig(ARKIT[14:40]))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "arkit"
    assert "26 of 52" in decision.sentence
    assert "Missing: eyeBlinkLeft" in decision.sentence


def test_two_equal_families_are_asked():
    azure = [channel.name for channel in preset("azure-visemes").channels]
    decision = detect(rig([*VISEMES, *azure]))
    assert decision.chosen is None
    assert "can be read as" in decision.sentence
    assert "choose one" in decision.sentence


def test_keys_that_a_control_rig_drives_are_not_the_rig():
    bones = [channel.name for channel in preset("faceit").channels]
    driven = [Slider("mesh", name, blocked=DRIVEN) for name in ARKIT]
    decision = detect(rig(driven, bones=sorted(set(bones))))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "faceit"
    one = detect(rig([Slider("mesh", name, blocked=DRIVEN if name == "jawOpen" else "") for name in ARKIT]))
    assert one.chosen.rig_map.kind == "arkit"


def test_a_name_that_speaks_against_a_kind_rules_it_out():
    extended = [channel.name for channel in preset("cc4-extended").channels]
    decision = detect(rig([*extended, "Mouth_Pucker", "Mouth_Funnel"]))
    assert decision.chosen is not None
    assert decision.chosen.rig_map.kind == "cc4-extended"
    assert "cc-standard" not in [one.rig_map.kind for one in decision.candidates]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["Key 1", "fat", "thin"], "no face rig that is known"),
        ([], "no shape keys, properties or bones"),
        (list(ARKIT[:16]), "nearest is ARKit's 52 blend shapes (16 of 52"),
    ],
)
def test_an_unknown_rig_is_asked(names, says):
    decision = detect(rig(names))
    assert decision.chosen is None
    assert says in decision.sentence


@pytest.mark.parametrize(
    ("names", "bones"),
    [
        (["Mund auf", "Laecheln_L", "Laecheln_R", "Blinzeln"], []),
        (["口開く", "笑い", "目を閉じる"], []),
        (["smile", "pucker"], ["spine", "head", "Jaw"]),
        ([], ["head", "Unterkiefer"]),
    ],
)
def test_rigs_of_no_kind_are_understood_by_their_words(names, bones):
    decision = detect(rig(names, bones=bones))
    assert decision.chosen is not None, decision.sentence
    chosen = decision.chosen.rig_map
    assert chosen.kind == "words"
    assert [channel.name for channel in chosen.channels] == names
    assert bool(chosen.turns) == bool(bones)


def test_words_say_what_a_key_plays():
    chosen = detect(rig(["Mund auf", "Laecheln_L", "Brauen hoch", "Mund O", "笑い"])).chosen
    assert chosen is not None
    mixes = {channel.name: (dict(channel.mix), channel.pose) for channel in chosen.rig_map.channels}
    assert mixes["Mund auf"][0] == {"jawOpen": 1.0}
    assert mixes["Laecheln_L"][0] == {"mouthSmileLeft": 1.0}
    assert mixes["Brauen hoch"][0]["browInnerUp"] == 0.5
    assert mixes["Mund O"][1]["jawOpen"] > 0.3
    assert mixes["笑い"][0] == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
