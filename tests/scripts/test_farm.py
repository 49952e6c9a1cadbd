"""The job descriptions for render farms. tests/e2e/test_farm.py runs their commands."""

from __future__ import annotations

from pathlib import Path

import yaml
from openjd.model import DocumentType, decode_job_template, document_string_to_object

from addon.core.headless.arguments import read_arguments
from elocute.cli.main import parser_of
from tests.scripts.flamenco_tasks import compile_job, declared_settings

TEMPLATE = Path(__file__).parents[2] / "scripts" / "farm" / "openjd_elocute_shots.yaml"
SETTINGS = {
    "manifest": "/show/my lines.csv",
    "blendfile": "/show/anna.blend",
    "output": "/show/out",
    "elocute_batch": "/opt/elocute/addon/elocute_batch.py",
    "generate_parts": 3,
    "render_parts": 2,
    "batch_arguments": '--phones json --style "calm:0.5, lively:0.5"',
    "shot_arguments": "--resolution 640x360",
}


def test_flamenco_settings_have_the_documented_form():
    kinds = {"string", "int32", "float", "bool"}
    for one in declared_settings():
        assert one["type"] in kinds
        assert one["description"]
        assert one.get("subtype") in (None, "file_path", "dir_path", "hashed_file_path")
        assert one.get("required") or "default" in one or "eval" in one


def test_flamenco_tasks_and_what_they_wait_for():
    tasks = {task["name"]: task for task in compile_job(SETTINGS)}
    generates = [f"generate-{k}/3" for k in (1, 2, 3)]
    assert list(tasks) == [
        *generates,
        "table",
        *("apply-1/2", "render-1/2", "apply-2/2", "render-2/2"),
        "report",
    ]
    assert tasks["table"]["dependencies"] == generates
    assert tasks["apply-1/2"]["dependencies"] == ["table"]
    assert tasks["render-2/2"]["dependencies"] == ["apply-2/2"]
    assert tasks["report"]["dependencies"] == ["render-1/2", "render-2/2"]
    assert {task["type"] for task in tasks.values()} == {"misc", "blender"}


def _is_taken(program: str, args: list[str]) -> bool:
    """Whether our programs take these arguments."""
    if "elocute" in program.lower():
        parser_of().parse_args(args)
        return True
    assert args[:6] == ["--background", SETTINGS["blendfile"], "--python-exit-code", "1", "--python", args[5]]
    read_arguments(args[args.index("--") + 1 :])
    return True


def test_the_programs_take_the_arguments_of_flamenco():
    for task in compile_job(SETTINGS):
        (command,) = task["commands"]
        assert command["name"] == "exec"
        assert command["parameters"]["exe"] in ("{elocute}", "{blender}")
        assert _is_taken(command["parameters"]["exe"], command["parameters"]["args"])
    generate = compile_job(SETTINGS)[0]["commands"][0]["parameters"]["args"]
    assert generate[:2] == ["batch", "/show/my lines.csv"]
    assert generate[generate.index("--style") + 1] == "calm:0.5, lively:0.5"
    assert generate[generate.index("--part") + 1] == "1/3"


def test_parts_that_make_no_sense_are_one():
    assert len(compile_job({**SETTINGS, "generate_parts": 0, "render_parts": -4})) == 5


def test_the_openjd_template_is_valid_and_its_commands_are_taken():
    text = TEMPLATE.read_text(encoding="utf-8")
    template = decode_job_template(
        template=document_string_to_object(document=text, document_type=DocumentType.YAML)
    )
    assert [step.name for step in template.steps] == ["Generate", "Table", "Apply", "Render", "Report"]
    plain = yaml.safe_load(text)
    values = {one["name"]: str(one.get("default", "x")) for one in plain["parameterDefinitions"]}
    values |= {"Manifest": "lines.csv", "BlendFile": SETTINGS["blendfile"], "Output": "out"}
    for step in plain["steps"]:
        run = step["script"]["actions"]["onRun"]
        words = [_filled(word, values) for word in [run["command"], *run["args"]]]
        assert _is_taken(words[0], words[1:])
        assert not any("{{" in word for word in words)
        waits = [one["dependsOn"] for one in step.get("dependencies", ())]
        assert len(waits) == (step["name"] != "Generate")


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{{Param." + name + "}}", value)
    return text.replace("{{Task.Param.Part}}", "1")
