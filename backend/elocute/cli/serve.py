"""``elocute serve``: the HTTP service that the add-on uses."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
from typing import TYPE_CHECKING, Final

from elocute.checkpoint.device_names import check_device_name
from elocute.cli.argument_types import whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_length_argument, longest_seconds
from elocute.cli.console import Console, write_error
from elocute.cli.serve_limits import add_limit_arguments, limits_of
from elocute.errors import SettingsError
from elocute.models.device_choice import AUTOMATIC
from elocute.service.config import MINIMUM_TOKEN_LENGTH

if TYPE_CHECKING:
    from elocute.service.server import Service

INTERRUPTED: Final = 130
TOKEN_VARIABLE: Final = "ELOCUTE_TOKEN"  # noqa: S105 - the variable's name


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "serve",
        help="run the service that the Blender add-on uses",
        description="Run the service that the Blender add-on uses. Its first line on stdout is JSON with "
        "the port. The token comes from an environment variable and has at least "
        f"{MINIMUM_TOKEN_LENGTH} printable ASCII characters; without one, a random token is created and "
        "printed. Connections are not encrypted: on a network, use a tunnel.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=whole_number, default=0, help="port to listen on (default 0: any free one)"
    )
    parser.add_argument(
        "--token-env",
        default=TOKEN_VARIABLE,
        metavar="NAME",
        help=f"environment variable that holds the token, {MINIMUM_TOKEN_LENGTH} or more printable ASCII "
        f"characters (default {TOKEN_VARIABLE})",
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
        "--words",
        action="append",
        default=[],
        metavar="PATH_OR_ID",
        help="Whisper checkpoint, a folder or Hugging Face hub id, that jobs may name to recognise words "
        "where there is no transcript; may be repeated",
    )
    parser.add_argument(
        "--device",
        metavar="NAME",
        default=AUTOMATIC,
        help="what learned models compute on: cpu, cuda, ...; auto (the default) is a graphics card for the "
        "model that comes with Elocute, where PyTorch can use one, and else the processor",
    )
    add_limit_arguments(parser)
    add_length_argument(parser)
    parser.add_argument(
        "--low-priority",
        action="store_true",
        help="leave the processor to other programs where they want it (used by the add-on)",
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
    from elocute.service.config import ServiceConfig
    from elocute.service.priority import lower_priority
    from elocute.service.server import Service

    if options.low_priority:
        lower_priority()
    logging.getLogger("elocute").setLevel(logging.INFO)
    limits = limits_of(options)
    longest = longest_seconds(options)
    # Taken out of the environment, so that child processes do not inherit it.
    token = os.environ.pop(options.token_env, "")
    if not token and options.allow_remote:
        raise SettingsError(
            "A service that other computers can reach needs your own token.",
            f"Put one into the environment variable {options.token_env}.",
            code="bad_token",
        )
    config = ServiceConfig(
        token=token or secrets.token_urlsafe(32),
        host=options.host,
        port=options.port,
        allow_remote=options.allow_remote,
        allowed_hosts=tuple(options.allow_host),
        limits=limits,
        data=options.data,
    )
    if options.device != AUTOMATIC:
        check_device_name(options.device)
    pipeline = make_pipeline(options.models, options.device, longest_seconds=longest, words=options.words)
    if options.device != AUTOMATIC:
        pipeline.warm_up()  # whether there is such a device is known when a model is loaded
    service = Service(pipeline, config)
    if not token:
        write_error(f"Token: {config.token}")
    service.announce(sys.stdout)
    if options.end_with_stdin:
        service.end_with_stdin()
    _run(service)


def _run(service: Service) -> None:
    """Run it, and leave at once where a thread still loads libraries: ending the interpreter then crashes."""
    code = 0
    try:
        service.run()
    except (KeyboardInterrupt, SystemExit) as error:
        if service.settled:
            raise
        code = int(error.code or 0) if isinstance(error, SystemExit) else INTERRUPTED
    if not service.settled:
        logging.shutdown()
        os._exit(code)
