from django.urls import path

from archive import views

app_name = "archive"
urlpatterns = [
    path("bewaren/", views.retention, name="retention"),
    path("<str:reference>/rapporten/", views.reports, name="reports"),
    path("<str:reference>/opslaan/", views.file, name="file"),
    path("<str:reference>/taak-afmelden/", views.sign_off, name="sign_off"),
]
