"""The expected effect of each key press in plain Python, to compare with the database."""

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from insights.models import AuditItem, Cluster, Insight, InsightSource, MergeDecision, PairLabel
from insights.models import ReviewEvent as Event

Members = tuple[str, ...]  # statements, sorted
Part = tuple[str, int | None, bool]  # role, group, written


@dataclass
class Said:
    """A decision: `parts` by statement."""

    kind: str
    actor: str | None
    parts: dict[str, Part]
    cluster: Members | None = None
    canonical: str | None = None
    comment: str = ""
    undone_by: str | None = None
    undo_comment: str = ""


@dataclass
class Proposed:
    members: Members
    status: str = "open"
    version: int = 1
    held_by: str | None = None


@dataclass
class Oracle:
    """`ids`: of each extracted statement, for what is numbered in the order of the ids."""

    ids: dict[str, Any]
    clusters: list[Proposed] = field(default_factory=list)
    decisions: list[Said] = field(default_factory=list)
    events: list[tuple[str, str, Members | None, int | None, str]] = field(default_factory=list)
    audits: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    def by_id(self, members: Any) -> list[str]:
        return sorted(members, key=self.ids.__getitem__)

    def open_one(self, members: Members) -> Proposed:
        (found,) = [c for c in self.clusters if c.members == members and c.status == "open"]
        return found

    def approve(
        self, members: Members, ticked: Any, canonical: str, *, actor: str = "rosa"
    ) -> None:
        """`canonical`: one of the ticked, or else a statement that was written for this."""
        parts: dict[str, Part] = {
            one: ("merged", 0, False) if one in ticked else ("kept", None, False) for one in members
        }
        parts[canonical] = ("canonical", 0, canonical not in members)
        kind = "approved" if set(ticked) == set(members) else "partial"
        self._decide(Said(kind, actor, parts, members, canonical))

    def reject(self, members: Members, comment: str = "") -> None:
        parts: dict[str, Part] = {
            one: ("kept", number, False) for number, one in enumerate(self.by_id(members))
        }
        self._decide(Said("rejected", "rosa", parts, members, comment=comment))

    def split(self, members: Members, group_of: dict[str, int], canonicals: list[str]) -> None:
        """`canonicals`: in order of preference; a group without one keeps its oldest."""
        numbers = sorted(set(group_of.values()))
        groups = [[one for one in members if group_of[one] == number] for number in numbers]
        parts: dict[str, Part] = {}
        for number, group in enumerate(groups):
            head = next((one for one in canonicals if one in group), self.oldest(group))
            for one in group:
                role = "canonical" if one == head else "merged"
                parts[one] = (role if len(group) > 1 else "kept", number, False)
        self._decide(Said("split", "rosa", parts, members))

    def oldest(self, group: list[str]) -> str:
        found = Insight.objects.filter(statement__in=group).order_by("created_at", "pk")
        return str(found.values_list("statement", flat=True)[0])

    def merge_automatically(self, canonical: str, duplicate: str) -> None:
        parts: dict[str, Part] = {
            canonical: ("canonical", 0, False),
            duplicate: ("merged", 0, False),
        }
        self.decisions.append(Said("automatic", None, parts, canonical=canonical))

    def pass_on(self, members: Members, kind: str) -> None:
        self.events.append((kind, "rosa", members, None, ""))

    def undo(self, said: Said, comment: str = "") -> None:
        said.undone_by, said.undo_comment = "rosa", comment
        place = self.decisions.index(said)
        self.events.append(("undone", "rosa", said.cluster, place, comment))
        if said.cluster is None:
            return
        (cluster,) = [c for c in self.clusters if c.members == said.cluster]
        cluster.status, cluster.version = "open", cluster.version + 1

    def answer_merge(self, place: int, *, same: bool) -> None:
        """An audited automatic merge; found wrong, it is undone and teaches that they differ."""
        said, wrong = self.decisions[place], "Found wrong in the audit."
        self.audits[place] = ("same" if same else "not_same", "rosa", "")
        if not same:
            self.undo(said, wrong)
        parts: dict[str, Part] = {
            one: ("kept", 0 if same else number, False)
            for number, one in enumerate(sorted(said.parts, key=self.ids.__getitem__))
        }
        kind, comment = ("confirmed", "") if same else ("rejected", wrong)
        self.decisions.append(Said(kind, "rosa", parts, comment=comment))

    def _decide(self, said: Said) -> None:
        assert said.cluster is not None
        cluster = self.open_one(said.cluster)
        cluster.status, cluster.version, cluster.held_by = said.kind, cluster.version + 1, None
        self.decisions.append(said)
        place = len(self.decisions) - 1
        self.events.append(("decided", str(said.actor), said.cluster, place, said.comment))

    def expected(self) -> dict[str, Any]:
        in_force = [said for said in self.decisions if said.undone_by is None]
        parent: dict[str, str] = {}
        status = dict.fromkeys(self.ids, "active")
        for said in self.decisions:
            for one, (role, _, written) in said.parts.items():
                if written:
                    status[one] = "active" if said in in_force else "retired"
                if role == "merged" and said in in_force:
                    assert one not in parent
                    (parent[one],) = [
                        head
                        for head, (its, group, _) in said.parts.items()
                        if its == "canonical" and group == said.parts[one][1]
                    ]
        status |= dict.fromkeys(parent, "merged")
        assert not parent.keys() & set(parent.values()), "no chains in this session"
        return {
            "decisions": [
                (
                    said.kind,
                    said.actor,
                    said.cluster,
                    said.canonical,
                    said.comment,
                    said.undone_by,
                    said.undo_comment,
                    said.parts,
                )
                for said in self.decisions
            ],
            "events": self.events,
            "insights": {one: (state, parent.get(one)) for one, state in status.items()},
            "sources": {one: parent.get(one, one) for one in self.ids},
            "labels": _labels(in_force),
            "clusters": sorted(
                (c.members, c.status, c.version, c.held_by or "") for c in self.clusters
            ),
            "audits": self.audits,
        }


def _labels(in_force: list[Said]) -> dict[Members, bool]:
    labels = {}
    for said in in_force:
        if said.kind == "automatic":
            continue
        spoken_of = [(one, group) for one, (_, group, written) in said.parts.items() if not written]
        for (one, group), (other, another) in combinations(sorted(spoken_of), 2):
            if group != another:
                labels[one, other] = False
            elif group is not None and said.kind in ("approved", "partial", "split", "confirmed"):
                labels[one, other] = True
    return labels


def held() -> dict[str, Any]:
    """Return what the database holds, in the form of `Oracle.expected`."""
    words = dict(Insight.objects.values_list("pk", "statement"))
    decisions = list(
        MergeDecision.objects.order_by("decided_at")
        .select_related("actor", "undone_by")
        .prefetch_related("members")
    )
    place = {decision.pk: number for number, decision in enumerate(decisions)}
    clusters = list(Cluster.objects.select_related("held_by").prefetch_related("members"))
    names: dict[Any, Members | None] = {
        c.pk: tuple(sorted(words[m.insight_id] for m in c.members.all())) for c in clusters
    }
    names[None] = None
    for one in clusters:
        assert (one.decided_at is None) == (one.status in ("open", "superseded"))
    return {
        "decisions": [
            (
                d.kind,
                d.actor and d.actor.username,
                names[d.cluster_id],
                words.get(d.canonical_id),
                d.comment,
                d.undone_at and d.undone_by and d.undone_by.username,
                d.undo_comment,
                {words[m.insight_id]: (m.role, m.group, m.written) for m in d.members.all()},
            )
            for d in decisions
        ],
        "events": [
            (e.kind, e.actor.username, names[e.cluster_id], place.get(e.decision_id), e.comment)
            for e in Event.objects.order_by("created_at").select_related("actor")
        ],
        "insights": {
            i.statement: (i.status, words.get(i.merged_into_id)) for i in Insight.objects.all()
        },
        "sources": {
            words[origin]: words[holder]
            for origin, holder in InsightSource.objects.values_list("origin_insight", "insight")
        },
        "labels": {
            tuple(sorted((words[one], words[other]))): same
            for one, other, same in PairLabel.objects.values_list("insight1", "insight2", "is_same")
        },
        "clusters": sorted(
            (
                names[c.pk],
                c.status,
                c.version,
                c.held_by.username if c.held_by else "",
            )
            for c in clusters
        ),
        "audits": {
            place[item.decision_id]: (
                item.verdict,
                item.reviewer.username if item.reviewer else "",
                item.comment,
            )
            for item in AuditItem.objects.select_related("reviewer")
        },
    }
