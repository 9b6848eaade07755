from datetime import date

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils.translation import gettext_lazy as _

from authorities.models.activity import ServiceActivity
from authorities.models.authority import Authority
from authorities.models.user import User


class MandateQuerySet(models.QuerySet["Mandate"]):
    def valid_on(self, day: date) -> "MandateQuerySet":
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day)

    def for_activity(self, activity: ServiceActivity | None) -> "MandateQuerySet":
        return self.filter(_covers(activity))

    def with_cover(self, activity: ServiceActivity | None) -> "MandateQuerySet":
        """Each with `covers`: whether it is one `for_activity`."""
        return self.annotate(covers=ExpressionWrapper(_covers(activity), models.BooleanField()))


def _covers(activity: ServiceActivity | None) -> Q:
    """One without activities covers all of them; one with activities also covers a request without an activity."""
    if activity is None:
        return Q(pk__isnull=False)
    covered = Mandate.service_activities.through.objects.filter(serviceactivity=activity).values("mandate")
    limited = Mandate.service_activities.through.objects.values("mandate")
    return Q(pk__in=covered) | ~Q(pk__in=limited)


class Mandate(models.Model):
    """A function holds it, a person holds the function between two dates (USR-34)."""

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="mandates", verbose_name=_("authority"))
    function = models.CharField(_("function"), max_length=100)
    holder = models.ForeignKey(User, models.PROTECT, related_name="mandates", verbose_name=_("mandate holder"))
    regulation = models.CharField(_("mandate regulation"), max_length=100)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    service_activities = models.ManyToManyField(ServiceActivity, blank=True, verbose_name=_("service activities"))

    objects = MandateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_ends_after_it_begins",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("A mandate cannot end before it begins."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.function}, {self.regulation}"
