"""Drives that fail are like drives that lack the file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from addon.core.errors import UserError
from addon.core.files import is_file
from addon.core.options import SceneOptions
from addon.core.request import request_of


def test_a_file_a_folder_nothing_and_names_that_none_can_have(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert is_file(tmp_path / "a")
    for name in ("", "b", "a/b", "x" * 5000, "a\0"):
        assert not is_file(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES, errno.EHOSTDOWN])
def test_a_drive_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = tmp_path / "line.wav"
    path.touch()

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "stat", fails)
    assert not is_file(path)
    with pytest.raises(UserError, match="There is no file"):
        request_of(SceneOptions(audio=path))
