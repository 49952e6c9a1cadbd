"""Rows as tasks of a Ray cluster of two machines that are processes here, of which one is taken away."""

from __future__ import annotations

import pickle
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elocute.batch.crew import run_tasks
from elocute.batch.ray_crew import LARGEST_TASK, RayCrew, RayNeeds, do_told_rows
from elocute.batch.records import FOLDER
from elocute.batch.row import Row
from elocute.batch.run import Batch, crew_runner, run_batch
from elocute.batch.settings import BatchSettings, Endurance
from elocute.batch.work import RowOutcome, Task
from elocute.cli.main import main
from elocute.errors import InputError, SettingsError
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

pytest.importorskip("ray", reason="Ray is not installed (requirements/backend-ray.txt)")
ENDURANCE = Endurance(retries=2, wait=0.1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster whose head does no rows."""
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray")  # its sockets' paths must be short
    # Ray notes a cluster's address in its usual folder, and makes that only for clusters that work in it.
    Path(tempfile.gettempdir(), "ray").mkdir(exist_ok=True)
    head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": folder, "object_store_memory": 2**27}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def add_machine(cluster: Any) -> Any:
    return cluster.add_node(num_cpus=1, object_store_memory=2**27, resources={"machine": 1})


def started_and_held(told: bytes, seconds: float) -> tuple[RowOutcome, ...]:
    """Say on which machine a row has begun, and wait until it may go on."""
    import ray

    (task,) = pickle.loads(told)  # noqa: S301 - our own
    (task.out / f"{ray.get_runtime_context().get_node_id()}.begun").touch()
    until = time.monotonic() + 120
    while not (task.out / "go").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return do_told_rows(told, seconds)


def rows_of(recording) -> list[Row]:
    return [Row(f"r{k}", recording(f"r{k}.wav", 110 + 20 * k), seed=k) for k in range(6)]


def batch_of(rows, out: Path) -> Batch:
    return Batch(rows, out, BatchSettings(request=PerformanceRequest(model="rules")))


def clips_in(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: MotionClip.load(path).expression for path in sorted(folder.glob("*.npz"))}


def test_a_machine_that_goes_in_the_middle_costs_nothing(cluster, recording, run_rows, tmp_path):
    rows, out = rows_of(recording), tmp_path / "cluster"
    assert {result.status for result in run_rows(rows)} == {"done"}
    first = add_machine(cluster)
    add_machine(cluster)

    def take_away() -> None:
        until = time.monotonic() + 120
        while len(list(out.glob("*.begun"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        cluster.remove_node(first, allow_graceful=False)
        (out / "go").touch()

    taker = threading.Thread(target=take_away)
    taker.start()
    told: list[float] = []
    progress = Progress(lambda stage, fraction, message: told.append(fraction))
    crew = RayCrew(RayNeeds(cluster.address), ENDURANCE, started_and_held)
    results = run_batch(batch_of(rows, out), standard_pipeline(), crew_runner(crew, ENDURANCE), progress)
    taker.join()
    assert [(result.id, result.status) for result in results] == [(row.id, "done") for row in rows]
    assert max(result.attempts for result in results) == 2
    assert told == sorted(told)
    assert told[-1] == 1.0
    made, expected = clips_in(out), clips_in(tmp_path / "out")
    assert list(made) == list(expected)
    for name, expression in expected.items():
        np.testing.assert_array_equal(made[name], expression)
    assert not list((out / FOLDER).glob("work*"))


def test_the_command_does_rows_on_a_cluster_and_a_bad_one_fails_alone(cluster, recording, tmp_path, capsys):
    add_machine(cluster)
    recording("good.wav")
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "lines.csv").write_text("audio\ngood.wav\ntext.wav\n")
    words = ["batch", str(tmp_path / "lines.csv"), "--out", str(tmp_path / "out"), "--model", "rules"]
    assert main([*words, "--ray", cluster.address, "--no-report"]) == 4
    assert "text: text.wav is not a sound file" in capsys.readouterr().out
    assert list(clips_in(tmp_path / "out")) == ["good.npz"]
    assert main([*words, "--ray", cluster.address, "--workers", "2"]) == 2


def test_a_machine_that_does_not_reach_the_paths_says_so(tmp_path):
    task = Task(Row("a", tmp_path / "a.wav"), PerformanceRequest(), BatchSettings(), tmp_path, "key")
    (outcome,) = do_told_rows(pickle.dumps((task,)), 60.0)
    assert outcome.transient
    assert "does not reach" in outcome.result.error
    assert str(tmp_path) in outcome.result.error


def test_what_is_sent_is_bounded(cluster, tmp_path):
    request = PerformanceRequest(settings=GenerationSettings(noise=bytes(LARGEST_TASK)))
    task = Task(Row("a", tmp_path / "a.wav"), request, BatchSettings(), tmp_path, "key")
    with RayCrew(RayNeeds(cluster.address), ENDURANCE) as crew, pytest.raises(SettingsError, match="MiB"):
        crew.begin((task,))
    small = replace(task, request=PerformanceRequest())
    crew = RayCrew(RayNeeds(cluster.address), replace(ENDURANCE, retries=0))
    finished = run_tasks([[task, small]], crew, replace(ENDURANCE, retries=0), Progress())
    errors = [result.error for _, result in finished]
    assert "32 MiB" in errors[0]
    assert "does not reach" in errors[1]


def test_a_cluster_that_is_not_there_is_one_sentence():
    with pytest.raises(InputError, match="No Ray cluster"), RayCrew(RayNeeds("127.0.0.1:1"), ENDURANCE):
        pass
