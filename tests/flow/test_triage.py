"""Triage: a proposal with its reasons, asking for a request, returning, delays, handing over, absences (issue 3)."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from authorities.models import Absence, Keyword, Mandate, Membership, ServiceActivity, Team
from authorities.services import record_absence
from authorities.vocabulary import Module, Role, UserStatus
from imidesk.core import audit, clock
from imidesk.core.errors import DomainError
from imidesk.core.models import OutgoingMessage
from requests_app import catalogue
from requests_app.models import Allocation, AllocationWish, InformationRequest, SealedText
from requests_app.models.access import Access
from requests_app.permissions import look
from requests_app.selectors import case, suggesting
from requests_app.services import answering, assigning
from requests_app.vocabulary import Action, Channel, Grant, MailTemplate, Part, Procedure, Purpose, State, TextKind
from requests_app.writing import NewQuestion
from tests.factories.world import SUBJECT, make_user, mandated, member


def url(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def events(info_request):
    return list(audit.events_of("request", info_request.uuid))


def handlers_of(info_request):
    rows = Allocation.objects.filter(info_request=info_request, handler__isnull=False).current()
    return {row.handler for row in rows}


def mailed(template):
    return set(OutgoingMessage.objects.filter(template=template, user__isnull=False).values_list("user", flat=True))


def text_of(response):
    return response.content.decode()


def proposal_for(info_request):
    return suggesting.choices_for(info_request, clock.today()).proposal


def sources(reasons):
    return " | ".join(f"{reason.text} [{reason.source}]" for reason in reasons)


def absent(user, days=10, deputy=None):
    today = clock.today()
    return Absence.objects.create(user=user, first_day=today, last_day=today + timedelta(days=days), deputy=deputy)


def can(user, grant, info_request):
    return InformationRequest.objects.allowed(user, grant).filter(pk=info_request.pk).exists()


class TestProposal:
    def test_one_press_allocates_team_and_handler_and_says_why(self, world, sign_in):
        """IN-07: activity, team, load and mandate, each with its row; no name of the provider anywhere."""
        world.team.service_activities.add(world.activity)
        info_request = world.received()
        client = sign_in(world.allocator)

        page = client.get(url("assign", info_request))

        proposal = page.context["proposal"]
        assert (proposal.team.team, proposal.handler.user) == (world.team, world.handler)
        reasons = [reason for _who, found in proposal.reasons for reason in found]
        said = sources(reasons)
        assert str(world.activity) in said and f"[rij van team {world.team}" in said
        assert "voorgestelde team" in said and "open verzoeken" in said and "Mandaatregeling GS 2024" in said
        assert all(reason.text.split("“")[0] in text_of(page) for reason in reasons)
        assert f"Waarom {world.handler}" in text_of(page)
        assert "Mandaat vandaag: adviseur vergunningen, Mandaatregeling GS 2024." in text_of(page)
        assert f"Wijs toe volgens het voorstel: {world.handler}" in text_of(page)
        assert SUBJECT["family_name"] not in text_of(page)
        pressed = client.post(
            url("assign", info_request),
            {"to": "proposal", "proposed_team": world.team.pk, "proposed_handler": world.handler.pk},
        )
        assert pressed.url == url("task", info_request)
        assert handlers_of(info_request) == {world.handler}
        assert Allocation.objects.current().get(info_request=info_request, handler=None).team == world.team
        event = events(info_request)[-1]
        assert (event.action, event.details["team"]) == (Action.ALLOCATED, world.team.pk)
        assert mailed(MailTemplate.ALLOCATED) == {world.handler.pk} and not mailed(MailTemplate.TEAM_CHOSEN)

    def test_earlier_choices_count_and_name_the_requests(self, world):
        """ "3 van de laatste 4 keer"; the newest four only, wrong entries and other activities left out."""
        other = ServiceActivity.objects.create(code="other", name_nl="iets anders", name_en="something else")
        for days, handler in ((9, world.handler), (5, world.other_handler), (4, world.other_handler)):
            request = world.received(received_at=clock.now() - timedelta(days=days))
            assigning.allocate(info_request=request, actor=world.allocator, handlers=[handler])
        for days in (3, 2):
            request = world.received(received_at=clock.now() - timedelta(days=days))
            handlers = [world.other_handler if days == 3 else world.handler]
            assigning.allocate(info_request=request, actor=world.allocator, handlers=handlers)
        elsewhere = world.received(service_activity=other)
        assigning.allocate(info_request=elsewhere, actor=world.allocator, handlers=[world.handler])

        proposal = proposal_for(world.received())

        assert proposal.handler.user == world.other_handler and proposal.team is None
        said = sources(proposal.handler.reasons)
        assert "3 van de laatste 4 keer" in said
        assert elsewhere.reference not in said and request.reference in said
        behind = next(
            choice
            for choice in suggesting.choices_for(world.received(), clock.today()).handlers
            if choice.user == world.handler
        )
        assert behind.lower == "Had 1 van de laatste 4 verzoeken hierover."

    def test_a_keyword_finds_the_team_where_the_activity_is_not_listed(self, world):
        keyword = Keyword.objects.create(code="water", name_nl="water", name_en="water")
        drilling = ServiceActivity.objects.create(code="drill", name_nl="boren", name_en="drilling")
        drilling.keywords.add(keyword)
        world.team.service_activities.add(drilling)
        Team.objects.create(authority=world.home, name="Aaa", corsa_tray="Bak")
        info_request = world.received(service_activity=None, activity_not_listed=True, keywords=(keyword,))

        found = suggesting.choices_for(info_request, clock.today())

        assert found.teams[0].team == world.team and found.teams[0].is_suggested
        assert "“water”" in found.teams[0].why and "“boren”" in found.teams[0].why
        assert found.teams[1].lower == "Geen trefwoord past bij een activiteit van dit team."

    def test_who_is_absent_is_not_proposed_but_may_be_chosen(self, world, sign_in):
        """IN-05: a warning with the last day and the deputy, never a block."""
        world.team.service_activities.add(world.activity)
        member(world.other_handler, world.home, Role.TOEZICHTHOUDER, Module.SERVICES)
        row = absent(world.handler, deputy=world.other_handler)
        info_request = world.received()
        client = sign_in(world.allocator)

        page = client.get(url("assign", info_request))

        assert page.context["proposal"].handler is None
        assert "Afwezig tot en met" in text_of(page) and "Vervanger: Dirk Voorbeeld" in text_of(page)
        choices = {choice.user: choice for choice in page.context["form"].handler_choices}
        assert "Vervangt Carla Voorbeeld" in sources(choices[world.other_handler].reasons)
        chosen = client.post(url("assign", info_request), {"to": "handlers", "handlers": world.handler.pk}, follow=True)
        assert handlers_of(info_request) == {world.handler}
        assert "Let op bij Carla Voorbeeld" in text_of(chosen) and str(row.last_day.year) in text_of(chosen)

    def test_who_returned_it_is_not_proposed_again(self, world):
        world.team.service_activities.add(world.activity)
        info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        assigning.return_for_team(
            info_request=info_request, actor=world.handler, reason="return.wrong_team", returned_on=clock.today()
        )

        found = suggesting.choices_for(fresh(info_request), clock.today())

        assert not found.teams[0].is_suggested and found.teams[0].lower == "Dit team had het verzoek al eerder."

    @pytest.mark.parametrize("proposed", [{}, {"proposed_handler": "999999"}, {"proposed_team": "x"}])
    def test_a_proposal_that_is_none_is_refused(self, world, sign_in, proposed):
        info_request = world.received()
        posted = {**proposed, "to": "proposal", "note": "Mijn zin"}

        answer = sign_in(world.allocator).post(url("assign", info_request), posted)

        assert answer.status_code == 422 and "Mijn zin" in text_of(answer)
        assert fresh(info_request).state == State.RECEIVED

    def test_a_proposal_whose_mandate_ended_meanwhile_is_refused(self, world, sign_in):
        info_request = world.received()
        Mandate.objects.filter(holder=world.handler).delete()

        answer = sign_in(world.allocator).post(
            url("assign", info_request), {"to": "proposal", "proposed_handler": world.handler.pk}
        )

        assert answer.status_code == 422 and "heeft vandaag geen mandaat" in text_of(answer)


class TestWish:
    def test_a_handler_asks_and_the_allocator_sees_and_chooses(self, world, sign_in):
        """IN-06, NOT-05: on the request, first on the assign page, and gone once somebody has it."""
        info_request = world.received()
        client = sign_in(world.other_handler)
        assert url("ask_allocation", info_request) in text_of(client.get(info_request.get_absolute_url()))

        asked = client.post(url("ask_allocation", info_request), {"note": "Ik ken dit bedrijf-type."})
        again = client.post(url("ask_allocation", info_request), {})

        assert asked.url == info_request.get_absolute_url() and again.status_code == 302
        assert AllocationWish.objects.filter(info_request=info_request).count() == 1
        assert fresh(info_request).state == State.RECEIVED and not handlers_of(info_request)
        assert mailed(MailTemplate.ALLOCATION_ASKED) == {world.allocator.pk, world.backup.pk}
        own = text_of(client.get(info_request.get_absolute_url()))
        assert "Je vroeg erom" in own and url("ask_allocation", info_request) not in own
        assert "bedrijf-type" not in text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
        client = sign_in(world.allocator)
        seen = text_of(client.get(info_request.get_absolute_url()))
        assert "Vraagt erom" in seen and "Dirk Voorbeeld" in seen and "Ik ken dit bedrijf-type." in seen
        proposal = client.get(url("assign", info_request)).context["proposal"]
        assert proposal.handler.user == world.other_handler
        assert "vraag van de behandelaar" in sources(proposal.handler.reasons)[:200]
        client.post(url("assign", info_request), {"to": "handlers", "handlers": world.other_handler.pk})
        assert not AllocationWish.objects.filter(ended_at=None).exists()
        assert "Vraagt erom" not in text_of(client.get(info_request.get_absolute_url()))

    def test_only_a_handler_without_it_asks_and_only_before_acceptance(self, world, sign_in):
        info_request = world.assigned()

        assert sign_in(world.other_handler).get(url("ask_allocation", info_request)).status_code == 200
        for user, status in ((world.allocator, 403), (world.jurist, 403), (world.basic, 403), (world.stranger, 404)):
            assert sign_in(user).post(url("ask_allocation", info_request)).status_code == status
        own = sign_in(world.handler).post(url("ask_allocation", info_request))
        assert own.status_code == 422 and "al aan jou toegewezen" in text_of(own)
        answering.accept_request(info_request=info_request, actor=world.handler, done_at=clock.now())
        assert sign_in(world.other_handler).post(url("ask_allocation", info_request)).status_code == 409
        assert not AllocationWish.objects.exists()


class TestClaim:
    """Preference 4 is Nee for sdg_evidence: handlers agree among themselves (NOT-08)."""

    @pytest.fixture(autouse=True)
    def two_handlers(self, world):
        member(world.other_handler, world.home, Role.BEHANDELAAR, Module.SDG_EVIDENCE)

    @pytest.fixture
    def info_request(self, world):
        return world.received(module=Module.SDG_EVIDENCE, procedure=Procedure.SDG_EVIDENCE, questions=())

    def test_the_first_has_it_and_the_second_hears_who(self, world, sign_in, info_request):
        """Pitfall 24."""
        page = sign_in(world.handler).get(info_request.get_absolute_url())
        assert url("take_up", info_request) in text_of(page) and url("ask_allocation", info_request) not in text_of(
            page
        )

        first = sign_in(world.handler).post(url("take_up", info_request))
        second = sign_in(world.other_handler).post(url("take_up", info_request))

        assert first.status_code == 302 and second.status_code == 422
        assert "Carla Voorbeeld heeft dit verzoek al in behandeling genomen." in text_of(second)
        assert handlers_of(info_request) == {world.handler}
        assert [event.action for event in events(info_request)].count(Action.TAKEN_UP) == 1

    def test_nobody_accepts_what_another_took_up(self, world):
        """Accepted without an allocation would leave the person shut to everybody."""
        asked = catalogue.set_for(Procedure.SDG_EVIDENCE, False).questions[:1]
        with_question = world.received(
            module=Module.SDG_EVIDENCE,
            procedure=Procedure.SDG_EVIDENCE,
            questions=tuple(NewQuestion(code=question.code) for question in asked),
        )
        assigning.take_up(info_request=with_question, actor=world.handler)

        with pytest.raises(DomainError, match="Carla Voorbeeld"):
            answering.accept_request(info_request=with_question, actor=world.other_handler, done_at=clock.now())

        assert fresh(with_question).state == State.ASSIGNED
        answering.accept_request(info_request=with_question, actor=world.handler, done_at=clock.now())
        assert can(world.handler, Grant.READ_PERSON, with_question)

    def test_in_a_team_the_second_may_still_take_it_up_beside(self, world, sign_in):
        member_of_team = make_user("hanna", "Hanna", "Voorbeeld")
        member(member_of_team, world.home, Role.BEHANDELAAR, Module.SERVICES, team=world.team)
        mandated(member_of_team, world.home)
        info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        assigning.take_up(info_request=info_request, actor=world.handler)
        client = sign_in(member_of_team)

        told = client.post(url("take_up", info_request))
        assert told.status_code == 422 and "Ik neem dit ook in behandeling" in text_of(told)
        assert handlers_of(info_request) == {world.handler}
        client.post(url("take_up", info_request), {"beside": "1"})

        assert handlers_of(info_request) == {world.handler, member_of_team}


class TestReturnForTeam:
    def test_the_team_returns_and_the_allocator_starts_anew(self, world, sign_in):
        """IN-22, REM-21: dates stay, the old task no longer counts as placed."""
        info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        assigning.place_task(
            info_request=info_request, actor=world.allocator, task_number="T-77", sent_on=clock.today()
        )
        client = sign_in(world.handler)

        assert client.post(url("return_for_team", info_request), {}).status_code == 422
        done = client.post(
            url("return_for_team", info_request), {"reason": "return.wrong_team", "words": "Hoort bij Water."}
        )

        assert done.status_code == 302
        after = fresh(info_request)
        assert (after.state, after.accept_by, after.task_number) == (State.RECEIVED, info_request.accept_by, "")
        event = events(after)[-1]
        assert event.action == Action.TEAM_RETURNED and event.details["returned_on"] == clock.today().isoformat()
        assert world.allocator.pk in mailed(MailTemplate.RETURNED)
        opened = look(world.allocator, after, Part.QUESTIONS, Purpose.READ)
        assert [view.text for view in case.text_views(after, opened, TextKind.RETURN_REASON)] == ["Hoort bij Water."]
        assert "Team Vergunningen gaf het verzoek terug" in text_of(client.get(url("timeline", after)))

    def test_the_allocator_records_the_day_it_came_back(self, world, sign_in):
        info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        clock.move(timedelta(days=3))
        client = sign_in(world.allocator)
        today = clock.today()

        def post(day):
            answer = {"reason": "return.no_time", "returned_on": day}
            return client.post(url("return_for_team", info_request), answer)

        assert post(today + timedelta(days=1)).status_code == 422
        assert post(today - timedelta(days=9)).status_code == 422
        done = post(today - timedelta(days=1))

        assert done.url == url("assign", info_request)
        assert events(info_request)[-1].details["returned_on"] == (today - timedelta(days=1)).isoformat()

    def test_not_where_a_handler_has_it_nor_without_a_team(self, world, sign_in):
        with_team = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        assigning.take_up(info_request=with_team, actor=world.handler)
        without_team = world.assigned()
        posted = {"reason": "return.no_time", "returned_on": clock.today()}

        for info_request in (with_team, without_team):
            refused = sign_in(world.allocator).post(url("return_for_team", info_request), posted)
            assert refused.status_code == 422
            assert fresh(info_request).state == State.ASSIGNED and handlers_of(info_request) == {world.handler}
        assert sign_in(world.other_handler).post(url("return_for_team", with_team), posted).status_code == 403


class TestDelay:
    def test_a_delay_is_shown_with_its_date_and_advice(self, world, sign_in):
        """IN-22, ANS-11"""
        info_request = world.accepted()
        client = sign_in(world.handler)
        expected = clock.today() + timedelta(days=40)
        words = {"reason": "delay.other", "words": "Wacht op het lab.", "expected_on": expected}
        assert "stel in IMI de andere datum voor" in text_of(client.get(url("delay", info_request)))
        outside = text_of(client.get(url("delay", world.accepted(channel=Channel.DESK))))
        assert "en stel de andere datum voor" in outside and "stel in IMI" not in outside.split("<details")[0]

        refused = client.post(url("delay", info_request), {**words, "words": "", "expected_on": "morgen"})
        assert refused.status_code == 422 and set(refused.context["form"].errors) == {"words", "expected_on"}
        a_year = clock.today() + relativedelta(years=1)
        far = client.post(url("delay", info_request), {**words, "expected_on": a_year + timedelta(days=1)})
        assert far.status_code == 422 and "Controleer het jaar" in far.context["form"].errors["expected_on"][0]
        past = client.post(url("delay", info_request), {**words, "expected_on": clock.today() - timedelta(days=1)})
        assert past.status_code == 422 and "Wacht op het lab." in text_of(past)
        assert fresh(info_request).delay_reported_at is None
        client.post(url("delay", info_request), words)

        after = fresh(info_request)
        assert (after.delay_until, after.answer_due_on) == (expected, info_request.answer_due_on)
        panel = text_of(client.get(info_request.get_absolute_url()))
        assert "Vertraging gemeld" in panel and str(expected.year) in panel
        assert url("agree_date", info_request) in panel
        assert mailed(MailTemplate.DELAY_REPORTED) == {world.allocator.pk, world.backup.pk}
        seen = text_of(sign_in(world.allocator).get(info_request.get_absolute_url()))
        assert "Wacht op het lab." in seen
        assert "Wacht op het lab." not in text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
        assert "Er is een vertraging gemeld" in text_of(sign_in(world.jurist).get(url("timeline", info_request)))

    def test_who_may_report_and_until_when(self, world, sign_in):
        info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
        for user, status in (
            (world.handler, 200),
            (world.allocator, 200),
            (world.other_handler, 403),
            (world.jurist, 403),
            (world.stranger, 404),
        ):
            assert sign_in(user).get(url("delay", info_request)).status_code == status
        assert sign_in(world.allocator).get(url("delay", world.answered())).status_code == 409


class TestReassign:
    def test_the_old_one_loses_the_person_at_once_and_the_answers_stay(self, world, sign_in):
        """IN-05, pitfalls 18 and 22: mails to both; the new handler accepts before the person opens."""
        info_request = world.complete()
        assert can(world.handler, Grant.READ_PERSON, info_request)
        client = sign_in(world.allocator)
        page = client.get(url("reassign", info_request))
        assert world.handler not in {choice.user for choice in page.context["form"].handler_choices}
        assert page.context["form"].initial["ended"] == [str(world.handler.pk)]

        done = client.post(
            url("reassign", info_request),
            {"handlers": world.other_handler.pk, "ended": world.handler.pk, "note": "Carla is ziek."},
        )

        assert done.url == info_request.get_absolute_url()
        after = fresh(info_request)
        assert after.state == State.ACCEPTED and handlers_of(after) == {world.other_handler}
        event = events(after)[-1]
        assert (event.details["handlers"], event.details["ended"]) == ([world.other_handler.pk], [world.handler.pk])
        assert mailed(MailTemplate.NO_LONGER_YOURS) == {world.handler.pk}
        assert world.other_handler.pk in mailed(MailTemplate.ALLOCATED)
        for user in (world.handler, world.other_handler):
            assert not can(user, Grant.READ_PERSON, after)
            assert SUBJECT["family_name"] not in text_of(sign_in(user).get(after.get_absolute_url()))
        assert can(world.other_handler, Grant.CONFIRM, after) and not can(world.handler, Grant.CONFIRM, after)
        assert after.questions.filter(answer__status="").count() == 0
        assert "Niet meer: Carla Voorbeeld." in text_of(sign_in(world.allocator).get(url("timeline", after)))

    @pytest.mark.parametrize("posted", ["nobody", "only_ends", "both", "no_mandate"])
    def test_a_request_is_never_left_with_nobody(self, world, sign_in, posted):
        """Pitfall 18; what was typed stays in the form."""
        info_request = world.accepted()
        if posted == "no_mandate":
            Mandate.objects.filter(holder=world.other_handler).delete()
        wrong = {
            "nobody": {},
            "only_ends": {"ended": world.handler.pk},
            "both": {"handlers": world.handler.pk, "ended": world.handler.pk},
            "no_mandate": {"handlers": world.other_handler.pk, "ended": world.handler.pk},
        }[posted]

        refused = sign_in(world.allocator).post(url("reassign", info_request), {**wrong, "note": "Mijn zin"})

        assert refused.status_code == 422 and "Mijn zin" in text_of(refused)
        assert handlers_of(info_request) == {world.handler}
        assert can(world.handler, Grant.READ_PERSON, info_request)

    def test_only_the_allocator_and_before_acceptance_it_is_allocating_again(self, world, sign_in):
        accepted, assigned = world.accepted(), world.assigned()

        for user, status in ((world.handler, 403), (world.jurist, 403), (world.basic, 403), (world.stranger, 404)):
            assert sign_in(user).post(url("reassign", accepted)).status_code == status
        assert sign_in(world.allocator).get(url("reassign", assigned)).url == url("assign", assigned)
        assert events(accepted)[-1].action != Action.REALLOCATED

    @pytest.mark.parametrize("to", ["handlers", "team"])
    def test_who_loses_it_before_acceptance_hears_of_it_too(self, world, sign_in, to):
        info_request = world.assigned()
        chosen = {"handlers": world.other_handler.pk, "team": world.team.pk}[to]

        sign_in(world.allocator).post(url("assign", info_request), {"to": to, to: chosen})

        assert world.handler not in handlers_of(info_request)

        assert mailed(MailTemplate.NO_LONGER_YOURS) == {world.handler.pk}
        assert events(info_request)[-1].details["ended"] == [world.handler.pk]


class TestPressedTwice:
    """Pitfall 24: the second press does nothing more, and who was overtaken hears of it."""

    @pytest.mark.parametrize("to", ["handlers", "team"])
    def test_the_same_press_once_more_is_once(self, world, sign_in, to):
        info_request, client = world.received(), sign_in(world.allocator)
        page = client.get(url("assign", info_request))
        chosen = {"handlers": world.handler.pk, "team": world.team.pk}[to]
        pressed = {"to": to, to: chosen, "note": "Graag vandaag.", "seen": page.context["seen"]}
        assert f'name="seen" value="{pressed["seen"]}"' in page.content.decode()

        answers = [client.post(url("assign", info_request), pressed) for _ in range(2)]

        assert [answer.url for answer in answers] == [url("task", info_request)] * 2
        told = [event.action for event in events(info_request)]
        assert sum(action in (Action.ALLOCATED, Action.TEAM_CHOSEN) for action in told) == 1
        assert SealedText.objects.filter(info_request=info_request, kind=TextKind.ALLOCATION_NOTE).count() == 1

    def test_what_was_chosen_in_between_is_said_and_may_be_chosen_otherwise(self, world, sign_in):
        info_request, client = world.received(), sign_in(world.allocator)
        seen = client.get(url("assign", info_request)).context["seen"]
        assigning.allocate(info_request=info_request, actor=world.backup, handlers=[world.other_handler])
        pressed = {"to": "handlers", "handlers": world.handler.pk, "note": "Mijn zin", "seen": seen}

        refused = client.post(url("assign", info_request), pressed)

        assert refused.status_code == 422 and "Mijn zin" in text_of(refused)
        assert f"Intussen heeft {world.other_handler} dit verzoek gekregen." in text_of(refused)
        assert handlers_of(info_request) == {world.other_handler}
        client.post(url("assign", info_request), {**pressed, "seen": refused.context["seen"]})
        assert handlers_of(info_request) == {world.handler}


class TestHandOver:
    ADDRESS = "requests_app:hand_over"

    def test_all_open_work_goes_and_what_cannot_is_named(self, world, sign_in):
        """Pitfalls 18 and 24: never "all" where one stayed."""
        assigned, accepted, to_file = world.assigned(), world.accepted(), world.closed()
        other = ServiceActivity.objects.create(code="other", name_nl="iets anders", name_en="something else")
        outside = world.assigned(service_activity=other)
        Mandate.objects.get(holder=world.other_handler).service_activities.add(world.activity)
        people = {"giver": world.handler.pk, "taker": world.other_handler.pk}
        client = sign_in(world.allocator)
        address = reverse(self.ADDRESS)

        shown = client.get(address, people)

        assert [line.info_request for line in shown.context["work"].lines] == [assigned, accepted, to_file]
        assert [line.info_request for line in shown.context["staying"]] == [outside]
        assert "iets anders" in shown.context["staying"][0].refusal and outside.reference in text_of(shown)
        assert handlers_of(assigned) == {world.handler}
        chosen = [request.reference for request in (assigned, accepted, to_file)]
        done = client.post(address, {**people, "requests": chosen})

        assert "3 van 3 verzoeken overgedragen." in text_of(done) and outside.reference in text_of(done)
        for request in (assigned, accepted, to_file):
            assert handlers_of(request) == {world.other_handler}
            assert not can(world.handler, Grant.READ_PERSON, request)
        assert handlers_of(outside) == {world.handler}
        assert can(world.other_handler, Grant.ACCEPT, assigned) and can(world.other_handler, Grant.CONFIRM, to_file)

    def test_what_went_wrong_in_between_is_counted_and_named(self, world, sign_in, monkeypatch):
        first, second = world.assigned(), world.assigned()
        real = assigning.hand_over_one

        def interrupted(*, info_request, **people):
            if info_request == first:
                assigning.allocate(info_request=first, actor=world.backup, handlers=[world.other_handler])
            return real(info_request=info_request, **people)

        monkeypatch.setattr(assigning, "hand_over_one", interrupted)
        done = sign_in(world.allocator).post(
            reverse(self.ADDRESS),
            {
                "giver": world.handler.pk,
                "taker": world.other_handler.pk,
                "requests": [first.reference, second.reference],
            },
        )

        assert "1 van 2 verzoeken overgedragen." in text_of(done)
        assert "Carla Voorbeeld heeft dit verzoek niet meer." in text_of(done)
        assert handlers_of(second) == {world.other_handler}

    def test_who_left_is_named_first(self, world, sign_in):
        """Design 8: the work of somebody who is no longer there."""
        info_request = world.accepted()
        world.handler.status = UserStatus.LEFT
        world.handler.save()
        client = sign_in(world.allocator)

        page = client.get(reverse(self.ADDRESS))
        assert "Werk van iemand die er niet meer is" in text_of(page) and "Carla Voorbeeld" in text_of(page)
        people = {"giver": world.handler.pk, "taker": world.other_handler.pk, "requests": info_request.reference}
        client.post(reverse(self.ADDRESS), people)

        assert handlers_of(info_request) == {world.other_handler}
        assert "Niemand heeft open werk" not in text_of(client.get(reverse(self.ADDRESS)))

    def test_only_work_of_the_own_modules_is_handed_over(self, world, sign_in):
        """SP-29: nobody hands over what he does not allocate, whatever he posts."""
        info_request = world.assigned()
        people = {"giver": world.handler.pk, "taker": world.other_handler.pk, "requests": info_request.reference}
        for user in (world.handler, world.jurist, world.basic, world.stranger):
            client = sign_in(user)
            assert "Niemand heeft open werk" in text_of(client.get(reverse(self.ADDRESS)))
            assert client.post(reverse(self.ADDRESS), people).status_code == 422
        Membership.objects.filter(user=world.backup, role=Role.TOEWIJZER, module=Module.SERVICES).delete()
        assert sign_in(world.backup).post(reverse(self.ADDRESS), people).status_code == 422
        assert handlers_of(info_request) == {world.handler}
        refused = assigning.hand_over(
            info_requests=[info_request], actor=world.backup, giver=world.handler, taker=world.other_handler
        ).refused
        assert [request for request, _reason in refused] == [info_request]


class TestAbsence:
    ADDRESS = "requests_app:absence"

    def test_everybody_enters_his_own_with_a_deputy(self, world, sign_in):
        today = clock.today()
        client = sign_in(world.handler)
        entered = {
            "user": world.handler.pk,
            "first_day": today,
            "last_day": today + timedelta(days=5),
            "deputy": world.other_handler.pk,
        }

        assert client.post(reverse(self.ADDRESS), entered).status_code == 302

        row = Absence.objects.get()
        assert (row.user, row.deputy) == (world.handler, world.other_handler)
        assert "Dirk Voorbeeld" in text_of(client.get(reverse(self.ADDRESS)))
        removal = reverse("requests_app:end_absence", args=[row.pk])
        assert sign_in(world.other_handler).post(removal).status_code == 404
        assert sign_in(world.handler).post(removal).status_code == 302
        assert not Absence.objects.exists()

    @pytest.mark.parametrize(
        ("first", "last", "deputy", "said"),
        [
            (3, 1, None, "laatste dag ligt vóór de eerste"),
            (-9, -2, None, "al voorbij"),
            (0, 900, None, "hooguit een jaar"),
            (2, 12, None, "Er is al een afwezigheid"),
            (30, 31, "basic", ""),
            (30, 31, "handler", ""),
            (60, 61, "other_handler", "ook afwezig"),
        ],
    )
    def test_bad_input_is_refused_in_words(self, world, sign_in, first, last, deputy, said):
        today = clock.today()
        absent(world.handler)
        Absence.objects.create(
            user=world.other_handler, first_day=today + timedelta(days=61), last_day=today + timedelta(days=62)
        )
        before = Absence.objects.count()

        refused = sign_in(world.handler).post(
            reverse(self.ADDRESS),
            {
                "user": world.handler.pk,
                "first_day": today + timedelta(days=first),
                "last_day": today + timedelta(days=last),
                "deputy": getattr(world, deputy).pk if deputy else "",
            },
        )

        assert refused.status_code == 422 and said.casefold() in text_of(refused).casefold()
        assert Absence.objects.count() == before

    def test_an_allocator_enters_it_for_others_and_nobody_else_does(self, world, sign_in):
        today = clock.today()
        days = {"first_day": today, "last_day": today, "deputy": ""}

        sign_in(world.allocator).post(reverse(self.ADDRESS), {**days, "user": world.handler.pk})
        assert Absence.objects.get().user == world.handler
        sneaky = sign_in(world.handler).post(reverse(self.ADDRESS), {**days, "user": world.other_handler.pk})
        assert sneaky.status_code == 422
        with pytest.raises(PermissionDenied):
            record_absence(actor=world.jurist, user=world.other_handler, first_day=today, last_day=today)
        assert Absence.objects.count() == 1
        assert "Carla Voorbeeld" not in text_of(sign_in(world.jurist).get(reverse(self.ADDRESS)))


def test_reading_by_a_role_stays_what_it_was_while_absent(world):
    """Design idea 1: a deputy gets the mail, never the person."""
    info_request = world.accepted()
    absent(world.handler, deputy=world.other_handler)

    assert can(world.handler, Grant.READ_PERSON, info_request)
    assert not InformationRequest.objects.filter(Access(world.other_handler).allowed(Grant.READ_PERSON)).exists()
