from django.urls import path

from imidesk.monitoring import practice, views

app_name = "monitoring"
urlpatterns = [
    path("", views.start, name="start"),
    path("overzicht/", views.overview, name="overview"),
    path("automatische-taken/", views.heartbeat, name="heartbeat"),
    path("hulp/", views.help_page, name="help"),
    path("oefenen/personen/", practice.people, name="practice_people"),
    path("oefenen/post/", practice.mail, name="practice_mail"),
    path("oefenen/post/<str:message>/", practice.message, name="practice_message"),
    path("oefenen/verzoeker/<str:reference>/", practice.requester, name="practice_requester"),
]
