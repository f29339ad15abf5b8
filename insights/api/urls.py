"""The addresses of this app's part of the API. None ends in a slash."""

from django.urls import path

from insights.api import docs, guide, tasks

urlpatterns = [
    path("schema", docs.SchemaView.as_view(), name="schema"),
    path("docs", docs.SwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("redoc", docs.RedocView.as_view(url_name="api:schema"), name="redoc"),
    path("admin/insights/cluster-all", guide.ClusterAll.as_view(), name="cluster-all"),
    path("v1/tasks/<uuid:id>", tasks.TaskDetail.as_view(), name="task"),
    path("v1/tasks/<uuid:id>/cancel", tasks.TaskCancel.as_view(), name="task-cancel"),
]
