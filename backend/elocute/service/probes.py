"""What machines ask a service for: whether it lives, whether it is ready, and how it is doing."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI
from starlette.responses import Response

import elocute
from elocute.audio.decoding.ffmpeg_formats import ffmpeg_is_there
from elocute.service.messages import WIRE_VERSION, ErrorMessage, Health
from elocute.service.metrics import MEDIA_TYPE, Metrics
from elocute.service.replies import error_reply


def add_probes(
    app: FastAPI,
    upload_bytes: int,
    engine: str,
    unready: Callable[[], ErrorMessage | None],
    metrics: Metrics,
) -> None:
    """Add their routes.

    Args:
        app: the application.
        upload_bytes: the largest body of a request.
        engine: what computes the default model.
        unready: why jobs are not taken or not done now, None where they are.
        metrics: what Prometheus is told.
    """

    @app.get("/v1/health")
    @app.get("/health")
    async def health() -> Response:
        message = Health(
            service="elocute",
            version=elocute.__version__,
            wire=WIRE_VERSION,
            max_upload_bytes=upload_bytes,
            engine=engine,
            reads_films=ffmpeg_is_there(),
        )
        return Response(message.model_dump_json(), media_type="application/json")

    @app.get("/ready")
    async def ready() -> Response:
        why = unready()
        if why is not None:
            return error_reply(HTTPStatus.SERVICE_UNAVAILABLE, why)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.get("/metrics")
    def told() -> Response:
        return Response(metrics.text(), media_type=MEDIA_TYPE)
