from django.apps import AppConfig


class FinetuningConfig(AppConfig):
    name = "finetuning"
    verbose_name = "Fine-tuning"

    def ready(self) -> None:
        from finetuning import receivers  # noqa: F401
