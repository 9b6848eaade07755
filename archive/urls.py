from django.urls import include, path

from archive.views import decisions, filing, retention

app_name = "archive"
urlpatterns = [
    path("betrokkenen/", include("archive.person_rights.urls")),
    path("bewaren/", retention.retention, name="retention"),
    path("bewaren/sleutels/", retention.keys, name="keys"),
    path("bewaren/wisbewijs/", retention.proof, name="proof"),
    path("bewaren/proef/", retention.rehearsal, name="rehearsal"),
    path("bewaren/agenda/", retention.feed_link, name="feed_link"),
    path("bewaren/agenda.ics", retention.feed_file, name="feed"),
    path("beslissingen/<uuid:decision>/", decisions.decision, name="decision"),
    path("beslissingen/<uuid:decision>/stuk/<uuid:file>/", decisions.paper, name="decision_file"),
    path("<str:reference>/wissen-uitstellen/", decisions.hold, name="hold"),
    path("<str:reference>/eerder-wissen/", decisions.early_erasure, name="early_erasure"),
    path("<str:reference>/openen/", decisions.ask_opening, name="ask_opening"),
    path("<str:reference>/geopend/", decisions.opened, name="opened"),
    path("<str:reference>/aantekening/", decisions.annotate, name="annotate"),
    path("<str:reference>/rapporten/", filing.reports, name="reports"),
    path("<str:reference>/opslaan/", filing.file, name="file"),
    path("<str:reference>/nu-blokkeren/", filing.block_now, name="block_now"),
    path("<str:reference>/taak-afmelden/", filing.sign_off, name="sign_off"),
]
