"""Stands beside the desk under the same settings: prepares requests, and after a kill tells what is not as it must be.

Started once per desk; one JSON line in, one JSON line out.
"""

import dataclasses
import json
import sys
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from archive import keys  # noqa: E402
from archive.models import Report, ReportKind, RetentionRecord  # noqa: E402
from authorities.vocabulary import Role  # noqa: E402
from imidesk.core import audit, clock, heartbeat, jobs, vault, wake  # noqa: E402
from imidesk.core.models import AuditEvent, DueJob, OutgoingMessage  # noqa: E402
from requests_app.checks import grant_faults  # noqa: E402
from requests_app.models import Answer, InformationRequest, SealedFile  # noqa: E402
from requests_app.permissions import look, look_for_desk  # noqa: E402
from requests_app.selectors import case  # noqa: E402
from requests_app.vocabulary import Action, Channel, Part, Procedure, Purpose, State  # noqa: E402
from tests.factories.world import PASSWORD, World, build_world, known_world, make_user, member  # noqa: E402

ANSWERS = 3
WORDS = "Antwoord van de proef, in één keer opgeslagen."
ACT_OF_PHASE = {
    "intake": Action.RECEIVED,
    "assigning": Action.ALLOCATED,
    "sending": Action.ANSWERED,
    "reports": Action.CLOSED,
    "mail": Action.ACCEPTED,
}
STATE_OF_PHASE = {
    "intake": State.RECEIVED,
    "assigning": State.ASSIGNED,
    "mail": State.ACCEPTED,
    "saving": State.ACCEPTED,
    "sending": State.ANSWERED,
    "reports": State.CLOSED,
}
END_REPORTS = (ReportKind.END_OPEN, ReportKind.END_FULL)


class Checker:
    def __init__(self) -> None:
        self.world: World | None = None
        self.numbers = count(700001)
        self.fresh: set[int] = set()

    def set_up(self) -> dict[str, object]:
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        vault.make_keys()
        self.world = build_world()
        for name, role in (("sjaak", Role.BEHEERDER), ("hilde", Role.FG)):
            member(make_user(name, name.capitalize(), "Voorbeeld"), self.world.home, role)
        return {
            "password": PASSWORD,
            "allocator": self.world.allocator.username,
            "handler": self.world.handler.username,
        }

    def settle(self) -> None:
        """On a desk that was set up before, and copied."""
        self.world = known_world()

    def prepare(self, phase: str, number: int) -> list[dict[str, object]]:
        """The work that the steps before have left is not this round's: their printing would take most of it."""
        with wake.left_asleep():
            items = [getattr(self, f"_{phase}")() for _ in range(number)]
        DueJob.objects.filter(state="open").update(state="done", ended_at=clock.now())
        return items

    def _intake(self) -> dict[str, object]:
        number = str(next(self.numbers))
        body = {
            "imi_number": number,
            "module": f"{self.world.home.pk}:{Procedure.INFORMATION_REQUEST}",
            "requester": self.world.germany.pk,
            "service_activity": self.world.activity.code,
            "received_at": _typed(clock.now() - timedelta(hours=1)),
            "reply_days": 14,
            "motivation": "Wij controleren de vestiging.",
        }
        return {"imi_number": number, "by": "allocator", "path": reverse("requests_app:register"), "body": body}

    def _assigning(self) -> dict[str, object]:
        info_request = self.world.received()
        body = {"to": "handlers", "handlers": [self.world.handler.pk], "note": "Graag vandaag.", "seen": "0"}
        return self._act(info_request, "assign", "allocator", body)

    def _mail(self) -> dict[str, object]:
        """Accepting tells the allocators and the mailbox, and leaves nothing to print."""
        info_request = self.world.assigned()
        body = {"competent": "on", "able": "on", "date_choice": "asked", "done_at": _typed(clock.now())}
        return self._act(info_request, "accept", "handler", body)

    def _saving(self) -> dict[str, object]:
        info_request = self.world.accepted()
        body: dict[str, object] = {}
        for answer in Answer.objects.filter(question__info_request=info_request):
            body |= {
                f"version-{answer.question_id}": answer.version,
                f"text-{answer.question_id}": WORDS,
                f"standard-{answer.question_id}": "data_protection",
            }
        return self._act(info_request, "tab", "handler", body, "A")

    def _sending(self) -> dict[str, object]:
        info_request = self.world.complete(channel=Channel.DESK)
        return self._act(info_request, "send", "handler", {"needed": "on", "within_powers": "on"})

    def _reports(self) -> dict[str, object]:
        info_request = self.world.answered(channel=Channel.DESK)
        return self._act(info_request, "close", "handler", {"closed_at": _typed(clock.now()), "note": "Dank gezegd."})

    def _act(self, info_request, name: str, by: str, body: dict[str, object], *more: str) -> dict[str, object]:
        path = reverse(f"requests_app:{name}", args=[info_request.reference, *more])
        return {"pk": info_request.pk, "by": by, "path": path, "body": body}

    def file(self, number: int, path: str) -> list[dict[str, object]]:
        """An intake file for the command, and what must come of it."""
        items = [
            {
                "imi_number": str(next(self.numbers)),
                "module": "services",
                "procedure": Procedure.INFORMATION_REQUEST,
                "requesting_authority": {"name": self.world.germany.name, "country": "DE"},
                "home_authority": {"tooi": self.world.home.tooi_id},
                "service_activity": self.world.activity.code,
                "received_at": (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "reply_days": 14,
                "motivation": "Uit het bestand.",
                "questions": [{"code": question.code} for question in self.world.new_request().questions],
                "subject": {"kind": "natural", "family_name": "Łukasiewicz-Größe"},
            }
            for _ in range(number)
        ]
        Path(path).write_text(json.dumps({"format": "imidesk.intake/1", "requests": items}))
        return [{"imi_number": item["imi_number"]} for item in items]

    def outcome(self, phase: str, items: list[dict[str, object]]) -> list[str]:
        """Of each act: done or not; whatever is in between is said in words."""
        return [self._outcome(phase, item) for item in items]

    def _outcome(self, phase: str, item: dict[str, object]) -> str:
        known = {"imi_number": item["imi_number"]} if "imi_number" in item else {"pk": item["pk"]}
        found = list(InformationRequest.objects.filter(**known))
        if len(found) > 1:
            return f"{len(found)} rows"
        if not found:
            return "not" if phase == "intake" else "the request is gone"
        (info_request,) = found
        self.fresh.add(info_request.pk)
        if phase == "saving":
            texts = self._texts(info_request)
            whole = {(WORDS,) * ANSWERS: "done", ("",) * ANSWERS: "not"}
            return whole.get(texts, f"{len(set(texts))} kinds of answers in one tab")
        acts = audit.events_of("request", info_request.uuid).filter(action=ACT_OF_PHASE[phase]).count()
        stands = info_request.state == STATE_OF_PHASE[phase]
        if (acts, stands) in ((0, False), (1, True)):
            return "done" if stands else "not"
        return f"{acts} events in state {info_request.state}"

    def _texts(self, info_request) -> tuple[str, ...]:
        opened = look(self.world.handler, info_request, Part.PERSON, Purpose.READ)
        tabs = case.tabs(info_request, opened, with_answers=True)
        return tuple(question.answer.text if question.answer else "" for tab in tabs for question in tab.questions)

    def waiting(self) -> dict[str, int]:
        """Rows that are due now, and rows that somebody has claimed."""
        now = clock.now()
        rows = [OutgoingMessage.objects.filter(state="pending"), DueJob.objects.filter(state="open")]
        return {
            "due": sum(row.filter(next_try_at__lte=now).count() for row in rows),
            "claimed": sum(row.filter(next_try_at__gt=now).count() for row in rows),
            "failed": sum(row.exclude(fault="").count() for row in rows),
            "parked": OutgoingMessage.objects.filter(state="parked").count()
            + DueJob.objects.filter(state="parked").count(),
        }

    def later(self, minutes: int) -> None:
        clock.move(timedelta(minutes=minutes))

    def beats_since(self, moment: str) -> list[str]:
        """What beat and worker have done since."""
        since = timezone.datetime.fromisoformat(moment)
        return [state.name for state in heartbeat.states() if state.succeeded_at and state.succeeded_at > since]

    def now(self) -> str:
        return clock.now().isoformat()

    def messages(self) -> dict[str, str]:
        return {str(row.uuid): row.state for row in OutgoingMessage.objects.filter(held=False)}

    def faults(self) -> list[str]:
        """Everything that must hold whatever was killed."""
        found = [str(fault) for fault in audit.verify()]
        found += list(grant_faults())
        stored = set(vault.stored_files())
        for row in SealedFile.objects.exclude(storage_name__in=stored):
            found.append(f"file {row.pk} has a row and no bytes")
        for info_request in InformationRequest.objects.filter(pk__in=self.fresh):
            found += self._faults_of(info_request)
        self.fresh.clear()
        return found

    def _faults_of(self, info_request) -> list[str]:
        found = []
        acts = Counter(event.action for event in audit.events_of("request", info_request.uuid))
        twice = [action for action in set(ACT_OF_PHASE.values()) if acts[action] > 1]
        found += [f"{info_request.reference}: {action} {acts[action]} times" for action in twice]
        with vault.key_scope():
            opened = look_for_desk("full_report", info_request)
            for row in SealedFile.objects.filter(info_request=info_request):
                if not vault.open_file(
                    dataclasses.replace(opened, parts=frozenset([row.part_of("file")])), row, row.storage_name
                ):
                    found.append(f"{info_request.reference}: an empty file")
        if info_request.state == State.CLOSED:
            kinds = Report.objects.filter(info_request=info_request, kind__in=END_REPORTS)
            if sorted(kinds.values_list("kind", flat=True)) != sorted(END_REPORTS):
                found.append(f"{info_request.reference}: {kinds.count()} end reports")
            if RetentionRecord.objects.filter(info_request=info_request).count() != 1:
                found.append(f"{info_request.reference}: no clock of retention")
        return found

    def life(self) -> dict[str, object]:
        """A closed request with its reports, and a session of who handled it."""
        info_request = self.world.closed(channel=Channel.DESK)
        while jobs.run_due():
            continue
        client = Client()
        client.force_login(self.world.handler)
        return {"pk": info_request.pk, "cookie": client.session.session_key}

    def opens(self, pk: int) -> dict[str, object]:
        """What can be read of it, also after a restore, when nothing is known but the database."""
        info_request = InformationRequest.objects.get(pk=pk)
        self.fresh.add(pk)
        handler = get_user_model().objects.get(username="carla")
        opened = look(handler, info_request, Part.PERSON, Purpose.READ)
        return {
            "family_name": case.subject(info_request, opened)["family_name"],
            "files": SealedFile.objects.filter(info_request=info_request).count(),
            "sessions": Session.objects.count(),
            "faults": self.faults(),
        }

    def left(self, pk: int) -> dict[str, object]:
        """What of a request and of who handled it a restored desk knows."""
        info_request = InformationRequest.objects.get(pk=pk)
        return {
            "data_state": info_request.data_state,
            "key": vault.key_exists(info_request.uuid),
            "files": SealedFile.objects.filter(info_request=info_request).count(),
            "handler": get_user_model().objects.get(username="carla").status,
            "sessions": Session.objects.count(),
            "faults": self.faults(),
        }

    def destroy_old_keys(self) -> list[str]:
        """By two persons, on the page; what was destroyed."""
        gone = [check.key_id for check in vault.old_keys() if keys.may_go(check)]
        for key_id in gone:
            for name in ("sjaak", "hilde"):
                client = Client(SERVER_NAME="localhost")
                client.force_login(get_user_model().objects.get(username=name))
                answer = client.post(reverse("archive:keys"), {"key": key_id})
                assert answer.status_code == 302, answer.content.decode()[-2000:]
        return gone

    def sizes(self) -> dict[str, int]:
        stored = set(vault.stored_files())
        return {
            "requests": InformationRequest.objects.count(),
            "events": AuditEvent.objects.count(),
            "messages": OutgoingMessage.objects.count(),
            "files without a row": len(stored - set(SealedFile.objects.values_list("storage_name", flat=True))),
        }


def _typed(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def serve(checker: Checker) -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr
    assert settings.IMIDESK_KIND == "practice"
    for line in sys.stdin:
        name, arguments = json.loads(line)
        with vault.key_scope():
            answer = getattr(checker, name)(*arguments)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(Checker())
