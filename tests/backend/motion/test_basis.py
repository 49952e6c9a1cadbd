"""What is said of each basis, and that nobody else compares their names."""

import ast
import math
from pathlib import Path

import pytest

import elocute
from elocute.motion.basis import BASES, ELOCUTE_HEAD_1, FLAME2020, OFFICIAL, basis_of
from elocute.motion.head1_basis import HEAD_NAMES

BACKEND = Path(elocute.__file__).parent
NAMES = tuple(BASES)
KNOWING = {"motion/basis.py", "motion/head1_basis.py"}
MAKING = {
    # What makes motion or a head in one certain basis says so once.
    "corpus/teacher.py",
    "face/standin/build.py",
    "models/rules/description.py",
    "models/rules/generator.py",
    "training/elocute_lite/training.py",
}


def test_head_1_says_what_its_columns_are():
    names = ELOCUTE_HEAD_1.expressions
    assert names == HEAD_NAMES
    lids = ELOCUTE_HEAD_1.lids
    assert [names[c] for c in (*lids.blink, *lids.wide, *lids.squint)] == [
        "eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight",
    ]  # fmt: skip
    assert {names[c] for c in ELOCUTE_HEAD_1.upper_face} == {
        n for n in names if n[:4] in ("brow", "eyeB", "eyeS", "eyeW")
    }
    assert (ELOCUTE_HEAD_1.lowest, ELOCUTE_HEAD_1.highest, ELOCUTE_HEAD_1.jaw_shut) == (0.0, 1.0, 0.0)
    assert ELOCUTE_HEAD_1.bounded
    assert ELOCUTE_HEAD_1.padded
    assert ELOCUTE_HEAD_1.widths == (43, 59)
    assert not ELOCUTE_HEAD_1.official_files


def test_columns_by_name():
    assert ELOCUTE_HEAD_1.columns(["tongueOut", "browDownLeft"]) == [42, 0]
    assert ELOCUTE_HEAD_1.names("tongueOut", "browDownLeft")
    assert not ELOCUTE_HEAD_1.names("tongueOut", "jawOpen")
    with pytest.raises(ValueError, match="elocute-head-1 lacks"):
        ELOCUTE_HEAD_1.columns(["jawOpen"])
    assert not FLAME2020.names("tongueOut")


@pytest.mark.parametrize("name", ["flame2020", "flame2023", "flame2023-no-jaw"])
def test_flame_bases_have_official_files_and_no_bounds(name):
    basis = basis_of(name)
    assert basis.name == name
    assert basis.padded
    assert basis.official_files
    assert not basis.bounded
    assert (basis.lids, basis.upper_face, basis.jaw_open) == (None, (), None)
    assert basis.jaw_shut == -math.inf


def test_of_another_basis_nothing_is_supposed():
    basis = basis_of("somebody-else")
    assert not basis.padded
    assert not basis.official_files
    assert not basis.bounded
    assert basis.lids is None


def test_published_files_are_of_flame_2020():
    assert OFFICIAL is basis_of("flame2020")


def _where(path):
    return path.relative_to(BACKEND).as_posix()


@pytest.mark.parametrize("path", sorted(BACKEND.rglob("*.py")), ids=_where)
def test_only_the_basis_knows_its_name(path):
    """No comparison with a basis' name, no name written out, no prefix asked for: Basis answers instead."""
    if _where(path) in KNOWING:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        line = f"{_where(path)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert node.value not in NAMES, f"{line} names a basis"
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                assert not _names_a_basis(side), f"{line} compares with one basis"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "startswith"
        ):
            assert "basis" not in ast.unparse(node.func.value), f"{line} asks how a basis' name begins"
        if isinstance(node, ast.ImportFrom) and node.module == "elocute.motion.head1_basis":
            assert _where(path) in MAKING or "BASIS" not in [name.name for name in node.names], line


def _names_a_basis(node):
    text = ast.unparse(node)
    return text.split(".")[-1] == "BASIS" or text.split(".")[0] in (
        "ELOCUTE_HEAD_1", "FLAME2020", "FLAME2023", "OFFICIAL",
    )  # fmt: skip
