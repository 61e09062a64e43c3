"""Whatever is typed: it is refused with a sentence, or it is a plain URL that every parser reads alike."""

import re
import string
from urllib.parse import urlsplit

import pytest
import ssrfguard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assessor.probes.collect.guard import PolicyRefusal, check_key_header, check_url
from assessor.probes.target import LAPTOP, SERVED, Policy
from tests.probes.test_guard_urls import BY_CLASS, HOSTILE, LEGITIMATE, POLICIES

ORACLE = ssrfguard.Policy(allowed_ports=frozenset(range(1, 65536)))
URLS = [*HOSTILE.values(), *BY_CLASS, *LEGITIMATE]
NOISE = st.text(st.one_of(st.sampled_from("/\\@:#?%[].;&= \t\r\n\x00①。．／＠"), st.characters()), max_size=4)
# URLs that are nearly good: a hostile or a good one with something put in somewhere.
NEARLY = st.builds(
    lambda url, at, noise: url[: at % (len(url) + 1)] + noise + url[at % (len(url) + 1) :],
    st.sampled_from(URLS),
    st.integers(0, 200),
    NOISE,
)
ANY = st.one_of(NEARLY, st.text(max_size=60).map("http://".__add__), st.text(max_size=60))


def passed(url: str, policy: Policy = LAPTOP):  # type: ignore[no-untyped-def]
    try:
        return check_url(url, policy)
    except PolicyRefusal:
        return None


@given(ANY)
@settings(max_examples=700)
@example("http://[")
@example("http://\ud800")
@example("http://a:" + "9" * 400)
def test_any_text_is_refused_or_becomes_a_plain_url(url: str) -> None:
    checked = passed(url)
    if checked is None:
        return
    assert re.fullmatch(r"[a-z0-9._:-]+", checked.host)
    assert re.fullmatch(r"[\x21-\x7e]*", checked.path)
    assert "//" not in checked.path
    assert 0 < checked.port < 65536
    plain = f"{checked.scheme}://{checked.authority}{checked.path}"
    again = urlsplit(plain)
    assert (again.scheme, again.hostname, again.path) == (checked.scheme, checked.host, checked.path)
    assert (again.username, again.query, again.fragment) == (None, "", "")
    assert passed(plain) == checked


@given(ANY)
@settings(max_examples=400)
def test_what_passes_in_served_mode_passes_everywhere_it_should(url: str) -> None:
    if passed(url, SERVED) is not None:
        assert passed(url) == passed(url, SERVED)
        if passed(url).is_literal:
            assert passed(url, Policy(allow=frozenset())) is None


@pytest.mark.parametrize("policy", POLICIES)
@given(address=st.integers(0, 2**32 - 1), form=st.sampled_from(["{}", "0x{:x}", "0{:o}", "{}.", "0x{:X}."]))
@settings(max_examples=60)
def test_no_number_is_a_host(policy: str, address: int, form: str) -> None:
    assert passed(f"http://{form.format(address)}/", POLICIES[policy]) is None


@given(ANY)
@settings(max_examples=400)
def test_what_the_oracle_refuses_as_a_url_is_refused_in_served_mode(url: str) -> None:
    try:
        ORACLE.check_url(url)
    except ssrfguard.SSRFGuardError:
        checked = passed(url, SERVED)
        # Underscores stand in no registered name, and in many names inside a house.
        assert checked is None or "_" in checked.host, url
    except (ValueError, UnicodeError):
        return


@given(st.text(string.printable, max_size=40))
def test_a_keys_header_is_a_token_and_steers_nothing(name: str) -> None:
    try:
        check_key_header(name)
    except PolicyRefusal:
        return
    assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
    assert name.lower() not in {"host", "content-length", "transfer-encoding", "connection", "upgrade"}


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "HOST", "Connection", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding"),
        *("TE", "Trailer", "Upgrade", "HTTP2-Settings", "Expect", "User-Agent", "Accept", "Accept-Encoding", "Range"),
        *("If-None-Match", "Cookie", "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"),
        *("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"),
        *("Proxy-Authorization", "Proxy-Connection", "X-Middleware-Subrequest", "Sec-Fetch-Site", "Mcp-Session-Id"),
        *("True-Client-IP", "CF-Connecting-IP", "X-Host", "", "a b", "x:y", "x\r\ny", "x\ny", "schlüssel", "x" * 81),
    ],
)
def test_a_header_that_would_change_the_request_carries_no_key(name: str) -> None:
    with pytest.raises(PolicyRefusal) as refusal:
        check_key_header(name)
    assert (refusal.value.kind, bool(refusal.value.remedy)) == ("key", True)


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "x-api-key", "api-key", "X-Goog-Api-Key", "Ocp-Apim-Subscription-Key"]
)
def test_the_headers_that_servers_want_carry_it(name: str) -> None:
    check_key_header(name)


@pytest.mark.parametrize(
    ("host", "allowed", "denied", "passes"),
    [
        ("a.models.lan", ("*.models.lan",), (), True),
        ("models.lan", ("*.models.lan",), (), False),
        ("evil-models.lan", ("*.models.lan",), (), False),
        ("a.models.lan.evil.example", ("*.models.lan",), (), False),
        ("old.models.lan", ("*.models.lan",), ("old.models.lan",), False),
        ("x.y.bad.example", (), ("*.BAD.example.",), False),
        ("good.example", (), ("*.bad.example",), True),
    ],
)
def test_operator_can_list_every_name_below_one(
    host: str, allowed: tuple[str, ...], denied: tuple[str, ...], passes: bool
) -> None:
    policy = Policy(allow_hosts=allowed, deny_hosts=denied)
    assert (passed(f"https://{host}/", policy) is not None) == passes
