"""Which way a face looks, and where its lips and lids are: told by skeletons and by what moves."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from addon.core.axes import MODEL_TO_BLENDER
from addon.core.retarget.face_axes import face_axes
from addon.core.retarget.facing import facing, has_sides
from addon.core.retarget.find_landmarks import find_landmarks
from addon.core.retarget.survey import Bone, Survey
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices

HEAD = Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz"
TURNS = [
    np.array(rows, float) * signs
    for rows in itertools.permutations(np.eye(3).tolist())
    for signs in itertools.product((1, -1), repeat=3)
    if np.linalg.det(np.array(rows) * signs) > 0
]
"""The 24 ways in which a model's axes can lie along those of an object."""


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(HEAD)


@pytest.fixture(scope="module")
def moves(head):
    """Vertices at rest, and how they move with jaw, blinks and the mouth's corners."""
    rest = head.v_template.astype(float)
    nothing = np.zeros((1, len(head.expression_names)))
    opening = pose_vertices(head, nothing, [[0.28, 0, 0]], np.zeros((1, 3)))[0] - rest

    def moved(name):
        return head.expression_dirs[:, :, head.expression_names.index(name)].astype(float)

    sideways = sum(np.abs(moved(n)[:, 0]) for n in head.expression_names if n.startswith("mouth"))
    return rest, opening, [moved("eyeBlinkLeft"), moved("eyeBlinkRight")], sideways


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("body", [False, True])
def test_a_face_is_read_along_any_axes_with_and_without_a_body(moves, turn, body):
    rest, opening, _, _ = moves
    if body:
        below = rest.min(axis=0) * [1, 1, 0] + np.array(
            [[x, -1.5, z] for x in (-0.8, 0.8) for z in (-0.15, 0.15)]
        )
        rest, opening = np.concatenate([rest, below]), np.concatenate([opening, np.zeros((4, 3))])
    assert np.array_equal(face_axes(rest @ turn.T, opening @ turn.T), turn)


def test_a_jaw_that_goes_straight_down_is_read_too(moves):
    rest, opening, _, _ = moves
    straight = np.linalg.norm(opening, axis=1)[:, None] * [0.0, -1.0, 0.0]
    assert np.array_equal(face_axes(rest, straight), np.eye(3))
    assert face_axes(rest, np.zeros_like(rest)) is None


def test_lips_corners_and_lids_are_found(head, moves):
    rest, opening, blinks, sideways = moves
    found = find_landmarks(rest, opening, blinks, sideways)
    points = landmarks(head, rest[None])[0]
    assert not found.missing
    for landmark in (62, 66, 48, 54):
        assert np.linalg.norm(rest[found.vertices[landmark]] - points[landmark]) < 0.002
    for upper, lower in ((43, 47), (38, 40)):
        gap = rest[found.vertices[upper]] - rest[found.vertices[lower]]
        assert 0.006 < gap[1] < 0.014
        assert np.linalg.norm(rest[found.vertices[upper]] - points[upper]) < 0.012


def test_corners_are_found_without_keys_that_move_them(head, moves):
    rest, opening, blinks, _ = moves
    found = find_landmarks(rest, opening, blinks, np.zeros(len(rest)))
    points = landmarks(head, rest[None])[0]
    for landmark in (48, 54):
        assert np.linalg.norm(rest[found.vertices[landmark]] - points[landmark]) < 0.012


def test_one_blink_for_both_eyes_is_enough_and_none_is_said(moves):
    rest, opening, blinks, sideways = moves
    both = find_landmarks(rest, opening, [blinks[0] + blinks[1]], sideways)
    assert {43, 47, 38, 40} <= both.vertices.keys()
    none = find_landmarks(rest, opening, [], sideways)
    assert none.missing == ("lids",)
    assert find_landmarks(rest, None, [], sideways).missing == ("lips", "lids")
    assert find_landmarks(rest, np.zeros_like(rest), [np.zeros_like(rest)], sideways).missing == (
        "lips",
        "lids",
    )


def bones(turn=MODEL_TO_BLENDER, swapped=False, lean=0.4):
    """A spine, neck and head that lean forward, with eyes and a jaw, in any axes."""
    left, right = ("R", "L") if swapped else ("L", "R")
    at = {
        "spine": (0, -0.3, 0), "neck": (0, 0, 0), "head": (0, 0.1, 0.1 * lean),
        f"eye.{left}": (0.03, 0.18, 0.1), f"eye.{right}": (-0.03, 0.18, 0.1), "jaw": (0, 0.12, 0.05),
    }  # fmt: skip
    parents = {"neck": "spine", "head": "neck"}
    return tuple(
        Bone(
            "a",
            name,
            parents.get(name, "head"),
            turn @ np.array(head, float),
            turn @ (np.array(head) + np.array([0.0, 0.0, 0.03])),
            np.eye(3),
        )
        for name, head in at.items()
    )


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_skeleton_says_which_way_it_faces_even_if_its_sides_are_swapped(turn, swapped):
    survey = Survey("Ada", bones=bones(turn, swapped))
    assert has_sides(survey)
    assert np.allclose(facing(survey), turn)


def test_a_skeleton_that_is_not_quite_symmetric_faces_along_its_axes():
    found = list(bones())
    crooked = found[3]
    found[3] = Bone(
        "a", crooked.name, "head", crooked.head + np.array([0.0, 0.003, 0.002]), crooked.tail, np.eye(3)
    )
    assert np.array_equal(facing(Survey("Ada", bones=tuple(found))), MODEL_TO_BLENDER)


def test_a_skeleton_built_askew_is_read_as_it_stands():
    angle = 0.5
    askew = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    found = facing(Survey("Ada", bones=bones(askew, lean=0.0)))
    assert np.allclose(found, askew, atol=1e-6)


def test_a_skeleton_without_sides_faces_as_characters_in_blender_do():
    survey = Survey("Ada", bones=bones()[:3])
    assert not has_sides(survey)
    assert np.array_equal(facing(survey), MODEL_TO_BLENDER)
