"""No line of the desk's log holds a person, whatever test wrote it (SP-16).

Every test runs under it: what the desk's own formatter would have written is read afterwards.
"""

import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from imidesk.core.logging import logging_config
from tests.factories.world import PASSWORD, SUBJECT

PERSONAL = (
    *(value for value in SUBJECT.values() if isinstance(value, str) and len(value) > 8),
    *SUBJECT["address"].values(),
    *(number["value"] for number in SUBJECT["numbers"]),
    SUBJECT["given_names"],
    PASSWORD,
    "Ada Voorbeeld",
    "Qzx7Merk",
    "Zaubertinte",
)
MARKS = tuple(value for value in PERSONAL if len(value) > 3)


@contextmanager
def written() -> Iterator[StringIO]:
    """What the desk would have logged meanwhile, as it would stand in its log."""
    config = logging_config()
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["json"]))
    logging.getLogger().addHandler(handler)
    try:
        yield handler.stream
    finally:
        logging.getLogger().removeHandler(handler)


def persons_in(log: str) -> list[str]:
    """JSON writes ł as an escape: each line is read before it is searched."""
    lines = [str(json.loads(line) | {"timestamp": ""}) for line in log.splitlines()]
    return [f"{mark} in: {line}" for line in lines for mark in MARKS if mark in line]
