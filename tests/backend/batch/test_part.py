"""A batch that several machines share."""

from __future__ import annotations

import pytest

from elocute.batch.part import Part
from elocute.batch.records import FOLDER, Records
from elocute.batch.row import Row
from elocute.batch.run import Batch, run_batch
from elocute.batch.settings import BatchSettings
from elocute.errors import InputError, SettingsError
from elocute.installation import standard_pipeline
from elocute.progress import Progress


@pytest.mark.parametrize(("text", "number", "count"), [("1/1", 1, 1), (" 2 / 3 ", 2, 3), ("8/8", 8, 8)])
def test_parts_as_people_write_them(text, number, count):
    assert Part.parse(text) == Part(number, count)


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.5/2"])
def test_what_is_no_part(text):
    with pytest.raises(SettingsError):
        Part.parse(text)


def test_parts_share_every_row_among_them():
    rows = list(range(11))
    parts = [Part(number, 3).of(rows) for number in (1, 2, 3)]
    assert sorted(row for part in parts for row in part) == rows
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert Part().of(rows) == tuple(rows)


def test_parts_work_side_by_side_and_each_alone(tmp_path):
    with Records(tmp_path, Part(1, 2)):
        half = tmp_path / FOLDER / "work-1-of-2.x"
        half.mkdir()
        with Records(tmp_path, Part(2, 2)):
            assert half.is_dir()
        assert half.is_dir()
        with pytest.raises(InputError, match="Another batch"):
            Records(tmp_path, Part(1, 2))
    assert not half.exists()


def test_the_whole_batch_after_its_parts_only_writes_the_table(recording, in_process, rules, tmp_path):
    rows = [
        Row(name, recording(f"{name}.wav", pitch)) for name, pitch in (("a", 120), ("b", 160), ("c", 200))
    ]
    out, settings = tmp_path / "out", BatchSettings(request=rules)

    def run(part: Part) -> list[str]:
        batch = Batch(rows, out, settings, part)
        return [one.status for one in run_batch(batch, standard_pipeline(), in_process, Progress())]

    assert run(Part(1, 2)) == ["done", "done"]
    assert run(Part(2, 2)) == ["done"]
    assert run(Part(2, 9)) == ["unchanged"]
    assert run(Part(9, 9)) == []
    assert not (out / "results.csv").exists()
    assert run(Part()) == ["unchanged"] * 3
    assert (out / "results.csv").is_file()
    assert (out / "results-1-of-2.csv").is_file()


def test_rows_of_two_parts_do_not_share_an_output(recording, in_process, rules, tmp_path):
    rows = [Row("a", recording("a.wav"), takes=2), Row("a-1", recording("b.wav", 200))]
    batch = Batch(rows, tmp_path / "out", BatchSettings(request=rules), Part(2, 2))
    (result,) = run_batch(batch, standard_pipeline(), in_process, Progress())
    assert "would be that of row a" in result.error
