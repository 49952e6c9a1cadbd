"""The formats that clips can be exported to and captures be read from: every module of this package that has
one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from elocute import exchange
from elocute.exchange.export_format import ExportFormat
from elocute.exchange.import_format import ImportFormat


def export_formats() -> tuple[ExportFormat, ...]:
    """Every format that is written, by name; a module without ``FORMAT`` is none."""
    formats = (module.FORMAT for module in _modules() if hasattr(module, "FORMAT"))
    return tuple(sorted(formats, key=lambda one: one.name))


def import_formats() -> tuple[ImportFormat, ...]:
    """Every format that is read, by name; a module without ``READER`` is none."""
    formats = (module.READER for module in _modules() if hasattr(module, "READER"))
    return tuple(sorted(formats, key=lambda one: one.name))


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(exchange.__path__):
        if module.name not in ("formats", "captures"):  # those that import this one
            yield importlib.import_module(f"{exchange.__name__}.{module.name}")
