"""Checkpoints from a Hugging Face hub on this machine: what is downloaded, and what is said otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from elocute.checkpoint.hub import LARGEST, HubReference, parse_reference
from elocute.models.diffposetalk.folder import save_folder
from tests.backend.checkpoint.hub_server import Hub, serving
from tests.backend.diffposetalk.tiny_model import tiny_model

FILES = {
    "config.json": b'{"architecture": "x"}',
    "README.md": b"card",
    "model.safetensors": b"weights",
    "mouth_probe.npz": b"probe",
    "styles/calm.npz": b"style",
    "pytorch_model.bin": b"a pickle",
    "run.py": b"import os",
    "old/model.safetensors": b"older",
    "old/styles/calm.npz": b"older",
}
WANTED = {"config.json", "README.md", "model.safetensors", "mouth_probe.npz", "styles/calm.npz"}
PROGRAM = """
import json, sys
from elocute.checkpoint.hub import fetch, parse_reference
from elocute.errors import UserError
try:
    folder = fetch(parse_reference(sys.argv[1]))
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    print(json.dumps({"names": names, "folder": str(folder)}))
except UserError as error:
    print(json.dumps({"code": error.code, "said": error.message + " " + error.hint}))
"""


def environment(home: Path, address: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGINGFACE_"))}
    return kept | {
        "PYTHONPATH": ":".join(filter(None, sys.path)),
        "HF_ENDPOINT": address,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
    }


def fetched(home: Path, address: str, reference: str, **more: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, reference],
        env=environment(home, address) | more,
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "hf"


def test_only_what_a_checkpoint_is_made_of_is_downloaded_and_kept(home: Path) -> None:
    with serving(Hub({"org/talk": FILES})) as hub:
        got = fetched(home, hub.address, "org/talk")
        assert set(got["names"]) == WANTED  # type: ignore[call-overload]
        assert set(hub.downloaded) == WANTED
        assert (Path(str(got["folder"])) / "styles" / "calm.npz").read_bytes() == b"style"
        hub.downloaded.clear()
        assert fetched(home, hub.address, "org/talk") == got
        assert hub.downloaded == []  # nothing twice
        assert fetched(home, hub.address, "org/talk@v1") == got
        address = hub.address
    assert fetched(home, address, "org/talk") == got  # the hub is gone
    assert fetched(home, address, "org/talk", HF_HUB_OFFLINE="1") == got
    other = fetched(home, address, "org/other")
    assert other["code"] == "missing_model"
    assert "cannot be reached, and org/other was not downloaded before" in str(other["said"])


@pytest.mark.parametrize(
    ("reference", "change", "sentence"),
    [
        ("org/nobody", {}, "There is no folder and no model on the Hugging Face hub named org/nobody."),
        ("org/talk@v9", {}, "has no revision v9"),
        ("org/talk", {"gated": frozenset({"org/talk"})}, "is gated"),
        ("org/talk", {"failing": True}, "was not downloaded before"),
        ("org/talk", {"sizes": {"model.safetensors": LARGEST + 1}}, "more than the 8 GiB"),
        ("org/code", {}, "is not a checkpoint that Elocute can load"),
        ("org/bare", {}, "is not a checkpoint that Elocute can load"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    home: Path, reference: str, change: dict[str, object], sentence: str
) -> None:
    pickled = {"config.json": b"{}", "pytorch_model.bin": b"a pickle"}
    repositories = {"org/talk": FILES, "org/code": pickled, "org/bare": {"model.safetensors": b""}}
    with serving(Hub(repositories, **change)) as hub:  # type: ignore[arg-type]
        got = fetched(home, hub.address, reference)
        assert got["code"] == "missing_model"
        assert sentence in str(got["said"])
        assert hub.downloaded == []


def test_a_model_on_the_hub_is_called_by_its_id(home: Path, tmp_path: Path) -> None:
    save_folder(tmp_path / "tiny", tiny_model(), "card\n")
    files = {
        path.relative_to(tmp_path / "tiny").as_posix(): path.read_bytes()
        for path in (tmp_path / "tiny").rglob("*")
        if path.is_file()
    }
    program = (
        "from elocute.installation import standard_pipeline\n"
        "allowed = standard_pipeline(['org/tiny@v1'])\n"
        "print(allowed.describe('org/tiny@v1').id, allowed.infos()[-1].id)\n"
        "print(standard_pipeline().describe('org/tiny').id)\n"
    )
    with serving(Hub({"org/tiny": files})) as hub:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(home, hub.address),
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split() == ["org/tiny@v1", "org/tiny@v1", "org/tiny"]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("org/name", HubReference("org/name")),
        ("org/na-me_2.x@refs/pr/1", HubReference("org/na-me_2.x", "refs/pr/1")),
        ("name", None),
        ("a/b/c", None),
        ("../b", None),
        ("./folder", None),
        ("org/..", None),
        ("org/name@", None),
        ("org/name@../x", None),
        ("org/na me", None),
        ("C:\\models/x", None),
        ("/models", None),
        ("", None),
    ],
)
def test_names_on_the_hub(text: str, reference: HubReference | None) -> None:
    assert parse_reference(text) == reference
