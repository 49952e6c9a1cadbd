"""What models compute on where a request does not say: as was told, or what is quickest here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Final

from elocute.errors import one_line
from elocute.generator import ModelInfo
from elocute.models.family import ONNX_RUNTIME, PYTORCH, LoadOptions
from elocute.models.graphics_card import GraphicsCard, find_graphics_card

AUTOMATIC: Final = "auto"
"""Name of the device for what is quickest here."""
_CARD: Final = "cuda"

_log = logging.getLogger(__name__)


class DeviceChoice:
    """Device and arithmetic of models.

    By itself it takes a graphics card for models that ONNX Runtime would compute on the processor: for those
    that come with Elocute. Others stay on the processor until somebody names a device.

    Args:
        told: what somebody named; None to choose.
        find_card: finds the card; called once, where it is needed.
    """

    def __init__(
        self, told: LoadOptions | None = None, find_card: Callable[[], GraphicsCard] = find_graphics_card
    ) -> None:
        self._told = told
        self._find_card = find_card
        self._given_up: GraphicsCard | None = None

    @cached_property
    def _found(self) -> GraphicsCard:
        return self._find_card()

    @property
    def _card(self) -> GraphicsCard:
        return self._given_up or self._found

    def options_for(self, info: ModelInfo) -> LoadOptions:
        """How a model is to be computed."""
        if not info.any_device:
            return LoadOptions()
        if self._told is not None:
            return self._told
        return LoadOptions(_CARD) if info.engine == ONNX_RUNTIME and self._card.name else LoadOptions()

    def engine(self, info: ModelInfo) -> str:
        """The library that computes it then."""
        return PYTORCH if self.options_for(info) != LoadOptions() else info.engine

    def reason(self, info: ModelInfo) -> str:
        """Why that one, in a few words; empty where nothing was chosen."""
        return self._card.said if self._told is None and info.engine == ONNX_RUNTIME else ""

    def gives_up(self, options: LoadOptions, error: Exception) -> bool:
        """Whether ``options`` were chosen here: if so, the processor computes from now on.

        Args:
            options: with which a model could not be loaded.
            error: what happened.
        """
        if self._told is not None or options == LoadOptions() or not self._card.name:
            return False
        _log.warning("%s cannot be used, the processor computes: %s", self._card.name, error)
        reason = one_line(str(error), 120).rstrip(". ")
        self._given_up = GraphicsCard(problem=f"{self._card.name} cannot be used: {reason}")
        return True
