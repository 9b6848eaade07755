"""The first authority and the first people of a desk, and how an invited person gets a password of his own.

No password ever stands on a command line or in a mail: the terminal shows an enrolment code once, the user name goes to
the person by another way, and the person chooses the password (USR-01, USR-06).
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from authorities import second_step
from authorities.models import Absence, Authority, Enrolment, Mandate, Membership, Registration, User
from authorities.vocabulary import ROLES_PER_MODULE, AuthorityKind, AuthorityStatus, Module, Role, UserStatus
from imidesk.core import audit, clock, ledger
from imidesk.core.errors import DomainError

CODE_DAYS = 7
CODE_TRIES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
_PREFIX = re.compile(r"[A-Z]{2,5}")

USER_EVENTS = {
    "user_invited": {"roles": "codes", "modules": "codes", "authority": "id"},
    "user_enrolled": {},
    "enrolment_renewed": {},
    "user_blocked": {},
    "user_left": {},
    "user_erased": {},
    "role_withdrawn": {"role": "code", "module": "code", "authority": "id"},
    "mandate_given": {"mandate": "id", "authority": "id", "from": "date", "until": "date"},
}
AUTHORITY_EVENTS = {
    "authority_made_home": {"modules": "codes"},
    "preferences_changed": {"module": "code", "fields": "codes"},
}
# The five of IMI, as the registration of a module keeps them (AUT-27 to AUT-33).
PREFERENCES = (
    "approval_before_sending",
    "may_refuse",
    "may_accept",
    "works_with_allocation",
    "coordinator_sees_details",
)


@transaction.atomic(durable=True)
def create_authority(
    *,
    name: str,
    prefix: str,
    email: str,
    modules: Iterable[Module],
    kind: AuthorityKind,
    tooi_id: str = "",
    preferences: Mapping[str, bool] | None = None,
) -> Authority:
    """Makes an authority of the directory, or a new one, at home on this desk (AUT-12). Raises DomainError."""
    if not _PREFIX.fullmatch(prefix):
        raise DomainError(_("A prefix has two to five capitals, for example NB."))
    found = Authority.objects.filter(tooi_id=tooi_id) if tooi_id else Authority.objects.filter(name=name, country="NL")
    authority = found.first() or Authority(name=name, kind=kind, tooi_id=tooi_id or None)
    if authority.is_home:
        raise DomainError(_("%(authority)s works at this desk already.") % {"authority": authority})
    authority.is_home, authority.reference_prefix, authority.email = True, prefix, email
    authority.status = AuthorityStatus.CONFIRMED
    _save(authority)
    chosen = list(modules)
    today = clock.today()
    for module in chosen:
        Registration.objects.get_or_create(
            authority=authority, module=module, defaults={"registered_on": today, **(preferences or {})}
        )
    audit.record(
        "authority", authority.uuid, "authority_made_home", actor=None, at=clock.now(), details={"modules": chosen}
    )
    return authority


@transaction.atomic(durable=True)
def set_preferences(*, authority: Authority, module: Module, preferences: Mapping[str, bool]) -> Registration:
    """From now on, for every request of the module. The trail holds which ones, never the values (SP-10).

    Raises DomainError for a module without a registration, and when nothing changes.
    """
    registration = Registration.objects.select_for_update().filter(authority=authority, module=module).first()
    if registration is None:
        raise DomainError(
            _("%(authority)s is not registered for %(module)s.") % {"authority": authority, "module": module.label}
        )
    changed = sorted(name for name in preferences if getattr(registration, name) != preferences[name])
    if not changed:
        raise DomainError(_("Nothing changes: the preferences are like this already."))
    for name in changed:
        setattr(registration, name, preferences[name])
    registration.save(update_fields=changed)
    facts = {"module": module, "fields": changed}
    audit.record("authority", authority.uuid, "preferences_changed", actor=None, at=clock.now(), details=facts)
    return registration


@transaction.atomic(durable=True)
def create_user(
    *,
    authority: Authority,
    first_name: str,
    last_name: str,
    email: str,
    roles: Iterable[Role],
    modules: Iterable[Module],
    language: str = "nl",
    phone: str = "",
) -> tuple[User, str]:
    """Invites a person; returns the account and the enrolment code, which is shown once. Raises DomainError."""
    user = User(
        username=_free_username(first_name, last_name),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        email=email,
        phone=phone,
        language=language,
        status=UserStatus.INVITED,
    )
    user.set_unusable_password()
    _save(user)
    chosen, areas = sorted(set(roles)), sorted(set(modules))
    if any(role in ROLES_PER_MODULE for role in chosen) and not areas:
        raise DomainError(_("An IMI role belongs to a module: name at least one."))
    registered = set(authority.registrations.values_list("module", flat=True))
    for area in areas:
        if area not in registered:
            raise DomainError(
                _("%(authority)s is not registered for %(module)s.") % {"authority": authority, "module": area.label}
            )
    for role in chosen:
        for module in areas if role in ROLES_PER_MODULE else [""]:
            Membership.objects.create(user=user, authority=authority, role=role, module=module)
    audit.record(
        "user",
        user.uuid,
        "user_invited",
        actor=None,
        at=clock.now(),
        details={"roles": chosen, "modules": areas, "authority": authority.pk},
    )
    return user, _new_code(user)


@transaction.atomic(durable=True)
def renew_code(*, username: str) -> str:
    """For an invited person whose code has ended or was lost. Raises DomainError."""
    user = User.objects.filter(username=username, status=UserStatus.INVITED).first()
    if user is None:
        raise DomainError(_("There is no invited account with this user name."))
    audit.record("user", user.uuid, "enrolment_renewed", actor=None, at=clock.now(), details={})
    return _new_code(user)


@transaction.atomic(durable=True)
def give_mandate(
    *, username: str, authority: Authority, function: str, regulation: str, valid_from: date, valid_until: date | None
) -> Mandate:
    """Without one nobody of a new desk could accept a request (USR-34). Raises DomainError."""
    holder = User.objects.filter(username=username, memberships__authority=authority).first()
    if holder is None:
        raise DomainError(_("This authority has no account with this user name."))
    mandate = Mandate(
        authority=authority,
        function=function.strip(),
        holder=holder,
        regulation=regulation.strip(),
        valid_from=valid_from,
        valid_until=valid_until,
    )
    _save(mandate)
    details = {"mandate": mandate.pk, "authority": authority.pk, "from": valid_from}
    audit.record(
        "user",
        holder.uuid,
        "mandate_given",
        actor=None,
        at=clock.now(),
        details={**details, "until": valid_until} if valid_until else details,
    )
    return mandate


@transaction.atomic(durable=True)
def enrol(*, username: str, code: str, password: str) -> User | None:
    """The invited person's own password; None for whatever is wrong, with one hash computed in each case (SP-28)."""
    enrolment = (
        Enrolment.objects.select_for_update()
        .select_related("user")
        .filter(user__username=username, user__status=UserStatus.INVITED)
        .first()
    )
    plain = _plain(code)
    if enrolment is None:
        make_password(plain)
        return None
    fits = check_password(plain, enrolment.code_hash)
    if not fits or enrolment.tries >= CODE_TRIES or enrolment.expires_at < clock.now():
        Enrolment.objects.filter(pk=enrolment.pk, tries__lt=CODE_TRIES).update(tries=F("tries") + 1)
        return None
    user = enrolment.user
    user.set_password(password)
    user.status = UserStatus.ACTIVE
    user.save(update_fields=["password", "status"])
    enrolment.delete()
    audit.record("user", user.uuid, "user_enrolled", actor=user, at=clock.now(), details={})
    return user


@transaction.atomic(durable=True)
def block_user(*, username: str) -> User:
    """Out at once, sessions included, and also after a restored copy (SP-24). Raises DomainError."""
    user = User.objects.select_for_update().filter(username=username).exclude(status=UserStatus.BLOCKED).first()
    if user is None:
        raise DomainError(_("There is no account with this name that is not blocked."))
    _block(user)
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, user.uuid)
    return user


@transaction.atomic(durable=True)
def block_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore; a copy from before the account was made does not know it."""
    user = User.objects.select_for_update().filter(uuid=subject).exclude(status=UserStatus.BLOCKED).first()
    if user is not None:
        _block(user)


def _block(user: User) -> None:
    user.status = UserStatus.BLOCKED
    user.save(update_fields=["status"])
    audit.record("user", user.uuid, "user_blocked", actor=None, at=clock.now(), details={})


@transaction.atomic(durable=True)
def leave(*, username: str) -> User:
    """No user any more from today on: out at once, and some years later erased (DP-15). Raises DomainError."""
    user = User.objects.select_for_update().filter(username=username, left_on=None).first()
    if user is None:
        raise DomainError(_("There is no account with this name that has not left."))
    _leave(user, clock.today())
    ledger.note(ledger.Kind.ACCOUNT_LEFT, user.uuid)
    return user


@transaction.atomic(durable=True)
def leave_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore, from the day on which it was."""
    user = User.objects.select_for_update().filter(uuid=subject, left_on=None).first()
    if user is not None:
        _leave(user, at.astimezone(clock.AMSTERDAM).date())


def _leave(user: User, day: date) -> None:
    user.status, user.left_on = UserStatus.LEFT, day
    user.save(update_fields=["status", "left_on"])
    audit.record("user", user.uuid, "user_left", actor=None, at=clock.now(), details={})


def erase_left(day: date) -> int:
    """Whoever left `IMIDESK_ACCOUNT_YEARS` calendar years before this day or earlier; how many (DP-15)."""
    due = User.objects.filter(left_on__lte=day - relativedelta(years=settings.IMIDESK_ACCOUNT_YEARS), erased_on=None)
    pks = list(due.values_list("pk", flat=True))
    for pk in pks:
        _erase(pk, day)
    return len(pks)


@transaction.atomic(durable=True)
def _erase(pk: int, day: date) -> None:
    """The account stays as a number, since trail, allocations and decisions name it by that."""
    user = User.objects.select_for_update().get(pk=pk)
    user.username = f"erased-{user.uuid.hex}"
    with override(settings.LANGUAGE_CODE):  # it stands in lists and trails of everybody
        user.first_name, user.last_name = _("former user"), str(user.pk)
    user.email = user.phone = ""
    user.last_login, user.erased_on = None, day
    user.set_unusable_password()
    user.save()
    second_step.forget(user)
    Enrolment.objects.filter(user=user).delete()
    Absence.objects.filter(user=user).delete()
    user.saved_views.all().delete()
    audit.record("user", user.uuid, "user_erased", actor=None, at=clock.now(), details={})


@transaction.atomic(durable=True)
def withdraw_role(*, username: str, role: Role) -> int:
    """Of every module and authority, from today on; how many there were. Raises DomainError."""
    user = User.objects.select_for_update().filter(username=username).first()
    held = Membership.objects.valid_on(clock.today()).filter(user=user, role=role).select_related("authority")
    if user is None or not held:
        raise DomainError(_("Nobody with this name holds this role."))
    for membership in held:
        _withdraw(membership)
        what = {"role": role.value, "module": membership.module, "authority": str(membership.authority.uuid)}
        ledger.note(ledger.Kind.ROLE_WITHDRAWN, user.uuid, what)
    return len(held)


@transaction.atomic(durable=True)
def withdraw_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore; a role that ended meanwhile stays as it is."""
    held = Membership.objects.valid_on(clock.today()).filter(
        user__uuid=subject, role=what["role"], module=what["module"], authority__uuid=what["authority"]
    )
    for membership in held.select_related("user", "authority"):
        _withdraw(membership)


def _withdraw(membership: Membership) -> None:
    membership.valid_until = clock.today() - timedelta(days=1)
    membership.save(update_fields=["valid_until"])
    details = {"role": membership.role, "authority": membership.authority_id}
    if membership.module:
        details["module"] = membership.module
    membership.user.end_sessions()
    audit.record("user", membership.user.uuid, "role_withdrawn", actor=None, at=clock.now(), details=details)


def fresh(user: User) -> User:
    """As it stands in the database now."""
    return User.objects.get(pk=user.pk)


def _new_code(user: User) -> str:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    now = clock.now()
    Enrolment.objects.update_or_create(
        user=user,
        defaults={
            "code_hash": make_password(code),
            "made_at": now,
            "expires_at": now + timedelta(days=CODE_DAYS),
            "tries": 0,
        },
    )
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).upper()


def _free_username(first_name: str, last_name: str) -> str:
    """First letter and last name, with a number where that is taken (USR-13)."""
    stem = _letters(first_name)[:1] + _letters(last_name)
    if not stem:
        raise DomainError(_("Enter a first name and a last name."))
    stem = stem[:50]
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    return next(
        name for name in (stem, *(f"{stem}{number}" for number in range(2, len(taken) + 3))) if name not in taken
    )


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def _save(row: Authority | User | Mandate) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from None
    row.save()
