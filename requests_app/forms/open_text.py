"""The warning where something that looks like a person is typed in an open field (design 4)."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

_EMAIL = re.compile(r"\S@\S+\.\w")
_NUMBER = re.compile(r"(?:\d[ .\-/]?){7,}")
_POSTCODE = re.compile(r"\b\d{4}\s?[A-Z]{2}\b")
_STREET = re.compile(
    r"(?:straat|laan|weg|plein|gracht|kade|dijk|singel|hof|stra(?:ß|ss)e|gasse|street|road|avenue|lane|ulica)\s+\d+"
    r"|\b(?:rue|via|calle|rua|ul\.)\s+\w+",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:dhr|mevr|mw|de heer|mevrouw|meneer|mrs?|ms|herrn?|frau|madame|mme|monsieur|señora?|signora?)\b\.?\s+\w",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"(?:\b[^\W\d_]\.\s?)+(?:(?:van|de|der|den|ten|von|la|le)\s+)*[^\W\d_]{2,}")


def looks_personal(text: str) -> bool:
    """A number of seven digits and more, an address, or a name with a title or initials."""
    return any(pattern.search(text) for pattern in (_EMAIL, _NUMBER, _POSTCODE, _STREET, _TITLE, _INITIALS))


class OpenTextMixin(forms.BaseForm):
    """Warns once and never blocks: the tick says that it was looked at. Names its fields in `open_text`."""

    open_text: tuple[str, ...] = ()
    warned = False

    def warn_of_personal_data(self, cleaned: dict[str, object]) -> None:
        for name in self.open_text:
            if looks_personal(str(cleaned.get(name) or "")):
                self.warned = True
                if not cleaned.get("open_text_checked"):
                    message = _(
                        "This looks like a name, a number or an address of a person. This field can be read before"
                        " acceptance. Change it, or tick below that it is not about a person."
                    )
                    self.add_error(name, message)
