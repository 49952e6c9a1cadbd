"""Clips onto a character, without a window.

    blender -b character.blend --python-exit-code 1 -P elocute_batch.py -- --clips DIR --out DIR

It works from an installed extension and from the repository, with Blender and with the Python module bpy
(``python elocute_batch.py --blend character.blend -- --clips ...``). ``-- --help`` lists the arguments.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import bpy


def arguments() -> list[str]:
    """The words after ``--``; under plain Python the file that ``--blend`` names is opened first."""
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    own, words = sys.argv[1:split], sys.argv[split + 1 :]
    if not bpy.app.binary_path and len(own) == 2 and own[0] == "--blend":
        try:
            bpy.ops.wm.open_mainfile(filepath=str(Path(own[1]).absolute()))
        except RuntimeError:
            sys.stderr.write(f"elocute: {own[1]} cannot be opened as a .blend file.\n")
            raise SystemExit(2) from None
    return words


def run() -> int:
    """Do it and return the exit code."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from addon.blender.headless.run import main

    return main(arguments())


if __name__ == "__main__":
    code = run()
    if not bpy.app.binary_path:
        sys.stdout.flush()
        sys.stderr.flush()
        shutil.rmtree(bpy.app.tempdir, ignore_errors=True)  # the module would have removed it
        os._exit(code)  # some builds of the module crash while Python takes them down
    sys.exit(code)
