"""The committed stand-in head: topology, masks, landmarks, lips, lids, teeth, plausible poses.

A *plausible* pose, for the fuzz at the end: one mouth shape family at up to 0.8 (smile, frown,
stretch, funnel, pucker, lower lip down, upper lip up, one lip rolled, press, shrug; both sides
within 0.2 of each other), a second one at up to 0.3, brows and eyelids at will (blink 0..1, with
squint only while the blink is under 0.3), the jaw at 0..14 degrees, mouthClose at most
jaw / 16 degrees, and then no second shape over 0.15.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.face.lips import lip_gap_columns, mouth_opening, mouth_width
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks, pose_vertices
from elocute.face.standin.build import build_head
from elocute.face.standin.surface import Proportions
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS

ASSET = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
MM = 1000.0


@pytest.fixture(scope="module")
def head() -> FaceModel:
    return FaceModel.load(ASSET)


@pytest.fixture(scope="module")
def built() -> FaceModel:
    return build_head()


def expression(frames: int = 1, **values: float | np.ndarray) -> np.ndarray:
    rows = np.zeros((frames, len(EXPRESSION_NAMES)), np.float32)
    for name, value in values.items():
        rows[:, EXPRESSION_INDEX[name]] = value
    return rows


def both(name: str, value: float | np.ndarray) -> dict[str, float | np.ndarray]:
    return {f"{name}Left": value, f"{name}Right": value}


def posed(head: FaceModel, rows: np.ndarray, jaw_degrees: float | np.ndarray = 0.0) -> np.ndarray:
    jaw = np.zeros((len(rows), 3), np.float32)
    jaw[:, 0] = np.radians(jaw_degrees)
    return pose_vertices(head, rows, jaw, np.zeros((len(rows), 3), np.float32))


def skin_faces(head: FaceModel) -> np.ndarray:
    """Faces of the skin's mesh: those before the first part."""
    first = min(start for start, _ in head.meta["parts"].values())
    return head.faces[(head.faces < first).all(axis=1)]


def visible_skin_faces(head: FaceModel) -> np.ndarray:
    faces = skin_faces(head)
    return faces[np.isin(faces, head.masks["skin"]).all(axis=1)]


def directed_edges(faces: np.ndarray) -> np.ndarray:
    quads, triangles = faces[faces[:, 3] >= 0], faces[faces[:, 3] < 0][:, :3]
    edges = [quads[:, [i, (i + 1) % 4]] for i in range(4)] + [
        triangles[:, [i, (i + 1) % 3]] for i in range(3)
    ]
    return np.concatenate(edges).astype(np.int64)


def normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(..., F, 3) area vectors of quads."""
    corner = points[..., faces, :]
    return np.cross(corner[..., 2, :] - corner[..., 0, :], corner[..., 3, :] - corner[..., 1, :])


def mirrored_vertices(head: FaceModel, vertices: np.ndarray) -> np.ndarray:
    """For each vertex the one at exactly the mirrored place."""
    v = head.v_template[vertices] + np.float32(0)  # the sum turns -0 into 0
    order = {tuple(p): i for i, p in zip(vertices, v.tolist(), strict=True)}
    flip = np.array([-1, 1, 1], np.float32)
    return np.array([order[tuple(p)] for p in (v * flip + np.float32(0)).tolist()])


# --- the asset ---------------------------------------------------------------------------------


def test_asset_is_what_the_script_builds(head: FaceModel, built: FaceModel) -> None:
    assert head.basis == BASIS
    assert head.expression_names == EXPRESSION_NAMES
    np.testing.assert_array_equal(head.faces, built.faces)
    assert set(head.masks) == set(built.masks)
    for name in head.masks:
        np.testing.assert_array_equal(head.masks[name], built.masks[name])
    # Another processor or numpy may round differently in the last place.
    np.testing.assert_allclose(head.v_template, built.v_template, atol=2e-6)
    np.testing.assert_allclose(head.expression_dirs, built.expression_dirs, atol=5e-6)
    np.testing.assert_allclose(head.weights, built.weights, atol=1e-4)


def test_two_builds_write_the_same_bytes(built: FaceModel, tmp_path: Path) -> None:
    built.save(tmp_path / "a.npz")
    build_head().save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_asset_is_small() -> None:
    assert ASSET.stat().st_size < 3_000_000


# --- topology ----------------------------------------------------------------------------------


def test_manifold_with_boundaries_only_where_meant(head: FaceModel) -> None:
    edges = directed_edges(head.faces)
    key, back = edges[:, 0] * head.vertices + edges[:, 1], edges[:, 1] * head.vertices + edges[:, 0]
    assert len(np.unique(key)) == len(key), "two faces run along an edge the same way"
    boundary = edges[~np.isin(key, back)]
    first_part = min(start for start, _ in head.meta["parts"].values())
    on_skin = boundary[boundary[:, 0] < first_part]
    # 64 at the neck's end, 56 at the end of the mouth bag, 40 in each eye's pocket.
    assert len(on_skin) == 64 + 56 + 2 * 40
    closed = ("left eye", "right eye")
    for name in closed:
        start, end = head.meta["parts"][name]
        assert not ((boundary[:, 0] >= start) & (boundary[:, 0] < end)).any()
    assert np.array_equal(np.unique(head.faces[head.faces >= 0]), np.arange(head.vertices))


def test_skin_is_all_quads_and_symmetric(head: FaceModel) -> None:
    faces = skin_faces(head)
    assert (faces >= 0).all()
    vertices = np.unique(faces)
    other = mirrored_vertices(head, vertices)
    swapped = np.zeros(head.vertices, np.int64)
    swapped[vertices] = other
    original = {frozenset(f) for f in faces.tolist()}
    assert {frozenset(f) for f in swapped[faces].tolist()} == original
    for name in ("mouthSmile", "eyeBlink", "browDown", "mouthLowerDown"):
        left = head.expression_dirs[vertices, :, EXPRESSION_INDEX[f"{name}Left"]]
        right = head.expression_dirs[other, :, EXPRESSION_INDEX[f"{name}Right"]]
        np.testing.assert_allclose(right * [-1, 1, 1], left, atol=1e-6)


def test_rest_faces_point_outward(head: FaceModel) -> None:
    faces = visible_skin_faces(head)
    centre = head.v_template[faces].mean(axis=1)
    outward = centre - [0, -0.02, 0.0]
    front = (centre[:, 2] > 0.05) & (np.abs(centre[:, 0]) < 0.03) & (centre[:, 1] > 0.02)
    dots = (normals(head.v_template, faces)[front] * outward[front]).sum(-1)
    assert (dots > 0).all()
    area = np.linalg.norm(normals(head.v_template, faces), axis=1)
    assert area.min() > 1e-9


def test_uv_and_materials(head: FaceModel) -> None:
    assert head.uv is not None
    assert head.uv.min() >= 0
    assert head.uv.max() <= 1
    assert set(np.unique(head.material_ids)) == set(range(len(head.material_names)))
    assert head.vertex_colors is not None
    assert 0 <= head.vertex_colors.min() <= head.vertex_colors.max() <= 1


def test_weights_and_joints(head: FaceModel) -> None:
    np.testing.assert_allclose(head.weights.sum(axis=1), 1, atol=1e-5)
    assert head.weights.min() >= 0
    joints = head.joint_regressor @ head.v_template
    size = Proportions()
    np.testing.assert_allclose(joints[2], np.array(size.jaw_pivot) / 100, atol=1e-5)
    np.testing.assert_allclose(joints[3], np.array(size.eye) / 100, atol=1e-5)
    np.testing.assert_allclose(joints[4] * [-1, 1, 1], np.array(size.eye) / 100, atol=1e-5)
    moved = np.einsum("jv,vce->jce", head.joint_regressor, head.expression_dirs)
    assert np.abs(moved).max() < 1e-6, "an expression moves a joint"
    shirt = slice(*head.meta["parts"]["shirt"])
    np.testing.assert_allclose(head.weights[shirt, 0], 1)
    assert head.head_joint == 1


# --- masks and landmarks -----------------------------------------------------------------------

REGIONS = (
    "lips",
    "upper_lip",
    "lower_lip",
    "upper_face",
    "eyelids_l",
    "eyelids_r",
    "brows",
    "jaw",
    "neck",
    "scalp",
    "eyeballs",
    "teeth",
    "tongue",
)


def test_masks_are_sane(head: FaceModel) -> None:
    for name in REGIONS:
        mask = head.masks[name]
        assert len(mask) > 20, name
        assert (np.diff(mask) > 0).all(), name
    v = head.v_template
    assert v[head.masks["eyelids_l"], 0].min() > 0
    assert v[head.masks["eyelids_r"], 0].max() < 0
    assert v[head.masks["upper_face"], 1].min() > v[head.masks["lips"], 1].max()
    assert v[head.masks["scalp"], 1].mean() > v[head.masks["brows"], 1].mean() > 0
    assert np.isin(head.masks["upper_lip"], head.masks["lips"]).all()
    assert np.isin(head.masks["lower_lip"], head.masks["lips"]).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("upper_lip", "lower_lip"),
        ("eyelids_l", "eyelids_r"),
        ("lips", "teeth"),
        ("teeth", "tongue"),
        ("eyeballs", "eyelids_l"),
        ("jaw", "upper_face"),
        ("neck", "jaw"),
        ("scalp", "upper_face"),
        ("lips", "upper_face"),
    ],
)
def test_masks_are_disjoint(head: FaceModel, one: str, other: str) -> None:
    assert not np.isin(head.masks[one], head.masks[other]).any()


def test_landmarks_lie_where_they_should(head: FaceModel) -> None:
    p = landmarks(head, head.v_template[None])[0] * MM
    x, y = p[:, 0], p[:, 1]
    assert (np.diff(x[:17]) > 0).all(), "contour runs from the right ear to the left"
    assert y[8] == y[:17].min()
    assert (np.diff(x[17:27]) > 0).all(), "brows from right to left"
    assert (y[17:27] > y[36:48].max()).all()
    assert (np.abs(x[27:31]) < 0.1).all()
    assert (np.diff(y[27:31]) < 0).all()
    assert p[30, 2] == p[:, 2].max(), "the tip of the nose is the foremost landmark"
    assert (np.diff(x[31:36]) > 0).all()
    for corner, top, inner, bottom in ((36, (37, 38), 39, (40, 41)), (42, (43, 44), 45, (46, 47))):
        assert x[corner] < x[top[0]] < x[top[1]] < x[inner]
        assert min(y[list(top)]) > max(y[list(bottom)])
    assert x[36] < 0 < x[45]
    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[54:60]) < 0).all()
    assert (np.diff(x[60:65]) > 0).all()
    assert y[49:54].min() > y[55:60].max()
    size = Proportions()
    np.testing.assert_allclose(p[[36, 45], 2].mean(), size.eye[2] * 10, atol=15)
    np.testing.assert_allclose(p * [-1, 1, 1], p[MIRRORED_LANDMARKS], atol=0.01)


MIRRORED_LANDMARKS = np.concatenate(
    [np.arange(a, b, step) for a, b, step in ((16, -1, -1), (26, 16, -1), (27, 31, 1), (35, 30, -1))]
    + [np.array([45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40])]
    + [np.arange(a, b, -1) for a, b in ((54, 47), (59, 54), (64, 59), (67, 64))]
)


# --- lips --------------------------------------------------------------------------------------


def test_lips_meet_at_rest(head: FaceModel) -> None:
    gap = lip_gap_columns(head, head.v_template[None])[0] * MM
    assert gap.max() < 0.05
    assert gap.min() > -0.6


def test_mouth_close_seals_at_every_jaw_angle(head: FaceModel) -> None:
    angles = np.linspace(0, 16, 9)
    closed = posed(head, expression(9, mouthClose=angles / np.degrees(JAW_OPEN_RADIANS)), angles)
    gap = lip_gap_columns(head, closed) * MM
    assert gap.max() < 0.1, gap.max(axis=1)
    assert gap.min() > -0.6, gap.min(axis=1)


@pytest.mark.parametrize(
    ("name", "lowest"),
    [
        ("mouthRollLower", -0.6),
        ("mouthRollUpper", -0.6),
        ("mouthShrugLower", -0.6),
        ("mouthShrugUpper", -0.6),
        ("mouthPucker", -0.6),
        ("mouthLeft", -0.6),
        ("mouthSmile", -0.6),
        ("mouthFrown", -0.6),
        ("mouthPress", -0.6),
        ("mouthStretch", -0.6),
        ("mouthDimple", -0.6),
        ("cheekPuff", -0.6),
    ],
)
def test_lips_never_cross(head: FaceModel, name: str, lowest: float) -> None:
    amounts = np.linspace(0, 1, 5)
    values = {name: amounts} if name in EXPRESSION_INDEX else both(name, amounts)
    gap = lip_gap_columns(head, posed(head, expression(5, **values))) * MM
    assert gap.min() > lowest


def test_shapes_do_what_their_names_say(head: FaceModel) -> None:
    rest = posed(head, expression())
    opened = posed(head, expression(), 12)
    assert mouth_opening(head, opened)[0] * MM > 12
    pucker = posed(head, expression(mouthPucker=1))
    assert mouth_width(head, pucker)[0] < 0.7 * mouth_width(head, rest)[0]
    smile = posed(head, expression(**both("mouthSmile", 1)))
    assert mouth_width(head, smile)[0] > 1.15 * mouth_width(head, rest)[0]
    points = {
        name: landmarks(head, v)[0] * MM for name, v in (("rest", rest), ("smile", smile), ("pucker", pucker))
    }
    assert (points["smile"][[48, 54], 1] > points["rest"][[48, 54], 1] + 4).all()
    assert points["pucker"][51, 2] > points["rest"][51, 2] + 4
    funnel = posed(head, expression(mouthFunnel=1))
    assert mouth_opening(head, funnel)[0] * MM > 5
    brows_up = landmarks(head, posed(head, expression(browInnerUp=1)))[0] * MM
    assert (brows_up[[21, 22], 1] > points["rest"][[21, 22], 1] + 3).all()
    tongue = head.masks["tongue"]
    out = posed(head, expression(tongueOut=1), 12)[0, tongue, 2].max()
    lip = posed(head, expression(), 12)[0, head.masks["lower_lip"], 2].max()
    assert out > lip + 0.005


def test_only_the_left_half_moves_in_left_expressions(head: FaceModel) -> None:
    left_points = head.v_template[:, 0] < -0.02
    for name in EXPRESSION_NAMES:
        if name.endswith("Left") and name not in {"jawLeft", "mouthLeft"}:
            moved = np.abs(head.expression_dirs[left_points][:, :, EXPRESSION_INDEX[name]]).max()
            assert moved < 1e-3, name


def teeth_in_front(head: FaceModel, vertices: np.ndarray) -> float:
    """Millimetres by which any tooth stands out of the face (looked at from the front), at most."""
    faces = visible_skin_faces(head)
    skin = vertices[0]
    centre = skin[faces].mean(axis=1)
    front = (centre[:, 2] > 0.06) & (centre[:, 1] < -0.03) & (centre[:, 1] > -0.13)
    facing = normals(skin, faces)[:, 2] > 0
    centre = centre[front & facing]
    worst = -np.inf
    for tooth in skin[head.masks["teeth"]]:
        near = np.linalg.norm(centre[:, :2] - tooth[:2], axis=1)
        close = np.argsort(near)[:3]
        if near[close[0]] < 0.0025:  # a visible piece of skin lies in front of this place
            worst = max(worst, float(tooth[2] - centre[close, 2].max()))
    return worst * MM


@pytest.mark.parametrize(
    ("shapes", "jaw"),
    [
        ({}, 0),
        ({"mouthClose": 0.5, **both("mouthPress", 0.4)}, 8),
        ({"mouthClose": 1.0}, 16),
        ({"mouthRollLower": 0.8, **both("mouthUpperUp", 0.3)}, 2),
        ({"mouthRollUpper": 0.6, "mouthRollLower": 0.6}, 0),
        (both("mouthSmile", 1.0), 0),
        ({**both("mouthStretch", 0.8), **both("mouthSmile", 0.3)}, 4),
        (both("mouthPress", 1.0), 0),
        ({"mouthPucker": 0.9}, 3),
    ],
)
def test_teeth_stay_behind_the_lips(head: FaceModel, shapes: dict[str, float], jaw: float) -> None:
    assert teeth_in_front(head, posed(head, expression(**shapes), jaw)) < 0


# --- eyes --------------------------------------------------------------------------------------


def catmull_clark(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Points of quads after one Catmull-Clark step, boundary vertices left out; (N, 3)."""
    count = int(faces.max()) + 1
    face_points = points[faces].mean(axis=1)
    sides = np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)])
    owner = np.tile(np.arange(len(faces)), 4)
    key = np.sort(sides, axis=1) @ np.array([count, 1])
    unique, inverse, shared = np.unique(key, return_inverse=True, return_counts=True)
    ends = np.stack([unique // count, unique % count], axis=1)
    sums = np.zeros((len(unique), 3))
    np.add.at(sums, inverse, face_points[owner])
    inner = shared == 2
    middle = points[ends].mean(axis=1)
    edge_points = (points[ends].sum(axis=1) + sums)[inner] / 4
    f, m, n = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count)
    degree = np.zeros(count)
    np.add.at(f, faces.ravel(), np.repeat(face_points, 4, axis=0))
    np.add.at(n, faces.ravel(), 1)
    np.add.at(m, ends.ravel(), np.repeat(middle, 2, axis=0))
    np.add.at(degree, ends.ravel(), 1)
    on_rim = np.zeros(count, bool)
    on_rim[ends[~inner].ravel()] = True
    keep = (n > 2) & ~on_rim & (n == degree)
    k = n[keep][:, None]
    vertex_points = (f[keep] / k + 2 * m[keep] / k + (k - 3) * points[:count][keep]) / k
    return np.concatenate([face_points, edge_points, vertex_points])


def eyeball_clearance(head: FaceModel, points: np.ndarray) -> float:
    """Smallest distance (mm) of points in front of the left eye from its ball with its cornea."""
    size = Proportions()
    local = points * 100 - np.array(size.eye)
    radius = np.linalg.norm(local, axis=1)
    angle = np.degrees(np.arccos(np.clip(local[:, 2] / radius, -1, 1)))
    rim = 1.12 * np.degrees(np.arcsin(size.iris / size.eye_radius))
    surface = size.eye_radius + size.cornea * np.maximum(1 - (angle / rim) ** 2, 0)
    return float((radius - surface)[angle < 75].min() * 10)


def lid_faces(head: FaceModel) -> np.ndarray:
    faces = visible_skin_faces(head)
    return faces[np.isin(faces, head.masks["eyelids_l"]).any(axis=1)]


def test_blink_clears_the_eyeball_all_the_way(head: FaceModel) -> None:
    amounts = np.linspace(0, 1, 21)
    frames = posed(head, expression(21, eyeBlinkLeft=amounts))
    lids = np.intersect1d(head.masks["eyelids_l"], head.masks["skin"])
    # Subdividing needs the faces around; use all visible quads near the eye.
    faces = lid_faces(head)
    for amount, frame in zip(amounts, frames, strict=True):
        assert eyeball_clearance(head, frame[lids]) > 0.1, amount
        assert eyeball_clearance(head, catmull_clark(frame.astype(np.float64), faces)) > 0.0, amount


def test_blink_closes_and_half_blink_does_not(head: FaceModel) -> None:
    frames = posed(head, expression(3, **both("eyeBlink", np.array([0, 0.5, 1.0]))))
    p = landmarks(head, frames) * MM
    opening = p[:, [43, 44], 1].mean(axis=1) - p[:, [47, 46], 1].mean(axis=1)
    assert opening[0] > 8
    assert 2 < opening[1] < opening[0]
    assert abs(opening[2]) < 0.3


def test_eyes_look_where_they_are_told(head: FaceModel) -> None:
    eye = np.arange(*head.meta["parts"]["left eye"])
    pupil = eye[np.argmax(head.v_template[eye, 2])]
    for name, axis, sign in (
        ("eyeLookUpLeft", 1, 1),
        ("eyeLookDownLeft", 1, -1),
        ("eyeLookOutLeft", 0, 1),
        ("eyeLookInLeft", 0, -1),
    ):
        control = head.joint_controls[name]
        eyes = np.zeros((1, 6), np.float32)
        eyes[0, :3] = control["rotation"]
        zero = np.zeros((1, 3), np.float32)
        turned = pose_vertices(head, expression(), zero, zero, eyes=eyes)[0]
        assert (turned[pupil] - head.v_template[pupil])[axis] * sign > 0.004, name


def test_open_lids_clear_the_turned_cornea(head: FaceModel) -> None:
    lids = np.intersect1d(head.masks["eyelids_l"], head.masks["skin"])
    size = Proportions()
    # The cornea can turn under any part of the lids: keep its full height free everywhere near it.
    local = head.v_template[lids] * 100 - np.array(size.eye)
    near = np.abs(local[:, 0]) < 1.1
    assert np.linalg.norm(local[near], axis=1).min() > size.eye_radius + size.cornea + 0.005


# --- fuzz --------------------------------------------------------------------------------------

FAMILIES: tuple[dict[str, float], ...] = (
    {"mouthSmileLeft": 1, "mouthSmileRight": 1},
    {"mouthFrownLeft": 1, "mouthFrownRight": 1},
    {"mouthStretchLeft": 1, "mouthStretchRight": 1},
    {"mouthFunnel": 1},
    {"mouthPucker": 1},
    {"mouthLowerDownLeft": 1, "mouthLowerDownRight": 1},
    {"mouthUpperUpLeft": 1, "mouthUpperUpRight": 1},
    {"mouthRollLower": 1},
    {"mouthRollUpper": 1},
    {"mouthPressLeft": 1, "mouthPressRight": 1},
    {"mouthShrugLower": 1, "mouthShrugUpper": 0.5},
)
UPPER = ("browDown", "browOuterUp", "cheekSquint", "eyeWide", "noseSneer")


def plausible_poses(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, jaw = np.zeros((count, len(EXPRESSION_NAMES)), np.float32), rng.uniform(0, 14, count)
    for row, angle in zip(rows, jaw, strict=True):
        closing = rng.random() < 0.3
        first, second = rng.choice(len(FAMILIES), 2, replace=False)
        limit = 0.15 if closing else 0.3
        for family, amount in ((first, rng.uniform(0, 0.8)), (second, rng.uniform(0, limit))):
            for name, share in FAMILIES[family].items():
                row[EXPRESSION_INDEX[name]] = np.clip(
                    amount * share + rng.uniform(-0.1, 0.1) * amount, 0, 0.8
                )
        if closing:
            row[EXPRESSION_INDEX["mouthClose"]] = rng.uniform(0, 1) * angle / 16
        blink = rng.random() ** 2
        shapes = {"eyeBlink": blink, "eyeSquint": rng.uniform(0, 0.6) if blink < 0.3 else 0.0}
        shapes |= {name: rng.uniform(0, 0.7) for name in rng.choice(UPPER, 2, replace=False)}
        if blink > 0.3:
            shapes.pop("eyeWide", None)
        for name, amount in shapes.items():
            row[EXPRESSION_INDEX[f"{name}Left"]] = amount
            row[EXPRESSION_INDEX[f"{name}Right"]] = amount
        row[EXPRESSION_INDEX["browInnerUp"]] = rng.uniform(0, 0.7)
    return rows, jaw


def flipped_faces(head: FaceModel, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(T, F) whether a face turned inside out: folded over a neighbour, or twisted in itself."""
    corner = vertices[:, faces].astype(np.float64)
    edge = np.roll(corner, -1, axis=2) - corner
    corner_normals = np.cross(edge, -np.roll(edge, 1, axis=2))
    whole = np.cross(corner[:, :, 2] - corner[:, :, 0], corner[:, :, 3] - corner[:, :, 1])
    rest = normals(head.v_template.astype(np.float64), faces)
    twisted = ((corner_normals * whole[:, :, None]).sum(-1) < 0).sum(axis=2) >= 2
    against = (whole * rest).sum(-1) / (
        np.linalg.norm(whole, axis=-1) * np.linalg.norm(rest, axis=-1) + 1e-15
    ) < -0.5
    return twisted | against


def test_no_faces_flip_in_plausible_poses(head: FaceModel) -> None:
    rows, jaw = plausible_poses(200, seed=7)
    faces = visible_skin_faces(head)
    bad = np.concatenate(
        [
            flipped_faces(head, posed(head, rows[i : i + 20], jaw[i : i + 20]), faces).sum(axis=1)
            for i in range(0, len(rows), 20)
        ]
    )
    assert (bad > 0).mean() <= 0.02, (bad > 0).mean()
    assert bad.max() <= 4
