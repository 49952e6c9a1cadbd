"""Bounds of ``elocute serve``: how much it takes, how long a job may run, how long things are kept."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Final

from elocute.cli.argument_types import count, file_name, number, whole_number
from elocute.errors import SettingsError

if TYPE_CHECKING:
    from elocute.service.config import Limits

DEFAULT_UPLOAD_MB: Final = 640
_MIB: Final = 1024 * 1024


def add_limit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them; what is not given has the default of :class:`~elocute.service.config.Limits`."""
    parser.add_argument(
        "--data",
        type=file_name,
        metavar="FOLDER",
        help="folder where jobs and results survive the service, made where it is missing "
        "(default: they are kept in memory, and end with it)",
    )
    parser.add_argument(
        "--max-upload-mb",
        type=whole_number,
        default=DEFAULT_UPLOAD_MB,
        metavar="MB",
        help=f"largest recording accepted (default {DEFAULT_UPLOAD_MB})",
    )
    bounds = parser.add_argument_group("bounds")
    bounds.add_argument("--jobs", type=count, metavar="N", help="jobs done at the same time (default 1)")
    bounds.add_argument(
        "--waiting-jobs", type=count, metavar="N", help="jobs that may wait (default 64); more are refused"
    )
    bounds.add_argument(
        "--waiting-jobs-of-client", type=count, metavar="N", help="those of one client (default 16)"
    )
    bounds.add_argument(
        "--waiting-mb",
        type=count,
        metavar="MB",
        help="recordings that may wait or be received, all together (default 1024, at least --max-upload-mb)",
    )
    bounds.add_argument(
        "--max-job-minutes", type=number, metavar="N", help="time that one job may run (default 240)"
    )
    bounds.add_argument(
        "--max-starts",
        type=count,
        metavar="N",
        help="how often a job is begun again after the service was killed (default 5 times)",
    )
    bounds.add_argument("--connections", type=count, metavar="N", help="at the same time (default 256)")
    bounds.add_argument(
        "--keep-minutes",
        type=number,
        metavar="N",
        help="how long jobs that have ended and results are kept (default 30; 1440 with --data)",
    )
    bounds.add_argument(
        "--keep-mb",
        type=count,
        metavar="MB",
        help="how much of results is kept, the newest always (default 256; 4096 with --data)",
    )
    bounds.add_argument(
        "--keep-jobs",
        type=count,
        metavar="N",
        help="how many jobs that have ended are kept, and how many results (default 32; 10000 with --data)",
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the bounds that the arguments ask for.

    Raises:
        SettingsError: one cannot be used.
    """
    from elocute.service.config import Limits

    if options.max_upload_mb < 1:
        raise SettingsError("--max-upload-mb must be at least 1.")
    upload = options.max_upload_mb * _MIB
    waiting = Limits.waiting_bytes if options.waiting_mb is None else options.waiting_mb * _MIB
    if options.waiting_mb is not None and waiting < upload:
        raise SettingsError(
            "--waiting-mb must be at least --max-upload-mb, or the largest recording is never accepted.",
            f"The latter is {options.max_upload_mb}.",
        )
    keep_bytes = None if options.keep_mb is None else options.keep_mb * _MIB
    asked = {
        "running_jobs": options.jobs,
        "waiting_jobs": options.waiting_jobs,
        "waiting_jobs_of_client": options.waiting_jobs_of_client,
        "job_seconds": _seconds(options.max_job_minutes, "--max-job-minutes"),
        "starts": options.max_starts,
        "connections": options.connections,
        "kept_seconds": _seconds(options.keep_minutes, "--keep-minutes"),
        "kept_bytes": keep_bytes,
        "kept_jobs": options.keep_jobs,
    }
    if options.data is not None:
        asked = {**_WITH_DATA, **{name: value for name, value in asked.items() if value is not None}}
    given = {name: value for name, value in asked.items() if value is not None}
    return Limits(upload_bytes=upload, waiting_bytes=max(upload, waiting), **given)


_WITH_DATA: Final = {"kept_seconds": 24 * 3600.0, "kept_bytes": 4096 * _MIB, "kept_jobs": 10_000}
_LONGEST_MINUTES: Final = 60.0 * 24 * 366
"""A timer cannot wait for ever."""


def _seconds(minutes: float | None, name: str) -> float | None:
    if minutes is None:
        return None
    if not (math.isfinite(minutes) and 0 < minutes <= _LONGEST_MINUTES):
        raise SettingsError(f"{name} must be a number of minutes above 0, a year at most.")
    return minutes * 60.0
