from django.apps import AppConfig


class DedupProjectConfig(AppConfig):
    name = "dedup_project"
    verbose_name = "Insight Dedup"

    def ready(self) -> None:
        from dedup_project import checks  # noqa: F401
