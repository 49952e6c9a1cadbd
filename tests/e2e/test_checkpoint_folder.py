"""The panel drives a checkpoint folder of the official architecture, on a FLAME head, with lip contacts.

Weights and head are made up, of the official structure, and converted as a user's would be; the service,
Blender and the extension are real.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run(words, marker, **environment):
    """Run a script; return the JSON of its line that begins with ``marker``."""
    done = subprocess.run(
        [str(word) for word in words],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, **environment},
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith(f"{marker} ")), None)
    assert line is not None, done.stdout[-3000:] + done.stderr[-6000:]
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-3000:]}"
    return json.loads(line.removeprefix(f"{marker} "))


@pytest.fixture(scope="module")
def made(made_models):
    """Checkpoint folder, head and the frames of P, B and M; see make_checkpoint.py."""
    return made_models["checkpoint"]


@pytest.fixture(scope="module")
def facts(made, made_models, extension_zip, tmp_path_factory):
    """What the session saw; see checkpoint_session.py."""
    work = tmp_path_factory.mktemp("session")
    backend = os.environ["ELOCUTE_BACKEND_PYTHON"]
    words = [sys.executable, HERE / "checkpoint_session.py", extension_zip, work, backend]
    words += [made_models["audio"], json.dumps(made)]
    return run(words, "FACTS", BLENDER_USER_RESOURCES=str(work / "blender"))


def test_the_folder_becomes_a_model_of_the_panel(facts, made):
    name = Path(made["model"]).name
    assert facts["offered"] == ["elocute-lite", "rules", name]
    assert [name, "diffposetalk", "flame2020"] in facts["listed"]
    assert "recording" in facts["blocker_plain"]
    assert "Set up" in facts["blocker_more_packages"]


def test_the_flame_head_is_keyed(facts):
    assert facts["basis"] == "flame2020"
    for name in ("without", "with", "guided"):
        assert facts[name]["phase"] == "done", facts[name]
    assert facts["heads"] == 1, "no stand-in head was added"
    assert len(facts["actions"]) >= 2


def test_the_lips_close_on_p_b_and_m(facts, made):
    assert len(made["closed"]) >= 2
    rest = facts["gap_at_rest"]
    without = [gap - rest for gap in facts["gap_without"]]
    closed = [gap - rest for gap in facts["gap_with"]]
    assert min(without) > 0.003, "without contacts this model's lips stay apart"
    assert max(closed) < 0.001, "metres more than at rest, where they touch"
    assert not [note for note in facts["with"]["notes"] if "contact" in note]


def test_the_guidance_scale_reaches_the_model(facts):
    assert facts["gap_guided"] != facts["gap_with"]


def test_a_style_that_the_model_lacks_is_one_sentence(facts):
    assert facts["bad_style"]["phase"] == "failed"
    assert "no such style" in facts["bad_style"]["message"]
