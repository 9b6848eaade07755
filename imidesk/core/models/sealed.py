from typing import ClassVar
from uuid import UUID

from django.db import models

from imidesk.core.ids import uuid7


class SealedRow(models.Model):
    """A row with sealed columns; the seal names the row by its uuid, made before the insert (SP-01)."""

    SEALED: ClassVar[dict[str, str]] = {}
    """Sealed BinaryField -> the part of the file it belongs to; "file" stands for a stored file of the row."""

    uuid = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    @property
    def seal_owner(self) -> UUID:
        raise NotImplementedError

    def part_of(self, field: str) -> str:
        """The part that opens a field; a model whose rows differ in kind answers by kind."""
        return self.SEALED[field]
