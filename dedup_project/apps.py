from django.apps import AppConfig
from django.conf import settings


class DedupProjectConfig(AppConfig):
    name = "dedup_project"
    verbose_name = "Insight Dedup"

    def ready(self) -> None:
        from dedup_project import checks  # noqa: F401

        if settings.TELEMETRY:
            from dedup_project.web import telemetry  # an option: needs its extra

            telemetry.set_up()
