"""What happens when the processes that find phones are killed, hang or are no longer wanted."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
import time

import numpy as np
import pytest

from elocute.audio.phones import decoders, finder
from elocute.audio.phones.chunks import prepare_for_decoder
from elocute.audio.phones.decoders import Aligner, Recogniser, SoundRecogniser
from elocute.audio.phones.engines import ChosenRecogniser
from elocute.audio.phones.exit_codes import FAILED, NO_ROOM
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.processes import (
    INTERRUPTED,
    PhoneProcessDied,
    PhoneProcesses,
    Request,
    shared_processes,
)
from elocute.errors import Cancelled, InputError
from elocute.progress import Progress
from tests.backend.audio.lines import as_audio, assert_contiguous

QUIET = Request("hear_sounds", np.zeros(1600, np.int16))


def ask(pool: PhonePool, count: int = 1) -> list:
    return pool.map([QUIET] * count, Progress(), lambda fraction: None)


def _hear_all(aligner, recogniser, sounds, line) -> tuple:
    samples = prepare_for_decoder(line.audio.samples)
    words = re.findall(r"[a-z']+", line.transcript.lower())
    return aligner.align(samples, words, {}), recogniser.hear(samples), sounds.hear(samples)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_process_is_replaced():
    with PhonePool(workers=1) as pool:
        ask(pool)
        first = pool.process_ids
        os.kill(first[0], signal.SIGKILL)
        assert ask(pool)[0]["phones"]
        assert pool.process_ids != first


def test_processes_stay_for_the_next_recording_and_end_with_their_owner():
    processes = PhoneProcesses(kept=1)
    with PhonePool(workers=2, processes=processes) as pool:
        ask(pool, 8)
        running = pool.process_ids
        assert running
    (kept,) = processes.process_ids
    assert [one for one in running if is_running(one)] == [kept]
    with PhonePool(workers=1, processes=processes) as pool:
        ask(pool)
        assert pool.process_ids == [kept]
        assert not processes.process_ids
    processes.close()
    assert not is_running(kept)
    with PhonePool(workers=1, processes=processes) as pool, pytest.raises(PhoneProcessDied):
        ask(pool)


def test_a_kept_process_that_has_died_is_not_handed_out():
    processes = PhoneProcesses()
    with PhonePool(workers=1, processes=processes) as pool:
        ask(pool)
    (kept,) = processes.process_ids
    os.kill(kept, signal.SIGKILL)
    with PhonePool(workers=1, processes=processes) as pool:
        assert ask(pool)[0]["phones"]
        assert kept not in pool.process_ids
    processes.close()


def test_a_process_is_ready_before_it_is_asked_for():
    processes = PhoneProcesses()
    for _ in range(3):
        processes.start()
    assert processes._ahead is not None
    number = processes._ahead.result().process_id
    with PhonePool(workers=1, processes=processes) as pool:
        ask(pool)
        first = pool.process_ids
        assert first == [number]
    processes.start()
    assert processes.process_ids == first
    with PhonePool(workers=1, processes=processes) as pool:
        ask(pool)
        assert pool.process_ids == first
    processes.close()
    processes.start()
    ahead = PhoneProcesses()
    ahead.start()
    while (starting := ahead._ahead) is None or not starting.done():
        time.sleep(0.01)
    number = starting.result().process_id
    ahead.close()
    assert not is_running(number)


def test_recordings_share_the_processes_of_the_program(waffles):
    settings = PhoneSettings(transcript=waffles.transcript)
    first = find_phones(waffles.audio, settings)
    running = shared_processes().process_ids
    assert running
    assert find_phones(waffles.audio, settings) == first
    assert shared_processes().process_ids == running


def test_what_a_process_has_learnt_is_forgotten_in_time(waffles, monkeypatch):
    monkeypatch.setattr(decoders, "_MOST_KNOWN", 3)
    placer = decoders.PhonePlacer()
    samples = prepare_for_decoder(waffles.audio.samples)
    groups = [[phone.label] for phone in waffles.phones if phone.label != "SIL"]
    first = placer.place(samples, groups)
    known = placer._aligner
    assert placer.place(samples, groups) == first
    assert placer._aligner is not known
    assert [label for label, _, _ in first if label != "SIL"] == [group[0] for group in groups]


def test_processes_are_no_more_than_a_program_may_compute_with(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with PhonePool(processes=PhoneProcesses()) as pool:
        ask(pool, 4)
        assert len(pool.process_ids) == 1


def test_a_process_taken_by_a_thread_that_ends_stays():
    processes = PhoneProcesses()
    thread = threading.Thread(target=lambda: processes.give_back(processes.take()))
    thread.start()
    thread.join()
    (kept,) = processes.process_ids
    time.sleep(0.3)
    assert processes.process_ids == [kept]
    processes.close()


def test_what_is_heard_does_not_depend_on_what_was_heard_before(waffles, demo_line):
    fresh = [_hear_all(Aligner(), Recogniser(), SoundRecogniser(), line) for line in (waffles, demo_line)]
    kept = Aligner(), Recogniser(), SoundRecogniser()
    again = [_hear_all(*kept, line) for line in (demo_line, waffles, waffles, demo_line)]
    assert again == [fresh[1], fresh[0], fresh[0], fresh[1]]


def test_a_word_that_is_said_in_another_way_is_learned_anew(waffles):
    samples = prepare_for_decoder(waffles.audio.samples)
    words = ["zyx", "waffles"]
    told = [{"zyx": "AY L AY K"}, {"zyx": "M AH M AH M"}, {"zyx": "AY L AY K"}]
    kept = Aligner()
    assert [kept.align(samples, words, one) for one in told] == [
        Aligner().align(samples, words, one) for one in told
    ]


def _pool(program: str, *arguments: str, timeout: float = 60.0) -> PhonePool:
    command = (sys.executable, "-c", program, *arguments)
    return PhonePool(workers=1, processes=PhoneProcesses(command), timeout=timeout)


@pytest.mark.parametrize("program", ["import os; os.abort()", f"import os; os._exit({FAILED})"])
def test_a_recording_on_which_the_process_crashes_costs_exactness_and_not_the_clip(
    waffles, program, monkeypatch
):
    settings = PhoneSettings(transcript=waffles.transcript)
    result = find_phones(waffles.audio, settings, pool=_pool(program))
    assert_contiguous(result.phones, waffles.audio.seconds)
    assert result.source == "transcript"
    assert result.transcript == waffles.transcript
    assert "crashed on this recording" in result.notes[-1]
    assert result.makeshift
    monkeypatch.setattr(finder, "choose_recogniser", lambda: ChosenRecogniser(None, "No hama here."))
    alone = find_phones(waffles.audio, settings, pool=_pool(program))
    assert alone.phones is None
    assert alone.source == "none"
    assert "No hama here." in alone.notes
    assert "crashed on this recording" in alone.notes[-1]
    assert alone.makeshift


KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
ENDED_FROM_OUTSIDE = {
    "killed": KILLED,
    "terminated": KILLED.replace("KILL", "TERM"),
    "no memory": f"import os; os._exit({NO_ROOM})",
    "packages gone": "import no_such_package",
    "hangs": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("program", ENDED_FROM_OUTSIDE.values(), ids=ENDED_FROM_OUTSIDE)
@pytest.mark.parametrize("hama", [True, False])
def test_who_is_kept_from_finding_phones_makes_no_other_clip_but_says_so(waffles, program, hama, monkeypatch):
    if not hama:
        monkeypatch.setattr(finder, "choose_recogniser", lambda: ChosenRecogniser(None, ""))
    timeout = 0.3 if "sleep" in program else 60.0
    settings = PhoneSettings(transcript=waffles.transcript)
    with pytest.raises(InputError, match="several times") as refused:
        find_phones(waffles.audio, settings, pool=_pool(program, timeout=timeout))
    assert refused.value.code == INTERRUPTED
    assert "Generate again" in refused.value.hint


@pytest.mark.parametrize(
    ("error", "crashed"), [("MemoryError", False), ("OSError(24, 'no files')", False), ("KeyError(1)", True)]
)
def test_an_exception_says_whether_it_comes_from_the_request(error, crashed):
    program = (
        "from elocute.audio.phones import decoders, worker\n"
        f"def fail(*_): raise {error}\n"
        "decoders.SoundRecogniser.hear = fail\n"
        "worker.main()\n"
    )
    with _pool(program) as pool, pytest.raises(PhoneProcessDied) as died:
        ask(pool)
    assert died.value.crashed == crashed


ONCE_MORE = """
import os, pathlib, runpy, signal, sys
deaths = pathlib.Path(sys.argv[1])
died = len(deaths.read_text()) if deaths.exists() else 0
if died < 2:
    deaths.write_text("x" * (died + 1))
    sys.stdin.buffer.read(200)
    {end}
del sys.argv[1:]
runpy.run_module("elocute.audio.phones.worker", run_name="__main__")
"""


@pytest.mark.parametrize("end", [KILLED.partition("; ")[2], "os._exit(75)"])
def test_phones_are_the_same_however_often_processes_were_killed_on_the_way(waffles, tmp_path, end):
    settings = PhoneSettings(transcript=waffles.transcript)
    undisturbed = find_phones(waffles.audio, settings)
    deaths = tmp_path / "deaths"
    assert (
        find_phones(waffles.audio, settings, pool=_pool(ONCE_MORE.format(end=end), str(deaths)))
        == undisturbed
    )
    assert deaths.read_text() == "xx"


def test_one_crash_among_kills_is_no_crash_of_the_recording(waffles, tmp_path):
    program = ONCE_MORE.format(end=KILLED.partition("; ")[2]).replace("del sys.argv[1:]", "os.abort()")
    with pytest.raises(InputError) as refused:
        find_phones(
            waffles.audio,
            PhoneSettings(transcript=waffles.transcript),
            pool=_pool(program, str(tmp_path / "deaths")),
        )
    assert refused.value.code == INTERRUPTED


def test_phones_are_the_same_or_an_error_while_processes_are_killed_at_random(waffles):
    settings = PhoneSettings(transcript=waffles.transcript)
    undisturbed = find_phones(waffles.audio, settings)
    chance, over = np.random.default_rng(0), threading.Event()
    outcomes = []
    for _ in range(6):
        pool = PhonePool(workers=2, processes=PhoneProcesses())
        over.clear()

        def kill(pool: PhonePool = pool) -> None:
            while not over.wait(chance.uniform(0.0, 0.6)):
                for process in pool.process_ids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            outcomes.append(find_phones(waffles.audio, settings, pool=pool) == undisturbed)
        except InputError as error:
            outcomes.append(error.code == INTERRUPTED)
        finally:
            over.set()
            killer.join()
    assert all(outcomes)


def test_progress_moves_before_the_first_reply():
    program = (
        "import sys, json, time\n"
        "head = json.loads(sys.stdin.buffer.readline())\n"
        "sys.stdin.buffer.read(2 * head['samples'])\n"
        "time.sleep(1.0)\n"
        "print('{}', flush=True)\n"
    )
    told: list[float] = []
    with PhonePool(workers=1, processes=PhoneProcesses((sys.executable, "-c", program))) as pool:
        pool.map([QUIET], Progress(), told.append)
    assert told == sorted(told)
    assert [share for share in told if 0.0 < share < 1.0]
    assert told[-1] == 1.0


def test_a_program_that_cannot_be_started_is_reported():
    with (
        PhonePool(processes=PhoneProcesses(("/nonexistent/python",))) as pool,
        pytest.raises(PhoneProcessDied),
    ):
        ask(pool)


def test_a_bad_request_does_not_hang():
    with PhonePool(workers=1) as pool, pytest.raises(PhoneProcessDied):
        pool.map([Request("juggle", np.zeros(4, np.int16))], Progress(), lambda fraction: None)


def test_cancelling_ends_the_processes(waffles):
    long = as_audio(np.tile(waffles.audio.samples, 30))
    progress = Progress()
    pool = PhonePool()
    seen: list[int] = []

    def cancel_when_running() -> None:
        while not pool.process_ids:
            time.sleep(0.02)
        seen.extend(pool.process_ids)
        progress.cancel()

    watcher = threading.Thread(target=cancel_when_running)
    watcher.start()
    with pytest.raises(Cancelled):
        find_phones(long, PhoneSettings(), progress, pool)
    watcher.join()
    assert seen
    assert not any(is_running(process) for process in seen)


def test_phones_can_be_found_from_a_thread_other_than_the_main_one(waffles):
    results = []
    thread = threading.Thread(
        target=lambda: results.append(
            find_phones(waffles.audio, PhoneSettings(transcript=waffles.transcript))
        )
    )
    thread.start()
    thread.join()
    assert_contiguous(results[0].phones, waffles.audio.seconds)


def test_progress_rises_to_the_end(waffles):
    fractions: list[float] = []
    progress = Progress(lambda stage, fraction, message: fractions.append(fraction))
    find_phones(waffles.audio, PhoneSettings(transcript=waffles.transcript), progress)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
