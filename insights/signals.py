"""Signals to the apps built on this one, which it does not import."""

from django.dispatch import Signal

# Sent inside the transaction of a decision or an undo.
# labels: dict[tuple[UUID, UUID], bool | None], the smaller id first; None: no longer labelled.
pair_labels_changed = Signal()

# Sent inside the transaction of an undo, with the decision's row locked.
# decision: MergeDecision; actor: who undid it
decision_undone = Signal()

# Sent when a run of any kind has ended. run: insights.models.run.Run
run_finished = Signal()

# Sent inside the transaction that erases a person.
# insights: list[UUID]; texts: list[str], what only they said.
# Receivers return the names of the model versions that were trained on it.
person_erased = Signal()

# Sent when a call to a model's provider is over and in the ledger. call: ApiCall
provider_called = Signal()
