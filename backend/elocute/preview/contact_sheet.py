"""A contact sheet: frames of a video spread over its length, each with its time and phone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from elocute.audio.phone import Phone
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically

CAPTION_HEIGHT = 26
MARGIN = 4


def sheet_times(seconds: float, count: int) -> list[float]:
    """Return ``count`` times in seconds, each in the middle of an equal share of ``seconds``."""
    return [seconds * (i + 0.5) / count for i in range(count)]


def _frames_at(video: Path, times: Sequence[float]) -> list[Image.Image]:
    """Decode the frame shown at each of the ascending ``times``."""
    images: list[Image.Image] = []
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 25)
            current: Image.Image | None = None
            last: av.VideoFrame | None = None
            for frame in container.decode(stream):
                # A frame is shown until the next one starts.
                shown_until = float(frame.time or 0.0) + 1.0 / rate
                current = None
                while len(images) < len(times) and times[len(images)] < shown_until:
                    current = current or frame.to_image()
                    images.append(current)
                last = frame
            while last is not None and len(images) < len(times):  # the film is shorter
                images.append(last.to_image())
    except (av.FFmpegError, IndexError) as error:
        raise InputError(
            f"{video} cannot be read as a video.", "Render it again.", code="bad_video"
        ) from error
    if not images:
        raise InputError(f"{video} holds no frames.", "Render it again.", code="bad_video")
    return images


def phone_at(phones: Sequence[Phone], time: float) -> str:
    """Return the label of the phone spoken at ``time``, or an empty string."""
    return next((p.label for p in phones if p.start <= time < p.end), "")


def write_contact_sheet(
    video: Path, seconds: float, out: Path, *, phones: Sequence[Phone] = (), count: int = 16, columns: int = 4
) -> None:
    """Write a PNG with ``count`` frames of ``video`` (``seconds`` long), captioned with time and phone.

    Raises:
        InputError: the video cannot be read or the picture cannot be written.
    """
    times = sheet_times(seconds, count)
    images = _frames_at(video, times)
    width, height = images[0].size
    rows = -(-count // columns)
    cell = (width + MARGIN, height + CAPTION_HEIGHT + MARGIN)
    sheet = Image.new("RGB", (columns * cell[0] + MARGIN, rows * cell[1] + MARGIN), (24, 24, 26))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=18)
    for i, (time, image) in enumerate(zip(times, images, strict=True)):
        x, y = MARGIN + (i % columns) * cell[0], MARGIN + (i // columns) * cell[1]
        sheet.paste(image, (x, y))
        caption = f"{time:.2f} s  {phone_at(phones, time)}".rstrip()
        draw.text((x + 6, y + height + 2), caption, fill=(230, 230, 230), font=font)
    with write_atomically(out) as temporary:
        Image.fromarray(np.asarray(sheet)).save(temporary)
