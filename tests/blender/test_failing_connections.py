"""The network fails while a line is generated: one sentence, and scene and keys as they were."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import bpy
import pytest

from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.core.backend import client as client_module
from addon.core.backend.client import Client
from addon.core.backend.event_stream import Window
from addon.core.backend.generation import CONNECTION_LOST
from addon.core.backend.messages import WIRE_VERSION
from tests.blender.pumping import pump_to_the_end
from tests.blender.shown_previews import (
    OPENING,
    character,
    everything,
    pump_until,
    registered,
    server,
    shown,
)
from tests.blender.speaking_service import lively
from tests.blender.wire_service import AFTER_ACCEPTED, MOMENTS, SHOWN, WireService, listening

PIECES = (OPENING, Window(0, 12, (lively(12, 2.0),)))


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(client_module, "RECONNECT_PAUSES", (0.0, 0.01, 0.01))
    yield from registered(tmp_path, monkeypatch)


@pytest.fixture
def whose(request, session, monkeypatch, tmp_path):
    return character(request.param, session, server(monkeypatch), tmp_path)


@pytest.fixture
def serve(session, monkeypatch):
    """A function that makes a service behind a socket the session's."""
    with ExitStack() as stack:

        def use(moment=None, way="gone", timeout=20.0, wire=WIRE_VERSION):
            made = WireService(PIECES, lively(25, 1.0), moment, way, wire)
            service = stack.enter_context(listening(made))
            client = Client(service.url, "token", timeout=timeout)
            monkeypatch.setattr(jobs, "service_client", lambda *_: client)
            return service

        yield use


def begin(service, moment):
    """Generate until the service may fail: once the beginning shows, where it does then."""
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    if moment in SHOWN:
        pieces = 1 if moment == "opening" else 2
        pump_until(lambda: max(map(len, shown().values()), default=0) >= pieces)
    service.may_fail.set()


SENTENCES = {
    "gone": {"The connection to the Elocute service was lost before the job finished."},
    "silent": {"The Elocute service has stopped responding."},
}


WITH_ITS_OWN_HEAD = [pytest.param(moment, "gone", "a new head") for moment in SHOWN]
WITH_A_TAKE = [
    pytest.param(moment, way, "a head with a take") for moment in MOMENTS for way in ("gone", "silent")
]


@pytest.mark.parametrize(("moment", "way", "whose"), [*WITH_A_TAKE, *WITH_ITS_OWN_HEAD], indirect=["whose"])
def test_a_connection_that_fails_is_one_sentence_and_nothing_else(session, serve, whose, moment, way):
    service = serve(moment, way, timeout=0.6 if way == "silent" else 20.0)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(service, moment)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert status.message in SENTENCES[way]
    assert status.hint.startswith("Try again")
    assert everything() == before
    assert not shown()
    serve()
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    assert len(placed_lines(bpy.data.shape_keys[0])) == 1


@pytest.mark.parametrize("whose", ["a head with a take"], indirect=True)
@pytest.mark.parametrize("moment", AFTER_ACCEPTED)
def test_a_connection_that_comes_back_costs_nothing(session, serve, whose, moment):
    service = serve(moment, "once")
    begin(service, moment)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.failed
    assert not shown()
    assert len(placed_lines(bpy.data.shape_keys[0])) == 1
    assert service.requests.count("/v1/jobs") == 1, "it is not made anew"
    assert service.requests[-1] == "DELETE /v1/jobs/job"


@pytest.mark.parametrize("whose", ["a head with a take"], indirect=True)
@pytest.mark.parametrize("moment", AFTER_ACCEPTED)
def test_the_panel_tells_that_a_connection_is_tried_again(session, serve, whose, moment, monkeypatch):
    """Until it is there again."""
    monkeypatch.setattr(client_module, "RECONNECT_PAUSES", (0.5,))
    service = serve(moment, "once")
    begin(service, moment)
    words = list[str]()

    def told():
        words.append(session.status.words)
        return CONNECTION_LOST in words and words[-1] != CONNECTION_LOST

    pump_until(told)
    assert pump_to_the_end(session).phase is Phase.DONE


@pytest.mark.parametrize(("newer", "side"), [(-1, "service"), (1, "add-on")])
def test_a_service_of_another_version_says_which_side_to_update(session, serve, newer, side):
    serve(wire=WIRE_VERSION + newer)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert status.hint == f"Update the {side}: it is the older of the two."
    assert not bpy.data.objects


@pytest.mark.parametrize(
    ("moment", "whose"),
    [("opening", "a new head"), ("clip", "a head with a take")],
    indirect=["whose"],
)
def test_cancelling_waits_for_no_network(session, serve, whose, moment):
    service = serve(moment, "silent", timeout=600.0)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(service, moment)
    pump_until(lambda: service.failed)
    bpy.ops.elocute.cancel()
    jobs.pump()
    assert session.status.phase is Phase.CANCELLING
    assert everything() == before, "it goes at once"
    assert pump_to_the_end(session).message == "Cancelled. Nothing was changed."
    assert everything() == before
    assert [thread for thread in threading.enumerate() if thread.name == "elocute-job"], "it still waits"
    serve()
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    held = everything()
    service.over.set()
    service.requests.clear()
    pump_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "elocute-job"])
    assert everything() == held, "what comes late comes to nobody"


def test_a_service_that_does_not_forget_its_job_keeps_nobody_waiting(session, serve):
    service = serve("delete", "silent", timeout=600.0)
    begin(service, "delete")
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.failed
