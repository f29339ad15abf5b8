"""Change the embedding model: prepare its vectors, switch to it, switch back."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from insights.embedding import switch as vectors
from insights.openai import ProviderError
from insights.text.plural import counted

NAMES = {
    "openai": "insights.embedding.openai.OpenAIEmbedder",
    "minilm": "insights.embedding.minilm.embedder.OnnxMiniLM",
    "minilm-8bit": "insights.embedding.minilm.embedder.EightBitMiniLM",
}


class Command(BaseCommand):
    help = (
        "Embed all insights with another model while the current one stays in use "
        "(`reembed openai`), then switch to it (`reembed openai --switch`). Switching back is "
        "free: `reembed minilm --switch`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "embedder", nargs="?", help=f"{', '.join(NAMES)}, or the dotted path of a class"
        )
        parser.add_argument("--switch", action="store_true", help="use its vectors from now on")
        parser.add_argument(
            "--forget", metavar="MODEL", help="delete the vectors of a model that is not in use"
        )

    def handle(
        self,
        *args: object,
        embedder: str | None,
        switch: bool,
        forget: str | None,
        **options: object,
    ) -> None:
        if forget:
            self.stdout.write(f"Deleted {vectors.forget(forget)} vectors.")
        elif embedder:
            self._change(NAMES.get(embedder, embedder), switch)
        self._show()

    def _change(self, path: str, and_switch: bool) -> None:
        try:
            embedder = import_string(path)()
        except ImportError as error:
            raise CommandError(
                f"There is no embedder “{path}”: {error}. Choose {', '.join(NAMES)} or a path."
            ) from error
        if and_switch and path != settings.EMBEDDER:
            raise CommandError(
                f"EMBEDDER is {settings.EMBEDDER}. Stop the workers, set EMBEDDER={path} and the "
                "CANDIDATE_SIMILARITY that fits it, switch, and restart them. Otherwise new "
                "insights would get vectors of the other model."
            )
        try:
            done = vectors.prepare(
                embedder,
                progress=lambda n: self.stdout.write(f"{counted(n, 'insight')} embedded ..."),
            )
            self.stdout.write(f"Prepared {embedder.name}: {counted(done, 'insight')} embedded now.")
            if and_switch:
                moved = vectors.switch(embedder.name)
                self.stdout.write(
                    f"Switched: {counted(moved.moved, 'vector')} in use, {moved.put_aside} put "
                    "aside. Train the model again, since it learnt from the old similarities: "
                    "`manage.py fine_tune`."
                )
        except (ProviderError, vectors.NotPrepared) as error:
            raise CommandError(f"{error} Progress is kept; run it again.") from error

    def _show(self) -> None:
        stock = vectors.stock()
        for name, count in stock.serving.items():
            self.stdout.write(f"in use  {name or '(none)'}: {count}")
        for name, count in stock.aside.items():
            self.stdout.write(f"prepared {name}: {count}")
