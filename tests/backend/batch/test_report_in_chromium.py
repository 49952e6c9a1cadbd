"""The report as a person uses it: in a browser."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from elocute.batch.report import write_report
from elocute.batch.result import RowResult
from elocute.batch.row import RefusedRow, Row
from tests.backend.batch.chromium import find_chromium, opened
from tests.backend.batch.conftest import SPEECH

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here (Debian: apt-get install chromium)"
)
SHOWN = (
    "[...document.querySelectorAll('tbody tr')]"
    ".filter(row => !row.hidden && row.getBoundingClientRect().height > 0)"
    ".map(row => row.cells[1].textContent)"
)
COUNT = "document.getElementById('shown').textContent"


def typed(text: str) -> str:
    return (
        f"(() => {{ const box = document.getElementById('search'); box.value = {text!r};"
        " box.dispatchEvent(new Event('input')); })()"
    )


def clicked(selector: str) -> str:
    return f"document.querySelector({selector!r}).click()"


@pytest.fixture
def report(run_rows, tmp_path):
    entries = [
        Row(
            "fine",
            SPEECH / "map.flac",
            character="Ada",
            notes="second take was better",
            transcript="My map.",
        ),
        RefusedRow("bad", "x.wav", "There is no file x.wav.", "Correct it."),
        Row("plain", SPEECH / "movie.flac", character="Bob"),
    ]
    made = [*run_rows(entries), RowResult("odd", "unchanged", quality={"lips_closed_on_pbm": 0.1}, seconds=9)]
    picture = io.BytesIO()
    Image.new("RGB", (32, 16), "red").save(picture, "JPEG")
    (tmp_path / "out" / "fine.sheet.jpg").write_bytes(picture.getvalue())
    return write_report(tmp_path / "out", made)


def test_a_person_finds_what_went_wrong(report):
    with opened(CHROMIUM, report) as page:
        order = page.evaluate(SHOWN)
        assert order[:2] == ["bad", "odd"]
        assert sorted(order[2:]) == ["fine", "plain"]
        assert page.evaluate(COUNT) == "4 of 4 rows"

        page.evaluate(typed("SECOND take"))
        assert page.evaluate(SHOWN) == ["fine"]
        page.evaluate(typed(""))
        page.evaluate(clicked("#noted"))
        assert page.evaluate(SHOWN)[:1] == ["bad"]
        assert "fine" in page.evaluate(SHOWN)
        page.evaluate(clicked("#noted"))
        for status in ("done", "unchanged"):
            page.evaluate(clicked(f"input.status[value={status}]"))
        assert page.evaluate(SHOWN) == ["bad"]
        assert page.evaluate(COUNT) == "1 of 4 rows"
        for status in ("done", "unchanged"):
            page.evaluate(clicked(f"input.status[value={status}]"))

        page.evaluate(clicked("th:nth-child(2)"))
        assert page.evaluate(SHOWN) == ["bad", "fine", "odd", "plain"]
        page.evaluate(clicked("th:nth-child(2)"))
        assert page.evaluate(SHOWN) == ["plain", "odd", "fine", "bad"]
        page.evaluate(clicked("th:nth-child(4)"))
        assert page.evaluate(SHOWN)[-1] == "odd"
        assert page.problems == []


def test_curves_and_pictures_are_drawn_and_nothing_is_loaded(report):
    with opened(CHROMIUM, report) as page:
        boxes = page.evaluate(
            "[...document.querySelectorAll('polyline')].map(line => {"
            " const box = line.getBoundingClientRect(); return [line.getTotalLength(), box.width, box.height,"
            " getComputedStyle(line).stroke] })"
        )
        assert len(boxes) == 6
        for length, width, height, stroke in boxes:
            assert length >= width > 250
            assert height <= 66
            assert stroke.startswith("rgb(")
        mouths = [box for box in boxes if box[3] == "rgb(176, 65, 62)"]
        assert len(mouths) == 2
        assert all(height > 3 for _, _, height, _ in mouths)
        assert page.evaluate("document.querySelector('img').naturalWidth") == 32
        page.evaluate(clicked("details summary"))
        assert page.evaluate("document.querySelector('img').getBoundingClientRect().height") > 0
        others = [
            address
            for address in page.requested
            if not address.startswith("data:") and address != report.resolve().as_uri()
        ]
        assert others == []
        assert page.problems == []


def test_what_a_manifest_says_is_never_run(tmp_path):
    nasty = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\"'&`${1}"
    write_report(
        tmp_path, [RowResult("a", "failed", row_notes=nasty, notes=(nasty,), error=nasty, transcript=nasty)]
    )
    with opened(CHROMIUM, tmp_path / "report.html") as page:
        assert page.evaluate("window.ran === undefined")
        assert page.evaluate("document.querySelector('.said').textContent") == nasty
        assert page.problems == []
