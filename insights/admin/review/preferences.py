"""A reviewer's keys, and whether they see the model's opinion."""

from django.contrib.auth.models import User

from insights.models import ReviewerSettings
from insights.review.errors import ReviewError

# Action: (key, label). Digits tick statements and cannot be mapped.
DEFAULTS = {
    "approve": ("a", "Approve the ticked statements"),
    "reject": ("r", "Reject the cluster"),
    "split": ("s", "Merge each group, keep groups apart"),
    "canonical": ("c", "Next statement as canonical"),
    "edit": ("e", "Rewrite the canonical statement"),
    "skip": ("k", "Skip for now"),
    "unsure": ("u", "Ask another reviewer"),
    "undo": ("z", "Undo my last decision"),
    "next": ("n", "Next, without deciding"),
    "previous": ("p", "Previous in the queue"),
    "sheet": ("?", "Show the keys"),
}


def preferences(user: User) -> ReviewerSettings:
    return ReviewerSettings.objects.filter(user=user).first() or ReviewerSettings(user=user)


def keys_of(chosen: ReviewerSettings) -> dict[str, str]:
    """Map each action to its key: the reviewer's own, else the default."""
    return {action: chosen.keys.get(action, key) for action, (key, _) in DEFAULTS.items()}


def remap(user: User, asked: dict[str, str]) -> ReviewerSettings:
    """Store the keys. Raises ReviewError for a digit, a duplicate, or more than one character."""
    keys = {action: asked.get(action, key).strip().lower() for action, (key, _) in DEFAULTS.items()}
    used: dict[str, str] = {}
    for action, key in keys.items():
        label = DEFAULTS[action][1]
        if len(key) != 1 or not key.isprintable():
            raise ReviewError(f"“{label}” needs exactly one key.")
        if key.isdigit():
            raise ReviewError(f"“{label}” cannot be a digit: digits select statements.")
        if key in used:
            raise ReviewError(f"“{key}” is used for both “{used[key]}” and “{label}”. Change one.")
        used[key] = label
    chosen = preferences(user)
    chosen.keys = {action: key for action, key in keys.items() if key != DEFAULTS[action][0]}
    chosen.save()
    return chosen


def set_blind(user: User, is_blind: bool) -> None:
    ReviewerSettings.objects.update_or_create(user=user, defaults={"is_blind": is_blind})
