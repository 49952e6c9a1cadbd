"""The service of this Blender: its process, and what is known of what it can do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ...core.backend.built_in import BuiltInPackages, blenders_python, find_built_in
from ...core.backend.environment import EnvironmentState, check_environment
from ...core.backend.messages import ModelMessage
from ...core.backend.server_process import ServerProcess
from ...core.errors import UserError
from ...core.known_models import KNOWN_MODELS, KNOWN_STYLES
from ...core.service_settings import ServiceSettings
from ..package import FOLDER
from .early_service import EarlyService

_log = logging.getLogger(__name__)


@dataclass
class OwnService:
    """Starts the local service and remembers what it told.

    Attributes:
        environment: state of the local service's environment when last looked at.
        built_in: what the service needs, where the extension has brought it.
        models: what the service can run, the default first, once it has told.
        added_models: names of the models that the preferences add to them.
    """

    environment: EnvironmentState = EnvironmentState.MISSING
    built_in: BuiltInPackages | None = None
    models: tuple[ModelMessage, ...] = ()
    added_models: tuple[str, ...] = ()
    _early: EarlyService | None = None
    _server: ServerProcess | None = None
    _server_settings: ServiceSettings | None = None

    @property
    def ready(self) -> bool:
        """Whether a local service can be started."""
        return self.built_in is not None or self.environment is EnvironmentState.READY

    def model_names(self) -> tuple[str, ...]:
        """Ids of the models that the service has listed; before that, those known without it."""
        return tuple(model.id for model in self.models) or (*KNOWN_MODELS, *self.added_models)

    def model(self, model_id: str) -> ModelMessage | None:
        """What the service has said of a model, of its default for an empty id; None while it has not."""
        wanted = model_id or (self.models[0].id if self.models else "")
        return next((model for model in self.models if model.id == wanted), None)

    def styles(self, model_id: str) -> tuple[str, ...]:
        """Names of a model's styles, of the default's for an empty id; as far as they are known."""
        if not self.models:
            return KNOWN_STYLES if model_id in ("", *KNOWN_MODELS) else ()
        model = self.model(model_id)
        return model.styles if model is not None else ()

    def look_for_packages(self) -> None:
        """Look anew whether the extension has brought what the service needs."""
        self.built_in = find_built_in(FOLDER, sys.path, blenders_python(sys.executable, sys.prefix))

    def service_changed(self, settings: ServiceSettings) -> None:
        """Take over the preferences, and look at the environment; cheap, but not for every redraw."""
        self.models, self.added_models = (), settings.model_names()
        try:
            self.environment = check_environment(settings.plan())
        except (UserError, OSError) as error:
            self.environment = EnvironmentState.FOREIGN
            _log.warning("environment: %s", error)

    def local_service(self, settings: ServiceSettings) -> ServerProcess:
        """The service process for these settings; not started yet if it is new."""
        wanted = settings.of_process()
        if self._server is None or self._server_settings != wanted:
            self.stop_service()
            self._server, self._server_settings = wanted.process(), wanted
        return self._server

    def service(self) -> ServerProcess | None:
        """The service process, if there has been one; a thread may stop it and wait until it has ended."""
        return self._server

    def started_early(
        self, settings_now: Callable[[], ServiceSettings], busy: Callable[[], bool]
    ) -> EarlyService:
        """What starts the local service before it is needed.

        Args:
            settings_now: gives the preferences as they are then.
            busy: whether there is work, which starts it by itself.
        """

        def service() -> ServerProcess | None:
            settings = settings_now()
            wanted = settings.place == "LOCAL" and self.ready and not busy()
            return self.local_service(settings) if wanted else None

        if self._early is None:
            self._early = EarlyService(service)
        return self._early

    def stop_service(self) -> None:
        """Let the service process end, if there is one; does not wait for it."""
        if self._server is not None:
            self._server.give_up()
            self._server = None

    def close_service(self) -> None:
        """Start none any more, and let the one that there is end; does not wait for it."""
        if self._early is not None:
            self._early.close()
        self.stop_service()
