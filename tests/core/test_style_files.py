"""Styles from files: what is read, and what the service is told."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.generation import styles_of
from addon.core.backend.messages import LARGEST_STYLE_FILE, STYLE_FILE_NAME, JobSettings
from addon.core.errors import Cancelled, UserError
from addon.core.job import JobControl
from addon.core.options import SceneOptions
from addon.core.request import request_of
from addon.core.style_files import Style, read_style


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_style_is_the_models_own(text):
    assert read_style(text) == Style(None, {})


@pytest.mark.parametrize(
    "text", ["calm", "calm:0.5,lively:0.5", "no such style", "calm:much", "sad@0,happy*0.8@2.5"]
)
def test_names_and_blends_are_passed_on(text):
    assert read_style(text) == Style(text, {})


def test_files_are_read_and_named(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"1")
    (tmp_path / "b.NPY").write_bytes(b"2")
    style = read_style(f" calm : 0.2 , {tmp_path}/a.npz:0.3,{tmp_path}/b.NPY : 0.5")
    assert style == Style("calm:0.2,a.npz:0.3,b.NPY:0.5", {"a.npz": b"1", "b.NPY": b"2"})


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ("{}/sad, tired.npz", "sad__tired.npz"),
        ("calm:0.5,{}/sad, tired.npz:0.5", "calm:0.5,sad__tired.npz:0.5"),
        ("calm@0,{}/sad, tired.npz*0.5@2", "calm@0,sad__tired.npz*0.5@2"),
    ],
)
def test_a_comma_in_the_name_of_a_file_is_no_blend(tmp_path, wish, text):
    (tmp_path / "sad, tired.npz").write_bytes(b"1")
    assert read_style(wish.format(tmp_path)) == Style(text, {"sad__tired.npz": b"1"})


def test_many_files_that_are_not_there_are_told_in_a_sentence():
    """Together their names are longer than a file's can be."""
    wish = ",".join(f"a_rather_long_name_of_a_style_{number:02d}.npz:0.1" for number in range(8))
    with pytest.raises(UserError, match=r"a_rather_long_name_of_a_style_00\.npz cannot be read"):
        read_style(wish)


def test_files_are_looked_for_as_often_as_there_are_commas():
    def looks(count):
        looked = []

        def resolve(name):
            looked.append(name)
            return Path(name)

        with pytest.raises(UserError):
            read_style(",".join(["a.npz"] * count), resolve)
        return len(looked)

    assert looks(400) < 2.5 * looks(200)


def test_a_colon_of_a_path_is_no_weight():
    seen = []

    def resolve(name):
        seen.append(name)
        return Path(__file__)

    assert read_style("C:\\styles\\angry.npz", resolve).text == Path(__file__).name
    assert read_style("C:\\styles\\angry.npz:0.5", resolve).text == f"{Path(__file__).name}:0.5"
    assert seen == ["C:\\styles\\angry.npz"] * 2


@pytest.mark.parametrize("name", ["my style.npz", "über.npz", ".npz", "x" * 90 + ".npz"])
def test_names_become_those_that_the_service_allows(tmp_path, name):
    (tmp_path / name).write_bytes(b"1")
    style = read_style(f"{tmp_path / name}:1")
    (sent,) = style.files
    assert re.fullmatch(STYLE_FILE_NAME, sent)
    assert sent.endswith("npz")
    assert style.text == f"{sent}:1"


def test_a_file_named_twice_is_sent_once_and_two_of_one_name_are_refused(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.npz").write_bytes(b"1")
    assert len(read_style(f"{tmp_path}/one/a.npz:0.5,{tmp_path}/one/a.npz:0.5").files) == 1
    with pytest.raises(UserError, match="Two style files"):
        read_style(f"{tmp_path}/one/a.npz,{tmp_path}/two/a.npz")


def test_missing_and_huge_files_are_one_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_style(str(tmp_path / "a.npz"))
    (tmp_path / "a.npz").write_bytes(bytes(LARGEST_STYLE_FILE + 1))
    with pytest.raises(UserError, match="too large"):
        read_style(str(tmp_path / "a.npz"))


def clip_file(path, member="expression"):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{member}.npy", b"numbers")
    return path


def test_clips_and_recordings_of_faces_are_handed_on_to_be_made_into_styles(tmp_path):
    take, clip, official = tmp_path / "my take.csv", tmp_path / "clip.npz", tmp_path / "official.npz"
    take.write_text("Timecode")
    clip_file(clip), clip_file(official, "exp")
    style_file = clip_file(tmp_path / "style.npz", "style")
    style = read_style(f"{take}:2,{clip},calm,{official},{style_file}")
    assert style.text == "my_take.csv.npz:2,clip.npz,calm,official.npz,style.npz"
    assert style.recordings == {"my_take.csv.npz": take, "clip.npz": clip, "official.npz": official}
    assert list(style.files) == ["style.npz"]
    audio = tmp_path / "line.wav"
    audio.write_bytes(b"sound")
    request = request_of(SceneOptions(audio=audio, style=str(take)))
    assert request.style_recordings == {"my_take.csv.npz": take}
    assert request.settings.style == "my_take.csv.npz"
    with pytest.raises(UserError, match="There is no file"):
        read_style(str(tmp_path / "none.vrma"))


class Answers:
    """A client that makes styles of everything but one file."""

    def extract_style(self, path, settings):
        if path.name == "bad.csv":
            raise ServiceError("It cannot be read.", "Record it.", code="bad_capture")
        return f"{settings.model} {path.name}".encode()


def test_styles_are_made_of_them_by_the_service(tmp_path):
    reports = []
    control = JobControl(reports.append)
    made = styles_of(Answers(), {"a.csv.npz": Path("a.csv")}, JobSettings(model="mine"), control)
    assert made == {"a.csv.npz": b"mine a.csv"}
    assert [report.stage for report in reports] == ["style"]
    with pytest.raises(ServiceError, match=r"^bad.csv: It cannot be read. Record it.$"):
        styles_of(Answers(), {"bad.csv.npz": Path("bad.csv")}, JobSettings(), control)
    control.cancelled.set()
    with pytest.raises(Cancelled):
        styles_of(Answers(), {"a.csv.npz": Path("a.csv")}, JobSettings(), control)


def test_the_request_is_complete(tmp_path):
    audio, file = tmp_path / "line.wav", tmp_path / "a.npz"
    audio.write_bytes(b"sound")
    file.write_bytes(b"1")
    request = request_of(SceneOptions(audio=audio, style=str(file), audio_scale=1.5, seed=4))
    assert request.audio == audio
    assert request.style_files == {"a.npz": b"1"}
    assert (request.settings.style, request.settings.seed) == ("a.npz", 4)
    assert request.settings.options == {"audio_scale": 1.5}


@pytest.mark.parametrize("audio", [None, Path("/nowhere/line.wav"), Path("/")])
def test_without_a_recording_there_is_no_request(audio):
    with pytest.raises(UserError, match="There is no file"):
        request_of(SceneOptions(audio=audio))


def test_files_in_a_list_of_styles_in_time_are_sent_too(tmp_path):
    path = tmp_path / "my face.npz"
    path.write_bytes(b"style")
    style = read_style(f"calm@0,{path}*0.8@3.2")
    assert style.text == "calm@0,my_face.npz*0.8@3.2"
    assert style.files == {"my_face.npz": b"style"}
