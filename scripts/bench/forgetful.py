"""A pipeline to which every recording is new, though it hears the same one again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what is measured is how long they take to be imported
    from elocute.audio.analysis_cache import AnalysisCache
    from elocute.pipeline import Pipeline

_LONGEST_SECONDS = 7200.0


def forgetful_pipeline(*, anything: bool = False) -> Pipeline:
    """That of this installation, without memory of what it heard.

    Args:
        anything: whether a request may name a model by its folder.
    """
    from elocute.audio.analysis_cache import AnalysisCache
    from elocute.front_end import FrontEndPreparation, RememberingAnalyser
    from elocute.models.catalogue import Catalogue
    from elocute.pipeline import Pipeline

    class Forgetful(RememberingAnalyser):
        @property
        def _cache(self) -> AnalysisCache:  # a new one each time that something is looked up
            return AnalysisCache()

    return Pipeline(
        Forgetful(_LONGEST_SECONDS), Catalogue((), anything=anything), preparation=FrontEndPreparation()
    )
