"""Filing a case in Corsa, as a handler does it by hand (ARC-01 to ARC-08)."""

from archive import services
from imidesk.core import clock
from imidesk.monitoring.practice_desk.cases import PDF, Case, small_pdf
from requests_app.vocabulary import Channel


def file_in_corsa(case: Case) -> None:
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
