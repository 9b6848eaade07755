"""What the list of requests shows, page by page, as somebody goes through it."""

from typing import Any


def rows_behind(client: Any, url: str) -> list[Any]:
    """Every request of the list at this address."""
    found = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, url
        found += [row.info_request for row in answer.context["rows"]]
        url = answer.context["older"]
    return found
