"""Generate near misses: real statements with one edit that makes them say something else.

English statements are edited by rule, each rule a kind. For other languages, subjects are combined
with pairs of predicates that contradict one another. Deterministic, and independent of the guard's
own word lists, which it is there to test.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple


class NearMiss(NamedTuple):
    language: str
    kind: str
    first: str
    second: str


# kind -> edits: a pattern and what takes the place of its first match
_EDITS: dict[str, list[tuple[str, str]]] = {
    "number": [
        (r"(?<![\w.,:-])([1-8]\d?)(?![\w.,:/%-])", "9\\g<1>"),
        (r"\btwo\b", "seven"),
        (r"\bthree\b", "eleven"),
        (r"\bfour\b", "forty"),
        (r"\bten\b", "twelve"),
        (r"\bhalf\b(?= (?:of|the))", "a third"),
        (r"\btwice\b", "three times"),
    ],
    "negation": [
        (r"\b(is|are|was|were|can|will|should|must)\b(?! not|n't)", "\\g<1> not"),
        (r"\bdo not\b", "do"),
        (r"\bdoes not (\w+)\b", "does \\g<1>"),
        (r"\bcannot\b", "can"),
        (r"\bwithout\b", "with"),
        (r"\balways\b", "never"),
    ],
    "quantifier": [
        (r"\b(?:all|every|each)\b", "some"),
        (r"\bmost\b", "few"),
        (r"\bmany\b", "few"),
        (r"\bnever\b", "sometimes"),
        (r"\boften\b", "rarely"),
        (r"^(Staff|Nurses|Carers|Managers|Residents|Users|Customers|People|Teams)\b", "Few \\g<1>"),
    ],
    "modality": [
        (r"\bmust\b", "may"),
        (r"\bshould\b", "can"),
        (r"\b(?:can|may)\b", "must"),
        (r"\bwant to\b", "have to"),
        (r"\b(?:is|are)\b(?! not)", "might be"),
    ],
    "tense": [
        (r"\bis\b", "was"),
        (r"\bare\b", "were"),
        (r"\bwas\b", "is"),
        (r"\bwere\b", "are"),
        (r"\bwill\b", "did"),
        (r"\bhas\b", "will have"),
    ],
    "order": [
        (r"\bbefore\b", "after"),
        (r"\bafter\b", "before"),
        (r"\buntil\b", "after"),
        (r"\bwhile\b", "before"),
        (r"\bsince\b", "until"),
    ],
    "opposite": [
        (r"\bmore\b", "less"),
        (r"\btoo late\b", "too early"),
        (r"\bslow\b", "fast"),
        (r"\bfaster\b", "slower"),
        (r"\bshort\b", "long"),
        (r"\bhard\b", "easy"),
        (r"\bgood\b", "bad"),
        (r"\bhigh\b", "low"),
        (r"\bopens?\b", "closed"),
        (r"\bgrows?\b", "shrink"),
        (r"\blikes?\b", "hate"),
        (r"\bincreases?\b", "reduce"),
        (r"\breduces?\b", "increase"),
        (r"\bimproves?\b", "worsen"),
    ],
    "unit": [
        (r"\bminutes\b", "hours"),
        (r"\bhours\b", "days"),
        (r"\bdays\b", "weeks"),
        (r"\bweeks\b", "months"),
        (r"\bmonths?\b", "year"),
        (r"\bGB\b", "MB"),
        (r"\bMB\b", "GB"),
        (r"€", "$"),
        (r"£", "€"),
        (r" ?%", " percentage points"),
    ],
    "scope": [
        (r"\bonly\b", "even"),
        (r"^(Staff|Nurses|Carers|Managers|Residents|Users|Customers|People)\b", "Only \\g<1>"),
        (r"\bif\b", "unless"),
        (r"\bbecause of\b", "despite"),
        (r"\bbecause\b", "although"),
        (r"\band\b", "or"),
    ],
    "name": [
        (r"(?<=[a-z] )(?:Leeds|York|Hull|London|Berlin|Paris)\b", "Oslo"),
        (r"\b(?:Excel|WhatsApp|Slack|Outlook|Word|Android|Windows)\b", "Trello"),
        (r"\b(?:Monday|Tuesday|Wednesday|Thursday|Friday)s?\b", "Sunday"),
        (r"\b(?:January|February|March|April|June|July)\b", "November"),
        (r"^(?:Nurses|Carers|Managers)\b", "Cooks"),
        (r"\b(?:nurses|carers|managers)\b", "cooks"),
    ],
    "denial": [
        (r"^(?=[A-Z])", "It is not true that "),
        (r"^(?=[A-Z])", "Perhaps "),
        (r"^(?=[A-Z])", "It is doubtful whether "),
    ],
    "sign": [(r"[.!]?$", " 👎"), (r"[.!]?$", "?")],
}


def edited(statements: Iterable[str]) -> Iterator[NearMiss]:
    """Yield a near miss for each edit that an English statement has a place for."""
    for statement in statements:
        for kind, edits in _EDITS.items():
            for pattern, by in edits:
                changed = re.sub(pattern, by, statement, count=1)
                if changed != statement:
                    yield NearMiss("en", kind, statement, changed)


# language -> subjects | predicates: "kind: one / other"
_COMBINED = {
    "en": """The nurse;The new app;The manager of the home;The night team;Our supplier
        role: trusts the doctor more than the cook / trusts the cook more than the doctor
        number: waits for five days / waits for fifteen days
        tense: was praised in Leeds / will be praised in Leeds
        modality: must sign the form / may sign the form
        attribution: is said to be slow by staff / is said to be slow by guests
        scope: works only at night / works even at night""",
    "de": """Der Aufzug;Die neue Software;Der Dienstplan;Das Essen im Heim;Die Leitung der Station
        negation: ist zuverlässig und gut / ist nicht zuverlässig und gut
        number: kommt mit fünf Tagen Verspätung / kommt mit fünfzehn Tagen Verspätung
        quantifier: ist immer ein Thema für alle / ist immer ein Thema für wenige
        modality: muss sich im Sommer ändern / kann sich im Sommer ändern
        tense: ist für die Bewohner ein Problem / war für die Bewohner ein Problem
        order: war vor der Sitzung ein Thema / war nach der Sitzung ein Thema
        opposite: ist in der Nacht zu laut / ist in der Nacht zu leise
        date: wird am Montag geprüft / wird am Freitag geprüft
        scope: ist nur für die Mitarbeiter da / ist auch nur für Gäste da
        cause: ist wegen der Kosten ein Problem / ist trotz der Kosten ein Problem""",
    "fr": """Le repas;La nouvelle salle;Le planning;Le site de la résidence;La direction
        negation: est un problème pour nous / n'est pas un problème pour nous
        number: arrive avec cinq jours de retard / arrive avec quinze jours de retard
        quantifier: est toujours critiqué par tous / est parfois critiqué par tous
        modality: doit changer avec le temps / peut changer avec le temps
        tense: est dans la maison / était dans la maison
        order: est contrôlé avant la réunion / est contrôlé après la réunion
        opposite: est ouvert le soir avec nous / est fermé le soir avec nous
        date: est contrôlé le lundi matin / est contrôlé le jeudi matin
        cause: est critiqué à cause du prix / est critiqué malgré le prix
        scope: est pour les clients / est seulement pour les clients""",
    "es": """El ascensor;La comida;El turno de noche;La nueva página;El centro de la ciudad
        negation: es un problema para todos / no es un problema para todos
        number: llega con cinco días de retraso / llega con quince días de retraso
        quantifier: es siempre un tema para muchos / es a veces un tema para muchos
        modality: debe cambiar este año / puede cambiar este año
        tense: es un problema en la casa / era un problema en la casa
        order: empieza antes de la reunión / empieza después de la reunión
        opposite: está abierto por la noche / está cerrado por la noche
        date: es el lunes por la tarde / es el jueves por la tarde
        cause: es útil porque es caro / es útil aunque es caro
        role: va de Madrid a Toledo / va de Toledo a Madrid""",
    "pt": """O elevador;A comida;O turno da noite;A nova página;O centro da cidade
        negation: é um problema para todos / não é um problema para todos
        number: chega com cinco dias de atraso / chega com quinze dias de atraso
        quantifier: é sempre um tema para muitos / é às vezes um tema para muitos
        modality: deve mudar neste ano / pode mudar neste ano
        tense: é um problema na casa / era um problema na casa
        order: começa antes da reunião / começa depois da reunião
        opposite: está aberto durante a noite / está fechado durante a noite
        cause: é útil porque é caro / é útil embora seja caro
        role: funciona com a rede / funciona sem a rede
        scope: é para os clientes / é só para os clientes""",
    "it": """L'ascensore;La cena;Il turno di notte;La nuova pagina;Il centro della città
        negation: è un problema per tutti / non è un problema per tutti
        number: arriva con cinque giorni di ritardo / arriva con quindici giorni di ritardo
        quantifier: è sempre un tema per molti / è a volte un tema per molti
        modality: deve cambiare quest'anno / può cambiare quest'anno
        tense: è un problema nella casa / era un problema nella casa
        order: comincia prima della riunione / comincia dopo la riunione
        opposite: è aperto durante la notte / è chiuso durante la notte
        date: è il lunedì di ogni mese / è il giovedì di ogni mese
        cause: è utile perché è caro / è utile benché sia caro
        scope: è per i clienti / è solo per i clienti""",
    "nl": """De lift;Het eten;De dienst van de nacht;De nieuwe pagina;Het hoofd van de afdeling
        negation: is een probleem voor ons / is geen probleem voor ons
        number: komt met vijf dagen vertraging / komt met vijftien dagen vertraging
        quantifier: is altijd een onderwerp voor ons / is soms een onderwerp voor ons
        modality: moet in de zomer veranderen / mag in de zomer veranderen
        tense: is een probleem in het huis / was een probleem in het huis
        order: begint voor de vergadering van het team / begint na de vergadering van het team
        opposite: is in de nacht te luid / is in de nacht te stil
        date: is op maandag in het huis / is op donderdag in het huis
        cause: is er vanwege de kosten niet / is er ondanks de kosten niet
        scope: is voor de klanten van het huis / is alleen voor de klanten van het huis""",
    "pl": """Winda;Jedzenie;Nocna zmiana;Nowa strona;Kierownik oddziału
        negation: jest problemem dla nas w domu / nie jest problemem dla nas w domu
        number: jest w domu od pięciu dni / jest w domu od piętnastu dni
        quantifier: jest zawsze tematem dla nas / jest czasem tematem dla nas
        modality: musi się zmienić w tym roku / może się zmienić w tym roku
        tense: jest problemem w domu / była problemem w domu
        order: jest tutaj przed spotkaniem / jest tutaj po spotkaniu
        opposite: jest w nocy zbyt głośna / jest w nocy zbyt cicha
        date: jest tutaj w poniedziałek / jest tutaj w czwartek
        cause: jest tutaj bo jest drogo / jest tutaj choć jest drogo
        scope: jest dla klientów z domu / jest tylko dla klientów z domu""",
    "sv": """Hissen;Maten;Den nya sidan;Chefen för huset;Det stora köket
        negation: är ett problem för oss / är inte ett problem för oss
        number: har varit här i fem dagar / har varit här i femton dagar
        quantifier: är alltid ett ämne för oss / är ibland ett ämne för oss
        modality: måste vara bättre för oss / kan vara bättre för oss
        tense: är ett problem i huset / var ett problem i huset
        order: är här före mötet / är här efter mötet
        opposite: är för dyr för oss / är för billig för oss
        date: är här på måndag / är här på torsdag
        cause: är här eftersom det är sent / är här fast det är sent
        scope: är för de boende / är bara för de boende""",
    # Languages without rules: nothing may pass at all.
    "da": """Elevatoren;Maden;Den nye side;Lederen af huset
        negation: er et problem for os / er ikke et problem for os
        number: har været her i fem dage / har været her i femten dage
        quantifier: er altid et emne for os / er aldrig et emne for os
        order: er her før mødet / er her efter mødet""",
    "fi": """Hissi;Ruoka;Uusi sivu;Talon johtaja
        negation: on ongelma meille / ei ole ongelma meille
        number: on ollut täällä viisi päivää / on ollut täällä kuusi päivää
        quantifier: on aina aihe meille / on joskus aihe meille
        order: on täällä ennen kokousta / on täällä kokouksen jälkeen""",
    "tr": """Asansör;Yemek;Yeni sayfa;Evin müdürü
        negation: bizim için bir sorun / bizim için bir sorun değil
        number: beş gündür burada / on beş gündür burada
        quantifier: her zaman geç geliyor / bazen geç geliyor
        order: toplantıdan önce geliyor / toplantıdan sonra geliyor""",
    "ro": """Liftul;Mâncarea;Pagina nouă;Directorul casei
        negation: este o problemă pentru noi / nu este o problemă pentru noi
        number: este aici de cinci zile / este aici de șase zile
        quantifier: este mereu o problemă / este uneori o problemă
        order: este aici înainte de ședință / este aici după ședință""",
    "ru": """Лифт;Завтрак;Новый сайт;Директор дома
        negation: работает ночью / не работает ночью
        number: ждёт пять дней / ждёт шесть дней
        quantifier: всегда опаздывает / иногда опаздывает
        order: приходит до собрания / приходит после собрания""",
    "zh": """电梯;午餐;新网站;经理
        negation: 是个问题 / 不是个问题
        number: 已经五天了 / 已经六天了
        quantifier: 总是很慢 / 有时很慢
        order: 在会议前很好 / 在会议后很好""",
}
UNTESTED = ("da", "fi", "tr", "ro", "ru", "zh")


def combined() -> Iterator[NearMiss]:
    """Yield every subject of a language with every pair of predicates."""
    for language, text in _COMBINED.items():
        head, *rows = text.splitlines()
        for subject, row in product(head.split(";"), rows):
            kind, _, predicates = row.strip().partition(": ")
            first, second = predicates.split(" / ")
            gap = "" if language == "zh" else " "
            yield NearMiss(language, kind, f"{subject}{gap}{first}", f"{subject}{gap}{second}")
