"""The tables from the engines' phones to ARPAbet."""

# ruff: noqa: RUF001 - IPA letters look like others on purpose
from __future__ import annotations

import pytest

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.corpus.espeak import phones_of_events
from elocute.corpus.ipa import all_labels, arpabet_of, is_pause
from elocute.corpus.radio_phones import arpabet_label, phones_from_ends
from elocute.errors import UserError


def test_the_tables_give_every_phone_and_nothing_else():
    assert all_labels() == {SILENCE, *ARPABET}
    assert {arpabet_label(phone.lower(), "flite") for phone in ARPABET} == set(ARPABET)


@pytest.mark.parametrize(
    ("name", "label"), [("ax", "AH"), ("axr", "ER"), ("pau", SILENCE), ("h#", SILENCE), ("zh", "ZH")]
)
def test_radio_phones(name, label):
    assert arpabet_label(name, "flite") == label


def test_an_unknown_radio_phone_is_one_sentence():
    with pytest.raises(UserError, match=r"^festival spoke of a phone 'qq' that is not known\.$"):
        arpabet_label("qq", "festival")


@pytest.mark.parametrize(
    ("ipa", "labels"),
    [
        ("oʊ", "OW"),
        ("əʊ", "OW"),
        ("tʃ", "CH"),
        ("ɑːɹ", "AA R"),
        ("ɑː", "AA"),
        ("ɛɹ", "EH R"),
        ("ɚ", "ER"),
        ("n̩", "N"),
        ("ʲ", ""),
        # other languages
        ("ɔ̃", "AO N"),
        ("ɲ", "N Y"),
        ("yː", "UW"),
        ("sx", "SH"),
        ("pf", "P F"),
    ],
)
def test_ipa(ipa, labels):
    assert " ".join(arpabet_of(ipa)) == labels
    assert not is_pause(ipa)


def test_phones_from_ends_clip_to_the_sound_and_drop_empty_ones():
    pairs = [("pau", 0.1), ("b", 0.2), ("ax", 0.2), ("iy", 0.5), ("pau", 0.9)]
    assert phones_from_ends(pairs, 0.7, "flite") == [
        Phone(SILENCE, 0.0, 0.1),
        Phone("B", 0.1, 0.2),
        Phone("IY", 0.2, 0.5),
        Phone(SILENCE, 0.5, 0.7),
    ]
    assert phones_from_ends(pairs, 1.5, "flite")[-1] == Phone(SILENCE, 0.5, 1.5)


def test_espeak_events_become_contiguous_phones():
    events = [
        ("b", 0.01),
        ("ɑːɹ", 0.1),
        ("ʲ", 0.3),
        ("", 0.32),
        ("", 0.34),
        ("m", 0.34),
        ("", 0.5),
        ("", 0.6),
    ]
    phones = phones_of_events(events, 0.7)
    # the mark and the short pause lengthen what was before, the long pause is a silence of its own
    assert [phone.label for phone in phones] == ["B", "AA", "R", "M", SILENCE]
    assert [phone.end for phone in phones] == pytest.approx([0.1, 0.2, 0.34, 0.5, 0.7])
    assert [phone.start for phone in phones] == [0.0, *(phone.end for phone in phones[:-1])]
