"""Contact sheet and plot, from a real video file and a real clip."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from elocute.audio.phone import Phone
from elocute.errors import InputError
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.preview.contact_sheet import CAPTION_HEIGHT, MARGIN, phone_at, sheet_times, write_contact_sheet
from elocute.preview.motion_plot import write_motion_plot

FRAMES, RATE, SIZE = 50, 25, 64


@pytest.fixture
def video(tmp_path):
    """Two seconds whose brightness is the frame number times five."""
    path = tmp_path / "ramp.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "4"}
        for i in range(FRAMES):
            picture = np.full((SIZE, SIZE, 3), i * 5, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_times_are_spread_evenly():
    assert sheet_times(8.0, 4) == [1.0, 3.0, 5.0, 7.0]


def test_each_cell_shows_the_frame_of_its_time(video, tmp_path):
    out = tmp_path / "sheet.png"
    write_contact_sheet(video, FRAMES / RATE, out, phones=[Phone("AA", 0.0, 2.0)], count=16, columns=4)
    sheet = np.asarray(Image.open(out).convert("L"), dtype=float)
    for i, time in enumerate(sheet_times(FRAMES / RATE, 16)):
        x = MARGIN + (i % 4) * (SIZE + MARGIN) + SIZE // 2
        y = MARGIN + (i // 4) * (SIZE + CAPTION_HEIGHT + MARGIN) + SIZE // 2
        # YUV coding at this quality moves grey by a few levels; neighbouring frames differ by 5.
        assert sheet[y, x] == pytest.approx(int(time * RATE) * 5, abs=4)


def test_a_film_shorter_than_its_sound_shows_its_last_frame(video, tmp_path):
    write_contact_sheet(video, 1000.0, tmp_path / "sheet.png", count=2, columns=2)
    assert (tmp_path / "sheet.png").stat().st_size


def test_a_file_that_is_no_video_is_one_sentence(tmp_path):
    path = tmp_path / "no.mp4"
    path.write_text("no")
    with pytest.raises(InputError, match="cannot be read"):
        write_contact_sheet(path, 1.0, tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()


def test_phone_at_picks_by_half_open_interval():
    phones = [Phone("P", 0.0, 0.1), Phone("AA", 0.1, 0.3)]
    assert [phone_at(phones, t) for t in (0.0, 0.1, 0.3)] == ["P", "AA", ""]


@pytest.mark.parametrize("basis", [BASIS, "flame2020"])
def test_plot_is_written_for_any_basis_and_length(tmp_path, basis):
    frames = 3
    clip = MotionClip(
        fps=25.0,
        basis=basis,
        expression=np.zeros((frames, len(EXPRESSION_NAMES)), np.float32),
        jaw=np.zeros((frames, 3), np.float32),
        head=np.zeros((frames, 3), np.float32),
        eyes=np.zeros((frames, 6), np.float32),
    )
    out = tmp_path / "plot.png"
    write_motion_plot(np.zeros(1900, np.float32), 16000, [Phone("P", 0.0, 0.1)], clip, out)
    with Image.open(out) as image:
        assert image.size[0] >= 1000
        assert np.ptp(np.asarray(image.convert("L"))) > 100
