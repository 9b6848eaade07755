import pytest

from imidesk.core import security_log
from imidesk.core.models import SecurityEvent

pytestmark = pytest.mark.django_db


def test_a_note_says_action_object_result_origin_actor_and_time():
    """SP-12, BIO2 8.15.01."""
    security_log.note("sign_in", object="user:7", result="refused", origin="192.0.2.1", actor_id=7)

    event = SecurityEvent.objects.get()
    assert (event.action, event.object, event.result, event.origin, event.actor_id) == (
        "sign_in", "user:7", "refused", "192.0.2.1", 7,
    )  # fmt: skip
    assert event.at.tzinfo is not None


def test_a_note_that_would_break_a_log_line_is_refused():
    with pytest.raises(ValueError, match="control"):
        security_log.note("sign_in", object="a\nb", result="ok", origin="x", actor_id=None)
