"""English spelling to ARPAbet by rule, for words that no dictionary has (names, invented words).

A word is read from left to right; at each letter the longest spelling that fits is taken, and among equally
long ones the first whose right-hand (``>``) or left-hand (``<``) context holds. Our own table. Lips matter
more here than vowel quality: a guessed vowel is heard as another, a missing B or F is seen.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TABLE: Final = """
a AE ; a>[^aeiouyrwx'][eiy]$ EY ; a>(ge|te|ke|ve|me|ne|se|ze|ce|de|pe|be|le)s?$ EY ; a>r AA ; a>$ AH
a<w AA ; a>re EH ; a>l[lkd] AO ; a<^ AE ; a>nge EY ; a>st[ey] EY ; aa AA ; ae IY ; ai EY ; air EH R
ar AA R ; are>$ EH R ; arr AE R ; au AO ; aw AO ; ay EY ; augh AO ; aigh EY ; ah>$ AA ; al>[mfk] AA
all AO L ; ance>$ AH N S ; able>$ AH B AH L ; age>$ IH JH ; al>$ AH L ; ary>$ EH R IY
b B ; bb B ; bt>$ T
c K ; c>[eiy] S ; cc K ; cc>[eiy] K S ; ch CH ; ch>[rl] K ; ck K ; ci>[aou] SH ; cqu K W ; cz Z
sch S K ; s S ; s<[aeiouy]>[aeiou] Z ; s<[bdgvmnlrwaeiouy]>$ Z ; s<(us|is|ss)>$ S ; ss S ; sh SH
sc>[eiy] S ; sci>[aou] SH ; sion<[aeiou] ZH AH N ; sion SH AH N ; ssion SH AH N ; sure<[aeiou] ZH ER
st>le S ; sm>$ Z AH M
d D ; dd D ; dg>[ei] JH ; dj JH
e EH ; e>$ - ; e>[^aeiouyrwx'][eiy]$ IY ; ee IY ; ea IY ; ea>d EH ; ear IH R ; eer IH R ; ei IY ; eigh EY
eir EH R ; er ER ; er>[aeiouy] EH R ; ere>$ IH R ; err EH R ; eu Y UW ; ew UW ; ew<[bfhkmpv] Y UW
ey>$ IY ; ey EY ; eau OW ; ed>$ D ; ed<[td]>$ AH D ; ed<[kpfshcx]>$ T ; es>$ Z ; es<[sxzh]>$ AH Z
es<[cg]>$ AH Z ; en>$ AH N ; el>$ AH L ; ent>$ AH N T ; ence>$ AH N S ; ess>$ AH S
f F ; ff F
g G ; g>[eiy] JH ; g<^>(et|ir|ift|ive|ear) G ; gg G ; gh G ; gh<[aeiou]>(t|$) - ; gn<^ N ; gn>$ N
gu>[eiy] G ; gue>$ G
h HH ; h>$ - ; h<[aeiou]>[^aeiouy] -
i IH ; i>[^aeiouyrwx'][eiy]$ AY ; i>[^aeiouyrwx']es$ AY ; i>$ IY ; i>nd AY ; i>ld$ AY ; i>gh AY ; i>a AY
i>gn$ AY ; ie IY ; ie>$ IY ; ie>t AY AH ; igh AY ; ing>$ IH NG ; ir ER ; ire AY ER ; io IY OW
ion>$ IY AH N ; ious>$ IY AH S ; ize>$ AY Z ; ism>$ IH Z AH M ; ity>$ AH T IY ; ier>$ IY ER ; ies>$ IY Z
j JH
k K ; kk K ; kn<^ N ; kh K
l L ; ll L ; le<[bcdfgkpstz]>$ AH L ; les<[bcdfgkpstz]>$ AH L Z
m M ; mm M ; mb>$ M ; mn>$ M
n N ; nn N ; ng NG ; ng>[aeiouy] NG G ; nge N JH ; n>k NG ; n>x NG
o AA ; o>[^aeiouyrwx'][eiy]$ OW ; o>[^aeiouyrwx']es$ OW ; o>$ OW ; o>l[dtk] OW ; o>st$ OW
o<^>[^aeiouy][aeiou] OW ; o>v AH ; oa OW ; oar AO R ; oe OW ; oi OY ; oy OY ; oo UW ; oo>k UH ; oor AO R
or AO R ; or<w ER ; ore AO R ; orr AO R ; ou AW ; ou>p UW ; ough AO ; our AW R ; ous>$ AH S ; ould UH D
ow AW ; ow>$ OW ; ow>n$ OW ; oh OW ; on>$ AH N ; os>$ OW S ; om<^c>[pbm] AH M
p P ; pp P ; ph F ; ps<^ S ; pn<^ N ; pt<^ T
qu K W ; q K ; que>$ K
r R ; rr R ; rh R ; re<[tb]>$ ER
tch CH ; t T ; tt T ; th TH ; th>er DH ; th<^>(e|is|at|ey|em|en|ere|ose|us) DH ; tion SH AH N ; tia SH AH
tious SH AH S ; ture>$ CH ER ; ture>[sd] CH ER ; tz T S ; ts T S
u AH ; u>[^aeiouyrwx'][aeiouy] UW ; u<[bcfhkmp]>[^aeiouyrwx'][aeiouy] Y UW ; u<^>[^aeiouyrwx'][aeiou] Y UW
u>$ UW ; u<[bp]>(ll|sh|t$) UH ; u<q W ; ue>$ UW ; ui UW ; ur ER ; ure>$ Y UH R ; uy AY ; urr ER
v V ; vv V
w W ; w>r - ; wh W ; wh>o HH ; wa>[tnsd] W AA ; war W AO R ; wor W ER
x K S ; x<^ Z ; x<e>[aeiou] G Z
y IH ; y<^ Y ; y>[aeou] Y ; y>$ IY ; y<^[^aeiou]+>$ AY ; y>[^aeiouyrwx'][aeiou] AY ; yr ER
z Z ; zz Z ; zh ZH
' -
"""
_LETTERS: Final = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH",
    "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY",
    "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY",
    "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
_SPELLING = re.compile(r"(?P<letters>[a-z']+)(?:<(?P<left>[^>]+))?(?:>(?P<right>.+))?$")


class _Rule(NamedTuple):
    letters: str
    left: re.Pattern[str] | None
    right: re.Pattern[str] | None
    phones: tuple[str, ...]


def _parse_table() -> dict[str, tuple[_Rule, ...]]:
    """Rules by first letter: longest spelling first, then those with more context."""
    rules: dict[str, list[_Rule]] = {}
    for entry in _TABLE.replace("\n", ";").split(";"):
        if not entry.strip():
            continue
        spelling, *phones = entry.split()
        match = _SPELLING.match(spelling)
        if match is None:
            raise ValueError(f"rule {entry!r} is malformed")
        left, right = match["left"], match["right"]
        rule = _Rule(
            match["letters"],
            re.compile(f"(?:{left})$") if left else None,
            re.compile(right) if right else None,
            () if phones == ["-"] else tuple(phones),
        )
        rules.setdefault(rule.letters[0], []).append(rule)
    return {
        letter: tuple(
            sorted(group, key=lambda r: (-len(r.letters), -((r.left is not None) + (r.right is not None))))
        )
        for letter, group in rules.items()
    }


_RULES: Final = _parse_table()


def sound_out(word: str) -> tuple[str, ...]:
    """ARPAbet phones of a word of a-z and apostrophes, at least one.

    A word without any vowel letter is spelled out.
    """
    if not re.search("[aeiouy]", word):
        return spell(word)
    phones: list[str] = []
    position = 0
    while position < len(word):
        before, after = word[:position], word[position:]
        for rule in _RULES[word[position]]:
            rest = after[len(rule.letters) :]
            if (
                after.startswith(rule.letters)
                and (rule.left is None or _fits_left(rule.left, before))
                and (rule.right is None or rule.right.match(rest))
            ):
                phones.extend(rule.phones)
                position += len(rule.letters)
                break
    return tuple(phones) or spell(word)


def _fits_left(pattern: re.Pattern[str], before: str) -> bool:
    return pattern.search(before) is not None


def spell(word: str) -> tuple[str, ...]:
    """Phones of the word's letters said one by one: FBI -> EH F B IY AY."""
    return tuple(phone for letter in word if letter in _LETTERS for phone in _LETTERS[letter].split())
