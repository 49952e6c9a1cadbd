"""What the service refuses bears the recording's name, though the service is sent none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings
from addon.core.job import JobControl


class Refusing:
    """Says so when the recording is sent, or later."""

    def __init__(self, message, *, at_once):
        self._error = SimpleNamespace(message=message, hint="Convert it.", code="not_audio")
        self._at_once = at_once

    def submit(self, *_, **__):
        if self._at_once:
            raise ServiceError(self._error.message, self._error.hint, code=self._error.code)
        return SimpleNamespace(id="1")

    def events(self, *_, **__):
        yield SimpleNamespace(
            state="failed", error=self._error, summary=None, stage="", fraction=0.0, message=""
        )

    def cancel(self, _):
        pass


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("The sound is not a sound file that can be read.", "line.txt is not a sound file that can be read."),
        ("The soundness of this is unknown.", "The soundness of this is unknown."),
        ("There is no style 'x'.", "There is no style 'x'."),
    ],
)
def test_a_recording_is_called_by_its_name(tmp_path, told, shown, at_once):
    path = tmp_path / "line.txt"
    path.write_text("eleven waffles")
    for audio, said in ((path, shown), (b"eleven waffles", told)):
        with pytest.raises(ServiceError) as caught:
            generate(lambda: Refusing(told, at_once=at_once), audio, JobSettings(), JobControl())
        assert (caught.value.message, caught.value.hint, caught.value.code) == (
            said, "Convert it.", "not_audio",
        )  # fmt: skip
