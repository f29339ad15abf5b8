"""API tokens and idempotency keys."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

MARK = "idt"  # lets a secret scanner find leaked tokens
# Storing the last use of every request would turn each read into a write.
LAST_USE_PRECISION = timedelta(minutes=1)

# The permissions of the user and of their groups, as Django's ModelBackend finds them.
PERMISSIONS = """ARRAY(
    SELECT type.app_label || '.' || permission.codename
    FROM (
        SELECT own.permission_id FROM auth_user_user_permissions own
        WHERE own.user_id = api_tokens.user_id
        UNION
        SELECT given.permission_id FROM auth_user_groups member
        JOIN auth_group_permissions given ON given.group_id = member.group_id
        WHERE member.user_id = api_tokens.user_id
    ) held
    JOIN auth_permission permission ON permission.id = held.permission_id
    JOIN django_content_type type ON type.id = permission.content_type_id
)"""


class Scope(models.TextChoices):
    """Rights of a token, within the limits of its user. All can read; `admin` can do everything."""

    READ = "read", "read everything"
    REVIEW = "review", "decide clusters, undo decisions"
    INGEST = "ingest", "add sources, start clustering"
    TRAIN = "train", "fine-tune models, ask them about stored pairs"
    ADMIN = "admin", "full access"


class ApiToken(models.Model):
    """A script's key to the API: shown once, stored as a hash, scoped, expiring, revocable.

    A key reads "idt_PREFIX_SECRET": the prefix finds the row, and only the hash of the whole is
    stored. SHA-256 without salt or stretching is enough, since the secret has 256 random bits.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True, help_text="Purpose.")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    permissions: list[str]

    class Meta:
        db_table = "api_tokens"
        verbose_name = "API token"
        verbose_name_plural = "API tokens"
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_token_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{MARK}_{self.prefix}_…"

    @classmethod
    def make(
        cls,
        *,
        user: models.Model,
        scopes: Iterable[str],
        name: str = "",
        expires_at: datetime | None = None,
    ) -> tuple["ApiToken", str]:
        """Return the stored token and its key, which nobody can see again."""
        prefix = secrets.token_hex(4)
        key = f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            user=user,
            name=name,
            prefix=prefix,
            digest=_digest(key),
            scopes=sorted(set(map(str, scopes))),
            expires_at=expires_at,
        )
        return token, key

    @classmethod
    def find(cls, key: str) -> "ApiToken | None":
        """Return the token with its user and their permissions, in one query.

        The token may be expired or revoked. Any other text gives None.
        """
        mark, _, rest = key.partition("_")
        prefix, _, secret = rest.partition("_")
        if mark != MARK or not secret or not prefix.isascii() or not prefix.isalnum():
            return None
        permissions = RawSQL(PERMISSIONS, [])  # noqa: S611 (no parameter comes from outside)
        found = cls.objects.select_related("user").annotate(permissions=permissions)
        token = found.filter(prefix=prefix).order_by().first()
        if token is None or not hmac.compare_digest(token.digest, _digest(key)):
            return None
        return token

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def allows(self, scope: str) -> bool:
        return scope == Scope.READ or scope in self.scopes or Scope.ADMIN in self.scopes

    def grants(self, permission: str) -> bool:
        """Return whether the user has the permission; only for a token from `find`."""
        return self.user.is_superuser or permission in self.permissions

    def note_use(self) -> None:
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= LAST_USE_PRECISION:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)

    def revoke(self) -> None:
        type(self).objects.filter(pk=self.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class IdempotencyKey(models.Model):
    """A POST that a script may send again: the request, and the answer it got.

    `status` is null until the request succeeds; a repeat before that tries again. Rows are kept for
    a day (`insights.api.http.idempotency`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of the method, the address and the body."
    )
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "idempotency_keys"
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_oldest")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
