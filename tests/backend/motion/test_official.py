import numpy as np
import pytest

from elocute.errors import InputError
from elocute.motion.clip import MotionClip
from elocute.motion.official import load_motion, load_official, save_official


def clip(**changes):
    ramp = np.arange(12, dtype=np.float32).reshape(4, 3)
    settings = {
        "fps": 25.0,
        "basis": "flame2020",
        "expression": np.arange(200, dtype=np.float32).reshape(4, 50),
        "jaw": ramp / 100,
        "head": -ramp / 100,
        "shape": np.linspace(0, 1, 100, dtype=np.float32),
    }
    return MotionClip(**{**settings, **changes})


def test_round_trip(tmp_path):
    save_official(clip(), tmp_path / "o.npz")
    with np.load(tmp_path / "o.npz") as data:
        assert set(data.files) == {"exp", "pose", "shape"}
        assert data["pose"].shape == (4, 6)
        assert np.array_equal(data["pose"][:, :3], clip().head)  # head first
        assert data["shape"].shape == (4, 100)
    for read in (load_official(tmp_path / "o.npz"), load_motion(tmp_path / "o.npz")):
        for name in ("expression", "jaw", "head", "shape"):
            assert np.array_equal(getattr(read, name), getattr(clip(), name))


def test_either_kind_is_read(tmp_path):
    clip().save(tmp_path / "c.npz")
    assert np.array_equal(load_motion(tmp_path / "c.npz").head, clip().head)


def test_a_clip_without_shape_and_arrays_of_one_take(tmp_path):
    save_official(clip(shape=None), tmp_path / "o.npz")
    with np.load(tmp_path / "o.npz") as data:
        assert not data["shape"].any()
        np.savez(
            tmp_path / "p.npz", exp=data["exp"][None], pose=data["pose"][None], shape=data["shape"][None]
        )
    assert np.array_equal(load_official(tmp_path / "p.npz").expression, clip().expression)


def test_other_bases_have_no_official_form(tmp_path):
    with pytest.raises(InputError, match="basis elocute-head-1 has no official form"):
        save_official(clip(basis="elocute-head-1"), tmp_path / "o.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"exp": np.zeros((4, 50))}, "lacks 'pose'"),
        ({"exp": np.zeros((4, 50)), "pose": np.zeros((3, 6))}, "is damaged"),
        ({"exp": np.zeros((4, 50)), "pose": np.zeros((4, 7))}, "is damaged"),
        ({"exp": np.full((4, 50), np.nan), "pose": np.zeros((4, 6))}, "is damaged"),
        ({"exp": np.zeros((2, 4, 50)), "pose": np.zeros((2, 4, 6))}, "is damaged"),
        ({"exp": np.array(["a"]), "pose": np.zeros((4, 6))}, "is damaged"),
        ({"exp": np.array([None]), "pose": np.zeros((4, 6))}, "not a motion file"),
    ],
)
def test_bad_files(tmp_path, arrays, message):
    np.savez(tmp_path / "o.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_official(tmp_path / "o.npz")


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_motion(tmp_path / "none.npz")
    (tmp_path / "t.npz").write_text("text")
    with pytest.raises(InputError, match="not a motion file"):
        load_motion(tmp_path / "t.npz")
