"""Where the backend's environment is made unless the user names a folder, and which folders are too deep."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

LONGEST_WINDOWS_PATH: Final = 259
"""Characters of a path that Windows opens unless long paths have been switched on."""
PACKAGES_FOLDER: Final = "\\Lib\\site-packages\\"
"""Where packages lie in an environment on Windows."""
LONGEST_PACKAGE_PATH: Final = 171
"""Characters of the longest path in the packages: a licence text of PyTorch's."""
_LOCAL: Final = "LOCALAPPDATA"


def default_environment(
    user_folder: Path, system: str, variables: Mapping[str, str], version: tuple[int, int]
) -> Path:
    """Return the folder for the environment.

    On Windows the add-on's own folder lies so deep that PyTorch's longest paths would not fit; there it is a
    short one below the user's local data, one for each version of Blender.

    Args:
        user_folder: where the add-on keeps its files.
        system: as ``sys.platform``.
        variables: environment variables.
        version: of Blender.
    """
    if system != "win32" or not variables.get(_LOCAL):
        return user_folder / "environment"
    return Path(variables[_LOCAL]) / "Elocute" / f"{version[0]}.{version[1]}"


def depth_problem(folder: Path, system: str, long_paths: bool) -> str:
    """Return why the packages do not fit below ``folder``, in one sentence, or an empty string.

    Args:
        folder: of the environment.
        system: as ``sys.platform``.
        long_paths: whether Windows' long paths are switched on.
    """
    room = LONGEST_WINDOWS_PATH - len(PACKAGES_FOLDER) - LONGEST_PACKAGE_PATH
    if system != "win32" or long_paths or len(str(folder)) <= room:
        return ""
    return (
        f"{folder} has {len(str(folder))} characters; on Windows PyTorch's files fit only below a folder "
        f"of at most {room}."
    )


if sys.platform == "win32":
    import winreg

    def long_paths_enabled() -> bool:
        """Whether Windows' long paths are switched on."""
        try:
            with winreg.OpenKey(
                winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem"
            ) as key:
                return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
        except OSError:
            return False
else:

    def long_paths_enabled() -> bool:
        """Whether paths may be long: everywhere but on Windows."""
        return True
