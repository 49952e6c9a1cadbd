"""Patterns of English sentences; placeholders in braces are drawn from the vocabulary.

``{number}``, ``{year}``, ``{clock}`` and ``{small}`` are numbers, ``{list}`` is three or four things.
"""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = (
    "{name} {did} the {adjective} {thing} {when}.",
    "The {person} {did} my {thing} and {went} {adverb} to {place}.",
    "We never {do} {things} before the {person} comes home.",
    "My {adjective} {animal} {went} over the {thing} {when}.",
    "I'd rather {do} a {thing} than {do} a {thing}.",
    "The {people} from {place_name} were {going} {adverb} towards {place}.",
    "{name} was {feeling} because the {animal} had eaten all the {food}.",
    "There's a {adjective}, {adjective} {thing} behind {part}.",
    "Both {people} and {people} {did} the {adjective} {things}.",
    "He gave {name} a {colour} {thing} with a {adjective} {animal} on it.",
    "Every {person} in {place} knows how to {do} a {thing}.",
    "They have {small} {things} above {part}, and {small} more in {place}.",
    "She's {profession}, but her father was {profession}.",
    "Before you {do} the {thing}, please {do} {part}.",
    "If {name} will {do} the {food}, {name} should {do} the {thing}.",
    "My favourite {thing} is {colour}, with {small} {adjective} {things}.",
    "It was a {adjective} evening, and the {animal} was {going} through {place}.",
    "You could {do} it {adverb}, or you could {do} it {adverb}.",
    "Nobody {did} the {thing}, so the {person} {went} back to {place}.",
    "The {food} was {adjective}, the {food} was {adjective}, and everyone was {feeling}.",
    "I have been {feeling} about {topic} ever since {year}.",
    "Put the {thing} beside {part} and move the {thing} to {place}.",
    "{name} and {name} will {do} the {things} {will_when}.",
    "The weather in {place_name} is {adjective}, but we are {going} anyway.",
    "What {name} really loves is {adjective} {food} with {food}.",
    "On the way to {place}, the {person} met a {adjective} {animal}.",
    "A {colour} {thing} and a {colour} {thing} fell off {part}.",
    "Your voice is {adjective} enough to move the {people}.",
    "This {thing} is for {name}, and that {thing} belongs to the {person}.",
    "I should have {did} those {things} {when}.",
    "Whoever {did} the {thing} must have been {feeling}.",
    "Our bus leaves {place_name} at {clock}.",
    "The {animal} opened its mouth, and the {people} {went} away.",
    "We bought {list} {when}.",
    "For breakfast {name} made {food}, {food} and some {food}.",
    "It took the {person} {number} minutes to {do} {part}.",
)

NEWS: Final = (
    "{company} will {do} {number} {things} by {year}, a spokeswoman said {when}.",
    "In {place_name}, {people} are {feeling} about {topic}.",
    "Prices of {food} rose by {small} percent {when}, while {topic} may {effect}.",
    "Experts believe that {topic} will {effect} before {year}.",
    "Police in {place_name} found {number} {things} near {place} {when}.",
    "According to {name}, {company} has {did} plans for {topic}.",
    "The {person} became famous {when} for a {adjective} movie about {topic}.",
    "{company} and {company} disagree about {topic}, and voters are {feeling}.",
    "More than {number} {people} marched through {place_name} to show what they think of {topic}.",
    "Measures to improve {topic} could {effect}, but few {people} approve of them.",
    "The vote on {topic} was moved from Monday to {clock} on Thursday.",
    "A {adjective} storm is moving from {place_name} towards {place_name}, forecasters warn.",
    "Five members of {company} have been {feeling} since the decision of {year}.",
    "Now for the weather: warm in {place_name}, with heavy showers over {place_name} {will_when}.",
    "Visitors {did} the {adjective} {thing} in {place} for the first time since {year}.",
)

QUESTIONS: Final = (
    "Why would {name} {do} the {adjective} {thing}?",
    "Have you ever {did} a {thing} in {place}?",
    "Where did you put the {colour} {thing}?",
    "Is it true that {topic} will {effect}?",
    "Would you like {food} or {food}?",
    "Who {did} my {thing} {when}?",
    "Do you think the {animal} is {feeling}?",
    "How many {things} could a {person} {do}?",
    "What if {name} was {profession}?",
    "Shall we {do} the {things} {will_when}?",
    "Could you please {do} the {thing} for me?",
    "When will {company} {do} {part}?",
    "Was the {food} too {adjective} for you?",
    "Which {thing} do you prefer, the {colour} one or the {colour} one?",
)

EXCLAMATIONS: Final = (
    "What a {adjective} {thing}!",
    "Wow, {name} {did} the whole {thing}!",
    "Watch out for the {adjective} {animal}!",
    "Oh no, the {food} fell off {part}!",
    "Move your {thing}, {name}!",
    "I've never been so {feeling} in my life!",
    "How {adjective} you are, my {animal}!",
    "Please, {name}, don't {do} my {thing}!",
    "Hooray, {name} is {profession}!",
    "Stop {going} and {do} the {thing}!",
    "Enough about {topic}, let's have some {food}!",
)

SHORT: Final = (
    "{reply}.",
    "{reply}!",
    "{reply}?",
    "{filler}, {reply}.",
    "{filler}, I'm {feeling}.",
    "{filler}, maybe {will_when}.",
    "{filler}, {filler}, let me think.",
    "I was {feeling}.",
    "{name} too?",
    "Not {food} again.",
    "One, two, three, four, five, six, seven.",
    "{small}, {small}, and {small}.",
)
