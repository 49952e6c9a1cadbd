"""What a new user waits for in each Blender: the extension's zip, Generate, motion.

    python -m scripts.bench.new_users dist/elocute-0.1.0-linux_x64.zip [--blender 4.2 5.3]

Each Blender, as a module, has a fresh home, finds no Python and no network's leave, installs the zip and
generates twice (tests/e2e/self_contained_session.py). Printed are seconds of the clock, and the most memory
of Blender, of the service and of it with its children. Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from elocute.errors import UserError
from scripts.backend_path import ROOT
from scripts.commands import BLENDER_VERSIONS
from scripts.terminal import exit_code

_SESSION: Final = ROOT / "tests" / "e2e" / "self_contained_session.py"
_LONGEST_SECONDS: Final = 1800.0
"""Of one Blender: far more than any took."""
_LINE: Final = ROOT / "tests" / "data" / "speech" / "waffles.flac"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zip", type=Path)
    parser.add_argument("--blender", nargs="+", default=list(BLENDER_VERSIONS), choices=BLENDER_VERSIONS)
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print a row for each Blender."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print(
        "| Blender | installed, s | Generate to motion, s | again, s | online | Blender MB | service MB "
        "| with its children MB |\n| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |"
    )
    for version in options.blender:
        facts = _facts(version, options.zip.resolve())
        if facts["generated"]["phase"] != "done" or facts["again"]["phase"] != "done":
            raise RuntimeError(f"Blender {version} made no motion: {facts['generated']}")
        seconds = [f"{facts[name]:.1f}" for name in ("install_seconds", "generate_seconds", "again_seconds")]
        memory = [f"{facts[name]:.0f}" for name in ("blender_mb", "service_mb", "service_and_children_mb")]
        print(f"| {version} | {' | '.join([*seconds, str(facts['online']), *memory])} |", flush=True)


def _facts(version: str, zip_file: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        python = ROOT / ".venv" / f"blender-{version}" / "bin" / "python"
        try:
            done = subprocess.run(
                [str(python), str(_SESSION), str(zip_file), folder, str(_LINE)],
                env={
                    "HOME": folder,
                    "PATH": str(Path(folder) / "nothing"),
                    "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
                    "BLENDER_USER_RESOURCES": str(Path(folder) / "blender"),
                },
                check=False,
                capture_output=True,
                text=True,
                timeout=_LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(
                f"Blender {version} did not end within {_LONGEST_SECONDS / 60:.0f} minutes.",
                "Try the others, and look at the service's log.",
            ) from error
    line = next((each for each in done.stdout.splitlines() if each.startswith("FACTS ")), None)
    if line is None:
        raise RuntimeError(f"Blender {version} saw nothing: {done.stderr[-2000:]}")
    facts: dict[str, Any] = json.loads(line.removeprefix("FACTS "))
    return facts


if __name__ == "__main__":
    raise SystemExit(main())
