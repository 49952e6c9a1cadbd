"""Makes networks compute in the arithmetic that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.errors import SettingsError, one_line

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

    Raises:
        SettingsError: PyTorch compiles nothing for this Python.
    """
    from torch._dynamo.exc import TorchDynamoException  # takes a second, which only compiling is worth

    try:
        fast = torch.compile(function)
    except RuntimeError as error:
        raise _refused(error) from error

    def call(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        try:
            return fast(*args, **kwargs)
        except TorchDynamoException as error:
            raise _refused(error) from error

    return call


def _refused(error: RuntimeError) -> SettingsError:
    """What went wrong, in a line, without what PyTorch wraps around it."""
    inner = getattr(error, "inner_exception", error)
    lines = str(inner).strip().splitlines()
    reason = one_line(lines[0] if lines else type(inner).__name__, 160).rstrip(".")
    return SettingsError(
        f"The network cannot be compiled here: {reason}.",
        "Install a compiler for C++ that PyTorch finds (g++, clang, cl), or leave the compiling out.",
        code="cannot_compile",
    )
