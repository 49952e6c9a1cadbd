"""A job of the kind phones refuses what only motion could use, before it listens to anything."""

from __future__ import annotations

import pytest

from elocute.errors import SettingsError
from elocute.progress import Progress
from elocute.service.messages import AttentionMessage, JobSettings
from elocute.service.work import JobRequest, run_job


@pytest.mark.parametrize(
    ("more", "attached", "named"),
    [
        ({}, {"given_phones": b"x"}, "given_phones"),
        ({}, {"base": b"x"}, "base"),
        ({}, {"before": b"x"}, "before"),
        ({"curves": {"jaw": ((0.0, 1.0),)}}, {}, "curves"),
        ({"ranges": ((0.0, 1.0),)}, {}, "ranges"),
        ({"options": {"jaw": 1.0}}, {}, "options"),
        ({"attention": AttentionMessage()}, {}, "attention"),
    ],
)
def test_what_comes_to_nothing_is_refused(more, attached, named):
    request = JobRequest(b"sound", JobSettings(kind="phones", **more), **attached)
    with pytest.raises(SettingsError, match=f"takes no {named}"):
        run_job(None, request, Progress(), lambda _: None)
