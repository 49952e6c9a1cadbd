"""List the add-on's fixed strings that Blender shows, and which of them a language lacks.

    python -m scripts.translation_strings            every string, as the keys of a translation file
    python -m scripts.translation_strings de         what addon/core/translations/de.json has not yet

The strings are found in the source: labels and tooltips of operators, panels and properties, the table of
options, and the texts that panels draw. Sentences that hold names or numbers are English in every language.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from addon.core.options import OPTIONS

ADDON: Final = Path(__file__).resolve().parent.parent / "addon"
DRAWN: Final = {"text", "heading", "placeholder"}
"""Keywords of Blender's drawing functions whose value is shown."""
OF_PROPERTIES: Final = {"name", "description"}
"""Keywords of properties whose value is shown."""
_MAKERS: Final = ("Property",)


def strings_in(source: str) -> Iterator[str]:
    """Fixed strings of a module that Blender shows, in their order."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            yield from _of_class(node)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def all_strings() -> list[str]:
    """Those of the whole add-on, each once."""
    files = sorted(ADDON.rglob("*.py"))
    found = [text for path in files for text in strings_in(path.read_text(encoding="utf-8"))]
    for option in OPTIONS:
        found += [option.label, option.description, option.placeholder]
        found += [text for choice in option.choices for text in (choice.label, choice.tooltip)]
    return sorted({text for text in found if any(letter.isalpha() for letter in text)})


def missing(language: str) -> list[str]:
    """Strings that a language's file has not."""
    path = ADDON / "core" / "translations" / f"{language}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [text for text in all_strings() if text not in known]


def _of_class(node: ast.ClassDef) -> Iterator[str]:
    """Label and tooltip of an operator or panel; an operator's tooltip is its docstring."""
    given = {
        line.targets[0].id: line.value
        for line in node.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }
    for name in ("bl_label", "bl_description"):
        if name in given:
            yield from _text(given[name])
    tooltip = ast.get_docstring(node)
    if "_OT_" in node.name and "bl_description" not in given and tooltip:
        yield " ".join(tooltip.split())


def _of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    shown = DRAWN | OF_PROPERTIES if name.endswith(_MAKERS) else DRAWN
    for keyword in node.keywords:
        if keyword.arg in shown:
            yield from _text(keyword.value)
    if name == "poll_message_set" and node.args:
        yield from _text(node.args[0])


def _text(node: ast.expr) -> Iterator[str]:
    """A literal's text, both of a choice between two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _text(node.body)
        yield from _text(node.orelse)


def main(arguments: list[str]) -> int:
    """Print what was asked for, as JSON with empty translations."""
    found = missing(arguments[0]) if arguments else all_strings()
    print(json.dumps(dict.fromkeys(found, ""), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
