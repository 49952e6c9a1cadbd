from __future__ import annotations

import numpy as np
import pytest

from elocute.dataset.pack import PackSettings, find_sources, pack
from elocute.dataset.statistics import CoefficientStats, measure
from elocute.dataset.store import COEFFICIENTS, RecordingStore
from elocute.errors import InputError
from tests.backend.training.tiny_world import SHAPES, make_recording


@pytest.fixture
def store(tmp_path):
    for person, frames in enumerate((12, 15)):
        make_recording(tmp_path / "recordings", person, 0, frames)
    pack(find_sources(tmp_path / "recordings"), tmp_path / "data", PackSettings(shape_columns=SHAPES))
    return RecordingStore(tmp_path / "data")


def test_whole_recordings_as_crops_by_hand(tmp_path):
    # Recordings of 12 frames and crops of 12: no choice, so the numbers are known.
    for person in range(2):
        make_recording(tmp_path / "recordings", person, 0, 12)
    pack(find_sources(tmp_path / "recordings"), tmp_path / "data", PackSettings(shape_columns=SHAPES))
    store = RecordingStore(tmp_path / "data")
    stats = measure(store, store.names(), rounds=3, crop_frames=12)
    clips = [store.coefficients(name) for name in store.names()]
    for part in ("exp", "pose"):
        values = np.stack([clip[part] for clip in clips]).astype(np.float64)
        np.testing.assert_allclose(stats.mean[part], values.mean(axis=(0, 1)), atol=1e-6)
        moving = values.std(axis=1).mean(axis=0) > 0  # the jaw turns about one axis only
        expected = values.std(axis=1).mean(axis=0)
        np.testing.assert_allclose(stats.std[part][moving], expected[moving], rtol=1e-5)
        np.testing.assert_array_equal(stats.lowest[part], values.min(axis=(0, 1)).astype(np.float32))
        np.testing.assert_array_equal(stats.highest[part], values.max(axis=(0, 1)).astype(np.float32))
    assert (stats.std["pose"][4:] == 1).all()
    # Identity never changes within a recording: its spread is the one between people.
    shapes = np.stack([clip["shape"][0] for clip in clips])
    np.testing.assert_allclose(stats.std["shape"], shapes.std(axis=0), rtol=1e-4)


def test_every_recording_weighs_the_same(store):
    stats = measure(store, store.names(), rounds=4000, crop_frames=6, seed=1)
    means = []
    for name in store.names():
        values = store.coefficients(name)["exp"].astype(np.float64)
        crops = np.lib.stride_tricks.sliding_window_view(values, 6, axis=0)
        means.append((crops.mean(axis=(0, 2)), crops.std(axis=2).mean(axis=0)))
    expected = np.mean(means, axis=0)
    np.testing.assert_allclose(stats.mean["exp"], expected[0], atol=0.02)
    np.testing.assert_allclose(stats.std["exp"], expected[1], rtol=0.05)


def test_file_round_trip(store, tmp_path):
    stats = measure(store, store.names(), rounds=5, crop_frames=6)
    path = tmp_path / "stats.npz"
    stats.save(path)
    assert sorted(np.load(path).files) == sorted(
        f"{part}_{kind}" for part in COEFFICIENTS for kind in ("mean", "std", "max", "min")
    )
    again = CoefficientStats.load(path)
    for part in COEFFICIENTS:
        np.testing.assert_array_equal(again.std[part], stats.std[part])
    normal = again.normalize("exp", stats.mean["exp"] + stats.std["exp"])
    np.testing.assert_allclose(normal, 1, atol=1e-4)


def test_bad_files(store, tmp_path):
    good = measure(store, store.names(), rounds=5, crop_frames=6)
    with pytest.raises(InputError, match="There are no statistics"):
        CoefficientStats.load(tmp_path / "none.npz")
    path = tmp_path / "text.npz"
    path.write_text("no")
    with pytest.raises(InputError, match="is not a statistics file"):
        CoefficientStats.load(path)
    np.savez(path, exp_mean=np.zeros(3))
    with pytest.raises(InputError, match="lack shape_mean, shape_std, exp_std"):
        CoefficientStats.load(path)
    good.save(path)
    arrays = dict(np.load(path))
    np.savez(path, **{**arrays, "exp_std": arrays["exp_std"][:-1]})
    with pytest.raises(InputError, match="do not fit: exp must have"):
        CoefficientStats.load(path)
    with pytest.raises(InputError, match="6 'exp' columns, but x has 7"):
        good.check_sizes({**good.mean, "exp": np.zeros((1, 7), np.float32)}, "x")
    with pytest.raises(InputError, match="p0/v0 has 12 frames; statistics need 13"):
        measure(store, store.names(), rounds=5, crop_frames=13)
