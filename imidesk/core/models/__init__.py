from imidesk.core.models.anchor import DailyAnchor
from imidesk.core.models.audit import AuditChain, AuditEvent
from imidesk.core.models.due import DueJob, Heartbeat, OutgoingMessage
from imidesk.core.models.installation import Installation
from imidesk.core.models.keys import KeyCheck, SealKey
from imidesk.core.models.ledger import LedgerEntry
from imidesk.core.models.processing import ProcessingRecord
from imidesk.core.models.sealed import SealedRow
from imidesk.core.models.security import SecurityEvent
from imidesk.core.models.throttle import SlowedDevice

__all__ = [
    "AuditChain",
    "AuditEvent",
    "DailyAnchor",
    "DueJob",
    "Heartbeat",
    "Installation",
    "KeyCheck",
    "LedgerEntry",
    "OutgoingMessage",
    "ProcessingRecord",
    "SealKey",
    "SealedRow",
    "SecurityEvent",
    "SlowedDevice",
]
