"""What the practice desk has no case for, added to it through the product's own services, for pictures and the manual.

`python -m tests.browser.seldom` in the environment of a desk leaves everything that takes two people waiting for the
second.
"""

from datetime import datetime, timedelta

import django
from dateutil.relativedelta import relativedelta
from django.conf import settings

if __name__ == "__main__":
    django.setup()

from archive.person_rights import services as person_rights
from archive.person_rights.models import PersonRequest
from archive.person_rights.vocabulary import Right
from archive.services import deciding, retaining
from authorities import accounts
from authorities.models import Authority, Team, User
from authorities.vocabulary import Role
from imidesk.core import clock, vault
from imidesk.core.models import KeyCheck
from imidesk.monitoring.practice_desk import filing, timeline
from imidesk.monitoring.practice_desk.cases import PDF, Case, data, small_pdf
from imidesk.monitoring.practice_desk.ground import HOME, JUSTIS, PEOPLE, Ground
from requests_app.answers import AnswerContent
from requests_app.models import DataDecision, InformationRequest
from requests_app.selectors.letters import open_letter, version_of
from requests_app.services import answering, assigning, ending, letters, relations, saved_views
from requests_app.services.receiving import LateActs
from requests_app.writing import NewFile
from tests.browser.numbers import (
    BLOCKED,
    BLOCKED_SOON,
    LETTER,
    ON_HOLD,
    PASSWORD,
    RECORDED,
    SECOND_HANDLER,
    TECHNICAL,
    TO_FORWARD,
    WITHDRAWN,
)


class Seldom:
    def __init__(self) -> None:
        people = {user.username: user for user in User.objects.filter(username__in=[one.username for one in PEOPLE])}
        authorities = {authority.name: authority for authority in Authority.objects.all()}
        teams = {team.name: team for team in Team.objects.all()}
        self.ground = Ground(home=authorities[HOME], people=people, authorities=authorities, teams=teams)
        self.allocator, self.handler, self.other = (
            people[name] for name in ("imibeheerder", "behandelaar1", "behandelaar2")
        )
        self.jurist, self.manager = people["jurist"], people["manager"]
        self.soon = clock.today() + timedelta(days=14)

    def make(self) -> None:
        self.second_handler()
        self.recorded_by_somebody_else()
        self.blocked_soon()
        self.withdrawn()
        self.prepared_forward()
        self.letter = self.letter_to_write()
        self.opening = self.ask_opening()
        self.hold()
        self.asked = self.person_who_asks()
        self.technical_administrator()
        self.old_key()
        saved_views.save_view(user=self.allocator, name="Te laat", query="lijst=te_laat")
        timeline.run_worker()

    def go_on(self) -> None:
        """What waits for a second person is agreed to, the letter is saved; the opening runs for half an hour."""
        for decider in (self.jurist, self.manager):
            deciding.approve(decision=self.opening, actor=decider)
        deciding.begin_opening(decision=self.opening, actor=self.handler)
        deciding.annotate(
            info_request=self.opening.info_request,
            actor=self.jurist,
            contested="Het adres klopt niet.",
            corrected="Nummer 14.",
        )
        person_rights.ask_search(person_request=self.asked, actor=self.jurist)
        letters.save_letter(
            info_request=self.letter,
            actor=self.other,
            language="nl",
            text="Wij gaven informatie over u. (verzonnen)",
            base=version_of(open_letter(self.letter)),
        )

    def received(
        self,
        key: str,
        imi_number: str,
        handler: User,
        late: LateActs | None = None,
        *,
        received_at: datetime | None = None,
    ) -> Case:
        case = Case(self.ground, {**data()["cases"][key], "imi_number": imi_number}, handler)
        case.receive(received_at or clock.now() - timedelta(days=2), late)
        return case

    def second_handler(self) -> None:
        case = self.received("extraction_es", SECOND_HANDLER, self.handler)
        assigning.allocate(info_request=case.row, actor=self.allocator, handlers=[self.handler, self.other])
        case.accept()
        case.answer()
        relations.add_viewer(
            info_request=case.row, actor=self.handler, user=self.jurist, reason="viewer.expertise", until=self.soon
        )

    def recorded_by_somebody_else(self) -> None:
        self.received("ecology_pl", RECORDED, self.handler, LateActs(self.handler, clock.now() - timedelta(days=1)))

    def prepared_forward(self) -> None:
        case = self.received("geothermal_at", TO_FORWARD, self.handler)
        case.allocate()
        ending.prepare_forward(
            info_request=case.row,
            actor=self.handler,
            to=self.ground.authorities[JUSTIS],
            reason="forward.not_competent",
        )

    def letter_to_write(self) -> InformationRequest:
        case = self.received("repute_it", LETTER, self.other)
        case.allocate()
        case.accept()
        case.answer()
        for question in case.row.questions.order_by("position"):
            if "answer" not in case.content["questions"][question.position - 1]:
                answering.save_tab(
                    info_request=case.row,
                    actor=self.other,
                    tab=question.tab,
                    contents={question.pk: AnswerContent(standard="data_protection", text="Dat delen wij niet.")},
                    versions={},
                )
        case.send()
        return case.row

    def blocked_soon(self) -> None:
        """It ended ten days less than six months ago, and stands in Corsa."""
        self._ended_in_imi("asbestos_fr", BLOCKED_SOON, clock.now() - relativedelta(months=6) + timedelta(days=10))

    def _ended_in_imi(self, key: str, imi_number: str, ended: datetime) -> InformationRequest:
        late = LateActs(self.handler, ended - timedelta(days=20), ended - timedelta(days=5), ended)
        case = self.received(key, imi_number, self.handler, late, received_at=ended - timedelta(days=25))
        answering.confirm_acceptance(info_request=case.row, actor=self.handler)
        timeline.run_worker()
        filing.file_in_corsa(case)
        return case.row

    def withdrawn(self) -> None:
        case = self.received("drilling_be", WITHDRAWN, self.handler)
        case.allocate()
        case.accept()
        ending.withdraw_request(
            info_request=case.row, actor=self.handler, withdrawn_at=clock.now(), reason="withdrawn.no_longer_needed"
        )

    def ask_opening(self) -> DataDecision:
        return deciding.ask_opening(
            info_request=InformationRequest.objects.get(imi_number=BLOCKED),
            actor=self.handler,
            ground="opening.proof",
            words="De rechter vraagt om het antwoord.",
            document=NewFile("verzoek.pdf", PDF, small_pdf("Verzoek (verzonnen)")),
        )

    def hold(self) -> None:
        """On what is blocked and erased in half a year: until a day before that a hold would change nothing."""
        info_request = self._ended_in_imi("ecology_pl", ON_HOLD, clock.now() - relativedelta(months=30))
        retaining.block_due(clock.today())
        proposed = deciding.propose_hold(
            info_request=info_request,
            actor=self.jurist,
            ground="hold.court",
            words="Er loopt een beroep.",
            until=clock.today() + timedelta(days=270),
            owner=self.jurist,
        )
        deciding.approve(decision=proposed, actor=self.allocator)

    def person_who_asks(self) -> PersonRequest:
        return person_rights.register_person_request(
            actor=self.jurist,
            home=self.ground.home,
            right=Right.ACCESS,
            received_on=clock.today() - timedelta(days=3),
            person={"family_name": "Vonkenburg"},
            words="Wat hebt u over mij?",
        )

    def technical_administrator(self) -> None:
        user, code = accounts.create_user(
            authority=self.ground.home,
            first_name="Sjaak",
            last_name="Tolbrug",
            email="sjaak@brabant.example",
            roles=[Role.BEHEERDER],
            modules=[],
        )
        assert user.username == TECHNICAL
        assert accounts.enrol(username=TECHNICAL, code=code, password=PASSWORD)

    def old_key(self) -> None:
        """The clock does not go back, so the day is moved on which the key before this one was retired."""
        vault.rotate()
        long_ago = clock.now() - timedelta(days=settings.IMIDESK_BACKUP_DAYS + 1)
        KeyCheck.objects.filter(retired_at__isnull=False).update(retired_at=long_ago)


if __name__ == "__main__":
    with vault.key_scope():
        Seldom().make()
