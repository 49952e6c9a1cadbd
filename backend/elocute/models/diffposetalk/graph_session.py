"""One ONNX graph, filled in with weights, on the processor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from elocute.checkpoint.folder import missing_part
from elocute.errors import InputError, one_line
from elocute.processor_threads import bind_session, graph_threads
from elocute.storage.guard import reason_of

_FATAL: Final = 4
_LARGEST: Final = 2**24
"""Bytes of a graph: it holds no weights."""


class GraphSession:
    """A graph that is ready to be computed; may be used from several threads.

    Args:
        path: of the graph, whose initializers have no values.
        weights: the values, by initializer.

    Raises:
        InputError: it is missing, damaged, or of a kind that this version of ONNX Runtime does not compute.
    """

    def __init__(self, path: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        bind_session(options, graph_threads())
        options.log_severity_level = _FATAL
        # Kept for as long as the session, which may use them where they lie.
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), self._values)
        try:
            # Without its second try, about which it would write to standard output.
            self._session: Any = onnxruntime.InferenceSession(
                _read(path), options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except FileNotFoundError as error:
            raise missing_part(path.parents[1], f"{path.parent.name}/{path.name}") from error
        except Exception as error:
            raise InputError(
                f"The graph {path} cannot be used: {_reason(error)}.",
                "Download or copy it again.",
                code="bad_checkpoint",
            ) from error
        self._inputs: Final = [each.name for each in self._session.get_inputs()]

    def run(self, *arrays: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """The outputs for inputs in the graph's order."""
        told = dict(zip(self._inputs, map(np.ascontiguousarray, arrays), strict=True))
        made: list[NDArray[np.float32]] = self._session.run(None, told)
        return made


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("it is too large")
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, OSError | ValueError):
        return reason_of(error)
    return one_line(str(error), 200).rstrip(". ")
