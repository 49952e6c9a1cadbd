"""Elocute's Blender side.

Importing this package needs neither bpy nor any installed package, so that ``addon.core`` can be
used and tested in a bare Python; Blender's part is imported when the extension is enabled.
"""

from __future__ import annotations


def register() -> None:
    """Register every class, property and handler with Blender."""
    from .blender import registry

    registry.register()


def unregister() -> None:
    """Undo :func:`register` completely."""
    from .blender import registry

    registry.unregister()


def glTF2_pre_export_callback(_settings: object) -> None:  # noqa: N802 - the name that Blender's exporter looks for
    """Take back what is shown of a line that is not there yet, before glTF is written."""
    from .blender.session import jobs

    jobs.leave_nothing_half_done()


class glTF2ExportUserExtension:  # noqa: N801 - the name that Blender's glTF exporter looks for in add-ons
    """What Elocute adds to exports of glTF."""

    def gather_actions_hook(self, _thing: object, actions: object, _settings: object) -> None:
        """Leave out takes that nothing plays; the exporter writes every action of a file's only armature."""
        from .blender.export.gltf_takes import leave_out_idle_takes

        leave_out_idle_takes(actions)
