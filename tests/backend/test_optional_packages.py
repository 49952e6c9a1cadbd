"""A package that is not installed is named in one sentence, with what to install."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from elocute import optional_packages
from elocute.errors import SettingsError
from elocute.optional_packages import install_command, missing_packages_as_sentence

FILES = ["torch-cpu.txt", "backend-lite.txt", "backend-transformers.txt", "backend-training.txt"]


@pytest.mark.parametrize(("module", "files"), [("torch.nn", 2), ("transformers", 3), ("lmdb", 4)])
def test_a_missing_optional_package_says_what_to_type(module, files):
    with pytest.raises(SettingsError) as caught, missing_packages_as_sentence():
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    assert module.split(".")[0] in caught.value.message
    assert caught.value.exit_code == 2
    commands = caught.value.hint.removeprefix("Install it with: ").split(" && ")
    # One command for each file, so that the index of PyTorch's is asked for nothing else.
    assert [Path(shlex.split(command)[-1]).name for command in commands] == FILES[:files]
    for command in commands:
        words = shlex.split(command)
        assert words[:6] == [sys.executable, "-m", "pip", "install", "--no-deps", "-r"]
        assert Path(words[6]).is_file()


@pytest.mark.parametrize(
    ("package", "platform", "said"),
    [
        ("torch", "linux", "PY -m pip install --index-url https://download.pytorch.org/whl/cpu torch"),
        (
            "huggingface_hub",
            "linux",
            "PY -m pip install --index-url https://download.pytorch.org/whl/cpu torch"
            " && PY -m pip install huggingface_hub",
        ),
        ("torch", "win32", "PY -m pip install torch"),
        ("lmdb", "linux", "PY -m pip install lmdb"),
        ("other", "linux", "PY -m pip install other"),
    ],
)
def test_without_the_repository_the_packages_are_named(monkeypatch, tmp_path, package, platform, said):
    monkeypatch.setattr(optional_packages, "REPOSITORY", tmp_path)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("sys.executable", "/a folder/python")
    assert install_command(package) == said.replace("PY", '"/a folder/python"')


@pytest.mark.parametrize(
    ("package", "named"),
    [
        ("pydantic", "fastapi pydantic"),
        ("starlette", "fastapi pydantic"),
        ("skimage", "scikit-image"),
        ("other", "other"),
    ],
)
def test_without_the_repository_all_of_an_extra_is_named(monkeypatch, tmp_path, package, named):
    monkeypatch.setattr(optional_packages, "REPOSITORY", tmp_path)
    lines = [
        "numpy",
        "fastapi==1.0; extra == 'service'",
        'pydantic>=2; extra == "service"',
        "elocute[torch]; extra == 'train'",
        "pydantic>=2; extra == 'train'",
        "lmdb==3; extra == 'train'",
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: {"elocute": lines}[name])
    assert install_command(package).endswith(f"-m pip install {named}")


@pytest.mark.parametrize("module", ["numpy", "elocute.typo", None])
def test_other_failed_imports_are_bugs_and_stay_as_they_are(module):
    with pytest.raises(ModuleNotFoundError), missing_packages_as_sentence():
        raise ModuleNotFoundError("no", name=module)
