"""Single sign-on: an account is found by the e-mail address that the provider has verified."""

from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from insights.types import JSONObject


class ProviderBackend(OIDCAuthenticationBackend):
    """Signs existing accounts in.

    It creates none and grants nothing: an administrator gives staff status and groups. An address
    that the provider has not verified could be somebody else's.
    """

    def verify_claims(self, claims: JSONObject) -> bool:
        return bool(claims.get("email")) and claims.get("email_verified") is True

    def get_settings(self, attr: str, *args: object) -> object:
        return False if attr == "OIDC_CREATE_USER" else super().get_settings(attr, *args)
