"""Write synthetic models as the kinds of pickle that FLAME's tools write."""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import SyntheticFlame

CHUMPY_ARRAYS = ("v_template", "shapedirs", "posedirs", "weights", "J")
_NEW_NAMES = b"numpy._core."
_OLD_NAMES = b"numpy.core."


def write_files(flame: SyntheticFlame, folder: Path, style: str = "chumpy") -> dict[str, Path]:
    """Write model, landmark embedding and masks under their official names.

    Returns:
        ``model``, ``landmarks``, ``masks``: their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "model": folder / "generic_model.pkl",
        "landmarks": folder / "landmark_embedding.npy",
        "masks": folder / "FLAME_masks.pkl",
    }
    write_model(flame, paths["model"], style)
    np.save(paths["landmarks"], np.array(flame.landmarks, dtype=object), allow_pickle=True)
    paths["masks"].write_bytes(pickle.dumps(flame.masks, protocol=2))
    return paths


def write_model(flame: SyntheticFlame, path: Path, style: str) -> None:
    """Write the model's pickle in one of ``STYLES``."""
    path.write_bytes(STYLES[style](flame))


def _chumpy(flame: SyntheticFlame) -> bytes:
    """Python 3 with chumpy and numpy 1: chumpy objects, a sparse regressor."""
    with _chumpy_class() as array_class:
        return pickle.dumps(_with_chumpy(flame, array_class), protocol=2).replace(_NEW_NAMES, _OLD_NAMES)


def _python2(flame: SyntheticFlame) -> bytes:
    """Python 2 with chumpy, as the first releases: byte strings where Python 3 has bytes and text."""
    with _chumpy_class() as array_class:
        stream = io.BytesIO()
        _Python2Pickler(stream, protocol=2).dump(_with_chumpy(flame, array_class))
    return (
        stream.getvalue()
        .replace(_NEW_NAMES, _OLD_NAMES)
        .replace(b"scipy.sparse._csc", b"scipy.sparse.csc")
        .replace(b"cbuiltins\n", b"c__builtin__\n")
    )


def _numpy1(flame: SyntheticFlame) -> bytes:
    return pickle.dumps(flame.arrays, protocol=3).replace(_NEW_NAMES, _OLD_NAMES)


def _numpy2(flame: SyntheticFlame) -> bytes:
    return pickle.dumps(flame.arrays, protocol=5)


def _no_jaw(flame: SyntheticFlame) -> bytes:
    """Four joints: root, neck and eyes."""
    keep = [0, 1, 3, 4]
    arrays = dict(flame.arrays)
    weights = arrays["weights"].copy()
    weights[:, 1] += weights[:, 2]
    arrays["weights"] = weights[:, keep]
    arrays["J_regressor"] = arrays["J_regressor"][keep]
    arrays["J"] = arrays["J"][keep]
    arrays["posedirs"] = np.delete(arrays["posedirs"], range(9, 18), axis=2)
    arrays["kintree_table"] = np.array([[2**32 - 1, 0, 1, 1], [0, 1, 2, 3]], np.uint32)
    return pickle.dumps(arrays, protocol=4)


STYLES: dict[str, Callable[[SyntheticFlame], bytes]] = {
    "chumpy": _chumpy,
    "python2": _python2,
    "numpy1": _numpy1,
    "numpy2": _numpy2,
    "no_jaw": _no_jaw,
}


@contextmanager
def _chumpy_class() -> Iterator[type[Any]]:
    """A class that pickles under the name ``chumpy.ch.Ch``, while the context lasts."""
    module = types.ModuleType("chumpy.ch")

    class Ch:
        def __init__(self, values: NDArray[Any]) -> None:
            self.x = values
            self._dirty_vars = {"x"}
            self._itr = None
            self._make_dense = False

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    module.Ch = Ch  # type: ignore[attr-defined]
    package = types.ModuleType("chumpy")
    package.ch = module  # type: ignore[attr-defined]
    added = {"chumpy": package, "chumpy.ch": module}
    before = {name: sys.modules.get(name) for name in added}
    sys.modules.update(added)
    try:
        yield Ch
    finally:
        for name, previous in before.items():
            if previous is None:
                del sys.modules[name]
            else:
                sys.modules[name] = previous


def _with_chumpy(flame: SyntheticFlame, array_class: type[Any]) -> dict[str, Any]:
    from scipy import sparse

    arrays = dict(flame.arrays)
    for name in CHUMPY_ARRAYS:
        arrays[name] = array_class(arrays[name])
    arrays["J_regressor"] = sparse.csc_matrix(flame.arrays["J_regressor"])
    return arrays


# The pickler written in Python is not in the type stubs; only it lets a class be written differently.
_PurePythonPickler: Any = pickle._Pickler  # type: ignore[attr-defined,unused-ignore]


class _Python2Pickler(_PurePythonPickler):  # type: ignore[misc]
    """Writes bytes and ASCII text as Python 2 wrote its one kind of string."""

    dispatch = _PurePythonPickler.dispatch.copy()

    def _save_string(self, value: Any) -> None:
        data = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(b"T" + len(data).to_bytes(4, "little") + data)
        self.memoize(value)

    dispatch[bytes] = _save_string
    dispatch[str] = _save_string
