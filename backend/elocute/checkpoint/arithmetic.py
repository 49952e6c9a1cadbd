"""In which arithmetic a network computes, and whether it is compiled first. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from elocute.errors import SettingsError

Precision = Literal["float32", "bfloat16"]
PRECISIONS: Final[tuple[str, ...]] = get_args(Precision)


@dataclass(frozen=True)
class Arithmetic:
    """How networks compute; :mod:`~elocute.checkpoint.computing` does it.

    Attributes:
        precision: of their layers: ``float32`` or ``bfloat16``; weights are kept in float32.
        compiled: whether what is called at every step is compiled by torch.compile, at its first call. That
            takes half a minute or more, and on a processor a compiler for C++.

    Raises:
        SettingsError: there is no such precision.
    """

    precision: Precision = "float32"
    compiled: bool = False

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise SettingsError(
                f"The precision {self.precision} is unknown.", f"Choose one of {', '.join(PRECISIONS)}."
            )
