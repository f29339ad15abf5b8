"""Options of the log-in: a second factor, and single sign-on by an OpenID Connect provider.

Single sign-on is off unless OIDC_CLIENT_ID is set, and needs `pip install insight-dedup[oidc]`. The
names are mozilla-django-oidc's.
"""

from dedup_project.env import env, secret, validate

# A code of an authenticator app after the password: "off", "optional" (whoever sets it up is asked)
# or "required" of all staff. It needs `pip install insight-dedup[otp]`.
SECOND_FACTOR = env.str(
    "SECOND_FACTOR", "off", validate=validate.OneOf(("off", "optional", "required"))
)
OTP_TOTP_ISSUER = "Insight Dedup"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

OIDC_RP_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_RP_CLIENT_SECRET = secret("OIDC_CLIENT_SECRET").reveal()
OIDC_OP_AUTHORIZATION_ENDPOINT = env.str("OIDC_AUTHORIZATION_ENDPOINT", "")
OIDC_OP_TOKEN_ENDPOINT = env.str("OIDC_TOKEN_ENDPOINT", "")
OIDC_OP_USER_ENDPOINT = env.str("OIDC_USER_ENDPOINT", "")
OIDC_OP_JWKS_ENDPOINT = env.str("OIDC_JWKS_ENDPOINT", "")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 10  # seconds
LOGIN_REDIRECT_URL = LOGIN_REDIRECT_URL_FAILURE = "/admin/"

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if OIDC_RP_CLIENT_ID:
    AUTHENTICATION_BACKENDS.append("dedup_project.web.sign_in.ProviderBackend")
