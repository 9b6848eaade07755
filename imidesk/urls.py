"""One include per app. Of allauth only sign-in and sign-out: its own include would open sign-up and more (SP-26)."""

from allauth.account import views as account_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from imidesk.core import views

from imidesk.core.views import session

urlpatterns = [
    path("healthz/live", views.live, name="live"),
    path("healthz/ready", views.ready, name="ready"),
    path(".well-known/security.txt", views.security_text, name="security_text"),
    path("", include("imidesk.monitoring.urls")),
    path("verzoeken/", include("requests_app.urls")),
    path("archief/", include("archive.urls")),
    path("aanmelden/", account_views.login, name="account_login"),
    path("afmelden/", account_views.logout, name="account_logout"),
    path("sessie/", session, name="session"),
    path("taal/", login_not_required(set_language), name="set_language"),
]
