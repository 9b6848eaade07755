"""The roles of IMI, the functions at the desk, and the modules a province is registered for (design 8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Module(models.TextChoices):
    SERVICES = "services", _("Services")
    SDG_EVIDENCE = "sdg_evidence", _("SDG evidence")


class Role(models.TextChoices):
    """Stored in the words of the sources; the first six are ticked per module, the others once per authority."""

    BASISGEBRUIKER = "basisgebruiker", _("basic user")
    BEHANDELAAR = "behandelaar", _("handler")
    TOEWIJZER = "toewijzer", _("allocator")
    LOKALE_GEGEVENSBEHEERDER = "lokale_gegevensbeheerder", _("local data administrator")
    TOEZICHTHOUDER = "toezichthouder", _("IMI supervisor")
    RAADPLEGER = "raadpleger", _("viewer")
    COORDINATOR = "coordinator", _("IMI coordinator")
    JURIST = "jurist", _("lawyer")
    FG = "fg", _("data protection officer")
    BEHEERDER = "beheerder", _("technical administrator")


ROLES_PER_MODULE = frozenset(
    {
        Role.BASISGEBRUIKER,
        Role.BEHANDELAAR,
        Role.TOEWIJZER,
        Role.LOKALE_GEGEVENSBEHEERDER,
        Role.TOEZICHTHOUDER,
        Role.RAADPLEGER,
    }
)

# Which roles open the list and the open part of the requests of their module (design 9, "What a role opens").
LIST_ROLES = frozenset({Role.TOEWIJZER, Role.BEHANDELAAR, Role.TOEZICHTHOUDER, Role.JURIST})


class AuthorityKind(models.TextChoices):
    PROVINCE = "province", _("province")
    MUNICIPALITY = "municipality", _("municipality")
    WATER_BOARD = "water_board", _("water board")
    ENVIRONMENT_AGENCY = "environment_agency", _("environment agency")
    COORDINATOR = "coordinator", _("IMI coordinator")
    OTHER = "other", _("other authority")


class AuthorityStatus(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("confirmed")
    ENDED = "ended", _("ended")


class UserStatus(models.TextChoices):
    INVITED = "invited", _("invited")
    ACTIVE = "active", _("active")
    BLOCKED = "blocked", _("blocked")
    LEFT = "left", _("left")
