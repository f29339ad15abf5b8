"""Preview a proposed version or threshold; nothing is written."""

from dataclasses import dataclass

from finetuning.models import DeduplicationModel
from finetuning.thresholds.changes import Proposal, as_it_is, fingerprint
from finetuning.thresholds.clusters import ClusterChanges, cluster_changes, unchanged
from finetuning.thresholds.held_out import HeldOut, Measured, StoredCurve, held_out_of
from finetuning.thresholds.merges import MergeFlips, merge_flips

FATES = {
    "split": "would split",
    "vanishes": "would vanish",
    "joined": "would merge with others",
    "grows": "would grow",
    "stays": "would stay as they are, although the next run would have changed them",
}


@dataclass(frozen=True)
class Preview:
    """The effect of a proposal.

    `today` is None while no version is active. `seen` goes back with the change, so that a change
    of something else is refused. Lists are empty if nothing would change.
    """

    today: Proposal | None
    proposed: Proposal
    seen: str
    held_out_today: HeldOut | StoredCurve | None
    held_out: HeldOut | StoredCurve
    merges: MergeFlips
    clusters: ClusterChanges

    @property
    def is_change(self) -> bool:
        return self.today != self.proposed

    @property
    def measured_today(self) -> Measured | None:
        if self.today is None or self.held_out_today is None:
            return None
        return self.held_out_today.at(self.today.auto_merge_confidence)

    @property
    def measured(self) -> Measured | None:
        return self.held_out.at(self.proposed.auto_merge_confidence)

    @property
    def limits(self) -> list[str]:
        return [*self.merges.limits, *self.clusters.limits]

    def sentences(self) -> list[str]:
        """Return the changes in sentences, the figures first."""
        if not self.is_change:
            return ["Current settings. Change a number or choose another version to preview it."]
        return [*self._merged(), *self._measured(), *self._clustered()]

    def _merged(self) -> list[str]:
        more, fewer = len(self.merges.gained), len(self.merges.lost)
        last = f"of the last {self.merges.insights:,} insights"
        if not more and not fewer:
            found = f"The same {last} would have been merged automatically."
        else:
            parts = [f"{more:,} more"] if more else []
            parts += [f"{fewer:,} fewer"] if fewer else []
            found = f"{' and '.join(parts)} {last} would have been merged automatically."
        held = self.merges.held_back
        if held:
            found += (
                f" {held:,} more {'passes' if held == 1 else 'pass'} the threshold but "
                f"{'differs' if held == 1 else 'differ'} in a number, date, unit, version, name "
                "or negation, so a person still decides."
            )
        if unearned := self.merges.unearned:
            found += (
                f" {unearned:,} more {'passes' if unearned == 1 else 'pass'} the threshold, but "
                "the version has not earned merges of that kind yet."
            )
        return [found]

    def _measured(self) -> list[str]:
        then, now = self.measured, self.measured_today
        if then is None:
            return [f"{str(self.proposed.model).capitalize()} was not measured on held-out pairs."]
        if then.precision.value is None:
            precision = "no held-out pair would be merged, so its precision is unknown"
        else:
            precision = f"expected precision {then.precision}"
            if now and now.precision.value is not None:
                precision += f", today {now.precision}"
        coverage = f"coverage {then.coverage}" + (f", today {now.coverage}" if now else "")
        found = f"{precision}; {coverage}"
        return [f"{found[0].upper()}{found[1:]} (95 % intervals, {then.coverage.of:,} pairs)."]

    def _clustered(self) -> list[str]:
        by_fate = self.clusters.by_fate
        parts = [
            f"{count:,} open cluster{'s'[: count != 1]} {FATES[fate]}"
            for fate, count in by_fate.items()
            if fate in FATES
        ]
        if opens := by_fate.get("opens"):
            parts.append(f"{opens:,} new one{'s'[: opens != 1]} would be opened")
        anyway = self.clusters.anyway
        found = ["; ".join(parts) + "." if parts else "No open cluster would change."]
        if anyway:
            found.append(
                f"{anyway:,} more change{'s'[: anyway == 1]} at the next clustering run whatever "
                "you choose."
            )
        return found


def preview(proposed: Proposal) -> Preview:
    """Compute the preview. Raises FineTuningError for an impossible proposal."""
    proposed.check()
    active = DeduplicationModel.objects.active()
    today = as_it_is(active) if active else None
    models = [proposed.model] if active in (None, proposed.model) else [proposed.model, active]
    measured = held_out_of(models)
    is_change = today != proposed
    return Preview(
        today=today,
        proposed=proposed,
        seen=fingerprint(proposed.model, active),
        held_out_today=measured[-1] if active else None,
        held_out=measured[0],
        merges=merge_flips(today, proposed) if is_change else MergeFlips(),
        clusters=cluster_changes(today, proposed) if _regroups(today, proposed) else unchanged(),
    )


def _regroups(today: Proposal | None, proposed: Proposal) -> bool:
    """Return whether the change affects clustering; the auto-merge threshold does not."""
    return (
        today is None
        or today.model != proposed.model
        or today.cluster_out_confidence != proposed.cluster_out_confidence
    )
