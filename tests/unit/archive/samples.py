"""A report with everything that reports have had trouble with: many questions, long text, names of all scripts."""

from datetime import UTC, date, datetime, timedelta

from archive.report import (
    Answer,
    AuditAnchor,
    Dates,
    Declaration,
    EndReport,
    FileEntry,
    Mandate,
    Moment,
    Occasion,
    Party,
    QuestionEntry,
    Reason,
    Result,
    Retention,
    Row,
    Tab,
    Term,
    TimelineEntry,
    Variant,
)

START = datetime(2026, 10, 21, 6, 40, tzinfo=UTC)
NAMES = ("Łukasz Groß", "Ελευθερία Παπαδοπούλου", "שרה כהן", "فاطمة الزهراء", "Жанна Đurđević")

# Each stands in a place of its own that only the full variant may show.
MARKERS = {
    name: f"PERSOON{number}"
    for number, name in enumerate(
        (
            "provider",
            "motivation",
            "own_tab",
            "own_question",
            "value",
            "standard",
            "text",
            "comment",
            "file",
            "imi_file",
            "reason",
            "name",
        ),
        start=101,
    )
}


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def _question(tab: str, position: int) -> QuestionEntry:
    number = f"{tab}.{position}"
    if number == "D.10":
        return QuestionEntry(number=number, text=f"Eigen vraag {MARKERS['own_question']}", result=Result.OPEN)
    result = Result.EXCUSED if position % 4 == 0 else Result.ANSWERED
    answer = Answer(value="Ja")
    if result == Result.EXCUSED:
        answer = Answer(
            standard=f"Deze vraag kan niet worden beantwoord: zij valt buiten artikel 40. {MARKERS['standard']}"
        )
    elif number == "A.1":
        answer = Answer(
            value=f"Ja, sinds 1 maart 2024 {MARKERS['value']}",
            text=f"{MARKERS['text']} Eerste regel.\n\nTweede alinea met CO₂ ≤ 5 ‰ → µg/m³ ✓.",
        )
    elif number == "B.2":
        answer = Answer(
            value="Zie tekst",
            text=("Het onderzoek is uitgevoerd volgens het protocol. " * 400)[:19_980] + "EINDE-VAN-DE-TEKST..",
        )
    return QuestionEntry(
        number=number,
        code=f"info-{tab.lower()}{position}",
        text="Heeft de dienstverlener een vergunning voor de genoemde dienstverleningsactiviteit?",
        result=result,
        answer=answer,
        comments=(f"Opmerking van de verzoeker {MARKERS['comment']}",) if number == "A.2" else (),
    )


def rich_report(**changes: object) -> EndReport:
    values: dict[str, object] = {
        "variant": Variant.FULL,
        "kind": Occasion.END,
        "number": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "reference": "NB-2026-00042",
        "imi_number": "123456.1",
        "module": "Diensten",
        "procedure": "Informatieverzoek",
        "channel": "via IMI",
        "practice": True,
        "home": Party(name="Provincie Noord-Brabant", country="Nederland"),
        "requesting": Party(name="Urząd Przykładowo", country="Polen"),
        "responding": Party(name="Provincie Noord-Brabant", country="Nederland"),
        "service_activity": "vuurwerk ontbranden",
        "keywords": ["vergunning", "vuurwerk"],
        "legal_basis": "Richtlijn 2006/123/EG, artikel 29",
        "state": "afgesloten",
        "outcome": "beantwoord",
        "team": "Vergunningen",
        "records_task": "C2026-118",
        "dates": Dates(
            received=Moment(at=at(0), registered_at=at(0.1)),
            accept_by=date(2026, 10, 28),
            accepted=Moment(at=at(2), registered_at=at(2)),
            asked=date(2026, 11, 4),
            proposed=date(2026, 11, 9),
            agreed=date(2026, 11, 9),
            answered=Moment(at=at(12), registered_at=at(13)),
            closed=Moment(at=at(31), registered_at=at(31)),
        ),
        "provider": [
            Row(label="Naam", value=f"Łukasz Groß {MARKERS['provider']}"),
            *(Row(label="Ook bekend als", value=name) for name in NAMES[1:]),
            Row(label="Adres", value="ul. Zmyślona 12/3, 00-950 Przykładowo, Polen"),
            Row(label="Geboortedatum", value="29 februari 1980"),
        ],
        "motivation": (
            f"De dienstverlener heeft zich gemeld. {MARKERS['motivation']}\n"
            "Vertegenwoordigd door שרה כהן en فاطمة الزهراء (Ελευθερία)."
        ),
        "tabs": [
            Tab(
                letter=letter,
                name=f"Eigen tabblad {MARKERS['own_tab']}" if letter == "D" else "Vergunning en inschrijving",
                own_name=letter == "D",
                questions=[_question(letter, position) for position in range(1, 11)],
            )
            for letter in "ABCD"
        ],
        "attachments": [
            FileEntry(
                name=f"bewijs-{number}-{NAMES[number % 5]}-{MARKERS['file']}.pdf",
                size=123_456 * number,
                sha256=f"{number:02x}" * 32,
                question=f"A.{number}",
            )
            for number in range(1, 11)
        ],
        "imi_reports": [FileEntry(name=f"imi-{MARKERS['imi_file']}.pdf", size=88_000, sha256="ab" * 32)],
        "mandate": Mandate(
            function="manager Vergunningen", reference="Mandaatbesluit 2025, nr. 14", valid_from=date(2025, 1, 1)
        ),
        "declarations": [
            Declaration(text="De gegevens zijn nodig voor een wettelijke taak.", at=at(12)),
            Declaration(text="De gegevens vallen onder de richtlijn en onze bevoegdheid.", at=at(12)),
        ],
        "reasons": [
            Reason(
                act="Vertraging gemeld",
                ground="wacht op een derde",
                article="artikel 28, vijfde lid",
                words=f"Wij wachten nog. {MARKERS['reason']}",
            )
        ],
        "timeline": [
            TimelineEntry(
                what=what,
                moment=Moment(at=at(day), registered_at=at(day + late)),
                by=by,
                name=f"J. Verzonnen {MARKERS['name']}",
            )
            for what, day, late, by in (
                ("Verzoek ontvangen", 0, 0.1, "IMI-beheerder"),
                ("Team gekozen", 0.2, 0, "IMI-beheerder"),
                ("Verzoek in behandeling genomen", 1, 0, "behandelaar"),
                ("Verzoek aanvaard", 2, 0, "behandelaar"),
                ("Antwoord verzonden", 12, 1, "behandelaar"),
                ("Verzoek afgesloten door de verzoeker", 31, 0, "behandelaar"),
            )
        ],
        "retention": [
            Retention(
                term=Term.BLOCKED,
                on=date(2027, 5, 21),
                article="artikel 14, eerste lid, Verordening (EU) nr. 1024/2012",
            ),
            Retention(
                term=Term.ERASED, on=date(2029, 11, 21), article="artikel 14, derde lid, Verordening (EU) nr. 1024/2012"
            ),
            Retention(term=Term.CASE, on=date(2036, 11, 21), article="selectielijst provincies, 10 jaar"),
        ],
        "anchor": AuditAnchor(number=17, link="9f" * 32, what="Verzoek afgesloten door de verzoeker", at=at(31)),
        "software": "IMI-balie 0.1.0",
    }
    return EndReport(**(values | changes))  # type: ignore[arg-type]
