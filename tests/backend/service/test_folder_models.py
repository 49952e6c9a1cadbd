"""Models of one's own, chosen by their folders: the service treats them like those that come along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import JobSettings
from addon.core.clip.clip import read_clip
from elocute.installation import standard_pipeline
from elocute.models.dimitra.folder import save_folder as save_dimitra
from elocute.models.thmm.folder import save_folder as save_thmm
from elocute.motion.clip import MotionClip
from elocute.service.config import Limits
from tests.backend.dimitra import tiny_dimitra
from tests.backend.service.conftest import client_of, running, wait_for
from tests.backend.thmm import tiny_thmm

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech" / "map.flac"
MODELS: dict[str, Callable[[Path], None]] = {
    "dimitra": lambda folder: save_dimitra(folder, tiny_dimitra.model(), "card\n"),
    "thmm": lambda folder: save_thmm(folder, tiny_thmm.model(tiny_thmm.unspoken()), "card\n"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    for name, save in MODELS.items():
        save(place / name)
    return place


def test_the_service_lists_them_and_makes_their_clips(folders: Path, tmp_path: Path) -> None:
    with running(standard_pipeline([str(folders)]), Limits()) as service:
        client = client_of(service)
        listed = {model.id: model for model in client.models().models}
        assert {listed[name].family for name in MODELS} == set(MODELS)
        for name in MODELS:
            job = client.submit(
                SPEECH, JobSettings(model=name, options={"steps": 2.0}, seed=3, segment="0-2")
            )
            assert wait_for(client, job.id, "done", "failed").state == "done"
            content = client.clip(job.id, 0)
            assert read_clip(content).frames == 50
            (tmp_path / f"{name}.npz").write_bytes(content)
            assert MotionClip.load(tmp_path / f"{name}.npz").meta["family"] == name
        with pytest.raises(ServiceError, match="no model"):
            client.submit(SPEECH, JobSettings(model=str(folders / "other")))
