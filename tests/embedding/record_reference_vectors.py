"""Records again what sentence-transformers makes of the reference texts.

Run it where sentence-transformers and torch are installed, with the folder of the weights:

    python tests/embedding/record_reference_vectors.py FOLDER

The texts are those of reference_vectors.json; only the vectors and the versions are replaced.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

RECORD = Path(__file__).with_name("reference_vectors.json")


def main(folder: str) -> None:
    texts = [entry["text"] for entry in json.loads(RECORD.read_text("utf-8"))["vectors"]]
    model = SentenceTransformer(folder, device="cpu")
    # One at a time: no padding takes part in the reference.
    vectors = [model.encode(text, normalize_embeddings=True) for text in texts]
    record = {
        "model": "all-MiniLM-L6-v2",
        "max_tokens": model.max_seq_length,
        "made_by": {
            "sentence-transformers": version("sentence-transformers"),
            "transformers": version("transformers"),
            "torch": torch.__version__,
        },
        "vectors": [
            {"text": text, "vector": [round(float(value), 7) for value in vector]}
            for text, vector in zip(texts, vectors, strict=True)
        ],
    }
    lines = json.dumps(record, ensure_ascii=False).replace('{"text"', '\n{"text"')
    RECORD.write_text(lines + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
