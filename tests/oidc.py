"""A small OpenID Connect provider on loopback, good or hostile: discovery, keys, codes with PKCE, signed ID tokens."""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT, SECRET = "assessor", "a secret of the client: only for tests"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Person:
    """Who is signed in at the provider."""

    sub: str = "person-1"
    email: str = "ben@example.org"
    email_verified: object = True
    name: str = "Ben Holm"


@dataclass
class OidcProvider:
    """The provider: what it says is changed by the test through `person`, `claims`, `fault` and `discovery`."""

    url: str = ""
    person: Person = field(default_factory=Person)
    claims: dict = field(default_factory=dict)
    discovery: dict = field(default_factory=dict)
    fault: str = ""
    asked: list[str] = field(default_factory=list)
    codes: dict = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict, form: dict) -> tuple[int, dict, bytes]:
        """Return status, headers and body."""
        self.asked.append(f"{method} {path}")
        if path.endswith("/.well-known/openid-configuration"):
            return self._configuration()
        if path == "/keys":
            return self._keys()
        if path == "/authorize":
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            back = {"code": code, "state": query["state"], "iss": self.url}
            return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}, b""
        if path == "/token":
            return self._token(form)
        if path == "/userinfo":
            return _json(
                {
                    "sub": self.claims.get("userinfo_sub", self.person.sub),
                    "email": "ben@example.org",
                    "email_verified": True,
                }
            )
        return 404, {}, b""

    def _configuration(self) -> tuple[int, dict, bytes]:
        if self.fault == "redirecting discovery":
            return 302, {"Location": f"{self.url}/elsewhere"}, b""
        if self.fault == "slow":
            time.sleep(3)
        if self.fault == "huge":
            return 200, {"Content-Type": "application/json"}, b'{"x": "' + b"x" * 3_000_000 + b'"}'
        if self.fault == "no json":
            return 200, {"Content-Type": "text/html"}, b"<html>"
        if self.fault == "broken":
            return 500, {}, b"{}"
        return _json(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
            | self.discovery
        )

    def _keys(self) -> tuple[int, dict, bytes]:
        key = KEY if self.fault != "unknown key" else OTHER_KEY
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        curve = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(CURVE_KEY.public_key()))
        return _json(
            {
                "keys": [
                    public | {"kid": "one", "use": "sig", "alg": "RS256"},
                    curve | {"kid": "curve", "use": "sig", "alg": "ES256"},
                ]
            }
        )

    def _token(self, form: dict) -> tuple[int, dict, bytes]:
        begun = self.codes.pop(form.get("code", ""), None)
        if begun is None or form.get("redirect_uri") != begun["redirect_uri"]:
            return 400, {}, b'{"error": "invalid_grant"}'
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if begun["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return 400, {}, b'{"error": "invalid_grant"}'
        if form.get("client") != f"{CLIENT}:{SECRET}":
            return 401, {}, b'{"error": "invalid_client"}'
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.person.sub,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            "email": self.person.email,
            "email_verified": self.person.email_verified,
            "name": self.person.name,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return _json({"access_token": "opaque", "token_type": "Bearer", "id_token": self._signed(claims)})

    def _signed(self, claims: dict) -> str:
        if self.fault == "alg none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        if self.fault == "alg HS256":
            # The public key as the shared secret: the oldest trick there is.
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()).encode()
            head = _part({"alg": "HS256", "typ": "JWT", "kid": "one"}) + "." + _part(claims)
            mac = hmac.new(public, head.encode(), "sha256").digest()
            return head + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        if self.fault == "curve":
            return jwt.encode(claims, CURVE_KEY, algorithm="ES256", headers={"kid": "curve"})
        if self.fault == "changed":
            good = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"}).split(".")
            return ".".join([good[0], _part(claims | {"sub": "somebody-else"}), good[2]])
        return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})


def _part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _json(value: dict) -> tuple[int, dict, bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@contextmanager
def running(host: str = "127.0.0.1", context: ssl.SSLContext | None = None, like: OidcProvider | None = None):
    """Run a provider until the block ends; `like`: a further port of one that runs, by its address alone."""
    provider = like or OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args):
            pass

        def do_GET(self):
            self._reply({})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if basic := self.headers.get("Authorization", "").removeprefix("Basic "):
                form["client"] = unquote(base64.b64decode(basic).decode())
            self._reply(form)

        def _reply(self, form):
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, headers, body = provider.answer(self.command, parts.path, query, form)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                # The other side has hung up, as it should with what is too slow or too long.
                self.close_connection = True

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if context else "http"
    address = f"{scheme}://localhost:{server.server_port}"
    if like is None:
        provider.url = address
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider if like is None else address
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
