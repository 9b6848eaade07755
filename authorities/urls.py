from django.urls import URLPattern

app_name = "authorities"
urlpatterns: list[URLPattern] = []
