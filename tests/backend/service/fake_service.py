"""The real service in front of fakes, as a process; FAKE_SERVICE_DATA names its data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "backend")]

from fakes import fake_pipeline  # noqa: E402

from elocute.service.config import Limits, ServiceConfig  # noqa: E402
from elocute.service.server import Service  # noqa: E402


def main() -> None:
    data = os.environ.get("FAKE_SERVICE_DATA")
    limits = Limits() if data is None else Limits(kept_seconds=3600.0, kept_jobs=1000)
    service = Service(
        fake_pipeline(),
        ServiceConfig(
            os.environ.pop("ELOCUTE_TOKEN"), limits=limits, data=None if data is None else Path(data)
        ),
    )
    service.announce(sys.stdout)
    service.end_with_stdin()
    service.run()


if __name__ == "__main__":
    main()
