"""The panel drives folders of Dimitra and of THMM-DiT; damaged ones and bad recordings cost a sentence.

Weights are random; the service, Blender and the extension are real.
"""

from __future__ import annotations

import json
import os
import sys
import wave

import pytest

from tests.e2e.test_checkpoint_folder import HERE, run

pytestmark = pytest.mark.one_blender
"""What the service makes of a folder does not depend on the Blender that asks; that one is driven is seen
in all of them by test_checkpoint_folder.py."""

NOT_SOUND = "not_sound"
EMPTY = "empty"
MOMENT = "of_a_moment"


@pytest.fixture(scope="module")
def facts(made_models, extension_zip, tmp_path_factory):
    """What the session saw; see families_session.py."""
    backend = os.environ["ELOCUTE_BACKEND_PYTHON"]
    work = tmp_path_factory.mktemp("session")
    short, made = made_models["short"], made_models["families"]
    sounds = {name: work / f"{name}.wav" for name in (NOT_SOUND, EMPTY, MOMENT)}
    sounds[NOT_SOUND].write_text("this is no sound")
    sounds[EMPTY].write_bytes(b"")
    with wave.open(str(sounds[MOMENT]), "wb") as file:
        file.setparams((1, 2, 16000, 160, "NONE", ""))
        file.writeframes(bytes(320))
    recordings = {"good": short, **{name: str(path) for name, path in sounds.items()}}
    words = [sys.executable, HERE / "families_session.py", extension_zip, work, backend]
    return run(
        [*words, json.dumps(recordings), json.dumps(made)],
        "FACTS",
        BLENDER_USER_RESOURCES=str(work / "blender"),
    )


@pytest.mark.parametrize("name", ["tiny-dimitra", "tiny-thmm", "tiny-thmm-idle"])
def test_a_folder_of_each_family_keys_the_head(facts, name):
    assert name in facts["offered"]
    made = facts["made"][name]
    assert made["phase"] == "done", made
    assert made["keyed"] > 20
    if name == "tiny-thmm-idle":  # of lips, phones and words there is nothing to tell
        # One of the Blender, and none of the model, says that it has no sound.
        (deaf,) = (note for note in made["notes"] if "built without sound" not in note)
        assert "its face does not follow the recording" in deaf
    else:
        assert not [note for note in made["notes"] if "does not follow" in note]


def test_damaged_folders_and_bad_recordings_cost_a_sentence_and_no_key(facts):
    assert len(facts["refused"]) == 5 + 3
    for name, told in facts["refused"].items():
        assert told["phase"] == "failed", (name, told)
        assert told["message"], name
        assert "inside Elocute" not in told["message"] + told["hint"], (name, told)
        assert "\n" not in told["message"]
    assert "tiny-thmm-wild" in facts["refused"]["tiny-thmm-wild"]["message"]
    assert facts["kept"]
