"""``elocute serve``: the HTTP service that the add-on uses."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
from typing import Final

from elocute.cli.arguments import MakePipeline, Subparsers
from elocute.cli.console import Console
from elocute.errors import SettingsError

TOKEN_VARIABLE: Final = "ELOCUTE_TOKEN"  # noqa: S105 - the variable's name
DEFAULT_UPLOAD_MB: Final = 640


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "serve",
        help="run the service that the Blender add-on uses",
        description="Run the service that the Blender add-on uses. Its first line on stdout is JSON with "
        "the port. The token comes from an environment variable; without one, a random token is "
        "created and printed. Connections are not encrypted: on a network, use a tunnel.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default 0: any free one)")
    parser.add_argument(
        "--token-env",
        default=TOKEN_VARIABLE,
        metavar="NAME",
        help=f"environment variable that holds the token (default {TOKEN_VARIABLE})",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="allow a --host that other computers can reach"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name that a remote service accepts, in addition to IP addresses; may be repeated",
    )
    parser.add_argument(
        "--models",
        action="append",
        default=[],
        metavar="PATH_OR_ID",
        help="checkpoint folder, folder of such folders, or Hugging Face hub id that jobs may use in "
        "addition to the models that come with Elocute; may be repeated",
    )
    parser.add_argument(
        "--max-upload-mb",
        type=int,
        default=DEFAULT_UPLOAD_MB,
        metavar="MB",
        help=f"largest recording accepted (default {DEFAULT_UPLOAD_MB})",
    )
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="stop when standard input closes (used by the add-on)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it until stopped.

    Raises:
        SettingsError: an argument cannot be used, or the port is taken.
        InputError: one of the models cannot be used.
    """
    from elocute.service.config import MIB, Limits, ServiceConfig
    from elocute.service.server import Service

    logging.getLogger("elocute").setLevel(logging.INFO)
    if options.max_upload_mb < 1:
        raise SettingsError("--max-upload-mb must be at least 1.")
    # Taken out of the environment, so that child processes do not inherit it.
    token = os.environ.pop(options.token_env, "")
    if not token and options.allow_remote:
        raise SettingsError(
            "A service that other computers can reach needs your own token.",
            f"Put one into the environment variable {options.token_env}.",
            code="bad_token",
        )
    if not token:
        token = secrets.token_urlsafe(32)
        sys.stderr.write(f"Token: {token}\n")
    upload = options.max_upload_mb * MIB
    config = ServiceConfig(
        token=token,
        host=options.host,
        port=options.port,
        allow_remote=options.allow_remote,
        allowed_hosts=tuple(options.allow_host),
        limits=Limits(upload_bytes=upload, waiting_bytes=max(upload, Limits.waiting_bytes)),
    )
    service = Service(make_pipeline(options.models), config)
    service.announce(sys.stdout)
    if options.end_with_stdin:
        service.end_with_stdin()
    service.run()
