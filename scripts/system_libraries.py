"""Which system libraries Blender's Python module needs, and what to install where they lack.

As a program: prints what is missing and ends with 1 if anything is; ``--packages`` prints package names only.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

DEBIAN_PACKAGES: dict[str, str] = {
    "libX11.so.6": "libx11-6",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXext.so.6": "libxext6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libgomp.so.1": "libgomp1",
}
"""Library -> the Debian and Ubuntu package that holds it."""

OPENGL_DRIVER_PACKAGE = "libgl1-mesa-dri"
"""Draws without a graphics card; without it Workbench cannot render and Cycles takes over."""


def can_load(library: str) -> bool:
    """Return whether the dynamic loader finds ``library``."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries(loadable: Callable[[str], bool] = can_load, platform: str = sys.platform) -> list[str]:
    """Return the libraries that Blender's module needs and this machine lacks (Linux only)."""
    if not platform.startswith("linux"):
        return []
    return [library for library in DEBIAN_PACKAGES if not loadable(library)]


def packages_for(libraries: list[str]) -> list[str]:
    """Return the Debian packages to install for ``libraries``, sorted, each once."""
    return sorted({DEBIAN_PACKAGES[library] for library in libraries} | {OPENGL_DRIVER_PACKAGE})


def missing_sentence(libraries: list[str]) -> str:
    """Return one sentence that says which packages to install for ``libraries``."""
    return (
        f"Blender's Python module needs system libraries that this machine lacks ({', '.join(libraries)}): "
        f"install them with 'sudo apt-get install {' '.join(packages_for(libraries))}' (Debian, Ubuntu) "
        "or your system's equivalent."
    )


def main() -> int:
    """Print what is missing; return 1 if anything is."""
    libraries = missing_libraries()
    if libraries:
        print(" ".join(packages_for(libraries)) if "--packages" in sys.argv else missing_sentence(libraries))
    return 1 if libraries else 0


if __name__ == "__main__":
    sys.exit(main())
