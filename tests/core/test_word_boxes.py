"""Where words stand in a timeline."""

from __future__ import annotations

from addon.core.word_boxes import MOST, Span, boxes

WORDS = [Span("bomb", 10, 20), Span("map", 20, 25, marked=True), Span("unbelievable", 90, 95)]


def wide(text):
    return 7.0 * len(text)


def at(scale, shift=0.0):
    return lambda frame: frame * scale + shift


def test_boxes_stand_at_their_frames():
    found = boxes(WORDS, at(10.0), 1000, wide)
    assert [(box.text, box.left, box.width, box.marked) for box in found] == [
        ("bomb", 100.0, 100.0, False), ("map", 200.0, 50.0, True), ("unbel.", 900.0, 50.0, False),
    ]  # fmt: skip


def test_what_lies_outside_is_left_out_and_what_reaches_in_is_not():
    assert [box.left for box in boxes(WORDS, at(10.0, -150.0), 100, wide)] == [-50.0, 50.0]


def test_text_goes_before_boxes_do():
    assert [box.text for box in boxes(WORDS, at(2.0), 1000, wide)] == ["", "", ""]
    assert boxes(WORDS, at(0.1), 1000, wide) == []


def test_too_many_are_none():
    many = [Span("a", 10.0 * n, 10.0 * n + 9) for n in range(MOST + 1)]
    assert boxes(many, at(1.0), 1e9, wide) == []
    assert len(boxes(many[:-1], at(1.0), 1e9, wide)) == MOST
