"""Pages that need nothing of the apps above."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.translation import get_language

from imidesk.core.errors import StepNotPossible
from imidesk.core.vault import _opened


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{get_language()} keys:{_opened.get()}")


def refuse(request: HttpRequest) -> HttpResponse:
    raise StepNotPossible("Ada zegt <nee>", step="accept", state="closed")


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sign in")


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse("bye")


pages = [path("start/", page, name="start")]
urlpatterns = [
    path("", include((pages, "monitoring"))),
    path("page/", page, name="page"),
    path("refuse/", refuse, name="refuse"),
    path("in/", sign_in, name="account_login"),
    path("out/", sign_out, name="account_logout"),
    path("language/", page, name="set_language"),
]
