"""The real service in front of fakes, as a process: ``python fake_service.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "backend")]

from fakes import fake_pipeline  # noqa: E402

from elocute.service.config import ServiceConfig  # noqa: E402
from elocute.service.server import Service  # noqa: E402


def main() -> None:
    service = Service(fake_pipeline(), ServiceConfig(os.environ.pop("ELOCUTE_TOKEN")))
    service.announce(sys.stdout)
    service.end_with_stdin()
    service.run()


if __name__ == "__main__":
    main()
