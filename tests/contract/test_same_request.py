"""One request, whoever asks: add-on, service and command line ask the pipeline for the same."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.generation import generate
from addon.core.backend.messages import AttentionMessage, JobSettings, RegardMessage
from addon.core.job import JobControl
from elocute.audio.segment import Segment
from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.attention import Attention, Regard
from elocute.cli.main import main
from elocute.errors import InputError
from elocute.front_end import HearOpening
from elocute.generator import ClipSink, GenerationSettings
from elocute.models.catalogue import ChosenModel
from elocute.motion.clip import MotionClip
from elocute.performance import Performance, PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service import messages as theirs
from elocute.service.config import Limits
from tests.backend.service.conftest import client_of, running
from tests.backend.service.fakes import FakeGenerator, FakeModels, analyse

FULL = JobSettings(
    model="another-model",
    transcript="What is said.",
    language="de",
    words="none",
    segment="0.5-1:02",
    from_first_sound=True,
    style="calm:0.5,mine.npz:0.5",
    options={"steps": 7.0},
    curves={"gaze": ((0.0, 0.5), (2.5, 1.5))},
    choices={"sampler": "ddim"},
    identity=(0.5, -1.5),
    seed=5,
    takes=3,
    head_motion=False,
    lip_contacts=False,
    phones=True,
    ranges=((0.5, 1.25), (2.0, 3.0)),
    channels=("mouth", "jaw"),
    pinned=(("jaw.0", 0.75, 0.125), ("mouthSmileLeft", 1.0, -0.5)),
    attention=AttentionMessage((RegardMessage(0.5, 2.0, 30.0, -4.0, "speak"),), (1.75,)),
    opening=True,
)
"""Every field but ``kind`` has a value that is not its default."""
NOT_ON_THE_WIRE = {"noise", "compute"}
"""Recorded noise serves to repeat runs of other programs, has no bound, and is the command line's alone; what
the service computes with is its operator's choice."""
NOT_OF_THE_REQUEST = {"kind", "opening"}
"""What is done, and whether its beginning is shown before, says nothing of what is made."""


def clip_content(frames: int) -> bytes:
    """A clip's file, which the command line looks into."""
    still = np.zeros((frames, 3), np.float32)
    stream = io.BytesIO()
    MotionClip(25.0, "elocute-head-1", np.zeros((frames, 43), np.float32), still, still).write(stream)
    return stream.getvalue()


FILES = {
    "before": clip_content(2),
    "base": clip_content(3),
    "given_phones": b"start,end,label\n0,1,AA\n",
}
ATTENTION = Attention((Regard(0.5, 2.0, 30.0, -4.0, "speak"),), (1.75,))
STYLES = {"mine.npz": b"a style file", "other_2.npy": b"\x00\xff\r\n--"}


class Recorder(Pipeline):
    """Remembers what it is asked for, and makes nothing."""

    def __init__(self) -> None:
        super().__init__(analyse, FakeModels())
        self.checked: list[PerformanceRequest] = []
        self.asked: list[PerformanceRequest] = []
        self.opened: list[bool] = []
        self.analysed: list[tuple[str | None, str, Segment | None, str]] = []

    def check(self, request: PerformanceRequest) -> ChosenModel:
        self.checked.append(request)
        return ChosenModel(FakeGenerator().info)

    def perform(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        self.asked.append(request)
        self.opened.append(opening is not None)
        raise InputError("Only recorded.")

    def analyse(
        self,
        audio: Path | bytes,
        transcript: str | None,
        language: str,
        progress: Progress,
        *,
        segment: Segment | None = None,
        words: str = "auto",
        phones: bool = True,
        opening: HearOpening | None = None,
    ) -> SpeechFeatures:
        self.analysed.append((transcript, language, segment, words))
        raise InputError("Only recorded.")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> Iterator[Client]:
    with running(recorder, Limits()) as service:
        yield client_of(service)


def send(
    client: Client,
    settings: JobSettings,
    styles: dict[str, bytes] | None = None,
    attached: dict[str, bytes] | None = None,
) -> None:
    with pytest.raises(ServiceError, match="Only recorded"):
        generate(lambda: client, b"sound", settings, JobControl(), styles=styles, attached=attached)


def values(message: Any) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}


def flat(request: PerformanceRequest) -> dict[str, Any]:
    """Every field of a request and of its settings, by name."""
    all_values = values(request.settings) | values(request)
    part = request.segment or Segment()
    assert request.segment is None or replace(part, from_first_sound=False) == Segment(0.5, 62.0)
    told = {name: all_values[name] for name in all_values.keys() - NOT_ON_THE_WIRE - {"settings"}}
    segment = None if request.segment is None else "0.5-1:02"
    return told | {"segment": segment, "from_first_sound": part.from_first_sound}


def test_the_example_leaves_no_field_at_its_default() -> None:
    full, default = values(FULL), values(JobSettings())
    assert [name for name in full if full[name] == default[name]] == ["kind"]


def test_every_field_arrives_in_the_pipeline_with_its_value(client: Client, recorder: Recorder) -> None:
    send(client, FULL, STYLES, FILES)
    (asked,) = recorder.asked
    sent = {name: value for name, value in values(FULL).items() if name not in NOT_OF_THE_REQUEST}
    # The same names on both sides: a field that one side adds and nobody passes on is missing here.
    assert flat(asked) == sent | {"style_files": STYLES, **FILES, "attention": ATTENTION}
    assert recorder.checked == [asked]
    assert recorder.opened == [True], "the beginning is given out beside the clip, and changes nothing of it"


def test_the_command_line_asks_for_the_same(
    client: Client, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.npz").write_bytes(STYLES["mine.npz"])
    for name, content in FILES.items():
        Path(name).write_bytes(content)
    Path("attention.json").write_text(json.dumps(ATTENTION.facts))
    np.save("shape.npy", np.array(FULL.identity, np.float32))
    words = [
        "generate", "voice.wav", "--out", "clip.npz", "--model", "another-model", "--language", "de",
        "--words", "none", "--segment", "0.5-1:02",
        "--transcript", "What is said.", "--style", "calm:0.5,mine.npz:0.5", "--steps", "7", "--set",
        "gaze=0.5@0,1.5@2.5",
        "--sampler", "ddim", "--shape", "shape.npy", "--seed", "5", "--takes", "3", "--no-head",
        "--no-lip-contacts", "--phones-out", "phones.json", "--continue", "before", "--base", "base",
        "--range", "0.5-1.25", "--range", "2-3",
        "--channels", "mouth,jaw", "--pin", "jaw.0@0.75=0.125", "--pin", "mouthSmileLeft@1=-0.5",
        "--phones", "given_phones",
        "--attention", "attention.json",
    ]  # fmt: skip
    assert main(words, lambda *_, **__: recorder) == 3
    in_film_time = replace(FULL, from_first_sound=False)  # which only Blender's sequencer does not keep to
    send(client, in_film_time, {"mine.npz": STYLES["mine.npz"]}, FILES)
    by_command_line, by_service = recorder.asked
    assert by_command_line == by_service


def test_the_command_line_asks_for_the_same_where_nothing_is_said(client: Client, recorder: Recorder) -> None:
    assert main(["generate", "voice.wav", "--out", "clip.npz"], lambda *_, **__: recorder) == 3
    send(client, JobSettings())
    by_command_line, by_service = recorder.asked
    assert by_command_line == by_service


def test_no_field_is_set_that_was_left_alone(client: Client, recorder: Recorder) -> None:
    send(client, JobSettings())
    assert recorder.asked == [PerformanceRequest(settings=GenerationSettings())]


def test_a_phones_job_asks_for_the_analysis_only(client: Client, recorder: Recorder) -> None:
    of_motion = {"options": {}, "curves": {}, "choices": {}, "ranges": (), "channels": (), "pinned": ()}
    send(client, replace(FULL, kind="phones", attention=None, **of_motion))
    assert recorder.asked == []
    assert recorder.analysed == [("What is said.", "de", Segment(0.5, 62.0, from_first_sound=True), "none")]


def test_fields_of_the_services_message_are_those_of_the_request() -> None:
    ours = set(theirs.JobSettings.model_fields) - NOT_OF_THE_REQUEST
    assert ours | {"style_files", *FILES} == set(flat(PerformanceRequest()))
