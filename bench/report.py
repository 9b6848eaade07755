"""The end report with its data, against WeasyPrint alone on the same text in the same kind of process. Prints JSON."""

import io
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import django

django.setup()

import pikepdf  # noqa: E402

from archive import report, selectors, snapshot  # noqa: E402
from archive.report import Occasion  # noqa: E402
from imidesk.core import audit, vault  # noqa: E402
from imidesk.monitoring.scale.ground import BENCH_USER  # noqa: E402
from requests_app.models import InformationRequest  # noqa: E402
from requests_app.permissions import look_for_desk  # noqa: E402
from requests_app.vocabulary import State  # noqa: E402

ROUNDS = 5
ALONE = Path(__file__).with_name("weasyprint_alone.py")


def main() -> None:
    owner = (
        InformationRequest.objects.filter(allocation__handler__username=BENCH_USER, state=State.CLOSED)
        .order_by("-pk")
        .values_list("uuid", flat=True)[0]
    )
    _whole(owner)
    ours, alone = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        html, pdf = _whole(owner)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        subprocess.run([sys.executable, str(ALONE)], input=html.encode(), check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        alone.append(time.perf_counter() - began)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = len(document.pages)
    print(json.dumps({"ours": statistics.median(ours), "alone": statistics.median(alone), "pages": pages}))


def _whole(owner: object) -> tuple[str, bytes]:
    """As the job does it, but for storing: read, opened, put together, drawn."""
    with vault.key_scope():
        info_request = selectors.request_of(owner)  # type: ignore[arg-type]
        last = audit.events_of("request", owner).filter(action__in=snapshot.ENDING).last()  # type: ignore[arg-type]
        if info_request is None or last is None:
            raise SystemExit("There is no ended request of the bench user.")
        content = snapshot.build(info_request, Occasion.END, last, look_for_desk("full_report", info_request))
    html = report.to_html(content)
    return html, report.to_pdf(html)


if __name__ == "__main__":
    main()
