"""An MCP server for agents: search, check, cite, propose. Agents propose, people decide.

It talks to the API with a token whose account is not staff, so nothing here can decide a cluster,
and each proposal is a source that names the agent: receipts and occurrences show it.
Run `insight-dedup-mcp` with INSIGHT_DEDUP_URL, INSIGHT_DEDUP_TOKEN and INSIGHT_DEDUP_AGENT.
"""

import os
from typing import Any

from mcp.server.mcpserver import MCPServer

from insight_dedup_client import Client


def server(client: Client, agent: str) -> MCPServer[Any]:
    """Return the server; it runs over standard input and output."""
    made: MCPServer[Any] = MCPServer(
        "insight-dedup",
        instructions="Search before you propose, and cite what you repeat. Proposals are stored "
        "with your name; people decide what is a duplicate.",
    )

    @made.tool()
    def search(text: str, limit: int = 10) -> list[dict[str, Any]]:
        """Find the active insights nearest in meaning to a text, best first."""
        found = client.search_insights(text=text, limit=limit)
        return [dict(one) for one in found["results"]]

    @made.tool()
    def check(statement: str) -> dict[str, Any]:
        """Say whether a statement is known already, as which insight, and why. Stores nothing."""
        return dict(client.check_duplicate({"statement": statement}))

    @made.tool()
    def cite(insight_id: str) -> dict[str, Any]:
        """Return an insight with each source and place where somebody said it."""
        insight = client.get_insight(insight_id)
        occurrences = client.rows(client.list_insights_sources(insight["id"]))
        return {"insight": dict(insight), "occurrences": list(occurrences)}

    @made.tool()
    def propose(statement: str, reason: str) -> dict[str, Any]:
        """Propose a new insight with the reason why. The answer says what became of it."""
        pushed = client.push_insights(
            {
                "source": f"Proposed by the agent {agent}",
                "statements": [{"statement": statement, "locator": reason}],
            }
        )
        return dict(pushed["results"][0])

    return made


def main() -> None:
    client = Client(os.environ["INSIGHT_DEDUP_URL"], os.environ["INSIGHT_DEDUP_TOKEN"])
    server(client, os.environ.get("INSIGHT_DEDUP_AGENT", "unnamed")).run("stdio")


if __name__ == "__main__":
    main()
