"""Measures, shares, fractions, and ranges of numbers."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import (
    NUMBER,
    amount,
    cardinal,
    house_number,
    joined,
    ordinal,
    plural_of_number,
)
from elocute.audio.text.placed_text import PlacedText

# symbol singular plural; a symbol with ! is only read where it touches its number
_UNITS: Final = """
km kilometer kilometers;m meter meters;cm centimeter centimeters;mm millimeter millimeters
nm nanometer nanometers;um micrometer micrometers;\u00b5m micrometer micrometers
\u03bcm micrometer micrometers;mi mile miles;ft foot feet;yd yard yards;yds yard yards;in! inch inches
kg kilogram kilograms;g gram grams;mg milligram milligrams;\u00b5g microgram micrograms;lb pound pounds
\u03bcg microgram micrograms;mcg microgram micrograms;lbs pound pounds;oz ounce ounces;t! ton tons
l liter liters;L liter liters;ml milliliter milliliters;mL milliliter milliliters
cl centiliter centiliters;dl deciliter deciliters;gal gallon gallons;qt quart quarts
tsp teaspoon teaspoons;tbsp tablespoon tablespoons;fl_oz fluid_ounce fluid_ounces;s! second seconds
sec second seconds;secs second seconds;min minute minutes;mins minute minutes;h hour hours;hr hour hours
hrs hour hours;ms millisecond milliseconds;ns nanosecond nanoseconds;yr year years;yrs year years
yo year_old year_old;wk week weeks;wks week weeks;mo month months;mos month months
mph mile_per_hour miles_per_hour;kph kilometer_per_hour kilometers_per_hour
kmh kilometer_per_hour kilometers_per_hour;mpg mile_per_gallon miles_per_gallon;rpm R_P_M R_P_M
bpm beat_per_minute beats_per_minute;fps frame_per_second frames_per_second;dpi D_P_I D_P_I
ppm part_per_million parts_per_million;psi P_S_I P_S_I;Hz hertz hertz;kHz kilohertz kilohertz
MHz megahertz megahertz;GHz gigahertz gigahertz;KB kilobyte kilobytes;kB kilobyte kilobytes
MB megabyte megabytes;GB gigabyte gigabytes;TB terabyte terabytes;PB petabyte petabytes
kbps kilobit_per_second kilobits_per_second;Kbps kilobit_per_second kilobits_per_second
Mbps megabit_per_second megabits_per_second;Gbps gigabit_per_second gigabits_per_second
MiB mebibyte mebibytes;GiB gibibyte gibibytes;W watt watts;kW kilowatt kilowatts;MW megawatt megawatts
GW gigawatt gigawatts;Wh watt_hour watt_hours;kWh kilowatt_hour kilowatt_hours;V volt volts
kV kilovolt kilovolts;mV millivolt millivolts;A! amp amps;mA milliamp milliamps
mAh milliamp_hour milliamp_hours;Ah amp_hour amp_hours;\u03a9 ohm ohms;\u2126 ohm ohms;J! joule joules
kJ kilojoule kilojoules;cal calorie calories;kcal kilocalorie kilocalories;N! newton newtons
Pa pascal pascals;hPa hectopascal hectopascals;kPa kilopascal kilopascals;bar bar bars;dB decibel decibels
lm lumen lumens;hp horsepower horsepower;cc C_C C_C;px pixel pixels;MP megapixel megapixels
pt! point points;ha hectare hectares;sqft square_foot square_feet;sq_ft square_foot square_feet
sq_m square_meter square_meters;sq_mi square_mile square_miles;sq_km square_kilometer square_kilometers
mmHg millimeter_of_mercury millimeters_of_mercury;lx lux lux;mol mole moles;K! K K
"""
_KNOWN: Final = {
    symbol.rstrip("!").replace("_", " "): (
        one.replace("_", " "),
        many.replace("_", " "),
        symbol.endswith("!"),
    )
    for entry in _UNITS.replace("\n", ";").split(";")
    if entry.strip()
    for symbol, one, many in [entry.split()]
}
_UNIT: Final = "|".join(
    re.escape(symbol).replace(r"\ ", r"\.?\s") for symbol in sorted(_KNOWN, key=len, reverse=True)
)
_PER: Final = _UNIT + "|second|minute|hour|day|week|month|year|person"
_POWERS: Final = {"2": "square", "3": "cubic"}
_GROUPED: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DURATION: Final = re.compile(
    r"(?<![\w.])(\d{1,4})\s?h\s?(\d{1,2})(?:\s?m(?:in)?)?(?:\s?(\d{1,2})\s?s)?(?![\w])"
)
_MINUTES: Final = re.compile(r"(?<![\w.])(\d{1,4})\s?m(?:in)?\s?(\d{1,2})\s?s(?![\w])")
_MEASURE: Final = re.compile(
    rf"(?<![\w.])({NUMBER})(\s|-)?({_UNIT})\b(?:\^([23]))?(?:\s?/\s?({_PER})(?:\^([23]))?(?!\w))?(\.(?=\s[a-z\d]))?".replace(
        r"\b(?:\^", r"(?![A-Za-z])(?:\^"
    )
)
_FEET_INCHES: Final = re.compile(r"(?<![\w.])(\d{1,2})'\s?-?(\d{1,2})(?:\"|''|(?![\w']))")
_FT_IN: Final = re.compile(r"(?<![\w.])(\d{1,3})\s?ft\.?,?\s?(\d{1,2})\s?in\b(\.(?=\s[a-z\d]))?")
_FEET: Final = re.compile(r"(?<![\w.'])(\d{1,5})'(?![\w'])(?=[\s,.;)x]|$)")
_INCHES: Final = re.compile(rf"(?<![\w.])({NUMBER})\"(?=[\s,.;)x-]|$)")
_THING_BEHIND: Final = re.compile(
    r"[\s-](?!long|wide|tall|high|deep|thick|across|of|in|from|by|apart|away|at|and|or|x|to|too|is|was|than|on)[a-z]"
)
_QUOTE: Final = re.compile(r"(?<!\d)\"")
_DEGREES: Final = re.compile(
    rf"(?<![\w.])([-\u2212]\s?)?({NUMBER})\s?(?:\u00b0\s?([CFKNSEW])?|deg\s?([CF]))(?![A-Za-z])"
)
_SCALES: Final = {
    "C": "celsius", "F": "fahrenheit", "K": "kelvin", "N": "north", "S": "south", "E": "east", "W": "west",
}  # fmt: skip
_PER_UNIT: Final = re.compile(rf"(?<=\bper )({_UNIT})(?!\w)")
_SIZE: Final = re.compile(r"(?<=[\d\"'])\s?x\s?(?=\d)|(?<=\d\d\d)\s?\u00d7\s?(?=\d{3})")
_PRODUCT: Final = re.compile(r"(?<=\d)\s?x\s?(?=\d{1,9}\s?=)")
_BOARDS: Final = re.compile(r"(?<=\d)x(\d{1,2})s(?!\w)")
_VOWEL_UNITS: Final = frozenset({"in", "oz", "h", "hr", "hrs"})
_BARE_SPEEDS: Final = {"km/h": "kilometers per hour", "m/s": "meters per second"}
_BARE_SPEED: Final = re.compile(r"(?<![\w.])(?<!\d\s)(?:km/h|m/s)(?!\w)")
_RESOLUTION: Final = re.compile(r"(?<![\w.])(\d{3,4})\s?[x\u00d7]\s?(\d{3,4})(?![\d.])(\s?px\b)?(?!\w)")
_INCHES_WORD: Final = re.compile(
    rf"(?<![\w.])({NUMBER})\sin\.?(?=\s(?:long|wide|tall|high|deep|thick|across|x)\b)"
)
_TIMES: Final = re.compile(rf"(?<![\w.])({NUMBER})x(?![\w])")
_SHARE: Final = re.compile(rf"(?<![\w.])({NUMBER})\s?(%|\u2030)")
_MAGNITUDE: Final = re.compile(
    rf"(?<![\w.])({NUMBER})\s?(bn|M|mn|mil|tn)(?![\w])|(?<![\w.])(\d{{1,9}}\.\d{{1,3}})\s?(B)(?![\w])"
)
_MAGNITUDES: Final = {
    "bn": "billion", "B": "billion", "M": "million", "mn": "million", "mil": "million", "tn": "trillion",
}  # fmt: skip
_MIXED: Final = re.compile(
    rf"(?<![\w.,/])(\d{{1,9}})(?:\s|\s?-\s?|\sand\s)(\d{{1,3}})/(\d{{1,3}})(?![\d/])(?:\s?({_UNIT})(?![A-Za-z]))?"
)
_FRACTION: Final = re.compile(
    rf"(?<![\w.,/])(\d{{1,4}})/(\d{{1,4}})(st|nd|rd|th)?s?(?![\d/])(?:\s?({_UNIT})(?![A-Za-z]))?"
)
_RATING: Final = re.compile(r"(?<![\w.,/])(\d{1,3}\.\d{1,2})/(\d{1,3})(?![\w/])")
_DENOMINATORS: Final = frozenset({*range(2, 21), 24, 25, 30, 32, 40, 50, 60, 64, 100, 128, 1000})
_NOT_FRACTIONS: Final = {
    (24, 7),
    (9, 11),
    (7, 11),
    (50, 50),
    (20, 20),
    (16, 9),
    (4, 3),
    (60, 40),
    (80, 20),
    (70, 30),
}
_RANGE: Final = re.compile(r"(?<=[\d%\u00b0])\s?[\u2013\u2014-]\s?(?=[$\u00a3\u20ac]?\.?\d)")
_EQUALS: Final = re.compile(r"[^.!?\n]{0,20}=")


def ungrouped(text: PlacedText) -> PlacedText:
    """1,234,567 -> 1234567."""
    return text.sub(_GROUPED, "")


def read_ranges(text: PlacedText) -> PlacedText:
    """10-20 -> 10 to 20, unless it is part of a sum or of a longer chain of numbers."""
    return text.sub(_RANGE, _read_range)


def read_quantities(text: PlacedText) -> PlacedText:
    """Fractions, measures, degrees, shares and multiples in words."""
    text = text.sub(_RATING, lambda m: joined([*amount(m[1]), "out", "of", *amount(m[2])]))
    text = text.sub(_MIXED, _read_mixed).sub(_FRACTION, _read_fraction)
    text = text.sub(_DURATION, _read_duration).sub(_MINUTES, _read_minutes)
    text = text.sub(_DEGREES, _read_degrees)
    text = text.sub(_PER_UNIT, lambda m: " ".join(_unit_behind(m[1], several=False)))
    text = text.sub(_RESOLUTION, _read_resolution)
    text = text.sub(_PRODUCT, " times ").sub(
        _BOARDS, lambda m: joined(["by", *plural_of_number(cardinal(int(m[1])))])
    )
    text = text.sub(_BARE_SPEED, lambda m: f" {_BARE_SPEEDS[m[0]]} ")
    text = text.sub(_SIZE, " by ").sub(_INCHES_WORD, lambda m: joined([*amount(m[1]), "inches"]))
    text = text.sub(_FT_IN, _read_ft_in)
    text = text.sub(_FEET_INCHES, _read_feet_inches).sub(_INCHES, _read_inches).sub(_FEET, _read_feet)
    text = text.sub(_MEASURE, _read_measure)
    text = text.sub(_SHARE, lambda m: joined([*amount(m[1]), "percent" if m[2] == "%" else "per mille"]))
    text = text.sub(_TIMES, lambda m: joined([*amount(m[1]), "times"]))
    return text.sub(_MAGNITUDE, lambda m: joined([*amount(m[1] or m[3]), _MAGNITUDES[m[2] or m[4]]]))


def _read_resolution(match: re.Match[str]) -> str:
    unit = ["pixels"] if match[3] else []
    return joined([*house_number(match[1]), "by", *house_number(match[2]), *unit])


def _read_range(match: re.Match[str]) -> str | None:
    text = match.string
    before, behind = text[max(match.start() - 12, 0) : match.start()], text[match.end() :][:12]
    chained = re.search(r"\d[-\u2013]\d+$", before) or re.match(r"\d+[-\u2013]\d", behind)
    glued = re.search(r"[A-Za-z]\d+$", before)
    if chained or glued:
        return None
    behind_number = re.match(r"\d+(?!\d|[.,]\d|%)", behind)
    if behind_number and re.search(rf"(?<![\d.]){behind_number[0]}$", before):
        return " "  # fifty-fifty
    if _EQUALS.match(text, match.end()) or re.search(r"=\s?\d+$", before):
        return " minus "
    return " to "


def _read_mixed(match: re.Match[str]) -> str | None:
    parts = _fraction(int(match[2]), int(match[3]))
    if parts is None or int(match[2]) >= int(match[3]):
        return None
    parts = ["a", *parts[1:]] if parts[0] == "one" else parts
    return joined([*cardinal(int(match[1])), "and", *parts, *_unit_behind(match[4], several=True)])


def _read_fraction(match: re.Match[str]) -> str | None:
    above, below = int(match[1]), int(match[2])
    if (above, below) in _NOT_FRACTIONS:
        return joined([*cardinal(above), *cardinal(below)])
    if not match[3] and below in (10, 100) and 0 < above <= below and not match[4]:
        return joined([*cardinal(above), "out", "of", *cardinal(below)])
    parts = _fraction(above, below)
    if parts is None or (above >= below and not match[3]):
        return joined(
            [
                *cardinal(above),
                "over" if "=" in match.string[match.end() :][:8] else "slash",
                *cardinal(below),
            ]
        )
    return joined(
        [
            *parts,
            *(
                ["of", "an" if match[4] in _VOWEL_UNITS else "a", *_unit_behind(match[4], several=False)]
                if match[4] and above > 1
                else _unit_behind(match[4], several=False)
            ),
        ]
    )


def _unit_behind(symbol: str | None, several: bool) -> list[str]:
    if not symbol:
        return []
    one, many, _ = _KNOWN[re.sub(r"\.?\s", " ", symbol)]
    return (many if several else one).split()


def _fraction(above: int, below: int) -> list[str] | None:
    if below not in _DENOMINATORS or above == 0:
        return None
    if below == 2:
        return [*cardinal(above), "half" if above == 1 else "halves"]
    name = ["quarter"] if below == 4 else ordinal(below)
    return [*cardinal(above), *name[:-1], name[-1] + ("" if above == 1 else "s")]


def _read_duration(match: re.Match[str]) -> str:
    words = [*_counted(match[1], "hour"), *_counted(match[2], "minute")]
    return joined([*words, *(_counted(match[3], "second") if match[3] else [])])


def _read_minutes(match: re.Match[str]) -> str:
    return joined([*_counted(match[1], "minute"), *_counted(match[2], "second")])


def _counted(number: str, unit: str) -> list[str]:
    return [*cardinal(int(number)), unit if int(number) == 1 else unit + "s"]


def _read_degrees(match: re.Match[str]) -> str:
    scale = _SCALES.get(match[3] or match[4] or "", "")
    minus = ["minus"] if match[1] else []
    return joined([*minus, *amount(match[2]), "degree" if match[2] == "1" else "degrees", *scale.split()])


def _read_feet_inches(match: re.Match[str]) -> str | None:
    if int(match[2]) > 12:
        return None
    return joined([*cardinal(int(match[1])), "foot", *cardinal(int(match[2]))])


def _read_ft_in(match: re.Match[str]) -> str:
    feet = [*cardinal(int(match[1])), "foot" if match[1] == "1" else "feet"]
    return joined([*feet, *cardinal(int(match[2])), "inch" if match[2] == "1" else "inches"])


def _read_feet(match: re.Match[str]) -> str | None:
    if match.string[max(match.start() - 200, 0) : match.start()].count("'") % 2:
        return None  # the end of a quotation
    return joined([*cardinal(int(match[1])), "feet" if match[1] != "1" else "foot"])


def _read_inches(match: re.Match[str]) -> str | None:
    before = match.string[max(match.start() - 200, 0) : match.start()]
    if len(_QUOTE.findall(before.rpartition("\n")[2])) % 2:
        return None  # the end of a quotation
    single = match[1] == "1" or _THING_BEHIND.match(match.string, match.end())
    return joined([*amount(match[1]), "inch" if single else "inches"])


def _read_measure(match: re.Match[str]) -> str | None:
    number, gap, symbol, power, per, per_power = (
        match[1],
        match[2] or "",
        match[3],
        match[4],
        match[5],
        match[6],
    )
    one, many, touching = _KNOWN[re.sub(r"\.?\s", " ", symbol)]
    if touching and gap == " ":
        return None
    if gap == " " and symbol in ("m", "h", "g") and match.string[match.end() :][:1] in ("'", "."):
        return None
    single = number == "1" or gap == "-"
    words = [*amount(number), *([_POWERS[power]] if power else []), *(one if single else many).split()]
    if per:
        known = _KNOWN.get(re.sub(r"\.?\s", " ", per))
        words += ["per", *([_POWERS[per_power]] if per_power else []), *(known[0] if known else per).split()]
    return joined(words)
