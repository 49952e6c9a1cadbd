"""The two commands' own logic: which Python, which arguments, what of pip's chatter is shown."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from addon.core.errors import UserError
from scripts import commands
from scripts.commands import (
    BLENDER_VERSIONS,
    NEEDS_EVERY_BLENDER,
    PYTHON_OF_BLENDER,
    backend_steps,
    blender_plan,
    blender_steps,
    blender_test_files,
    blenders_to_test,
    check_steps,
    checks_plan,
    demo_plan,
    models_step,
    short_line,
)
from scripts.run import python_problem
from scripts.steps import SIDE_BY_SIDE, Step

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("version", [(3, 8), (3, 10), (3, 12), (3, 13)])
def test_another_python_gets_one_sentence_that_says_what_to_do(version):
    sentence = python_problem(version)
    assert f"this is Python {version[0]}.{version[1]}" in sentence
    assert "install Python 3.11" in sentence
    assert "\n" not in sentence


def test_the_right_python_is_no_problem():
    assert python_problem((3, 11)) == ""


def test_unknown_command_shows_usage_and_ends_with_two():
    done = subprocess.run(
        [sys.executable, "scripts/run.py", "dance"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "usage: run.py demo|test" in done.stdout


def test_every_requirement_is_pinned_exactly():
    plans = [checks_plan(), *(blender_plan(version) for version in BLENDER_VERSIONS)]
    for path in {path for plan in plans for path in (*plan.separate_requirements, *plan.requirements)}:
        lines = [line.split("#")[0].split(";")[0].strip() for line in path.read_text().splitlines()]
        for line in lines:
            if line and not line.startswith("--extra-index-url "):
                assert line.count("==") == 1, f"{path.name}: {line}"


def test_the_demo_and_the_tests_have_what_the_bundled_model_needs():
    for plan in (demo_plan(), checks_plan()):
        assert "backend.txt" in [path.name for path in plan.requirements]
    assert {"onnxruntime", "safetensors", "numpy"} <= {each.name for each in pinned("backend")}
    assert [path.name for path in checks_plan().separate_requirements] == ["torch-cpu.txt"]
    assert {"backend-lite.txt", "backend-science.txt"} <= {path.name for path in checks_plan().requirements}


def test_the_demo_installs_neither_pytorch_nor_scipy():
    plan = demo_plan()
    assert not plan.separate_requirements
    names = {each.name for path in plan.requirements for each in pinned(path.stem)}
    assert not {"torch", "scipy", "transformers", "sympy"} & names


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting numpy==2.4.6", "package numpy==2.4.6"),
        ("Downloading numpy-2.4.6.whl (20 MB)", ""),
        (
            "ERROR: No matching distribution found for bpy==1",
            "ERROR: No matching distribution found for bpy==1",
        ),
    ],
)
def test_of_pips_output_only_news_is_shown(line, shown):
    assert short_line(line) == shown


def test_checks_cover_lint_types_contracts_and_documentation():
    names = [step.name for step in check_steps(Path("bin/python"))]
    assert names == [
        "ruff check",
        "ruff format",
        "mypy",
        "import contracts",
        "codespell",
        "documentation",
    ]


def test_each_blender_gets_the_python_its_module_exists_for():
    assert {version: blender_plan(version).lowest for version in BLENDER_VERSIONS} == PYTHON_OF_BLENDER
    for version in BLENDER_VERSIONS:
        assert blender_plan(version).lowest == blender_plan(version).highest


def _only_python_3_11(version: tuple[int, int]) -> Path:
    if version != (3, 11):
        raise UserError(f"No Python {version[0]}.{version[1]} was found on this computer.", "Install it.")
    return Path(sys.executable)


def test_a_blender_whose_python_is_missing_is_skipped_with_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(commands, "base_python", _only_python_3_11)
    monkeypatch.delenv(NEEDS_EVERY_BLENDER, raising=False)
    assert blenders_to_test(["5.0", "5.2"]) == ["5.0"]
    assert capsys.readouterr().out == ("Blender 5.2 is skipped: No Python 3.13 was found on this computer.\n")


def test_continuous_integration_skips_no_blender(monkeypatch):
    monkeypatch.setattr(commands, "base_python", _only_python_3_11)
    monkeypatch.setenv(NEEDS_EVERY_BLENDER, "1")
    with pytest.raises(UserError, match=r"No Python 3\.13"):
        blenders_to_test(["5.0", "5.2"])
    assert f"export {NEEDS_EVERY_BLENDER}=1" in (ROOT / ".ci" / "run").read_text()


def in_blenders(versions):
    return blender_steps(versions, [Path(f"python-{version}") for version in versions])


@pytest.mark.parametrize("versions", [BLENDER_VERSIONS, ("4.2", "5.0"), ("5.3",)])
def test_every_file_is_run_once_in_every_blender(versions):
    files = blender_test_files()
    assert len(files) > 50
    assert any(file.startswith("tests/e2e/") for file in files)
    steps = in_blenders(versions)
    for version in versions:
        own = [step for step in steps if f"python-{version}" in step.command]
        run = [word for step in own for word in step.command if word.endswith(".py")]
        assert sorted(run) == sorted(files)
    assert len({step.name for step in steps}) == len(steps)


@pytest.mark.parametrize("count", range(1, len(BLENDER_VERSIONS) + 1))
def test_what_is_run_side_by_side_ends_within_half_a_blenders_tests(count):
    """As if each file took as long as any other and nothing else were run."""
    ends = [0] * SIDE_BY_SIDE
    for step in in_blenders(BLENDER_VERSIONS[:count]):
        next_free = ends.index(min(ends))
        ends[next_free] += sum(word.endswith(".py") for word in step.command)
    assert max(ends) - min(ends) <= math.ceil(len(blender_test_files()) / 2)


@pytest.mark.parametrize("versions", [BLENDER_VERSIONS, ("4.2", "5.0"), ("5.3",)])
def test_what_one_blender_is_enough_for_is_run_in_one(versions):
    steps = in_blenders(versions)
    for step in steps:
        if f"python-{'5.0' if '5.0' in versions else versions[0]}" in step.command:
            assert "not one_blender" not in step.command
        else:
            assert step.command[step.command.index("not one_blender") - 1] == "-m"
    assert any("one_blender" in (ROOT / name).read_text() for name in blender_test_files())


@pytest.mark.parametrize("coverage", [False, True])
def test_every_file_that_needs_no_blender_is_run_once(coverage):
    steps = backend_steps(Path("bin/python"), coverage)
    assert len({step.name for step in steps}) == len(steps) == (1 if coverage else 2)
    places = [ROOT / word for step in steps for word in step.command if word.startswith("tests/")]
    found = [file for place in places for file in ([place] if place.is_file() else place.rglob("test_*.py"))]
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    run = sorted(path.relative_to(ROOT).as_posix() for path in found)
    assert run == sorted(files - set(blender_test_files()))


def test_every_test_run_names_its_slowest_tests():
    for step in (*backend_steps(Path("bin/python")), *in_blenders(BLENDER_VERSIONS)):
        assert any(word.startswith("--durations=") for word in step.command), step.name
        assert not any(word.startswith("--cov") for word in step.command), step.name


def test_coverage_is_counted_where_it_is_asked_for_in_one_blender():
    (backend,) = backend_steps(Path("bin/python"), coverage=True)
    assert {"--cov=elocute", "--cov=addon.core"} <= set(backend.command)
    pythons = [Path(f"python-{version}") for version in BLENDER_VERSIONS]
    steps = blender_steps(BLENDER_VERSIONS, pythons, coverage=True)
    counted = [step.name for step in steps if "--cov=addon.blender" in step.command]
    assert counted == ["Blender 5.0 tests"]


@pytest.mark.parametrize("failing", [None, "mypy", "backend tests, part 2 of 2", "Blender 5.0 tests"])
def test_every_step_is_run_and_one_that_fails_fails_the_whole(failing, monkeypatch, capsys):
    run: dict[str, dict[str, str]] = {}

    def pretended(step, variables):
        run[step.name] = variables
        return step.name != failing

    monkeypatch.setattr(commands, "prepare", lambda plan: plan.folder / "bin" / "python")
    monkeypatch.setattr(commands, "check_system_libraries", lambda: None)
    monkeypatch.setattr(commands, "blenders_to_test", list)
    monkeypatch.setattr(commands, "run_shown", pretended)
    zip_step = Step("extension with its packages", ("zip",))
    monkeypatch.setattr(commands, "extension_step", lambda python: zip_step)
    assert commands.run_tests([]) == (failing is not None)
    in_blender = {step.name for step in in_blenders(BLENDER_VERSIONS)}
    before = [*check_steps(Path("p")), *backend_steps(Path("p")), models_step(Path("p")), zip_step]
    assert set(run) == in_blender | {step.name for step in before}
    assert all({commands.EXTENSION_ZIP, commands.TEST_MODELS} <= set(run[name]) for name in in_blender)
    assert all("ELOCUTE_BACKEND_PYTHON" in run[name] for name in in_blender)
    said = capsys.readouterr().out
    assert f"steps: {len(run) - bool(failing)} passed, {int(bool(failing))} failed" in said
    assert (f"FAILED {failing}" in said) is (failing is not None)


def test_an_environment_that_cannot_be_made_ends_the_tests_before_they_begin(monkeypatch):
    run: list[str] = []

    def refused(plan):
        if plan.folder.name.startswith("blender"):
            raise UserError("The package index could not be reached.", "Check the connection.")
        return plan.folder / "bin" / "python"

    monkeypatch.setattr(commands, "prepare", refused)
    monkeypatch.setattr(commands, "check_system_libraries", lambda: None)
    monkeypatch.setattr(commands, "blenders_to_test", list)
    monkeypatch.setattr(commands, "run_shown", lambda step, variables: run.append(step.name) or True)
    with pytest.raises(UserError, match="could not be reached"):
        commands.run_tests([])
    tests = {step.name for step in (*backend_steps(Path("p")), *in_blenders(BLENDER_VERSIONS))}
    assert not tests & set(run)


def pinned(name):
    """Requirements of a file, as they stand there."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return {Requirement(line) for line in lines if line and not line.startswith(("#", "-"))}


def test_the_extra_of_the_package_takes_the_versions_of_the_files_and_never_cuda():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {Requirement(line) for line in project["optional-dependencies"]["torch"]}
    assert {str(r) for r in extra} <= {str(r) for r in pinned("torch-cpu") | pinned("backend-lite")}
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    (torch,) = [r for r in extra if r.name == "torch" and r.marker.evaluate(linux)]
    assert torch.specifier.contains("2.13.0+cpu")
    assert not torch.specifier.contains("2.13.0"), "the package index has only the build with CUDA"


@pytest.mark.parametrize(("machine", "offered"), [("arm64", True), ("x86_64", False)])
def test_the_package_asks_for_onnx_runtime_only_where_there_is_one(machine, offered):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    mac = {"sys_platform": "darwin", "platform_machine": machine}
    for requirements in ({Requirement(line) for line in project["dependencies"]}, pinned("backend")):
        (found,) = [r for r in requirements if r.name == "onnxruntime"]
        assert found.marker.evaluate(mac) is offered


def test_the_commands_of_the_readme_can_take_nothing_else():
    commands = [
        line
        for line in (ROOT / "README.md").read_text().splitlines()
        if "pip install " in line and "-m pip" in line
    ]
    files = [name for line in commands for name in re.findall(r"-r requirements/([\w-]+)\.txt", line)]
    assert {"torch-cpu", "backend", "backend-lite", "backend-science"} <= set(files)
    assert all("--no-deps" in line for line in commands)
    assert not [line for line in commands if "index-url" in line]
