"""The addresses with the page of the second factor, as with SECOND_FACTOR set."""

from django.urls import path

from dedup_project import urls
from dedup_project.web.second_factor import second_factor

handler400, handler500 = urls.handler400, urls.handler500
urlpatterns = [
    path("admin/second-factor/", second_factor, name="second_factor"),
    *urls.urlpatterns,
]
