from django.urls import path

from archive.person_rights import views

urlpatterns = [
    path("", views.register, name="persons"),
    path("nieuw/", views.new, name="person_new"),
    path("vrijgeven/", views.release, name="person_release"),
    path("<str:number>/", views.detail, name="person"),
    path("<str:number>/stuk/", views.add_paper, name="person_add_paper"),
    path("<str:number>/stuk/<uuid:paper>/", views.paper_file, name="person_paper"),
    path("<str:number>/antwoord/", views.answer, name="person_answer"),
    path("<str:number>/zoeken/", views.search, name="person_search"),
]
