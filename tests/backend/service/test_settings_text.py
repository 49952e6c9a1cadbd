"""What is wrong with a job's settings is said as the rest of Elocute says it, and says it quickly."""

from __future__ import annotations

import json
import threading

import pytest

from elocute.cli.main import main
from elocute.errors import LONGEST_SENTENCE, SettingsError
from elocute.installation import standard_pipeline
from elocute.service import app
from elocute.service.config import Limits
from elocute.service.jobs import JobQueue
from elocute.service.messages import JobSettings, StyleSettings
from elocute.service.settings_text import parse_settings
from elocute.service.work import JobRequest
from tests.backend.service.conftest import client_of
from tests.backend.service.fakes import tone
from tests.backend.service.test_refusals import AUDIO, SETTINGS, multipart, post


def refusal(text: str, kind: type[JobSettings | StyleSettings] = JobSettings) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse_settings(kind, text)
    assert caught.value.code == "bad_settings"
    assert caught.value.message.endswith(".")
    assert caught.value.hint.endswith(".")
    assert len(str(caught.value)) < LONGEST_SENTENCE
    return caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"takes": "2"}', "The setting takes must be a whole number."),
        ('{"takes": 1.5}', "The setting takes must be a whole number."),
        ('{"seed": true}', "The setting seed must be a whole number."),
        ('{"takes": 0}', "0 takes are out of range."),
        ('{"takes": 65}', "65 takes are out of range."),
        ('{"seed": -1}', "The seed -1 is out of range."),
        ('{"seed": 4294967296}', "The seed 4294967296 is out of range."),
        ('{"head_motion": 1}', "The setting head_motion must be true or false."),
        ('{"transcript": 5}', "The setting transcript must be text."),
        ('{"options": []}', "The setting options must be an object of names and values."),
        ('{"options": {"jaw": "wide"}}', "The setting options.jaw must be a number."),
        ('{"options": {"jaw": 1e999}}', "The setting options.jaw must be a number that is finite."),
        ('{"options": {"": 1}}', "The setting options. is out of range."),
        ('{"choices": {"sampler": 3}}', "The setting choices.sampler must be text."),
        ('{"identity": 3}', "The setting identity must be a list."),
        ('{"kind": "sing"}', "The setting kind is unknown."),
        ('{"colour": "red"}', "There is no setting named colour."),
        ("[]", "The settings must be a JSON object of names and values."),
        ('""', "The settings must be a JSON object of names and values."),
    ],
)
def test_the_sentence(text: str, message: str) -> None:
    assert refusal(text).message == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nul",
        '{"a":' * 5000,
        "[" * 100_000,
        '{"seed": ' + "9" * 100_000 + "}",
        '{"style": "\\ud800"}',
    ],
)
def test_what_is_no_json(text: str) -> None:
    assert refusal(text).message.startswith("The settings are not valid JSON: ")


@pytest.mark.parametrize(
    "text",
    [
        "{" + ",".join(f'"{number:x}": 1' for number in range(100_000)) + "}",
        '{"options": {' + ",".join(f'"{number:x}": "x"' for number in range(100_000)) + "}}",
        '{"identity": [' + ",".join(['"x"'] * 200_000) + "]}",
        '{"identity": [' + ",".join(["[]"] * 200_000) + "]}",
        '{"options": {"a": [' + ",".join(["[1, 1, 1]"] * 20_000) + "]}}",
    ],
)
def test_more_values_than_any_settings_have_are_not_looked_at(text: str) -> None:
    assert refusal(text).message == "The settings have too many values."


def test_megabytes_are_not_repeated() -> None:
    long = "x" * 1_500_000
    for text in (f'{{"{long}": 1}}', f'{{"kind": "{long}"}}', f'{{"options": {{"{long}": 1}}}}'):
        assert len(str(refusal(text))) < LONGEST_SENTENCE
    assert refusal('{"start": -1}', StyleSettings).message == "The setting start is out of range."


def test_as_many_values_as_allowed_are_read() -> None:
    full = {
        "identity": [0.5] * 1000,
        "options": {str(number): 1.0 for number in range(100)},
        "choices": {str(number): "x" for number in range(100)},
        "curves": {str(number): [[float(k), 1.0] for k in range(140)] for number in range(40)},
        "transcript": "\U0001f600" * 100_000,
    }
    assert len(parse_settings(JobSettings, json.dumps(full)).identity or ()) == 1000


@pytest.mark.parametrize(
    "curves",
    [
        {"a": [[float(k), 1.0] for k in range(1001)]},
        {str(number): [[0.0, 1.0]] for number in range(41)},
        {"a": [[0.0, 1.0, 2.0]]},
        {"a": [[0.0]]},
        {"a": [1.0]},
        {"a": "x"},
        {"a": [[0.0, "x"]]},
    ],
)
def test_curves_that_are_none_are_refused_in_a_sentence(curves: object) -> None:
    said = refusal(json.dumps({"curves": curves}))
    assert said.message.startswith("The setting curves")
    assert len(str(said)) < LONGEST_SENTENCE


@pytest.mark.parametrize("kind", ["generate", "phones"])
@pytest.mark.parametrize(
    ("field", "value"), [("language", "../../x"), ("language", ""), ("transcript", "a" * 100_001)]
)
def test_what_is_said_of_the_recording_is_checked_at_submit_as_on_the_command_line(
    tmp_path, capsys: pytest.CaptureFixture[str], kind: str, field: str, value: str
) -> None:
    queue = JobQueue(standard_pipeline(()), Limits())
    try:
        with pytest.raises(SettingsError) as caught:
            queue.submit(JobRequest(b"", JobSettings(kind=kind, **{field: value})))
    finally:
        queue.close(10)
    assert main(["generate", "no.wav", "--out", str(tmp_path / "c.npz"), f"--{field}", value]) == 2
    assert capsys.readouterr().err.strip() == f"elocute: {caught.value}"


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"steps": 1.5}, ["--steps", "1.5"]),
        ({"steps": 1000.0}, ["--set", "steps=1000"]),
        ({"nose": 1.0}, ["--set", "nose=1"]),
    ],
)
def test_options_are_checked_at_submit_as_on_the_command_line(
    tmp_path, capsys: pytest.CaptureFixture[str], options: dict[str, float], arguments: list[str]
) -> None:
    queue = JobQueue(standard_pipeline(()), Limits())
    try:
        with pytest.raises(SettingsError) as caught:
            queue.submit(JobRequest(b"", JobSettings(options=options)))
    finally:
        queue.close(10)
    assert main(["generate", "no.wav", "--out", str(tmp_path / "c.npz"), *arguments]) == 2
    assert capsys.readouterr().err.strip() == f"elocute: {caught.value}"


@pytest.mark.parametrize("step", ["parse_settings", "extract_style"])
def test_others_are_answered_while_a_request_is_looked_at(
    start_service, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    service = start_service(limits=Limits())
    begun, answered = threading.Event(), threading.Event()
    original = getattr(app, step)

    def slow(*arguments: object) -> object:
        begun.set()
        assert answered.wait(20)
        return original(*arguments)

    monkeypatch.setattr(app, step, slow)
    part, path = (
        ('name="clip"; filename="c"', "/v1/styles") if step == "extract_style" else (AUDIO, "/v1/jobs")
    )
    body = multipart((SETTINGS, b"{}"), (part, tone()))
    replies: list[tuple[int, object]] = []
    request = threading.Thread(target=lambda: replies.append(post(service, body, path=path)))
    request.start()
    assert begun.wait(20)
    assert client_of(service).health().service == "elocute"
    answered.set()
    request.join(20)
    assert replies[0][0] in {202, 422}


def test_a_name_of_megabytes_is_not_repeated_by_any_refusal(start_service) -> None:
    service = start_service(limits=Limits())
    long = "x" * 14_000
    for body in (
        multipart((SETTINGS, b"{}"), (f'name="{long}"', b"x")),
        multipart((SETTINGS, json.dumps({"model": long[:200]}).encode()), (AUDIO, tone())),
        multipart((SETTINGS, json.dumps({"style": long[:1000]}).encode()), (AUDIO, tone())),
    ):
        reply = post(service, body)
        assert reply[0] in {400, 422}
        assert len(json.dumps(reply[1])) < 3 * LONGEST_SENTENCE
