from __future__ import annotations

import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor

import lmdb
import numpy as np
import pytest

from elocute.dataset.pack import PackSettings, Source, find_sources, pack, split_people
from elocute.dataset.store import RecordingStore, read_split
from elocute.errors import InputError, SettingsError
from elocute.motion.clip import MotionClip
from tests.backend.training.tiny_world import BASIS, SHAPES, make_recording


@pytest.fixture
def folder(tmp_path):
    for person in range(3):
        make_recording(tmp_path / "recordings", person, 0, 130 + 40 * person)
    pack(find_sources(tmp_path / "recordings"), tmp_path / "data", PackSettings(1, 1, SHAPES))
    return tmp_path


def overwrite(folder, key, value):
    with lmdb.open(str(folder)) as environment, environment.begin(write=True) as transaction:
        transaction.put(key.encode(), value)


def test_what_was_packed_comes_back(folder):
    store = RecordingStore(folder / "data")
    assert store.basis == BASIS
    assert store.names() == ["p0/v0", "p1/v0", "p2/v0"]
    assert [store.frames(name) for name in store.names()] == [130, 170, 210]
    clip = MotionClip.load(folder / "recordings" / "p2" / "v0.npz")
    found = store.read("p2/v0", 90, 115)  # across two borders of segments
    np.testing.assert_array_equal(found.coefficients["exp"], clip.expression[90:205])
    np.testing.assert_array_equal(found.coefficients["pose"][:, 3:], clip.jaw[90:205])
    np.testing.assert_array_equal(found.coefficients["pose"][:, :3], clip.head[90:205])
    np.testing.assert_array_equal(found.coefficients["shape"], np.tile(clip.shape, (115, 1)))
    whole = store.read("p2/v0", 0, 210).audio
    np.testing.assert_array_equal(found.audio, whole[90 * 640 : 205 * 640])
    assert whole.std() > 0.01
    with pytest.raises(InputError, match="ends at 210"):
        store.read("p2/v0", 200, 11)
    with pytest.raises(InputError, match="no entry p9/v0/metadata"):
        store.frames("p9/v0")


def test_two_stores_and_other_processes_may_read_at_once(folder):
    first, second = RecordingStore(folder / "data"), RecordingStore(folder / "data")
    assert first.frames("p0/v0") == second.frames("p0/v0") == 130
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(first.frames, "p0/v0").result() == 130


def test_old_numpy_can_read_what_we_write(folder):
    with lmdb.open(str(folder / "data"), readonly=True, lock=False) as environment:
        value = environment.begin().get(b"p0/v0/000")
    assert b"numpy.core.multiarray" in value
    assert b"numpy._core" not in value
    assert set(pickle.loads(value)["coef"]) == {"shape", "exp", "pose"}  # noqa: S301 - ours


def test_splits_are_by_person(folder):
    lists = [set(read_split(folder / "data", split)) for split in ("train", "val", "test")]
    assert sorted(map(len, lists)) == [1, 1, 1]
    assert set.union(*lists) == {"p0/v0", "p1/v0", "p2/v0"}
    sources = [Source(f"{person}/{video}", folder, folder) for person in "abcd" for video in "xy"]
    splits = split_people(sources, PackSettings(val_people=1, test_people=1))
    people = [{name[0] for name in names} for names in splits.values()]
    assert sum(map(len, people)) == len(set.union(*people)) == 4
    with pytest.raises(SettingsError, match="of 4 people"):
        split_people(sources, PackSettings(val_people=4))


def test_official_motion_files_are_packed(tmp_path):
    make_recording(tmp_path / "recordings", 0, 0, 30)
    rng = np.random.default_rng(0)
    arrays = {
        "exp": rng.normal(size=(28, 50)),
        "pose": rng.normal(size=(28, 6)),
        "shape": rng.normal(size=100),
    }
    np.savez(tmp_path / "recordings" / "p0" / "v0.npz", **arrays)
    pack(find_sources(tmp_path / "recordings"), tmp_path / "data")
    store = RecordingStore(tmp_path / "data")
    assert store.basis == "flame2020"
    found = store.coefficients("p0/v0")  # the sound is longer; the shorter counts
    assert found["exp"].shape == (28, 50)
    np.testing.assert_allclose(found["shape"][7], arrays["shape"], rtol=1e-6)


@pytest.mark.parametrize("place", ["nothing", "."])
def test_there_is_no_dataset(tmp_path, place):
    with pytest.raises(InputError, match=r"There is no dataset in .*: it has no data.mdb"):
        RecordingStore(tmp_path / place)


def test_truncated_and_foreign_files(folder):
    path = folder / "data" / "data.mdb"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="truncated"):
        RecordingStore(folder / "data")
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(InputError, match="cannot be read"):
        RecordingStore(folder / "data")


class Hostile:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return shutil.rmtree, (str(self.target),)


def test_hostile_pickle_is_refused_and_not_run(folder):
    victim = folder / "victim"
    victim.mkdir()
    overwrite(folder / "data", "p0/v0/000", pickle.dumps(Hostile(victim)))
    store = RecordingStore(folder / "data")
    with pytest.raises(InputError, match=r"p0/v0/000 is refused: it tries to load shutil"):
        store.read("p0/v0", 0, 10)
    assert victim.is_dir()


@pytest.mark.parametrize(
    "value",
    [
        {"audio": b"fLaC", "coef": {}},
        {
            "audio": b"",
            "coef": {"shape": np.ones((100, 4)), "exp": np.ones((100, 6)), "pose": np.ones((100, 6))},
        },
        {"audio": 3},
        [],
        {"audio": b"", "coef": {"shape": np.ones(4), "exp": np.full((100, 6), np.nan), "pose": np.ones(6)}},
    ],
)
def test_damaged_entries(folder, value):
    overwrite(folder / "data", "p0/v0/000", pickle.dumps(value))
    store = RecordingStore(folder / "data")
    with pytest.raises(InputError, match="p0/v0"):
        store.read("p0/v0", 0, 10)


def test_what_cannot_be_packed(folder, tmp_path):
    sources = find_sources(folder / "recordings")
    with pytest.raises(InputError, match="already holds a dataset"):
        pack(sources, folder / "data")
    with pytest.raises(InputError, match="no recordings"):
        find_sources(folder / "data")
    (folder / "recordings" / "p0" / "v0.wav").write_text("no sound")
    with pytest.raises(InputError, match="is not a sound file"):
        pack(sources, folder / "again", PackSettings(shape_columns=SHAPES))
    assert not (folder / "again" / "data.mdb").exists()
    (folder / "recordings" / "p0" / "v0.wav").unlink()
    with pytest.raises(InputError, match="has no sound file next to it"):
        find_sources(folder / "recordings")
    (folder / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write a dataset"):
        pack(sources, folder / "file" / "sub")


def test_lists(folder):
    with pytest.raises(InputError, match=r"has no list nope.txt"):
        read_split(folder / "data", "nope")
    (folder / "data" / "empty.txt").write_text("\n")
    with pytest.raises(InputError, match="lists no recordings"):
        read_split(folder / "data", "empty")
