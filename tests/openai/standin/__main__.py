"""The stand-in in a process of its own: python -m tests.openai.standin [--minilm] [--port N]."""

import argparse

from tests.openai.standin.api import Provider
from tests.openai.standin.brains import Brain, CarefulBrain
from tests.openai.standin.server import StandIn

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minilm", action="store_true", help="embed by the local MiniLM")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    provider = Provider(brain=CarefulBrain() if options.minilm else Brain())
    with StandIn(provider, options.port) as server:
        print(server.url, provider.key, flush=True)
        server.thread.join()
