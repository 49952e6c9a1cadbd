"""The container file and the unit of systemd: what they name exists, and what they run runs.

Neither containers nor systemd run here, so that is all that is known of them.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from elocute.service.config import Limits, ServiceConfig
from elocute.service.server import Service
from tests.backend.service.conftest import TOKEN, client_of
from tests.backend.service.fakes import fake_pipeline

ROOT = Path(__file__).resolve().parents[2]
CONTAINER = ROOT / "deploy" / "Containerfile"
UNIT = ROOT / "deploy" / "elocute.service"
WRITABLE = "/data"


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the container file and what follows it, continued lines joined."""
    text = CONTAINER.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def of(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def copied() -> list[str]:
    """What is copied from the repository."""
    words = [rest.split() for rest in of("COPY") if not rest.startswith("--from")]
    return [source for one in words for source in one[:-1]]


def unit() -> dict[str, list[str]]:
    """Every key of the unit's section for the service, with its values in order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif "=" in line and not line.startswith("#") and section == "[Service]":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def serve_arguments() -> dict[str, list[str]]:
    """The arguments of ``elocute serve`` in both files."""
    (entry,) = of("ENTRYPOINT")
    command = json.loads(entry)
    assert command[:2] == ["elocute", "serve"]
    started = shlex.split(unit()["ExecStart"][0])
    assert started[:2] == ["/opt/elocute/bin/elocute", "serve"]
    return {"container": command[2:], "unit": started[2:]}


def test_what_the_container_file_copies_exists_and_is_not_left_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert set(copied()) == kept
    assert all((ROOT / name).exists() for name in kept)
    patterns = [line for line in ignored if line.startswith("**/")]
    assert any(fnmatch.fnmatch("a/__pycache__", pattern) for pattern in patterns)


def test_it_installs_what_the_readme_says() -> None:
    installed = set(re.findall(r"requirements/[\w.-]+\.txt", " ".join(of("RUN"))))
    assert all((ROOT / name).is_file() for name in installed)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"^python -m pip install --no-deps (.*)$", readme, re.MULTILINE)
    assert installed - {"requirements/backend-words.txt"} == {
        word for line in said for word in line.split() if word.startswith("requirements/")
    }


def test_it_runs_as_nobody_in_particular_and_keeps_the_token_out() -> None:
    users = of("USER")
    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}
    names = [word for word, _ in instructions()]
    assert names.index("USER") > max(place for place, word in enumerate(names) if word in {"COPY", "RUN"})
    assert f"-g elocute {WRITABLE}" in " ".join(of("RUN"))
    settings = " ".join(of("ENV") + of("ARG"))
    assert "TOKEN" not in settings
    for name in ("HOME", "ELOCUTE_CACHE"):
        assert f"{name}={WRITABLE}" in settings
    assert of("VOLUME") == [WRITABLE]


@pytest.mark.parametrize("where", ["container", "unit"])
def test_the_service_takes_its_arguments(where: str, tmp_path: Path) -> None:
    words = serve_arguments()[where]
    assert words[words.index("--data") + 1].startswith((f"{WRITABLE}/", "/var/lib/elocute/"))
    here = [str(tmp_path / "data") if word.startswith(("/data/", "/var/")) else word for word in words]
    here[here.index("--port") + 1] = "0"
    process = subprocess.Popen(
        [sys.executable, "-m", "elocute", "serve", *here],
        env={**os.environ, "ELOCUTE_TOKEN": TOKEN, "ELOCUTE_CACHE": "off"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert json.loads(process.stdout.readline())["port"] > 0
    finally:
        process.terminate()
        assert process.wait(60) in {0, 143}  # it may not have begun to heed signals
        process.stdout.close()
    assert (tmp_path / "data" / "jobs.sqlite3").exists()


def test_the_health_check_tells_whether_it_answers() -> None:
    (check,) = of("HEALTHCHECK")
    command = json.loads(check.partition("CMD")[2])
    (port,) = of("EXPOSE")
    arguments = serve_arguments()["container"]
    assert arguments[arguments.index("--port") + 1] == port
    assert f"127.0.0.1:{port}/health" in command[-1]
    service = Service(fake_pipeline(), ServiceConfig(TOKEN, limits=Limits()))
    program = command[-1].replace(port, str(service.port))
    run = [sys.executable, *command[1:-1], program]
    thread = threading.Thread(target=service.run)
    thread.start()
    client_of(service).health()
    assert subprocess.run(run, check=False, timeout=60).returncode == 0
    service.stop()
    thread.join()
    assert subprocess.run(run, check=False, timeout=60, capture_output=True).returncode != 0


def test_what_is_copied_is_enough_to_install_and_run(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    install = next(rest for rest in of("RUN") if rest.endswith(" ."))
    options = [word for word in shlex.split(install) if word.startswith("--")]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *options, "--target", str(site), "."],
        cwd=source,
        check=True,
        capture_output=True,
    )
    told = subprocess.run(
        [sys.executable, "-c", "import elocute, sys; sys.stdout.write(elocute.__file__)"],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith(str(site))
    run = subprocess.run(
        [sys.executable, "-m", "elocute", "models"],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "elocute-lite" in run.stdout


def test_the_unit_asks_the_service_alone_to_end_and_lets_it_compute() -> None:
    told = unit()
    assert told["KillMode"] == ["mixed"]  # its children would end first, and their job fail
    assert "MemoryDenyWriteExecute" not in told
    filters = told["SystemCallFilter"]
    assert filters[0] == "@system-service"
    assert "@resources" not in " ".join(filters[1:])  # a decode process bounds its own memory
    for name, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("DynamicUser", "yes")):
        assert told[name] == [value]
    assert told["StateDirectory"] == ["elocute"]
    assert "TOKEN" not in " ".join(value for values in told.values() for value in values)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_knows_every_line_of_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(re.sub(r"/opt/elocute/bin/elocute", "/bin/true", UNIT.read_text(encoding="utf-8")))
    run = subprocess.run(
        ["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stderr == ""
    assert run.returncode == 0
