"""Turn a user's licensed FLAME files into a :class:`~elocute.face.model.FaceModel`.

Nothing in the files is executed: pickles are read through an allow-list, and chumpy, scipy and torch
objects inside come back as plain arrays without those packages.
"""

from elocute.face.flame_import.convert import FlameSources, convert_flame

__all__ = ["FlameSources", "convert_flame"]
