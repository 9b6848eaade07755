"""Filing a case in Corsa, as a handler does it by hand (ARC-01 to ARC-08)."""

from time import sleep

from archive import selectors, services
from imidesk.core import clock
from imidesk.monitoring.practice_desk.cases import PDF, Case, small_pdf
from requests_app.vocabulary import Channel

SECONDS_TO_WAIT = 120


def file_in_corsa(case: Case) -> None:
    _wait_for_reports(case)
    if case.row.channel == Channel.IMI:
        text = f"IMI {case.row.imi_number} - rapport zoals IMI het zou maken (verzonnen)"
        services.add_imi_report(
            info_request=case.row,
            actor=case.handler,
            name=f"imi-{case.row.imi_number}.pdf",
            declared_type=PDF,
            content=small_pdf(text),
        )
    services.file_request(
        info_request=case.row,
        actor=case.handler,
        case_number=f"Z/{clock.today():%Y}/{20000 + case.row.pk}",
        signed_off_on=clock.today(),
    )


def _wait_for_reports(case: Case) -> None:
    """The worker of a desk that runs meanwhile may have them in hand."""
    for _second in range(SECONDS_TO_WAIT):
        if not selectors.is_being_made(case.row):
            return
        sleep(1)
