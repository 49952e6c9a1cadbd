"""What stands in brackets: stage directions, which nobody says, and asides, which somebody does."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.placed_text import PlacedText

_CLOSES: Final = {")": "(", "]": "[", "}": "{"}
_LONGEST: Final = 1000
"""Characters between brackets that belong together; what is further apart is a stray bracket each."""
_LONGEST_ROUND: Final = 160
_LETTER_RUN: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_OFF: Final = re.compile(r"(?:[vo]\.?\s?[osc]\.?|cont'?d\.?|more|off|beat|sic)", re.IGNORECASE)
"""Voice over, off screen, off camera, continued."""
_BRACKETS_BEFORE: Final = re.compile(r"(?:[(\[][^()\[\]\n]{0,80}[)\]]\s{0,4}){1,4}$")
_SENTENCE: Final = re.compile(r"[.!?]\s*$")
_MOST_WORDS: Final = 10

_SOUNDS: Final = frozenset(
    """
    applause applauding beat beats bleep bleeped breath breathes breathing chatter cheer cheering cheers
    chuckle chuckles chuckling clap clapping claps cough coughing coughs cries crosstalk crying exhale
    exhales exhaling gasp gasping gasps giggle giggles giggling groan groaning groans grunt grunting
    grunts gulp gulps hesitates hesitating hiccup hiccups hum hums humming inaudible indistinct inhale
    inhales inhaling interrupting interrupts laugh laughing laughs laughter moan moaning moans mumbles
    mumbling murmuring murmurs mutters muttering nods nodding overlapping panting pants pause pauses
    pausing scoff scoffs scoffing scream screaming screams sfx shouting shouts shrug shrugs shrugging
    sigh sighing sighs silence singing sings smile smiles smiling smirks smirking sneeze sneezes
    sneezing sniff sniffles sniffling sniffs snore snores snort snorts sob sobbing sobs stammering
    stammers stutters stuttering swallows unclear unintelligible voiceover wail wailing wails weeping
    weeps wheezes wheezing whimper whimpering whimpers whisper whispering whispers whistle whistles
    whistling yawn yawning yawns yell yelling slam slams slamming rings ringing barks barking buzzes
    buzzing beeps beeping honks honking creaks creaking rumbles rumbling explosion explosions gunshot
    gunshots thunder footsteps playing sirens yells offscreen off-screen on-screen offstage foreign
    muffled static silent lacht lachend lachen seufzt seufzend hustet weint weinend flüstert flüsternd
    leise pause schreit räuspert rires rire rit riant soupire soupir soupirs tousse pleure chuchote
    chuchotant crie silence risas ríe riendo suspira suspiro tose llora llorando susurra susurrando
    grita pausa ride ridendo sospira tossisce piange sussurra sussurrando urla risate risos rindo chora
    chorando sussurra tosse lacht zucht zuchtend huilt fluistert fluisterend hoest śmiech śmieje wzdycha
    kaszle płacze szepcze krzyczy pauza смех смеётся вздыхает кашляет плачет шепчет
    пауза 笑 拍手 沈黙 ため息 泣
    咳 笑声 掌声 沉默 웃음 박수
    """.split()
)
"""One of these words, and the brackets hold a direction."""
_BEGINNINGS: Final = frozenset(
    """
    aside clears cont cont'd contd continued continuing crosses doorbell enters entering exits exiting
    exit enter faces facing fades glances glancing grabs hangs holds holding into intro kisses knocks
    leans leaves leaving listens listening long looks looking music nb note o.s off on opens os outro
    picks phone points pointing pulls puts raises reacts reading reads rises runs running shakes shaking
    sees sits sitting slams slowly softly sotto sound speaking stands standing starts stares staring
    stops takes then thinks thinking throws to tone turns turning vo voice v.o walks walking waves
    waving wipes with
    """.split()
)
"""A direction begins with one of these where a line of the script begins."""
_ENTRANCES: Final = frozenset("enter enters exit exits exeunt re-enter".split())
_THEY: Final = frozenset("he she they it".split())
_SPOKEN_BEGINNINGS: Final = frozenset(
    "to on off with then long into thinking reading running holding note".split()
)
"""Among them, those that begin an aside as well; in the middle of a line they do not tell."""
_SPOKEN_IN_SQUARE: Final = frozenset(
    """
    a an and are as at be been but by can do for from had has have he her him his i if in is it its me
    my no not of on or our she so that the their them then there they this to us was we were what when
    which who will with would yes you your
    """.split()
)
"""An editor's insertion in a quotation, not a direction."""
_NOT_MANNER: Final = frozenset(
    """
    actually basically certainly clearly definitely early especially exactly family finally frankly
    generally hardly honestly hopefully likely literally luckily mainly mostly namely nearly normally
    obviously only possibly presumably previously probably really recently roughly sadly seriously
    simply supposedly surely technically totally truly unfortunately usually according anything being
    bring during everything including king morning nothing something thing evening regarding wedding
    """.split()
)


def without_directions(text: PlacedText) -> PlacedText:
    """Without stage directions and without brackets.

    Square and curly brackets hold directions, an editor's ``[the]`` excepted. Round ones do where they name a
    sound or a manner, or where they stand at the beginning of a line and are no sentence; the rest is said.
    """
    pairs, strays = _bracketed(text.text)
    removed: list[tuple[int, int]] = []
    for opening, closing in sorted(pairs):
        if removed and opening < removed[-1][1]:
            continue
        if _is_direction(text.text, opening, closing):
            removed.append((opening, closing + 1))
    pieces = [(start, end, " ") for start, end in removed]
    ends = iter(removed)
    current = next(ends, None)
    marks: list[tuple[int, int, str]] = []
    for at in sorted([*strays, *(at for pair in pairs for at in pair)]):
        while current is not None and at >= current[1]:
            current = next(ends, None)
        if current is None or at < current[0]:
            marks.append((at, at + 1, " "))
    return text.with_pieces(sorted(pieces + marks))


def is_direction_word(word: str) -> bool:
    """Whether a word names a sound that a mouth makes without speaking, or something done: laughs, walks."""
    lower = word.lower()
    return lower in _SOUNDS or (lower in _BEGINNINGS and lower.endswith("s") and len(lower) > 3)


def _bracketed(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Pairs of brackets, and those without another: the positions of both."""
    pairs: list[tuple[int, int]] = []
    strays: list[int] = []
    waiting: list[tuple[str, int]] = []
    for at, character in enumerate(text):
        if character in "([{":
            waiting.append((character, at))
        elif character in _CLOSES:
            if waiting and waiting[-1][0] == _CLOSES[character] and at - waiting[-1][1] <= _LONGEST:
                pairs.append((waiting.pop()[1], at))
            else:
                strays.append(at)
    return pairs, strays + [at for _, at in waiting]


def _is_direction(text: str, opening: int, closing: int) -> bool:
    inner = text[opening + 1 : closing]
    words = [word.lower() for word in _LETTER_RUN.findall(inner)] if len(inner) <= _LONGEST_ROUND else []
    if text[opening] == "{":
        return True
    if text[opening] == "[":
        return not (len(words) == 1 and words[0] in _SPOKEN_IN_SQUARE)
    if not words:
        return len(inner) <= _LONGEST_ROUND and not any(character.isdigit() for character in inner)
    if _is_stage_business(inner, words):
        return True
    if len(words) <= _MOST_WORDS and any(word in _SOUNDS for word in words):
        return not _SENTENCE.search(inner) or len(words) <= 2
    return _is_direction_of_words(text, opening, inner, words)


def _is_stage_business(inner: str, words: list[str]) -> bool:
    """Whether it is a sentence of a play's directions: "Enter Anna, with a map." or "She exits." """
    if not _SENTENCE.search(inner) or len(words) > _MOST_WORDS:
        return False
    if words[0] in _ENTRANCES:
        return True
    subject = words[0] in _THEY or inner.lstrip()[:1].isupper()
    return subject and len(words) > 1 and words[1] not in _THEY and is_direction_word(words[1])


def _is_direction_of_words(text: str, opening: int, inner: str, words: list[str]) -> bool:
    """Whether round brackets without a sound in them hold a direction: by how they begin, and where."""
    if _OFF.fullmatch(inner.strip()):
        return True
    line = text[max(text.rfind("\n", 0, opening), opening - 80) + 1 : opening]
    line = _BRACKETS_BEFORE.sub("", line).strip(" \"'-*_")
    begins_line = not line or line.endswith((":", ".", "!", "?"))
    if inner.upper() == inner and len(words) <= 4 and any(c.islower() for c in text[:2000]):
        return begins_line or words[0] in _BEGINNINGS
    manner = words[0].endswith(("ly", "ing")) and words[0] not in _NOT_MANNER
    if begins_line:
        lower = inner.lstrip()[:1].islower()
        return lower and len(words) <= _MOST_WORDS and not _SENTENCE.search(inner)
    alone = len(words) <= 2
    return (manner and alone) or (words[0] in _BEGINNINGS - _SPOKEN_BEGINNINGS and len(words) <= _MOST_WORDS)
