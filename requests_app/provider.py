"""What is known of a provider, in words: the same lists as the intake format. Pure: no database."""

import json
from functools import cache

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from requests_app import intake

KINDS = (("natural", _("Natural person")), ("legal", _("Legal person or company")))
NUMBER_TYPES = (
    ("company_register", _("Company register number")),
    ("vat", _("VAT number")),
    ("tax", _("Tax number")),
    ("professional_register", _("Number in a professional register")),
    ("identity_document", _("Number of an identity document")),
    ("other", _("Other number")),
)


@cache
def country_codes() -> tuple[str, ...]:
    """EU and EEA, as the intake format has them."""
    return tuple(json.loads(intake.schema_text(intake.INTAKE))["$defs"]["country"]["enum"])


def countries() -> list[tuple[str, str]]:
    """Code and name in the reader's language, by name."""
    names = Locale(get_language() or "nl").territories
    return sorted(((code, names.get(code, code)) for code in country_codes()), key=lambda country: country[1])
