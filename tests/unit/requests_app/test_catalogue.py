import copy
import re
from dataclasses import fields, is_dataclass

import pytest
from django.conf import settings
from django.utils import translation

from imidesk.core.bilingual import (
    LANGUAGES,
    OUTWARD_LANGUAGES,
    CatalogueError,
    OutwardText,
    Text,
    read_file,
    read_outward,
    read_text,
)
from requests_app import catalogue

SETS = catalogue.question_sets()
REAL_SETS = [question_set for question_set in SETS.values() if not question_set.fictitious]
QUESTIONS = [question for question_set in SETS.values() for question in question_set.questions]
DATA_PROTECTION = "Gelet op onze regels inzake gegevensbescherming, kunnen we deze vraag niet beantwoorden."


def texts_in(row):
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, Text):
            yield value
        for item in value if isinstance(value, tuple) else [value]:
            if is_dataclass(item) and not isinstance(item, Text):
                yield from texts_in(item)


def every_text():
    rows = [*SETS.values(), *catalogue.legal_bases(), *catalogue.standard_answers()]
    rows += [reason for kind in catalogue.REASON_KINDS for reason in catalogue.reasons(kind)]
    return [text for row in rows for text in texts_in(row)]


def outward_texts():
    return [text for text in every_text() if isinstance(text, OutwardText)]


# Words that one of the four languages has and the other three have not.
ONLY_IN = {
    "nl": {"het", "een", "niet", "wij", "deze", "voor", "uw", "dit", "geen", "naar", "onze", "van", "met", "zijn"},
    "en": {"the", "and", "this", "your", "our", "not", "with", "which", "has"},
    "de": {"der", "das", "und", "nicht", "wir", "diese", "für", "ist", "ihre", "oder", "eine", "den", "dem", "auf"},
    "fr": {"le", "la", "les", "et", "ce", "cette", "nous", "votre", "pour", "est", "une", "du", "notre", "par"},
}


@pytest.fixture
def raw_set():
    return copy.deepcopy(read_file(catalogue.DATA / "questions" / "information_request.json"))


@pytest.fixture
def answers():
    return {answer.code: answer for answer in catalogue.standard_answers()}


@pytest.mark.parametrize(
    ("procedure", "letters", "at_least"),
    [("information_request", "ABCD", 12), ("good_repute", "ABC", 8), ("sdg_evidence", "AB", 5)],
)
@pytest.mark.parametrize("fictitious", [False, True])
def test_every_procedure_has_its_set_and_a_twin_for_practice(procedure, letters, at_least, fictitious):
    """PRC-01, PRC-02, PRC-12."""
    found = catalogue.set_for(procedure, fictitious)

    assert "".join(tab.letter for tab in found.tabs) == letters
    assert len(found.questions) >= at_least
    assert found.fictitious is fictitious


def test_a_twin_asks_the_same_and_is_marked_in_code_and_name():
    for real in REAL_SETS:
        twin = catalogue.set_for(real.procedure, True)
        for language in OUTWARD_LANGUAGES:
            assert twin.name.in_language(language).startswith("FICTIEF – ")
            assert all(tab.name.in_language(language).startswith("FICTIEF – ") for tab in twin.tabs)
        assert [q.code for q in twin.questions] == [f"FICTIEF.{q.code}" for q in real.questions]
        assert [q.text for q in twin.questions] == [q.text for q in real.questions]


def test_only_a_twin_knows_a_question_by_both_codes():
    real, twin = (catalogue.set_for("information_request", fictitious) for fictitious in (False, True))
    marked = catalogue.question("FICTIEF.info.establishment.1")

    assert twin.find("info.establishment.1") == twin.find(marked.code) == marked
    assert real.find("info.establishment.1") == catalogue.question("info.establishment.1")
    assert real.find(marked.code) is None
    assert twin.tab_of("info.establishment.1").letter == "A"
    assert real.tab_of("info.unknown.1") is None


def test_every_text_stands_in_every_language_of_the_desk():
    """ANS-05."""
    assert set(LANGUAGES) == {code for code, _name in settings.LANGUAGES}
    found = every_text()

    assert len(found) > 300
    for text in found:
        assert all(text.in_language(language).strip() for language in LANGUAGES), text
        assert text.nl != text.en or text.nl.startswith("FICTIEF"), text


def test_what_the_other_side_may_read_stands_in_german_and_french_too():
    """ANS-05, ANS-07."""
    for question_set in SETS.values():
        abroad = [
            question_set.name,
            *(tab.name for tab in question_set.tabs),
            *(q.text for q in question_set.questions),
        ]
        abroad += [choice.text for question in question_set.questions for choice in question.choices]
        assert all(isinstance(text, OutwardText) for text in abroad)
    for answer in catalogue.standard_answers():
        assert isinstance(answer.text, OutwardText)
        assert answer.suggested_text is None or isinstance(answer.suggested_text, OutwardText)
    assert all(isinstance(basis.text, OutwardText) for basis in catalogue.legal_bases())
    outward = {kind for kind in catalogue.REASON_KINDS if isinstance(catalogue.reasons(kind)[0].text, OutwardText)}
    assert outward == set(catalogue.OUTWARD_REASONS) == {"forward", "refuse"}

    found = outward_texts()
    assert len(found) > 200
    for text in found:
        assert all(text.in_language(language).strip() for language in OUTWARD_LANGUAGES), text


def test_the_four_languages_name_the_same_articles_numbers_and_places_to_fill():
    for text in outward_texts():
        marks = {
            language: sorted(re.findall(r"\d[\d/]+|%\(\w+\)\w|\{\w*\}", text.in_language(language)))
            for language in OUTWARD_LANGUAGES
        }
        assert len({tuple(found) for found in marks.values()}) == 1, marks


def test_no_text_is_left_in_another_language():
    for text in outward_texts():
        for language in OUTWARD_LANGUAGES:
            words = set(re.findall(r"\w+", text.in_language(language).lower()))
            strange = {other: words & only for other, only in ONLY_IN.items() if other != language and words & only}
            assert not strange, (language, text)
    for language, only in ONLY_IN.items():
        told = [set(re.findall(r"\w+", text.in_language(language).lower())) & only for text in outward_texts()]
        assert sum(map(bool, told)) > len(told) / 2, language


@pytest.mark.parametrize(
    ("language", "expected"), [("nl", "nl"), ("en", "en"), ("DE", "de"), ("fr-BE", "fr"), ("pl", "en"), ("", "en")]
)
def test_a_requester_is_answered_in_a_language_of_the_catalogue(language, expected):
    """ANS-07, IN-16."""
    assert catalogue.language_for(language) == expected


def test_a_text_for_the_other_side_is_refused_without_german_or_with_a_fifth_language():
    right = {"nl": "Ja", "en": "Yes", "de": "Ja", "fr": "Oui"}
    assert read_outward(right, "here").fr == "Oui"
    for wrong in ({**right, "de": ""}, {**right, "pl": "Tak"}):
        with pytest.raises(CatalogueError, match="here"):
            read_outward(wrong, "here")


@pytest.mark.parametrize("raw", [{"nl": "Ja"}, {"nl": "Ja", "en": " "}, {"en": "Yes"}])
def test_a_missing_text_is_refused(raw):
    assert read_text({"nl": "Ja", "en": "Yes"}, "here").en == "Yes"
    with pytest.raises(CatalogueError, match="here"):
        read_text(raw, "here")


def test_a_text_follows_the_language_of_the_page():
    text = Text(nl="vuurwerk", en="fireworks")
    seen = {}
    for language in ("nl", "en", "en-gb", "de"):
        with translation.override(language):
            seen[language] = str(text)

    assert seen == {"nl": "vuurwerk", "en": "fireworks", "en-gb": "fireworks", "de": "vuurwerk"}


def test_codes_are_unique_and_plain():
    codes = [question.code for question in QUESTIONS]

    assert len(codes) == len(set(codes))
    assert all(code.isascii() and " " not in code and len(code) <= 60 for code in codes)
    assert all(catalogue.question(code).code == code for code in codes)


def test_the_data_protection_answer_is_offered_at_every_question():
    """IN-16: with the sentence that points to Dienst Justis."""
    for question in [*QUESTIONS, None]:
        offered = {answer.code: answer for answer in catalogue.standard_answers_for(question)}
        answer = offered["data_protection"]
        assert answer.excuses
        assert answer.forward_to == "justis"
        assert answer.text.nl == DATA_PROTECTION
        assert "competent authority called Dienst Justis" in answer.suggested_text.en


def test_a_question_on_criminal_sanctions_only_offers_answers_that_tell_nothing():
    """ANS-16, ANS-18, IN-16."""
    criminal = [question for question in QUESTIONS if question.is_criminal]

    assert {question.code.removeprefix("FICTIEF.") for question in criminal} == {
        "info.establishment.5",
        "repute.disciplinary.3",
    }
    for question in criminal:
        offered = catalogue.standard_answers_for(question)
        assert offered[0].code == "data_protection"
        assert all(answer.excuses for answer in offered)
        assert "no_information" not in {answer.code for answer in offered}
        assert "Dienst Justis" in question.help.nl
        assert "Dienst Justis" in question.help.en


def test_good_repute_says_what_may_be_given_and_which_answer_stands_for_the_rest():
    """ANS-15 to ANS-18."""
    repute = catalogue.set_for("good_repute", False)
    for word in ("onherroepelijke", "zelf", "bepalingen", "justitiële", "politie", "Bibob", "faillissement"):
        assert word in repute.warning.nl
    for word in ("final", "own", "provisions", "judicial", "police data", "Bibob", "insolvency"):
        assert word in repute.warning.en
    told = {catalogue.standard_answer(row.answer).excuses for row in repute.disclosure.withheld}
    assert told == {True}
    withheld = " ".join(row.what.nl for row in repute.disclosure.withheld)
    for word in (
        "bezwaar of beroep",
        "andere autoriteit",
        "justitiële",
        "Faillissement",
        "Wpg",
        "boa",
        "Bibob, artikel 28",
    ):
        assert word in withheld

    needed = {row.answer for row in repute.disclosure.withheld}
    for question in [*(q for q in repute.questions if not q.is_criminal), None]:
        assert needed <= {answer.code for answer in catalogue.standard_answers_for(question)}
    assert all(catalogue.set_for(other, False).disclosure is None for other in ("information_request", "sdg_evidence"))


def test_a_decision_given_all_the_same_comes_with_its_appeal_and_the_date_expected():
    """ANS-16."""
    kinds = {question.code: question for question in catalogue.set_for("good_repute", False).questions}

    assert kinds["repute.sanctions.8"].kind == "choice"
    assert {choice.code for choice in kinds["repute.sanctions.8"].choices} == {
        "objection",
        "appeal",
        "period_runs",
        "final",
    }
    assert kinds["repute.sanctions.9"].kind == "date"
    assert all("not_final" in kinds[code].standard_answers for code in ("repute.sanctions.8", "repute.sanctions.9"))


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("repute.sanctions.7", "not_final"),
        ("repute.disciplinary.3", "data_protection"),
        ("repute.disciplinary.4", "insolvency"),
        ("repute.sanctions.6", "not_own_decision"),
    ],
)
def test_what_may_not_be_given_has_a_standard_answer_that_excuses(code, answer):
    """ANS-16."""
    offered = {row.code: row for row in catalogue.standard_answers_for(catalogue.question(code))}

    assert offered[answer].excuses


def test_an_unknown_standard_answer_is_refused(raw_set, answers):
    assert catalogue.read_question_set(raw_set, answers).code == "info"
    raw_set["tabs"][0]["questions"][0]["standard_answers"].append("made_up")

    with pytest.raises(CatalogueError, match=r"info\.establishment\.1.*made_up"):
        catalogue.read_question_set(raw_set, answers)


@pytest.mark.parametrize(
    "fault",
    [{"kind": "colour"}, {"kind": "choice"}, {"subject": "weather"}, {"help": {"nl": "Alleen Nederlands"}}],
)
def test_a_faulty_question_is_refused(raw_set, answers, fault):
    raw_set["tabs"][0]["questions"][0] |= fault

    with pytest.raises(CatalogueError, match=r"info\.establishment\.1"):
        catalogue.read_question_set(raw_set, answers)


def test_a_code_used_twice_is_refused():
    rows = read_file(catalogue.DATA / "standard_answers.json")
    rows["standard_answers"].append(rows["standard_answers"][0])

    with pytest.raises(CatalogueError, match="used twice"):
        catalogue.read_standard_answers(rows)


def test_a_retired_question_is_still_found_but_no_longer_asked(raw_set, answers):
    raw_set["tabs"][0]["questions"][0]["retired"] = True
    changed = catalogue.read_question_set(raw_set, answers)

    assert "info.establishment.1" not in {question.code for question in changed.questions}
    assert changed.find("info.establishment.1").retired
    assert catalogue.fictitious_twin(changed).find("info.establishment.1").retired


def test_a_request_is_refused_on_two_grounds_only():
    """IN-13."""
    assert {reason.code for reason in catalogue.reasons("refuse")} == {
        "refuse.insufficiently_reasoned",
        "refuse.outside_scope",
    }
    outside = catalogue.reason("refuse.outside_scope")
    for nl, en in (("belastingen", "taxes"), ("gezondheidszorg", "health care"), ("onderwijs", "education")):
        assert nl in outside.help.nl
        assert en in outside.help.en


def test_forwarding_knows_justis_and_the_coordinator():
    """IN-14, IN-15, AUT-29: who may not refuse puts the ground to the coordinator."""
    by_target = {}
    for reason in catalogue.reasons("forward"):
        by_target.setdefault(reason.target, []).append(reason)

    assert "forward.criminal_sanctions" in {reason.code for reason in by_target["justis"]}
    grounds = {reason.ground for reason in by_target["nimic"] if reason.ground}
    assert grounds == {reason.code for reason in catalogue.reasons("refuse")}


@pytest.mark.parametrize("kind", catalogue.REASON_KINDS)
def test_every_step_that_asks_a_reason_has_a_choice(kind):
    """IN-13, IN-22."""
    offered = catalogue.reasons(kind)

    assert len(offered) >= 2
    assert not any(reason.by_desk for reason in offered)
    assert all(catalogue.reason(reason.code) == reason for reason in offered)


def test_what_the_desk_ends_by_itself_has_a_reason_nobody_can_choose():
    for code in ("entered_in_error.stale_draft", "entered_in_error.practice_ended"):
        assert catalogue.reason(code).by_desk


def test_an_unknown_kind_or_procedure_is_refused():
    with pytest.raises(CatalogueError):
        catalogue.reasons("mood")
    with pytest.raises(CatalogueError):
        catalogue.set_for("alert", False)


@pytest.mark.parametrize("procedure", catalogue.PROCEDURES)
def test_every_procedure_has_a_legal_basis(procedure):
    assert catalogue.legal_bases(procedure)
    assert catalogue.legal_basis("dienstenwet_40") in catalogue.legal_bases("good_repute")


def test_the_letter_to_the_provider_has_the_same_places_in_both_languages():
    """ANS-17."""
    letter = catalogue.provider_letter()
    places = {language: set(re.findall(r"%\(\w+\)s", letter.text.in_language(language))) for language in LANGUAGES}

    assert places["nl"] == places["en"]
    assert {"%(provider)s", "%(given)s", "%(requester)s", "%(day)s", "%(contact)s"} <= places["nl"]
    assert len(set(letter.gaps())) == 4
