"""A job of the kind phones refuses what only motion could use, before it waits."""

from __future__ import annotations

import pytest

from elocute.errors import SettingsError
from elocute.service.job_key import job_key
from elocute.service.messages import AttentionMessage, JobSettings
from elocute.service.work import JobRequest
from tests.backend.service.fakes import fake_pipeline


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
        job_key(fake_pipeline(), request, "0" * 64)
