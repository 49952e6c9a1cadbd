"""The page about a batch."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from elocute.batch.report import write_report
from elocute.batch.result import RowResult
from elocute.batch.row import Row


class _Page(HTMLParser):
    """Rows of the table, and everything that would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str | None]] = []
        self.loaded: list[str | None] = []
        self.lines = 0

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.loaded += [told[name] for name in ("src", "href", "data") if name in told]
        if tag == "tr" and "data-status" in told:
            self.rows.append(told)
        self.lines += tag == "polyline"


def _page(path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_failures_come_first_then_odd_rows(tmp_path):
    fine = RowResult("fine", "done", quality={"lips_closed_on_pbm": 1.0})
    odd = RowResult("odd", "done", quality={"lips_closed_on_pbm": 0.5})
    results = [fine, RowResult("waiting", "waiting"), odd, RowResult("failed", "failed", error="No.")]
    text = write_report(tmp_path, results).read_text(encoding="utf-8")
    places = [text.index(f"<td>{name}</td>") for name in ("failed", "waiting", "odd", "fine")]
    assert places == sorted(places)
    assert '<td class="number odd">50 %' in text


def test_the_page_is_whole_in_itself_and_shows_the_curves(recording, run_rows, tmp_path):
    results = run_rows([Row("a", recording())])
    (tmp_path / "out" / "a.sheet.jpg").write_bytes(b"\xff\xd8picture")
    page = _page(write_report(tmp_path / "out", results))
    assert [row["data-status"] for row in page.rows] == ["done"]
    assert page.lines == 3
    assert len(page.loaded) == 1
    assert page.loaded[0].startswith("data:image/jpeg;base64,")


def test_what_a_manifest_says_is_text_and_never_markup(tmp_path):
    nasty = "<script>alert(1)</script>\"'&"
    result = RowResult(
        "a", "failed", character=nasty, transcript=nasty, notes=(nasty,), error=nasty, model=nasty
    )
    text = write_report(tmp_path, [result]).read_text(encoding="utf-8")
    assert "alert(1)</script>" not in text
    assert len(re.findall("<script>", text)) == 1


def test_a_clip_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"x")
    text = write_report(tmp_path, [RowResult("a", "unchanged", clips=("a.npz",))]).read_text(encoding="utf-8")
    assert "The clip cannot be shown" in text
