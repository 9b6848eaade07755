"""The tables of the code as pages of `docs/`: steps, mails, jobs, periods and rights (design idea 6)."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from inspect import getdoc
from typing import Any

from django.utils.translation import override
from django_fsm import GET_STATE

from archive import retention
from authorities.models import Authority, Membership, User
from authorities.vocabulary import LIST_ROLES, ROLES_PER_MODULE, Module, Role
from requests_app import guards, notifications, reminders
from requests_app.deadlines import Rhythm
from requests_app.models import InformationRequest
from requests_app.models.access import Access, By, Standing, Tie
from requests_app.permissions import GRANT_OF_PART, grants_by_allocation
from requests_app.vocabulary import (
    FILE_PARTS,
    MANDATED,
    RULES,
    Action,
    DataState,
    FileKind,
    Grant,
    Part,
    PreparedStep,
    Rule,
    State,
)

SEE_OPEN = "see_open"
# What somebody can look at, and the right that the page of it asks.
LOOKS: dict[str, Grant] = {
    "see_questions": GRANT_OF_PART[Part.QUESTIONS],
    "see_person": GRANT_OF_PART[Part.PERSON],
    "see_answers": GRANT_OF_PART[Part.PERSON],
    "download_full_report": GRANT_OF_PART[FILE_PARTS[FileKind.REPORT_FULL]],
}
NO_RELATION, AREA, DIRECT, TEAM, ALLOCATED, ACCEPTED = "none", "area", "area_direct", "team", "allocated", "accepted"
VIEWER, ADVISER = "raadpleger", "adviser"
RELATIONS = {
    NO_RELATION: "the role is of another authority",
    AREA: "the role is of the authority and the module of the request; what follows comes on top of it",
    DIRECT: "the same, where the authority works without allocation (preference 4 is Nee)",
    TEAM: "belongs to the team that was chosen",
    ALLOCATED: "a personal allocation, not accepted",
    ACCEPTED: "a personal allocation, accepted by himself",
    VIEWER: "added to the request by a handler who accepted, until a date or blocking",
    ADVISER: "advice was asked on the request, until the answer or the end",
}
PLACES = (*(state for state in State if state != State.DRAFT), DataState.BLOCKED, DataState.ERASED)
YES, NO = "yes", "no"
_TEAM, _HOME, _ELSEWHERE = 1, 1, 2


@dataclass(frozen=True)
class Right:
    """One cell of the matrix; `state` is the state, or the state of the data once it is not open any more."""

    role: str
    relation: str
    state: str
    action: str
    allowed: str


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell or '–' for cell in line)} |" for line in lines)


def workflow() -> str:
    """docs/workflow.md."""
    with override("en"):
        return "\n\n".join(
            [
                "# Workflow",
                _ABOUT_WORKFLOW,
                "## States",
                _diagram(),
                _ABOUT_STATES,
                "## Steps",
                table(("step", "from", "to", "grant", "conditions", "what it is"), _step_rows()),
                table(("condition", "meaning"), _condition_rows()),
                "## Mails",
                _ABOUT_MAILS,
                table(("action", "event", "mail", "to", "copy to the authority (AUT-22)", "source"), _mail_rows()),
                "## Reminders",
                _ABOUT_REMINDERS,
                table(("reminder", "when", "counted from", "mail", "to", "later also", "source"), _reminder_rows()),
                "## Jobs",
                "Rows that are due; the worker runs them after the transaction.",
                table(("action", "event", "jobs"), _job_rows()),
                "## Periods",
                _ABOUT_PERIODS,
                table(("what", "months", "source"), _period_rows()),
                f"A FICTIEF request is erased {retention.FICTITIOUS_ERASE_DAYS} days after its last step (design 8).",
            ]
        )


_ABOUT_WORKFLOW = """\
Printed from the code by `manage.py print_workflow`; a test compares. After a change of the code:
`manage.py print_workflow > docs/workflow.md`.

A request changes only through `workflow.perform`: it asks source state, conditions and grant, and writes the event, the
grants, the mails and the jobs, in one transaction."""

_ABOUT_STATES = """\
Steps that leave the state as it is stand in the table only. The data have a state of their own:
`open → blocked → erased`, only when the request has ended."""

_ABOUT_MAILS = """\
To each recipient in his own language. Whoever did the act gets none, nor does whoever may not see the request any more.
No mail holds data of the case (NOT-10)."""

_ABOUT_REMINDERS = """\
Rows that are due; they follow the dates that count now, each night anew (`requests_app/reminders.py`, ADR 9). What
falls on a weekend or a holiday, here or in the asking country, goes on the working day before; never on the day it
counts from. Two of a request on one day are one mail. Of what was missed only the last of each matter is sent, on the
next working day. Who is absent is replaced by the deputy, else by the allocators. The general mailbox gets a copy
(AUT-22)."""

_ABOUT_PERIODS = """\
In calendar months from the day of the end in Europe/Amsterdam; the last day of the month where the day is missing."""


def permissions() -> str:
    """docs/permissions.md."""
    with override("en"):
        return "\n\n".join(
            [
                "# Permissions",
                _ABOUT_PERMISSIONS,
                "## Seeing that a request exists",
                f"By role, in its module: {_words(_in_order(LIST_ROLES))}; {Role.BASISGEBRUIKER}\n"
                "where the authority says so. Besides, a raadpleger of this request. A draft is nobody's yet.",
                "## What is sealed",
                "What the pages ask before they open it. A file asks the right of its part.",
                table(("action", "right"), ((f"`{name}`", f"`{grant}`") for name, grant in LOOKS.items())),
                "## Rights by grant",
                "“Without allocation” counts only where preference 4 of the authority is Nee. “Data” says whether\n"
                "the personal data are open, blocked or erased.",
                table(
                    ("grant", "what", "states", "data", "by role", "by relation", "without allocation"),
                    (_rule_row(grant, rule) for grant, rule in RULES.items()),
                ),
                table(("relation", "meaning"), ((f"`{name}`", meaning) for name, meaning in RELATIONS.items())),
                "Acts that also need a mandate on the day of the act (USR-34): "
                f"{_words(action.label for action in Action if action in MANDATED)}.",
            ]
        )


_ABOUT_PERMISSIONS = """\
Printed from the code by `manage.py access_matrix --format md`; `--format csv` gives every role, relation, state and
action as a row. Tests compare this page with the code, and every cell of the matrix with the query that lists, pages
and steps ask. After a change of the code: `manage.py access_matrix > docs/permissions.md`.

A role opens the list, an allocation opens the case, acceptance opens the person (design idea 1). A superuser holds
nothing. Not seen is 404, seen but not allowed is 403, not possible now is 409."""


def rights() -> Iterator[Right]:
    """Every role, relation, state and action, as the pages would have it; basic users see the list (the default)."""
    for role in Role:
        for relation in RELATIONS:
            access = _access(role, relation)
            for place in PLACES:
                standing = _standing(relation, place)
                held = access.grants_in(standing)
                yield Right(role, relation, place, SEE_OPEN, YES if access.sees(standing) else NO)
                for action, grant in (*LOOKS.items(), *((grant.value, grant) for grant in RULES)):
                    yield Right(role, relation, place, action, YES if grant in held else NO)


def right_rows() -> Iterator[tuple[str, ...]]:
    yield ("role", "relation", "state", "action", "allowed")
    for right in rights():
        yield tuple(str(value) for value in astuple(right))


def _access(role: Role, relation: str) -> Access:
    """Of an active user with one role; no row of a database."""
    user = User(pk=1)
    home = Authority(pk=_ELSEWHERE if relation == NO_RELATION else _HOME, basic_users_see_list=True)
    membership = Membership(
        user=user,
        authority=home,
        role=role,
        module=Module.SERVICES if role in ROLES_PER_MODULE else "",
        team_id=_TEAM if relation == TEAM else None,
    )
    membership.without_allocation = relation == DIRECT  # type: ignore[attr-defined]
    return Access(user, [membership])


def _standing(relation: str, place: State | DataState) -> Standing:
    """Data are blocked and erased only of requests that have ended."""
    state, data_state = (State.CLOSED, place) if isinstance(place, DataState) else (place, DataState.OPEN)
    ties = {TEAM: Tie(By.TEAM, _TEAM), VIEWER: Tie(By.VIEWER), ADVISER: Tie(By.ADVICE)}
    granted: frozenset[Grant] = frozenset()
    if relation in (ALLOCATED, ACCEPTED):
        granted = grants_by_allocation(state, data_state, accepted=relation == ACCEPTED)
    return Standing(
        _HOME,
        Module.SERVICES,
        state,
        data_state,
        frozenset({ties[relation]} if relation in ties else ()),
        frozenset(granted),
    )


def _by_relation(rule: Rule) -> dict[str, bool]:
    return {
        TEAM: rule.team,
        ALLOCATED: rule.allocated,
        ACCEPTED: rule.accepted,
        VIEWER: rule.viewer,
        **{f"{ADVISER} ({_words(rule.advice)})": True for _ in rule.advice[:1]},
    }


def _rule_row(grant: Grant, rule: Rule) -> tuple[str, ...]:
    return (
        f"`{grant}`",
        str(grant.label),
        _states(rule.states),
        _words(rule.data),
        _words(rule.roles),
        _words(name for name, counts in _by_relation(rule).items() if counts),
        _words(rule.without_allocation),
    )


def _transitions() -> list[Any]:
    """In the order of the code, one per step and source; those of the data last."""
    fields = [InformationRequest._meta.get_field(name) for name in ("state", "data_state")]
    found = [transition for field in fields for transition in field.get_all_transitions(InformationRequest)]  # type: ignore[union-attr]
    return sorted(found, key=lambda transition: transition.method.__code__.co_firstlineno)


def _by_step() -> dict[str, list[Any]]:
    steps: dict[str, list[Any]] = {}
    for transition in _transitions():
        steps.setdefault(transition.name, []).append(transition)
    return steps


def _targets(transition: Any) -> list[str]:
    if isinstance(transition.target, GET_STATE):
        return [str(state) for state in transition.target.allowed_states]
    return [str(transition.target)] if transition.target is not None else []


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.DRAFT}"]
    for name, transitions in _by_step().items():
        for transition in _in_order_of_states(transitions):
            for target in _targets(transition):
                if target in State.values:
                    lines.append(f"    {transition.source} --> {target}: {name}")
    lines += [f"    {state} --> [*]" for state in State if state not in _sources()]
    return "\n".join([*lines, "```"])


def _sources() -> set[str]:
    return {str(transition.source) for transition in _transitions() if _targets(transition)}


def _in_order_of_states(transitions: list[Any]) -> list[Any]:
    places = [*State.values, *DataState.values]
    return sorted(transitions, key=lambda transition: [*places, "*"].index(transition.source))


def _step_rows() -> Iterator[tuple[str, ...]]:
    for name, transitions in _by_step().items():
        first = transitions[0]
        sources = [str(transition.source) for transition in _in_order_of_states(transitions)]
        yield (
            f"`{name}`",
            "any" if sources == ["*"] else _states(sources),
            _words(_targets(first)) or "stays",
            _permission(first.permission),
            _words(_condition(condition) for condition in first.conditions),
            " ".join((getdoc(first.method) or "").split()),
        )


def _permission(permission: Any) -> str:
    if isinstance(permission, guards.HoldsOne):
        return " or ".join(f"`{grant}`" for grant in permission.grants)
    return {guards.desk_only: "the desk itself", guards.registered_by: "whoever may register"}[permission]


def _condition(condition: Any) -> str:
    if isinstance(condition, guards.FreeFor):
        return f"free for {PreparedStep(condition.step).value}"
    return str(condition.__name__).replace("_", " ")


def _condition_rows() -> Iterator[tuple[str, str]]:
    found = {
        "free for …" if isinstance(condition, guards.FreeFor) else _condition(condition): getdoc(condition) or ""
        for transition in _transitions()
        for condition in transition.conditions
    }
    for name, meaning in sorted(found.items()):
        if meaning:
            yield name, " ".join(meaning.split())


def _mail_rows() -> Iterator[tuple[str, ...]]:
    for action, notices in notifications.NOTICES.items():
        for notice in notices:
            yield (
                f"`{action}`",
                str(Action(action).label),
                f"`{notice.template}`",
                notice.recipients.__name__.replace("_", " "),
                "yes" if notice.general_mailbox else "no",
                notice.source,
            )


def _reminder_rows() -> Iterator[tuple[str, ...]]:
    for rule in reminders.RULES:
        later = rule.later
        yield (
            str(rule.kind.label),
            _when(rule.rhythm),
            " ".join((rule.base.__doc__ or "").split()).rstrip("."),
            f"`{rule.template}`",
            rule.recipients.__name__.replace("_", " "),
            f"{later.recipients.__name__}, {later.working_days} working days after" if later else "",
            rule.source,
        )


def _when(rhythm: Rhythm) -> str:
    first = f"{rhythm.offset:+d} {rhythm.unit.value}" if rhythm.offset else "the day itself"
    return f"{first}, then every {rhythm.every}" if rhythm.every else first


def _job_rows() -> Iterator[tuple[str, ...]]:
    for action, kinds in notifications.JOBS.items():
        yield f"`{action}`", str(Action(action).label), _words(f"`{kind}`" for kind in kinds)


def _period_rows() -> Iterator[tuple[str, ...]]:
    yield "personal data are blocked", str(retention.BLOCK.months), str(retention.BLOCK.article)
    for module, period in retention.BLOCK_BY_MODULE.items():
        yield f"personal data are blocked, module {module}", str(period.months), str(period.article)
    yield "personal data are erased", str(retention.ERASE.months), str(retention.ERASE.article)
    yield "the case in the records system ends", str(retention.CASE.months), str(retention.CASE.article)


def _states(states: Iterable[str]) -> str:
    present = list(states)
    every = [str(state) for state in State if state != State.DRAFT]
    return "all" if present == every else _words(present)


def _in_order(roles: Iterable[str]) -> list[str]:
    return [role for role in Role.values if role in roles]


def _words(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)
