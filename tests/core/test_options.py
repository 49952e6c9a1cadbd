"""The table of options: what each line becomes on the way to the service."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from addon.core.backend.messages import JobSettings, to_json
from addon.core.option import Group
from addon.core.options import OPTIONS, SceneOptions, from_values, job_settings, options_in
from tests.core.option_values import other_value, sent

SENT = [option for option in OPTIONS if option.wire]


def named(options):
    return pytest.mark.parametrize("option", options, ids=lambda option: option.name)


def test_names_are_the_fields_and_nothing_is_named_twice():
    names = [field.name for field in fields(SceneOptions) if field.name != "animated"]
    assert [option.name for option in OPTIONS] == names
    names = [n for o in OPTIONS for n in (o.name, o.switch, o.text_block_name) if n]
    assert len(names) == len(set(names))
    wires = [option.wire for option in SENT]
    assert len(wires) == len(set(wires))


def test_every_line_is_in_one_part_of_the_panel():
    parts = [option for group in get_args(Group) for option in options_in(group)]
    assert sorted(o.name for o in parts) == sorted(o.name for o in OPTIONS)


@named(OPTIONS)
def test_a_line_says_what_a_user_needs(option):
    assert option.label
    assert option.tooltip
    assert not option.description.endswith(".")
    if option.kind == "enum":
        assert option.default in {choice.id for choice in option.choices}
    if option.lowest is not None:
        assert option.lowest <= option.default <= (option.highest or option.default)
    assert option.may_be_off <= (option.kind in ("int", "float"))
    assert bool(option.suggestions or option.text_block) <= (option.kind == "text")


@named(SENT)
def test_the_wire_has_the_field(option):
    name, _, key = option.wire.partition(".")
    kind = get_type_hints(JobSettings)[name]
    assert not key or "Mapping" in str(kind)
    assert to_json(job_settings(replace(SceneOptions(), **{option.name: option.read(other_value(option))})))


@named(SENT)
def test_a_value_of_the_table_arrives_in_the_request(option):
    value = option.read(other_value(option))
    options = replace(SceneOptions(), **{option.name: value})
    assert getattr(options, option.name) != getattr(SceneOptions(), option.name)
    assert sent(job_settings(options), option) == value
    assert sent(job_settings(SceneOptions()), option) != value


def test_every_field_of_the_wire_is_an_option_or_named_here():
    reached = {option.wire.partition(".")[0] for option in SENT}
    not_in_the_panel = {
        "kind", "choices", "identity", "phones", "curves", "ranges", "channels", "pinned", "attention",
        "opening", "from_first_sound",
    }  # fmt: skip
    assert reached | not_in_the_panel == {field.name for field in fields(JobSettings)}
    assert not reached & not_in_the_panel


def test_what_is_not_set_is_left_to_the_service():
    assert job_settings(SceneOptions()) == JobSettings()


def test_values_become_options():
    values = {option.name: option.default for option in OPTIONS}
    values |= {"audio": " ", "style": " calm ", "transcript": "\n one\n  two\t", "model": "  "}
    options = from_values(values)
    assert (options.audio, options.style, options.transcript, options.model) == (
        None,
        "calm",
        "one\n  two",
        None,
    )
    assert from_values(values | {"audio": "/a/b.wav"}).audio == Path("/a/b.wav")
