"""What the proof of an erasure says: what was sought, where, how much was read, from when it is final (SP-22)."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive import selectors
from archive.models import ErasureProof, RetentionRecord
from authorities.models import User
from imidesk.core import key_files
from imidesk.core.clock import AMSTERDAM
from imidesk.core.models import KeyCheck
from requests_app.models import InformationRequest

ROTATION = timedelta(days=30)
STORES = {
    "security log": gettext_lazy("security log"),
    "sessions": gettext_lazy("sessions"),
    "counters": gettext_lazy("counters"),
    "sealed files": gettext_lazy("sealed files"),
    "queue": gettext_lazy("queue"),
    "mail": gettext_lazy("mail kept as files"),
}
# What a sealed column belongs to, where the name of the column alone does not say it.
SEALED_ROWS = {
    "requests_app.Answer": gettext_lazy("answer to a question"),
    "requests_app.SealedText": gettext_lazy("text of the request"),
    "requests_app.SealedFile": gettext_lazy("file of the request"),
    "requests_app.Preparation": gettext_lazy("prepared step"),
    "requests_app.DataDecision": gettext_lazy("decision on the data"),
    "requests_app.DecisionFile": gettext_lazy("paper of a decision"),
    "requests_app.ProviderLetter": gettext_lazy("letter to the provider"),
    "archive.Report": gettext_lazy("report of the request"),
}


# What stands in each folder that the desk writes, by its usual name.
FOLDERS = {
    "files": STORES["sealed files"],
    "mail": STORES["mail"],
    "broker": gettext_lazy("queue of the automatic tasks"),
    "broker-control": gettext_lazy("control of that queue"),
    "broker-done": gettext_lazy("what that queue has done"),
    "anchors": gettext_lazy("signatures of the audit trail"),
    "ledger": gettext_lazy("list of what may never come back"),
    "processing": gettext_lazy("processing records"),
    "backups": gettext_lazy("backups"),
}


@dataclass(frozen=True)
class Kind:
    """A field, as the register of personal data names it, and how many of its values."""

    name: str
    sought: int
    by_place: int


@dataclass(frozen=True)
class Place:
    """In words, and as the machine calls it."""

    name: str
    code: str


@dataclass(frozen=True)
class Where:
    """A group of places, and how much was read there."""

    place: Place
    pieces: int
    size: int


@dataclass(frozen=True)
class Page:
    """One proof, without any of the values."""

    info_request: InformationRequest
    record: RetentionRecord
    proof: ErasureProof
    kinds: tuple[Kind, ...]
    places: tuple[Where, ...]
    stores: tuple[str, ...]
    keys: tuple[Place, ...]
    found_in: tuple[Place, ...]
    other_places: tuple[Place, ...]
    final_from: date | None
    is_final: bool
    on_one_disk: bool
    """Keys and data, as in the trial set-up on SQLite (SP-08)."""

    @property
    def sought(self) -> int:
        return sum(kind.sought for kind in self.kinds)

    @property
    def by_place(self) -> int:
        return sum(kind.by_place for kind in self.kinds)

    @property
    def size(self) -> int:
        return sum(place.size for place in self.places)


def page_for(user: User, reference: str) -> Page | None:
    """None for a request that this user may not find in the register, and where nothing was sought yet."""
    return _page(selectors.records_for(user).filter(info_request__reference=reference).first())


def page_of(reference: str) -> Page | None:
    """For the terminal, which acts as the desk; never for a page."""
    records = RetentionRecord.objects.filter(info_request__reference=reference)
    return _page(records.select_related("info_request").first())


def _page(record: RetentionRecord | None) -> Page | None:
    if record is None:
        return None
    proof = ErasureProof.objects.filter(info_request=record.info_request_id).select_related("scan").last()
    if proof is None:
        return None
    final_from, is_final = _final(record)
    return Page(
        info_request=record.info_request,
        record=record,
        proof=proof,
        kinds=tuple(
            Kind(_name_of(kind), proof.sought.get(kind, 0), proof.by_place.get(kind, 0))
            for kind in sorted({*proof.sought, *proof.by_place})
        ),
        places=tuple(_grouped(proof)),
        stores=tuple(str(STORES[store]) for store in proof.scan.plants),
        keys=tuple(_keys(record)),
        found_in=tuple(map(_place, proof.found_in)),
        other_places=tuple(map(_place, proof.other_places)),
        final_from=final_from,
        is_final=is_final,
        on_one_disk=connection.vendor == "sqlite",
    )


def _name_of(kind: str) -> str:
    label, _dot, column = kind.rpartition(".")
    what = str(apps.get_model(label)._meta.get_field(column).verbose_name)
    return f"{SEALED_ROWS[label]}: {what}" if label in SEALED_ROWS else what


def _grouped(proof: ErasureProof) -> list[Where]:
    """Tables together, each folder by itself: the list of tables is the same for every proof."""
    tables = [seen for place, seen in proof.scan.places.items() if place.startswith("table:")]
    database = Place(_("database, %(count)d tables") % {"count": len(tables)}, "")
    return [
        Where(database, sum(seen["units"] for seen in tables), sum(seen["size"] for seen in tables)),
        *(
            Where(_place(place), seen["units"], seen["size"])
            for place, seen in proof.scan.places.items()
            if not place.startswith("table:")
        ),
    ]


def _place(place: str) -> Place:
    kind, _colon, name = place.partition(":")
    if kind == "folder":
        return Place(str(FOLDERS.get(name, _("other files of the desk"))), name)
    return Place(_("table of the database"), name) if kind == "table" else Place(_("queue and counters"), place)


def _keys(record: RetentionRecord) -> list[Place]:
    checks = KeyCheck.objects.filter(key_id__in=record.erased_keys).order_by("number")
    return [Place(_("key %(number)d of the desk") % {"number": check.number}, check.key_id) for check in checks]


def _final(record: RetentionRecord) -> tuple[date | None, bool]:
    """The day on which the last key that ever wrapped the request's key was destroyed, or may be (SP-05)."""
    if record.erased_at is None:
        return None, False
    keys = list(KeyCheck.objects.filter(key_id__in=record.erased_keys))
    destroyed = [key.destroyed_at for key in keys if key.destroyed_at]
    if len(destroyed) == len(keys) and not any(key_files.read(key.key_id) for key in keys):
        return max([record.erased_at, *destroyed]).astimezone(AMSTERDAM).date(), True
    kept = timedelta(days=settings.IMIDESK_BACKUP_DAYS)
    last = max((key.retired_at or max(key.made_at + ROTATION, record.erased_at)) for key in keys)
    return (last + kept).astimezone(AMSTERDAM).date(), False
