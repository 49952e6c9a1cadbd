"""The add-on's copies of the wire's messages are the service's, field by field."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from addon.core.backend import messages as ours
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, ModelInfo, check_settings
from elocute.service import messages as theirs

NAMES = sorted(
    name
    for name, kind in vars(theirs).items()
    if isinstance(kind, type) and issubclass(kind, theirs.Message) and kind is not theirs.Message
)

EXAMPLES: dict[str, dict[str, Any]] = {
    "ErrorMessage": {"code": "busy", "message": "Wait.", "hint": ""},
    "Health": {
        "service": "elocute",
        "version": "1",
        "wire": 6,
        "max_upload_bytes": 5,
        "engine": "NumPy",
        "reads_films": False,
    },
    "OptionMessage": {"lowest": 0.0, "default": 0.5, "highest": 1.0, "whole": False, "varies": True},
    "ModelMessage": {
        "id": "a", "family": "b", "title": "c", "basis": "d", "fps": 25.0, "styles": ["x", "y"],
        "options": {"jaw": {"lowest": 0.0, "default": 1.0, "highest": 2.0, "whole": True, "varies": False}},
        "choices": {"sampler": ["ddim", "ddpm"]}, "hears_phones": True, "blends_styles": False,
        "changes_styles": True,
        "identity": 100, "engine": "ONNX Runtime", "engine_reason": "no GPU",
    },
    "ModelList": {"models": []},
    "JobSettings": {
        "kind": "phones", "model": "m", "transcript": "Ünïcode", "language": "de", "words": "none",
        "style": "calm:0.5,mine.npz:0.5", "options": {"jaw": 1.5}, "choices": {"sampler": "ddim"},
        "curves": {"gaze": [[0.0, 0.5], [2.5, 1.0]]},
        "identity": [0.5, -1.0], "seed": 4294967295, "takes": 64, "head_motion": False, "lip_contacts": False,
        "phones": True, "ranges": [[0.5, 1.25]], "channels": ["mouth"], "pinned": [["jaw.0", 0.75, 0.125]],
        "attention": {
            "regards": [{"start": 0.5, "end": 2.0, "yaw": -30.5, "pitch": 4.0, "role": "speak"}],
            "nods": [1.5],
        },
        "opening": True,
    },
    "RegardMessage": {"start": 0.0, "end": 1.0, "yaw": 180.0, "pitch": -90.0, "role": "listen"},
    "AttentionMessage": {"regards": [], "nods": [0.25]},
    "StyleSettings": {"model": "m", "start": 3},
    "WindowMessage": {"first": 3, "frames": 2, "clips": ["AAAA"]},
    "JobSummary": {
        "frames": 3, "fps": 25.0, "seconds": 0.1, "basis": "b", "takes": 1, "phone_source": "none",
        "transcript": None, "notes": ["One."], "audio_sha256": "00", "stage_seconds": {"motion": 0.5},
    },
    "JobState": {
        "id": "x", "kind": "generate", "state": "failed", "queue_position": 0, "stage": "motion",
        "fraction": 0.5, "message": "", "error": {"code": "a", "message": "b", "hint": "c"}, "summary": None,
    },
    "PhoneMessage": {"label": "AA", "start": 0.0, "end": 0.5},
    "WordMessage": {"text": "ah", "start": 0.0, "end": 0.5},
    "PhoneList": {
        "seconds": 1.0, "phone_source": "recognition", "transcript": "ah",
        "phones": [{"label": "AA", "start": 0.0, "end": 0.5}], "words": [], "notes": [],
    },
}  # fmt: skip


def plain(kind: Any) -> Any:
    """An annotation without constraints, with messages by name, comparable across both sides."""
    if get_origin(kind) is Annotated:
        return plain(get_args(kind)[0])
    if isinstance(kind, type) and (issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind)):
        return kind.__name__
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return frozenset(plain(argument) for argument in arguments)
    if origin in (Mapping, tuple):
        return (origin, *(plain(argument) for argument in arguments))
    return ("one of", *arguments) if origin is Literal else kind


def default_of_field(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return PydanticUndefined


def test_both_sides_speak_the_same_version() -> None:
    assert ours.WIRE_VERSION == theirs.WIRE_VERSION


def test_the_page_about_the_protocol_is_of_this_version() -> None:
    page = (Path(__file__).parents[2] / "docs" / "wire.md").read_text(encoding="utf-8")
    assert page.startswith(f"# Wire protocol, version {ours.WIRE_VERSION}\n")
    assert f'"wire": {ours.WIRE_VERSION}}}' in page
    assert f"Version {ours.WIRE_VERSION} added" in page


def test_both_sides_have_the_same_messages() -> None:
    dataclass_names = sorted(name for name, kind in vars(ours).items() if dataclasses.is_dataclass(kind))
    assert dataclass_names == NAMES
    assert sorted(EXAMPLES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_fields_types_and_defaults_agree(name: str) -> None:
    our_class, their_class = getattr(ours, name), getattr(theirs, name)
    our_hints, their_hints = get_type_hints(our_class), get_type_hints(their_class, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(our_class)}
    assert list(fields) == list(their_class.model_fields)
    for field, info in their_class.model_fields.items():
        assert plain(our_hints[field]) == plain(their_hints[field]), field
        assert default_of_field(fields[field]) == info.default, field


@pytest.mark.parametrize("name", NAMES)
def test_messages_survive_the_way_there_and_back(name: str) -> None:
    our_class, their_class = getattr(ours, name), getattr(theirs, name)
    sent = their_class.model_validate(EXAMPLES[name])
    received = ours.from_json(our_class, sent.model_dump_json())
    assert their_class.model_validate_json(ours.to_json(received), strict=True) == sent
    assert isinstance(received, our_class)


def test_default_settings_are_accepted() -> None:
    assert theirs.JobSettings.model_validate_json(ours.to_json(ours.JobSettings()), strict=True)


@pytest.mark.parametrize(
    "name",
    [
        "MOST_STYLE_FILES",
        "LARGEST_STYLE_FILE",
        "LARGEST_BEFORE",
        "LARGEST_BASE",
        "LARGEST_PHONES",
        "MOST_PINS",
        "STYLE_FILE_NAME",
        "LONGEST_STYLE",
        "MOST_CURVES",
        "MOST_CURVE_POINTS",
    ],
)
def test_limits_on_styles_agree(name: str) -> None:
    assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize(
    ("field", "lowest", "highest"), [("takes", 1, ours.MOST_TAKES), ("seed", 0, ours.LARGEST_SEED)]
)
def test_limits_on_numbers_agree_everywhere(field: str, lowest: int, highest: int) -> None:
    info = ModelInfo("m", "f", "t", "b", 25.0, ())
    for value in (lowest, highest):
        text = ours.to_json(dataclasses.replace(ours.JobSettings(), **{field: value}))
        theirs.JobSettings.model_validate_json(text, strict=True)
        check_settings(info, GenerationSettings(**{field: value}))
    for value in (lowest - 1, highest + 1):
        text = ours.to_json(dataclasses.replace(ours.JobSettings(), **{field: value}))
        with pytest.raises(ValidationError):
            theirs.JobSettings.model_validate_json(text, strict=True)
        with pytest.raises(SettingsError):
            check_settings(info, GenerationSettings(**{field: value}))
