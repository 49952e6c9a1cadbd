"""Blender's folder of temporary files after Blender was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from addon.core.headless.blenders_folder import known_folder

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from addon.core.headless.blenders_folder import known_folder
with known_folder(Path(sys.argv[1]).with_name("blender_before")) as note:
    note(Path(sys.argv[1]))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path) -> None:
    folder.mkdir()
    (folder / "quit.blend").touch()
    subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, check=False)


def test_the_folder_of_a_killed_one_goes_with_the_next(tmp_path):
    killed(tmp_path / "blender_aB3_xY")
    own, other = tmp_path / "blender_ZZZZZZ", tmp_path / "blender_other1"
    own.mkdir()
    other.mkdir()  # of a Blender that knows nothing of us
    with known_folder(own):
        assert sorted(path.name for path in tmp_path.glob("blender_*")) == [own.name, other.name]
        with known_folder(own):  # one that runs is left alone
            assert own.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == [own.name, other.name]


def test_nothing_but_such_a_folder_is_ever_removed(tmp_path):
    for name in ("Documents", "blender_123456789"):
        killed(tmp_path / name)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "keep").touch()
    (tmp_path / "blender_linked").symlink_to(elsewhere)
    record = next(tmp_path.glob(".elocute-blender-*"))
    record.with_name(f"{record.name.rsplit('-', 1)[0]}-99999999").write_text("blender_linked")
    record.with_name(f".elocute-blender-00000000-{os.getpid()}").write_text("Documents")
    own = tmp_path / "blender_ZZZZZZ"
    own.mkdir()
    with known_folder(own):
        pass
    assert (tmp_path / "Documents" / "quit.blend").exists()
    assert (tmp_path / "blender_123456789" / "quit.blend").exists()
    assert (elsewhere / "keep").exists()
