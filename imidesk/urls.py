"""One include per app. Of allauth only sign-in and sign-out: its own include would open sign-up and more (SP-26)."""

from allauth.account import views as account_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("imidesk.monitoring.urls")),
    path("verzoeken/", include("requests_app.urls")),
    path("archief/", include("archive.urls")),
    path("aanmelden/", account_views.login, name="account_login"),
    path("afmelden/", account_views.logout, name="account_logout"),
    path("taal/", login_not_required(set_language), name="set_language"),
]
