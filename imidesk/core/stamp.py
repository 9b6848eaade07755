"""What this database is stamped as (SP-38)."""

from imidesk.core.models import Installation


def is_practice() -> bool:
    return Installation.objects.filter(kind=Installation.Kind.PRACTICE).exists()
