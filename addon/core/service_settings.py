"""Which service to use, and which packages its environment needs."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from .backend.built_in import BuiltInPackages, PythonLaunch
from .backend.client import Client
from .backend.environment import (
    EnvironmentPlan,
    EnvironmentState,
    backend_plan,
    check_environment,
    remove_environment,
)
from .backend.server_process import SERVE_COMMAND, ServerProcess, previous_log
from .errors import UserError

CACHE_VARIABLE: Final = "ELOCUTE_CACHE"
"""Names the folder in which the backend keeps what can be computed again."""
_CHECKPOINT_FILE: Final = "config.json"
_START_SECONDS: Final = 120.0
_DOWNLOAD_SECONDS: Final = 3600.0
"""A model of the hub is downloaded before the service answers, once."""


@dataclass(frozen=True)
class ServiceSettings:
    """A plain copy of the add-on's preferences; safe to hand to a thread.

    Attributes:
        package: the add-on's own folder; holds ``backend/`` and ``requirements/``.
        environment: folder of the local service's Python environment.
        log_file: what the local service writes.
        place: ``LOCAL`` for a process of this machine, ``REMOTE`` for an address.
        url: address of a remote service.
        token: its token.
        allow_remote: the user agreed to send recordings to that address.
        base_python: interpreter to make the environment from, or None to look for one.
        models: checkpoint folders and hub ids that the local service offers in addition to its own models.
        online: whether the local service may download models.
        built_in: packages that came with the extension; the local service uses them until an environment is
            set up.
    """

    package: Path
    environment: Path
    log_file: Path
    place: Literal["LOCAL", "REMOTE"] = "LOCAL"
    url: str = ""
    token: str = ""
    allow_remote: bool = False
    base_python: Path | None = None
    models: tuple[str, ...] = ()
    online: bool = False
    built_in: BuiltInPackages | None = None

    @property
    def cache(self) -> Path:
        """Where the local service keeps what it has heard in recordings, unless the user says otherwise."""
        return self.log_file.with_name("cache")

    def plan(self) -> EnvironmentPlan:
        """What the local service's environment should be; with PyTorch where that is what it is for."""
        pytorch = bool(self.models) or self.built_in is not None
        return replace(backend_plan(self.package, self.environment, pytorch=pytorch), own_downloads=True)

    def launch(self) -> PythonLaunch:
        """How a local program of the backend's is started: in the environment if it is set up."""
        plan = self.plan()
        backend = plan.import_paths[0]
        if self._uses_built_in(plan) and self.built_in is not None:
            return self.built_in.launch(backend)
        return PythonLaunch(plan.python, {"PYTHONPATH": str(backend)})

    def _uses_built_in(self, plan: EnvironmentPlan) -> bool:
        return self.built_in is not None and check_environment(plan) is not EnvironmentState.READY

    def model_names(self) -> tuple[str, ...]:
        """Names under which the service will offer :attr:`models`; looks at their folders."""
        return tuple(name for model in self.models for name in _names(model))

    def of_process(self) -> ServiceSettings:
        """These settings with only what the local service's process depends on."""
        return replace(self, place="LOCAL", url="", token="", allow_remote=False, base_python=None)

    def process(self) -> ServerProcess:
        """The local service's process, not started yet."""
        launch = self.launch()
        variables = dict(launch.variables)
        if CACHE_VARIABLE not in os.environ:
            variables[CACHE_VARIABLE] = str(self.cache)
        if not self.online:
            variables["HF_HUB_OFFLINE"] = "1"  # huggingface_hub's own switch
        models = self.models
        if self._uses_built_in(self.plan()):
            models = tuple(model for model in models if Path(model).is_dir())  # nothing can fetch the others
        named = [argument for model in models for argument in ("--models", model)]
        return ServerProcess(
            launch.python,
            self.log_file,
            command=(*SERVE_COMMAND, "--low-priority", *named),
            variables=variables,
            start_timeout=_DOWNLOAD_SECONDS if named else _START_SECONDS,
        )

    def has_written(self) -> bool:
        """Whether there is anything that :meth:`remove_installed` would delete besides an environment."""
        return self.log_file.exists() or previous_log(self.log_file).exists() or self.cache.is_dir()

    def remove_installed(self) -> None:
        """Delete all that was installed and written outside the add-on's own folder.

        Raises:
            UserError: a folder was not created by Elocute, or something cannot be deleted.
        """
        remove_environment(self.plan())
        try:
            for log in (self.log_file, previous_log(self.log_file)):
                log.unlink(missing_ok=True)
            if self.cache.is_dir():
                shutil.rmtree(self.cache)
        except OSError as error:
            name = error.filename or self.log_file
            raise UserError(f"{name} cannot be deleted: {error.strerror}.", "Try again.") from error

    def remote_client(self) -> Client:
        """A client of the remote service.

        Raises:
            UserError: there is no address, or sending to it is not allowed.
        """
        return Client(self.url, self.token, allowed_urls=[self.url] if self.allow_remote else [])


def _names(model: str) -> tuple[str, ...]:
    """A hub id is its own name; a checkpoint, alone or in a folder of several, is called like its folder."""
    folder = Path(model)
    if not folder.is_dir():
        return (model,)
    if (folder / _CHECKPOINT_FILE).is_file():
        return (folder.name,)
    return tuple(sorted(inner.parent.name for inner in folder.glob(f"*/{_CHECKPOINT_FILE}")))
