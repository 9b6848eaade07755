from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from requests_app.models.request import InformationRequest


class RequestUserPermission(UserObjectPermissionBase):
    """Guardian's rows with a real key: the projection of allocations, written by permissions.sync_grants alone."""

    content_object = models.ForeignKey(InformationRequest, models.CASCADE, verbose_name=_("request"))

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ()
