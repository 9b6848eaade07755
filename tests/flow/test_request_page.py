"""The page of one request: who sees what, what comes now, and what happened in words."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from authorities.models import User
from imidesk.core import audit, clock
from requests_app.models import InformationRequest, ReadRecord
from requests_app.selectors.frame import frame_for
from requests_app.selectors.timeline import timeline
from requests_app.services import answering, assigning, ending, receiving
from requests_app.vocabulary import Action, Channel, Grant, Part, Purpose
from requests_app.writing import NewFile
from tests.factories.world import SUBJECT

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def world(world):
    """Everybody reads English, the language of the texts in the code."""
    User.objects.update(language="en")
    with translation.override("en"):
        yield world


def page(name: str, info_request: InformationRequest, *args: object) -> str:
    return reverse(f"requests_app:{name}", args=[info_request.reference, *args])


def steps(user, info_request) -> dict[str, bool]:
    """Name of each step on offer, and whether it is the first."""
    info_request = InformationRequest.objects.get(pk=info_request.pk)
    return {step.name: step.primary for step in frame_for(user, info_request, "overview").steps}


def next_step(user, info_request) -> str:
    return frame_for(user, InformationRequest.objects.get(pk=info_request.pk), "overview").next_step


def test_before_acceptance_nobody_sees_the_person(world, sign_in):
    """IN-08: dates for whom a role opens the list, questions for allocator and handler, the person for nobody."""
    info_request = world.assigned()
    for user, reads in (
        (world.allocator, True),
        (world.handler, True),
        (world.other_handler, False),
        (world.basic, False),
    ):
        answer = sign_in(user).get(page("detail", info_request))
        text = answer.content.decode()
        assert answer.status_code == 200
        assert ("Wij controleren de vestiging." in text) == reads, user
        assert SUBJECT["family_name"] not in text
        assert answer.context["frame"].hidden[-1].rule == "visible after accepting" or "visible" not in text
        assert "<details>" in text
    parts = set(ReadRecord.objects.filter(request_uuid=info_request.uuid).values_list("user", "part", "purpose"))
    assert parts == {
        (world.allocator.pk, Part.QUESTIONS, Purpose.ALLOCATE),
        (world.handler.pk, Part.QUESTIONS, Purpose.JUDGE),
    }


def test_after_acceptance_the_handler_alone_sees_the_person(world, sign_in):
    """IN-12, SEC-10."""
    info_request = world.accepted()
    text = sign_in(world.handler).get(page("detail", info_request)).content.decode()
    assert SUBJECT["family_name"] in text
    assert "PL-5260001246" in text
    assert 'translate="no"' in text
    assert SUBJECT["family_name"] not in re.search("<title>(.*?)</title>", text, re.S).group(1)
    record = ReadRecord.objects.get(request_uuid=info_request.uuid)
    assert (record.user, record.part, record.purpose) == (world.handler, Part.PERSON, Purpose.ANSWER)

    for user in (world.allocator, world.other_handler, world.basic, world.jurist):
        assert SUBJECT["family_name"] not in sign_in(user).get(page("detail", info_request)).content.decode()


@pytest.mark.parametrize("name", ["detail", "timeline", "files"])
def test_unseen_is_404_with_the_same_bytes_as_nothing(world, sign_in, name):
    """SP-29."""
    info_request = world.received()
    client = sign_in(world.stranger)
    unseen = client.get(page(name, info_request))
    nothing = client.get(page(name, info_request).replace(info_request.reference, "NB-2020-99999"))
    assert unseen.status_code == nothing.status_code == 404
    assert _without_token(unseen).replace(info_request.reference, "NB-2020-99999") == _without_token(nothing)


def _without_token(answer) -> str:
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())


def test_seen_but_not_allowed_is_403(world, sign_in):
    """SP-29: a basic user sees the list and the open page, not the timeline; the lawyer no files."""
    info_request = world.accepted()
    assert sign_in(world.basic).get(page("detail", info_request)).status_code == 200
    assert sign_in(world.basic).get(page("timeline", info_request)).status_code == 403
    assert sign_in(world.jurist).get(page("timeline", info_request)).status_code == 200
    assert sign_in(world.jurist).get(page("files", info_request)).status_code == 403
    assert sign_in(world.handler).get(page("files", info_request)).status_code == 200


def test_tabs_follow_what_may_be_read(world):
    info_request = world.complete()

    def shown(user) -> list[str]:
        return [tab.label for tab in frame_for(user, info_request, "overview").tabs]

    letters = sorted(set(info_request.questions.values_list("tab", flat=True)))
    assert shown(world.handler) == ["Overview", *letters, "Files", "Timeline", "Reports"]
    assert shown(world.jurist) == ["Overview", "Timeline", "Reports"]
    assert shown(world.basic) == ["Overview"]
    tab = frame_for(world.handler, info_request, f"tab-{letters[0]}").tabs[1]
    assert tab.current
    assert re.fullmatch(r"(\d+)/\1", tab.note)


def test_the_steps_follow_the_life_of_a_request(world):
    info_request = world.received()
    assert steps(world.allocator, info_request)["assign"]
    assert steps(world.handler, info_request) == {"ask_allocation": False}
    assert next_step(world.allocator, info_request) == "Choose a team or a handler."

    assigning.choose_team(info_request=info_request, actor=world.allocator, team=world.team)
    assert steps(world.handler, info_request)["take_up"]
    assert not {"accept", "answer"} & set(steps(world.handler, info_request))
    assert steps(world.allocator, info_request)["task"]

    assigning.take_up(info_request=info_request, actor=world.handler)
    offered = steps(world.handler, info_request)
    assert offered["accept"]
    assert {"forward", "refuse", "give_back"} <= set(offered)
    assert next_step(world.handler, info_request) == "Read the questions and decide."
    assert next_step(world.other_handler, info_request) == "Wait until the handler accepts, forwards or refuses."

    answering.accept_request(info_request=info_request, actor=world.handler, done_at=clock.now())
    assert steps(world.handler, info_request)["answer"]
    assert next_step(world.handler, info_request) == "Answer the questions: 3 still open."

    world.answer_all(info_request)
    assert steps(world.handler, info_request)["send"]

    answering.prepare_answer(info_request=info_request, actor=world.handler)
    offered = steps(world.handler, info_request)
    assert offered["prepared"]
    assert "unprepare" in offered
    assert "forward" not in offered
    assert next_step(world.allocator, info_request) == "Wait until the handler has done this in IMI."

    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    offered = steps(world.handler, info_request)
    assert offered["close"]
    assert {"withdraw", "clarify", "add_viewer", "ask_advice"} <= set(offered)
    assert not {"answer", "send", "forward"} & set(offered)
    assert {"close", "reassign"} <= set(steps(world.allocator, info_request))

    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    offered = steps(world.handler, info_request)
    assert offered["file"]
    assert not {"answer", "close", "withdraw"} & set(offered)
    assert next_step(world.handler, info_request) == "Save the reports in Corsa."


def test_at_most_one_step_is_the_first(world):
    for info_request in (world.received(), world.assigned(), world.accepted(), world.answered(), world.closed()):
        for user in (world.allocator, world.handler, world.other_handler, world.basic, world.jurist):
            assert sum(steps(user, info_request).values()) <= 1


def test_every_step_on_offer_leads_to_a_page_that_lets_in(world, sign_in):
    """What the frame offers, the pages allow: both ask the same grants."""
    for info_request in (world.received(), world.assigned(), world.accepted(), world.complete(), world.answered()):
        for user in (world.allocator, world.handler):
            client = sign_in(user)
            for step in frame_for(user, info_request, "overview").steps:
                if not step.post:
                    assert client.get(step.url).status_code == 200, (info_request.state, user, step.name)


def test_without_preference_two_the_coordinator_gets_it(world):
    """AUT-29: with Nee there is no refusing, but a forward to NIMIC that carries the ground."""
    info_request = world.assigned()
    registration = info_request.registration
    registration.may_refuse = False
    registration.save()
    found = frame_for(world.handler, InformationRequest.objects.get(pk=info_request.pk), "overview")
    by_name = {step.name: step for step in found.steps}
    assert "refuse" not in by_name
    assert by_name["to_coordinator"].url.endswith("/doorsturen/?to=nimic")


def test_taking_up_is_a_button_that_posts(world, sign_in):
    info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    text = sign_in(world.handler).get(page("detail", info_request)).content.decode()
    assert f'action="{page("take_up", info_request)}"' in text


def test_stages_show_the_end_that_was_reached(world):
    forwarded = ending.forward_request(
        info_request=world.assigned(),
        actor=world.handler,
        to=world.justis,
        reason="forward.criminal_sanctions",
        done_at=clock.now(),
    )
    stages = frame_for(world.allocator, forwarded, "overview").stages
    assert [stage.label for stage in stages] == ["received", "forwarded"]
    assert [stage.current for stage in stages] == [False, True]
    [person] = frame_for(world.allocator, forwarded, "overview").hidden
    assert person.rule == "never visible: nobody accepted this request"
    stages = frame_for(world.allocator, world.accepted(), "overview").stages
    assert [stage.done for stage in stages] == [True, True, False, False, False]
    assert stages[2].current


def test_blocked_and_erased_are_said_and_the_dates_remain(world, sign_in):
    """DP-03, DP-05: the same page, without a look."""
    info_request = world.closed()
    for data_state, word in (("blocked", "blocked"), ("erased", "erased")):
        InformationRequest.objects.filter(pk=info_request.pk).update(data_state=data_state)
        before = ReadRecord.objects.count()
        for user in (world.handler, world.allocator, world.jurist):
            answer = sign_in(user).get(page("detail", info_request))
            text = answer.content.decode()
            assert answer.status_code == 200
            assert f"The personal data are {word}" in text
            assert SUBJECT["family_name"] not in text
            assert "Wij controleren" not in text
            assert "Answered" in text
        assert ReadRecord.objects.count() == before


def test_a_practice_request_is_marked(world, sign_in):
    info_request = world.received(channel=Channel.DESK, fictitious=True)
    assert "desk-fictitious" in sign_in(world.allocator).get(page("detail", info_request)).content.decode()
    real = world.received()
    assert "desk-fictitious" not in sign_in(world.allocator).get(page("detail", real)).content.decode()


def test_the_timeline_speaks_in_sentences(world, sign_in):
    info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    assigning.take_up(info_request=info_request, actor=world.handler)
    assigning.give_back(info_request=info_request, actor=world.handler, reason="return.no_time")
    forwarding = assigning.allocate(info_request=info_request, actor=world.allocator, handlers=[world.handler])
    ending.forward_request(
        info_request=forwarding,
        actor=world.handler,
        to=world.justis,
        reason="forward.criminal_sanctions",
        done_at=clock.now(),
    )
    text = sign_in(world.jurist).get(page("timeline", info_request)).content.decode()
    for words in ("Vergunningen", "Carla Voorbeeld", "Anna Voorbeeld", "Dienst Justis"):
        assert words in text
    for code in ("return.no_time", "forward.criminal", "team_chosen", "request_forwarded", "information_request"):
        assert code not in text


def test_every_action_has_a_sentence_without_a_code(world):
    """A new action without a sentence, or one that shows a code, does not pass."""
    from requests_app.selectors import timeline as module
    from requests_app.vocabulary import EVENT_DETAILS

    examples = {
        "channel": "imi", "procedure": "good_repute", "module": "services", "source": "file", "late": True,
        "reason": "return.no_time", "kind": "imi_before", "step": "answer", "tab": "A", "variant": "full",
        "in_imi_only": False, "filed": False, "handlers": [1], "team": 1, "authority": 1, "from": "accepted",
        "to": "received",
    }  # fmt: skip
    kinds = {"date": "2026-11-21", "number": 2, "id": 1, "ids": [1]}
    names = module._Names({1: "Carla"}, {1: "Vergunningen"}, {1: "Dienst Justis"})
    for action in Action:
        details = {name: examples.get(name, kinds.get(kind)) for name, kind in EVENT_DETAILS[action].items()}
        if "decision" in details:
            details["kind"] = "hold"
        told = module._SENTENCES[action](module._Telling(details, names))
        assert told.endswith("."), action
        assert not re.search(r"[a-z]_[a-z]|\w\.\w|None|\?|%", told), told


def test_an_act_recorded_later_says_so(world):
    info_request = world.received(received_at=clock.now() - timedelta(days=2))
    [entry] = timeline(info_request)
    assert entry.recorded_at is not None
    assert entry.who == "Anna Voorbeeld"
    accepted = answering.accept_request(
        info_request=assigning.allocate(info_request=info_request, actor=world.allocator, handlers=[world.handler]),
        actor=world.handler,
        done_at=clock.now() - timedelta(hours=1),
    )
    *_, last = timeline(accepted)
    assert last.recorded_at - last.at >= timedelta(minutes=59)


def test_reading_leaves_no_event(world, sign_in):
    info_request = world.accepted()
    before = audit.events_of("request", info_request.uuid).count()
    for name in ("detail", "timeline", "files"):
        assert sign_in(world.handler).get(page(name, info_request)).status_code == 200
    assert audit.events_of("request", info_request.uuid).count() == before


def test_reading_pages_refuse_a_post(world, sign_in):
    info_request = world.accepted()
    for name in ("detail", "timeline", "files"):
        assert sign_in(world.handler).post(page(name, info_request)).status_code == 405


def test_files_stand_in_groups_with_their_sha256(world, sign_in):
    """ARC-09; IMI's PDF from before acceptance is for the allocator too, an attachment for the handler alone."""
    info_request = world.assigned(attachments=(NewFile("bewijs.pdf", "application/pdf", PDF),))
    receiving.add_imi_report(
        info_request=info_request, actor=world.allocator, file=NewFile("imi.pdf", "application/pdf", PDF)
    )
    text = sign_in(world.allocator).get(page("files", info_request)).content.decode()
    assert "imi.pdf" in text
    assert "bewijs.pdf" not in text
    answering.accept_request(info_request=info_request, actor=world.handler, done_at=clock.now())
    text = sign_in(world.handler).get(page("files", info_request)).content.decode()
    assert "imi.pdf" in text
    assert "bewijs.pdf" in text
    assert re.search("<bdi>[0-9a-f]{64}</bdi>", text)


def test_the_pages_ask_few_queries(world, sign_in, django_assert_max_num_queries):
    info_request = world.complete()
    client = sign_in(world.handler)
    client.get(page("detail", info_request))
    with django_assert_max_num_queries(12):
        client.get(page("detail", info_request))


def test_the_frame_offers_what_the_grants_say(world):
    info_request = world.answered()
    frame = frame_for(world.allocator, info_request, "overview")
    assert Grant.RECORD_END in frame.grants
    assert {step.name for step in frame.steps} >= {"close", "withdraw", "mark_error"}
