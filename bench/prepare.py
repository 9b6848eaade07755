"""In a loaded desk: who is signed in, which pages to open, and requests to accept. Prints it as JSON."""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from authorities.models import Authority, Membership, ServiceActivity, User  # noqa: E402
from authorities.vocabulary import Module, Role  # noqa: E402
from bench.pages import ACCEPTER, ALLOCATOR, HANDLER, JURIST  # noqa: E402
from imidesk.core import clock, wake  # noqa: E402
from imidesk.monitoring.scale.ground import BENCH_ALLOCATOR, BENCH_JURIST, BENCH_USER  # noqa: E402
from requests_app import catalogue  # noqa: E402
from requests_app.models import InformationRequest  # noqa: E402
from requests_app.services import assigning, receiving  # noqa: E402
from requests_app.services.receiving import NewRequest  # noqa: E402
from requests_app.vocabulary import Procedure, State  # noqa: E402
from requests_app.writing import NewQuestion  # noqa: E402

QUESTIONS = 12


def main(to_accept: int) -> None:
    user, allocator, jurist = (User.objects.get(username=name) for name in (BENCH_USER, BENCH_ALLOCATOR, BENCH_JURIST))
    # Another handler accepts, so that the one whose pages are measured keeps what he has.
    home = user.memberships.first().authority  # type: ignore[union-attr]
    role = Membership.objects.filter(authority=home, role=Role.BEHANDELAAR).exclude(user=user).order_by("pk").first()
    accepter = role.user  # type: ignore[union-attr]
    own = InformationRequest.objects.filter(allocation__handler=user)
    accepted, closed = (own.filter(state=state).order_by("-pk").first() for state in (State.ACCEPTED, State.CLOSED))
    pages = {
        "bare": "/kaal/",
        "start": reverse("monitoring:start"),
        "list": reverse("requests_app:list"),
        "request": accepted.get_absolute_url(),  # type: ignore[union-attr]
        "overview": reverse("monitoring:overview"),
        "number": str(closed.imi_number)[1:],  # type: ignore[union-attr]
    }
    waiting = [
        reverse("requests_app:accept", args=[_assigned(allocator, accepter, home, number).reference])
        for number in range(to_accept)
    ]
    people = {HANDLER: user, ALLOCATOR: allocator, JURIST: jurist, ACCEPTER: accepter}
    sessions = {name: _session(person) for name, person in people.items()}
    print(json.dumps({"pages": pages, "sessions": sessions, "to_accept": waiting}))


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _assigned(allocator: User, handler: User, home: Authority, number: int) -> InformationRequest:
    questions = catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[:QUESTIONS]
    with wake.left_asleep():
        registered = receiving.register_request(
            actor=allocator,
            new=NewRequest(
                home=home,
                module=Module.SERVICES,
                procedure=Procedure.INFORMATION_REQUEST,
                requester=Authority.objects.filter(is_home=False).order_by("pk").first(),
                received_at=clock.now() - timedelta(hours=1),
                imi_number=str(8_000_000_000 + int(clock.now().timestamp() * 100) % 1_000_000_000 + number)[:10],
                service_activity=ServiceActivity.objects.order_by("pk").first(),
                reply_days=14,
                motivation="Verzonnen motivering.",
                questions=tuple(NewQuestion(code=question.code) for question in questions),
                subject={"kind": "legal", "legal_name": "Meetbedrijf B.V."},
            ),
        )
        return assigning.allocate(info_request=registered, actor=allocator, handlers=[handler])


if __name__ == "__main__":
    main(int(sys.argv[1]))
