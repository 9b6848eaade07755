"""Who could take a request: a team and a handler are suggested, each with the reason and the row it came from (IN-07).

Nothing is weighed in secret: the order is a list of questions, asked one after the other, and whoever stands lower
hears at which question.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authorities.models import Absence, Authority, Mandate, Membership, ServiceActivity, Team, User
from authorities.permissions import Mandates, mandates_of
from authorities.vocabulary import Role, UserStatus
from requests_app.deadlines import local_day
from requests_app.models import Allocation, AllocationWish, InformationRequest
from requests_app.models.request import InformationRequestQuerySet
from requests_app.selectors import case
from requests_app.selectors.waiting import open_wishes
from requests_app.vocabulary import BEFORE_ACCEPTANCE, State

LOOKED_BACK = 4
"""How many earlier requests count as "earlier choices"."""


@dataclass(frozen=True)
class Why:
    """A reason in words, and the row that says so."""

    text: str
    source: str


@dataclass(frozen=True)
class TeamChoice:
    team: Team
    is_current: bool
    reasons: tuple[Why, ...]
    fits: bool = False
    is_suggested: bool = False
    lower: str = ""

    @property
    def why(self) -> str:
        return " ".join(reason.text for reason in self.reasons)


@dataclass(frozen=True)
class HandlerChoice:
    """Somebody who works as a handler here. Who cannot be chosen is shown with the reason (design 9, "Mandate")."""

    user: User
    place: str
    is_able: bool
    is_current: bool
    why: str
    load: int
    reasons: tuple[Why, ...] = ()
    absence: str = ""
    fits: bool = False
    is_suggested: bool = False
    lower: str = ""


@dataclass(frozen=True)
class Proposal:
    """What one press allocates; without a handler the team takes it up, without a team nobody's tray gets a task."""

    team: TeamChoice | None
    handler: HandlerChoice | None

    @property
    def who(self) -> str:
        return str(self.handler.user) if self.handler else str(self.team.team) if self.team else ""

    @property
    def reasons(self) -> list[tuple[str, tuple[Why, ...]]]:
        """By whom they are about."""
        of_team = [(str(self.team.team), self.team.reasons)] if self.team else []
        of_handler = [(str(self.handler.user), self.handler.reasons)] if self.handler else []
        return [*of_team, *of_handler]


@dataclass(frozen=True)
class Choices:
    teams: list[TeamChoice]
    handlers: list[HandlerChoice]
    proposal: Proposal | None


@dataclass(frozen=True)
class _Earlier:
    """The last requests that were about the same, and who had each of them."""

    about: str
    references: tuple[str, ...]
    teams: Counter[int]
    handlers: Counter[int]

    def why(self, number: int, who: object) -> tuple[Why, ...]:
        if not number:
            return ()
        facts = {"number": number, "total": len(self.references), "about": self.about, "who": who}
        return (
            Why(
                ngettext(
                    "The last request about %(about)s: %(who)s.",
                    "%(number)s of the last %(total)s times about %(about)s: %(who)s.",
                    len(self.references),
                )
                % facts,
                _("earlier requests: %(references)s") % {"references": ", ".join(self.references)},
            ),
        )


@dataclass(frozen=True)
class _Ground:
    """What the desk knows of one request, asked once for all teams and handlers."""

    info_request: InformationRequest
    today: date
    keywords: dict[int, str]
    earlier: _Earlier
    current: list[Allocation]
    had_before: set[tuple[str, int]]
    wishes: dict[int, AllocationWish]
    absences: dict[int, Absence] = field(default_factory=dict)
    stands_in: dict[int, list[Absence]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ranked:
    """A choice with its place per question; the first question that differs says why it stands lower."""

    choice: TeamChoice | HandlerChoice
    rank: tuple[int, ...]
    lower: tuple[str, ...]
    name: str


def choices_for(info_request: InformationRequest, today: date) -> Choices:
    ground = _ground(info_request, today)
    teams = [choice for choice in _in_order(_teams(ground)) if isinstance(choice, TeamChoice)]
    proposed = next((choice.team.pk for choice in teams if choice.is_suggested), None)
    handlers = [choice for choice in _in_order(_handlers(ground, proposed)) if isinstance(choice, HandlerChoice)]
    team = next((choice for choice in teams if choice.is_suggested), None)
    handler = next((choice for choice in handlers if choice.is_suggested), None)
    return Choices(teams, handlers, Proposal(team, handler) if team or handler else None)


def _ground(info_request: InformationRequest, today: date) -> _Ground:
    rows = case.allocations(info_request)
    current = [row for row in rows if row.ended_at is None]
    having = {_who(row) for row in current}
    absent = list(Absence.objects.on(today).select_related("user", "deputy"))
    stands_in: dict[int, list[Absence]] = {}
    for absence in absent:
        if absence.deputy_id:
            stands_in.setdefault(absence.deputy_id, []).append(absence)
    keywords = case.keywords(info_request)
    if not keywords and info_request.service_activity:
        keywords = list(info_request.service_activity.keywords.all())
    return _Ground(
        info_request=info_request,
        today=today,
        keywords={keyword.pk: str(keyword) for keyword in keywords},
        earlier=_earlier(info_request),
        current=current,
        had_before={_who(row) for row in rows if row.ended_at} - having,
        wishes={wish.user_id: wish for wish in open_wishes(info_request)},
        absences={absence.user_id: absence for absence in absent},
        stands_in=stands_in,
    )


def _who(row: Allocation) -> tuple[str, int]:
    return ("handler", row.handler_id) if row.handler_id else ("team", row.team_id or 0)


def _earlier(info_request: InformationRequest) -> _Earlier:
    """With the same activity; where there is none, or nothing was about it yet, with one of the same keywords."""
    others = (
        InformationRequest.objects.filter(home=info_request.home, module=info_request.module, fictitious=False)
        .exclude(pk=info_request.pk)
        .exclude(state=State.ENTERED_IN_ERROR)
        .filter(Exists(Allocation.objects.current().filter(info_request=OuterRef("pk"))))
        .order_by("-received_at", "-pk")
    )
    found: list[Allocation] = []
    about = ""
    if info_request.service_activity:
        found = _allocated(others.filter(service_activity=info_request.service_activity))
        about = f"“{info_request.service_activity}”"
    if not found and (keywords := case.keywords(info_request)):
        tagged = InformationRequest.keywords.through.objects.filter(
            informationrequest=OuterRef("pk"), keyword__in=keywords
        )
        found = _allocated(others.filter(Exists(tagged)))
        about = ", ".join(f"“{keyword}”" for keyword in keywords)
    teams: Counter[int] = Counter()
    handlers: Counter[int] = Counter()
    for row in found:
        if row.handler_id:
            handlers[row.handler_id] += 1
        elif row.team_id:
            teams[row.team_id] += 1
    references = dict.fromkeys(row.info_request.reference for row in found)
    return _Earlier(about, tuple(references), teams, handlers)


def _allocated(requests: InformationRequestQuerySet) -> list[Allocation]:
    """Who has the latest of these requests now, newest request first."""
    rows = Allocation.objects.current().filter(info_request__in=requests.values("pk")[:LOOKED_BACK])
    ordered = rows.order_by("-info_request__received_at", "-info_request")
    return list(ordered.select_related("info_request"))


def _in_order(ranked: Collection[_Ranked]) -> list[TeamChoice | HandlerChoice]:
    """The first is suggested where something speaks for it; each other one says at which question it fell behind."""
    ordered = sorted(ranked, key=lambda row: (row.rank, row.name))
    first = next((row for row in ordered if _may_be_suggested(row.choice)), None)
    return [_placed(row, first) for row in ordered]


def _may_be_suggested(choice: TeamChoice | HandlerChoice) -> bool:
    present = isinstance(choice, TeamChoice) or (choice.is_able and not choice.absence)
    return choice.fits and present and not choice.is_current


def _placed(row: _Ranked, first: _Ranked | None) -> TeamChoice | HandlerChoice:
    if row is first:
        return replace(row.choice, is_suggested=True)
    if first is None or row.choice.is_current or row.rank < first.rank:
        return row.choice
    differs = (said for ours, theirs, said in zip(row.rank, first.rank, row.lower, strict=True) if ours != theirs)
    return replace(row.choice, lower=next(differs, _("Equal; the order is by name.")))


def _teams(ground: _Ground) -> list[_Ranked]:
    current = {row.team_id for row in ground.current if not row.handler_id}
    rows = _rows_of_teams(ground.info_request.home)
    activity = ground.info_request.service_activity
    is_named = any(activity in row.activities.values() for row in rows)
    return [_team(ground, row, row.team.pk in current, is_named) for row in rows]


@dataclass(frozen=True)
class _RowOfTeam:
    """A team with the activities in its row, and the keywords of each, by key."""

    team: Team
    activities: dict[int, ServiceActivity] = field(default_factory=dict)
    keywords: dict[int, set[int]] = field(default_factory=dict)


def _rows_of_teams(authority: Authority) -> list[_RowOfTeam]:
    """In one query, however many they are."""
    found: dict[int, _RowOfTeam] = {}
    teams = Team.objects.filter(authority=authority).annotate(
        activity=F("service_activities"),
        activity_nl=F("service_activities__name_nl"),
        activity_en=F("service_activities__name_en"),
        keyword=F("service_activities__keywords"),
    )
    for team in teams.order_by("name", "pk", "activity_nl", "activity"):
        row = found.setdefault(team.pk, _RowOfTeam(team))
        if team.activity is None:
            continue
        row.activities.setdefault(
            team.activity, ServiceActivity(pk=team.activity, name_nl=team.activity_nl, name_en=team.activity_en)
        )
        row.keywords.setdefault(team.activity, set()).add(team.keyword)
    return list(found.values())


def _team(ground: _Ground, row: _RowOfTeam, is_current: bool, is_named: bool) -> _Ranked:
    """Keywords are wide: they only speak where no team has the activity itself in its row."""
    team, activity = row.team, ground.info_request.service_activity
    by_activity = (
        (
            Why(
                _("“%(activity)s” belongs to this team.") % {"activity": activity},
                _("row of team %(team)s: service activities") % {"team": team},
            ),
        )
        if activity in row.activities.values()
        else ()
    )
    by_keyword = () if is_named else _by_keyword(ground, row)
    number = ground.earlier.teams[team.pk]
    had_before = ("team", team.pk) in ground.had_before
    reasons = (*by_activity, *by_keyword, *ground.earlier.why(number, team))
    before = _("This team had the request before.")
    choice = TeamChoice(
        team, is_current, reasons, fits=bool(reasons) and not had_before, lower=before if had_before else ""
    )
    return _Ranked(
        choice,
        rank=(had_before, not by_activity, -number, not by_keyword),
        lower=(
            before,
            _("The service activity is not in the row of this team."),
            _earlier_less(ground, number),
            _("No keyword fits an activity of this team."),
        ),
        name=str(team),
    )


def _by_keyword(ground: _Ground, row: _RowOfTeam) -> tuple[Why, ...]:
    for pk, activity in row.activities.items():
        shared = next((name for keyword, name in ground.keywords.items() if keyword in row.keywords[pk]), None)
        if shared is not None:
            return (
                Why(
                    _("Keyword “%(keyword)s” fits “%(activity)s” of this team.")
                    % {"keyword": shared, "activity": activity},
                    _("row of team %(team)s: service activities") % {"team": row.team},
                ),
            )
    return ()


def _earlier_less(ground: _Ground, number: int) -> str:
    total = len(ground.earlier.references)
    return _("Had %(number)s of the last %(total)s requests about this.") % {"number": number, "total": total}


def _handlers(ground: _Ground, proposed_team: int | None) -> list[_Ranked]:
    memberships: dict[int, list[Membership]] = {}
    running = Allocation.objects.current().filter(
        handler=OuterRef("user"), info_request__state__in=[*BEFORE_ACCEPTANCE, State.ACCEPTED]
    )
    number = running.order_by().values("handler").annotate(number=Count("pk")).values("number")
    rows = Membership.objects.filter(
        authority=ground.info_request.home, role=Role.BEHANDELAAR, user__status=UserStatus.ACTIVE
    ).select_related("user", "team", "organisation")
    load: dict[int, int] = {}
    for row in rows.annotate(load=Coalesce(Subquery(number), 0)):
        memberships.setdefault(row.user_id, []).append(row)
        load[row.user_id] = row.load
    least = min(load.values(), default=0)
    request = ground.info_request
    held = mandates_of([found[0].user for found in memberships.values()], request.home, request.service_activity)
    return [
        _handler(ground, found, held.get(pk, Mandates()), load[pk], least, proposed_team)
        for pk, found in memberships.items()
    ]


def _handler(
    ground: _Ground,
    found: list[Membership],
    mandates: Mandates,
    load: int,
    least: int,
    proposed_team: int | None,
) -> _Ranked:
    info_request, user = ground.info_request, found[0].user
    here = [row for row in found if row.module == info_request.module and _is_valid(row, ground.today)]
    place = next((row for row in [*here, *found] if row.organisation or row.team), None)
    mandate = mandates.on(ground.today) if here else None
    in_team = proposed_team is not None and any(row.team_id == proposed_team for row in here)
    number = ground.earlier.handlers[user.pk]
    absence = ground.absences.get(user.pk)
    had_before = ("handler", user.pk) in ground.had_before
    before = _("Had this request before.")
    wished = user.pk in ground.wishes
    choice = HandlerChoice(
        user=user,
        place=str((place.organisation or place.team) if place else info_request.home),
        is_able=mandate is not None,
        is_current=("handler", user.pk) in {_who(row) for row in ground.current},
        why=_why_able(info_request, mandates, found, here, ground.today),
        load=load,
        reasons=_reasons_for(ground, user, load, least, number, mandate, in_team=in_team),
        absence=absence_in_words(absence),
        fits=wished or (not had_before and (proposed_team is None or in_team or number > 0)),
        lower=before if had_before and not wished else "",
    )
    return _Ranked(
        choice,
        rank=(
            mandate is None,
            absence is not None,
            choice.is_current,
            not wished,
            had_before,
            proposed_team is not None and not in_team,
            -number,
            load,
        ),
        lower=(
            "",
            "",
            _("Has it now."),
            _("Did not ask for this request."),
            before,
            _("Does not work in the suggested team."),
            _earlier_less(ground, number),
            _("Has more open requests."),
        ),
        name=f"{user.last_name} {user.first_name}",
    )


def _reasons_for(
    ground: _Ground, user: User, load: int, least: int, number: int, mandate: Mandate | None, *, in_team: bool
) -> tuple[Why, ...]:
    """Only what speaks for somebody; without a mandate nothing does."""
    if mandate is None:
        return ()
    found = []
    if wish := ground.wishes.get(user.pk):
        day = date_format(local_day(wish.asked_at), "j F Y")
        found.append(Why(_("Asked for this request on %(day)s.") % {"day": day}, _("the handler asked")))
    if in_team:
        found.append(Why(_("Works in the suggested team."), _("role of %(person)s") % {"person": user}))
    found += ground.earlier.why(number, user)
    for absence in ground.stands_in.get(user.pk, ()):
        facts = {"person": absence.user, "day": _day(absence.last_day)}
        text = _("Stands in for %(person)s, who is absent up to and including %(day)s.") % facts
        found.append(Why(text, _("absence of %(person)s") % {"person": absence.user}))
    if load == least:
        found.append(Why(_("Nobody has fewer open requests."), _("open requests today")))
    found.append(Why(_("Mandate today: %(mandate)s.") % {"mandate": mandate}, _("list of mandates")))
    return tuple(found)


def absence_in_words(absence: Absence | None) -> str:
    """ "Afwezig tot en met 3 december"; a warning, never a block (IN-05)."""
    if absence is None:
        return ""
    said = _("Absent up to and including %(day)s.") % {"day": _day(absence.last_day)}
    deputy = _("Deputy: %(person)s.") % {"person": absence.deputy} if absence.deputy else _("No deputy is named.")
    return f"{said} {deputy}"


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _is_valid(membership: Membership, today: date) -> bool:
    return membership.valid_until is None or membership.valid_until >= today


def _why_able(
    info_request: InformationRequest,
    mandates: Mandates,
    found: list[Membership],
    here: list[Membership],
    today: date,
) -> str:
    if here:
        mandate = mandates.on(today)
        return (
            _("Mandate today: %(mandate)s.") % {"mandate": mandate}
            if mandate
            else why_no_mandate(info_request, mandates, today)
        )
    if any(row.module == info_request.module for row in found):
        return _("The role of handler in this module has ended.")
    return _("No role of handler in the module %(module)s.") % {"module": info_request.get_module_display()}


def why_no_mandate(info_request: InformationRequest, mandates: Mandates, today: date) -> str:
    coming = [mandate.valid_from for mandate in mandates.covering if mandate.valid_from > today]
    if coming:
        return _("The mandate begins on %(day)s.") % {"day": _day(min(coming))}
    ended = [until for until in (mandate.valid_until for mandate in mandates.covering) if until and until < today]
    if ended:
        return _("The mandate ended on %(day)s.") % {"day": _day(max(ended))}
    if mandates.any_on(today):
        return _("The mandate does not cover “%(activity)s”.") % {"activity": info_request.service_activity}
    return _("No mandate.")
