"""Models by the id or the folder that a user of a benchmark names."""

from __future__ import annotations

import scripts.backend_path  # noqa: F401  before anything of the backend
from elocute.generator import Generator
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.models.registry import load, models_at


def named_model(name: str) -> Generator:
    """The model, loaded.

    Raises:
        SettingsError: there is no such model, or it cannot be used here.
        InputError: its files are damaged.
    """
    catalogue = Catalogue()
    if name in {info.id for info in catalogue.infos()}:
        return catalogue.load(catalogue.choose(name), LoadOptions())
    return load(models_at(name)[0], LoadOptions())
