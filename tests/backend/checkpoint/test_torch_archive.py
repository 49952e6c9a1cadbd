"""Official files are data: whatever else they hold is refused, and nothing in them runs."""

import argparse
import collections
import contextlib
import io
import os
import pickle
import zipfile
from pathlib import Path, PosixPath

import numpy as np
import pytest
import torch

from elocute.checkpoint import torch_archive
from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.errors import InputError
from elocute.storage.safe_pickle import Shell, load_pickle, namespace_globals, numpy_globals, to_arrays


def write_archive(path: Path, data: bytes, records: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", data)
        for name, content in (records or {}).items():
            archive.writestr(f"x/{name}", content)
    return path


class Runs:
    """Pickles to a call of ``function`` with ``arguments``."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_reads_what_torch_saves(tmp_path):
    content = {
        "args": argparse.Namespace(lr=0.1, data_root=PosixPath("a/b"), names=["x"], none=None),
        "model": collections.OrderedDict(
            weight=torch.arange(6.0).reshape(2, 3).t(),
            mask=torch.tensor([True, False]),
            count=torch.tensor(3),
            half=torch.ones(2, dtype=torch.bfloat16),
            empty=torch.empty(0, 4),
        ),
        "iter": 7,
    }
    torch.save(content, tmp_path / "a.pt")
    read = read_torch_archive(tmp_path / "a.pt")
    assert read["iter"] == 7
    assert isinstance(read["args"], Shell)
    assert read["args"].attributes == {"lr": 0.1, "data_root": "a/b", "names": ["x"], "none": None}
    for name, value in content["model"].items():
        assert read["model"][name].dtype == value.dtype
        assert torch.equal(read["model"][name], value)


def test_tensors_that_share_memory_come_apart(tmp_path):
    whole = torch.arange(10.0)
    torch.save({"a": whole[2:5], "b": whole}, tmp_path / "a.pt")
    read = read_torch_archive(tmp_path / "a.pt")
    read["a"].zero_()
    assert torch.equal(read["b"], whole)


def test_deflated_archives_are_read(tmp_path):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "a.pt")
    with (
        zipfile.ZipFile(tmp_path / "a.pt") as old,
        zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert torch.equal(read_torch_archive(tmp_path / "b.pt")["a"], torch.zeros(1000))


HOSTILE = {
    "os.system": Runs(os.system, "echo owned > owned.txt"),
    "eval": Runs(eval, "open('owned.txt', 'w')"),
    "getattr": Runs(getattr, "x", "upper"),
    "open": Runs(open, "owned.txt", "w"),
    "torch.load": Runs(torch.load, "owned.txt"),
    "torch.jit": Runs(torch.jit.load, "owned.txt"),
    "numpy": Runs(np.load, "owned.txt"),
    "dict subclass": collections.Counter("a"),
    "lambda-like": Runs(__import__, "os"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("protocol", [2, 4])
def test_hostile_pickles_are_refused_and_do_nothing(tmp_path, monkeypatch, name, protocol):
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps({"args": HOSTILE[name]}, protocol)
    path = write_archive(tmp_path / "bad.pt", data)
    with pytest.raises(InputError, match="is refused: it tries to load") as caught:
        read_torch_archive(path)
    assert caught.value.code == "hostile_pickle"
    assert not (tmp_path / "owned.txt").exists()


def test_submodule_and_attribute_tricks_are_refused(tmp_path):
    for module, name in (
        ("torch", "os.system"),
        ("argparse", "_sys"),
        ("collections", "abc"),
        ("pathlib", "os"),
    ):
        data = b"\x80\x04\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + bytes([len(name)])
        data += name.encode() + b"\x93."  # STACK_GLOBAL
        with pytest.raises(InputError, match="is refused"):
            read_torch_archive(write_archive(tmp_path / "bad.pt", data))


@pytest.mark.parametrize("name", ["argparse\nNamespace", "collections\nOrderedDict", "pathlib\nPosixPath"])
def test_changing_what_is_allowed_does_not_outlive_the_load(name):
    # BUILD with a slot state sets attributes on whatever is on the stack, here on what the name gave
    tampering = b"\x80\x02c" + name.encode() + b"\nN}X\x04\x00\x00\x00evilK\x01s\x86b."
    with contextlib.suppress(InputError):
        load_pickle(tampering, namespace_globals(), source="x")
    after = namespace_globals()
    for allowed in (Shell, argparse.Namespace, collections.OrderedDict, *after.values()):
        assert not hasattr(allowed, "evil")


def storage_pickle(count: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", torch.FloatStorage, "0", "cpu", count) if obj == "STORAGE" else None

    stream = io.BytesIO()
    call = Runs(
        torch._utils._rebuild_tensor_v2, "STORAGE", offset, size, stride, False, collections.OrderedDict()
    )
    Pickler(stream, 2).dump({"w": call})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("count", "size", "stride", "offset"),
    [
        (4, (5,), (1,), 0),
        (4, (2, 2), (100, 1), 0),
        (4, (4,), (1,), 1),
        (4, (10**12,), (0,), 0),
        (4, (-1,), (1,), 0),
        (4, (2,), (1, 1), 0),
        (5, (4,), (1,), 0),
        (4, (4,), (1,), -3),
    ],
)
def test_tensors_that_reach_past_their_storage(tmp_path, count, size, stride, offset):
    path = write_archive(
        tmp_path / "bad.pt", storage_pickle(count, size, stride, offset), {"data/0": bytes(16)}
    )
    with pytest.raises(InputError, match="damaged"):
        read_torch_archive(path)


def test_a_good_handmade_tensor_is_read(tmp_path):
    path = write_archive(tmp_path / "ok.pt", storage_pickle(4, (2, 2), (2, 1)), {"data/0": bytes(16)})
    assert torch.equal(read_torch_archive(path)["w"], torch.zeros(2, 2))


def test_truncated_file(tmp_path):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "a.pt")
    data = (tmp_path / "a.pt").read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9, 0.99):
        (tmp_path / "b.pt").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InputError, match=r"truncated|not a PyTorch checkpoint"):
            read_torch_archive(tmp_path / "b.pt")


def test_damaged_content(tmp_path):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "a.pt")
    data = bytearray((tmp_path / "a.pt").read_bytes())
    data[len(data) // 2] ^= 0xFF  # a weight: the checksum no longer fits
    (tmp_path / "b.pt").write_bytes(data)
    with pytest.raises(InputError):
        read_torch_archive(tmp_path / "b.pt")


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x80\x02}", b"(((((", b"\x80\x02K\x01K\x02s.", pickle.dumps(1)[:-1]]
)
def test_broken_pickles(tmp_path, data):
    with pytest.raises(InputError, match="damaged"):
        read_torch_archive(write_archive(tmp_path / "bad.pt", data))


def test_files_that_are_no_archives(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_torch_archive(tmp_path / "none.pt")
    with pytest.raises(InputError, match="folder"):
        read_torch_archive(tmp_path)
    (tmp_path / "old.pt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(InputError, match="not a PyTorch checkpoint"):
        read_torch_archive(tmp_path / "old.pt")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(InputError, match=r"no data\.pkl"):
        read_torch_archive(tmp_path / "empty.zip")


def test_a_memo_index_that_would_fill_memory(tmp_path):
    data = b"\x80\x02K\x01r\xff\xff\xff\x7f."  # LONG_BINPUT 2**31 - 1
    with pytest.raises(InputError, match="damaged"):
        read_torch_archive(write_archive(tmp_path / "bad.pt", data))


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(torch_archive, "LARGEST_ARCHIVE", 100)
    torch.save({"a": torch.zeros(1000)}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="too large when unpacked"):
        read_torch_archive(tmp_path / "a.pt")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numpy_arrays_are_read_without_numpy_unpickling(protocol):
    content = {
        "a": np.arange(12, dtype=np.float32).reshape(3, 4),
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "i": [np.array([1, 2], np.int64), np.float64(2.5)],
        "b": b"raw \xff bytes",
    }
    data = pickle.dumps(content, protocol)
    for name in (data, data.replace(b"numpy._core", b"numpy.core")) if protocol < 4 else (data,):
        read = to_arrays(load_pickle(name, numpy_globals(), source="x"), "x")
        assert read["a"].dtype == np.float32
        assert np.array_equal(read["a"], content["a"])
        assert np.array_equal(read["f"], content["f"])
        assert np.array_equal(read["i"][0], [1, 2])
        assert read["i"][1] == 2.5
        assert read["b"] == content["b"]


def test_an_array_of_objects_comes_back_as_their_list():
    data = pickle.dumps(np.array([1, None], object), 2)
    assert to_arrays(load_pickle(data, numpy_globals(), source="x"), "x") == [1, None]


def test_an_array_of_the_wrong_size_is_refused():
    data = pickle.dumps(np.zeros(3, np.float32), 2).replace(b"K\x03\x85", b"K\x04\x85")
    with pytest.raises(InputError, match="damaged array"):
        to_arrays(load_pickle(data, numpy_globals(), source="x"), "x")


def test_a_value_that_holds_itself_is_refused():
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(InputError, match="contains itself"):
        to_arrays(load_pickle(pickle.dumps(endless), numpy_globals(), source="x"), "x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!doctype html>", "a web page, not the file itself"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer, not the file itself",
        ),
        (b"\x10\0\0\0\0\0\0\0{}" + bytes(20), "a safetensors file"),
        (pickle.dumps(0x1950A86A20F9469CFC6C, 2), "a PyTorch file of the format before version 1.6"),
        (pickle.dumps({"a": 1}, 2), "a pickle"),
    ],
)
def test_other_files_are_named(tmp_path, content, words):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(InputError, match=f"is not a PyTorch checkpoint: it is {words}"):
        read_torch_archive(tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"is not a PyTorch checkpoint: it is an \.npz of numpy arrays"):
        np.savez(tmp_path / "a.npz", a=1)
        read_torch_archive(tmp_path / "a.npz")


def test_old_files_of_torch_itself_are_named(tmp_path):
    torch.save({"a": torch.zeros(3)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(InputError, match=r"before version 1\.6\. Load it in PyTorch and save it again"):
        read_torch_archive(tmp_path / "old.pt")


def test_one_storage_is_not_copied_for_ever(tmp_path):
    view = torch.zeros(2**20)
    torch.save({str(number): view[:] for number in range(100)}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="damaged"):
        read_torch_archive(tmp_path / "a.pt")
    torch.save({str(number): view[:] for number in range(10)}, tmp_path / "a.pt")
    assert len(read_torch_archive(tmp_path / "a.pt")) == 10


def test_sizes_are_compared_before_anything_is_unpacked(tmp_path):
    data = storage_pickle(2**25, (2**25,), (1,))
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", data)
        archive.writestr("x/data/0", bytes(2**27))
    assert path.stat().st_size < 2**18
    with pytest.raises(InputError, match=r"is too large when unpacked: its content has 0\.134 GB"):
        read_torch_archive(path)
