"""What is sent is what the clip does, told by receivers that were written apart."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from elocute.controls.vocabulary import ARKIT
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.vrm_controls import expressions_of
from elocute.live.live_link import LiveLink, seconds_of_day
from elocute.live.protocol import Moment
from elocute.live.vmc import NAMES, Vmc
from tests.backend.exchange.captures_made import performance
from tests.backend.live.receivers import live_link, osc

RATE = Fraction(60)


@pytest.fixture(scope="module")
def track():
    return controls_of(performance(), None)[0]


def moment(frame, rate=RATE):
    return Moment(frame, float(frame / rate), rate)


def test_live_link_has_every_field(track):
    protocol = LiveLink("Ada Ω", began=3600.0)
    curves = protocol.curves(track)
    (packet,) = protocol.packets(curves[7], moment(90))
    face = live_link(packet)
    assert packet[0] == 6
    assert face.version == 6
    assert face.device == "$" + protocol.device
    assert len(face.device) == 37
    assert face.subject == "Ada Ω"
    assert face.frame == 60 * 3600 + 90
    assert face.part == pytest.approx(0, abs=1e-3)
    assert face.rate == (60, 1)
    assert face.values[:52] == pytest.approx([track.column(name)[7] for name in ARKIT], abs=1e-6)
    # Angles of a whole turn: yaw to the character's left and pitch upwards are negative.
    yaw, pitch, roll = Rotation.from_rotvec(track.head[7]).as_euler("YXZ")
    assert face.values[52:55] == pytest.approx([-yaw, pitch, -roll], abs=1e-6)
    for at, eye in ((55, track.eyes[7, :3]), (58, track.eyes[7, 3:])):
        yaw, pitch, roll = Rotation.from_rotvec(eye).as_euler("YXZ")
        assert face.values[at : at + 3] == pytest.approx([-yaw, pitch, -roll], abs=1e-6)
    # As the engine's plugin reads it: a byte, then two texts with their lengths.
    version, length = struct.unpack_from(">Bi", packet)
    assert (version, length) == (6, 36)
    assert packet[5:41].decode() == protocol.device


def test_live_link_counts_parts_of_frames_and_begins_anew_at_midnight(track):
    row = LiveLink().curves(track)[0]
    rate = Fraction(30000, 1001)
    late = LiveLink(began=86_399.5)
    frames = [live_link(late.packets(row, Moment(n, n / 60, rate))[0]) for n in (0, 29, 31)]
    exact = [86_399.5 * rate, (86_399.5 + 29 / 60) * rate, float(1 / 60 * rate)]
    assert [face.frame + face.part for face in frames] == pytest.approx(
        [float(one) for one in exact], abs=1e-3
    )
    assert frames[0].rate == (30000, 1001)
    assert 0 <= seconds_of_day() < 86_401


def received(protocol, track, at=11):
    packets = protocol.packets(protocol.curves(track)[at], moment(30))
    assert all(len(packet) <= 1500 for packet in packets)
    return [message for packet in packets for message in osc(packet)]


def test_vmc_sends_expressions_then_applies_them(track):
    messages = received(Vmc(), track)
    addresses = [address for address, _ in messages]
    assert addresses[:2] == ["/VMC/Ext/OK", "/VMC/Ext/T"]
    assert addresses[-1] == "/VMC/Ext/Blend/Apply"
    assert addresses.count("/VMC/Ext/Blend/Apply") == 1
    assert dict(messages)["/VMC/Ext/OK"] == (1,)
    assert dict(messages)["/VMC/Ext/T"] == pytest.approx((0.5,))
    values = dict(values for address, values in messages if address == "/VMC/Ext/Blend/Val")
    assert len(values) == 52
    for name in ARKIT:
        assert values[name[0].upper() + name[1:]] == pytest.approx(track.column(name)[11], abs=1e-6)


def test_vmc_turns_bones_as_unity_sees_them(track):
    """Unity's x points to the character's right: a mirrored turn, made by mirroring points."""
    bones = {
        values[0]: values[1:] for address, values in received(Vmc(), track) if address == "/VMC/Ext/Bone/Pos"
    }
    assert list(bones) == ["Neck", "Head", "LeftEye", "RightEye"]
    mirror = np.diag([-1.0, 1.0, 1.0])
    turns = {name: Rotation.from_quat(values[3:]) for name, values in bones.items()}
    for name, values in bones.items():
        assert values[:3] == (0, 0, 0)
        assert np.linalg.norm(values[3:]) == pytest.approx(1, abs=1e-6), name
    head = Rotation.from_rotvec(track.head[11]).as_matrix()
    whole = (turns["Neck"] * turns["Head"]).as_matrix()
    assert whole == pytest.approx(mirror @ head @ mirror, abs=1e-5)
    for name, vector in (("LeftEye", track.eyes[11, :3]), ("RightEye", track.eyes[11, 3:])):
        eye = Rotation.from_rotvec(vector).as_matrix()
        assert turns[name].as_matrix() == pytest.approx(mirror @ eye @ mirror, abs=1e-5)


@pytest.mark.parametrize(
    ("names", "first"),
    [("vrm0", "A I U E O Blink_L Blink_R"), ("vrm1", "aa ih ou ee oh blinkLeft blinkRight")],
)
def test_vmc_knows_the_expressions_of_every_model(track, names, first):
    messages = received(Vmc(names, bones=False), track)
    assert not [address for address, _ in messages if "Bone" in address]
    values = dict(values for address, values in messages if address == "/VMC/Ext/Blend/Val")
    assert list(values) == first.split() == list(NAMES[names])
    wanted = [weights[11] for weights in expressions_of(track).values()]
    assert list(values.values()) == pytest.approx(wanted, abs=1e-6)
