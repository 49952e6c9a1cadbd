"""Transcripts as people have them: subtitles, lyrics, scripts, pages, marks."""

from __future__ import annotations

import pytest

from elocute.audio.text.english.reading import english_words
from elocute.audio.text.plain import plain_text
from elocute.audio.text.reading import read_transcript
from elocute.errors import InputError

TOLD = "i told you so my father"


def said(written: str) -> str:
    return " ".join(word.text for word in english_words(plain_text(written).text)[0])


@pytest.mark.parametrize(
    "written",
    [
        "1\n00:00:00,000 --> 00:00:02,000\nI told you so.\n\n2\n00:00:02,500 --> 00:00:04,500\n<i>My father</i>\n",
        "\ufeff1\r\n00:00:00,000 --> 00:00:02,000\r\nI told you so.\r\n\r\n2\r\n00:00:02,500 --> 00:00:04,500\r\nMy father\r\n",
        "1\n00:00:00,000 --> 00:00:02,000\nI told you so.\n2\n00:00:02,500 --> 00:00:04,500\nMy father",
        "1\n0:0:0.0 --> 0:0:2.0 X1:100 X2:200\n- I told you so.\n- My father",
        "WEBVTT - Title\nKind: captions\n\nNOTE a\ncomment\n\nSTYLE\n::cue { color: red }\n\nintro\n"
        "00:00.000 --> 00:02.000 align:start\n<v Anna>I told you so.</v>\n\n00:02.000 --> 00:04.000\n"
        "<c.yellow>My</c> <00:02.500>father\n",
        "[ar:Someone]\n[ti:Song]\n[00:01.00]I told you so\n[00:02.00]My <00:02.30>father\n",
        "[00:01.00]I told you so\nMy father\n",
        "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,I told you so,\\N{\\i1}My{\\i0} father\n",
        "0:00:00.000,0:00:02.000\nI told you so.\n\n0:00:02.000,0:00:04.000\nMy father\n",
        "0:00\nI told you so.\n0:15\nMy father\n",
        "[00:01:02] ANNA: I told you so.\n00:01:05 BOB: My father\n",
        "<html><head><title>X</title><style>p{}</style></head><body><p>I told you so.</p><!-- no -->"
        "<script>var x=1;</script>My father</body></html>",
        '<?xml version="1.0"?><tt xmlns="http://x"><body><p begin="0s" end="2s">I told <br/>you so.</p>My father</body></tt>',
        "INT. KITCHEN - DAY\n\nANNA\n(laughing)\nI told you so.\n\nCUT TO:\n\nEXT. STREET - NIGHT\n\n"
        "        BOB (CONT'D)\n    My father\n\nFADE OUT.",
        "ANNA: I TOLD YOU SO.\n(LAUGHS)\nMY FATHER",
        "**Anna:** I told you so.\nDr. Smith (whispering): My father",
        "Speaker 1: I told you so.\n>> REPORTER: My father",
        "# I told you so\n\n---\n\n- My father",
        "\u266a I told you so \u266a (music playing) [applause] My father",
        "(laughs) I told you so. (beat, then whispering) My father",
        "{sfx: boom} I told you so. (door slams) \u3010\u7b11\u3011 My father \uff08laughs\uff09",
        "*sighs* I *told* **you** ***so***, _my_ ~~father~~",
        "I (told) you so. (to Anna) [My] father",
        "I told ) you ( so ] my [ father",
        "I <laughs> told <b>you</b> so<beat>my father",
        "00:00 Speaker 1: I told you so.\n00:05 Speaker 2: My father",
        "0:01 I told you so\n1:10 My father",
        "9:00 Anna: I told you so\n9:01 Bob: My father",
        "Speaker A  0:00\nI told you so.\n\nSpeaker B  0:05\nMy father",
        "Anna Smith   0:03\nI told you so.\nBob\t0:12\nMy father",
        "Anna: 00:12\nI told you so.\n\nBob: 00:15\nMy father",
        "Anna | 1:02:03\nI told you so my father",
        "ANNA\nI told you so.\nBOB\nMy father",
        "ANNA\n(beat)\nI told you so.\nBOB\n(smiles)\nMy father",
        "HAMLET. I told you so.\nFIRST GHOST. My father",
        "# Scene 1: the moon\n\n> ANNA\n> I told you so.\n\n## Chapter two\n\nMy father",
        "(Enter ANNA, carrying a map.) I told you so. (She exits.) My father (Exeunt all.)",
    ],
)
def test_only_what_is_said_is_read(written):
    assert said(written) == TOLD


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("9:00 I wake up.\n10:00 I eat.", "nine o'clock i wake up ten o'clock i eat"),
        ("0:05 we met", "zero oh five we met"),
        ("0:09 we met\n0:05 and left", "zero oh nine we met zero oh five and left"),
        ("We met at 5:30\nand then left.", "we met at five thirty and then left"),
        ("we met at  0:05\nand left", "we met at zero oh five and left"),
        ("Well.\nSTOP\nhe said.", "well stop he said"),
        ("Now. We go.\nHere. We stay.", "now we go here we stay"),
        ("NASA. It is great.\nand so on", "nasa it is great and so on"),
        ("STOP. We go.\nWAIT. We stay.", "stop we go wait we stay"),
        ("I (He told me.) told you. (They know.)", "i he told me told you they know"),
        ("x > 5", "x greater than five"),
    ],
)
def test_what_only_looks_like_a_script_is_said(written, spoken):
    assert said(written) == spoken


def test_who_speaks_is_known_from_lines_with_times_and_stops():
    for written in (
        "0:00 Anna: No.\n0:05 Bob: Yes.",
        "Anna  0:00\nNo.\n\nBob  0:05\nYes.",
        "ANNA. No.\nBOB. Yes.",
    ):
        words = read_transcript(written, "en").words
        assert [word.speaker for word in words] == ["Anna", "Bob"], written


def test_a_number_that_is_said_stays_though_cue_numbers_go():
    assert (
        said("1\n00:00:00,000 --> 00:00:02,000\nHow many?\n42\n\n2\n00:00:02,500 --> 00:00:04,500\nYes")
        == "how many forty two yes"
    )


def test_a_refrain_is_sung_where_its_times_say():
    assert said("[00:01.00]one\n[00:02.00][00:04.00]la\n[00:03.00]two\n") == "one la two la"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("He said: no. Listen: go!", "he said no listen go"),
        ("Note: this is said. Remember: me.", "note this is said remember me"),
        ("The time is 5:30.", "the time is five thirty"),
        ("if a<b and c>d", "if a less than b and c greater than d"),
        ("I mean it (I really do.) now", "i mean it i really do now"),
        ("STOP", "stop"),
        ("Yes * no", "yes no"),
        ("it's (probably) fine", "it's probably fine"),
    ],
)
def test_what_only_looks_like_a_direction_is_said(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("{\\rtf1\\ansi I told you so}", "rich text"),
        ("\ufeff \n{\\rtf1", "rich text"),
        ("PK\x03\x04abc", "Word or zip"),
        ("%PDF-1.4 x", "PDF"),
        ('{"text": "hi"}', "JSON"),
        ("ab\0c", "no text"),
    ],
)
def test_files_that_are_no_text_are_refused_in_one_sentence(written, kind):
    with pytest.raises(InputError, match=kind) as refused:
        plain_text(written)
    assert len(str(refused.value)) < 120


def test_who_speaks_and_which_sentence_is_told():
    words = read_transcript("ANNA: One two. Three\nBob: four").words
    assert [(word.speaker, word.sentence) for word in words] == [
        ("ANNA", 0),
        ("ANNA", 0),
        ("ANNA", 1),
        ("Bob", 2),
    ]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("ANNA (V.O.): Hello. BOB (O.S.) (cont'd): Bye.", "hello bye"),
        ("Speaker A: hi. Speaker B: hello.", "hi hello"),
        ("Q: What? A: That.", "what that"),
        ("Hello (hello) (hello)!", "hello hello hello"),
        ("*looks at Bob* Hello *cough cough* ~whispers~ there", "hello there"),
        ("Hello (v.o.) there (o.s.)", "hello there"),
        ("SFX: boom\nHello", "hello"),
        ("Hello @@ there", "hello at at there"),
        ("\u00bfQu\u00e9? (0:15) [00:00:01] yes", "que zero fifteen yes"),
    ],
)
def test_more_of_the_same_kinds(written, spoken):
    assert said(written) == spoken
