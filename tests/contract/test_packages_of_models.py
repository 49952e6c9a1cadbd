"""What a family says it needs is what it imports, and what *Set up* installs for models of the user's own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from addon.core.backend.environment import backend_plan
from elocute.models import registry
from elocute.optional_packages import OPTIONAL_PACKAGES

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = [name for name in registry.family_names() if name != "rules"]


@pytest.mark.parametrize("name", FAMILIES)
def test_loading_a_model_imports_no_package_that_its_family_does_not_name(name: str) -> None:
    script = (
        f"import sys, elocute.models.{name}.folder, elocute.models.{name}.generator\n"
        f"print(*sorted({set(OPTIONAL_PACKAGES)!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "torch" in imported
    assert imported <= set(registry.family(name).packages(None))


@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_add_on_installs_for_them_is_all_that_they_need(name: str) -> None:
    plan = backend_plan(ROOT, ROOT / "nowhere", pytorch=True)
    files = (*plan.separate_requirements, *plan.requirements)
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    installed = {re.split(r"[=<>;\s]", line)[0] for line in lines if line[:1].isalpha()}
    assert set(registry.family(name).packages(None)) <= installed
