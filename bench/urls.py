from django.contrib.auth.decorators import login_not_required
from django.urls import path

from bench.bare import bare
from imidesk.urls import handler403, handler404, urlpatterns

__all__ = ["handler403", "handler404", "urlpatterns"]

urlpatterns = [path("kaal/", login_not_required(bare)), *urlpatterns]
