import numpy as np
import pytest

from elocute.articulation.expected import CONTACTS, MOUTH, SURE, asked_of, expected_mouth
from elocute.articulation.targets import CHANNELS, TARGETS
from elocute.audio.phone import Phone

JAW, SEAL, BITE = MOUTH.index("jaw"), MOUTH.index("contact_seal"), MOUTH.index("contact_bite")

TRAINED_ON = {
    "jaw": 4.05,
    "seal": 1.6,
    "pucker": 4.41,
    "funnel": 0.0,
    "spread": 3.27,
    "upper": 1.45,
    "lower": 2.3,
    "tongue": 0.0,
    "contact_seal": 8.39,
    "contact_bite": 4.16,
    "contact_seal_jaw": 10.21,
    "contact_bite_jaw": 5.12,
    "sure": 31.4,
}


def line(confidence=1.0):
    labels = ("SIL", "M", "AA", "P", "IY", "F", "UW", "S", "SIL")
    return tuple(
        Phone(label, 0.15 * n, 0.15 * (n + 1), confidence if label not in ("SIL",) else 1.0)
        for n, label in enumerate(labels)
    )


def middle(label, curves, phones):
    phone = next(p for p in phones if p.label == label)
    return curves[int(0.5 * (phone.start + phone.end) * 25)]


def test_phones_ask_for_their_targets_and_contacts():
    phones = line()
    curves = expected_mouth(phones, 34)
    assert curves.shape == (34, len(MOUTH))
    assert curves.dtype == np.float32
    assert len(MOUTH) == len(CHANNELS) + len(CONTACTS) + 1
    assert middle("AA", curves, phones)[JAW] == pytest.approx(TARGETS["AA"].jaw, abs=0.08)
    assert middle("AA", curves, phones)[JAW] > middle("IY", curves, phones)[JAW] + 0.15
    assert middle("UW", curves, phones)[MOUTH.index("pucker")] > 0.5
    for label, column in (("M", SEAL), ("P", SEAL), ("F", BITE)):
        phone = next(p for p in phones if p.label == label)
        assert curves[int(phone.start * 25) : int(phone.end * 25) + 1, column].max() == 1.0
    assert middle("AA", curves, phones)[SEAL] < 0.2
    assert (curves[:, -1] == 1.0).all()


def test_what_is_not_believed_asks_for_less():
    sure, doubted = (middle("AA", expected_mouth(line(c), 34), line())[JAW] for c in (1.0, 0.2))
    assert doubted < sure
    curves = expected_mouth(line(0.3), 34)
    assert curves[:, SEAL].max() == 0.0
    assert middle("AA", curves, line())[MOUTH.index(SURE)] == pytest.approx(0.3)


def test_nothing_is_asked_without_phones():
    assert not expected_mouth((), 5).any()
    assert expected_mouth(line(), 0).shape == (0, len(MOUTH))


def test_what_single_phones_ask_for():
    rows = asked_of(("SIL", "B", "V", "AA", "AY"))
    assert rows[:, -2:].tolist() == [[0, 0], [1, 0], [0, 1], [0, 0], [0, 0]]
    assert not rows[0].any()
    assert rows[3, 0] == pytest.approx(TARGETS["AA"].jaw)
    assert 0.2 < rows[4, 0] < rows[3, 0]  # between the two ends of the diphthong


def test_the_bundled_weights_are_given_what_they_were_trained_on():
    """Sums of the curves of one line. If they change on purpose, the bundled model must be trained again."""
    sums = expected_mouth(line(0.9), 34).sum(axis=0)
    trained = dict(zip(MOUTH, sums.round(2).tolist(), strict=True))
    assert trained == pytest.approx(TRAINED_ON, abs=0.02)
