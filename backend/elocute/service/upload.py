"""Read a multipart request: one message, one large file, and smaller ones, each part bounded."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from elocute.errors import one_line
from elocute.service.config import MIB
from elocute.service.messages import LARGEST_STYLE_FILE, STYLE_FILE_NAME, ErrorMessage
from elocute.service.replies import RequestRefused

SETTINGS: Final = "settings"
STYLE: Final = "style"
LARGEST_SETTINGS: Final = 2 * MIB  # the longest transcript with every character escaped, and more
DRAIN_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Received:
    """What a multipart request held.

    Attributes:
        settings: the text of the part ``settings``.
        file: the bytes of the one large file.
        styles: contents of the style files by name.
        attached: the bytes of further file parts, by their names.
    """

    settings: str
    file: bytes
    styles: Mapping[str, bytes]
    attached: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What a multipart request has to contain in addition to the text part ``settings``.

    Attributes:
        file: name of the file part.
        file_bytes: most bytes of it.
        styles: most parts ``style``.
        attached: further file parts that there may be, one of each name, and most bytes of each.
    """

    file: str
    file_bytes: int
    styles: int = 0
    attached: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The parts that there may be, as a sentence has them."""
        more = [*([STYLE] if self.styles else []), *self.attached]
        first = [SETTINGS, self.file, *more]
        return f"{', '.join(first[:-1])} and {first[-1]}" if more else f"{SETTINGS}, {self.file}"


async def read_parts(request: Request, wanted: Wanted) -> Received:
    """Read the parts of a request, its settings, its file and its style files.

    A part that is unknown, doubled, badly named or too large is refused as soon as that is seen; what
    follows it is not kept.

    Raises:
        RequestRefused: the body is not multipart data, or a part is refused or missing.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _refused(422, "The request is not multipart data.", "docs/wire.md says what it consists of.")
    stream = request.stream()
    parser = _Parser(request, stream, wanted)
    try:
        form = await parser.parse()
    except RequestRefused:
        await drain(stream)
        raise
    except MultiPartException as error:
        raise RequestRefused(
            400,
            ErrorMessage(
                code="bad_request",
                message=one_line(f"The request is not valid multipart data: {error.message.rstrip('.')}."),
                hint="docs/wire.md says what it consists of.",
            ),
        ) from error
    async with contextlib.AsyncExitStack() as files:
        for value in form.values():
            if isinstance(value, UploadFile):
                files.push_async_callback(value.close)
        return await _received(form, wanted)


class _Parser(MultiPartParser):
    """Starlette's parser, which bounds text parts only, with bounds on file parts as well."""

    def __init__(self, request: Request, stream: AsyncGenerator[bytes, None], wanted: Wanted) -> None:
        super().__init__(
            request.headers,
            stream,
            # One more than asked for, so that the surplus gets a clear error message.
            max_files=2 + wanted.styles + len(wanted.attached),
            max_fields=2,
            max_part_size=LARGEST_SETTINGS,
        )
        self._wanted = wanted
        self._allowed = {(SETTINGS, False), (wanted.file, True)}
        self._allowed |= {(name, True) for name in wanted.attached}
        self._seen: set[str] = set()
        self._styles: set[str] = set()
        self._part_bytes = 0

    def on_headers_finished(self) -> None:
        """A part begins: is it one of those asked for?"""
        super().on_headers_finished()
        self._part_bytes = 0
        name, file = self._current_part.field_name, self._current_part.file
        if name == STYLE and file is not None and self._wanted.styles:
            self._begin_style(file.filename or "")
        elif (name, file is not None) not in self._allowed:
            kind = "text" if file is None else "file"
            raise _refused(
                422,
                f"The request has an unexpected {kind} part: {name!r}.",
                f"Send {self._wanted.names}.",
            )
        elif name in self._seen:
            raise _refused(422, f"The request has more than one part named {name}.")
        self._seen.add(name)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Some bytes of a part: are they too many?"""
        name = self._current_part.field_name
        wanted = self._wanted
        bounds = {STYLE: LARGEST_STYLE_FILE, wanted.file: wanted.file_bytes, **wanted.attached}
        most = bounds.get(name)
        self._part_bytes += end - start
        if most is not None and self._part_bytes > most:
            raise _refused(
                413,
                f"The part {name} of the request is larger than {most // MIB} MB.",
                "Send a smaller file.",
                code="too_large",
            )
        super().on_part_data(data, start, end)

    def _begin_style(self, name: str) -> None:
        if re.fullmatch(STYLE_FILE_NAME, name) is None:
            raise _refused(
                422,
                "The name of a style file is not allowed.",
                "Use at most 64 letters, digits, dots, hyphens and underscores, no path.",
                code="bad_style_file",
            )
        if name in self._styles:
            raise _refused(422, f"Two style files are named {name}.", code="bad_style_file")
        if len(self._styles) >= self._wanted.styles:
            raise _refused(
                422,
                f"There are more than {self._wanted.styles} style files.",
                f"Send at most {self._wanted.styles}.",
                code="bad_style_file",
            )
        self._styles.add(name)


async def _received(form: FormData, wanted: Wanted) -> Received:
    settings, file = form.get(SETTINGS), form.get(wanted.file)
    if not isinstance(settings, str) or not isinstance(file, UploadFile):
        raise _refused(
            422,
            f"The request needs a file part named {wanted.file} and a text part named {SETTINGS}.",
            "Send both.",
        )
    styles = {
        upload.filename or "": await upload.read()
        for upload in form.getlist(STYLE)
        if isinstance(upload, UploadFile)
    }
    attached = {
        name: await part.read() for name in wanted.attached if isinstance(part := form.get(name), UploadFile)
    }
    return Received(settings, await file.read(), styles, attached)


async def drain(stream: AsyncGenerator[bytes, None]) -> None:
    """Drop what is still being sent, for a moment: closing at once would make the peer lose the reply."""
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in stream:
                pass


def _refused(status: int, message: str, hint: str = "", *, code: str = "bad_request") -> RequestRefused:
    return RequestRefused(status, ErrorMessage(code=code, message=one_line(message), hint=hint))
