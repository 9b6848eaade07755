"""What becomes of every field of every model, and of every folder, at erasure (house rule 7, pitfall 13); and erasing.

open: stays readable, in lists and statistics. sealed: opens only with a look, gone at erasure. account: about a user or
an authority, with clocks of its own. technical: keys, counters and links, without meaning of their own.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.apps import apps
from django.db.models import Count, Model, Q, Value

from archive.models import PersonPaper, PersonRequest, Report
from imidesk.core import vault
from imidesk.core.vault import SealedRow
from requests_app.models import (
    AdviceRequest,
    Annotation,
    Answer,
    DataDecision,
    DecisionFile,
    InformationRequest,
    Preparation,
    ProviderLetter,
    RequestQuestion,
    SealedFile,
    SealedText,
    Subject,
)


class Kind(StrEnum):
    OPEN = "open"
    SEALED = "sealed"
    ACCOUNT = "account"
    TECHNICAL = "technical"


def _row(**kinds: str) -> dict[str, Kind]:
    return {name: Kind(kind) for kind, names in kinds.items() for name in names.split()}


CLASSIFICATION: dict[str, dict[str, Kind]] = {
    "core.Installation": _row(technical="id uuid kind clock_offset"),
    "core.KeyCheck": _row(technical="key_id family number mac made_at retired_at destroyed_at"),
    "core.SealKey": _row(technical="owner uuid wrapped key_id key_ids"),
    "core.AuditChain": _row(open="kind subject", technical="id length head"),
    "core.AuditEvent": _row(open="action actor at recorded_at details", technical="id chain number key_id link"),
    "core.DailyAnchor": _row(technical="id up_to chains events digest key_id signature made_at"),
    "core.OutgoingMessage": _row(
        open="template event subject user mailbox facts state held created_at ended_at",
        technical="id uuid key tries next_try_at fault",
    ),
    "core.DueJob": _row(
        open="kind subject state created_at due_at ended_at", technical="id asked tries next_try_at fault"
    ),
    "core.Heartbeat": _row(technical="name started_at succeeded_at failed_at fault"),
    "core.SlowedDevice": _row(technical="id key tries last_at next_at"),
    "core.LedgerEntry": _row(open="kind subject what at", technical="id uuid written_at"),
    "core.ProcessingRecord": _row(technical="id uuid trace_id name data_subject at"),
    "core.SecurityEvent": _row(account="id at action object result origin actor_id"),
    "authorities.Keyword": _row(open="code name_nl name_en", technical="id"),
    "authorities.ServiceActivity": _row(open="code name_nl name_en nace keywords", technical="id"),
    "authorities.Authority": _row(
        account="name informal_title country kind tooi_id email phone is_home status ended_on reference_prefix"
        " last_reference first_contact backup_contact basic_users_see_list pool_reads_along",
        technical="id uuid",
    ),
    "authorities.Team": _row(account="authority name corsa_tray service_activities", technical="id"),
    "authorities.Registration": _row(
        account="authority module registered_on decided_by approval_before_sending may_refuse may_accept"
        " works_with_allocation coordinator_sees_details",
        technical="id",
    ),
    "authorities.User": _row(
        account="password last_login is_superuser username first_name last_name email phone language status left_on"
        " erased_on groups user_permissions",
        technical="id uuid session_number",
    ),
    "authorities.Membership": _row(account="user authority role module team organisation valid_until", technical="id"),
    "authorities.Enrolment": _row(account="user made_at expires_at tries", technical="id code_hash"),
    "authorities.Absence": _row(account="user first_day last_day deputy", technical="id"),
    "authorities.Mandate": _row(
        account="authority function holder regulation valid_from valid_until service_activities", technical="id"
    ),
    "requests_app.InformationRequest": _row(
        open="reference imi_number module procedure channel fictitious language requester responder home"
        " service_activity activity_not_listed legal_basis state data_state received_at registered_at reply_days"
        " accept_by asked_on proposed_on agreed_on accepted_at answered_at answered_in_imi_only ended_at end_reason"
        " first_answered_at clarified_at clarify_by delay_reported_at delay_until"
        " forwarded_to registered_late prepared_step task_number task_sent_on task_signed_off_on filed_at keywords"
        " told_on not_told_reason",
        technical="id uuid submission",
    ),
    "requests_app.Allocation": _row(
        open="info_request team handler made_by made_at accepted_at ended_at", technical="id"
    ),
    "requests_app.RequestUserPermission": _row(open="user permission content_object", technical="id"),
    "requests_app.RequestQuestion": _row(
        open="info_request position tab code kind", sealed="own_text own_tab_name comment", technical="uuid"
    ),
    "requests_app.Answer": _row(
        open="question status version saved_at saved_by", sealed="content", technical="uuid saved_with"
    ),
    "requests_app.Subject": _row(open="info_request", sealed="content", technical="uuid"),
    "requests_app.SealedText": _row(open="info_request kind written_at written_by", sealed="text", technical="uuid"),
    "requests_app.SealedFile": _row(
        open="info_request kind question added_at added_by", sealed="details", technical="uuid storage_name"
    ),
    "requests_app.Preparation": _row(
        open="info_request step made_by made_at agreed_on proposed_on reason forward_to ended_at",
        sealed="words",
        technical="uuid",
    ),
    "requests_app.AllocationWish": _row(open="info_request user asked_at ended_at", technical="id"),
    "requests_app.Viewer": _row(open="info_request user reason until added_by added_at ended_at", technical="id"),
    "requests_app.AdviceRequest": _row(
        open="info_request asked_by asked_at answered_by answered_at", sealed="question answer", technical="uuid"
    ),
    "requests_app.EndCorrection": _row(
        open="info_request ended_at evidence proposed_by proposed_at decided_by decided_at approved", technical="id"
    ),
    "requests_app.DataDecision": _row(
        open="info_request kind ground owner until proposed_by proposed_at first_by second_by declined_by decided_at"
        " approved began_at ended_at papers_gone_at",
        sealed="words",
        technical="uuid",
    ),
    "requests_app.DecisionFile": _row(open="decision kind added_at", sealed="details", technical="uuid storage_name"),
    "requests_app.Annotation": _row(
        open="info_request made_by made_at", sealed="contested corrected", technical="uuid"
    ),
    "requests_app.ProviderLetter": _row(
        open="info_request due_on language sent_on sent_by", sealed="text", technical="uuid"
    ),
    "requests_app.CountedMonth": _row(open="home module month counted_at content", technical="id"),
    "requests_app.MonthToCount": _row(open="home module month", technical="id"),
    "requests_app.SavedView": _row(account="user name query made_at", technical="id"),
    "requests_app.ReadRecord": _row(account="user request_uuid part purpose state at", technical="id trace_id"),
    "requests_app.Reminder": _row(open="info_request kind due_on sent_at", technical="id"),
    "archive.Report": _row(open="info_request kind event_number made_at", sealed="snapshot", technical="uuid file"),
    "archive.ArchiveCase": _row(
        open="info_request case_number case_type keep_until filed_by filed_at full_report_sha256 imi_report_sha256",
        technical="id",
    ),
    "archive.PersonRequest": _row(
        account="number home right received_on answer_by requests registered_by registered_at answered_on outcome"
        " erase_on erased_at",
        sealed="person words",
        technical="uuid",
    ),
    "archive.PersonPaper": _row(
        account="person_request kind added_by added_at", sealed="details", technical="uuid storage_name"
    ),
    "archive.PersonSearch": _row(
        account="person_request asked_by asked_at released_by released_at looked total finished_at",
        technical="id uuid last_looked",
    ),
    "archive.PersonHit": _row(account="search info_request found fields", technical="id"),
    "archive.RetentionFeed": _row(account="user digest made_at", technical="id"),
    "archive.RetentionRecord": _row(
        open="info_request block_on erase_on blocked_at erasing_at erased_at erased_keys erased_rows erased_files",
        technical="id",
    ),
    "archive.KeyDestruction": _row(open="key_id proposed_by proposed_at confirmed_by confirmed_at", technical="id"),
    "archive.ErasureScan": _row(technical="id began_at ended_at requests whole places plants other_finds"),
    "archive.ErasureProof": _row(
        open="info_request made_at sought by_place found_in other_places rows_left files_left key_left",
        technical="id scan",
    ),
}

# Where the desk writes, by setting or folder under var/.
FOLDERS: dict[str, Kind] = {
    "files": Kind.SEALED,
    "keys": Kind.TECHNICAL,
    "mail": Kind.OPEN,
    "broker": Kind.TECHNICAL,
    "broker-done": Kind.TECHNICAL,
    "broker-control": Kind.TECHNICAL,
    "beat-schedule": Kind.TECHNICAL,
    "anchors": Kind.TECHNICAL,
    "ledger": Kind.TECHNICAL,
    "processing": Kind.TECHNICAL,
    "backups": Kind.SEALED,
    "run.lock": Kind.TECHNICAL,
    "secret_key": Kind.TECHNICAL,
    "practice_password": Kind.TECHNICAL,
    "desk.sqlite3": Kind.SEALED,
}

# Rows that go at erasing, in this order; a question keeps its place, code and kind, and its answer its status.
_ROWS_THAT_GO: tuple[type[Model], ...] = (
    Report,
    SealedFile,
    SealedText,
    Preparation,
    AdviceRequest,
    ProviderLetter,
    Annotation,
    Subject,
)


# Sealed under a key and with a clock of their own, erased request or not (SP-25).
WITH_A_KEY_OF_THEIR_OWN: tuple[type[SealedRow], ...] = (DataDecision, DecisionFile, PersonRequest, PersonPaper)


def sealed_columns() -> dict[type[SealedRow], tuple[str, ...]]:
    """Every model with columns sealed with the key of a request, and which."""
    found: dict[type[SealedRow], tuple[str, ...]] = {}
    for label, kinds in CLASSIFICATION.items():
        model = apps.get_model(label)
        if issubclass(model, SealedRow) and model not in WITH_A_KEY_OF_THEIR_OWN:
            found[model] = tuple(name for name, kind in kinds.items() if kind == Kind.SEALED)
    return found


def path_to_request(model: type[Model]) -> str:
    """The way of foreign keys from a sealed row to its request."""
    names = {field.name for field in model._meta.concrete_fields}
    return "info_request" if "info_request" in names else "question__info_request"


def sealed_rows_left(info_requests: Collection[InformationRequest]) -> Counter[int]:
    """Rows in which something sealed of each request still stands, counted in the tables themselves."""
    filled: dict[type[Model], Q] = {}
    for model, columns in sealed_columns().items():
        filled[model] = Q()
        for column in columns:
            filled[model] |= ~Q(**{column: b""})
    return sum(_rows_per_request(filled, info_requests).values(), Counter())


def _rows_per_request(
    models: Mapping[type[Model], Q], info_requests: Collection[InformationRequest]
) -> dict[type[Model], Counter[int]]:
    """How many rows of each model each request has, by number of the request; one question for all."""
    counted = []
    for number, (model, only) in enumerate(models.items()):
        path = path_to_request(model)
        rows = model._default_manager.filter(only, **{f"{path}__in": info_requests}).order_by()
        counted.append(rows.values_list(path).annotate(Count("pk"), model=Value(number)))
    found: dict[type[Model], Counter[int]] = {model: Counter() for model in models}
    names = list(models)
    for pk, rows_of_one, number in counted[0].union(*counted[1:], all=True):
        found[names[number]][pk] = rows_of_one
    return found


def files_left(names: Iterable[str]) -> int:
    """Of files that were stored under these names, those that are still there."""
    return sum(vault.file_exists(name) for name in names)


def storage_names(requests: Iterable[int]) -> dict[int, list[str]]:
    """Of each request, by number, the names under which its files are stored."""
    names: dict[int, list[str]] = {pk: [] for pk in requests}
    rows = SealedFile.objects.filter(info_request__in=list(names)).order_by("pk")
    for pk, name in rows.values_list("info_request", "storage_name"):
        names[pk].append(name)
    return names


def known_files(names: set[str]) -> set[str]:
    """Of these names in the store those that a row knows."""
    return {
        name
        for model in (SealedFile, DecisionFile, PersonPaper)
        for name in model._default_manager.filter(storage_name__in=names).values_list("storage_name", flat=True)
    }


@dataclass(frozen=True)
class Erased:
    """What was there of a request: rows that held sealed data, and the keys that ever wrapped its key (SP-05)."""

    rows: int
    key_ids: list[str]


def erase(info_requests: Collection[InformationRequest]) -> dict[int, Erased]:
    """Sealed rows and keys, inside the caller's transaction; the files went before (SP-21)."""
    found = _rows_per_request(dict.fromkeys((*_ROWS_THAT_GO, RequestQuestion, Answer), Q()), info_requests)
    rows = sum(found.values(), Counter())
    for model in _ROWS_THAT_GO:
        if found[model]:
            model._default_manager.filter(info_request__in=info_requests).delete()
    questions = RequestQuestion.objects.filter(info_request__in=info_requests)
    filled = ~Q(own_text=b"") | ~Q(own_tab_name=b"") | ~Q(comment=b"")
    questions.filter(filled).update(own_text=b"", own_tab_name=b"", comment=b"")
    Answer.objects.filter(question__in=questions).update(content=b"", saved_by=None)
    key_ids = vault.destroy_keys([info_request.uuid for info_request in info_requests])
    return {
        info_request.pk: Erased(rows[info_request.pk], key_ids.get(info_request.uuid, []))
        for info_request in info_requests
    }
