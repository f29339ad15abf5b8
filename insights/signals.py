"""What this app tells those who learn from it, without knowing them."""

from django.dispatch import Signal

# Sent inside the transaction of a decision or an undo.
# labels: dict[tuple[UUID, UUID], bool | None], the smaller id first; None: no label any more.
pair_labels_changed = Signal()

# Sent inside the transaction of an undo, with the decision's row locked.
# decision: MergeDecision; actor: who undid it
decision_undone = Signal()

# Sent when a run of any kind has ended, with its row. run: insights.models.run.Run
run_finished = Signal()
