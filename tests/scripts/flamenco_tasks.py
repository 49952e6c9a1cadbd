"""Compile a Flamenco job: a job type's script in a JavaScript engine with the documented author API.

``python -m tests.scripts.flamenco_tasks SETTINGS.json`` prints the tasks as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import quickjs

SCRIPT = Path(__file__).parents[2] / "scripts" / "farm" / "flamenco_elocute_shots.js"
# What Flamenco offers to job types (flamenco.blender.org, Usage: Job Types), as far as tasks go.
API = """
const author = {
    Task(name, type) {
        const task = { name, type, commands: [], dependencies: [] };
        task.addCommand = (command) => { task.commands.push(command); };
        task.addDependency = (other) => { task.dependencies.push(other.name); };
        return task;
    },
    Command(name, parameters) { return { name, parameters }; },
};
const path = { join: (...parts) => parts.join("/").replace(/\\/+/g, "/") };
function print() {}
"""
RUN = """
function compile(text) {
    const job = { settings: JSON.parse(text), tasks: [] };
    job.addTask = (task) => { job.tasks.push(task); };
    compileJob(job);
    return JSON.stringify(job.tasks);
}
function settingsOfType() { return JSON.stringify(JOB_TYPE.settings); }
"""


def engine() -> quickjs.Context:
    """An engine that holds the script and the API."""
    context = quickjs.Context()
    context.eval(API + SCRIPT.read_text(encoding="utf-8") + RUN)
    return context


def declared_settings() -> list[dict[str, Any]]:
    """The settings that the job type declares."""
    return json.loads(engine().get("settingsOfType")())


def compile_job(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of a job, with the declared defaults where ``settings`` says nothing."""
    defaults = {one["key"]: one["default"] for one in declared_settings() if "default" in one}
    return json.loads(engine().get("compile")(json.dumps(defaults | settings)))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(compile_job(given)))
