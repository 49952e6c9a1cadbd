"""Vectors in files: what is read, and what is refused."""

import numpy as np
import pytest

from elocute.checkpoint.vector import LARGEST, read_vector
from elocute.errors import InputError
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full(12, np.nan), "NaN"),
        (np.array(["a"] * 12), "not a style file"),
        (np.array([None] * 12), "not a style file"),
    ],
)
def test_bad_vectors(tmp_path, array, message):
    np.save(tmp_path / "v.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=message) as caught:
        read_vector(tmp_path / "v.npy", "style")
    assert caught.value.code == "bad_style"


def test_vectors_from_npz_and_first_rows(tmp_path):
    rows = np.arange(24.0).reshape(2, 12)
    np.savez(tmp_path / "v.npz", shape=rows)
    assert read_vector(tmp_path / "v.npz", "shape").tolist() == rows[0].tolist()
    assert read_vector((tmp_path / "v.npz").read_bytes(), "shape").tolist() == rows[0].tolist()
    assert read_vector(tmp_path / "v.npz", "shape").dtype == np.float32
    with pytest.raises(InputError, match="mine contains no style: it has no array 'style'") as caught:
        read_vector((tmp_path / "v.npz").read_bytes(), "style", "mine")
    assert caught.value.hint == "Choose a style file."
    with pytest.raises(InputError, match="no file"):
        read_vector(tmp_path / "w.npz", "style")
    (tmp_path / "t.npz").write_text("text")
    with pytest.raises(InputError, match="not a shape file"):
        read_vector(tmp_path / "t.npz", "shape")


def test_a_single_number_and_nothing_are_vectors_too(tmp_path):
    for array in (np.float32(3.0), np.zeros((0, 12))):
        np.save(tmp_path / "v.npy", array)
        assert read_vector(tmp_path / "v.npy", "style").size == array.size


def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "v.npz", style=np.zeros(LARGEST // 8 + 1))
    content = (tmp_path / "v.npz").read_bytes()
    assert len(content) < 2**20
    with pytest.raises(InputError, match="is too large"):
        read_vector(content, "style", "mine.npz")


@pytest.mark.parametrize(("what", "hint"), [("style", "elocute style extract"), ("shape", "a shape file")])
def test_a_clip_is_called_one_and_not_a_file_without_an_array(tmp_path, what, hint):
    MotionClip(
        fps=25.0,
        basis=BASIS,
        expression=np.zeros((4, 43), np.float32),
        jaw=np.zeros((4, 3), np.float32),
        head=np.zeros((4, 3), np.float32),
    ).save(tmp_path / "take.npz")
    with pytest.raises(InputError, match=f"take.npz is a motion clip and no {what} file") as refused:
        read_vector(tmp_path / "take.npz", what)
    assert hint in refused.value.hint
