"""The guard in other languages: what it reads, and what it leaves to a person."""

import pytest

from insights.text.guard import LeftOver, compare, read

NEAR_MISSES = {
    "de": [
        ("Das Essen ist kalt.", "Das Essen ist nicht kalt."),
        ("Die Kantine öffnet am Montag.", "Die Kantine öffnet am Dienstag."),
        ("Alle Pfleger bekommen den Plan.", "Einige Pfleger bekommen den Plan."),
        ("Die Leitung muss zustimmen.", "Die Leitung soll zustimmen."),
        ("Der Bus fährt vor der Schicht.", "Der Bus fährt nach der Schicht."),
    ],
    "fr": [
        ("Le repas est froid.", "Le repas n'est pas froid."),
        ("La salle est ouverte le soir.", "La salle est fermée le soir."),
        ("La visite dure trois heures.", "La visite dure treize heures."),
    ],
    "es": [
        ("La comida es buena.", "La comida no es buena."),
        ("Todos los turnos empiezan a las ocho.", "Algunos turnos empiezan a las ocho."),
    ],
    "pt": [
        ("O sistema funciona com a rede.", "O sistema funciona sem a rede."),
        ("A reunião é antes do almoço.", "A reunião é depois do almoço."),
    ],
    "it": [
        ("La mensa è sempre aperta.", "La mensa non è sempre aperta."),
        ("Il turno dura sei ore.", "Il turno dura sette ore."),
    ],
    "nl": [
        ("Het eten is koud en de soep is zout.", "Het eten is niet koud en de soep is zout."),
        ("De dienst begint op maandag.", "De dienst begint op dinsdag."),
    ],
    "pl": [
        ("Jedzenie jest w pokoju.", "Jedzenie nie jest w pokoju."),
        ("Kuchnia jest otwarta po zmianie.", "Kuchnia jest otwarta przed zmianą."),
    ],
    "sv": [
        ("Maten är kall och soppan är salt.", "Maten är inte kall och soppan är salt."),
        ("Alla får en nyckel till huset.", "Några får en nyckel till huset."),
    ],
}
PAIRS = [(code, *pair) for code, pairs in NEAR_MISSES.items() for pair in pairs]
UNKNOWN = [
    ("Elevatoren virker om natten", "Elevatoren virker ikke om natten"),
    ("Hissi toimii yöllä", "Hissi ei toimi yöllä"),
    ("Asansör gece çalışıyor", "Asansör gece çalışmıyor"),
    ("Mâncarea este rece", "Mâncarea nu este rece"),
    ("Jídlo je studené", "Jídlo není studené"),
    ("Еда холодная", "Еда не холодная"),
    ("食事が冷たい", "食事が冷たくない"),
    ("الطعام بارد", "الطعام ليس باردا"),
    ("음식이 차갑다", "음식이 차갑지 않다"),
]


@pytest.mark.parametrize(("code", "left", "right"), PAIRS)
def test_a_near_miss_is_a_conflict_in_each_tested_language(code, left, right):
    assert compare(left, right).blocks
    assert read(left).language == code


@pytest.mark.parametrize(("left", "right"), UNKNOWN)
def test_a_language_without_rules_is_not_read(left, right):
    assert compare(left, right).left_over is LeftOver.UNREAD
    assert "No tested rules" in compare(left, right).sentences()[0]


def test_two_languages_are_not_compared():
    assert compare("The food is cold.", "Das Essen ist kalt.").left_over is LeftOver.UNREAD


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Die Suche ist zuverlässig.", "Die Suche ist sehr zuverlässig"),
        ("Le repas est froid.", "Le repas est très froid"),
        ("La comida es muy buena", "La comida es buena."),
    ],
)
def test_harmless_words_are_harmless_in_other_languages_too(left, right):
    assert compare(left, right).left_over is LeftOver.IDENTICAL


@pytest.mark.parametrize(
    "statement",
    [
        "Coats do not fit", "Data entry is boring", "Staff love it", "Printer jams daily",
        "sony bravia 46 black lcd hdtv kdl46xbr6", "Users hate die-cut labels", "WiFi drops",
    ],
)  # fmt: skip
def test_a_short_english_statement_is_english(statement):
    assert read(statement).language == "en"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Die Lehrer und die Eltern sind müde.", "Die Eltern und die Lehrer sind müde."),
        ("Les parents et les profs sont fatigués.", "Les profs et les parents sont fatigués."),
        ("Die Tür ist nicht offen.", "Die Tür ist geschlossen."),
        ("La porte n'est pas ouverte.", "La porte est fermée."),
        ("De soep is vaak te zout.", "De soep is dikwijls te zout."),
        ("O sinal cai com frequência.", "O sinal cai muitas vezes."),
    ],
)
def test_lists_denied_opposites_and_other_words_for_a_signal_say_the_same(left, right):
    assert not compare(left, right).blocks
    assert not compare(right, left).blocks
