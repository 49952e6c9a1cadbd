"""What comes with Elocute needs no PyTorch, SciPy or web framework: without them a line becomes a clip."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "flame_assets" / "demo"
SERVICE = ("fastapi", "starlette", "uvicorn", "pydantic", "prometheus_client", "python_multipart")
HIDDEN = (
    *("torch", "diffusers", "transformers", "scipy", "huggingface_hub", "matplotlib", "onnx", "PIL"),
    *SERVICE,
)
UNUSED = {
    *(
        "elocute.cli.batch",
        "elocute.cli.export",
        "elocute.models.dimitra.family",
        "elocute.models.rules.family",
    ),
    "tqdm",
}
"""Other subcommands, other families than the model's, and what draws in a terminal."""
HIDE = f"""
import importlib.util, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Hidden())
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name.partition(".")[0] in {HIDDEN!r} else real(name, package)
)
"""


@pytest.fixture
def run(tmp_path):
    """Runs a command without the hidden packages; where one is to fail, its sentences are returned."""
    (tmp_path / "sitecustomize.py").write_text(HIDE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "backend")])}

    def elocute(*arguments, fails=False):
        done = subprocess.run(
            [sys.executable, "-m", "elocute", *arguments, *(() if fails else ("--json",))],
            env=environment, capture_output=True, text=True, check=False, timeout=200, cwd=tmp_path,
        )  # fmt: skip
        if fails:
            assert (done.returncode, done.stdout) == (2, "")
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return elocute


def test_the_hiding_hides(run, tmp_path):
    script = "import importlib.util as u\nprint(u.find_spec('torch'))\nimport torch"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "None\n"
    assert "No module named 'torch'" in done.stderr


def test_the_service_says_in_one_sentence_what_it_lacks(run):
    said = run("serve", fails=True)
    assert re.search(r"needs the Python package (fastapi|pydantic|uvicorn|starlette), which is not", said)
    assert "Install it with: " in said
    assert "requirements/backend.txt" in said.replace("\\", "/")
    assert "Traceback" not in said


@pytest.mark.parametrize("model", ["elocute-lite", "rules"])
def test_a_recording_becomes_a_clip(run, tmp_path, model):
    words = ("--transcript", (DEMO / "line.txt").read_text(encoding="utf-8"), "--language", "en")
    made = run("generate", str(DEMO / "line.flac"), *words, "--out", "clip.npz", "--model", model)
    assert (made["model"], made["phone_source"]) == (model, "transcript")
    assert made["frames"] > 100
    assert (tmp_path / "clip.npz").is_file()


def test_words_are_recognised_and_noise_turned_down(run):
    made = run("generate", str(DEMO / "line.flac"), "--out", "clip.npz", "--takes", "2", "--seed", "3")
    assert made["model"] == "elocute-lite"
    assert len(made["clips"]) == 2


def test_styles_and_models(run, tmp_path):
    models = {model["id"]: model for model in run("models")["models"]}
    assert models["elocute-lite"]["engine"] == "ONNX Runtime"
    assert models["rules"]["engine"] == "NumPy"
    run("generate", str(DEMO / "line.flac"), "--out", "clip.npz", "--style", "sad@0,happy@2")
    run("style", "extract", "clip.npz", "--model", "elocute-lite", "--out", "mine.npz")
    run("generate", str(DEMO / "line.flac"), "--out", "again.npz", "--style", "mine.npz")
    assert (tmp_path / "again.npz").is_file()


def test_nothing_heavy_is_imported_though_it_is_there(tmp_path):
    """Here everything is installed, and stays unused."""
    script = (
        "import sys\nfrom elocute.cli.main import main\n"
        f"code = main(['generate', {str(DEMO / 'line.flac')!r}, '--out', 'clip.npz'])\n"
        f"heavy = sorted({{name.partition('.')[0] for name in sys.modules}} & set({HIDDEN!r}))\n"
        f"unused = sorted({UNUSED!r} & set(sys.modules))\n"
        "print(code, heavy, unused)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "backend")},
        capture_output=True, text=True, check=True, cwd=tmp_path, timeout=200,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 [] []"


def test_the_search_for_garbage_is_rare_and_left_out_at_the_end(tmp_path):
    script = (
        "import gc, sys\nfrom elocute.__main__ import main\n"
        "sys.argv = ['elocute', '--help']\n"
        "print(main(), gc.get_threshold()[0] > 5000, gc.get_freeze_count() > 5000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "backend")},
        capture_output=True, text=True, check=True, cwd=tmp_path, timeout=200,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 True True"
