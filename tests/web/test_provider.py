"""Signing in through a real OpenID Connect provider on loopback: who gets in, who does not, and what is asked of whom."""

import html
import re
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from assessor import environment
from assessor.models import Membership, Organisation, Role, User
from assessor.services import accounts, memberships
from assessor.services.memberships import Terms
from assessor.services.provider import asking
from tests import oidc

PASSWORD = "harbour lantern seven"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


@pytest.fixture
def provider(served, monkeypatch):
    """A good provider, set up by the operator."""
    monkeypatch.setenv("TEST_CLIENT_SECRET", oidc.SECRET)
    with oidc.running() as running:
        served.OIDC_ISSUER = running.url
        served.OIDC_CLIENT_ID = oidc.CLIENT
        served.OIDC_CLIENT_SECRET = "env:TEST_CLIENT_SECRET"
        served.OIDC_LABEL = "Harbour ID"
        served.OIDC_DOMAINS = []
        yield running


@pytest.fixture
def vouched(provider, served):
    """The operator says that the provider decides who has addresses of example.org."""
    served.OIDC_DOMAINS = ["example.org"]
    return provider


@pytest.fixture
def office(db):
    return Organisation.objects.create(name="Harbour Bank")


def invite(office, email="ben@example.org"):
    ada = accounts.make_account("Ada", "ada@example.net", PASSWORD)
    with scope(organisation=office):
        _made, word = memberships.invite(office, ada, email, Terms(Role.VIEWER))
    return reverse("invitation", args=[word])


def lead(client, name="openid_connect_login", **data):
    """Press the button and return the address at the provider, or the page that refuses."""
    page = client.post(reverse(name), data)
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    return page, html.unescape(found[1]) if found else ""


def at_provider(address):
    """Be signed in at the provider already; return the way back."""
    try:
        build_opener(_Stay).open(address)
    except OSError as answer:
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"


def sign_in(client, **data):
    page, address = lead(client, **data)
    assert address, page.content.decode()
    return client.get(at_provider(address))


def refusal(answer):
    assert answer.status_code in (403, 502), answer.content.decode()
    return " ".join(answer.content.decode().split())


def is_in(client):
    return client.get("/").status_code == 200


def test_an_invited_person_comes_in_and_joins(client, provider, office):
    path = invite(office)
    page = client.get(path).content.decode()
    assert "Go on with Harbour ID" in page
    back = sign_in(client, next=path)
    assert back.headers["Location"] == path
    client.post(path)
    member = Membership.objects.get(organisation=office)
    assert (member.user.email, str(member.user), member.role) == ("ben@example.org", "Ben Holm", Role.VIEWER)
    assert not member.user.has_usable_password()
    assert EmailAddress.objects.get(user=member.user).verified
    assert is_in(client)
    # The same person again, by who they are there and not by their address.
    provider.person.email = "ben.holm@elsewhere.example"
    other = Client()
    sign_in(other)
    assert is_in(other)
    assert User.objects.filter(email__startswith="ben").count() == 1


def test_a_sign_in_carries_state_nonce_and_pkce_and_keeps_little(client, vouched):
    _page, address = lead(client)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert query["code_challenge_method"] == "S256"
    assert len(query["nonce"]) >= 32
    assert len(query["state"]) >= 16
    assert query["redirect_uri"] == "http://testserver/account/provider/back/"
    assert set(query["scope"].split()) == {"openid", "email", "profile"}
    client.get(at_provider(address))
    kept = SocialAccount.objects.get()
    assert set(kept.extra_data["id_token"]) == {"sub", "email", "email_verified", "name"}
    assert client.session.get_expiry_age() <= 10 * 3600


def test_nobody_is_let_in_who_was_not_invited(client, provider):
    assert "Nobody has invited ben@example.org" in refusal(sign_in(client))
    assert not is_in(client)
    assert not User.objects.filter(email="ben@example.org").exists()


def test_whoever_has_an_address_of_the_operators_domain_begins_an_account(client, vouched):
    sign_in(client)
    assert is_in(client)
    vouched.person = oidc.Person("person-2", "eve@example.org.evil.example")
    assert "Nobody has invited" in refusal(sign_in(Client()))


def test_an_address_that_is_not_proved_opens_nothing(vouched, office):
    invite(office)
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    for verified in (False, None, "true", "false", 1):
        vouched.claims["email_verified"] = verified
        assert "does not say that it has proved" in refusal(sign_in(Client())), verified
    assert not SocialAccount.objects.filter(user=ben).exists()


def test_an_account_is_not_taken_over_by_its_address(client, provider, office):
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    invite(office)
    assert "connect Harbour ID on the page of your account" in refusal(sign_in(client))
    assert not is_in(client)
    # Signed in as before it is connected, and from then on opens the account.
    client.post(reverse("account_login"), {"login": ben.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "Connect this account" in client.get(reverse("account")).content.decode()
    sign_in(client, name="connect_provider")
    assert "is connected with Harbour ID" in client.get(reverse("account")).content.decode()
    other = Client()
    sign_in(other)
    assert is_in(other)
    client.post(reverse("disconnect_provider"))
    assert not SocialAccount.objects.exists()


def test_the_operators_domain_opens_an_account_and_shuts_out_who_made_it(client, vouched):
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    thief = Client()
    thief.post(reverse("account_login"), {"login": ben.email, "password": PASSWORD})
    sign_in(client)
    assert is_in(client)
    assert not is_in(thief)
    ben.refresh_from_db()
    assert not ben.has_usable_password()


def test_an_operators_account_is_never_opened_by_an_address(client, vouched):
    accounts.make_account("Olga", "ben@example.org", PASSWORD, operator=True)
    assert "An account has the address" in refusal(sign_in(client))
    assert not is_in(client)


def test_a_connection_to_somebody_elses_account_is_refused(client, vouched):
    sign_in(client)
    accounts.make_account("Cleo", "cleo@example.net", PASSWORD)
    other = Client()
    other.post(reverse("account_login"), {"login": "cleo@example.net", "password": PASSWORD})
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    sign_in(other, name="connect_provider")
    assert SocialAccount.objects.get().user.email == "ben@example.org"


def test_connecting_wants_the_password_again_and_a_sign_in(client, vouched):
    assert client.post(reverse("connect_provider")).headers["Location"].startswith("/account/login/")
    accounts.make_account("Cleo", "cleo@example.net", PASSWORD)
    client.post(reverse("account_login"), {"login": "cleo@example.net", "password": PASSWORD})
    assert client.post(reverse("connect_provider")).headers["Location"].startswith("/account/reauthenticate/")


def test_a_second_step_and_a_lock_hold_here_too(client, vouched):
    sign_in(client)
    ben = User.objects.get(email="ben@example.org")
    Authenticator.objects.create(user=ben, type=Authenticator.Type.TOTP, data={"secret": "x"})
    other = Client()
    assert sign_in(other).headers["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_in(other)
    Authenticator.objects.all().delete()
    User.objects.filter(pk=ben.pk).update(is_active=False)
    locked = Client()
    assert sign_in(locked).headers["Location"] == reverse("account_inactive")
    assert not is_in(locked)


WRONG_TOKENS = {
    "alg none": {},
    "alg HS256": {},
    "unknown key": {},
    "changed": {},
    "wrong issuer": {"iss": "https://id.evil.example"},
    "wrong audience": {"aud": "somebody-else"},
    "many audiences, another party": {"aud": [oidc.CLIENT, "other"], "azp": "other"},
    "expired": {"exp": 1_700_000_000},
    "not yet": {"iat": 4_000_000_000},
    "wrong nonce": {"nonce": "of-another-sign-in"},
    "no nonce": {"nonce": None},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("fault", WRONG_TOKENS)
def test_a_token_that_does_not_hold_is_refused(client, vouched, fault):
    vouched.fault, vouched.claims = fault, WRONG_TOKENS[fault]
    assert "does not hold" in refusal(sign_in(client))
    assert not is_in(client)
    assert not User.objects.exists()


def test_a_token_signed_on_a_curve_holds(client, vouched):
    vouched.fault = "curve"
    sign_in(client)
    assert is_in(client)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("redirecting discovery", "redirect, which is not followed"),
        ("slow", "does not answer"),
        ("huge", "does not answer"),
        ("no json", "no JSON"),
        ("broken", "status 500"),
    ],
)
def test_a_provider_that_fails_is_told_with_a_sentence(client, vouched, fault, words, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 1.0)
    vouched.fault = fault
    page, address = lead(client)
    assert address == ""
    assert page.status_code == 502
    assert words in refusal(page)
    assert not [one for one in vouched.asked if "elsewhere" in one]


def test_a_second_step_of_ours_is_not_wanted_of_who_comes_through_the_provider(client, vouched, served):
    served.SECOND_STEP = "everybody"
    sign_in(client)
    assert is_in(client)
    # The second time the account is there already.
    again = Client()
    sign_in(again)
    assert is_in(again)
    accounts.make_account("Cleo", "cleo@example.net", PASSWORD)
    by_password = Client()
    by_password.post(reverse("account_login"), {"login": "cleo@example.net", "password": PASSWORD})
    assert by_password.get("/").headers["Location"] == reverse("second_step")


ELSEWHERE = (
    *("http://169.254.169.254/x", "http://localhost:1/x", "https://localhost.evil.example/", "file:///etc/passwd"),
    *("http://user@localhost/", "//localhost/", 7, None),
)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_no_other_host_is_asked_whatever_the_provider_says(client, vouched, name):
    for place in ELSEWHERE:
        vouched.discovery = {name: place}
        page, _address = lead(client)
        assert "on another host than its own" in refusal(page) or "that is an address" in refusal(page), place
    assert set(vouched.asked) == {"GET /.well-known/openid-configuration"}


@pytest.fixture
def spread(vouched, served):
    """A provider whose sign-in, tokens and keys lie on three hosts: here, three ports of this computer."""
    with oidc.running(like=vouched) as tokens, oidc.running(like=vouched) as keys:
        vouched.discovery = {
            "token_endpoint": f"{tokens}/token",
            "userinfo_endpoint": f"{tokens}/userinfo",
            "jwks_uri": f"{keys}/keys",
        }
        yield vouched, tokens, keys


def test_a_provider_on_several_hosts_is_used_once_the_operator_names_them(client, spread, served):
    _provider, tokens, keys = spread
    ports = [urlsplit(one).port for one in (tokens, keys)]
    page, _address = lead(client)
    assert f"another host than its own, which is not asked: localhost:{ports[0]}" in refusal(page)
    assert "names it in ASSESSOR_OIDC_HOSTS" in refusal(page)
    served.OIDC_HOSTS = [("localhost", ports[0])]
    page, _address = lead(client)
    assert f"jwks_uri on another host than its own, which is not asked: localhost:{ports[1]}" in refusal(page)
    served.OIDC_HOSTS = [("localhost", port) for port in ports]
    sign_in(client)
    assert is_in(client)


def test_what_is_remembered_of_a_provider_opens_no_host_that_was_taken_back(client, spread, served):
    provider, tokens, keys = spread
    served.OIDC_HOSTS = [("localhost", urlsplit(one).port) for one in (tokens, keys)]
    _page, address = lead(client)
    way = at_provider(address)
    served.OIDC_HOSTS = []
    provider.asked.clear()
    assert "another host than its own" in refusal(client.get(way))
    assert provider.asked == []
    assert not is_in(client)


def test_a_host_that_was_named_is_asked_by_the_issuers_scheme_and_port_alone(client, vouched, served):
    served.OIDC_HOSTS = [("localhost", 1)]
    for place in ("https://localhost:1/keys", "http://localhost:2/keys", "http://user@localhost:1/keys"):
        vouched.discovery = {"jwks_uri": place}
        page, _address = lead(client)
        assert page.status_code == 502, place
    assert set(vouched.asked) == {"GET /.well-known/openid-configuration"}


@pytest.mark.parametrize(
    "value", ["https://id.example.org", "id.example.org/x", "id.example.org:0", "*.example.org", "a:b"]
)
def test_a_further_host_is_a_name_and_a_port(monkeypatch, value):
    monkeypatch.setenv("ASSESSOR_OIDC_HOSTS", f"keys.example.org, {value}")
    with pytest.raises(ImproperlyConfigured, match="ASSESSOR_OIDC_HOSTS"):
        environment.hosts_with_ports("ASSESSOR_OIDC_HOSTS")
    monkeypatch.setenv("ASSESSOR_OIDC_HOSTS", "Keys.example.org, id.example.org:8443")
    assert environment.hosts_with_ports("ASSESSOR_OIDC_HOSTS") == [("keys.example.org", 443), ("id.example.org", 8443)]


def test_a_provider_that_calls_itself_otherwise_is_refused(client, vouched):
    vouched.discovery = {"issuer": "https://id.evil.example"}
    page, _address = lead(client)
    assert "calls itself https://id.evil.example" in refusal(page)


def test_an_address_kept_elsewhere_is_asked_for_and_must_be_of_the_same_person(client, vouched):
    vouched.claims = {"email": None, "email_verified": None}
    sign_in(client)
    assert is_in(client)
    vouched.claims |= {"sub": "person-9", "userinfo_sub": "person-1"}
    assert "two different people" in refusal(sign_in(Client()))


def test_a_way_back_that_was_not_begun_here_is_refused(client, vouched):
    way = at_provider(lead(client)[1])
    # In another browser: the session that began it is not there.
    assert "was not begun here" in refusal(Client().get(way))
    assert "Another provider" in refusal(client.get(way.replace("iss=http", "iss=https")))
    client.get(way)
    assert is_in(client)
    client.post(reverse("account_logout"))
    assert "used already" in refusal(client.get(way))
    assert not is_in(client)
    assert "was stopped" in refusal(_stopped(Client()))


def _stopped(client):
    state = parse_qs(urlsplit(lead(client)[1]).query)["state"][0]
    return client.get(reverse("openid_connect_callback"), {"error": "access_denied", "state": state})


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_back_leads_to_no_other_site(client, vouched, target):
    assert sign_in(client, next=target).headers["Location"] == "/"


def test_the_session_before_ends(client, vouched):
    client.get(reverse("account_login"))
    _page, address = lead(client)
    before = client.session.session_key
    client.get(at_provider(address))
    assert client.session.session_key != before


def test_the_button_is_there_only_where_a_provider_is_set_up(client, provider, served):
    assert "Go on with Harbour ID" in client.get(reverse("account_login")).content.decode()
    served.OIDC_ISSUER = ""
    assert "Go on with" not in client.get(reverse("account_login")).content.decode()
    for name in ("openid_connect_login", "openid_connect_callback"):
        assert client.get(reverse(name)).status_code in (404, 405)
    assert client.post(reverse("openid_connect_login")).status_code == 404


def test_passwords_can_be_for_operators_alone(client, provider, served, office):
    served.LOCAL_SIGN_IN = "operators"
    olga = accounts.make_account("Olga", "olga@example.org", PASSWORD, operator=True)
    ben = accounts.make_account("Cleo", "cleo@example.org", PASSWORD)
    assert "to operators only" in refusal(
        client.post(reverse("account_login"), {"login": ben.email, "password": PASSWORD})
    )
    assert not is_in(client)
    path = invite(office)
    assert 'name="password"' not in client.get(path).content.decode()
    client.post(path, {"name": "Ben", "password": PASSWORD})
    assert not User.objects.filter(email="ben@example.org").exists()
    recovery = Client()
    recovery.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
    assert is_in(recovery)


def test_a_secret_that_cannot_be_read_is_said_without_it(client, vouched, served):
    served.OIDC_CLIENT_SECRET = "file:/nowhere/secret"
    page, _address = lead(client)
    assert "/nowhere/secret cannot be read" in refusal(page)


def test_over_tls_the_certificate_is_checked(client, served, monkeypatch, tmp_path):
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("TEST_CLIENT_SECRET", oidc.SECRET)
    with oidc.running(context=context) as running:
        served.OIDC_ISSUER, served.OIDC_CLIENT_ID = running.url, oidc.CLIENT
        served.OIDC_CLIENT_SECRET, served.OIDC_DOMAINS = "env:TEST_CLIENT_SECRET", ["example.org"]
        page, _address = lead(client)
        assert "not trusted" in refusal(page)
        assert running.asked == []
        served.OIDC_CA = authority
        assert lead(client)[1].startswith(running.url)


def certificate(folder):
    """Return a server's side of TLS for localhost, and the file of the authority that signed it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, oidc.KEY.public_key(), 1, now - timedelta(hours=1), now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(oidc.KEY, hashes.SHA256())
    )
    chain, key = folder / "server.pem", folder / "server.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        oidc.KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context, chain


@pytest.mark.parametrize(
    "value",
    [
        "id.example.org",
        "http://id.example.org",
        "https://u:p@id.example.org",
        "https://id.example.org/?x",
        "ftp://x",
        "https://[x",
    ],
)
def test_an_issuer_without_tls_or_with_more_than_an_address_is_refused_at_start(monkeypatch, value):
    monkeypatch.setenv("ASSESSOR_OIDC_ISSUER", value)
    with pytest.raises(ImproperlyConfigured, match="ASSESSOR_OIDC_ISSUER"):
        environment.issuer("ASSESSOR_OIDC_ISSUER")


def test_the_secret_itself_is_no_setting(monkeypatch):
    monkeypatch.setenv("ASSESSOR_OIDC_CLIENT_SECRET", "s3cr3t")
    with pytest.raises(ImproperlyConfigured, match="says where the secret lies") as refused:
        environment.reference("ASSESSOR_OIDC_CLIENT_SECRET")
    assert "s3cr3t" not in str(refused.value)
