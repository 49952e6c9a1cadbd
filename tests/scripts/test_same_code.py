"""Measurements that compare outputs of several processes notice that the code changed meanwhile."""

from __future__ import annotations

import pytest

from scripts.bench.same_code import same_code


def test_code_that_stays_is_no_error(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    with same_code(tmp_path):
        (tmp_path / "a.pyc").write_text("compiled")
        (tmp_path / "a.py").write_text("x = 1")
    with same_code():
        pass


@pytest.mark.parametrize("name", ["a.py", "deep/b.py"])
def test_code_that_changes_ends_the_program(tmp_path, name):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.py").write_text("x = 1")
    with pytest.raises(SystemExit, match="code changed"), same_code(tmp_path):
        (tmp_path / name).write_text("x = 2")
