"""Which programs are started to train small models, and that what is done is not done again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elocute.errors import SettingsError
from scripts.bench import train_small
from scripts.bench.train_small import FEATURES, MODEL, RUNS, main, trained, updates_that_take


@pytest.fixture
def started(monkeypatch):
    commands = []

    def done(arguments):
        commands.append(list(arguments))
        return 10.0

    monkeypatch.setattr(train_small, "done", done)
    return commands


def test_a_run_computes_what_is_heard_first_and_takes_the_time_of_the_rest(started, tmp_path):
    assert trained("dimitra", tmp_path / "corpus", tmp_path / "out", {"dimitra": 480}) == 10.0
    first, rest = started
    assert first[first.index("--iterations") + 1] == "1"
    assert rest[rest.index("--iterations") + 1] == "480"
    assert "--resume" not in rest, "a resumed run keeps its own settings, and refuses others"
    config = json.loads((tmp_path / "out" / "dimitra" / "config.json").read_text())
    assert config["lines"]["corpus"] == str((tmp_path / "corpus").resolve())
    assert config["run"]["save_every"] == config["run"]["iterations"] == 480
    assert (tmp_path / "out" / "dimitra" / MODEL).readlink().name == "0000480"
    trained("dimitra", tmp_path / "corpus", tmp_path / "out", {})
    assert len(started) == 2, "it was done before"
    with pytest.raises(SettingsError, match="was trained by 480 updates, not 481"):
        trained("dimitra", tmp_path / "corpus", tmp_path / "out", {"dimitra": 481})
    assert len(started) == 2


def test_what_was_trained_for_another_time_is_none_to_compare_with(started, monkeypatch, tmp_path):
    def half_a_second_each(command):
        started.append(command)
        return 2.0 + 0.5 * int(command[command.index("--iterations") + 1])

    monkeypatch.setattr(train_small, "done", half_a_second_each)
    assert trained("atom", tmp_path / "corpus", tmp_path / "out", {}, 60.0) == 60.0
    begun = len(started)
    assert trained("atom", tmp_path / "corpus", tmp_path / "out", {}, 60.0) == 60.0
    with pytest.raises(SettingsError, match="was trained for 60 s, not 600 s") as refused:
        trained("atom", tmp_path / "corpus", tmp_path / "out", {}, 600.0)
    assert "--seconds 60" in refused.value.hint
    assert len(started) == begun


@pytest.mark.parametrize("part", ["phones", "text", "groups", "averages", "efficient-attention"])
def test_ablations_leave_out_one_part_and_share_what_is_heard(started, tmp_path, part):
    name = f"dimitra-without-{part}"
    trained(name, tmp_path / "corpus", tmp_path / "out", {"dimitra": 7})
    assert all(command[command.index("--without") + 1] == part for command in started)
    assert started[1][started[1].index("--iterations") + 1] == "7"
    features = tmp_path / "out" / name / FEATURES
    assert features.readlink() == (tmp_path / "out" / "dimitra" / FEATURES).resolve()


def test_a_short_clue_is_a_size_of_the_network(started, tmp_path):
    trained("thmm-short-clue", tmp_path / "corpus", tmp_path / "out", {"thmm": 7})
    settings = json.loads((tmp_path / "out" / "thmm-short-clue" / "config.json").read_text())
    assert settings["network"]["clue"] == 5
    usual = json.loads((train_small.ROOT / "configs" / "thmm_small.json").read_text())
    assert usual["network"]["clue"] == 20


@pytest.mark.parametrize("name", ["dimitra", "thmm-without-clue", "atom", "diffposetalk"])
def test_a_time_gives_as_many_updates_as_take_so_long(monkeypatch, tmp_path, name):
    """Starting takes 8 s, what is done once 20 s, each update half a second."""
    done, commands = {}, []

    def run(arguments):
        commands.append(arguments)
        folder = arguments[arguments.index("--out") + 1]
        settings = json.loads(Path(arguments[arguments.index("--config") + 1]).read_text())
        if "lessons" in arguments:
            return 100.0
        count = settings["run"]["iterations"]
        before = done.get(folder, 0) if "--resume" in arguments else 0
        done[folder] = count
        once = 20.0 if before == 0 else 0.0
        return 8.0 + once + 0.5 * (count - before)

    monkeypatch.setattr(train_small, "done", run)
    trained(name, tmp_path / "corpus", tmp_path / "out", {}, 200.0)
    told = json.loads((tmp_path / "out" / name / "seconds.json").read_text())
    assert told["processor_seconds"] == pytest.approx(200.0, abs=1.0)
    assert not (tmp_path / "out" / name / "trial").exists()


def test_the_bundled_kind_has_a_program_of_its_own(started, tmp_path):
    (tmp_path / "out" / "diffposetalk" / "model").mkdir(parents=True)  # as the program itself makes it
    trained("diffposetalk", tmp_path / "corpus", tmp_path / "out", {"diffposetalk": 9})
    assert all(command[1] == "scripts.train.train_default" for command in started)
    assert started[0][-1] == "lessons"
    settings = json.loads((tmp_path / "out" / "diffposetalk" / "config.json").read_text())
    assert settings["run"]["iterations"] == 9
    assert (tmp_path / "out" / "diffposetalk" / MODEL).readlink().name == "elocute-lite"


def test_unknown_names_are_refused(started, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--corpus", str(tmp_path), "--out", str(tmp_path), "nothing"])
    assert "nothing" in capsys.readouterr().err
    assert not started


def test_every_configuration_is_there_and_read():
    from elocute.models.dimitra.config import PARTS
    from elocute.models.thmm.config import PARTS as OF_THMM

    parts_of = {"dimitra": PARTS, "thmm": OF_THMM}
    left_out = {kind: {run.without for run in RUNS.values() if run.kind == kind} - {""} for kind in parts_of}
    assert left_out["dimitra"] == set(PARTS)
    # The other two parts are what is heard, which the runs share.
    assert left_out["thmm"] == set(parts_of["thmm"]) - {"mel", "encoder"}
    for run in RUNS.values():
        assert (train_small.ROOT / "configs" / run.config).is_file()


def test_the_small_settings_of_the_bundled_kind_are_valid():
    from elocute.training.core.settings import read_settings
    from elocute.training.elocute_lite.settings import PhoneticSettings

    path = train_small.ROOT / "configs" / RUNS["diffposetalk"].config
    assert read_settings(path, PhoneticSettings).local.width == 96


def test_a_failed_program_is_an_error():
    with pytest.raises(RuntimeError, match="failed"):
        train_small.done(["-c", "raise SystemExit(3)"])
    assert train_small.done(["-c", "sum(range(10**6))"]) > 0


class Stopwatch:
    """A training that takes so long, whose start takes now more and now less."""

    def __init__(self, each: float, anew: bool, starts=(3.0, 4.5, 2.5, 3.5, 4.0, 2.0)) -> None:
        self.each, self.anew, self.starts = each, anew, iter(starts)
        self.done = 0

    def train(self, count: int) -> float:
        updates = count if self.anew else count - self.done
        assert updates > 0
        self.done = count
        return next(self.starts) + updates * self.each


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("each", [0.01, 0.1, 2.5])
def test_updates_fill_the_time_although_programs_start_now_quicker_now_slower(each, anew):
    count = updates_that_take(600.0, Stopwatch(each, anew).train, anew=anew)
    assert 0.75 * 600 <= count * each <= 1.25 * 600


def test_a_training_that_takes_no_time_is_told_instead_of_lasting_for_ever():
    with pytest.raises(RuntimeError, match="took no more time"):
        updates_that_take(600.0, Stopwatch(0.0, True, starts=[2.0] * 9).train, anew=True)


def test_less_time_than_the_start_takes_is_one_update():
    assert updates_that_take(0.5, Stopwatch(1.0, True).train, anew=True) == 1
