""" "Waarom deze datum?": the reckoning in words with the rule, and which reminders come (design 9, "Dates")."""

from datetime import date, timedelta
from html import unescape

from django.urls import reverse
from django.utils.translation import override

from imidesk.core import clock
from requests_app.selectors import dates
from requests_app.services import answering, reminding
from tests.factories.time import stand_at

MONDAY = date(2026, 11, 16)


def page(client, name, info_request):
    answer = client.get(reverse(f"requests_app:{name}", args=[info_request.reference]))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_acceptance_date_is_reckoned_in_words(world, sign_in):
    stand_at(MONDAY)
    html = page(sign_in(world.allocator), "detail", world.received())
    assert "Het verzoek kwam binnen op maandag 16 november 2026. Die dag telt niet mee." in html
    assert "7 kalenderdagen later is het maandag 23 november 2026." in html
    assert "STA-03" in html
    assert html.count("<details") == html.count("</details>") >= 2


def test_a_date_in_a_weekend_does_not_move_and_says_so(world, sign_in):
    stand_at(MONDAY - timedelta(days=1))
    html = page(sign_in(world.allocator), "detail", world.received())
    assert "zondag 22 november 2026 valt in een weekend. De datum schuift niet op." in html
    assert "De laatste werkdag ervoor is vrijdag 20 november 2026." in html


def test_the_answer_date_tells_asked_proposed_and_agreed(world, sign_in):
    stand_at(MONDAY)
    info_request = world.assigned(reply_days=14)
    answering.accept_request(
        info_request=info_request, actor=world.handler, done_at=clock.now(), proposed_on=date(2026, 12, 25)
    )
    html = page(sign_in(world.handler), "detail", info_request)
    assert "De verzoeker vraagt om een antwoord binnen 14 kalenderdagen: maandag 30 november 2026." in html
    assert "Tot de verzoeker akkoord is, geldt de gevraagde datum." in html
    answering.agree_date(info_request=info_request, actor=world.handler, agreed_on=date(2026, 12, 25))
    html = page(sign_in(world.handler), "detail", info_request)
    assert "vrijdag 25 december 2026 is afgesproken met de verzoeker." in html
    assert "is een feestdag in Nederland (Eerste kerstdag)" in html


def test_blocking_and_erasing_name_the_article(world, sign_in):
    stand_at(date(2026, 8, 31))
    html = page(sign_in(world.handler), "detail", world.closed())
    assert "6 kalendermaanden later is het zondag 28 februari 2027." in html
    assert "Die maand heeft geen dag 31. Daarom geldt de laatste dag van de maand." in html
    assert "36 kalendermaanden later is het vrijdag 31 augustus 2029." in html
    assert "artikel 14" in html


def test_the_timeline_tells_which_reminders_come_and_which_were_sent(world, sign_in):
    stand_at(MONDAY + timedelta(days=1))
    info_request = world.assigned()
    client = sign_in(world.handler)
    html = page(client, "timeline", info_request)
    assert "Volgende herinnering" in html
    assert "donderdag 19 november 2026" in html
    assert "zaterdag 21 november 2026 valt in een weekend. Een herinnering gaat dan op de werkdag ervoor" in html
    assert "in Nederland en in Duitsland een werkdag" in html
    assert "Verstuurd" not in html
    stand_at(MONDAY + timedelta(days=3))
    reminding.send_due_reminders()
    sent = page(client, "timeline", info_request).split("<h3>Verstuurd</h3>")[1]
    assert "donderdag 19 november 2026</time> (dag 2 van de aanvaardingstermijn)" in sent


def test_working_days_before_the_answer_name_the_holidays_in_between(world):
    stand_at(date(2026, 3, 25))
    info_request = world.accepted(reply_days=14)
    coming = {row.day: row for row in dates.reminding(info_request).coming}
    assert list(coming) == [date(2026, 3, 30), date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 10)]
    with override("nl"):
        steps = " ".join(dates.reminding(info_request).coming[0].why.steps)
    assert "5 werkdagen ervoor is het maandag 30 maart 2026." in steps
    assert "vrijdag 3 april 2026 is een feestdag in Nederland (Goede vrijdag)." in steps
    assert "maandag 6 april 2026 is een feestdag in Nederland (Tweede paasdag)." in steps


def test_every_reminder_of_every_state_has_its_reckoning(world):
    """Each kind of base and unit has its sentence, in both languages."""
    stand_at(MONDAY)
    requests = [world.received(), world.accepted(reply_days=13), world.answered(), world.closed()]
    prepared = world.complete()
    answering.prepare_answer(info_request=prepared, actor=world.handler)
    for language in ("nl", "en"):
        with override(language):
            for info_request in [*requests, prepared]:
                reminding_ = dates.reminding(info_request)
                assert reminding_.next
                for row in reminding_.coming:
                    assert row.what and row.why.steps and row.why.source
                    assert any(dates.in_full(row.day) in step for step in row.why.steps)
