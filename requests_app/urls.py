from django.urls import path

from requests_app.views import answering, lists, registering, requests, steps

app_name = "requests_app"
urlpatterns = [
    path("", lists.request_list, name="list"),
    path("registreren/", registering.register, name="register"),
    path("inlezen/", registering.intake_file, name="intake"),
    path("schema/<str:name>.json", registering.schema, name="schema"),
    path("<str:reference>/", requests.detail, name="detail"),
    path("<str:reference>/verloop/", requests.timeline, name="timeline"),
    path("<str:reference>/bijlagen/", requests.files, name="files"),
    path("<str:reference>/bestand/<uuid:file>/", requests.download, name="download"),
    path("<str:reference>/vragen-overnemen/", registering.choose_questions, name="choose_questions"),
    path("<str:reference>/toewijzen/", steps.assign, name="assign"),
    path("<str:reference>/taak/", steps.task, name="task"),
    path("<str:reference>/in-behandeling/", steps.take_up, name="take_up"),
    path("<str:reference>/teruggeven/", steps.give_back, name="give_back"),
    path("<str:reference>/aanvaarden/", steps.accept, name="accept"),
    path("<str:reference>/aanvaarding-bevestigen/", steps.confirm_acceptance, name="confirm_acceptance"),
    path("<str:reference>/doorsturen/", steps.forward, name="forward"),
    path("<str:reference>/weigeren/", steps.refuse, name="refuse"),
    path("<str:reference>/antwoorddatum/", steps.agree_date, name="agree_date"),
    path("<str:reference>/in-imi/", steps.prepared, name="prepared"),
    path("<str:reference>/terug-naar-bewerken/", steps.unprepare, name="unprepare"),
    path("<str:reference>/afsluiten/", steps.close, name="close"),
    path("<str:reference>/ingetrokken/", steps.withdraw, name="withdraw"),
    path("<str:reference>/ten-onrechte/", steps.mark_error, name="mark_error"),
    path("<str:reference>/imi-pdf/", steps.imi_report, name="imi_report"),
    path("<str:reference>/dienstverlener/", answering.subject, name="subject"),
    path("<str:reference>/tab/<str:letter>/", answering.tab, name="tab"),
    path("<str:reference>/tab/<str:letter>/<uuid:question>/bijlage/", answering.add_attachment, name="add_attachment"),
    path("<str:reference>/bestand/<uuid:file>/verwijderen/", answering.remove_attachment, name="remove_attachment"),
    path("<str:reference>/verzenden/", answering.send, name="send"),
    path("<str:reference>/invullen-in-imi/", answering.enter_in_imi, name="enter_in_imi"),
    path("<str:reference>/al-beantwoord/", answering.already_answered, name="already_answered"),
]
