"""What tests of trainings share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def no_waiting_for_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the Hugging Face hub cannot be reached, it is asked six times all the same, but at once:
    huggingface_hub would sleep for 23 s between its tries."""
    monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda seconds: None))
