"""Change the embedding model: prepare beside the serving one, switch, and back."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from insights.embedding import switch
from insights.openai import ProviderError

NAMES = {
    "openai": "insights.embedding.openai.OpenAIEmbedder",
    "minilm": "insights.embedding.minilm.embedder.OnnxMiniLM",
}


class Command(BaseCommand):
    help = (
        "Embed all insights with another model while the present one goes on serving "
        "(`reembed openai`), then let it serve (`reembed openai --switch`). The way back is the "
        "same, and costs nothing: `reembed minilm --switch`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "embedder", nargs="?", help=f"{', '.join(NAMES)}, or the dotted path of a class"
        )
        parser.add_argument("--switch", action="store_true", help="let its vectors serve")
        parser.add_argument(
            "--forget", metavar="MODEL", help="drop the vectors of a model that does not serve"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forget"]:
            self.stdout.write(f"Dropped {switch.forget(options['forget'])} vectors.")
        elif options["embedder"]:
            self._change(NAMES.get(options["embedder"], options["embedder"]), options["switch"])
        self._show()

    def _change(self, path: str, and_switch: bool) -> None:
        try:
            embedder = import_string(path)()
        except ImportError as error:
            raise CommandError(
                f"There is no embedder “{path}”: {error}. Take {', '.join(NAMES)} or a path."
            ) from error
        if and_switch and path != settings.EMBEDDER:
            raise CommandError(
                f"EMBEDDER is {settings.EMBEDDER}. Stop the workers, set EMBEDDER={path} and the "
                "CANDIDATE_SIMILARITY that belongs to it, switch, and start them again: else new "
                "insights would get vectors of the other model."
            )
        try:
            done = switch.prepare(
                embedder, progress=lambda n: self.stdout.write(f"{n} insights embedded ...")
            )
            self.stdout.write(f"Prepared {embedder.name}: {done} insights embedded now.")
            if and_switch:
                moved = switch.switch(embedder.name)
                self.stdout.write(
                    f"Switched: {moved.moved} vectors serve, {moved.put_aside} were put aside. A "
                    "model that was trained on the old similarities should be trained again: "
                    "`manage.py fine_tune`."
                )
        except (ProviderError, switch.NotPrepared) as error:
            raise CommandError(f"{error} What was done stays done; run it again.") from error

    def _show(self) -> None:
        stock = switch.stock()
        for name, count in stock.serving.items():
            self.stdout.write(f"serving    {name or '(none)'}: {count}")
        for name, count in stock.aside.items():
            self.stdout.write(f"standing by {name}: {count}")
