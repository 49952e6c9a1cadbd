"""What languages say for signs, units, money and abbreviations: :class:`Wording`, one entry per language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Wording:
    """What a language says for what it writes short.

    Attributes:
        code: of the language.
        point: before the digits behind the comma.
        minus: before a negative number, and between numbers.
        signs: sign -> word.
        units: symbol -> word for several.
        money: sign or code -> word for several; cents behind a colon.
        time: between hour and minutes, and behind the full hour.
        to: between the ends of a range.
        months: the twelve, as in a date.
        ordinal_mark: pattern of what stands behind the number of an ordinal, empty where there is none.
        short: abbreviation without its points, in lower case -> words.
        decimal_point: numbers have a decimal point and grouping commas, as in English.
    """

    code: str
    point: str
    minus: str
    signs: dict[str, str]
    units: dict[str, str]
    money: dict[str, str]
    time: tuple[str, str]
    to: str
    months: tuple[str, ...]
    ordinal_mark: str
    short: dict[str, str]
    decimal_point: bool = False


def _pairs(text: str) -> dict[str, str]:
    return {
        key.strip(): value.strip()
        for key, value in (entry.split("=") for entry in text.replace("\n", ";").split(";") if "=" in entry)
    }


def _wording(
    code: str, point: str, minus: str, signs: str, units: str, money: str, time: str, to: str, months: str,
    mark: str, short: str, *, decimal_point: bool = False,
) -> Wording:  # fmt: skip
    """``signs`` are the words for % & + EQUALS @ ° #, in this order."""
    begin, _, full = time.partition("|")
    return Wording(
        code, point, minus, dict(zip("%&+\u2261@\u00b0#", signs.split(","), strict=True)), _pairs(units),
        _pairs(money),
        (begin, full), to, tuple(months.split()), mark, _pairs(short), decimal_point,
    )  # fmt: skip


WORDINGS: Final = {
    "de": _wording(
        "de", "Komma", "minus", "Prozent,und,plus,gleich,ät,Grad,Nummer",
        "km=Kilometer;m=Meter;cm=Zentimeter;mm=Millimeter;kg=Kilogramm;g=Gramm;mg=Milligramm;l=Liter"
        ";ml=Milliliter;h=Stunden;Std=Stunden;min=Minuten;Min=Minuten;s=Sekunden;Sek=Sekunden"
        ";km/h=Kilometer pro Stunde;m²=Quadratmeter;km²=Quadratkilometer;GB=Gigabyte;MB=Megabyte"
        ";TB=Terabyte;kW=Kilowatt;kWh=Kilowattstunden;W=Watt;V=Volt;Hz=Hertz;t=Tonnen;ha=Hektar"
        ";°C=Grad Celsius;°F=Grad Fahrenheit;Mio=Millionen;Mrd=Milliarden;Tsd=Tausend;PS=P S;dB=Dezibel",
        "€=Euro;EUR=Euro;$=Dollar;USD=Dollar;£=Pfund;CHF=Franken;¥=Yen;¢=Cent",
        "Uhr|Uhr", "bis",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        r"\.",
        "z b=zum Beispiel;d h=das heißt;u a=unter anderem;usw=und so weiter;bzw=beziehungsweise;dr=Doktor"
        ";prof=Professor;hr=Herr;hrn=Herrn;fr=Frau;nr=Nummer;str=Straße;ca=circa;evtl=eventuell"
        ";ggf=gegebenenfalls;inkl=inklusive;exkl=exklusive;vgl=vergleiche;st=Sankt;tel=Telefon"
        ";mind=mindestens;etc=et cetera;v chr=vor Christus;n chr=nach Christus;o k=okay"
        ";bspw=beispielsweise;sog=sogenannt;abs=Absatz;s o=siehe oben;i d r=in der Regel",
    ),
    "fr": _wording(
        "fr", "virgule", "moins", "pour cent,et,plus,égale,arobase,degrés,numéro",
        "km=kilomètres;m=mètres;cm=centimètres;mm=millimètres;kg=kilos;g=grammes;mg=milligrammes;l=litres"
        ";ml=millilitres;h=heures;min=minutes;mn=minutes;s=secondes;sec=secondes;km/h=kilomètres heure"
        ";m²=mètres carrés;km²=kilomètres carrés;Go=gigaoctets;Mo=mégaoctets;To=téraoctets;kW=kilowatts"
        ";W=watts;V=volts;Hz=hertz;t=tonnes;ha=hectares;°C=degrés Celsius;°F=degrés Fahrenheit"
        ";M€=millions d'euros;Md=milliards;dB=décibels",
        "€=euros;EUR=euros;$=dollars;USD=dollars;£=livres;CHF=francs;¥=yens;¢=centimes",
        "heures|heures", "à",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        r"(?:er|re|\u00e8re|e|\u00e8me|eme|nd|nde)\b",
        "m=monsieur;mm=messieurs;mme=madame;mmes=mesdames;mlle=mademoiselle;dr=docteur;pr=professeur"
        ";p ex=par exemple;c à d=c'est à dire;etc=et cétera;st=saint;ste=sainte;av=avenue;bd=boulevard"
        ";n°=numéro;no=numéro;tél=téléphone;env=environ;max=maximum;min=minimum;j c=Jésus Christ"
        ";av j c=avant Jésus Christ;svp=s'il vous plaît;ex=exemple",
    ),
    "es": _wording(
        "es", "coma", "menos", "por ciento,y,más,igual a,arroba,grados,número",
        "km=kilómetros;m=metros;cm=centímetros;mm=milímetros;kg=kilos;g=gramos;mg=miligramos;l=litros"
        ";ml=mililitros;h=horas;min=minutos;s=segundos;seg=segundos;km/h=kilómetros por hora"
        ";m²=metros cuadrados;km²=kilómetros cuadrados;GB=gigas;MB=megas;TB=teras;kW=kilovatios;W=vatios"
        ";V=voltios;Hz=hercios;t=toneladas;ha=hectáreas;°C=grados centígrados;°F=grados Fahrenheit"
        ";dB=decibelios",
        "€=euros;EUR=euros;$=dólares;USD=dólares;£=libras;CHF=francos;¥=yenes;¢=centavos",
        "|", "a",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        r"(?:\.?[\u00ba\u00aaoa]|er|ero|era)(?!\w)",
        "sr=señor;sra=señora;srta=señorita;sres=señores;dr=doctor;dra=doctora;d=don;dña=doña;n o=número"
        ";ud=usted"
        ";uds=ustedes;vd=usted;etc=etcétera;p ej=por ejemplo;ee uu=Estados Unidos;nº=número;núm=número"
        ";av=avenida;avda=avenida;c=calle;tel=teléfono;prof=profesor;a c=antes de Cristo"
        ";d c=después de Cristo;aprox=aproximadamente;pág=página;sto=santo;sta=santa",
    ),
    "it": _wording(
        "it", "virgola", "meno", "per cento,e,più,uguale,chiocciola,gradi,numero",
        "km=chilometri;m=metri;cm=centimetri;mm=millimetri;kg=chili;g=grammi;mg=milligrammi;l=litri"
        ";ml=millilitri;h=ore;min=minuti;s=secondi;sec=secondi;km/h=chilometri orari;m²=metri quadrati"
        ";mq=metri quadrati;km²=chilometri quadrati;GB=gigabyte;MB=megabyte;TB=terabyte;kW=chilowatt"
        ";W=watt;V=volt;Hz=hertz;t=tonnellate;ha=ettari;°C=gradi centigradi;°F=gradi Fahrenheit"
        ";dB=decibel",
        "€=euro;EUR=euro;$=dollari;USD=dollari;£=sterline;CHF=franchi;¥=yen;¢=centesimi",
        "e|", "a",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        r"[\u00b0\u00ba\u00aa](?!\w)",
        "sig=signor;sigg=signori;sig ra=signora;dott=dottor;dott ssa=dottoressa;dr=dottor;prof=professor"
        ";ing=ingegner;avv=avvocato;ecc=eccetera;p es=per esempio;es=esempio;n=numero;tel=telefono;s=san"
        ";pag=pagina;ca=circa;a c=avanti Cristo;d c=dopo Cristo",
    ),
    "pt": _wording(
        "pt", "vírgula", "menos", "por cento,e,mais,igual a,arroba,graus,número",
        "km=quilômetros;m=metros;cm=centímetros;mm=milímetros;kg=quilos;g=gramas;mg=miligramas;l=litros"
        ";ml=mililitros;h=horas;min=minutos;s=segundos;seg=segundos;km/h=quilômetros por hora"
        ";m²=metros quadrados;km²=quilômetros quadrados;GB=gigabytes;MB=megabytes;TB=terabytes"
        ";kW=quilowatts;W=watts;V=volts;Hz=hertz;t=toneladas;ha=hectares;°C=graus Celsius"
        ";°F=graus Fahrenheit;dB=decibéis",
        "€=euros;EUR=euros;R$=reais;$=dólares;USD=dólares;£=libras;CHF=francos;¥=ienes;¢=centavos",
        "e|horas", "a",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        r"(?:\.?[\u00ba\u00aaoa])(?!\w)",
        "sr=senhor;sra=senhora;srta=senhorita;dr=doutor;dra=doutora;prof=professor;etc=etcétera"
        ";p ex=por exemplo;n o=número;av=avenida;r=rua;tel=telefone;pág=página;a c=antes de Cristo"
        ";d c=depois de Cristo;eua=Estados Unidos;s=são;exmo=excelentíssimo",
    ),
    "nl": _wording(
        "nl", "komma", "min", "procent,en,plus,is,apenstaartje,graden,nummer",
        "km=kilometer;m=meter;cm=centimeter;mm=millimeter;kg=kilo;g=gram;mg=milligram;l=liter"
        ";ml=milliliter;u=uur;h=uur;min=minuten;s=seconden;sec=seconden;km/h=kilometer per uur"
        ";km/u=kilometer per uur;m²=vierkante meter;km²=vierkante kilometer;GB=gigabyte;MB=megabyte"
        ";TB=terabyte;kW=kilowatt;W=watt;V=volt;Hz=hertz;t=ton;ha=hectare;°C=graden Celsius"
        ";°F=graden Fahrenheit;mln=miljoen;mld=miljard;dB=decibel",
        "€=euro;EUR=euro;$=dollar;USD=dollar;£=pond;CHF=frank;¥=yen;¢=cent",
        "uur|uur", "tot",
        "januari februari maart april mei juni juli augustus september oktober november december",
        r"(?:ste|de|e)\b",
        "dhr=de heer;mevr=mevrouw;mw=mevrouw;dr=dokter;prof=professor;bijv=bijvoorbeeld;bv=bijvoorbeeld"
        ";d w z=dat wil zeggen;enz=enzovoort;etc=et cetera;nr=nummer;ca=circa;o a=onder andere"
        ";m b t=met betrekking tot;tel=telefoon;incl=inclusief;a u b=alstublieft;i v m=in verband met"
        ";t o v=ten opzichte van;blz=bladzijde;st=sint;max=maximaal;v chr=voor Christus",
    ),
    "pl": _wording(
        "pl", "przecinek", "minus", "procent,i,plus,równa się,małpa,stopni,numer",
        "km=kilometrów;m=metrów;cm=centymetrów;mm=milimetrów;kg=kilogramów;g=gramów;mg=miligramów"
        ";l=litrów;ml=mililitrów;h=godzin;godz=godzin;min=minut;s=sekund;sek=sekund"
        ";km/h=kilometrów na godzinę;m²=metrów kwadratowych;km²=kilometrów kwadratowych;GB=gigabajtów"
        ";MB=megabajtów;kW=kilowatów;W=watów;V=woltów;Hz=herców;t=ton;ha=hektarów;°C=stopni Celsjusza"
        ";°F=stopni Fahrenheita;tys=tysięcy;mln=milionów;mld=miliardów",
        "zł=złotych;PLN=złotych;€=euro;EUR=euro;$=dolarów;USD=dolarów;£=funtów;CHF=franków;gr=groszy",
        "|", "do",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada"
        " grudnia",
        r"\.",
        "np=na przykład;itd=i tak dalej;itp=i tym podobne;m in=między innymi;tzn=to znaczy;tj=to jest"
        ";tzw=tak zwany;dr=doktor;prof=profesor;mgr=magister;inż=inżynier;ul=ulica;al=aleja;nr=numer"
        ";tel=telefon;r=roku;w=wieku;godz=godzina;ok=około;p=pan;św=święty;str=strona;n e=naszej ery"
        ";p n e=przed naszą erą",
    ),
    "ru": _wording(
        "ru", "целых", "минус", "процентов,и,плюс,равно,собака,градусов,номер",
        "км=километров;м=метров;см=сантиметров;мм=миллиметров;кг=килограммов;г=граммов;л=литров"
        ";мл=миллилитров;ч=часов;мин=минут;с=секунд;сек=секунд;км/ч=километров в час;°C=градусов Цельсия"
        ";тыс=тысяч;млн=миллионов;млрд=миллиардов;ГБ=гигабайт;МБ=мегабайт",
        "₽=рублей;руб=рублей;€=евро;$=долларов;£=фунтов",
        "|", "до",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        r"-(?:й|я|е|го|му|ой|ый|ая|ое)\b",
        "т д=так далее;т п=тому подобное;т е=то есть;т к=так как;г=год;гг=годы;ул=улица;д=дом"
        ";стр=страница;др=другие;см=смотри;им=имени;проф=профессор;тел=телефон;руб=рублей;напр=например"
        ";н э=нашей эры",
    ),
    "sv": _wording(
        "sv", "komma", "minus", "procent,och,plus,lika med,snabel a,grader,nummer",
        "km=kilometer;m=meter;cm=centimeter;mm=millimeter;kg=kilo;g=gram;l=liter;ml=milliliter"
        ";dl=deciliter;tim=timmar;h=timmar;min=minuter;s=sekunder;sek=sekunder;km/h=kilometer i timmen"
        ";m²=kvadratmeter;GB=gigabyte;MB=megabyte;°C=grader;mkr=miljoner kronor;mdr=miljarder",
        "kr=kronor;SEK=kronor;€=euro;EUR=euro;$=dollar;USD=dollar;£=pund",
        "|", "till",
        "januari februari mars april maj juni juli augusti september oktober november december",
        r":(?:a|e)\b",
        "t ex=till exempel;bl a=bland annat;m m=med mera;osv=och så vidare;dvs=det vill säga;kl=klockan"
        ";nr=nummer;ca=cirka;tel=telefon;st=stycken;s k=så kallad;f kr=före Kristus;e kr=efter Kristus"
        ";etc=et cetera",
    ),
    "da": _wording(
        "da", "komma", "minus", "procent,og,plus,lig med,snabel a,grader,nummer",
        "km=kilometer;m=meter;cm=centimeter;mm=millimeter;kg=kilo;g=gram;l=liter;ml=milliliter;t=timer"
        ";min=minutter;s=sekunder;sek=sekunder;km/t=kilometer i timen;m²=kvadratmeter;GB=gigabyte"
        ";MB=megabyte;°C=grader;mio=millioner;mia=milliarder",
        "kr=kroner;DKK=kroner;€=euro;EUR=euro;$=dollar;USD=dollar;£=pund",
        "|", "til",
        "januar februar marts april maj juni juli august september oktober november december",
        r"\.",
        "f eks=for eksempel;bl a=blandt andet;m m=med mere;osv=og så videre;dvs=det vil sige;kl=klokken"
        ";nr=nummer;ca=cirka;tlf=telefon;dr=doktor;hr=herr;fr=fru;etc=et cetera",
    ),
    "no": _wording(
        "no", "komma", "minus", "prosent,og,pluss,er lik,krøllalfa,grader,nummer",
        "km=kilometer;m=meter;cm=centimeter;mm=millimeter;kg=kilo;g=gram;l=liter;ml=milliliter"
        ";dl=desiliter;t=timer;min=minutter;s=sekunder;sek=sekunder;km/t=kilometer i timen"
        ";m²=kvadratmeter;GB=gigabyte;MB=megabyte;°C=grader;mill=millioner;mrd=milliarder",
        "kr=kroner;NOK=kroner;€=euro;EUR=euro;$=dollar;USD=dollar;£=pund",
        "|", "til",
        "januar februar mars april mai juni juli august september oktober november desember",
        r"\.",
        "f eks=for eksempel;bl a=blant annet;m m=med mer;osv=og så videre;dvs=det vil si;kl=klokken"
        ";nr=nummer;ca=cirka;tlf=telefon;dr=doktor;hr=herr;fr=fru;etc=et cetera",
    ),
    "fi": _wording(
        "fi", "pilkku", "miinus", "prosenttia,ja,plus,on yhtä kuin,miukumauku,astetta,numero",
        "km=kilometriä;m=metriä;cm=senttimetriä;mm=millimetriä;kg=kiloa;g=grammaa;l=litraa;ml=millilitraa"
        ";dl=desilitraa;t=tuntia;h=tuntia;min=minuuttia;s=sekuntia;km/h=kilometriä tunnissa;°C=astetta"
        ";milj=miljoonaa;mrd=miljardia",
        "€=euroa;EUR=euroa;$=dollaria;USD=dollaria;£=puntaa;kr=kruunua",
        "|", "viiva",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta"
        " lokakuuta marraskuuta joulukuuta",
        r"\.",
        "esim=esimerkiksi;jne=ja niin edelleen;yms=ynnä muuta sellaista;mm=muun muassa;ns=niin sanottu"
        ";klo=kello;n=noin;nro=numero;puh=puhelin;tri=tohtori;ks=katso",
    ),
    "cs": _wording(
        "cs", "celá", "minus", "procent,a,plus,rovná se,zavináč,stupňů,číslo",
        "km=kilometrů;m=metrů;cm=centimetrů;mm=milimetrů;kg=kilogramů;g=gramů;l=litrů;ml=mililitrů"
        ";h=hodin;hod=hodin;min=minut;s=sekund;km/h=kilometrů za hodinu;°C=stupňů Celsia;tis=tisíc"
        ";mil=milionů;mld=miliard",
        "Kč=korun;CZK=korun;€=eur;EUR=eur;$=dolarů;USD=dolarů;£=liber",
        "|", "až",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "",
        "např=například;atd=a tak dále;apod=a podobně;tj=to jest;tzv=tak zvaný;mj=mimo jiné;dr=doktor"
        ";prof=profesor;ul=ulice;č=číslo;tel=telefon;p=pan;cca=cirka;r=roku;sv=svatý",
    ),
    "tr": _wording(
        "tr", "virgül", "eksi", "yüzde,ve,artı,eşittir,et,derece,numara",
        "km=kilometre;m=metre;cm=santimetre;mm=milimetre;kg=kilo;g=gram;gr=gram;l=litre;lt=litre"
        ";ml=mililitre;sa=saat;dk=dakika;sn=saniye;km/s=kilometre;°C=derece;GB=gigabayt;MB=megabayt",
        "₺=lira;TL=lira;€=avro;$=dolar;£=sterlin",
        "|", "ile",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        r"\.",
        "dr=doktor;prof=profesör;vb=ve benzeri;vs=ve saire;örn=örneğin;sn=sayın;no=numara;cad=caddesi"
        ";sok=sokak;tel=telefon;m ö=milattan önce",
    ),
    "hu": _wording(
        "hu", "egész", "mínusz", "százalék,és,plusz,egyenlő,kukac,fok,szám",
        "km=kilométer;m=méter;cm=centiméter;mm=milliméter;kg=kiló;g=gramm;dkg=deka;l=liter;ml=milliliter"
        ";dl=deci;h=óra;min=perc;s=másodperc;km/h=kilométer per óra;°C=Celsius fok",
        "Ft=forint;HUF=forint;€=euró;EUR=euró;$=dollár;£=font",
        "óra|óra", "tól",
        "január február március április május június július augusztus szeptember október november"
        " december",
        r"\.",
        "pl=például;stb=s a többi;dr=doktor;kb=körülbelül;ill=illetve;u=utca;tel=telefon;id=idősebb"
        ";ifj=ifjabb",
    ),
    "ro": _wording(
        "ro", "virgulă", "minus", "la sută,și,plus,egal,arond,grade,numărul",
        "km=kilometri;m=metri;cm=centimetri;mm=milimetri;kg=kilograme;g=grame;l=litri;ml=mililitri;h=ore"
        ";min=minute;s=secunde;km/h=kilometri pe oră;°C=grade Celsius;mil=milioane;mld=miliarde",
        "lei=lei;RON=lei;€=euro;EUR=euro;$=dolari;£=lire",
        "și|", "la",
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie"
        " decembrie",
        "",
        "dl=domnul;dna=doamna;dr=doctor;prof=profesor;etc=et cetera;str=strada;nr=numărul;tel=telefon"
        ";ex=exemplu",
    ),
    "ko": _wording(
        "ko", "점", "마이너스", "퍼센트,그리고,플러스,은,골뱅이,도,번호",
        "km=킬로미터;m=미터;cm=센티미터;mm=밀리미터;kg=킬로그램;g=그램;l=리터;ml=밀리리터;km/h=킬로미터"
        ";GB=기가바이트;°C=도",
        "₩=원;$=달러;€=유로;¥=엔", "시|시", "에서",
        "일월 이월 삼월 사월 오월 유월 칠월 팔월 구월 시월 십일월 십이월", "", "",
        decimal_point=True,
    ),
}  # fmt: skip
"""By language code. What is not here has its numbers read and nothing else."""

FRACTIONS: Final = {
    code: dict(zip(("1/2", "1/3", "2/3", "1/4", "3/4"), words.split(","), strict=True))
    for code, words in {
        "de": "ein halb,ein Drittel,zwei Drittel,ein Viertel,drei Viertel",
        "fr": "un demi,un tiers,deux tiers,un quart,trois quarts",
        "es": "medio,un tercio,dos tercios,un cuarto,tres cuartos",
        "it": "mezzo,un terzo,due terzi,un quarto,tre quarti",
        "pt": "meio,um terço,dois terços,um quarto,três quartos",
        "nl": "een half,een derde,twee derde,een kwart,drie kwart",
        "pl": "pół,jedna trzecia,dwie trzecie,jedna czwarta,trzy czwarte",
        "ru": "половина,одна треть,две трети,одна четверть,три четверти",
        "sv": "en halv,en tredjedel,två tredjedelar,en fjärdedel,tre fjärdedelar",
    }.items()
}
"""Language code -> fraction -> words."""
