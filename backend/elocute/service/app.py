"""The routes of the service (docs/wire.md)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from elocute.errors import UserError, one_line
from elocute.pipeline import Pipeline
from elocute.service.client_name import client_name
from elocute.service.config import ServiceConfig
from elocute.service.events import job_events
from elocute.service.guard import Guard
from elocute.service.jobs import JobQueue
from elocute.service.messages import (
    LARGEST_BASE,
    LARGEST_BEFORE,
    LARGEST_PHONES,
    MOST_STYLE_FILES,
    ErrorMessage,
    JobSettings,
    JobState,
    Message,
    ModelList,
    StyleSettings,
)
from elocute.service.replies import RequestRefused, error_reply
from elocute.service.settings_text import parse_settings
from elocute.service.styles import extract_style
from elocute.service.upload import Received, Wanted, drain, read_parts
from elocute.service.work import JobRequest, model_message

_log = logging.getLogger(__name__)


def create_app(pipeline: Pipeline, jobs: JobQueue, config: ServiceConfig) -> FastAPI:
    """Return the ASGI application without its probes; ``jobs`` stays the caller's to close."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Guard, config=config)
    _answer_errors(app)

    @app.get("/v1/models")
    def models() -> Response:
        told = (
            model_message(info, pipeline.engine(info), pipeline.engine_reason(info))
            for info in pipeline.infos()
        )
        return _reply(ModelList(models=tuple(told)))

    @app.post("/v1/jobs")
    async def create_job(request: Request) -> Response:
        return _reply(await _create(jobs, request, config.limits.upload_bytes), HTTPStatus.ACCEPTED)

    @app.get("/v1/jobs/{job_id}")
    def job(job_id: str) -> Response:
        return _reply(jobs.state(job_id))

    @app.get("/v1/jobs/{job_id}/events")
    async def events(job_id: str, windows: bool = True) -> Response:
        jobs.state(job_id)  # an unknown job is an error, not an empty stream
        return StreamingResponse(
            job_events(jobs, job_id, config.limits.heartbeat_seconds, windows=windows),
            media_type="text/event-stream",
            headers={"cache-control": "no-store"},
        )

    @app.get("/v1/jobs/{job_id}/clip")
    def clip(job_id: str, take: int = Query(default=0)) -> Response:
        return Response(jobs.clip(job_id, take), media_type="application/octet-stream")

    @app.get("/v1/jobs/{job_id}/phones")
    def phones(job_id: str) -> Response:
        return _reply(jobs.phones(job_id))

    @app.delete("/v1/jobs/{job_id}")
    def cancel(job_id: str) -> Response:
        return _reply(jobs.cancel(job_id))

    @app.post("/v1/styles")
    async def styles(request: Request) -> Response:
        async with _room_for(request, jobs, config.limits.upload_bytes):
            received = await read_parts(request, Wanted("clip", config.limits.clip_bytes))
            style = await run_in_threadpool(_extract, pipeline, received)
        return Response(style, media_type="application/octet-stream")

    return app


_ATTACHED: Final = {"before": LARGEST_BEFORE, "base": LARGEST_BASE, "given_phones": LARGEST_PHONES}


async def _create(jobs: JobQueue, request: Request, limit: int) -> JobState:
    async with _room_for(request, jobs, limit):
        client = client_name(request)
        received = await read_parts(request, Wanted("audio", limit, MOST_STYLE_FILES, _ATTACHED))
        return await run_in_threadpool(_submit, jobs, received, client)


@asynccontextmanager
async def _room_for(request: Request, jobs: JobQueue, limit: int) -> AsyncIterator[None]:
    """Room in memory for a body that was not read yet, for as long as it is worked on."""
    with ExitStack() as stack:
        try:
            stack.enter_context(jobs.room_for(_largest_body(request, limit)))
        except RequestRefused:
            await drain(request.stream())
            raise
        yield


def _largest_body(request: Request, limit: int) -> int:
    """Bytes that a request's body may have; one that does not tell may have as many as any."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isdigit() else limit


def _submit(jobs: JobQueue, received: Received, client: str) -> JobState:
    settings = parse_settings(JobSettings, received.settings)
    return jobs.submit(JobRequest(received.file, settings, received.styles, **received.attached), client)


def _extract(pipeline: Pipeline, received: Received) -> bytes:
    return extract_style(pipeline, received.file, parse_settings(StyleSettings, received.settings))


def _reply(message: Message, status: int = HTTPStatus.OK) -> Response:
    return Response(message.model_dump_json(), status, media_type="application/json")


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestRefused)
    async def refused(request: Request, error: RequestRefused) -> Response:
        # Of a body that was refused, something may still be on its way.
        return error_reply(
            error.status, error.error, close=request.method == "POST", retry_after=error.retry_after
        )

    @app.exception_handler(ClientDisconnect)
    async def client_gone(request: Request, _: ClientDisconnect) -> Response:
        _log.info("the client left during %s %s", request.method, request.url.path)
        return Response(status_code=400)  # nobody is there to read it

    @app.exception_handler(UserError)
    async def user_error(_: Request, error: UserError) -> Response:
        return error_reply(422, ErrorMessage(code=error.code, message=error.message, hint=error.hint))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        # Only the path and the query are checked so: the bodies have texts of their own.
        names = ", ".join(str(problem["loc"][-1]) for problem in error.errors()[:3])
        return error_reply(
            422,
            ErrorMessage(
                code="bad_request",
                message=one_line(f"The request's {names} cannot be used."),
                hint="Give a whole number for take, true or false for windows.",
            ),
        )

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        codes = {400: "bad_request", 404: "not_found", 405: "bad_method"}
        return error_reply(
            error.status_code,
            ErrorMessage(
                code=codes.get(error.status_code, "http_error"),
                message=one_line(f"The service cannot answer this request: {error.detail}."),
                hint="docs/wire.md lists the requests that it answers.",
            ),
            close=error.status_code == HTTPStatus.BAD_REQUEST,
        )

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return error_reply(
            500,
            ErrorMessage(
                code="internal",
                message="Something went wrong inside Elocute.",
                hint="The service's log says where; please report it.",
            ),
            close=True,
        )
