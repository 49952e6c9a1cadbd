"""Which arithmetic a training uses on a processor and on a graphics card."""

from __future__ import annotations

import pytest
import torch

from elocute.training.core import loop
from elocute.training.core.arithmetic import training_precision
from elocute.training.core.loop import start_run
from elocute.training.core.settings import RunSettings

CPU, CARD = torch.device("cpu"), torch.device("cuda", 0)


def able(monkeypatch, **abilities):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, **abilities})


@pytest.mark.parametrize("ability", ["avx512_bf16", "amx_bf16", "bf16"])
def test_a_processor_that_has_bfloat16_uses_it(monkeypatch, ability):
    able(monkeypatch, **{ability: True})
    assert training_precision("bfloat16", CPU) == "bfloat16"


def test_a_processor_that_would_imitate_it_uses_float32_and_a_card_is_not_asked(monkeypatch):
    able(monkeypatch, avx512_bf16=False, avx512_f=True)
    assert training_precision("bfloat16", CPU) == "float32"
    assert training_precision("bfloat16", CARD) == "bfloat16"


@pytest.mark.parametrize("device", [CPU, CARD])
def test_float32_stays(monkeypatch, device):
    able(monkeypatch, avx512_bf16=True)
    assert training_precision("float32", device) == "float32"


@pytest.mark.parametrize(("has", "used"), [(True, "bf16"), (False, "no")])
def test_a_run_is_set_up_so(monkeypatch, tmp_path, has, used):
    able(monkeypatch, avx512_bf16=has)
    with start_run(
        tmp_path / "run", RunSettings(precision="bfloat16"), resume=False, device="cpu"
    ) as accelerator:
        assert accelerator.mixed_precision == used
    assert loop.training_device("cpu") == CPU
