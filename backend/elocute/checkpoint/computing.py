"""Makes networks compute in the arithmetic that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import torch

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.errors import SettingsError, one_line

if TYPE_CHECKING:
    from torch._dynamo.exc import TorchDynamoException

Given = ParamSpec("Given")
Made = TypeVar("Made")


def computing(arithmetic: Arithmetic, device: torch.device) -> torch.autocast:
    """The context in which layers compute so on a device."""
    return torch.autocast(device.type, torch.bfloat16, enabled=arithmetic.precision == "bfloat16")


def prepared(arithmetic: Arithmetic, function: Callable[Given, Made]) -> Callable[Given, Made]:
    """The function, compiled where that is asked for; see :func:`compiled`."""
    return compiled(function) if arithmetic.compiled else function


def compiled(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """What torch.compile makes of a function; it compiles at the first call, and for other shapes again.

    Calls raise SettingsError where that fails: there is no compiler, or this PyTorch cannot.
    """
    from torch._dynamo.exc import TorchDynamoException  # takes a second, which only compiling is worth

    fast = torch.compile(function)

    def call(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        try:
            return fast(*args, **kwargs)
        except TorchDynamoException as error:
            raise SettingsError(
                f"The network cannot be compiled here: {_reason(error)}.",
                "Install a compiler for C++ that PyTorch finds (g++, clang, cl), or leave the compiling out.",
                code="cannot_compile",
            ) from error

    return call


def _reason(error: TorchDynamoException) -> str:
    """What went wrong, in a line, without what PyTorch wraps around it."""
    inner = getattr(error, "inner_exception", error)
    lines = str(inner).strip().splitlines()
    return one_line(lines[0] if lines else type(inner).__name__, 160).rstrip(".")
