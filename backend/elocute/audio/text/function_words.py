"""The commonest small words of languages in Latin letters, and letters that few languages have."""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
en: the and you that was for are with his they this have from not but what all were when your can said
    there use how she which will about out many then them would like him into has look more go see my me i
    it is he we of to a in on be at do so if no as or an by don't it's i'm hi hello hey yes yeah okay ok
    please thanks good morning let's can't that's you're
de: der die das und ich nicht ist ein eine zu den mit sich auf für von dem wie es wir sie du aber was im
    auch an noch so nach bei mein meine hat habe haben sind war wird nur wenn dann schon kann aus wo bitte
    danke ja nein uns euch ihr ihm ihn mal immer oder einen einem einer guten morgen tag abend hallo liebe
    dich dir geht beste bester viele viel gut heute
fr: le la les et je ne pas que qui de des du un une est ce dans pour sur avec il elle nous vous mon ma mes
    ton ta tu on au aux se sa son mais ou où être avoir fait tout plus très bien oui non c'est j'ai qu'il
    n'est d'un merci bonjour cette ces leur y ça va aime t'aime salut comment meilleure deux
es: el la los las y que no de en un una por con para es se lo mi me te su del al yo tú más pero como muy
    está esto eso qué sí cuando hay ya bien todo le nos son fue era hola gracias mis sus este esta porque
    buenos buenas días noches quiero mucho cómo estás bueno mejor
it: il la lo gli le e che non di un una per con sono è mi ti si del della nel ma come più questo questa
    anche io tu lui lei noi se ci ho hai ha dei delle al alla mio mia tutto molto bene grazie ciao perché
    cosa quando buongiorno tutti amo stai buona sera migliore
pt: o a os as e que não de em um uma por com para é se do da no na dos das eu você meu minha mas como mais
    muito está isso ele ela seu sua ao já bem foi tem são também quando obrigado ou nos bom dia tudo te
    amo olá melhor boa noite
nl: de het een en ik niet is dat van te zijn op voor met je die er wat we ze maar ook aan hij mijn om nog
    bij naar uit heb heeft was kan wel dit als zo hoe waar geen deze dan jij jullie onze goed hallo
    goedemorgen beste gaat altijd graag
pl: i w nie na się z do to jest że o co jak ale po tak za od dla ja ty on ona my mnie mi cię jego jej czy
    już tylko bardzo mam może być był była są przez dziękuję proszę gdzie moja mój tego dzień dobry cześć
    zawsze
cs: a v na se je že o s do to jak ale po za od pro já ty on ona my mě mi tě jeho její už jen velmi mám být
    byl byla jsou jsem jsi prosím děkuji kde moje můj co ne ano který dobrý den ahoj
sk: a v na sa je že o s do to ako ale po za od pre ja ty on ona my ma mi ťa jeho jej už len veľmi mám byť
    bol bola sú som si prosím ďakujem kde moja môj čo nie áno ktorý
sv: och i att det som en på är av för med till den har inte om ett han men var jag från så när kan du vi
    hon man nu mig dig min mitt också här där ska vill tack ja nej vad hur mycket bästa vän bra god hej
    bröd
da: og i at det som en på er af for med til den har ikke om et han men var jeg fra så når kan du vi hun
    man nu mig dig min mit også her der skal vil tak ja nej hvad hvordan meget bedste ven altid godt hej
    brød
no: og i at det som en på er av for med til den har ikke om et han men var jeg fra så når kan du vi hun
    man nå meg deg min mitt også her der skal vil takk ja nei hva hvordan mye beste venn alltid godt hei
    brød
fi: ja on ei se että hän minä sinä mutta kun niin ovat oli kuin myös mitä tämä joka nyt vain minun sinun
    olen olet hyvä kiitos kyllä missä miten kaikki jos voi tai sen he me te paras hei hyvää päivää
    ystäväni kuuluu
et: ja on ei see et ta mina sina aga kui nii oli ka mida ma sa me te nad minu sinu olen oled hea aitäh jah
    kus kuidas kõik või siis mis
hu: a az és hogy nem van egy ez azt csak de is meg én te ő mi ti ők már mint volt ha kell itt ott igen
    köszönöm nagyon jó hol hogyan minden vagy napot barátom legjobb szia mennyi
ro: și de la în nu că cu pe un o este să mai ce eu tu el ea noi voi dar din am ai are sunt pentru foarte
    bine da mulțumesc unde cum când care lui mea meu bună ziua prietenă
tr: ve bir bu ne de da için çok ben sen o biz siz değil mi var yok ama gibi daha ile evet hayır teşekkür
    nasıl nerede her şey iyi bana sana benim senin
ca: el la els les i que no de en un una per amb és es ho mi em et seu del al jo tu més però com molt està
    això què sí quan ja bé tot li ens són bon dia
hr: i u ne na se je da za od to što kako ali po sam si smo ste su ja ti on ona mi vi moj moja vrlo hvala
    gdje kada koji bio biti samo još
sl: in v ne na se je da za od to kaj kako ali po sem si smo ste so jaz ti on ona mi vi moj moja zelo hvala
    kje kdaj ki bil biti samo še
lt: ir į ne na su kad tai yra kaip bet iš aš tu jis ji mes jūs mano tavo labai ačiū kur kada kuris buvo
    būti tik dar
lv: un uz ne no ar ka tas ir kā bet es tu viņš viņa mēs jūs mans tavs ļoti paldies kur kad kurš bija būt
    tikai vēl
id: yang dan di ini itu tidak untuk dengan dari ke saya kamu dia kami kita akan ada bisa sudah apa
    bagaimana mana sangat terima kasih juga karena selamat pagi teman
vi: và là của không có một tôi bạn anh em này đó cho với được người những các để thì đã sẽ rất cảm ơn gì ở
    đâu
eo: la kaj de en estas ne mi vi li ŝi ni ili al por kun tio kiu kio kiel sed jes dankon tre ankaŭ
af: die en van het is nie dat ek jy hy sy ons julle wat vir met op te om aan maar was sal kan ook baie
    dankie waar hoe my jou
sw: na ya wa kwa ni katika hii hiyo si mimi wewe yeye sisi nyinyi wao asante sana nini wapi lakini pia
    kama
cy: y yr a ac yn i ar o mae ddim bod fy ti fe hi ni chi nhw dim ond diolch iawn beth ble
is: og að í á er það sem ekki ég þú hann hún við þið en með til um var hefur þetta takk já nei hvað
    hvernig mjög
sq: dhe në të një nuk është që me për unë ti ai ajo ne ju por si faleminderit shumë ku çfarë
tl: ang ng sa na at ay mga hindi ako ikaw siya kami tayo ito iyan po opo salamat ano saan
la: et in est non ad cum ut sed ego tu ille nos vos quod qui quae sunt esse
ja: watashi wa desu masu no ga wo ni kara made anata kore sore arigatou sensei tomodachi kudasai shimasu
    deshita
zh: wo ni shi de bu le ma zai hao women nimen tamen zhe na shenme xiexie
"""
_LETTERS: Final = {
    "ß": "de", "ñ": "es", "¿": "es", "¡": "es", "ã": "pt", "õ": "pt", "ł": "pl", "ą": "pl", "ę": "pl",
    "ż": "pl", "ś": "pl", "ź": "pl", "ř": "cs", "ů": "cs", "ě": "cs", "ľ": "sk", "ĺ": "sk", "ŕ": "sk",
    "ı": "tr", "ğ": "tr", "ş": "tr", "ő": "hu", "ű": "hu", "ț": "ro", "ș": "ro", "ă": "ro", "œ": "fr",
    "ŝ": "eo", "ĉ": "eo", "ĝ": "eo", "þ": "is", "ð": "is", "ė": "lt", "ų": "lt", "į": "lt", "ķ": "lv",
    "ļ": "lv", "ņ": "lv", "đ": "hr", "ơ": "vi", "ư": "vi", "ạ": "vi", "ế": "vi", "ộ": "vi", "ŵ": "cy",
    "ŷ": "cy",
}  # fmt: skip
_GROUPS: Final = {
    "ä": "de sv fi et", "ö": "de sv fi hu tr et", "ü": "de hu tr et", "å": "sv da no", "æ": "da no is",
    "ø": "da no", "é": "fr es pt hu cs", "è": "fr it", "ê": "fr pt", "ç": "fr pt tr ca", "à": "fr it ca",
    "ò": "it ca", "ù": "it fr", "ì": "it", "ó": "es pl pt hu cs", "í": "es cs hu is pt", "á": "es hu cs pt",
    "ú": "es hu cs", "č": "cs hr sl sk lt lv", "š": "cs hr sl sk lt lv et", "ž": "cs hr sl sk lt lv",
    "ý": "cs sk is", "ő": "hu", "ć": "pl hr", "ń": "pl", "ō": "ja", "ū": "ja lv lt", "ī": "lv", "ā": "lv",
    "ē": "lv", "î": "fr ro tr", "â": "fr pt ro", "ô": "fr pt sk vi", "ë": "nl fr sq", "ï": "nl fr",
}  # fmt: skip

WORDS: Final = {
    code: frozenset(words.split())
    for code, words in (entry.split(":") for entry in _WORDS.strip().replace("\n    ", " ").splitlines())
}
"""Code of a language -> its function words."""
LETTERS: Final = {letter: (code,) for letter, code in _LETTERS.items()} | {
    letter: tuple(codes.split()) for letter, codes in _GROUPS.items()
}
"""Letter -> codes of the languages that it tells of; the fewer the surer."""
