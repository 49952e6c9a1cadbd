"""The routes of the service (docs/wire.md)."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

import elocute
from elocute.errors import UserError
from elocute.pipeline import Pipeline
from elocute.service.config import ServiceConfig
from elocute.service.events import job_events
from elocute.service.guard import Guard
from elocute.service.jobs import JobQueue
from elocute.service.messages import (
    WIRE_VERSION,
    ErrorMessage,
    Health,
    JobSettings,
    Message,
    ModelList,
)
from elocute.service.replies import RequestRefused, error_reply
from elocute.service.work import model_message

_log = logging.getLogger(__name__)


def create_app(pipeline: Pipeline, jobs: JobQueue, config: ServiceConfig) -> FastAPI:
    """Return the ASGI application; ``jobs`` stays the caller's to close."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, config=config)
    _answer_errors(app)

    @app.get("/v1/health")
    async def health() -> Response:
        return _reply(
            Health(
                service="elocute",
                version=elocute.__version__,
                wire=WIRE_VERSION,
                max_upload_bytes=config.limits.upload_bytes,
            )
        )

    @app.get("/v1/models")
    def models() -> Response:
        return _reply(ModelList(models=tuple(model_message(info) for info in pipeline.infos())))

    @app.post("/v1/jobs")
    async def create_job(request: Request) -> Response:
        audio, settings = await _read_job(request)
        return _reply(jobs.submit(audio, settings), HTTPStatus.ACCEPTED)

    @app.get("/v1/jobs/{job_id}")
    def job(job_id: str) -> Response:
        return _reply(jobs.state(job_id))

    @app.get("/v1/jobs/{job_id}/events")
    async def events(job_id: str) -> Response:
        jobs.state(job_id)  # an unknown job is an error, not an empty stream
        return StreamingResponse(
            job_events(jobs, job_id, config.limits.heartbeat_seconds),
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

    return app


async def _read_job(request: Request) -> tuple[bytes, JobSettings]:
    """Return the sound and settings of a multipart request.

    Raises:
        RequestRefused: a part is missing or doubled, or the settings are not what they should be.
    """
    async with request.form(max_files=1, max_fields=1, max_part_size=4 * 1024 * 1024) as form:
        upload, text = form.get("audio"), form.get("settings")
        if not isinstance(upload, UploadFile) or not isinstance(text, str):
            raise RequestRefused(
                422,
                ErrorMessage(
                    code="bad_request",
                    message="A job needs one file part named audio and one text part named settings.",
                ),
            )
        settings = _parse_settings(text)
        return await upload.read(), settings


def _parse_settings(text: str) -> JobSettings:
    try:
        return JobSettings.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise RequestRefused(
            422, ErrorMessage(code="bad_settings", message=_first_problem(error.errors()))
        ) from error


def _first_problem(problems: object) -> str:
    first = problems[0] if isinstance(problems, (list, tuple)) and problems else {}
    place = ".".join(str(part) for part in first.get("loc", ()))
    reason = str(first.get("msg", "not understood"))
    return f"The settings cannot be used: {place + ': ' if place else ''}{reason}."


def _reply(message: Message, status: int = HTTPStatus.OK) -> Response:
    return Response(message.model_dump_json(), status, media_type="application/json")


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestRefused)
    async def refused(_: Request, error: RequestRefused) -> Response:
        return error_reply(error.status, error.error)

    @app.exception_handler(UserError)
    async def user_error(_: Request, error: UserError) -> Response:
        return error_reply(422, ErrorMessage(code=error.code, message=error.message, hint=error.hint))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return error_reply(422, ErrorMessage(code="bad_request", message=_first_problem(error.errors())))

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        codes = {400: "bad_request", 404: "not_found", 405: "bad_method"}
        return error_reply(
            error.status_code,
            ErrorMessage(
                code=codes.get(error.status_code, "http_error"),
                message=f"The service cannot answer this request: {error.detail}.",
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
