"""The pages of the documentation's site that do not lie in ``docs``; MkDocs calls what is here (mkdocs.yml).

``README.md`` is the first page, ``flame_assets/README.md`` a page of its own, and the reference of the two
APIs is made from their docstrings. Links are written for the repository, so that they work where its files
are looked at; here they become links of the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parent.parent
ELSEWHERE: Final = {"README.md": "index.md", "flame_assets/README.md": "flame_assets.md"}
"""Pages outside of ``docs``, as paths in the repository, and what they are called in the site."""
REFERENCE: Final = """# API reference

## Inside Blender: `api`

::: addon.blender.api

## Without Blender: `elocute.studio`

::: elocute.studio
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in ``docs``."""
    for source, name in ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=links_of_site(text, source)))
    files.append(File.generated(config, "api_reference.md", content=REFERENCE))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make the links of a page of ``docs`` links of the site."""
    del config, files
    name = page.file.src_uri
    return markdown if name in ELSEWHERE.values() else links_of_site(markdown, f"docs/{name}")


def links_of_site(markdown: str, source: str) -> str:
    """A page's text with its links to other pages and pictures as the site needs them.

    Links to files that are no page, such as the licence, become plain words.

    Args:
        markdown: the text.
        source: path of the page in the repository.
    """
    folder = (ROOT / source).parent

    def site_name(link: str) -> str | None:
        path = (folder / link).resolve()
        if not path.is_relative_to(ROOT):
            return None
        inside = path.relative_to(ROOT).as_posix()
        if inside in ELSEWHERE:
            return ELSEWHERE[inside]
        return inside.removeprefix("docs/") if inside.startswith("docs/") else None

    def whole_link(found: re.Match[str]) -> str:
        words, link, rest = found["words"], found["link"], found["rest"]
        name = site_name(link)
        return (
            words
            if name is None and not found["picture"]
            else f"{found['picture']}[{words}]({name or link}{rest})"
        )

    link = r"(?P<picture>!?)\[(?P<words>[^\]]*)\]\((?!\w+://|#)(?P<link>[^)#\s]+)(?P<rest>[^)]*)\)"
    return re.sub(link, whole_link, markdown)
