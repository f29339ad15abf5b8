"""Single sign-on against a local provider that signs its tokens."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.contrib.auth.models import User

pytest.importorskip("mozilla_django_oidc")

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class Provider(BaseHTTPRequestHandler):
    """Authorizes at once, as a provider does where somebody is logged in already."""

    key = rsa.generate_private_key(65537, 2048)
    claims = {}
    nonce = ""

    def do_GET(self):
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/authorize":
            Provider.nonce = asked["nonce"]
            assert asked["code_challenge_method"] == "S256"
            self.send_response(302)
            back = urlencode({"code": "c0de", "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif address.path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            public |= {"kid": "one", "alg": "RS256"}
            self.answer({"keys": [public]})
        else:
            assert self.headers["Authorization"] == "Bearer acce55"
            self.answer(self.claims)

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert sent["code"] == ["c0de"]
        now = int(time.time())
        claims = {"sub": "7", "aud": "dedup", "iat": now, "exp": now + 60, "nonce": self.nonce}
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        self.answer({"access_token": "acce55", "id_token": token})

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def site(live_server, settings):
    provider = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=provider.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{provider.server_port}"
    settings.ROOT_URLCONF = "tests.operations.oidc_urls"
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "dedup", "s3cret"
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = f"{base}/authorize"
    settings.OIDC_OP_TOKEN_ENDPOINT = f"{base}/token"
    settings.OIDC_OP_USER_ENDPOINT = f"{base}/me"
    settings.OIDC_OP_JWKS_ENDPOINT = f"{base}/keys"
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS, "dedup_project.web.sign_in.ProviderBackend",
    ]  # fmt: skip
    yield live_server.url
    provider.shutdown()
    provider.server_close()
    thread.join()


def sign_in(site, **claims):
    """Follow the link of the log-in page, and return where it ends."""
    Provider.claims = claims
    with requests.Session() as browser:
        page = browser.get(f"{site}/admin/login/?next=/admin/")
        assert "Log in with single sign-on" in page.text
        return browser.get(f"{site}/oidc/authenticate/?next=/admin/")


@pytest.fixture
def grace(transactional_db):
    return User.objects.create_superuser("grace", "grace@example.org")


def test_an_account_signs_in_by_its_verified_address(site, grace):
    page = sign_in(site, email="Grace@example.org", email_verified=True)
    assert page.status_code == 200
    assert page.url.endswith("/admin/")
    assert "Log out" in page.text


@pytest.mark.parametrize(
    "claims",
    [{"email": "grace@example.org"}, {"email": "grace@example.org", "email_verified": False},
     {"email": "stranger@example.org", "email_verified": True}, {"email_verified": True}],
)  # fmt: skip
def test_an_unverified_or_unknown_address_signs_nobody_in(site, grace, claims):
    page = sign_in(site, **claims)
    assert "/admin/login/" in page.url
    assert User.objects.count() == 1, "no account is made"


def test_a_switched_off_account_does_not_sign_in(site, grace):
    User.objects.update(is_active=False)
    page = sign_in(site, email="grace@example.org", email_verified=True)
    assert "/admin/login/" in page.url


def test_without_a_provider_there_is_no_link(client, db):
    assert b"single sign-on" not in client.get("/admin/login/").content
