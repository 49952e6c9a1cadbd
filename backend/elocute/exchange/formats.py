"""The formats that clips can be exported to: every module of this package that has one."""

from __future__ import annotations

import importlib
import pkgutil

from elocute import exchange
from elocute.exchange.export_format import ExportFormat


def export_formats() -> tuple[ExportFormat, ...]:
    """Every format, by name; a module without ``FORMAT`` is a helper of others."""
    modules = (
        importlib.import_module(f"{exchange.__name__}.{module.name}")
        for module in pkgutil.iter_modules(exchange.__path__)
        if module.name not in ("formats", "export_format")
    )
    formats = (module.FORMAT for module in modules if hasattr(module, "FORMAT"))
    return tuple(sorted(formats, key=lambda one: one.name))
