"""Sign-ins, refusals, roles, keys, settings, terminal commands (SP-12)."""

import logging

from imidesk.core import clock
from imidesk.core.models import SecurityEvent

logger = logging.getLogger(__name__)


def note(action: str, *, object: str, result: str, origin: str, actor_id: int | None) -> SecurityEvent:
    """Codes and ids only. Outside a transaction that may be rolled back; the log line stays in any case."""
    facts = {"action": action, "object": object, "result": result, "origin": origin}
    if not all(text.isprintable() for text in facts.values()):
        raise ValueError("A note for the security log holds control characters.")
    logger.info("security", extra={**facts, "actor_id": actor_id})
    return SecurityEvent.objects.create(
        at=clock.now(),
        action=action,
        object=object[:100],
        result=result,
        origin=origin[:100],
        actor_id=actor_id,
    )
