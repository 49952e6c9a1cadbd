"""Every bound of the service has an option, and the defaults that its help tells."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from elocute.cli.serve_limits import add_limit_arguments, limits_of
from elocute.service.config import MIB, Limits


def limits(*words: str) -> Limits:
    parser = argparse.ArgumentParser()
    add_limit_arguments(parser)
    return limits_of(parser.parse_args(words))


def test_without_arguments_they_are_the_defaults() -> None:
    assert limits() == Limits()


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (("--jobs", "3"), "running_jobs", 3),
        (("--waiting-jobs", "9"), "waiting_jobs", 9),
        (("--waiting-jobs-of-client", "2"), "waiting_jobs_of_client", 2),
        (("--waiting-mb", "2000"), "waiting_bytes", 2000 * MIB),
        (("--max-upload-mb", "5"), "upload_bytes", 5 * MIB),
        (("--max-job-minutes", "1.5"), "job_seconds", 90.0),
        (("--max-starts", "1"), "starts", 1),
        (("--connections", "7"), "connections", 7),
        (("--keep-minutes", "0.5"), "kept_seconds", 30.0),
        (("--keep-mb", "1"), "kept_bytes", MIB),
        (("--keep-jobs", "4"), "kept_jobs", 4),
    ],
)
@pytest.mark.parametrize("data", [(), ("--data", "folder")])
def test_each_option_sets_its_bound(
    words: tuple[str, ...], name: str, value: float, data: tuple[str, ...]
) -> None:
    assert getattr(limits(*words, *data), name) == value


def test_more_is_kept_in_a_folder() -> None:
    kept = limits("--data", "folder")
    assert (kept.kept_seconds, kept.kept_bytes, kept.kept_jobs) == (86400.0, 4096 * MIB, 10_000)


def test_a_larger_recording_makes_room_for_itself() -> None:
    assert limits("--max-upload-mb", "2000").waiting_bytes == 2000 * MIB


def test_the_help_tells_the_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_limit_arguments(parser)
    told = " ".join(parser.format_help().split())
    bare, kept = Limits(), limits("--data", str(Path("folder")))
    for sentence in (
        f"at the same time (default {bare.running_jobs})",
        f"may wait (default {bare.waiting_jobs})",
        f"of one client (default {bare.waiting_jobs_of_client})",
        f"default {bare.waiting_bytes // MIB}, at least",
        f"may run (default {bare.job_seconds / 60:g})",
        f"(default {bare.starts} times)",
        f"(default {bare.connections})",
        f"(default {bare.kept_seconds / 60:g}; {kept.kept_seconds / 60:g} with --data)",
        f"(default {bare.kept_bytes // MIB}; {kept.kept_bytes // MIB} with --data)",
        f"(default {bare.kept_jobs}; {kept.kept_jobs} with --data)",
        f"(default {bare.upload_bytes // MIB})",
    ):
        assert sentence in told
