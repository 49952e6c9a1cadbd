import subprocess
import sys

import pytest

from elocute.errors import SettingsError
from elocute.models.registry import DEFAULT_MODEL, list_models, load_generator


def test_the_default_is_listed_first_and_loads():
    infos = list_models()
    assert infos[0].id == DEFAULT_MODEL
    assert load_generator().info == infos[0]


def test_each_listed_model_has_a_default_within_its_limits():
    for info in list_models():
        assert info.styles
        for low, default, high in info.style_parameters.values():
            assert low <= default <= high


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(SettingsError, match="rules") as caught:
        load_generator("nonsense")
    assert caught.value.code == "unknown_model"
    assert caught.value.exit_code == 2


def test_the_rules_model_needs_no_torch():
    code = (
        "import sys; from elocute.models.registry import load_generator; load_generator('rules');"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))}
    )
