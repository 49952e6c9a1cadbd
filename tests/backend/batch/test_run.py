"""A batch from its rows to its outputs, with the real pipeline."""

from __future__ import annotations

import csv
import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.decoding.pool import DECODER_ENDED, NO_DECODER
from elocute.audio.phone import Phone, Word
from elocute.audio.phone_json import write_phone_json
from elocute.audio.phones.processes import INTERRUPTED
from elocute.audio.segment import Segment
from elocute.batch import work
from elocute.batch.manifest import read_manifest
from elocute.batch.records import record_path
from elocute.batch.result import RowResult, write_table
from elocute.batch.row import RefusedRow, Row
from elocute.batch.settings import BatchSettings
from elocute.batch.work import Task
from elocute.errors import Cancelled, InputError
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.revision_text import RangeText


def _statuses(results) -> list[str]:
    return [result.status for result in results]


def test_a_row_gives_what_generate_gives(recording, run_rows, tmp_path):
    path = recording()
    row = Row("one", path, style="lively", seed=5, takes=2, segment=Segment(0.1, 0.7), transcript="My map.")
    (result,) = run_rows([row], BatchSettings(phones="json"))
    assert result.clips == ("one-1.npz", "one-2.npz")
    request = PerformanceRequest(
        model="rules",
        transcript="My map.",
        segment=Segment(0.1, 0.7),
        settings=GenerationSettings(style="lively", seed=5, takes=2),
        phones=True,
    )
    expected = standard_pipeline().perform(path, request, Progress()).clips
    for name, clip in zip(result.clips, expected, strict=True):
        made = MotionClip.load(tmp_path / "out" / name)
        np.testing.assert_array_equal(made.expression, clip.expression)
        np.testing.assert_array_equal(made.head, clip.head)
    assert expected[0].frames == 15


def test_what_is_done_is_left_alone_and_what_changed_is_made_again(recording, run_rows, tmp_path):
    rows = [Row("a", recording("a.wav", 120)), Row("b", recording("b.wav", 180))]
    assert _statuses(run_rows(rows)) == ["done", "done"]
    assert _statuses(run_rows(rows)) == ["unchanged", "unchanged"]
    assert _statuses(run_rows([rows[0], replace(rows[1], seed=4)])) == ["unchanged", "done"]
    recording("a.wav", 260)
    assert _statuses(run_rows([rows[0]])) == ["done"]
    (tmp_path / "out" / "a.npz").unlink()
    assert _statuses(run_rows([rows[0]])) == ["done"]
    record_path(tmp_path / "out", "a").unlink()
    assert _statuses(run_rows([rows[0]])) == ["done"]


@pytest.mark.parametrize(
    "settings",
    [
        BatchSettings(phones="TextGrid"),
        BatchSettings(request=PerformanceRequest(settings=GenerationSettings(head_motion=False))),
        BatchSettings(request=PerformanceRequest(settings=GenerationSettings(style="calm"))),
        BatchSettings(request=PerformanceRequest(transcript="Other words.")),
        BatchSettings(request=PerformanceRequest(language="de")),
        BatchSettings(request=PerformanceRequest(words="none")),
    ],
)
def test_every_setting_decides_whether_a_row_is_done(recording, run_rows, settings):
    rows = [Row("a", recording())]
    run_rows(rows)
    assert _statuses(run_rows(rows, settings)) == ["done"]
    assert _statuses(run_rows(rows, settings)) == ["unchanged"]


def test_a_row_that_something_was_missing_for_is_made_again_by_the_next_run(recording, run_rows, monkeypatch):
    rows = [Row("a", recording())]
    real = standard_pipeline()

    class Hurt:
        def perform(self, *asked):
            performance = real.perform(*asked)
            return replace(performance, speech=replace(performance.speech, makeshift=True))

    with monkeypatch.context() as hurt:
        hurt.setattr(work, "worker_pipeline", lambda seconds: Hurt())
        assert run_rows(rows)[0].status == "done"
    assert [run_rows(rows)[0].status for _ in range(2)] == ["done", "unchanged"]


@pytest.mark.parametrize(
    ("code", "transient"),
    [(INTERRUPTED, True), (DECODER_ENDED, True), (NO_DECODER, True), ("broken_audio", False)],
)
def test_a_row_whose_processes_were_killed_is_tried_again(recording, tmp_path, monkeypatch, code, transient):
    class Killed:
        def perform(self, *asked):
            raise InputError("No phones.", code=code)

    monkeypatch.setattr(work, "worker_pipeline", lambda seconds: Killed())
    task = Task(Row("a", recording()), PerformanceRequest(model="rules"), BatchSettings(), tmp_path, "key")
    (outcome,) = work.do_rows((task,))
    assert outcome.result.status == "failed"
    assert outcome.transient == transient


def test_a_bad_row_fails_alone(recording, run_rows, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    rows = [
        RefusedRow("refused", "x.wav", "There is no file x.wav.", "Correct it."),
        Row("text", text),
        Row("style", recording("s.wav"), style="unheard of"),
        Row("model", recording("m.wav"), model="no such model"),
        Row("gone", tmp_path / "gone.wav"),
        Row("good", recording("g.wav")),
    ]
    results = run_rows(rows)
    assert _statuses(results) == ["failed"] * 5 + ["done"]
    assert [bool(result.error) for result in results] == [True] * 5 + [False]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.npz")) == ["good.npz"]
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["id"] for line in table] == [row.id for row in rows]
    assert table[0]["error"] == "There is no file x.wav. Correct it."
    assert float(table[-1]["seconds"]) == pytest.approx(0.8)


def test_a_row_that_fails_keeps_what_its_manifest_said_of_it(recording, run_rows, tmp_path):
    recording("good.wav")
    (tmp_path / "text.wav").write_text("no sound")
    rest = "rules,lively,7,0.1-0.5,Anna,for scene 4"
    manifest = tmp_path / "rows.csv"
    lines = [
        "id,audio,model,style,seed,segment,character,notes",
        f"gone,gone.wav,{rest}",
        f"bad id?,good.wav,{rest}",
        f"text,text.wav,{rest}",
        f"ok,good.wav,{rest}",
        f"ok,good.wav,{rest}",
        "style,good.wav,rules,unheard of,7,0.1-0.5,Anna,for scene 4",
        "plain,gone.wav,,,,,,",
        "seed,good.wav,,,x,,,",
    ]
    manifest.write_text("\n".join(lines), encoding="utf-8")
    usual = PerformanceRequest(model="rules", settings=GenerationSettings(style="calm", seed=3))
    results = run_rows(read_manifest(manifest), BatchSettings(usual))
    assert _statuses(results) == [*["failed"] * 3, "done", *["failed"] * 4]
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    names = ("model", "seed", "segment", "character", "row_notes")
    told = [tuple(line[name] for name in names) for line in table]
    assert told[:6] == [("rules", "7", "0.1-0.5", "Anna", "for scene 4")] * 6
    assert told[6:] == [("rules", "3", "", "", "")] * 2
    assert [line["style"] for line in table] == [*["lively"] * 5, "unheard of", "calm", "calm"]


def test_no_row_replaces_the_take_of_another(recording, run_rows, tmp_path):
    rows = [Row("a", recording("a.wav"), takes=2), Row("A-1", recording("b.wav", 200))]
    first, second = run_rows(rows)
    assert first.status == "done"
    assert "would be that of row a" in second.error
    assert len(MotionClip.load(tmp_path / "out" / "a-1.npz").expression) == 20


def test_of_fewer_takes_the_old_ones_stay_and_are_named(recording, run_rows, tmp_path):
    row = Row("a", recording(), takes=3)
    run_rows([row])
    (result,) = run_rows([replace(row, takes=1)])
    assert result.clips == ("a.npz",)
    assert result.notes[-1].endswith("what is left as it was: a-1.npz, a-2.npz, a-3.npz.")
    assert len(list((tmp_path / "out").glob("*.npz"))) == 4


def test_a_stopped_batch_keeps_what_it_has(recording, run_rows, tmp_path):
    rows = [
        Row(name, recording(f"{name}.wav", pitch)) for name, pitch in (("a", 120), ("b", 150), ("c", 200))
    ]
    progress = Progress()
    progress.listener = lambda stage, fraction, message: progress.cancel() if fraction >= 1 / 3 else None
    with pytest.raises(Cancelled):
        run_rows(rows, progress=progress)
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        assert [line["status"] for line in csv.DictReader(file)] == ["done", "waiting", "waiting"]
    assert _statuses(run_rows(rows)) == ["unchanged", "done", "done"]
    assert not list((tmp_path / "out" / ".elocute-batch").glob("work*"))


def test_a_full_disk_costs_the_row_and_leaves_no_half_of_it(recording, run_rows, tmp_path, monkeypatch):
    def full(self: MotionClip, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    rows = [Row("a", recording())]
    with monkeypatch.context() as patch:
        patch.setattr(MotionClip, "save", full)
        (result,) = run_rows(rows)
    assert (result.status, "No space left" in result.error) == ("failed", True)
    assert not list((tmp_path / "out").glob("*.npz"))
    assert _statuses(run_rows(rows)) == ["done"]


def test_a_cell_is_no_formula(tmp_path):
    write_table(tmp_path, [RowResult("a", "done", transcript="=cmd()", notes=("@x",), seconds=-1.5)])
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["transcript"], line["notes"], line["seconds"]) == ("'=cmd()", "'@x", "-1.5")


def test_a_range_of_a_clip_is_made_anew_as_the_command_line_does(recording, run_rows, tmp_path):
    path, out = recording(seconds=2.0), tmp_path / "out"
    phones = tmp_path / "told.json"
    write_phone_json(
        phones, (Phone("AA", 0.4, 1.0), Phone("M", 1.0, 1.6)), (Word("ah", 0.4, 1.0), Word("mm", 1.0, 1.6)),
        2.0, source="given", transcript=None,
    )  # fmt: skip
    run_rows([Row("old", path, phones=phones)])
    new = Row(
        "new", path, seed=3, phones=phones, base=out / "old.npz", range=(RangeText("mm"),),
        channels=("brows", "head"), pinned=(("head.1", 1.28, 0.2), ("head.1", 0.2, 0.1)),
    )  # fmt: skip
    (result,) = run_rows([new])
    assert result.status == "done", result.error
    assert any("head.1 at 0.2 s" in note for note in result.notes)
    old, made = (MotionClip.load(out / f"{name}.npz") for name in ("old", "new"))
    request = PerformanceRequest(
        model="rules",
        given_phones=phones.read_bytes(),
        settings=GenerationSettings(
            seed=3, base=(out / "old.npz").read_bytes(), ranges=((1.0, 1.6),), channels=("brows", "head"),
            pinned=(("head.1", 1.28, 0.2),),
        ),
    )  # fmt: skip
    (expected,) = standard_pipeline().perform(path, request, Progress()).clips
    np.testing.assert_array_equal(made.head, expected.head)
    np.testing.assert_array_equal(made.expression, expected.expression)
    np.testing.assert_array_equal(made.jaw, old.jaw)
    assert made.head[32, 1] == pytest.approx(0.2, abs=1e-4)
    assert _statuses(run_rows([new])) == ["unchanged"]
    assert _statuses(run_rows([replace(new, range=(RangeText("25f-39f"),))])) == ["done"]
    assert "moon" in run_rows([replace(new, range=(RangeText("moon"),))])[0].error
    own = run_rows([replace(new, id="old")])
    assert "write over the clip" in own[0].error


def test_a_clip_that_another_row_makes_is_changed_in_the_first_run(recording, run_rows, tmp_path):
    path, out = recording(seconds=2.0), tmp_path / "out"
    ranges = (RangeText("1.0-1.6"),)
    settings = BatchSettings(phones="json")
    third = Row("c", path, seed=5, base=out / "b.npz", phones=out / "a.phones.json", range=ranges)
    second = Row("b", path, seed=4, base=out / "a.npz", range=ranges)
    results = run_rows([third, second, Row("a", path)], settings)
    assert [result.id for result in results] == ["c", "b", "a"]
    assert _statuses(results) == ["done"] * 3, [result.error for result in results]
    made = {name: MotionClip.load(out / f"{name}.npz") for name in "abc"}
    for name, base in (("b", "a"), ("c", "b")):
        np.testing.assert_array_equal(made[name].head[:20], made[base].head[:20])
        assert not np.array_equal(made[name].head[25:40], made[base].head[25:40])
    assert _statuses(run_rows([third, second, Row("a", path)], settings)) == ["unchanged"] * 3
    anew = run_rows([third, second, Row("a", path, seed=9)], settings)
    assert _statuses(anew) == ["done"] * 3, "what is made of it follows in the same run"


def test_rows_that_are_made_of_what_failed_of_nothing_or_of_themselves_are_told_so(
    recording, run_rows, tmp_path
):
    path, out = recording(), tmp_path / "out"
    ranges = (RangeText("0.2-0.6"),)
    entries = [
        Row("of_failed", path, base=out / "failed.npz", range=ranges),
        Row("failed", path, style="none-such"),
        Row("one", path, base=out / "other.npz", range=ranges),
        Row("other", path, base=out / "one.npz", range=ranges),
        Row("of_circle", path, base=out / "one.npz", range=ranges),
        Row("absent", path, base=tmp_path / "absent.npz", range=ranges),
        Row("wordless", path, phones=tmp_path / "absent.json"),
        Row("good", path),
    ]
    results = {result.id: result for result in run_rows(entries)}
    assert [result.id for result in results.values()] == [entry.id for entry in entries]
    assert "what the row failed makes, which failed" in results["of_failed"].error
    for name in ("one", "other", "of_circle"):
        assert "made of rows that are made of each other" in results[name].error
    assert results["absent"].error.endswith("absent.npz. Correct the column base.")
    assert results["wordless"].error.endswith("absent.json. Correct the column phones.")
    assert results["good"].status == "done"
