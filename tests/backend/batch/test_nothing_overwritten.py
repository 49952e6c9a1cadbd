"""Nothing that lies where a batch writes is overwritten, unless a batch made it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from elocute.batch.records import FOLDER, record_path
from elocute.batch.result import TABLE
from elocute.cli import main

SPEECH = Path(__file__).parents[2] / "data" / "speech"
QUICK = ("--model", "rules", "--workers", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one recording and a table that names it."""
    shutil.copy(SPEECH / "map.flac", tmp_path)
    (tmp_path / "lines.csv").write_text("audio,transcript\nmap.flac,Where is the map?\n", encoding="utf-8")
    return tmp_path


def batch(source: Path, out: Path, *words: str) -> int:
    return main(["batch", str(source), "--out", str(out), *QUICK, *words])


def named_like_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return (folder / "lines.csv").rename(folder / TABLE)


def spelt_otherwise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "lines.csv").rename(folder / TABLE)
    monkeypatch.chdir(folder)
    return Path("..") / folder.name / TABLE


def linked_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / TABLE).symlink_to(folder / "lines.csv")
    return folder / "lines.csv"


def linked_from_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "lines.csv").rename(folder / TABLE)
    (folder / "linked.csv").symlink_to(folder / TABLE)
    return folder / "linked.csv"


@pytest.mark.parametrize("name", [named_like_it, spelt_otherwise, linked_there, linked_from_there])
@pytest.mark.parametrize("command", ["batch", "render"])
def test_the_table_that_is_read_is_not_the_one_that_is_written(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: Callable[[Path, pytest.MonkeyPatch], Path],
    command: str,
) -> None:
    table = name(folder, monkeypatch)
    monkeypatch.setattr("elocute.cli.render.check_blender", lambda *_: None)
    before = table.read_bytes()
    words = ["--blender", "python"] if command == "render" else []
    assert main([command, str(table), "--out", str(folder), *QUICK, *words]) == 2
    assert "named by two arguments and would be overwritten" in capsys.readouterr().err
    assert table.read_bytes() == before
    assert not (folder / FOLDER).exists()


@pytest.mark.parametrize("name", ["results.csv", "report.html"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_table_or_page_that_no_batch_wrote_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, linked: bool
) -> None:
    mine = folder / ("mine" if linked else name)
    mine.write_text("name,score\nAnn,3\n")
    if linked:
        (folder / name).symlink_to(mine)
    assert batch(folder / "lines.csv", folder) == 3
    assert f"{folder / name} is no file that a batch wrote, and would be overwritten." in (
        capsys.readouterr().err
    )
    assert mine.read_text() == "name,score\nAnn,3\n"
    assert not (folder / FOLDER).exists()


def test_a_batch_writes_its_own_again_also_after_a_spreadsheet_did(folder: Path) -> None:
    assert batch(folder / "lines.csv", folder) == 0
    table = folder / TABLE
    table.write_text("\ufeff" + table.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    assert batch(folder / "lines.csv", folder) == 0
    assert table.read_text(encoding="utf-8").startswith("id,status,")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("map.npz", ()),
        ("map-2.npz", ("--takes", "2")),
        ("map.phones.json", ("--phones", "json")),
        ("map.TextGrid", ("--phones", "TextGrid")),
        ("map.arkit-csv.csv", ("--export", "arkit-csv")),
        ("map.sheet.jpg", ("--sheets",)),
    ],
)
def test_what_is_called_like_an_output_costs_its_row_and_stays(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, words: tuple[str, ...]
) -> None:
    (folder / name).write_bytes(b"mine")
    assert batch(folder, folder, *words) == 4
    assert f"{folder / name} is no file that a batch made" in capsys.readouterr().out
    assert (folder / name).read_bytes() == b"mine"


def test_what_batches_made_with_other_settings_is_written_again_and_what_took_its_place_is_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (("--takes", "2"), (), ("--takes", "2"), ()):
        assert batch(folder, folder, *words) == 0
        assert "Note: Not taken" not in capsys.readouterr().out
    (folder / "map-1.npz").write_bytes(b"mine")
    assert batch(folder, folder, "--takes", "2") == 4
    assert (folder / "map-1.npz").read_bytes() == b"mine"


def test_what_was_put_in_place_as_the_batch_was_killed_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last record of a row is written behind its outputs, and a power cut may come between."""
    from elocute.batch import records

    write, written = records._write_record, list[str]()

    def first_alone(path: Path, key: str, *rest: object) -> None:
        written.append(key)
        if len(written) == 1:
            write(path, key, *rest)  # type: ignore[arg-type]

    from elocute.batch.result import RowResult

    work = folder / FOLDER / "work.x"
    work.mkdir(parents=True)
    (work / "map.npz").write_bytes(b"half of a row")
    monkeypatch.setattr(records, "_write_record", first_alone)
    records.put_in_place(work, folder, "map", "key", RowResult("map", "done", clips=("map.npz",)))
    monkeypatch.setattr(records, "_write_record", write)
    assert written == ["", "key"]
    assert (folder / "map.npz").read_bytes() == b"half of a row"
    assert batch(folder, folder) == 0
    assert (folder / "map.npz").read_bytes() != b"half of a row"


def test_a_row_does_not_write_over_the_phones_that_it_is_made_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(folder, folder, "--phones", "json") == 0
    phones = folder / "map.phones.json"
    phones.write_text(json.dumps(json.loads(phones.read_text(encoding="utf-8"))), encoding="utf-8")
    corrected = phones.read_bytes()
    (folder / "lines.csv").write_text("audio,phones\nmap.flac,map.phones.json\n")
    assert batch(folder / "lines.csv", folder, "--phones", "json") == 4
    assert "would write over the phones that it is made of" in capsys.readouterr().out
    assert phones.read_bytes() == corrected
    assert batch(folder / "lines.csv", folder) == 0
    assert phones.read_bytes() == corrected


def test_a_row_with_a_damaged_record_is_made_again(folder: Path) -> None:
    assert batch(folder, folder) == 0
    record_path(folder, "map").write_bytes(b"\xff")
    (folder / TABLE).unlink()
    assert batch(folder, folder) == 0


@pytest.mark.parametrize("part", [(), ("--part", "1/1"), ("--part", "1/2")])
def test_the_table_tells_too_what_a_batch_made(folder: Path, part: tuple[str, ...]) -> None:
    """Somebody may take the records away to have everything made again."""
    words = ("--phones", "json", "--takes", "2", *part)
    assert batch(folder, folder, *words) == 0
    shutil.rmtree(folder / FOLDER)
    assert batch(folder, folder, *words) == 0
    shutil.rmtree(folder / FOLDER)
    (folder / "map.npz").write_bytes(b"mine")
    assert batch(folder, folder, "--phones", "json", *part) == 4
    assert (folder / "map.npz").read_bytes() == b"mine"
