"""Names of devices, known without PyTorch."""

from __future__ import annotations

import re
from typing import Final

from elocute.errors import SettingsError

KINDS: Final = ("cpu", "cuda", "hpu", "mps", "mtia", "xla", "xpu")
"""Kinds of devices that a PyTorch may compute on."""
_NAME: Final = re.compile(r"([a-z]+)(:\d+)?")


def check_device_name(name: str) -> None:
    """Refuse what no PyTorch calls a device, so that nobody installs it in vain.

    Raises:
        SettingsError: no device is called so.
    """
    found = _NAME.fullmatch(name)
    if found is None or found.group(1) not in KINDS:
        raise SettingsError(
            f"There is no device {name!r} to compute on.", "Use cpu; others, such as cuda, need PyTorch."
        )
