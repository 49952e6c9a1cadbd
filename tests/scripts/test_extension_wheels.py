"""Which wheels a system's zip carries, what is left out of them, and what is checked without that system."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tomllib
import zipfile

import pytest

from addon.core.errors import UserError
from scripts.build_extension import ROOT, _add, build_for, manifest_for, zip_name
from scripts.extension_check import MOST_BYTES, problems, size_table, tag_problems
from scripts.extension_wheels import (
    LEFT_OUT,
    PLATFORMS,
    PYTHONS,
    REQUIREMENTS,
    Content,
    fetch,
    platform_named,
    requirements_for,
    slim,
    speech_model,
    zipped,
)

TEXT = (ROOT / REQUIREMENTS).read_text(encoding="utf-8")
LINUX, WINDOWS, ARM_MAC, INTEL_MAC = (
    platform_named(name) for name in ("linux-x64", "windows-x64", "macos-arm64", "macos-x64")
)


def wheel(folder, name, files):
    """A wheel with a record of its files."""
    info = "-".join(name.split("-")[:2]) + ".dist-info"
    files = {**files, f"{info}/WHEEL": b"Wheel-Version: 1.0\n", f"{info}/RECORD": b""}
    path = folder / name
    path.write_bytes(zipped(files))
    return path


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_zips_are_equal_whatever_system_builds_them(tmp_path, monkeypatch, system):
    monkeypatch.setattr(zipfile.sys, "platform", system)
    path = tmp_path / "added.zip"
    with zipfile.ZipFile(path, "w") as archive:
        _add(archive, "a.py", b"1")
    for content in (path.read_bytes(), zipped({"a.py": b"1"})):
        assert [one.create_system for one in zipfile.ZipFile(io.BytesIO(content)).infolist()] == [3]


def test_every_line_is_pinned_with_hashes_and_numpy_is_blenders():
    for platform in PLATFORMS:
        lines = requirements_for(TEXT, platform)
        assert all("==" in line and "--hash=sha256:" in line for line in lines)
        assert not [line for line in lines if line.startswith(("numpy=", "av="))]


@pytest.mark.parametrize(
    ("platform", "onnxruntime"),
    [(LINUX, "1.32.0"), (WINDOWS, "1.32.0"), (ARM_MAC, "1.32.0"), (INTEL_MAC, "1.23.2")],
)
def test_markers_are_asked_of_the_platform_not_of_this_computer(platform, onnxruntime):
    lines = requirements_for(TEXT, platform)
    assert [line.split(" ")[0] for line in lines if line.startswith("onnx")] == [
        f"onnxruntime=={onnxruntime}"
    ]
    assert any(line.startswith("hama==") for line in lines)


def test_a_platform_that_is_not_there_is_one_sentence():
    with pytest.raises(UserError, match="haiku"):
        platform_named("haiku-x64")


def test_versions_are_those_of_the_service_elsewhere():
    elsewhere = (ROOT / "requirements" / "backend.txt").read_text() + (
        ROOT / "requirements" / "backend-languages.txt"
    ).read_text()
    pinned = {line.split(";")[0].strip() for line in elsewhere.splitlines()}
    for line in requirements_for(TEXT, LINUX):
        assert line.split(" ")[0] in pinned


def test_a_slim_wheel_keeps_the_rest_to_the_byte_and_tells_it_in_its_record(tmp_path):
    path = wheel(
        tmp_path, "some-1.0-cp311-cp311-win_amd64.whl", {"some/a.py": b"a = 1\n", "some/big.dll": b"x"}
    )
    name, data = slim(path, ("some/*.dll",))
    assert name == "some-1.0-1-cp311-cp311-win_amd64.whl"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("some/a.py") == b"a = 1\n"
        assert "some/big.dll" not in archive.namelist()
        record = archive.read("some-1.0.dist-info/RECORD").decode().splitlines()
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"a = 1\n").digest()).rstrip(b"=").decode()
    assert f"some/a.py,sha256={digest},6" in record
    assert "some-1.0.dist-info/RECORD,," in record
    assert not [line for line in record if "big.dll" in line]


def test_a_wheel_of_which_all_is_needed_stays_as_it_is(tmp_path):
    path = wheel(tmp_path, "some-1.0-py3-none-any.whl", {"some/a.py": b""})
    assert slim(path, ()) == (path.name, path.read_bytes())


def test_a_wheel_of_an_earlier_pin_stays_out_of_the_zip(tmp_path, monkeypatch):
    done = subprocess.CompletedProcess((), 0, "", "")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: done)
    for python in PYTHONS:
        folder = tmp_path / "downloads" / LINUX.name / python
        folder.mkdir(parents=True)
        (folder / "a-1-py3-none-any.whl").write_bytes(b"before")
        (folder / "a-2-py3-none-any.whl").write_bytes(b"pinned")
    (tmp_path / REQUIREMENTS).parent.mkdir()
    digest = hashlib.sha256(b"pinned").hexdigest()
    (tmp_path / REQUIREMENTS).write_text(f"a==2 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    found = fetch(tmp_path, LINUX, tmp_path / "downloads")
    assert [path.name for path in found] == ["a-2-py3-none-any.whl"]


def test_the_model_of_words_is_left_out_for_hama_hears_everywhere(tmp_path):
    files = {"pocketsphinx/model/en-us/en-us.lm.bin": b"words", "pocketsphinx/model/en-us/en-us/mdef": b"m"}
    path = wheel(
        tmp_path, "pocketsphinx-5.1.1-cp311-cp311-win_amd64.whl", {**files, "pocketsphinx/a.py": b""}
    )
    assert set(speech_model(path)) == {"en-us/en-us/mdef"}


def test_what_hears_stays_in_hamas_wheel_and_nothing_native_does(tmp_path):
    heard = {"hama/assets/asr_waveform.hama": b"w", "hama/assets/g2p_vocab.json": b"{}"}
    native = {"hama/_libs/linux-x86_64/libhama.so": b"x", "hama/assets/p2g.hama": b"p"}
    path = wheel(tmp_path, "hama-1.7.0-py3-none-any.whl", heard | native)
    _, data = slim(path, LEFT_OUT["hama"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kept = {name for name in archive.namelist() if name.startswith("hama/")}
    assert kept == set(heard)


@pytest.mark.parametrize(
    ("wheels", "platform", "wrong"),
    [
        (["a-1-cp311-cp311-win_amd64.whl", "a-1-cp313-cp313-win_amd64.whl"], WINDOWS, []),
        (["a-1-1-cp310-abi3-win_amd64.whl"], WINDOWS, []),
        (["a-1-cp311-cp311-win_amd64.whl", "a-1-cp312-abi3-win_amd64.whl"], WINDOWS, []),
        (["a-1-py3-none-any.whl", "b-1-py2.py3-none-win_amd64.whl"], WINDOWS, []),
        (["a-1-cp310-abi3-macosx_10_9_universal2.whl"], ARM_MAC, []),
        (["a-1-cp310-abi3-macosx_10_12_x86_64.whl"], INTEL_MAC, []),
        (["a-1-cp311-cp311-win_amd64.whl"], WINDOWS, ["Python 313"]),
        (["a-1-cp312-abi3-win_amd64.whl"], WINDOWS, ["Python 311"]),
        (["a-1-py3-none-any.whl", "a-2-py3-none-any.whl"], WINDOWS, ["Python 311", "Python 313"]),
        (["a-1-cp310-abi3-macosx_15_0_arm64.whl"], ARM_MAC, ["does not run"]),
        (["a-1-cp310-abi3-macosx_11_0_x86_64.whl"], ARM_MAC, ["does not run"]),
        (["a-1-cp310-abi3-manylinux_2_34_x86_64.whl"], LINUX, ["does not run"]),
    ],
)
def test_tags_are_checked_for_both_pythons(wheels, platform, wrong):
    found = tag_problems(wheels, platform)
    assert len(found) == len(wrong)
    assert all(part in sentence for part, sentence in zip(wrong, found, strict=True))


def build_with(tmp_path, files, model=None):
    name = "some-1.0-py3-none-any.whl"
    content = Content({name: wheel(tmp_path, name, files).read_bytes()}, model or {})
    return build_for(ROOT, tmp_path / "dist", WINDOWS, content)


def test_the_zip_holds_wheels_model_and_a_manifest_that_tells_of_them(tmp_path):
    target = build_with(tmp_path, {"some/a.py": b""}, {"en-us/x": b"x"})
    assert target.name == zip_name(ROOT, "windows-x64") == zip_name(ROOT)[:-4] + "-windows_x64.zip"
    assert problems(target, WINDOWS) == []
    with zipfile.ZipFile(target) as archive:
        assert {"wheels/some-1.0-py3-none-any.whl", "speech_model/en-us/x"} <= set(archive.namelist())
        assert len(archive.namelist()) == len(set(archive.namelist()))
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
    assert manifest["platforms"] == ["windows-x64"]
    assert manifest["wheels"] == ["./wheels/some-1.0-py3-none-any.whl"]
    assert "request" in manifest["permissions"]["network"]
    assert set(manifest["permissions"]) == {"network", "files"}
    assert "bundled model" in size_table(target)


def test_paths_too_long_for_windows_are_found(tmp_path):
    inside = build_with(tmp_path, {"some/" + "x" * 140: b""})
    assert "among Blender's packages" in problems(inside, WINDOWS)[0]
    beside = build_with(tmp_path, {}, {"x" * 140: b""})
    assert "below the extension's folder" in problems(beside, WINDOWS)[0]


def test_a_zip_that_is_too_large_is_found(tmp_path):
    target = build_with(tmp_path, {})
    size = target.stat().st_size
    assert problems(target, WINDOWS, most_bytes=size) == []
    assert "more than" in problems(target, WINDOWS, most_bytes=size - 1)[0]
    assert MOST_BYTES == 100_000_000


def test_permissions_are_short_enough_for_blender():
    manifest = tomllib.loads(manifest_for((ROOT / "blender_manifest.toml").read_text(), "linux-x64", []))
    for sentence in manifest["permissions"].values():
        assert len(sentence) <= 64
        assert not sentence.endswith(".")
