"""Whether PyTorch can compute on a graphics card here, found out without importing it.

NVIDIA's management library, which comes with the driver, names the cards and starts nothing on them;
PyTorch's build stands in a file of its own. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_LIBRARY: Final = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
_NAME_BYTES: Final = 96
_VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_BUILT_FOR: Final = re.compile(r"^cuda\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


@dataclass(frozen=True)
class GraphicsCard:
    """A card that PyTorch can compute on, or why there is none.

    Attributes:
        name: as its maker calls it; empty where none can be used.
        problem: why, in a few words; empty where one can.
    """

    name: str = ""
    problem: str = ""

    @property
    def said(self) -> str:
        """What to tell a user: the name, or the reason."""
        return self.name or self.problem


def find_graphics_card(
    cards: Callable[[], tuple[str, ...]] | None = None,
    build: Callable[[], str | None] | None = None,
) -> GraphicsCard:
    """The first card that programs may use, where a PyTorch is installed that was built for it.

    Args:
        cards: names of NVIDIA's cards; by default those of this computer.
        build: the version of CUDA that the installed PyTorch was built for, empty for a build for processors,
            None where there is no PyTorch; by default that of this Python.
    """
    names = (cards or nvidia_cards)()
    if not names:
        return GraphicsCard(problem="no GPU")
    built_for = (build or cuda_of_pytorch)()
    if built_for is None:
        return GraphicsCard(problem=f"{names[0]} is not used without PyTorch")
    if not built_for:
        return GraphicsCard(problem=f"{names[0]} is not used: this PyTorch is for processors")
    return GraphicsCard(names[0])


def nvidia_cards(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Names of NVIDIA's cards that programs may use, in their order; empty where there is no driver."""
    allowed = environment.get(_VISIBLE)
    first = 0 if allowed is None else _first_number(allowed, 0)
    if first < 0:
        return ()
    try:
        library = ctypes.CDLL(_LIBRARY)
        if library.nvmlInit_v2() != 0:
            return ()
    except (OSError, AttributeError):  # no driver, or a very old one
        return ()
    try:
        names = _names_from(library)
    finally:
        library.nvmlShutdown()
    return names[first:]


def _first_number(told: str, otherwise: int) -> int:
    """The first of the cards that the user has named; negative for none. Some are named by long codes."""
    first = told.split(",", maxsplit=1)[0].strip()
    if not first:
        return -1
    try:
        return int(first)
    except ValueError:
        return otherwise


def _names_from(library: ctypes.CDLL) -> tuple[str, ...]:
    count = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return ()
    names = []
    for number in range(count.value):
        handle, name = ctypes.c_void_p(), ctypes.create_string_buffer(_NAME_BYTES)
        if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle)) != 0:
            continue
        if library.nvmlDeviceGetName(handle, name, _NAME_BYTES) == 0:
            names.append(name.value.decode("utf-8", errors="replace"))
    return tuple(names)


def cuda_of_pytorch() -> str | None:
    """The version of CUDA that the installed PyTorch was built for; empty for none, None without PyTorch."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        told = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = _BUILT_FOR.search(told)
    return "" if found is None else found.group(1)
