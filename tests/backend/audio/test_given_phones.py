"""Phones and words with their times from files of people and of other programs."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from elocute.audio.given_fit import LEAST_LIKENESS, likeness, tell_other_words
from elocute.audio.given_phones import GIVEN, GivenSpeech, contiguous, read_given_phones
from elocute.audio.phone import Phone, Word
from elocute.audio.phone_json import phone_json_text, read_phone_json
from elocute.audio.segment import Segment
from elocute.audio.silence import silent_speech
from elocute.audio.textgrid import textgrid_text
from elocute.cli.main import main
from elocute.errors import InputError
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.revision_text import given_words
from scripts.bench.data import SOUNDS

PHONES = (
    Phone("SIL", 0.0, 0.2),
    Phone("B", 0.2, 0.3),
    Phone("AA", 0.3, 0.5),
    Phone("M", 0.5, 0.6),
    Phone("SIL", 0.6, 1.0),
)
WORDS = (Word("bomb", 0.2, 0.6),)
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
1
<exists>
3
"IntervalTier"
"ann - words"
0
1
3
0
0.2
""
0.2
0.6
"say ""a"" 1"
0.6
1
""
"TextTier"
"clicks"
0
1
1
0.5
"x"
"IntervalTier"
"ann - phones"
0
1
2
0
0.5
"b"
0.5
1
"tʃ"
"""


def labels(given):
    return [phone.label for phone in given.phones]


def test_what_elocute_writes_comes_back():
    text = phone_json_text(PHONES, WORDS, 1.0, source="transcript", transcript="Bomb!")
    given = read_given_phones(text.encode())
    assert (given.phones, given.words, given.transcript) == (PHONES, WORDS, "Bomb!")
    given = read_given_phones(textgrid_text(PHONES, WORDS, 1.0).encode())
    assert [(p.label, p.start, p.end) for p in given.phones] == [(p.label, p.start, p.end) for p in PHONES]
    assert given.words == WORDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_short_textgrid_with_other_tiers_in_ipa(encoding):
    given = read_given_phones(SHORT.encode(encoding))
    assert given.words == (Word('say "a" 1', 0.2, 0.6),)
    assert [(p.label, p.ipa) for p in given.phones] == [("B", "b"), ("CH", "tʃ")]


def test_in_a_file_of_ipa_lower_letters_are_ipa():
    table = "start,end,phone\n0,.2,y\n.2,.4,tʃ\n.4,.5,sil\n"
    assert labels(read_given_phones(table.encode())) == ["UW", "CH", "SIL"]
    assert labels(read_given_phones(table.replace("tʃ", "ch").encode())) == ["Y", "CH", "SIL"]


@pytest.mark.parametrize(
    "table",
    [
        "Begin,End,Label,Type,Speaker\n0.2,0.6,bomb,words,a\n0.2,0.3,B,phones,a\n0.3,0.5,AA1,phones,a\n",
        "start;end;label;tier\n0,2;0,6;bomb;word\n0,2;0,3;b;phone\n0,3;0,5;aa1;phone\n",
        "xmin\txmax\ttext\ttier\n0.2\t0.6\tbomb\tWords\n0.2\t0.3\tB\tPhones\n0.3\t0.5\tAA\tPhones\n\n",
    ],
)
def test_tables_of_other_programs(table):
    given = read_given_phones(table.encode())
    assert (labels(given), given.words) == (["B", "AA"], WORDS)


def test_labels_without_a_head_are_phones_if_all_are_else_words():
    assert labels(read_given_phones(b"0.0\t0.5\tB\n0.5\t1\tsp\n")) == ["B", "SIL"]
    given = read_given_phones(b"0.0\t0.5\tbomb\n0.5\t1\tgone\n")
    assert (labels(given), [word.text for word in given.words]) == ([], ["bomb", "gone"])


def _json(**changes):
    """A file of two phones, of which the second is changed."""
    second = {"phone": "QQ", "start": 0.2, "end": 0.5} | changes
    first, word = {"phone": "SIL", "start": 0.0, "end": 0.2}, {"text": "ah", "start": 0.2, "end": 0.5}
    file = {"format": 1, "seconds": 1, "source": "", "transcript": None, "words": [word]}
    return json.dumps(file | {"phones": [first, second]}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither JSON nor a TextGrid nor a table"),
        (b"\x00\x01\x02", "cannot be read"),
        (b"\xff\xff\xff\xff", "UTF-8"),
        (b"{", "not a phone file: it is no JSON from line 1, column 2 on"),
        (b'{"format": 1}', "not a phone file: it lacks transcript"),
        (_json(), "phone 2: 'QQ' is neither ARPAbet nor SIL"),
        (_json(phone="AA", start=None), "phone 2: the start is None, not a time in seconds"),
        (_json(phone="AA", start=0.9), "phone 2: the end, 0.5 s, comes before the start, 0.9 s"),
        (_json(phone="AA", confidence=2), "phone 2: the confidence is not between 0 and 1"),
        (_json(phone=["AA"]), "phone 2: the phone is a list, not a text"),
        (_json(phone="AA").replace(b'"end": 0.5', b'"until": 0.5'), "phone 2: it lacks end"),
        (_json(phone="AA").replace(b'"text"', b'"word"'), "word 1: it lacks text"),
        (_json(phone="AA").replace(b'"words": [', b'"words": [7, '), "word 1: it is 7, not an object"),
        (_json(phone="AA").replace(b'"seconds": 1', b'"seconds": "x"'), "the seconds is 'x'"),
        (b'{"format": 1, "transcript": null, "phones": {}}', "its phones are not a list"),
        (
            b'{"format": 9, "seconds": 1, "source": "", "transcript": null, "words": [], "phones": []}',
            "version",
        ),
        (b"start,end,phone\n0,1,QQ\n", "'QQ' at 0.00 s"),
        (b"start,end,label\nx,1,AA\n", "in line 2, 'x' is no time in seconds"),
        (b"start,end,label\n0,1,AA\n\n1,y,AA\n", "in line 4, 'y' is no time in seconds"),
        (b"start,end,label\n2,1,AA\n", "2 to 1 s is no time"),
        (b"start,end,label\n-1,1,AA\n", "is no time"),
        (b"start,end,label\nnan,1,AA\n", "is no time"),
        (b"start,end,colour\n0,1,red\n", "no column label"),
        (b"start,end,label,tier\n0,1,a,x\n0,1,b,y\n", "no tier named phones or words"),
        (SHORT[:200].encode(), "ends too early"),
        (SHORT.replace("\n3\n", "\n99999999\n").encode(), "too many"),
        (b" " * (8 * 2**20 + 1), "larger than 8 MB"),
        (b"start,end,word\n" + b"0,1,a\n" * 20_001, "more than one recording has"),
        (b"start,end,word\n" + b"0,1," + b"a" * 50_001 + b"\n0,1," + b"a" * 50_000 + b"\n", "more than one"),
        (
            b'{"format": 1, "seconds": 1, "source": "", "transcript": "'
            + b"a" * 100_001
            + b'", "words": [], "phones": []}',
            "more than one recording has",
        ),
    ],
)
def test_other_files_are_refused_in_a_sentence(content, message):
    with pytest.raises(InputError, match=message) as refused:
        read_given_phones(content)
    assert refused.value.code == "bad_phone_file"
    assert refused.value.hint.startswith("Give ")


def test_phones_fill_the_recording():
    phones = contiguous([Phone("AA", 0.5, 0.9), Phone("B", 0.2, 0.6), Phone("T", 1.9, 4.0)], 2.0)
    assert [(p.label, p.start, p.end) for p in phones] == [
        ("SIL", 0.0, 0.2), ("B", 0.2, 0.6), ("AA", 0.6, 0.9), ("SIL", 0.9, 1.9), ("T", 1.9, 2.0),
    ]  # fmt: skip
    assert contiguous([], 2.0) == (Phone("SIL", 0.0, 2.0),)
    assert contiguous([Phone("B", 0.0, 0.5), Phone("B", 0.5, 0.5)], 0.5)[-1].end == 0.5
    without_length = contiguous([Phone("B", 0.0, 0.5), Phone("T", 0.5, 0.5), Phone("AA", 0.5, 1.0)], 1.0)
    assert [phone.label for phone in without_length] == ["B", "AA"]


def test_features_are_told_what_is_given():
    speech = replace(silent_speech(1.0), notes=("of the recogniser",), sound_notes=("of the sound",))
    told = GivenSpeech(PHONES, WORDS).told_to(speech)
    assert (told.phones, told.words, told.phone_source, told.transcript) == (PHONES, WORDS, GIVEN, "bomb")
    assert told.notes == ("of the sound",)
    assert told.log_mel is speech.log_mel


def test_a_word_without_phones_is_pronounced_in_its_time():
    words = (*WORDS, Word("map", 0.6, 1.0), Word("late", 5.0, 6.0))
    told = GivenSpeech(PHONES[:4], words).told_to(silent_speech(1.0), "en")
    assert [p.label for p in told.phones] == ["SIL", "B", "AA", "M", "M", "AE", "P"]
    (first, vowel, last) = told.phones[-3:]
    assert (first.start, last.end) == (0.6, 1.0)
    assert vowel.duration > first.duration
    assert [word.text for word in told.words] == ["bomb", "map"]


def test_a_word_has_the_phones_whose_middle_lies_in_it():
    phones = (Phone("B", 0.0, 0.1), Phone("SIL", 0.1, 0.9), Phone("M", 0.9, 1.0))
    words = (Word("two", 0.04, 0.06), Word("eye", 0.2, 0.8), Word("me", 0.95, 1.0))
    told = GivenSpeech(phones, words).told_to(silent_speech(1.0), "en")
    assert [p.label for p in told.phones] == ["B", "SIL", "AY", "SIL", "M"]


def test_a_word_is_pronounced_in_the_language_of_the_line_that_it_stands_in():
    said = ["Ich", "möchte", "heute", "gern", "die", "Zeitung", "von", "meinem", "Vater", "lesen"]
    words = tuple(Word(word, k / 2, (k + 1) / 2) for k, word in enumerate(said))
    told = [GivenSpeech((), words).told_to(silent_speech(5.0), code).phones for code in ("auto", "de")]
    assert told[0] == told[1]
    heard = tuple(Phone("AA", word.start, word.end) for word in words if word.text != "Vater")
    line = GivenSpeech(heard, words).told_to(silent_speech(5.0))
    assert next(phone.label for phone in line.phones if phone.label != "AA") == "F"


def told(phones=(), words=(), seconds=None, *, of=1.0, transcript=None, loud=None):
    """Notes on what is given with a recording of ``of`` seconds that is loud in ``loud``."""
    speech = replace(silent_speech(of), transcript=transcript)
    if loud is not None:
        energy = np.full_like(speech.energy_db, -60.0)
        energy[round(loud[0] * 25) : round(loud[1] * 25)] = -20.0
        speech = replace(speech, energy_db=energy)
    return GivenSpeech(phones, words, None, seconds).told_to(speech, "en")


def test_phones_that_overlap_have_a_note():
    table = b"start,end,phone\n0.1,0.3,B\n0.3,0.5,AA\n0.4,0.6,M\n0.42,0.43,T\n0.599,0.8,S\n"
    notes = read_given_phones(table).told_to(silent_speech(1.0)).notes
    assert notes == (
        "2 of the 5 phones given begin before another has ended, the first at 0.40 s: the earlier one is "
        "kept, the later one shortened or left out.",
    )
    words = b"start,end,word\n0.0,0.6,bomb\n0.3,0.9,map\n"
    (note,) = read_given_phones(words).told_to(silent_speech(1.0)).notes
    assert "phones given begin before another has ended" in note
    assert told(PHONES, WORDS).notes == ()


@pytest.mark.parametrize("given", [{"phones": PHONES[1:]}, {"words": WORDS}, {"phones": PHONES}])
def test_what_lies_behind_the_recordings_end_is_refused(given):
    moved = {
        name: tuple(replace(one, start=one.start + 5, end=one.end + 5) for one in each)
        for name, each in given.items()
    }
    with pytest.raises(InputError, match=r"ends after 1\.00 s, before all") as refused:
        told(**moved)
    assert refused.value.code == "bad_phone_file"
    assert "this recording" in refused.value.hint
    assert told(**moved, of=6.0).notes == ()


def test_silence_alone_and_nothing_at_all_are_a_silent_line():
    assert told(PHONES[:1]).notes == told().notes == ()


def test_what_begins_behind_the_end_is_counted():
    notes = told((*PHONES, Phone("B", 1.0, 1.2), Phone("AA", 3.0, 3.1)), WORDS).notes
    assert notes == (
        "2 of the 6 words and phones given begin after the end of the recording and are left out.",
    )


@pytest.mark.parametrize(("seconds", "noted"), [(1.0, False), (1.29, False), (1.31, True), (0.6, True)])
def test_phones_of_another_length_have_a_note(seconds, noted):
    notes = told(PHONES, seconds=seconds).notes
    assert [f"those of {seconds:.2f} s of sound, but the recording lasts 1.00 s" in n for n in notes] == (
        [True] if noted else []
    )


def test_the_length_is_that_of_the_file():
    text = phone_json_text(PHONES[:3], (), 1.0, source="transcript")
    assert read_given_phones(text.encode()).seconds == 1.0
    assert read_given_phones(textgrid_text(PHONES, WORDS, 1.0).encode()).seconds == 1.0
    assert read_given_phones(b"start,end,phone\n0,.2,AA\n").seconds is None


def test_sounds_where_the_recording_is_silent_have_a_note():
    assert told(PHONES, loud=(0.2, 0.6)).notes == ()
    assert "louder where the phones given have silence" in told(PHONES, loud=(0.7, 1.0)).notes[0]
    assert told(PHONES[1:2], loud=(0.7, 1.0)).notes == ()  # too few frames to tell


def _voice(seed, seconds=4.0):
    """Phones of made-up speech, and its features: loud in vowels, soft in stops and pauses, in some noise."""
    rng = np.random.default_rng(seed)
    phones, now = [], 0.0
    while now < seconds:
        for label, low, high in (("T", 0.05, 0.1), ("AA", 0.08, 0.2), ("SIL", 0.0, 0.3)):
            end = min(now + rng.uniform(low, high), seconds)
            phones += [Phone(label, now, end)] if end > now else []
            now = end
    speech = silent_speech(seconds)
    loud = {"T": -35.0, "AA": -20.0, "SIL": -60.0}
    middles = (np.arange(speech.frames) + 0.5) / 25
    levels = [next(loud[p.label] for p in phones if p.end >= at or p is phones[-1]) for at in middles]
    energy = (np.array(levels) + rng.normal(0, 4.0, speech.frames)).astype(np.float32)
    return tuple(phones), replace(speech, energy_db=energy)


def test_phones_of_another_recording_as_long_have_a_note():
    voices = [_voice(seed) for seed in range(6)]
    for at, (own, speech) in enumerate(voices):
        assert GivenSpeech(own, ()).told_to(speech).notes == ()
        others = voices[at - 1][0]
        (note,) = GivenSpeech(others, ()).told_to(speech).notes
        assert note.endswith("they may be another recording's.")
        assert "not loud and soft where the phones given would make it so" in note


def test_where_the_sound_cannot_tell_nothing_is_said():
    phones, _ = _voice(1)
    assert GivenSpeech(phones, ()).told_to(silent_speech(4.0)).notes == ()
    short, _ = _voice(1, 1.9)
    _, other = _voice(2, 1.9)
    assert not any("not loud and soft" in note for note in GivenSpeech(short, ()).told_to(other).notes)
    words = tuple(Word("oh", p.start, p.end) for p in phones if p.label == "AA")
    _, other = _voice(2)
    assert not any("not loud and soft" in note for note in GivenSpeech((), words).told_to(other, "en").notes)


@pytest.mark.parametrize("path", SOUNDS, ids=lambda path: path.stem)
def test_phones_of_a_recording_are_like_it_and_those_of_others_are_not(path):
    own = standard_pipeline().analyse(path, None, "en", Progress(), phones=False)
    found = {}
    for other in SOUNDS:
        given = read_phone_json(other.with_suffix(".json"))
        found[other] = likeness(contiguous(given.phones, own.seconds), own)
    assert found.pop(path) > LEAST_LIKENESS + 0.2
    assert max(found.values()) < LEAST_LIKENESS + 0.1


@pytest.mark.parametrize(
    ("transcript", "noted"),
    [("Bomb!", False), ("The bomb, 1.", False), ("Something else", True), (None, False)],
)
def test_a_transcript_with_other_words_is_not_used_and_a_note_says_it(transcript, noted):
    speech = told(PHONES, WORDS, transcript=transcript)
    assert speech.transcript == "bomb"
    assert ["The transcript was not used" in note for note in speech.notes] == ([True] if noted else [])
    assert told(PHONES, transcript="Bomb!").transcript == "Bomb!"  # the file has no words of its own


@pytest.mark.parametrize(
    ("words", "transcript", "noted"),
    [
        ("妈妈 买 面包", "妈妈买面包。", False),
        ("妈妈 买 面包", "我不怕慢。", True),
        ("お母さん は パン を 買う", "お母さんはパンを買う", False),
        ("แม่ ซื้อ ขนมปัง", "แม่ซื้อขนมปัง", False),
        ("cá nhỏ", unicodedata.normalize("NFD", "cá nhỏ"), False),
    ],
)
def test_words_are_the_same_in_scripts_without_spaces_and_however_marks_are_written(words, transcript, noted):
    assert tell_other_words(words, transcript) == noted


class _Counted(tuple):
    """Phones that count how often all of them are gone through."""

    rounds = 0

    def __iter__(self):
        _Counted.rounds += 1
        return super().__iter__()


def test_phones_are_gone_through_as_often_for_many_words_as_for_one():
    rounds = []
    for count in (1, 200):
        words = tuple(Word("bomb", 0.2 + k / 1000, 0.21 + k / 1000) for k in range(count))
        _Counted.rounds = 0
        GivenSpeech(_Counted(PHONES), words).told_to(silent_speech(1.0), "en")
        rounds.append(_Counted.rounds)
    assert rounds[0] == rounds[1]


def test_a_word_that_nobody_can_pronounce_is_named():
    told = GivenSpeech((), (Word("🙂", 0.2, 0.6),)).told_to(silent_speech(1.0), "en")
    assert [p.label for p in told.phones] == ["SIL"]
    assert "cannot be pronounced" in told.notes[0]


WHOLE = GivenSpeech(
    (
        Phone("AA", 0.5, 1.5),
        Phone("M", 1.5, 2.0),
        Phone("SIL", 2.0, 2.5),
        Phone("P", 2.5, 3.5),
        Phone("F", 5.0, 6.0),
    ),
    (Word("am", 0.5, 2.0), Word("up", 2.5, 3.5), Word("f", 5.0, 6.0)),
    seconds=8.0,
)


def test_of_a_file_of_the_whole_recording_the_part_is_taken_at_its_time():
    part = WHOLE.of_part(1.8, 1.2)
    assert [(phone.label, round(phone.start, 6), round(phone.end, 6)) for phone in part.phones] == [
        ("M", 0.0, 0.2),
        ("SIL", 0.2, 0.7),
        ("P", 0.7, 1.2),
    ]
    assert [word.text for word in part.words] == ["am", "up"]
    assert part.words[1].start == pytest.approx(0.7)
    assert "count from the recording's beginning" in part.notes[0]
    told = part.told_to(silent_speech(1.2))
    assert part.notes[0] in told.notes
    assert not [note for note in told.notes if "length" in note]


@pytest.mark.parametrize("seconds", [8.0, 7.8, 8.2])
def test_a_file_as_long_as_the_part_is_one_of_the_part(seconds):
    part = WHOLE.of_part(3.0, seconds)
    assert (part.phones, part.words, part.seconds) == (WHOLE.phones, WHOLE.words, WHOLE.seconds)
    assert "as long as the segment" in part.notes[0]
    assert "count from the segment's beginning" in part.notes[0]


@pytest.mark.parametrize("start", [0.2, 0.3, 1.0, 4.0])
def test_a_file_is_of_that_whose_length_is_nearer(start):
    """A segment that leaves little out is still not the recording."""
    whole = WHOLE.of_part(start, 8.0 - start)
    assert whole.phones[-1].start == pytest.approx(5.0 - start)
    assert "count from the recording's beginning" in whole.notes[0]
    own = replace(WHOLE, seconds=8.0 - start).of_part(start, 8.0 - start)
    assert own.phones == WHOLE.phones


def test_a_file_that_does_not_tell_its_length_is_of_the_recording_where_it_lasts_longer_than_the_part():
    table = replace(WHOLE, seconds=None)  # whose last sound ends at 6 s
    for seconds, moved in ((6.0, False), (5.97, False), (5.9, True), (2.5, True)):
        part = table.of_part(3.0, seconds)
        assert (part.phones[0].label == "P") == moved
        assert ("count from the recording's beginning" in part.notes[0]) == moved
        assert ("does not tell its length" in part.notes[0]) == (not moved)


def test_a_part_from_the_beginning_needs_no_note():
    part = WHOLE.of_part(0.0, 2.0)
    assert part.notes == ()
    assert [word.text for word in part.words] == ["am"]
    assert not [note for note in part.told_to(silent_speech(2.0)).notes if "end" in note]


@pytest.mark.parametrize("ending", ["json", "TextGrid"])
def test_the_command_line_takes_a_file_of_either(tmp_path, ending, capsys):
    """Of the whole recording, or what ``elocute phones --segment`` writes: the same clip."""
    recording = next(path for path in SOUNDS if path.stem == "waffles")
    voice, out = str(recording), str(tmp_path / "clip.npz")
    segment = ["--segment", "1-3"]
    whole, part = tmp_path / f"whole.{ending}", tmp_path / f"part.{ending}"
    text = ["--transcript", recording.with_suffix(".txt").read_text()]
    assert main(["phones", voice, "--out", str(whole), *text]) == 0
    read = read_given_phones(whole.read_bytes()).of_part(1.0, 2.0)
    part.write_text(
        phone_json_text(contiguous(read.phones, 2.0), read.words, 2.0, source="given", transcript=None)
        if ending == "json"
        else textgrid_text(contiguous(read.phones, 2.0), read.words, 2.0)
    )
    clips = []
    for file in (whole, part):
        capsys.readouterr()
        command = ["generate", voice, "--out", out, "--model", "rules", *segment, "--phones", str(file)]
        assert main(command) == 0
        assert ("count from the recording's beginning" in capsys.readouterr().out) == (file == whole)
        clips.append(MotionClip.load(tmp_path / "clip.npz"))
    assert np.abs(clips[0].expression - clips[1].expression).max() < 1e-3
    assert np.abs(clips[0].jaw - clips[1].jaw).max() < 1e-3
    word = next(word for word in read.words if word.start > 0.3)
    words = given_words(whole.read_bytes(), Segment(1.0, 3.0), (tmp_path / "clip.npz").read_bytes())
    assert words[read.words.index(word)] == word
    change = ["--base", out, "--range", word.text, "--out", str(tmp_path / "changed.npz")]
    assert main([*command[:2], *command[4:], *change]) == 0
    changed = MotionClip.load(tmp_path / "changed.npz")
    assert changed.meta["revisions"][0]["ranges"] == [[pytest.approx(word.start), pytest.approx(word.end)]]
