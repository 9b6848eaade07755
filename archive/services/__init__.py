"""What the archive does: reports, filing, and keeping no longer than allowed."""

from archive.services.anchoring import anchor_audit
from archive.services.filing import add_imi_report, file_request, sign_off_task
from archive.services.reporting import make_end_reports, make_sent_copy, make_task_report, take_report
from archive.services.retaining import Run, block_due, erase_due

__all__ = [
    "Run",
    "add_imi_report",
    "anchor_audit",
    "block_due",
    "erase_due",
    "file_request",
    "make_end_reports",
    "make_sent_copy",
    "make_task_report",
    "sign_off_task",
    "take_report",
]
