"""One include per app. Of allauth only sign-in and sign-out: its own include would open sign-up and more (SP-26)."""

from allauth.account import views as account_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from authorities.sign_in import SignIn
from authorities.views import enrol, second_step_codes, second_step_off, second_step_on, second_step_page
from imidesk.core import views

handler403 = views.not_allowed
handler404 = views.not_found

urlpatterns = [
    path("healthz/live", views.live, name="live"),
    path("healthz/ready", views.ready, name="ready"),
    path(".well-known/security.txt", views.security_text, name="security_text"),
    path("", include("imidesk.monitoring.urls")),
    path("verzoeken/", include("requests_app.urls")),
    path("archief/", include("archive.urls")),
    path("aanmelden/", SignIn.as_view(), name="account_login"),
    path("afmelden/", account_views.logout, name="account_logout"),
    path("tweede-stap/", second_step_page, name="second_step"),
    path("tweede-stap/instellen/", second_step_on, name="second_step_on"),
    path("tweede-stap/herstelcodes/", second_step_codes, name="second_step_codes"),
    path("tweede-stap/uitzetten/", second_step_off, name="second_step_off"),
    path("sessie/", views.session, name="session"),
    path("inschrijven/", enrol, name="enrol"),
    path("taal/", login_not_required(set_language), name="set_language"),
]
