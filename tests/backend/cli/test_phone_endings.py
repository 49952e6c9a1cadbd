"""What ``elocute phones --out`` and ``elocute generate --phones-out`` can write is what their help names."""

from __future__ import annotations

import pytest

from elocute.cli.main import main
from elocute.cli.phones import SUFFIXES


@pytest.mark.parametrize("command", ["phones", "generate"])
def test_the_help_names_every_ending(command, capsys):
    assert main([command, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for ending in (*SUFFIXES, ".rhubarb.json"):
        assert ending in told
