"""Which service to use, and what its environment must hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from .backend.client import Client
from .backend.environment import EnvironmentPlan, backend_plan

_ADDED_MODELS_REQUIREMENTS: Final = "backend-transformers.txt"
"""Speech encoders of published checkpoints; the bundled model needs none."""


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
        models: checkpoint folders and hub ids that the local service offers besides its own models.
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

    def plan(self) -> EnvironmentPlan:
        """What the local service's environment should be; further models need further packages."""
        plan = backend_plan(self.package, self.environment)
        if not self.models:
            return plan
        added = self.package / "requirements" / _ADDED_MODELS_REQUIREMENTS
        return replace(plan, requirements=(*plan.requirements, added))

    def remote_client(self) -> Client:
        """A client of the remote service.

        Raises:
            UserError: there is no address, or sending to it is not allowed.
        """
        return Client(self.url, self.token, allowed_urls=[self.url] if self.allow_remote else [])
