"""What the outputs of a row are called."""

from __future__ import annotations

import pytest

from elocute.batch.names import export_name, output_names
from elocute.batch.settings import BatchSettings
from elocute.exchange.formats import export_formats


@pytest.mark.parametrize("form", export_formats(), ids=lambda form: form.name)
def test_every_format_has_its_ending_once(form):
    name = export_name("line.npz", form.name)
    assert name.endswith(form.endings[0])
    assert name.count(f".{form.name}") == 1
    assert len(set(name.split("."))) == len(name.split("."))


def test_names_of_two_formats_never_meet():
    forms = tuple(form.name for form in export_formats())
    names = output_names("line", 2, BatchSettings(exports=forms))
    assert len(set(names)) == len(names) == 2 * (1 + len(forms))
    assert export_name("line-1.npz", "vrma") == "line-1.vrma"
    assert export_name("line-1.npz", "arkit-csv") == "line-1.arkit-csv.csv"
