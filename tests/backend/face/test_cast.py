"""Identities of the stand-in head: characters and random faces do all that the first face does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.face.characters import Character
from elocute.face.lips import lip_gap_columns
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks
from elocute.face.standin.build import SHAPE_NAMES
from elocute.face.standin.cast import CAST, HAIR_STYLES
from elocute.face.standin.identity import DIRECTIONS
from elocute.motion.head1_basis import JAW_OPEN_RADIANS
from tests.backend.face.standin_measures import (
    ASSET,
    MM,
    both,
    catmull_clark,
    expression,
    eyeball_clearance,
    flipped_faces,
    lid_faces,
    parts_in_front,
    plausible_poses,
    posed,
    visible_skin_faces,
)

RANDOM = 12
"""Faces made at random."""


@pytest.fixture(scope="module")
def head() -> FaceModel:
    return FaceModel.load(ASSET)


def random_shape(seed: int) -> np.ndarray:
    """A face with every trait anywhere between its ends, and one style of hair or the head's own."""
    rng = np.random.default_rng(seed)
    shape = np.zeros(len(SHAPE_NAMES))
    shape[: len(DIRECTIONS)] = rng.uniform(-1, 1, len(DIRECTIONS))
    style = rng.integers(0, len(HAIR_STYLES) + 1)
    if style < len(HAIR_STYLES):
        shape[len(DIRECTIONS) + style] = 1.0
    return shape


def shaped(head: FaceModel, shape: np.ndarray) -> FaceModel:
    """The head with another face at rest."""
    return replace(head, v_template=(head.v_template + head.shape_dirs @ shape).astype(np.float32))


EXTREMES = [*(f"{sign}{name}" for name in DIRECTIONS for sign in "+-")]
FACES = [*CAST, *EXTREMES, *(f"random {seed}" for seed in range(RANDOM))]


@pytest.fixture(scope="module", params=FACES)
def face(request: pytest.FixtureRequest, head: FaceModel) -> FaceModel:
    name: str = request.param
    if name in CAST:
        return head.as_character(name)
    if name[0] in "+-":
        shape = np.zeros(len(SHAPE_NAMES))
        shape[SHAPE_NAMES.index(name[1:])] = float(f"{name[0]}1")
        return shaped(head, shape)
    return shaped(head, random_shape(int(name.removeprefix("random "))))


# --- every face ----------------------------------------------------------------------------------


def test_lips_meet_at_rest(face: FaceModel) -> None:
    gap = lip_gap_columns(face, face.v_template[None])[0] * MM
    assert gap.max() < 0.05
    assert gap.min() > -0.6


def test_mouth_close_seals_at_every_jaw_angle(face: FaceModel) -> None:
    angles = np.linspace(0, 16, 9)
    closed = posed(face, expression(9, mouthClose=angles / np.degrees(JAW_OPEN_RADIANS)), angles)
    gap = lip_gap_columns(face, closed) * MM
    assert gap.max() < 0.1, gap.max(axis=1)
    assert gap.min() > -0.6, gap.min(axis=1)


def test_blinks_close_and_clear_the_eyeball(face: FaceModel) -> None:
    amounts = np.linspace(0, 1, 21)
    frames = posed(face, expression(21, **both("eyeBlink", amounts)))
    lids = np.intersect1d(face.masks["eyelids_l"], face.masks["skin"])
    centre = (face.joint_regressor @ face.v_template)[3]
    faces = lid_faces(face)
    for amount, frame in zip(amounts, frames, strict=True):
        assert eyeball_clearance(face, frame[lids], centre) > 0.1, amount
        smooth = catmull_clark(frame.astype(np.float64), faces)
        assert eyeball_clearance(face, smooth, centre) > 0.0, amount
    points = landmarks(face, frames[[0, -1]]) * MM
    opening = points[:, [43, 44], 1].mean(axis=1) - points[:, [47, 46], 1].mean(axis=1)
    assert opening[0] > 8
    assert abs(opening[1]) < 0.3


def test_no_faces_flip_in_plausible_poses(face: FaceModel) -> None:
    rows, jaw = plausible_poses(40, seed=11)
    flipped = flipped_faces(face, posed(face, rows, jaw), visible_skin_faces(face)).sum(axis=1)
    assert (flipped > 0).mean() <= 0.05, flipped
    assert flipped.max() <= 4


def test_neither_teeth_nor_tongue_come_through_the_skin(face: FaceModel) -> None:
    rows, jaw = plausible_poses(12, seed=5)
    for row, angle in zip(rows, jaw, strict=True):
        vertices = posed(face, row[None], angle)
        assert parts_in_front(face, vertices, "teeth") < 0
        assert parts_in_front(face, vertices, "tongue") < 0


def test_joints_stay_and_eyes_go_with_their_balls(face: FaceModel, head: FaceModel) -> None:
    joints, rest = face.joint_regressor @ face.v_template, head.joint_regressor @ head.v_template
    np.testing.assert_allclose(joints[:3], rest[:3], atol=1e-5)
    for joint, name in ((3, "left eye"), (4, "right eye")):
        ball = slice(*face.meta["parts"][name])
        moved = face.v_template[ball] - head.v_template[ball]
        np.testing.assert_allclose(
            moved, np.broadcast_to(joints[joint] - rest[joint], moved.shape), atol=2e-5
        )


# --- the head ------------------------------------------------------------------------------------


def test_every_direction_moves_what_its_name_says(head: FaceModel) -> None:
    assert head.shape_names == SHAPE_NAMES
    points = {
        name: landmarks(head, (head.v_template + head.shape_dirs[..., i])[None])[0] * MM
        for i, name in enumerate(SHAPE_NAMES)
    }
    rest = landmarks(head, head.v_template[None])[0] * MM
    assert np.ptp(points["width"][:17, 0]) > 1.03 * np.ptp(rest[:17, 0])
    assert points["jaw"][8, 1] < rest[8, 1] - 2, "a longer chin"
    assert points["nose"][30, 2] > rest[30, 2] + 2
    assert np.ptp(points["lips"][[48, 54], 0]) > 1.05 * np.ptp(rest[[48, 54], 0])
    assert points["eyes"][[42, 45], 0].mean() > rest[[42, 45], 0].mean() + 1
    assert points["brows"][19, 1] < rest[19, 1] - 0.5
    assert points["age"][57, 1] > rest[57, 1], "thinner lips"
    hair = np.zeros(head.vertices, bool)
    hair[slice(*head.meta["parts"]["hair"])] = True
    for name in HAIR_STYLES:
        moved = np.abs(head.shape_dirs[..., SHAPE_NAMES.index(name)]).max(axis=1) > 0
        assert moved[hair].mean() > 0.5
        assert not moved[~hair].any(), name


def test_no_trait_moves_the_lips_contact_forward(head: FaceModel) -> None:
    """What moves forward there swings apart with the jaw: ``mouthClose`` would no longer seal it."""
    contact = np.concatenate([head.masks["lip_contact_upper"], head.masks["lip_contact_lower"]])
    assert not head.shape_dirs[contact, 2].any()


def test_characters_differ_in_face_hair_and_skin(head: FaceModel) -> None:
    assert tuple(head.characters) == tuple(CAST)
    forehead = int(np.argmin(np.linalg.norm(head.v_template - [0.0, 0.05, 0.085], axis=1)))
    seen = [head, *(head.as_character(name) for name in CAST)]
    for i, one in enumerate(seen):
        for other in seen[:i]:
            skin = np.arange(head.meta["parts"]["left eye"][0])
            assert np.linalg.norm(one.v_template - other.v_template, axis=1)[skin].max() * MM > 3
            assert one.vertex_colors is not None
            assert other.vertex_colors is not None
            assert np.abs(one.vertex_colors[forehead] - other.vertex_colors[forehead]).max() > 0.015


def test_a_character_is_found_in_any_case_and_an_unknown_one_is_one_sentence(head: FaceModel) -> None:
    np.testing.assert_array_equal(head.as_character("mira").v_template, head.as_character("Mira").v_template)
    with pytest.raises(InputError, match=r"no character Nobody") as error:
        head.as_character("Nobody")
    assert all(name in str(error.value) for name in CAST)


def test_characters_that_do_not_fit_their_head_are_refused(head: FaceModel, tmp_path) -> None:
    good = head.characters["Mira"]
    for bad in (
        Character(good.shape[:-1], good.vertex_colors),
        Character(good.shape, good.vertex_colors[:-1]),
    ):
        replace(head, characters={"Mira": bad}).save(tmp_path / "head.npz")
        with pytest.raises(InputError, match="Mira does not fit"):
            FaceModel.load(tmp_path / "head.npz")
