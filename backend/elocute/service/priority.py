"""How much of the processor the service asks for beside other programs."""

from __future__ import annotations

import os
import sys
from typing import Final

NICE: Final = 5
"""Added to a process's niceness: beside a program that wants the processor, a quarter of it is left."""

if sys.platform == "win32":
    import ctypes

    _BELOW_NORMAL: Final = 0x00004000

    def lower_priority() -> None:
        """Let other programs go before this process and those that it starts."""
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
else:

    def lower_priority() -> None:
        """Let other programs go before this process and those that it starts."""
        os.nice(NICE)
