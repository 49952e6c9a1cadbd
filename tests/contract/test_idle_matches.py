"""What the add-on sends for idle motion is silence to the backend, and the note on it is known."""

from __future__ import annotations

from addon.core.backend.messages import JobSettings
from addon.core.idle import MODEL, SILENT_NOTE, silence
from addon.core.options import SceneOptions
from addon.core.request import idle_request_of
from elocute.installation import standard_pipeline
from elocute.performance import PerformanceRequest
from elocute.progress import Progress


def test_silence_is_heard_as_silence_and_performed():
    settings: JobSettings = idle_request_of(SceneOptions(seed=2)).settings
    request = PerformanceRequest(model=settings.model, words=settings.words, language=settings.language)
    performance = standard_pipeline().perform(silence(6.0), request, Progress())
    (clip,) = performance.clips
    assert performance.speech.silent
    assert performance.model == MODEL
    assert SILENT_NOTE in performance.notes
    assert clip.seconds == 6.0
    assert abs(clip.head).max() > 0.001  # it breathes and looks about
    assert clip.eyes is not None
    assert abs(clip.eyes).max() > 0.01
    assert not clip.jaw.any()
