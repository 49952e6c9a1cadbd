"""The add-on's fixed strings are found in its source, and every language has all of them."""

import ast
import re
from pathlib import Path

import pytest

from addon.core import translations as package
from addon.core.options import OPTIONS
from addon.core.translations import translations
from scripts.translation_strings import ADDON, all_strings, missing, strings_in

LANGUAGES = sorted(translations())


def test_there_are_languages():
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_string_and_no_other(language):
    """Add what is missing with: python -m scripts.translation_strings LANGUAGE."""
    assert missing(language) == []
    assert set(translations()[language]) - set(all_strings()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_user_types_is_not_translated(language):
    """Names of styles and controls, values and units in an example stay as they are typed."""
    typed = re.compile(r"[a-z]+[:@*][\d.]+|\.\w{2,4}\b|https?://\S+|--[\w-]+")
    for text, translated in translations()[language].items():
        assert translated.strip(), text
        assert [word for word in typed.findall(text) if word not in translated] == [], text


def test_the_table_of_options_is_found_whole():
    found = set(all_strings())
    for option in OPTIONS:
        assert option.label in found, option.name
        assert {choice.label for choice in option.choices} <= found, option.name


def test_labels_of_all_operators_and_panels_are_found():
    found = set(all_strings())
    for path in ADDON.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "bl_label":
                assert ast.literal_eval(node.value) in found, path


def test_what_is_drawn_and_why_a_button_is_grey():
    source = """
class ELOCUTE_OT_it(_Shared):
    '''What it does, in
    two lines'''
    bl_label = "Do it"

    @classmethod
    def poll(cls, context):
        cls.poll_message_set("Not now.")

    def draw(self, context):
        self.layout.label(text="On" if self.on else "Off")
        self.layout.label(text=f"{self.count} of them")
        print("nothing that is shown", end="text")

class _Shared(bpy.types.Operator):
    '''What operators share.'''
"""
    assert sorted(strings_in(source)) == ["Do it", "Not now.", "Off", "On", "What it does, in two lines"]


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "xx.json").write_text('{"Generate": 3}')
    monkeypatch.setattr(package, "__file__", str(Path(tmp_path) / "__init__.py"))
    with pytest.raises(ValueError, match=r"xx\.json"):
        translations()
