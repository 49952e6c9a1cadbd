import json
from dataclasses import replace

import elocute
from elocute.motion.clip_meta import ClipMeta, FinishingMeta, SamplingMeta, imported_meta, transferred_meta

META = ClipMeta("lite", "diffposetalk", "ab" * 32, 1.5, seed=7, take=2, style="calm", head_motion=False)


def test_every_clip_says_what_made_it_and_from_what():
    assert META.to_json() == {
        "audio_sha256": "ab" * 32,
        "audio_seconds": 1.5,
        "model": "lite",
        "family": "diffposetalk",
        "seed": 7,
        "take": 2,
        "style": "calm",
        "head_motion": False,
        "elocute_version": elocute.__version__,
    }


def test_what_only_some_models_know_is_added():
    sampling = SamplingMeta(
        "ddim", 8, "incremental", {"audio": 1.2, "style": 3.0}, 0.9, "recorded", "bfloat16", "full"
    )
    told = replace(
        META, seed=None, phone_source="transcript", notes=("a",), options={"jaw": 1.0}, shape="average",
        sampling=sampling,
    ).to_json()  # fmt: skip
    assert told.items() >= {
        "seed": None, "phone_source": "transcript", "options": {"jaw": 1.0}, "shape": "average",
        "sampler": "ddim", "steps": 8, "guidance": "incremental", "audio_scale": 1.2, "style_scale": 3.0,
        "threshold": 0.9, "noise": "recorded", "precision": "bfloat16", "audio_context": "full",
    }.items()  # fmt: skip
    assert told["notes"] == ["a"]
    assert json.loads(json.dumps(told)) == told


def test_finishing_is_added_to_what_the_model_said():
    told = FinishingMeta(lip_contacts=True, gaze_amount=0.5, blink_rate=12.0).added_to({"model": "lite"})
    assert told == {"model": "lite", "lip_contacts": True, "gaze_amount": 0.5, "blink_rate": 12.0}
    assert FinishingMeta(lip_contacts=False).added_to({}) == {"lip_contacts": False}


def test_a_carried_and_an_imported_clip():
    assert transferred_meta({"seed": 3}, "flame2020") == {"seed": 3, "transferred_from": "flame2020"}
    assert imported_meta("a.npz") == {"source": "a.npz"}
