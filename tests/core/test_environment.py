"""The backend's own environment: made, reused, made anew, and never over somebody else's files."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from addon.core.backend.base_python import find_base_python, python_problem
from addon.core.backend.environment import (
    DOWNLOADS,
    LOG,
    MARKER,
    EnvironmentPlan,
    EnvironmentState,
    backend_plan,
    check_environment,
    onnxruntime_is_offered,
    prepare_environment,
    remove_environment,
    torch_is_offered,
    words_are_offered,
)
from addon.core.backend.folder_lock import folder_lock
from addon.core.backend.setup_steps import SetupStep
from addon.core.errors import Cancelled, UserError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable)
OFFLINE = ("--no-index",)


def write_wheel(folder: Path, version: str = "1.0", name: str = "elocute_tiny", needs: str = "") -> None:
    """Write the wheel of a package with one module."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{info}/METADATA", metadata + (f"Requires-Dist: {needs}\n" if needs else ""))
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture
def plan(tmp_path: Path) -> EnvironmentPlan:
    """An environment that needs one package, which lies in a folder beside it."""
    write_wheel(tmp_path / "wheels")
    requirements = tmp_path / "tiny.txt"
    requirements.write_text("elocute-tiny==1.0\n")
    source = tmp_path / "source"
    source.mkdir()
    (source / "elocute_local.py").write_text("import elocute_tiny\nFACT = elocute_tiny.VERSION\n")
    return EnvironmentPlan(
        folder=tmp_path / "parent" / "environment",
        requirements=(requirements,),
        import_paths=(source,),
        check_modules=("elocute_local",),
        pip_arguments=(*OFFLINE, "--find-links", str(tmp_path / "wheels")),
    )


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def quick_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose ``venv`` copies a virtual environment that was made once.

    Unpacking pip takes several seconds of the processor each time; all that comes after it is real: the
    environment's interpreter and what its pip does. One test makes its environment with the real ``venv``.
    """
    folder = tmp_path_factory.mktemp("quick")
    made = folder / "made"
    subprocess.run([PYTHON, "-I", "-m", "venv", made], check=True)
    # The words are those of PythonCommand: -I, run_with_parent.py, a process, the module, its arguments.
    copy = f'mkdir -p "$5" && cp -al {made}/. "$5/" && rm "$5/pyvenv.cfg" && cp {made}/pyvenv.cfg "$5/"'
    return script(folder / "python3", f'if [ "$4" = venv ]; then {copy}; else exec {PYTHON} "$@"; fi')


def fact(plan: EnvironmentPlan) -> str:
    command = [str(plan.python), "-c", "import elocute_local; print(elocute_local.FACT)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_made_then_reused_then_made_anew(plan: EnvironmentPlan, tmp_path: Path) -> None:
    lines: list[str] = []
    assert check_environment(plan) is EnvironmentState.MISSING
    python = prepare_environment(plan, base_python=PYTHON, report=lambda _step, line: lines.append(line))
    assert python == plan.python
    assert check_environment(plan) is EnvironmentState.READY
    assert fact(plan) == "1.0"
    assert lines[0].startswith("Creating a virtual environment")
    assert lines[-1] == "The environment is ready"
    assert "elocute-tiny" in (plan.folder / LOG).read_text()

    lines.clear()
    prepare_environment(
        plan, base_python=Path("/no/such/python"), report=lambda _step, line: lines.append(line)
    )
    assert lines == []

    write_wheel(tmp_path / "wheels", "2.0")
    plan.requirements[0].write_text("elocute-tiny==2.0\n")
    assert check_environment(plan) is EnvironmentState.OUTDATED
    (plan.folder / "left-over").write_text("")
    prepare_environment(plan, base_python=PYTHON)
    assert fact(plan) == "2.0"
    assert not (plan.folder / "left-over").exists()

    remove_environment(plan)
    assert not plan.folder.exists()
    remove_environment(plan)


def test_separate_requirements_come_first_and_bring_nothing_along(
    plan: EnvironmentPlan, quick_python: Path, tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "3.0+cpu", "elocute_big", needs="elocute-libraries-of-several-gb")
    separate = tmp_path / "big.txt"
    separate.write_text(
        "# A file of its own.\n"
        "elocute-big==3.0+cpu ; python_version > '3'\n"
        "none-such==1 ; python_version < '3'\n"
    )
    both = replace(plan, separate_requirements=(separate,), check_modules=("elocute_local", "elocute_big"))
    assert both.fingerprint() != plan.fingerprint()
    lines: list[str] = []
    prepare_environment(both, base_python=quick_python, report=lambda _step, line: lines.append(line))
    assert lines.index("Installing big.txt") < lines.index("Installing tiny.txt")
    assert check_environment(both) is EnvironmentState.READY
    separate.write_text("elocute-big==3.1+cpu\n")
    assert check_environment(both) is EnvironmentState.OUTDATED


def test_an_interrupted_one_is_made_anew(plan: EnvironmentPlan, quick_python: Path) -> None:
    plan.folder.mkdir(parents=True)
    (plan.folder / MARKER).write_text(json.dumps({"state": "making"}))
    (plan.folder / "lib").mkdir()
    (plan.folder / "lib" / "broken").write_text("")
    assert check_environment(plan) is EnvironmentState.HALF_MADE
    lines: list[str] = []
    prepare_environment(plan, base_python=quick_python, report=lambda _step, line: lines.append(line))
    assert "Recreating" in lines[0]
    assert fact(plan) == "1.0"


@pytest.mark.parametrize("marker", ["", "{", "[]", '{"state": "ready"}'])
def test_a_damaged_marker_counts_as_interrupted(plan: EnvironmentPlan, marker: str) -> None:
    plan.folder.mkdir(parents=True)
    (plan.folder / MARKER).write_text(marker)
    assert check_environment(plan) is EnvironmentState.HALF_MADE


def test_other_peoples_files_are_left_alone(plan: EnvironmentPlan) -> None:
    plan.folder.mkdir(parents=True)
    (plan.folder / "thesis.txt").write_text("ten years of work")
    assert check_environment(plan) is EnvironmentState.FOREIGN
    with pytest.raises(UserError, match="not created by Elocute"):
        prepare_environment(plan, base_python=PYTHON)
    with pytest.raises(UserError, match="not created by Elocute"):
        remove_environment(plan)
    assert (plan.folder / "thesis.txt").read_text() == "ten years of work"


def test_a_folder_that_is_a_file(plan: EnvironmentPlan) -> None:
    plan.folder.parent.mkdir(parents=True)
    plan.folder.write_text("")
    with pytest.raises(UserError, match="not created by Elocute"):
        prepare_environment(plan, base_python=PYTHON)


def test_a_folder_below_a_file_cannot_be_written(plan: EnvironmentPlan) -> None:
    plan.folder.parent.write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        prepare_environment(plan, base_python=PYTHON)


def test_a_package_that_does_not_exist(plan: EnvironmentPlan, quick_python: Path) -> None:
    plan.requirements[0].write_text("elocute-tiny==7.0\n")
    with pytest.raises(UserError, match=r"elocute-tiny==7\.0 does not exist"):
        prepare_environment(plan, base_python=quick_python)
    assert check_environment(plan) is EnvironmentState.HALF_MADE


@pytest.mark.parametrize(
    ("step", "output", "sentence"),
    [
        ("pip", "Failed to establish a new connection: [Errno 111]", "cannot be reached"),
        ("pip", "NameResolutionError: pypi.org", r"\(pypi\.org\) cannot be reached"),
        (
            "pip",
            "after connection broken by 'NewConnectionError('<object>: [Errno -2]')': /whl/cpu/torch/",
            r"\(download\.pytorch\.org\) cannot be reached",
        ),
        ("pip", "ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("pip", "line one\nERROR: something odd.", r"\(pip\): ERROR: something odd\. Its log"),
        (
            "venv",
            "The virtual environment was not created because ensurepip is not available",
            "cannot create",
        ),
        ("venv", "Error: [Errno 28] No space left on device", "disk is full"),
    ],
)
def test_what_the_tools_complain_of(
    plan: EnvironmentPlan, tmp_path: Path, step: str, output: str, sentence: str
) -> None:
    (tmp_path / "output").write_text(output)
    complain = f"cat {tmp_path / 'output'}; exit 1"
    inner = script(tmp_path / "inner", complain)
    make = f'mkdir -p "$5/bin"; cp {inner} "$5/bin/python"' if step == "pip" else complain
    base = script(
        tmp_path / "base",
        f"""if [ "$2" = -c ]; then echo '{{"version": [3, 11, 2], "missing": []}}'; else {make}; fi""",
    )
    with pytest.raises(UserError, match=sentence):
        prepare_environment(plan, base_python=base)
    assert check_environment(plan) is EnvironmentState.HALF_MADE


def test_a_module_that_cannot_be_imported(plan: EnvironmentPlan, quick_python: Path, tmp_path: Path) -> None:
    (tmp_path / "source" / "elocute_local.py").write_text("import not_there\n")
    with pytest.raises(UserError, match="not_there") as caught:
        prepare_environment(plan, base_python=quick_python)
    assert str(plan.folder / LOG) in caught.value.hint


@pytest.mark.parametrize("step", [SetupStep.CREATE, SetupStep.PACKAGES, SetupStep.CHECK])
def test_cancelling_leaves_nothing(plan: EnvironmentPlan, quick_python: Path, step: SetupStep) -> None:
    cancelled = threading.Event()

    def report(now: SetupStep, _line: str) -> None:
        if now is step:
            cancelled.set()

    with pytest.raises(Cancelled):
        prepare_environment(plan, base_python=quick_python, report=report, cancelled=cancelled)
    assert cancelled.is_set()
    assert not plan.folder.exists()
    assert check_environment(plan) is EnvironmentState.MISSING


def test_cancelling_leaves_nothing_of_an_older_one_either(plan: EnvironmentPlan, quick_python: Path) -> None:
    prepare_environment(plan, base_python=quick_python)
    plan.requirements[0].write_text("elocute-tiny==1.0 # again\n")
    cancelled = threading.Event()
    with pytest.raises(Cancelled):
        prepare_environment(
            plan, base_python=quick_python, report=lambda *_: cancelled.set(), cancelled=cancelled
        )
    assert check_environment(plan) is EnvironmentState.MISSING


def test_a_failure_keeps_the_downloads_and_the_log_alone(
    plan: EnvironmentPlan, quick_python: Path, tmp_path: Path
) -> None:
    own = replace(plan, own_downloads=True)

    def report(step: SetupStep, _line: str) -> None:
        if step is SetupStep.PACKAGES:
            (own.folder / DOWNLOADS).mkdir(exist_ok=True)
            (own.folder / DOWNLOADS / "torch").write_text("190 MB")

    (tmp_path / "source" / "elocute_local.py").write_text("import not_there\n")
    with pytest.raises(UserError, match="not_there"):
        prepare_environment(own, base_python=quick_python, report=report)
    assert check_environment(own) is EnvironmentState.HALF_MADE
    assert {path.name for path in own.folder.iterdir()} == {DOWNLOADS, LOG, MARKER}
    found: list[bool] = []
    (tmp_path / "source" / "elocute_local.py").write_text(
        "import elocute_tiny\nFACT = elocute_tiny.VERSION\n"
    )
    prepare_environment(
        own,
        base_python=quick_python,
        report=lambda step, _: (
            found.append((own.folder / DOWNLOADS / "torch").exists()) if step is SetupStep.CREATE else None
        ),
    )
    assert all(found)
    assert {DOWNLOADS, "temporary"}.isdisjoint(path.name for path in own.folder.iterdir())


def test_pip_keeps_its_downloads_and_temporary_files_in_the_folder(
    plan: EnvironmentPlan, tmp_path: Path
) -> None:
    inner = script(tmp_path / "inner", 'echo "$@"; echo "in $TMPDIR, $TEMP, $TMP"')
    base = script(
        tmp_path / "base",
        f"""if [ "$2" = -c ]; then echo '{{"version": [3, 11, 2], "missing": []}}'; else """
        f"""mkdir -p "$5/bin" "$5/lib/python3.11/site-packages"; cp {inner} "$5/bin/python"; fi""",
    )
    lines: list[str] = []
    own = replace(plan, own_downloads=True)
    prepare_environment(own, base_python=base, report=lambda _, line: lines.append(line))
    (told,) = [line for line in lines if " pip " in line]
    assert f"--cache-dir {own.folder / DOWNLOADS}" in told
    temporary = own.folder / "temporary"
    assert f"in {temporary}, {temporary}, {temporary}" in lines


def test_pip_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import sys, threading
        from pathlib import Path
        sys.path.insert(0, {str(ROOT)!r})
        from addon.core.backend.setup_steps import PythonCommand, SetupStep, run_step
        code = "import subprocess, sys, os, time\\n" \
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\\n" \
            "print(os.getpid(), child.pid, flush=True)\\ntime.sleep(600)"
        run_step(SetupStep.PACKAGES, PythonCommand(Path(sys.executable), "-c", (code,)),
                 log=Path({str(tmp_path / "log")!r}), temporary=Path({str(tmp_path)!r}),
                 report=lambda _, line: print(line, flush=True), cancelled=threading.Event())
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    assert all(map(running, pids))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(map(running, pids)):
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_interrupted_removal_is_recognised(
    plan: EnvironmentPlan, quick_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_environment(plan, base_python=quick_python)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_environment(plan)
    assert check_environment(plan) is EnvironmentState.HALF_MADE
    remove_environment(plan)
    assert check_environment(plan) is EnvironmentState.MISSING


def test_two_at_once_do_not_meet(plan: EnvironmentPlan) -> None:
    plan.folder.parent.mkdir(parents=True)
    with folder_lock(plan.folder), pytest.raises(UserError, match="Another Elocute"):
        prepare_environment(plan, base_python=PYTHON)
    with folder_lock(plan.folder):
        pass


def test_requirements_that_are_not_there(plan: EnvironmentPlan) -> None:
    plan.requirements[0].unlink()
    with pytest.raises(UserError, match=r"Cannot read .*tiny\.txt"):
        prepare_environment(plan, base_python=PYTHON)


def test_a_fitting_python_is_found_and_others_are_named(tmp_path: Path) -> None:
    old = script(tmp_path / "old", """echo '{"version": [3, 9, 2], "missing": []}'""")
    bare = script(tmp_path / "bare", """echo '{"version": [3, 11, 2], "missing": ["ensurepip"]}'""")
    broken = script(tmp_path / "broken", "exit 1")
    assert find_base_python((3, 11), (3, 13), [old, bare, broken, PYTHON]) == PYTHON
    with pytest.raises(UserError) as caught:
        find_base_python((3, 11), (3, 13), [old, bare, broken, tmp_path / "absent"])
    text = str(caught.value)
    for part in (
        "No Python 3.11 to 3.13",
        f"{old} is Python 3.9.2",
        "lacks the module ensurepip",
        "absent does not run",
    ):
        assert part in text
    with pytest.raises(UserError, match=r"No Python 3\.11 was found"):
        find_base_python((3, 11), (3, 11), [])
    assert python_problem(PYTHON, (3, 11), (3, 13)) is None
    assert find_base_python()


def test_a_python_that_pyenv_has_but_does_not_offer_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "versions" / "3.12.4" / "bin"
    inside.mkdir(parents=True)
    found = script(inside / "python3", """echo '{"version": [3, 12, 4], "missing": []}'""")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert find_base_python((3, 12), (3, 12)) == found


def test_the_backends_plan_names_files_that_are_there() -> None:
    root = Path(__file__).resolve().parents[2]
    plan = backend_plan(root, root / "nowhere")
    assert all(path.is_file() for path in (*plan.separate_requirements, *plan.requirements))
    assert "elocute.models.diffposetalk.onnx_folder" in plan.check_modules
    assert not plan.separate_requirements
    whole = backend_plan(root, root / "nowhere", pytorch=True)
    assert all(path.is_file() for path in (*whole.separate_requirements, *whole.requirements))
    assert "elocute.models.diffposetalk.folder" in whole.check_modules
    assert [path.name for path in whole.separate_requirements] == ["torch-cpu.txt"]
    assert all(path.is_dir() for path in plan.import_paths)
    assert check_environment(plan) is EnvironmentState.MISSING


@pytest.mark.parametrize(
    ("system", "machine", "offered"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("win32", "AMD64", True),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", False),
    ],
)
def test_where_there_is_no_pytorch_none_is_checked_for(system: str, machine: str, offered: bool) -> None:
    assert torch_is_offered(system, machine) is offered


@pytest.mark.parametrize(
    ("system", "machine", "c_library", "offered"),
    [
        ("linux", "x86_64", "glibc 2.36", True),
        ("linux", "aarch64", "glibc 2.34", True),
        ("linux", "x86_64", "glibc 2.28", False),
        ("linux", "x86_64", "", False),
        ("linux", "x86_64", "musl 1.2.4", False),
        ("linux", "riscv64", "glibc 2.36", False),
        ("win32", "AMD64", "", True),
        ("win32", "ARM64", "", False),
        ("darwin", "arm64", "", False),
    ],
)
def test_words_are_recognised_where_there_are_wheels(system, machine, c_library, offered):
    assert words_are_offered(system, machine, c_library) is offered


@pytest.mark.parametrize(
    ("system", "machine", "offered"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("win32", "AMD64", True),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", False),
    ],
)
def test_where_there_is_no_onnx_runtime_none_is_checked_for(system: str, machine: str, offered: bool) -> None:
    assert onnxruntime_is_offered(system, machine) is offered
    requirements = Path(__file__).resolve().parents[2] / "requirements" / "backend.txt"
    (line,) = [
        one for one in requirements.read_text(encoding="utf-8").splitlines() if one.startswith("onnxruntime")
    ]
    environment = {"sys_platform": system, "platform_machine": machine}
    marker = Requirement(line).marker
    assert marker is not None
    assert marker.evaluate(environment) is offered
