"""Other languages: what is written short, how it sounds, and which lips it has."""

from __future__ import annotations

import pytest

from elocute.audio.languages import LANGUAGES, find_language
from elocute.audio.phone import ARPABET
from elocute.audio.text.ipa_lips import spoken_phones
from elocute.audio.text.other import reading as other_reading
from elocute.audio.text.other.chinese import is_pinyin, pinyin_to_ipa
from elocute.audio.text.other.japanese import is_romaji, kana_to_romaji, romaji_to_ipa
from elocute.audio.text.reading import language_of, read_transcript
from elocute.audio.text.spoken_word import SpokenText


def said(written: str, language: str) -> str:
    return " ".join(word.text for word in read_transcript(written, language).words)


def sounds(read: SpokenText) -> str:
    return " ".join("".join(phone.ipa for phone in word.pronunciations[0]) for word in read.words)


def lips(written: str, language: str) -> str:
    read = read_transcript(written, language)
    return " ".join(phone.arpabet for word in read.words for phone in word.pronunciations[0])


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        (
            "de",
            "am 3.5.2024 um 14:30 Uhr",
            "am dritten mai zweitausendvierundzwanzig um vierzehn uhr dreißig",
        ),
        (
            "de",
            "z. B. 20,50 €, 3,5 km, 50 %",
            "zum beispiel zwanzig euro fünfzig drei komma fünf kilometer fünfzig prozent",
        ),
        (
            "de",
            "der 1. Mann, Dr. Maier, 1.234.567",
            "der erste mann doktor maier eine million zweihundertvierunddreißigtausendfünfhundertsiebenundsechzig",
        ),
        ("de", "Tel. 030 1234567", "telefon null drei null eins zwei drei vier fünf sechs sieben"),
        ("fr", "M. Dupont, le 1er mai à 14h30", "monsieur dupont le premier mai à quatorze heures trente"),
        ("fr", "3,5 km, 20 €, la 1re fois", "trois virgule cinq kilomètres vingt euros la première fois"),
        ("es", "El Sr. López, n.º 5, la 2ª vez", "el señor lópez número cinco la segunda vez"),
        ("es", "1.234 km, 3,5 %", "mil doscientos treinta y cuatro kilómetros tres coma cinco por ciento"),
        ("it", "Il Sig. Rossi, 3° piano, 20,50 €", "il signor rossi terzo piano venti euro cinquanta"),
        ("pt", "O Sr. Silva, R$ 20,50, às 15:30", "o senhor silva vinte reais cinquenta às quinze e trinta"),
        (
            "nl",
            "Dhr. Jansen, de 2e keer, d.w.z. 5 km",
            "de heer jansen de tweede keer dat wil zeggen vijf kilometer",
        ),
        (
            "pl",
            "np. 21 zł, 3 maja 2024 r.",
            "na przykład dwadzieścia jeden złotych trzy maja dwa tysiące dwadzieścia cztery roku",
        ),
        ("ru", "Мне 25 лет, 50%", "мне двадцать пять лет пятьдесят процентов"),
        ("sv", "Kl. 14:30, t.ex. 20 kr", "klockan fjorton trettio till exempel tjugo kronor"),
        ("tr", "%50, 3 km", "yüzde elli üç kilometre"),
        ("hi", "मेरा दोस्त 25", "मेरा दोस्त 25"),
        (
            "de",
            "den 24.12., 3/4, 1998, 1990er",
            "den vierundzwanzigste dezember drei viertel neunzehnhundertachtundneunzig neunzehnhundertneunziger",
        ),
        ("de", "Ludwig XIV., 7.30 Uhr", "ludwig der vierzehnte sieben uhr dreißig"),
        ("fr", "Louis XIV, Mme Curie, c.-à-d. 1/2", "louis quatorze madame curie c'est à dire un demi"),
        ("fr", "06 12 34 56 78", "zéro six douze trente quatre cinquante six soixante dix huit"),
        ("es", "Felipe VI, siglo XXI", "felipe sexto siglo veintiuno"),
        ("fr", "XXe siècle, le IIe, Ve, le XIXème", "vingtième siècle le deuxième cinquième le dix neuvième"),
        ("fr", "Vélo, VIP, Xe", "vélo vip dixième"),
        ("de", "Kapitel IV, Teil II, Papst Pius XII.", "kapitel vier teil zwei papst pius der zwölfte"),
        ("es", "nº 5, n.º 7, N° 3. No, 5 no.", "número cinco número siete número tres no cinco no"),
        ("it", "Giovanni Paolo II, XXI secolo", "giovanni paolo secondo ventunesimo secolo"),
        ("nl", "12-05-2023, 2 1/2", "twaalf mei tweeduizenddrieëntwintig twee en een half"),
        ("ru", "В 8:30, XXI век", "в восемь тридцать двадцать первый век"),
        ("sv", "Kl. 8.30, 1500", "klockan åtta trettio femtonhundra"),
        ("ko", "1,500원, 3.5kg", "천오백 원 삼 점 오 킬로그램"),
        ("zh", "138-1234-5678，2个，1/2", "幺 三 八 幺 二 三 四 五 六 七 八 两 个 二 分 之 一"),
        ("zh", "2024年，50%，105", "二 零 二 四 年 百 分 之 五 十 一 百 零 五"),
        ("fr", "(rires) ANNE : Bonjour &amp; merci", "bonjour et merci"),
        ("de", "(lacht) ANNA: *Guten* Morgen", "guten morgen"),
        ("ja", "田中：（笑）東京へ\n山田：東京", "東京 へ 東京"),
    ],
)
def test_what_is_written_short_is_read(language, written, spoken):
    assert said(written, language) == spoken


@pytest.mark.parametrize(
    ("language", "written", "ipa"),
    [
        ("ja", "私の友達は東京へ", "wataɕi no tomodatɕi wa toːkjoː e"),
        ("ja", "まっちゃ ティー しゃしん さんぽ", "mattɕa tiː ɕaɕiɴ sampo"),
        ("ja", "Watashi wa sensei desu", "wataɕi wa seɴseː desɯᵝ"),
        ("ja", "Facebookを見た", "feɪsbʊk o mita"),
        ("zh", "我们去银行", "wo mən tɕʰy in xaŋ"),
        ("zh", "nǐ hǎo, wo3 men5", "ni xaʊ wo mən"),
        ("zh", "我叫Bob，25岁", "wo tɕjaʊ bɑb ɚ ʂʅ u sweɪ"),
        ("de", "schöne Äpfel", "ʃøːnə ɛpfəl"),
        ("fr", "du bon vin", "dy bɔ̃ vɛ̃"),
        ("es", "la vaca bebe", "la βaka βeβe"),
        ("ko", "Bob 안녕", "bɑb ɐnnjʌŋ"),
    ],
)
def test_words_have_the_sounds_of_their_language(language, written, ipa):
    assert sounds(read_transcript(written, language)) == ipa


@pytest.mark.parametrize(
    ("ipa", "arpabet"),
    [
        ("yːʏøœɥ", "UW UH OW AO W"),
        ("ɑ̃ɔ̃ɛ̃œ̃", "AA AO AE AO"),
        ("ɸβ", "F V"),
        ("ʘǀǃǂǁ", "P T T CH L"),
        ("cɟçɲʎɕʑ", "K G HH N L SH ZH"),
        ("ʙɓkpɡb", "B B P B"),
        ("ɱʋf", "V V F"),
        ("ɯɤɯᵝ", "IH AH UH"),
        ("tʃdʒtɕdʑtspf", "CH JH CH JH T S P F"),
        ("aɪaʊɔʏeɪoʊ", "AY AW OY EY OW"),
        ("ʔˈmˌa5(en)-", "M AA"),
        ("pʲmˠn̩", "P M N"),
    ],
)
def test_every_sound_has_the_lips_that_it_is_made_with(ipa, arpabet):
    assert " ".join(phone.arpabet for phone in spoken_phones(ipa)) == arpabet


def test_lips_are_always_among_the_39_and_never_lost():
    for language in ("de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "cs", "hu", "ko", "el"):
        text = {"ko": "밥 말 빵", "el": "μαμά μπορώ πόδι"}.get(language, "mama papa baba")
        read = read_transcript(text, language)
        assert len(read.words) == 3
        for word in read.words:
            labels = [phone.arpabet for phone in word.pronunciations[0]]
            assert set(labels) <= set(ARPABET)
            assert set(labels) & {"P", "B", "M", "V"}, (language, word)


def test_kana_and_romaji_agree():
    assert kana_to_romaji("シャッター") == "shattaa"
    assert [kana_to_romaji(marks) for marks in ("ー", "ーー", "あーー")] == ["", "", "aaa"]
    assert romaji_to_ipa("tōkyō") == romaji_to_ipa("toukyou") == romaji_to_ipa(kana_to_romaji("とうきょう"))
    assert is_romaji("arigatou")
    assert not is_romaji("strength")


def test_pinyin_with_marks_numbers_or_nothing_is_the_same():
    assert pinyin_to_ipa("nǐhǎo") == pinyin_to_ipa("ni3hao3") == pinyin_to_ipa("nihao") == "nixaʊ"
    assert pinyin_to_ipa("lü4") == "ly"
    assert not is_pinyin("strength")


def test_places_are_kept_in_every_script():
    for language, transcript, part in (
        ("de", "ANNA: *Schöne* 2½ &Auml;pfel", "*Schöne* 2½ &Auml;pfel"),
        ("ja", "（笑）東京へ行きました。", "東京へ行きました"),
        ("zh", "我叫Bob，25岁", "我叫Bob，25岁"),
    ):
        words = read_transcript(transcript, language).words
        covered = {index for word in words for index in range(word.start, word.end)}
        missing = [transcript[i] for i in range(transcript.index(part), len(transcript)) if i not in covered]
        assert not any(character.isalnum() for character in missing), (language, missing)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "I told you so."), ("en", "Hi Bob"), ("en", "We met Jürgen in Köln yesterday"), ("en", "Café"), ("en", "Zorgblatt"),
        ("de", "Guten Morgen, wie geht es dir?"), ("de", "Ich liebe dich"), ("fr", "Bonjour, ça va?"), ("fr", "Je t'aime"),
        ("es", "Buenos días"), ("es", "¿Cómo estás?"), ("it", "Ciao, come stai?"), ("pt", "Bom dia, tudo bem?"),
        ("nl", "Hoe gaat het met je?"), ("pl", "Jak się masz?"), ("sv", "Hur mår du?"), ("da", "Min bedste ven bager altid frisk brød"),
        ("no", "Min beste venn baker alltid ferskt brød"), ("fi", "Mitä kuuluu?"), ("tr", "En iyi arkadaşım ekmek pişirir"),
        ("cs", "Můj nejlepší přítel peče chléb"), ("hu", "A legjobb barátom kenyeret süt"), ("ro", "Cea mai bună prietenă a mea face pâine"),
        ("ja", "わたしのともだち"), ("ja", "東京へ行きました"), ("ja", "Watashi wa gakusei desu"), ("zh", "我爱Python"), ("ko", "안녕하세요"),
        ("ru", "Привет, как дела?"), ("uk", "Привіт, як справи?"), ("el", "Ο φίλος μου"), ("he", "שלום"), ("fa", "سلام دوست من چطوری"),
        ("hi", "मेरा दोस्त"), ("en", ""), ("en", "5 km"), ("de", "ANNA: (lacht) Das ist nicht mein Haus."),
    ],
)  # fmt: skip
def test_the_language_of_a_text_is_found_out(code, text):
    assert language_of(text) == code
    assert read_transcript(text, "auto").language == code


def test_a_language_that_gave_way_to_others_is_loaded_again_and_read_as_before(few_languages):
    """Rules of several languages are in memory at once, and each goes when others are asked for."""
    lines = {
        "de": "Guten Morgen, mein Freund, wie geht es dir?",
        "fr": "Bonjour mon ami, comment vas-tu?",
        "it": "Buongiorno amico mio, come stai?",
        "es": "Buenos días, amigo mío, ¿cómo estás?",
    }
    first = {language: sounds(read_transcript(line, language)) for language, line in lines.items()}
    loaded = few_languages.cache_info()
    assert loaded.currsize < loaded.misses == len(lines)
    again = {language: sounds(read_transcript(line, language)) for language, line in lines.items()}
    assert few_languages.cache_info().misses == 2 * len(lines)
    assert again == first
    back = {language: sounds(read_transcript(lines[language], language)) for language in reversed(lines)}
    assert few_languages.cache_info().hits > 1, "the last two were still loaded"
    assert back == first


def test_a_missing_package_is_one_sentence_and_no_words(monkeypatch):
    monkeypatch.setattr(other_reading, "espyak_is_installed", lambda: False)
    monkeypatch.setattr(other_reading, "pykakasi_is_installed", lambda: False)
    monkeypatch.setattr(other_reading, "pypinyin_is_installed", lambda: False)
    for code, text, package in (
        ("de", "Guten Tag", "espyak"),
        ("ja", "東京", "pykakasi"),
        ("zh", "你好", "pypinyin"),
    ):
        read = read_transcript(text, code)
        assert read.words == ()
        assert package in read.notes[0]


def test_a_language_that_nothing_reads_is_told():
    read = read_transcript("Sawubona mngani", "zu")
    assert read.words == ()
    assert read.notes == ("Text in Zulu cannot be read, so the transcript was not used.",)


@pytest.mark.parametrize("language", [each.code for each in LANGUAGES if each.voice], ids=str)
def test_every_language_of_the_table_can_be_read(language):
    read = read_transcript("Anna 25", language)
    assert read.language == find_language(language).code
    assert read.words
    assert read.words[0].pronunciations
