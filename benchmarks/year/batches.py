"""Weekly batches: statements of the demo corpus and repeats of them, later with a drift.

New statements are the corpus's own. A repeat is a statement of an earlier week in a harmless frame
("In short: ..."): the same insight. After the drift some repeats apply to one situation only ("...
on night shifts"): an insight of its own, as similar to the general one as a paraphrase is, to which
the guard cannot object, since it only adds words.
"""

from dataclasses import dataclass, field
from random import Random

from dedup_project.demo.gold import Gold
from insights.text.normalise import content_hash

FRAMES = (
    "It came up again: {}",
    "In short: {}",
    "A common remark: {}",
    "Worth repeating: {}",
    "{}, as before.",
    "{}, as was said again.",
    "{}, by and large.",
)
SITUATIONS = (
    "on night shifts",
    "for new starters",
    "in small homes",
    "on the tablet",
    "at month end",
    "during the holidays",
    "in the trial month",
)
NEW_SHARE = 0.5
DRIFT_SHARE = 0.4  # share of the repeats that concern one situation only


@dataclass
class Batches:
    """Weekly batches of `size` statements; the same seed gives the same ones.

    `cluster_of` and `family_of` are the gold labels of everything drawn so far, by content hash and
    by cluster, as in `Gold`.
    """

    seed: int
    size: int
    drift_week: int
    gold: Gold = field(default_factory=Gold)
    cluster_of: dict[str, str] = field(default_factory=dict)
    family_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - a simulation, not a secret
        self._unseen = self.gold.statements()
        self._random.shuffle(self._unseen)
        self._told: list[tuple[str, str]] = []
        self.family_of.update(self.gold.family_of)

    def draw(self, week: int) -> list[str]:
        """Return the statements of a week, counted from 1; call it once per week, in order."""
        new = min(round(self.size * NEW_SHARE) if self._told else self.size, len(self._unseen))
        drawn = [self._unseen.pop() for _ in range(new)]
        again = [self._tell_again(week) for _ in range(self.size - new)]
        self._told += drawn
        for statement, cluster in drawn + again:
            self.cluster_of[content_hash(statement)] = cluster
        return [statement for statement, _ in drawn + again]

    def _tell_again(self, week: int) -> tuple[str, str]:
        statement, cluster = self._random.choice(self._told)
        drifted = week >= self.drift_week and self._random.random() < DRIFT_SHARE
        if drifted and "@" not in cluster:
            situation = self._random.choice(SITUATIONS)
            special = f"{cluster}@{situation}"
            self.family_of.setdefault(cluster, cluster)
            self.family_of[special] = self.family_of[cluster]
            told = f"{statement.rstrip('.')} {situation}.", special
            self._told.append(told)
            return told
        frame = self._random.choice(FRAMES)
        inner = statement if frame.endswith("{}") else statement.rstrip(".")
        return frame.format(inner), cluster
