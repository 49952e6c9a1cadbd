"""The examples of docs/api.md, run with the installed extension and the real service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AUDIO = ROOT / "tests" / "data" / "speech" / "waffles.flac"
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts(extension_zip, tmp_path_factory):
    """What the session saw; see api_session.py."""
    backend = os.environ.get("ELOCUTE_BACKEND_PYTHON")
    if not backend:
        pytest.skip("ELOCUTE_BACKEND_PYTHON names no interpreter with the backend's packages")
    work = tmp_path_factory.mktemp("api")
    shutil.copyfile(AUDIO, work / "line.wav")  # its content tells what it is
    inside = PAGE.split("## Inside Blender")[1].split("## Without Blender")[0]
    examples = re.findall(r"```python\n(.*?)```", inside, re.DOTALL)
    assert len(examples) == 8
    script = Path(__file__).with_name("api_session.py")
    arguments = [str(extension_zip), str(work), backend, json.dumps(examples)]
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(work / "blender")},
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("FACTS ")), None)
    assert line is not None, done.stdout[-3000:] + done.stderr[-6000:]
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(line.removeprefix("FACTS "))


def test_generated_takes_differ_and_know_how_they_were_made(facts):
    assert facts["takes"] == [True, [3, 4], ["lively", "lively"]]
    assert "waffles" in " ".join(facts["heard"]).lower()


def test_options_are_those_of_the_panel(facts):
    assert facts["quiet"] == 0.0
    assert facts["options_kept"] == "BEZIER"


def test_keys_are_written_where_they_were_asked_for(facts):
    starts = {start for _, start, _ in facts["lines"]}
    assert {25.0, 200.0} <= starts
    assert "frames 200 to" in facts["background"]


def test_retargeting_gives_the_keys_and_changes_nothing(facts):
    assert facts["curves"] > 50
    assert facts["frames"][0] == 25
    assert facts["as_keyed"] is True
    assert facts["shifted_as_keyed"] is False
    assert facts["retarget_changed"] is False


def test_a_clip_without_a_recording_can_be_keyed(facts):
    assert "frames 300 to" in facts["without_recording"]
    assert facts["named"] is True


def test_refusals_are_one_sentence_and_change_nothing(facts):
    for name, sentence in facts["refused"].items():
        assert sentence is not None, name
        assert sentence.endswith("."), name
    assert facts["refusals_changed"] is False
