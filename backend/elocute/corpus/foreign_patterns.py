"""Simple sentences in other languages, as patterns with their own words; for robustness, not for meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Grammar:
    """Patterns and the words that fill their braces."""

    patterns: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


FOREIGN: Final[dict[str, Grammar]] = {
    "es": Grammar(
        (
            "Buenos días, {who}, ¿cómo está usted?",
            "{who} {verb} {thing} {when}.",
            "¿Por qué {who} {verb} {thing}?",
            "¡Qué {adj} es {thing}!",
            "Me gustaría comprar {thing} y {thing} {when}.",
            "El problema es {adj}, pero {who} no lo sabe.",
            "Vamos a {place} con {who}, porque hace buen tiempo.",
            "Sí, por favor, {thing} y un vaso de vino blanco.",
            "Uno, dos, tres, cuatro, cinco, seis, siete.",
            "{who} vive en {place} y trabaja {when}.",
        ),
        {
            "who": _split(
                "mi madre, el profesor, Pablo, la vecina, mi abuelo, Beatriz, el niño, la reina, "
                "el pobre viajero"
            ),
            "verb": _split(
                "compra, busca, mueve, rompe, pinta, olvida, prefiere, abre, lleva, escribe sobre"
            ),
            "thing": _split(
                "un libro viejo, la puerta, el pan fresco, una mariposa blanca, el perro, "
                "la botella de vino, "
                "una flor amarilla, el zapato, la guitarra, un huevo, la lluvia, el fuego"
            ),
            "when": _split("hoy, mañana por la mañana, el jueves, a las ocho, cada noche, después de comer"),
            "adj": _split("bonito, grande, famoso, fuerte, amable, imposible, nuevo, hermoso, difícil"),
            "place": _split("la playa, Bilbao, el bosque, la plaza, Valencia, el pueblo, la biblioteca"),
        },
    ),
    "fr": Grammar(
        (
            "Bonjour {who}, comment allez-vous aujourd'hui ?",
            "{who} {verb} {thing} {when}.",
            "Pourquoi {who} {verb} {thing} ?",
            "Quelle surprise, {thing} est vraiment {adj} !",
            "Je voudrais {thing} et {thing}, s'il vous plaît.",
            "Nous partons {when} pour {place} avec {who}.",
            "Un, deux, trois, quatre, cinq, six, sept.",
            "Il fait beau {when}, mais {who} reste à {place}.",
            "Peut-être que {who} et {who} sont heureux.",
            "C'est {adj}, je n'ai jamais vu {thing} comme ça.",
        ),
        {
            "who": _split(
                "ma mère, le professeur, Philippe, la voisine, mon oncle, Geneviève, le garçon, "
                "monsieur Dubois"
            ),
            "verb": _split("achète, cherche, trouve, oublie, préfère, ouvre, mange, regarde, pousse, vend"),
            "thing": _split(
                "un vieux livre, la porte, le pain frais, une fleur bleue, le chien, une bonne bouteille, "
                "un œuf, le feu, la voiture jaune, un morceau de fromage, la pluie, le journal"
            ),
            "when": _split("aujourd'hui, demain matin, jeudi, à huit heures, chaque soir, en novembre"),
            "adj": _split("beau, grand, fameux, fort, aimable, impossible, nouveau, bizarre, parfait"),
            "place": _split("la maison, Bordeaux, Paris, la plage, la montagne, la gare, Grenoble"),
        },
    ),
    "de": Grammar(
        (
            "Guten Morgen, {who}, wie geht es Ihnen?",
            "{who} {verb} {when} {thing}.",
            "Warum {verb} {who} {thing}?",
            "Wie {adj} das ist, wunderbar!",
            "Ich möchte bitte {thing} und {thing} kaufen.",
            "Wir fahren {when} mit {who} nach {place}.",
            "Eins, zwei, drei, vier, fünf, sechs, sieben.",
            "Das Wetter in {place} ist {adj}, aber wir bleiben zu Hause.",
            "Vielleicht weiß {who}, warum es so {adj} war.",
            "Über {thing} haben wir {when} viel gesprochen.",
        ),
        {
            "who": _split(
                "meine Mutter, der Bäcker, Philipp, Frau Vogel, mein Onkel, Brigitte, der Junge, Herr Baumann"
            ),
            "verb": _split("kauft, sucht, findet, vergisst, bewegt, öffnet, malt, braucht, bringt, wirft"),
            "thing": _split(
                "ein altes Buch, die Tür, das frische Brot, eine blaue Blume, den Hund, eine Flasche Wein, "
                "schöne Bücher, das Feuer, den gelben Apfel, ein Stück Käse, die Brücke, zwölf Vögel"
            ),
            "when": _split("heute, morgen früh, am Donnerstag, um acht Uhr, jeden Abend, im November"),
            "adj": _split("schön, groß, berühmt, warm, freundlich, unmöglich, neu, komisch, böse"),
            "place": _split("München, Köln, Bremen, Wien, Hamburg, Freiburg, Lübeck"),
        },
    ),
    "it": Grammar(
        (
            "Buongiorno {who}, come sta oggi?",
            "{who} {verb} {thing} {when}.",
            "Perché {who} {verb} {thing}?",
            "Che bello, {thing} è davvero {adj}!",
            "Vorrei {thing} e {thing}, per favore.",
            "Andiamo a {place} {when} con {who}.",
            "Uno, due, tre, quattro, cinque, sei, sette.",
            "{who} abita a {place}, ma lavora {when}.",
        ),
        {
            "who": _split(
                "mia madre, il professore, Fabio, la vicina, mio nonno, Beatrice, il ragazzo, "
                "la signora Bianchi"
            ),
            "verb": _split(
                "compra, cerca, trova, dimentica, preferisce, apre, mangia, guarda, sposta, vende"
            ),
            "thing": _split(
                "un vecchio libro, la porta, il pane fresco, un fiore giallo, il cane, "
                "una bottiglia di vino, "
                "un uovo, il fuoco, la macchina nuova, un pezzo di formaggio, la pioggia, gli gnocchi"
            ),
            "when": _split("oggi, domani mattina, giovedì, alle otto, ogni sera, a novembre"),
            "adj": _split("bello, grande, famoso, forte, amabile, impossibile, nuovo, strano, perfetto"),
            "place": _split("Roma, Bologna, Venezia, Palermo, Firenze, Padova"),
        },
    ),
    "sv": Grammar(
        (
            "God morgon {who}, hur mår du i dag?",
            "{who} {verb} {thing} {when}.",
            "Varför {verb} {who} {thing}?",
            "Vad {adj} det är!",
            "Jag vill gärna köpa {thing} och {thing}.",
            "Vi åker till {place} {when} med {who}.",
            "Ett, två, tre, fyra, fem, sex, sju.",
            "Vädret i {place} är {adj}, men vi stannar hemma.",
        ),
        {
            "who": _split(
                "min mamma, läraren, Per, grannen, min farbror, Britta, pojken, fru Berg, den unga flickan"
            ),
            "verb": _split("köper, letar efter, hittar, glömmer, flyttar, öppnar, målar, behöver, bär"),
            "thing": _split(
                "en gammal bok, dörren, färskt bröd, en blå blomma, hunden, en flaska vin, "
                "sju böcker, elden, "
                "ett gult äpple, en bit ost, bron, tolv fåglar"
            ),
            "when": _split("i dag, i morgon bitti, på torsdag, klockan åtta, varje kväll, i november"),
            "adj": _split("vackert, stort, berömt, varmt, vänligt, omöjligt, nytt, konstigt, skönt"),
            "place": _split("Malmö, Göteborg, Umeå, Uppsala, Stockholm, Västerås"),
        },
    ),
}
