"""Written English as it is said."""

from __future__ import annotations

import pytest

from elocute.audio.text.english.number_names import number_name, ordinal_name, year_name
from elocute.audio.text.english.reading import english_words
from elocute.audio.text.plain import plain_text
from elocute.audio.text.reading import read_transcript


def said(written: str) -> str:
    words, unread = english_words(plain_text(written).text)
    assert unread == ()
    return " ".join(word.text for word in words)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("We drove 5km in 20min.", "we drove five kilometers in twenty minutes"),
        ("It weighs 3.5kg and is 5'11\" tall.", "it weighs three point five kilograms and is five foot eleven tall"),
        ("100 km/h, 60 mph", "one hundred kilometers per hour sixty miles per hour"),
        ("a 5-km run", "a five kilometer run"),
        ("for 2h30m", "for two hours thirty minutes"),
        ("He waited for 30s", "he waited for thirty seconds"),
        ("-5\u00b0C, 23 \u00b0F, 40\u00b0N", "minus five degrees celsius twenty three degrees fahrenheit forty degrees north"),
        ("12 in. long, a 27\" monitor", "twelve inches long a twenty seven inch monitor"),
        ("He said \"I am 5\".", "he said i am five"),
        ("10 m\u00b2 and 3 km\u00b2", "ten square meters and three square kilometers"),
        ("It is 100 m away, 5 GB", "it is one hundred meters away five gigabytes"),
        ("10x10 ft, 1920x1080", "ten by ten feet nineteen twenty by ten eighty"),
        ("10x faster", "ten times faster"),
    ],
)  # fmt: skip
def test_measures(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("$1.5M", "one point five million dollars"),
        ("$5, $5.50, $0.99, $1", "five dollars five dollars and fifty cents ninety nine cents one dollar"),
        ("$3bn, $10k, US$5", "three billion dollars ten thousand dollars u s five dollars"),
        ("20,50 \u20ac and \u20ac20", "twenty euros and fifty cents and twenty euros"),
        ("1.234,56 \u20ac", "one thousand two hundred thirty four euros and fifty six cents"),
        ("\u00a33.20, \u00a5500, 50\u00a2", "three pounds and twenty pence five hundred yen fifty cents"),
        ("-$5, $5-10", "minus five dollars five to ten dollars"),
        ("a $5 bill, $20/hour", "a five dollar bill twenty dollars per hour"),
        ("USD 500, 500 EUR", "five hundred dollars five hundred euros"),
        ("$100 million", "one hundred million dollars"),
    ],
)
def test_money(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("\u00bd cup, 2\u00bd cups", "one half cup two and a half cups"),
        ("1 1/2 miles, 3/4, 2/3", "one and a half miles three quarters two thirds"),
        ("24/7, 9/11, 9/10", "twenty four seven nine eleven nine out of ten"),
        ("5-10%, 0.5 %", "five to ten percent zero point five percent"),
        ("pages 10\u201320", "pages ten to twenty"),
        ("2+2=4, 6\u00f72=3, 5 - 3 = 2", "two plus two equals four six divided by two equals three five minus three equals two"),
        ("x\u00b2, 10^6, \u221a9", "x squared ten to the sixth the square root of nine"),
        ("x < 5 and y > 3", "x less than five and y greater than three"),
        ("x <= 5 \u2260 \u00b13", "x less than or equal to five is not equal to plus or minus three"),
        ("There were 5023 people in 1998.", "there were five thousand twenty three people in nineteen ninety eight"),
        ("1234 items, 2024 people", "one thousand two hundred thirty four items two thousand twenty four people"),
        ("the 42nd, 103rd", "the forty second one hundred third"),
        ("50k, 3M people", "fifty k three million people"),
    ],
)  # fmt: skip
def test_numbers(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("on 12/25/2024", "on december twenty fifth twenty twenty four"),
        (
            "2024-03-15, 25.12.2024",
            "march fifteenth twenty twenty four december twenty fifth twenty twenty four",
        ),
        ("March 3, 2024", "march third twenty twenty four"),
        ("3 March", "the third of march"),
        ("Jan. 5th", "january fifth"),
        ("Mon-Fri 9am-5pm", "monday to friday nine a m to five p m"),
        ("7-9 p.m.", "seven to nine p m"),
        ("17:45, 12:05:30", "seventeen forty five twelve oh five thirty"),
        ("5:30-6:45", "five thirty to six forty five"),
        ("in his 30s, '80s, '98", "in his thirties eighties ninety eight"),
        ("1998-99", "nineteen ninety eight to ninety nine"),
        ("44 BC", "forty four b c"),
    ],
)
def test_dates_and_times(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Please call 555-0123.", "please call five five five zero one two three"),
        ("(555) 123-4567", "five five five one two three four five six seven"),
        ("My number is (555) 0123.", "my number is five five five zero one two three"),
        ("(555)0123", "five five five zero one two three"),
        ("(555) 01 23", "five five five zero one two three"),
        ("(020) 7946 0958", "zero two zero seven nine four six zero nine five eight"),
        ("ring (0171) 555 0123", "ring zero one seven one five five five zero one two three"),
        ("Call Bob (42) 12345678.", "call bob four two one two three four five six seven eight"),
        ("call 555 0123 now", "call five five five zero one two three now"),
        ("Dial 555.0123.", "dial five five five zero one two three"),
        ("Tel: 5550123", "tel five five five zero one two three"),
        ("Phone: 555 \u2013 0123", "phone five five five zero one two three"),
        ("555-0123 x12", "five five five zero one two three extension twelve"),
        ("030/123456", "zero three zero one two three four five six"),
        ("(415) 555-CALL", "four one five five five five call"),
        ("call 911 or 112", "call nine one one or one one two"),
        ("call 300 people", "call three hundred people"),
        ("We sold (555) 1234 units", "we sold five hundred fifty five one thousand two hundred thirty four units"),
        ("He was born (1955) 0123", "he was born nineteen fifty five zero one two three"),
        ("pages 555\u20131123", "pages five hundred fifty five to eleven twenty three"),
        ("flight 747 0800 hours", "flight seven hundred forty seven zero eight zero zero hours"),
        ("the number of 2024 2025", "the number of twenty twenty four twenty twenty five"),
        ("0 10 20 30 40 50", "zero ten twenty thirty forty fifty"),
        ("1-800-FLOWERS", "one eight hundred flowers"),
        ("+1 555 123 4567", "plus one five five five one two three four five six seven"),
        ("020 7946 0958", "zero two zero seven nine four six zero nine five eight"),
        ("Dial 911", "dial nine one one"),
        ("Blender 5.1.2", "blender five point one point two"),
        ("v2.0, 192.168.0.1", "version two point zero one hundred ninety two dot one hundred sixty eight dot zero dot one"),
        ("bob@example.com.", "bob at example dot com"),
        ("https://www.example.com/a-b", "w w w dot example dot com slash a dash b"),
        ("#LipSync by @anna", "hashtag lip sync by at anna"),
    ],
)  # fmt: skip
def test_telephone_numbers_versions_and_the_net(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Henry VIII, World War II", "henry the eighth world war two"),
        ("Chapter IV, Louis XIV, Rocky III", "chapter four louis the fourteenth rocky three"),
        ("Queen Elizabeth I of England", "queen elizabeth the first of england"),
        ("Henry I think is wrong", "henry i think is wrong"),
        ("I moved to 42 Maple St. in May.", "i moved to forty two maple street in may"),
        ("1234 Elm Dr., Springfield, IL 62704", "twelve thirty four elm drive springfield illinois six two seven zero four"),
        ("Dr. Smith of St. Mary's", "doctor smith of saint mary's"),
        ("on 5th Ave. near St. James St.", "on fifth avenue near saint james street"),
        ("the U.S. govt., Ph.D., e.g. AT&T", "the u s government p h d for example a t and t"),
        ("No. 5, #1. No. I said no.", "number five number one no i said no"),
        ("w/ cheese, w/o it, and/or", "with cheese without it and or"),
        ("H2O, MP3, F-16, 4K, 1080p", "h two o m p three f sixteen four k ten eighty p"),
        ("in the US, IT", "in the u s i t"),
    ],
)  # fmt: skip
def test_abbreviations_and_names(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("bl**dy, sh*t, f***, f**king", "bloody shit fuck fucking"),
        ("a**hole d*mn $hit sh!t", "asshole damn shit shit"),
        ("footnote* here, 5*3", "footnote here five times three"),
    ],
)
def test_words_with_stars(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    "apostrophe", ["\u2019", "\u2018", "\u02bc", "`", "\u00b4", "\uff07", "\u2032", "\u201b", " \u0301", "&#39;", "&rsquo;", "&amp;#39;"]
)  # fmt: skip
def test_apostrophes_of_every_kind(apostrophe):
    assert said(f"Don{apostrophe}t move") == "don't move"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("\u00d8deg\u00e5rd \u0141\u00f3d\u017a \u0152uvre \u00c6on \u00de\u00f3r \u1e9e", "odegard lodz oeuvre aeon thor ss"),
        ("1\u202f234\u00a0567 a\u200db", "one million two hundred thirty four thousand five hundred sixty seven ab"),
        ("so\u00adft ze\u200bro w\u2060ord \ufeffok", "soft zero word ok"),
        ("\ufb01ne \ufb02ow \uff46\uff55\uff4c\uff4c \U0001d401\U0001d428\U0001d41b", "fine flow full bob"),
        ("cafe\u0301 \U0001f44d brand\u2122", "cafe brand"),
        ("&eacute;t&eacute; &amp; x &lt; 5 &bogus;", "ete and x less than five and bogus"),
        ("half\ud800 \x00\x07 text".replace("\x00", ""), "half text"),
    ],
)  # fmt: skip
def test_characters_of_every_kind(written, spoken):
    assert said(written) == spoken


def test_places_survive_every_step():
    transcript = "\ufeffANNA: I *told* you: 2\u00bd cups &amp; $1.5M, Henry VIII. (laughs) na\u00efve 5km!"
    words, _ = english_words(plain_text(transcript).text)
    places: dict[str, set[str]] = {}
    for word in words:
        places.setdefault(word.text, set()).add(transcript[word.start : word.end])
    assert places["told"] == {"told"}
    assert "2\u00bd" in places["half"].pop()
    assert places["million"] == {"$1.5M"}
    assert places["eighth"] == {"VIII"}
    assert places["naive"] == {"na\u00efve"}
    assert places["kilometers"] == {"5km"}
    assert [word.start for word in words] == sorted(word.start for word in words)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("The 3rd of July, 1776", "the third of july seventeen seventy six"),
        ("Score: 3-2", "score three to two"),
        (
            "pp. 5-7, p. 3, ch. 3, nos. 1 and 2, J. K. Rowling",
            "pages five to seven page three chapter three numbers one and two j k rowling",
        ),
        ("305 Oak St., 305 5th Ave.", "three oh five oak street three oh five fifth avenue"),
        ("bob_smith@mail.co.uk", "bob underscore smith at mail dot co dot uk"),
        ("BA2490, 9.5/10, 50-50, no", "b a twenty four ninety nine point five out of ten fifty fifty no"),
        (
            '3,840\u00d72,160 px, 3"x5", \u00a35 per kg',
            "thirty eight forty by twenty one sixty pixels three inches by five inches five pounds per kilogram",
        ),
        ("No. 10 Downing St., C# and F#", "number ten downing street c sharp and f sharp"),
        ("Room 12B, 5/16 in., pH 7.4", "room twelve b five sixteenths of an inch p h seven point four"),
        ("I live on Main St. It is nice.", "i live on main street it is nice"),
        ("WWII, WW1, Malcolm X, Charles III's", "world war two world war one malcolm x charles the third's"),
        ("50p, 12 x 5 = 60, 2x4s", "fifty pence twelve times five equals sixty two by fours"),
        ("~5 km, c. 1900, noon\u20132pm", "about five kilometers circa nineteen hundred noon to two p m"),
        ("2125550100 and 1000000000", "two one two five five five zero one zero zero and one billion"),
        (
            "5-Apr-2020, 2020/04/05, Jan\u2013Mar",
            "april fifth twenty twenty april fifth twenty twenty january to march",
        ),
    ],
)
def test_more_of_the_same_kinds(written, spoken):
    assert said(written) == spoken


def test_abbreviations_in_capitals_are_spelled_out_unless_they_can_be_said():
    def phones(word: str) -> str:
        return " ".join(
            phone.arpabet for phone in read_transcript(f"the {word} is").words[1].pronunciations[0]
        )

    assert phones("GPU") == "JH IY P IY Y UW"
    assert phones("GPUs") == "JH IY P IY Y UW Z"
    assert phones("HTTP") == "EY CH T IY T IY P IY"
    assert phones("COVID") == "K OW V IH D"
    assert phones("ZEFOM").startswith("Z")
    assert phones("U.S.A.") == "Y UW"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (
            "12-25-2024, by 12/25, March 2024",
            "december twenty fifth twenty twenty four by december twenty fifth march twenty twenty four",
        ),
        ("Sun., Dec. 25, 3:2", "sunday december twenty fifth three to two"),
        ("example.org/page, @anna", "example dot org slash page at anna"),
        ("123-45-6789", "one two three four five six seven eight nine"),
        ("P.O. Box 123, 12 N. Oak St.", "p o box one two three twelve north oak street"),
    ],
)
def test_each_rule_is_needed(written, spoken):
    assert said(written) == spoken


def test_numbers_are_named_as_num2words_names_them():
    num2words = pytest.importorskip("num2words").num2words

    def named(number: int, kind: str) -> list[str]:
        words = num2words(number, lang="en", to=kind).replace(",", " ").replace("-", " ").split()
        return [word for word in words if word != "and"]

    for number in (
        *range(1300),
        *range(1300, 10_000, 13),
        10_007,
        110_000,
        2_000_012,
        7 * 10**9,
        10**15 - 1,
        -42,
    ):
        assert number_name(number) == named(number, "cardinal")
        if number >= 0:
            assert ordinal_name(number) == named(number, "ordinal")
        if 1100 <= number < 10_000:
            assert year_name(number) == named(number, "year")
    for name in (number_name, ordinal_name, year_name):
        with pytest.raises(ValueError, match="no name"):
            name(10**15)
