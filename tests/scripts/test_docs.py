"""What README.md and docs/ name exists in the repository, and nothing points outside of it."""

import argparse
import ast
import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from elocute.cli.export import in_full
from elocute.cli.main import parser_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "flame_assets" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = sorted(path for top in ("addon", "backend", "scripts") for path in (ROOT / top).rglob("*.py"))
# Where a page's paths may start: pages about the backend or one of its packages leave out the rest.
BASES = (ROOT, ROOT / "backend", ROOT / "backend" / "elocute")
TOP_LEVEL = "addon|backend|elocute|scripts|tests|docs|configs|requirements|deploy|flame_assets|\\.ci"
NAMED = re.compile(rf"(?<![\w./-])({TOP_LEVEL})/[\w./-]+(?![\w./<*{{-])")
MADE_BY_USERS = ("flame_assets/user",)
OUTSIDE = re.compile(r"\.\./shared|(?<![\w./~<])/(work|home|tmp|root|Users|mnt)/\w")


def _code_spans(page: Path) -> list[str]:
    """Inline code and the lines of code blocks, with continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    return [
        *re.findall(r"`([^`]+)`", text),
        *indented,
        *(line for block in blocks for line in block.split("\n")),
    ]


def _named_paths(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    named = {match.group().rstrip(".") for match in NAMED.finditer(text)}
    placeholder = re.compile(r"(^|/)[A-Z]+(/|$)")  # models/NAME
    return {name for name in named if not name.startswith(MADE_BY_USERS) and not placeholder.search(name)}


def _links(page: Path) -> list[str]:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    return [link for link in links if "://" not in link]


def _commands(page: Path) -> list[list[str]]:
    """Words of each command that a page shows or names: ``elocute ...`` or ``python -m scripts...``."""
    found = []
    for span in _code_spans(page):
        line = re.sub(r"^\S*python\S* -m elocute\b", "elocute", span.split(" # ")[0].strip())
        if re.match(r"elocute [a-z]", line) or re.match(r"\S*python\S* -m scripts\.", line):
            found.append(shlex.split(line.replace("...", " ").replace("[", " ").replace("]", " ")))
    return found


def _option(parser: argparse.ArgumentParser, word: str) -> bool:
    return word.partition("=")[0] in parser._option_string_actions


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(actions[0].choices) if actions else {}


def _problem(words: list[str]) -> str:
    """Why an ``elocute`` command is none, or an empty string: its subcommands and options must exist."""
    parser: argparse.ArgumentParser = parser_of()
    rest = in_full(words[1:])
    while (actions := _subparsers(parser)) and rest:
        name = rest.pop(0)
        if name not in actions:
            return f"no subcommand {name}"
        parser = actions[name]
    unknown = [word for word in rest if re.match(r"--[a-z]", word) and not _option(parser, word)]
    return f"no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_a_page_names_exist(page: Path) -> None:
    missing = {name for name in _named_paths(page) if not any((base / name).exists() for base in BASES)}
    assert not missing
    assert [link for link in _links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_names_exist(page: Path) -> None:
    for words in _commands(page):
        if words[0] == "elocute":
            assert _problem(words) == "", words
            continue
        module = words[words.index("-m") + 1]
        assert importlib.util.find_spec(module), words
        source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
        for option in (word for word in words if word.startswith("--")):
            assert f'"{option}"' in source, f"{module} has no {option}"


def test_that_commands_and_paths_are_found_at_all() -> None:
    commands = [words for page in PAGES for words in _commands(page)]
    assert sum(words[0] == "elocute" for words in commands) > 20
    assert sum(words[0] != "elocute" for words in commands) > 8
    assert len({name for page in PAGES for name in _named_paths(page)}) > 30


@pytest.mark.parametrize(
    "command",
    [
        "elocute sing x.wav",
        "elocute dataset measure data",
        "elocute generate x.wav --loud",
        "elocute models --all",
    ],
)
def test_stale_commands_are_noticed(command: str) -> None:
    assert _problem(command.split())


def test_nothing_points_outside_of_the_repository() -> None:
    for path in (*PAGES, *CODE):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            assert not OUTSIDE.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def _references(path: Path) -> set[str]:
    """Names that references in the docstrings of a file point to."""
    strings = (
        n.value for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)
    )
    text = "\n".join(string for string in strings if isinstance(string, str))
    return set(re.findall(r":(?:mod|func|class|meth|data|attr|exc):`~?([\w.]+)`", text))


@cache
def _names(path: Path) -> set[str]:
    """Names that a file defines, imports or uses, docstrings and comments left out."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).rpartition(".")[2])
    return names


@cache
def _module_file(parts: tuple[str, ...]) -> Path | None:
    for base in (ROOT, ROOT / "backend"):
        folder = base.joinpath(*parts)
        for candidate in (folder.with_suffix(".py"), folder / "__init__.py"):
            if parts and candidate.is_file():
                return candidate
    return None


def _exists(path: Path, name: str) -> bool:
    """Whether a reference in the file ``path`` names something: of that file, or by its full name."""
    parts = name.split(".")
    if parts[0] not in ("elocute", "addon", "scripts"):
        return parts[-1] in _names(path)
    length = next((n for n in range(len(parts), 0, -1) if _module_file(tuple(parts[:n]))), 0)
    module = _module_file(tuple(parts[:length]))
    return module is not None and all(part in _names(module) for part in parts[length:])


def test_references_of_docstrings_exist() -> None:
    stale = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in CODE
        for name in _references(path)
        if not _exists(path, name)
    ]
    assert stale == []


def test_stale_references_are_noticed() -> None:
    here = ROOT / "backend" / "elocute" / "pipeline.py"
    assert _exists(here, "Pipeline")
    assert _exists(here, "elocute.generator.GenerationSettings")
    assert not _exists(here, "Pipelined")
    assert not _exists(here, "elocute.generators.GenerationSettings")
    assert not _exists(here, "elocute.generator.Settings")
