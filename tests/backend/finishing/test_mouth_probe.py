"""The probe measures what the head measures, and its file holds what it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.lip_contacts.probe_file import FORMAT
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "backend" / "elocute" / "bundled" / "elocute-lite" / "mouth_probe.npz"


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(ROOT / "flame_assets" / "elocute-head-1.npz")


@pytest.fixture(scope="module")
def probe(head):
    return MouthProbe.from_face(head)


def wild(face, count, shape=None):
    """A clip of random poses."""
    rng = np.random.default_rng(2)
    expression = rng.normal(0.0, 0.3, (60, count)).astype(np.float32)
    jaw = rng.normal(0.0, 0.1, (60, 3)).astype(np.float32)
    return MotionClip(25.0, face.basis, expression, jaw, np.zeros_like(jaw), shape=shape)


def test_it_measures_what_the_stand_in_head_measures(head, probe, tmp_path):
    clip = wild(head, len(EXPRESSION_NAMES))
    signals = mouth_signals(clip, head)
    probe.save(tmp_path / "probe.npz")
    for one in (probe, MouthProbe.load(tmp_path / "probe.npz")):
        np.testing.assert_allclose(one.gap(clip.expression, clip.jaw), signals.opening, atol=1e-6)
        np.testing.assert_allclose(
            one.lip_to_teeth(clip.expression, clip.jaw), signals.lip_to_teeth, atol=1e-5
        )
    assert (tmp_path / "probe.npz").stat().st_size < 80_000


def test_it_follows_flames_correctives_moving_joints_and_identities(flame_face, tmp_path):
    shape = np.random.default_rng(1).normal(0.0, 1.0, 100).astype(np.float32)
    clip = wild(flame_face, 50, shape)
    whole = MouthProbe.from_face(flame_face)
    whole.save(tmp_path / "probe.npz")
    assert not whole.has_teeth
    for one in (whole, MouthProbe.load(tmp_path / "probe.npz")):
        gap = one.fitted(50, shape).gap(clip.expression, clip.jaw)
        np.testing.assert_allclose(gap, mouth_signals(clip, flame_face).opening, atol=1e-6)
        # Each of these is needed to get it right.
        assert np.abs(one.fitted(50, None).gap(clip.expression, clip.jaw) - gap).max() > 1e-4
    still = replace(whole, correctives=whole.correctives[..., :0]).fitted(50, shape)
    assert np.abs(still.gap(clip.expression, clip.jaw) - gap).max() > 1e-5


@pytest.mark.parametrize("measure", ["gap", "lip_to_teeth"])
def test_slopes_are_those_of_the_measure(head, probe, measure):
    clip = wild(head, len(EXPRESSION_NAMES))
    expression, jaw = clip.expression.astype(float), clip.jaw.astype(float)
    slope = (probe.gap_slope if measure == "gap" else probe.teeth_slope)(expression, jaw)
    before = getattr(probe, measure)(expression, jaw)
    np.testing.assert_array_equal(slope.distance, before)
    for column in (17, 24, 30):
        moved = expression.copy()
        moved[:, column] += 1e-5
        change = (getattr(probe, measure)(moved, jaw) - before) / 1e-5
        close = np.abs(change - slope.expression[:, column]) < 1e-3
        assert close.mean() > 0.9  # another vertex may become the nearest
    turned = jaw + np.array([1e-5, 0.0, 0.0])
    change = (getattr(probe, measure)(expression, turned) - before) / 1e-5
    assert (np.abs(change - slope.jaw) < 2e-3).mean() > 0.9


def test_a_frame_is_measured_the_same_whatever_stands_beside_it(head, probe, flame_face):
    for face, count, one in (
        (head, len(EXPRESSION_NAMES), probe),
        (flame_face, 50, MouthProbe.from_face(flame_face).fitted(50, None)),
    ):
        clip = wild(face, count)
        together = one.gap_slope(clip.expression, clip.jaw)
        for part in (slice(0, 1), slice(7, 8), slice(5, 22), slice(59, 60)):
            alone = one.gap_slope(clip.expression[part], clip.jaw[part])
            for a, b in zip(together, alone, strict=True):
                np.testing.assert_array_equal(a[part], b)


def test_a_flame_mouth_is_shut_as_it_is_at_rest(flame_face):
    probe = MouthProbe.from_face(flame_face)
    assert probe.shut_gap == probe.gap(np.zeros((1, 100)), np.zeros((1, 3)))[0] > 0.0


def test_a_closing_mouth_leaves_the_upper_face_alone(probe, flame_face):
    still = [i for i, name in enumerate(EXPRESSION_NAMES) if name.startswith(("brow", "eye"))]
    assert not probe.cheapest[still].any()
    flame = MouthProbe.from_face(flame_face)
    push = flame.gap_slope(np.zeros((1, 100)), np.zeros((1, 3))).expression[0]
    brows = flame_face.expression_dirs[flame_face.masks["brows"]]

    def share(way):
        return np.linalg.norm(brows @ way) / (push @ way)

    assert share(flame.cheapest @ push) < 0.5 * share(push)


def test_what_does_not_fit_is_refused(head, probe):
    with pytest.raises(InputError, match="no landmarks") as caught:
        MouthProbe.from_face(replace(head, landmark_weights=np.zeros_like(head.landmark_weights)))
    assert "--landmarks" in caught.value.hint
    with pytest.raises(ValueError, match="43 expressions, not 44"):
        probe.fitted(44, None)
    assert probe.fitted(43, None) is probe


def test_the_first_format_still_loads(probe):
    first, expression = MouthProbe.load(BUNDLED), np.random.default_rng(4).normal(0, 0.3, (30, 43))
    with np.load(BUNDLED) as data:
        assert int(data["format"]) == 1
    jaw = np.full((30, 3), [0.1, 0.02, 0.0])
    assert (first.basis, first.has_teeth) == (BASIS, True)
    # Micrometres: nose and cheeks, which hold the measure's axes, were sculpted anew since it was written.
    np.testing.assert_allclose(first.gap(expression, jaw), probe.gap(expression, jaw), atol=5e-6, rtol=0)
    distance = probe.lip_to_teeth(expression, jaw)
    np.testing.assert_allclose(first.lip_to_teeth(expression, jaw), distance, atol=1e-7)


def test_a_missing_or_foreign_probe_file(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        MouthProbe.load(tmp_path / "none.npz")
    for name, content in {"empty": b"", "text": b"hello", "zip": b"PK\x03\x04 no zip"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="not a mouth probe"):
            MouthProbe.load(tmp_path / name)


@pytest.mark.parametrize(
    "change",
    [
        {"format": np.int32(3)},
        {"basis": np.str_("flame2020")},
        {"rest": None},
        {"pairs": None},
        {"pairs": np.int32(3)},
        {"pairs": np.array([1, 2])},
        {"rest": np.zeros((0, 3), np.float32)},
        {"rest": np.float32(1.0)},
        {"directions": np.zeros((4, 3, 43), np.float32)},
        {"jaw_joint": np.full(3, np.nan, np.float32)},
        {"jaw_joint": np.zeros(3)},
        {"teeth": np.zeros((0, 3), np.float32)},
        {"teeth": np.array(["a", "b"])},
        {"jaw_weight": "doubled"},
        {"rest": np.array([object()])},
    ],
)
def test_a_damaged_file_of_the_first_format(tmp_path, change):
    with np.load(BUNDLED) as data:
        arrays = {name: data[name] for name in data.files}
    doubled = {"jaw_weight": arrays["jaw_weight"] * 2} if change.get("jaw_weight") == "doubled" else change
    np.savez(tmp_path / "probe.npz", **{k: v for k, v in (arrays | doubled).items() if v is not None})
    with pytest.raises(InputError, match="mouth probe"):
        MouthProbe.load(tmp_path / "probe.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"format": np.int32(FORMAT + 1)},
        {"rest": None},
        {"columns": np.int32(0)},
        {"columns": np.int32(500)},
        {"rest": np.zeros((2, 3), np.float32)},
        {"rest": np.float32(1.0)},
        {"directions": np.zeros((2, 4, 3, 43), np.float32)},
        {"correctives": np.zeros((2, 172, 3, 4), np.float32)},
        {"shapes": np.float32(0.0)},
        {"axes_rest": np.full((8, 3), np.nan, np.float32)},
        {"teeth": np.array(["a", "b"])},
        {"cost": np.zeros((43, 43), np.float32)},
        {"cost": np.eye(44, dtype=np.float32)},
    ],
)
def test_a_damaged_file(probe, tmp_path, change):
    path = tmp_path / "probe.npz"
    probe.save(path)
    with np.load(path) as data:
        arrays = {name: data[name] for name in data.files} | change
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(InputError, match="mouth probe"):
        MouthProbe.load(path)


def test_a_truncated_or_flipped_probe_file(probe, tmp_path):
    path = tmp_path / "probe.npz"
    probe.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="mouth probe"):
        MouthProbe.load(path)
    path.write_bytes(whole[:5000] + bytes(64) + whole[5064:])
    with pytest.raises(InputError, match="mouth probe"):
        MouthProbe.load(path)
