"""Which device computes a model by itself, and what users are told of it. Only the card is made up."""

import logging
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from elocute.errors import SettingsError
from elocute.front_end import NothingToPrepare
from elocute.models import graphics_card, registry
from elocute.models.catalogue import Catalogue
from elocute.models.device_choice import DeviceChoice
from elocute.models.family import ONNX_RUNTIME, PYTORCH, LoadOptions
from elocute.models.graphics_card import GraphicsCard, cuda_of_pytorch, find_graphics_card, nvidia_cards
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from tests.backend.diffposetalk.spoken import spoken_line
from tests.backend.service.fakes import FakeAnalyser, tone

CARD = GraphicsCard("NVIDIA H100")


@pytest.fixture(scope="module")
def infos():
    return {info.id: info for info in Catalogue().infos()}


class OneLine(FakeAnalyser):
    def __call__(self, sound, **_):
        return spoken_line()


def pipeline_with_a_card():
    devices = DeviceChoice(find_card=lambda: CARD)
    return Pipeline(OneLine(), Catalogue(), devices, NothingToPrepare())


def test_a_card_is_taken_for_the_bundled_model_alone(infos):
    choice, lite = DeviceChoice(find_card=lambda: CARD), infos["elocute-lite"]
    assert choice.options_for(lite) == LoadOptions("cuda")
    assert (choice.engine(lite), choice.reason(lite)) == (PYTORCH, "NVIDIA H100")
    for other in (infos["rules"], replace(lite, engine=PYTORCH)):
        assert choice.options_for(other) == LoadOptions()
        assert (choice.engine(other), choice.reason(other)) == (other.engine, "")


def test_without_a_card_the_processor_computes_and_the_reason_is_said(infos):
    choice, lite = DeviceChoice(find_card=lambda: GraphicsCard(problem="no GPU")), infos["elocute-lite"]
    assert choice.options_for(lite) == LoadOptions()
    assert (choice.engine(lite), choice.reason(lite)) == (ONNX_RUNTIME, "no GPU")


def test_what_was_named_is_taken_without_a_look(infos):
    def never():
        raise AssertionError("nobody asked")

    named, lite = DeviceChoice(LoadOptions("cuda:1"), never), infos["elocute-lite"]
    assert named.options_for(lite) == LoadOptions("cuda:1")
    assert (named.engine(lite), named.reason(lite)) == (PYTORCH, "")
    assert DeviceChoice(LoadOptions(), never).engine(lite) == ONNX_RUNTIME


@pytest.mark.parametrize(
    ("cards", "build", "name", "said"),
    [
        ((), "12.8", "", "no GPU"),
        (("A",), None, "", "A is not used without PyTorch"),
        (("A",), "", "", "A is not used: this PyTorch is for processors"),
        (("A", "B"), "12.8", "A", "A"),
    ],
)
def test_a_card_needs_a_pytorch_that_was_built_for_it(cards, build, name, said):
    found = find_graphics_card(lambda: cards, lambda: build)
    assert (found.name, found.said) == (name, said)


@pytest.mark.parametrize(
    ("hidden", "seen"), [("", ""), ("-1", ""), ("1", "B"), ("1,0", "B"), ("7", ""), ("GPU-1f", "AB")]
)
def test_cards_that_the_user_hides_are_not_seen(monkeypatch, hidden, seen):
    library = SimpleNamespace(nvmlInit_v2=lambda: 0, nvmlShutdown=lambda: 0)
    monkeypatch.setattr(graphics_card.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(graphics_card, "_names_from", lambda library: ("A", "B"))
    assert nvidia_cards({"CUDA_VISIBLE_DEVICES": hidden}) == tuple(seen)
    assert nvidia_cards({}) == ("A", "B")


def test_the_build_is_read_from_pytorchs_file(tmp_path, monkeypatch):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cuda_of_pytorch() == ""
    for line, told in (
        ("cuda: Optional[str] = '13.0'", "13.0"),
        ('cuda = "12.1"', "12.1"),
        ("cuda: Optional[str] = None", ""),
    ):
        version = f"__version__ = '2.0'\ndebug = False\n{line}\nhip: Optional[str] = None\n"
        (tmp_path / "torch" / "version.py").write_text(version)
        assert cuda_of_pytorch() == told


def test_nothing_is_imported_to_find_a_card():
    code = (
        "import sys; from elocute.models.device_choice import DeviceChoice\n"
        "from elocute.models.catalogue import Catalogue\n"
        "choice = DeviceChoice(); [choice.reason(info) for info in Catalogue().infos()]\n"
        "print(sorted({'torch', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("There is no device 'cuda'."),
        RuntimeError("CUDA error: no kernel image"),
        ModuleNotFoundError("No module named 'sympy'", name="sympy"),  # which PyTorch needs
    ],
)
def test_a_card_that_turns_out_useless_costs_nobody_the_clip(monkeypatch, caplog, error):
    asked = []
    load = registry.load

    def with_card(model, options):
        asked.append(options.device)
        if options.device == "cuda":
            raise error
        return load(model, options)

    monkeypatch.setattr(registry, "load", with_card)
    pipeline = pipeline_with_a_card()
    info = pipeline.describe(None)
    assert pipeline.engine_reason(info) == "NVIDIA H100"
    with caplog.at_level(logging.WARNING, logger="elocute"):
        made = pipeline.perform(tone(0.4), PerformanceRequest(), Progress())
        pipeline.perform(tone(0.4), PerformanceRequest(), Progress())
    assert asked == ["cuda", "cpu"]
    assert np.isfinite(made.clips[0].jaw).all()
    assert pipeline.engine(info) == ONNX_RUNTIME
    assert pipeline.engine_reason(info).startswith("NVIDIA H100 cannot be used: ")
    assert "NVIDIA H100 cannot be used" in caplog.text


def test_a_device_that_a_request_names_is_not_replaced(monkeypatch):
    def refuse(model, options):
        raise SettingsError("There is no device 'cuda'.")

    monkeypatch.setattr(registry, "load", refuse)
    with pytest.raises(SettingsError, match="no device"):
        pipeline_with_a_card().perform(tone(0.4), PerformanceRequest(compute=LoadOptions("cuda")), Progress())
