"""Links written for the repository become links of the documentation's site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.site_pages import links_of_site

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("source", "written", "of_site"),
    [
        ("README.md", "[a](docs/wire.md)", "[a](wire.md)"),
        ("README.md", "[a](docs/wire.md#events)", "[a](wire.md#events)"),
        ("README.md", "[a](flame_assets/README.md)", "[a](flame_assets.md)"),
        ("README.md", "see [LICENSE](LICENSE).", "see LICENSE."),
        ("docs/flame.md", "[a](../flame_assets/README.md)", "[a](flame_assets.md)"),
        ("docs/flame.md", "[a](../README.md) [b](rules.md)", "[a](index.md) [b](rules.md)"),
        ("flame_assets/README.md", "[a](../docs/flame.md)", "[a](flame.md)"),
        ("README.md", "![a still](docs/pictures/still.png)", "![a still](pictures/still.png)"),
        ("README.md", "[a](https://a.org/docs/x.md) [b](#c)", "[a](https://a.org/docs/x.md) [b](#c)"),
    ],
)  # fmt: skip
def test_links(source, written, of_site):
    assert links_of_site(written, source) == of_site


def test_a_broken_link_fails_the_build(tmp_path):
    """Strict: a link to a heading that does not exist is enough."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[b](index.md#nowhere)\n")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    kept = re.search(r"^validation:\n(?:  .*\n)+", settings, re.MULTILINE)
    assert kept is not None
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\n{kept.group()}")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "nowhere" in done.stderr
