from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from imidesk.core.vault import SealedRow
from requests_app.models.request import InformationRequest
from requests_app.vocabulary import AnswerStatus, Part, QuestionKind


class RequestQuestion(SealedRow):
    """A question on a tab of one request: from the catalogue by its code, or in the requester's own words."""

    SEALED: ClassVar[dict[str, str]] = {
        "own_text": Part.QUESTIONS,
        "own_tab_name": Part.QUESTIONS,
        "comment": Part.PERSON,
    }

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="questions", verbose_name=_("request")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    tab = models.CharField(_("tab"), max_length=1)
    code = models.CharField(_("catalogue code"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=QuestionKind)
    own_text = models.BinaryField(_("question in own words"), blank=True)
    own_tab_name = models.BinaryField(_("name of the tab in own words"), blank=True)
    comment = models.BinaryField(_("comment of the requester"), blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["tab", "position"]
        constraints = [
            models.UniqueConstraint(name="question_position_once", fields=["info_request", "position"]),
            models.UniqueConstraint(
                name="catalogue_question_once", fields=["info_request", "code"], condition=~Q(code="")
            ),
            models.CheckConstraint(name="tab_is_a_letter", condition=Q(tab__gte="A", tab__lte="Z")),
        ]

    def __str__(self) -> str:
        return f"[{self.tab}] {self.position}"

    @property
    def seal_owner(self) -> UUID:
        return self.info_request.uuid


class Answer(SealedRow):
    """The answer to one question. Its row exists from acceptance on, so that presence tells nothing (SP-02)."""

    SEALED: ClassVar[dict[str, str]] = {"content": Part.PERSON}

    question = models.OneToOneField(RequestQuestion, models.CASCADE, related_name="answer", verbose_name=_("question"))
    status = models.CharField(_("status"), max_length=10, choices=AnswerStatus, default=AnswerStatus.NONE, blank=True)
    content = models.BinaryField(_("value, standard answer and text"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    saved_at = models.DateTimeField(_("saved at"), null=True)
    saved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("saved by"))
    saved_with = models.UUIDField(_("save of the page that wrote it"), null=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="answer_status_known", condition=Q(status__in=AnswerStatus.values))]
        indexes = [
            # Few are; the overview counts them by question.
            models.Index(name="answer_excused", fields=["question"], condition=Q(status=AnswerStatus.EXCUSED))
        ]

    def __str__(self) -> str:
        return str(self.question)

    @property
    def seal_owner(self) -> UUID:
        return self.question.info_request.uuid
