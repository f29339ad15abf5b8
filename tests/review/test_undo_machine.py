"""Decisions, changes and undos in random order: undo restores exactly, invariants hold.

The oracle is the model that the code claims to implement: the state is the sum of the decisions in
force. It keeps them in a list and computes roots and labels from that list alone.
"""

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from insights.models import (
    Cluster,
    DecisionMember,
    Insight,
    InsightSource,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import (
    ApproveCluster,
    ChangeDecision,
    MergeAutomatically,
    RejectCluster,
    SplitCluster,
    UndoDecision,
    UnmergeInsight,
)
from insights.review.errors import ReviewError

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]


def test_any_order_of_decisions_and_undos_keeps_the_state_the_sum_of_what_is_in_force(
    make_insight, make_cluster, reviewer, monkeypatch
):
    monkeypatch.setattr(
        "insights.review.actions.decide.embed_one", lambda text: ("all-MiniLM-L6-v2", [0.1] * 384)
    )

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.savepoint = transaction.savepoint()
            self.insights = [make_insight(word) for word in WORDS]
            self.written = 0

        def teardown(self):
            transaction.savepoint_rollback(self.savepoint)

        def pick(self, data, least=2):
            active = sorted(
                Insight.objects.filter(status="active", embedding__isnull=False),
                key=lambda insight: insight.statement,
            )
            if len(active) < least:
                return None
            return data.draw(st.lists(st.sampled_from(active), min_size=2, max_size=4, unique=True))

        def members_of(self, cluster):
            """Ids by statement: they are random, and a replay has to decide the same."""
            rows = cluster.members.order_by("insight__statement")
            return list(rows.values_list("insight", flat=True))

        def propose(self, data):
            chosen = self.pick(data)
            return make_cluster(chosen) if chosen else None

        @rule(data=st.data(), own_words=st.booleans())
        def approve(self, data, own_words):
            if (cluster := self.propose(data)) is not None:
                self.written += own_words
                ApproveCluster(
                    cluster_id=cluster.pk,
                    actor=reviewer,
                    canonical_text=f"written {self.written}" if own_words else "",
                ).execute()

        @rule(data=st.data())
        def approve_part(self, data):
            if (cluster := self.propose(data)) is not None:
                members = self.members_of(cluster)
                ApproveCluster(
                    cluster_id=cluster.pk, actor=reviewer, members=frozenset(members[:2])
                ).execute()

        @rule(data=st.data())
        def reject(self, data):
            if (cluster := self.propose(data)) is not None:
                RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()

        @rule(data=st.data())
        def split(self, data):
            if (cluster := self.propose(data)) is not None:
                members = self.members_of(cluster)
                SplitCluster(
                    cluster_id=cluster.pk,
                    actor=reviewer,
                    groups=[members[: len(members) // 2], members[len(members) // 2 :]],
                ).execute()

        @rule(data=st.data())
        def merge_automatically(self, data):
            if chosen := self.pick(data):
                MergeAutomatically(
                    canonical_id=chosen[0].pk,
                    duplicate_id=chosen[1].pk,
                    model_id=None,
                    model_version="version 1",
                ).execute()

        @precondition(lambda self: DecisionMember.objects.filter(role="merged").exists())
        @rule(data=st.data())
        def take_out(self, data):
            merged = DecisionMember.objects.filter(role="merged", decision__undone_at=None)
            if not (rows := list(merged.order_by("decision__decided_at", "insight__statement"))):
                return
            member = data.draw(st.sampled_from(rows))
            self.refusable(
                UnmergeInsight(
                    decision_id=member.decision_id, insight_id=member.insight_id, actor=reviewer
                )
            )

        @rule(data=st.data())
        def decide_otherwise(self, data):
            in_force = MergeDecision.objects.filter(undone_at=None, cluster__isnull=False)
            if decisions := list(in_force.order_by("decided_at")):
                decision = data.draw(st.sampled_from(decisions))
                self.refusable(
                    ChangeDecision(
                        decision_id=decision.pk,
                        to=RejectCluster(cluster_id=decision.cluster_id, actor=reviewer),
                    )
                )

        def refusable(self, action):
            before = _state()
            try:
                action.execute()
            except ReviewError as refused:
                assert str(refused)
                assert _state() == before, "a refusal changes nothing"

        @precondition(lambda self: MergeDecision.objects.filter(undone_at=None).exists())
        @rule(data=st.data(), latest=st.booleans())
        def undo(self, data, latest):
            in_force = list(
                MergeDecision.objects.filter(undone_at=None).order_by("-decided_at", "pk")
            )
            decision = in_force[0] if latest else data.draw(st.sampled_from(in_force))
            before = _state()
            try:
                UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
            except ReviewError as refused:
                assert "Undo" in str(refused), "a refusal says what to do"
                assert _state() == before, "a refusal changes nothing"

        @invariant()
        def the_state_is_the_sum_of_the_decisions_in_force(self):
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            assert _roots() == _expected_roots()
            assert _labels() == _expected_labels()
            for source in InsightSource.objects.select_related("insight", "origin_insight"):
                root = source.origin_insight.merged_into_id or source.origin_insight_id
                assert source.insight_id == root
                assert source.insight.status == "active"

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _state():
    return (_roots(), _labels(), sorted(Cluster.objects.values_list("pk", "status", "version")))


def _roots():
    return {i.pk: i.merged_into_id or i.pk for i in Insight.objects.exclude(status="retired")}


def _expected_roots():
    parent = {}
    alive = set(Insight.objects.filter(origin="extracted").values_list("pk", flat=True))
    in_force = MergeDecision.objects.filter(undone_at=None).prefetch_related("members")
    taken_out = {
        (decision.amends_id, member.insight_id)
        for decision in in_force
        for member in decision.members.all()
        if member.role == "unmerged"
    }
    for decision in in_force:
        for member in decision.members.all():
            alive.add(member.insight_id)
            if member.role == "merged" and (decision.pk, member.insight_id) not in taken_out:
                assert member.insight_id not in parent, "merged by one decision only"
                (head,) = [
                    one.insight_id
                    for one in decision.members.all()
                    if one.role == "canonical" and one.group == member.group
                ]
                parent[member.insight_id] = head

    def root(pk):
        while pk in parent:
            pk = parent[pk]
        return pk

    return {pk: root(pk) for pk in alive}


def _labels():
    return {
        (one, other): same
        for one, other, same in PairLabel.objects.values_list("insight1", "insight2", "is_same")
    }


def _expected_labels():
    said = {}
    human = MergeDecision.objects.filter(undone_at=None).exclude(kind="automatic")
    for decision in human.order_by("decided_at", "pk").prefetch_related("members"):
        members = [m for m in decision.members.all() if not m.written]
        for a in members:
            for b in members:
                if a.insight_id >= b.insight_id:
                    continue
                pair = (a.insight_id, b.insight_id)
                if decision.kind in ("rejected", "split", "unmerged"):
                    if a.group != b.group:
                        said[pair] = False
                    elif decision.kind == "split":
                        said[pair] = True
                elif "kept" not in (a.role, b.role):
                    said[pair] = True
                elif not (a.role == b.role == "kept"):
                    said[pair] = False
    return said
