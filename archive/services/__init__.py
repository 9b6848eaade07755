"""What the archive does: reports, filing, and keeping no longer than allowed."""

from archive.proving import NotAllErased
from archive.services.alarming import raise_alarms
from archive.services.anchoring import anchor_audit
from archive.services.blocking import block_now
from archive.services.deciding import (
    annotate,
    approve,
    ask_opening,
    begin_opening,
    decline,
    forget_papers,
    lapse_decisions,
    lift_hold,
    propose_early_erasure,
    propose_hold,
)
from archive.services.feeding import end_feed, renew_feed, revoke_again
from archive.services.filing import add_imi_report, file_package, file_request, sign_off_task
from archive.services.keeping_keys import KeysOverdue, keep_keys, record_destruction
from archive.services.reporting import make_end_reports, make_sent_copy, make_task_report, take_report
from archive.services.retaining import Run, block_due, erase_again, erase_due, refuse_silence

__all__ = [
    "KeysOverdue",
    "NotAllErased",
    "Run",
    "add_imi_report",
    "anchor_audit",
    "annotate",
    "approve",
    "ask_opening",
    "begin_opening",
    "block_due",
    "block_now",
    "decline",
    "end_feed",
    "erase_again",
    "erase_due",
    "file_package",
    "file_request",
    "forget_papers",
    "keep_keys",
    "lapse_decisions",
    "lift_hold",
    "make_end_reports",
    "make_sent_copy",
    "make_task_report",
    "propose_early_erasure",
    "propose_hold",
    "raise_alarms",
    "record_destruction",
    "refuse_silence",
    "renew_feed",
    "revoke_again",
    "sign_off_task",
    "take_report",
]
