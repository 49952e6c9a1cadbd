"""A package that is not installed is named in one sentence, with what to install."""

from __future__ import annotations

import pytest

from elocute.errors import SettingsError
from elocute.optional_packages import missing_packages_as_sentence


@pytest.mark.parametrize(
    ("module", "files"),
    [
        ("torch.nn", "pip install --no-deps -r requirements/torch-cpu.txt -r requirements/backend-lite.txt"),
        ("transformers", "-r requirements/backend-lite.txt -r requirements/backend-transformers.txt"),
        ("lmdb", "-r requirements/backend-transformers.txt -r requirements/backend-training.txt"),
    ],
)
def test_a_missing_optional_package_says_what_to_install(module, files):
    with pytest.raises(SettingsError) as caught, missing_packages_as_sentence():
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    assert module.split(".")[0] in caught.value.message
    assert caught.value.hint.endswith(files)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("module", ["numpy", "elocute.typo", None])
def test_other_failed_imports_are_bugs_and_stay_as_they_are(module):
    with pytest.raises(ModuleNotFoundError), missing_packages_as_sentence():
        raise ModuleNotFoundError("no", name=module)
