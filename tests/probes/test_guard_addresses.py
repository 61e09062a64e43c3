"""Addresses are judged by the table in every form, and only what was judged is ever dialled."""

import socket
import threading
import time
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
import ssrfguard
from hypothesis import given, settings
from hypothesis import strategies as st

from assessor.probes.collect import addresses, wire
from assessor.probes.collect.addresses import LOOPBACK, NEVER, PRIVATE, classify, parse, unwrap
from assessor.probes.collect.dns import MAX_ADDRESSES, resolve
from assessor.probes.collect.guard import PolicyRefusal, Unresolved, check_url, judge
from assessor.probes.collect.http import Door
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import LAPTOP, SERVED, Policy, Target

EVERYTHING = Policy(allow_cidrs=("0.0.0.0/0", "::/0"))
ASK = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.")
MAPPED, COMPATIBLE, NAT64 = "::ffff:0:0", "::", "64:ff9b::"
EDGES = [
    edge
    for network in (*NEVER, *LOOPBACK, *PRIVATE)
    for edge in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1)
]
# Any address, and often one at the edge of a row of the table, where mistakes live.
IPV4 = st.one_of(
    st.integers(0, 2**32 - 1), st.sampled_from([edge for edge in EDGES if 0 <= edge < 2**32]), st.sampled_from([1, 2])
).map(IPv4Address)
IPV6 = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(2**125, 2**126 - 1),
    st.sampled_from([edge for edge in EDGES if 2**32 < edge < 2**128]),
    st.builds(lambda head, tail: int(IPv6Address(head)) | int(tail), st.sampled_from([MAPPED, NAT64]), IPV4),
).map(IPv6Address)


def allowed(address, policy):
    """Tell whether the guard lets an address be dialled."""
    try:
        judge(str(address), policy)
    except PolicyRefusal:
        return False
    return True


def answers(monkeypatch, *rounds):
    """Let the resolver give these answers, one after the other; returns the list of names it was asked for."""
    asked = []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        found = rounds[min(len(asked), len(rounds)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def dials(monkeypatch):
    """Refuse every connection; returns the list of what was to be dialled."""
    dialled = []

    def create_connection(address, timeout=None, **kwargs):
        dialled.append(address)
        raise ConnectionRefusedError("nobody")

    monkeypatch.setattr(wire.socket, "create_connection", create_connection)
    return dialled


@given(IPV4, st.sampled_from([MAPPED, COMPATIBLE, NAT64]))
def test_wrapped_ipv4_address_is_judged_as_the_address_itself(inner, prefix):
    wrapped = IPv6Address(int(IPv6Address(prefix)) | int(inner))
    if int(wrapped) > 1:  # `::` and `::1` are addresses of their own
        assert unwrap(wrapped) == inner
        assert classify(wrapped) == classify(inner)
        assert allowed(wrapped, SERVED) == allowed(inner, SERVED)
        assert allowed(wrapped, LAPTOP) == allowed(inner, LAPTOP)


@given(st.one_of(IPV4, IPV6))
@settings(max_examples=400)
def test_what_the_oracle_blocks_is_blocked_in_served_mode(address):
    if not ssrfguard.Policy().permits_address(address):
        assert not allowed(address, SERVED), address


@given(st.one_of(IPV4, IPV6))
def test_no_allowance_reaches_what_is_never_dialled(address):
    assert allowed(address, EVERYTHING) == (classify(address) != "never")
    assert not allowed(address, Policy(allow=frozenset()))


@given(st.one_of(IPV4, IPV6))
def test_denying_everything_leaves_nothing(address):
    assert not allowed(address, Policy(deny_cidrs=("0.0.0.0/0", "::/0"), allow_cidrs=("0.0.0.0/0", "::/0")))


@given(st.one_of(IPV4, IPV6))
def test_address_keeps_its_class_when_it_is_written_out(address):
    written = address.exploded if address.version == 6 else str(address)
    assert classify(parse(written)) == classify(address)


@pytest.mark.parametrize("network", NEVER, ids=str)
def test_no_row_of_the_table_is_dialled_from_its_first_address_to_its_last(network):
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert not allowed(address, EVERYTHING)
        if network.version == 4:
            assert not allowed(f"::ffff:{address}", EVERYTHING)
            assert not allowed(f"64:ff9b::{address}", EVERYTHING)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        # The standard library calls these global on 3.11.7; see docs/decisions/0004.
        ("192.0.0.192", "never"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "never"),
        ("fec0::1", "never"),
        ("3fff::1", "never"),
        ("::127.0.0.1", "loopback"),
        # Neither private nor global, says the standard library; carriers and overlay networks use it.
        ("100.64.0.1", "private"),
        ("100.127.255.255", "private"),
        ("100.128.0.0", "public"),
        ("9.255.255.255", "public"),
        ("172.32.0.0", "public"),
        ("223.255.255.255", "public"),
        ("2600::", "public"),
    ],
)
def test_table_decides_where_the_standard_library_errs(address, kind):
    assert classify(parse(address)) == kind


def test_table_is_sorted_by_family_and_holds_no_row_twice():
    rows = [*NEVER, *LOOPBACK, *PRIVATE]
    assert len(rows) == len(set(rows))
    assert [isinstance(row, IPv4Network) for row in NEVER] == sorted(
        (isinstance(row, IPv4Network) for row in NEVER), reverse=True
    )
    assert ip_address("::1") in addresses.LOOPBACK[1]


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%lo", "127.1", "0x7f000001", "localhost", "", "127.0.0.1:80"])
def test_text_that_is_no_plain_address_is_refused(text):
    with pytest.raises(PolicyRefusal):
        judge(text, LAPTOP)


@pytest.mark.parametrize(
    "found",
    [
        ["1.1.1.1", "169.254.169.254"],
        ["1.1.1.1", "2606:4700::1111", "::ffff:10.0.0.1"],
        ["1.1.1.1", "127.0.0.1"],
        ["fe80::1%eth0"],
        [f"1.1.1.{number}" for number in range(MAX_ADDRESSES)] + ["10.0.0.1"],
    ],
    ids=["metadata", "mapped", "loopback", "scoped", "after the last that is kept"],
)
def test_one_forbidden_address_refuses_the_whole_answer(monkeypatch, found):
    answers(monkeypatch, found)
    dialled = dials(monkeypatch)
    with pytest.raises(PolicyRefusal) as refusal:
        Door(Target("http://models.example"), SERVED)
    assert refusal.value.kind == "address"
    assert dialled == []


def test_served_mode_does_not_tell_which_address_an_internal_name_has(monkeypatch):
    answers(monkeypatch, ["10.11.12.13"])
    url = check_url("http://database.internal", SERVED)
    with pytest.raises(PolicyRefusal) as refusal:
        resolve(url, SERVED)
    assert "10.11.12.13" not in str(refusal.value)
    with pytest.raises(PolicyRefusal, match=r"10\.11\.12\.13"):
        resolve(url, Policy(allow=frozenset({"public"})))


def test_second_answer_of_a_rebinding_name_is_never_dialled(monkeypatch):
    asked = answers(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    dialled = dials(monkeypatch)
    with Door(Target("http://rebind.example"), SERVED, request_deadline_s=0.6) as door:
        exchange = door.fetch(ASK)
        door.fetch(ASK)
    assert asked == ["rebind.example"]
    assert dialled == [("1.1.1.1", 80), ("1.1.1.1", 80)]
    assert exchange.outcome == "unreachable"


def test_certificate_is_read_from_the_checked_address_too(monkeypatch):
    asked = answers(monkeypatch, ["1.1.1.1", "1.0.0.1"], ["127.0.0.1"])
    dialled = dials(monkeypatch)
    with Door(Target("https://rebind.example"), SERVED, request_deadline_s=0.6) as door:
        door.fetch(ASK)
    assert asked == ["rebind.example"]
    assert set(dialled) == {("1.1.1.1", 443), ("1.0.0.1", 443)}
    assert door.tls is None


def test_silent_address_does_not_hide_the_one_behind_it(monkeypatch):
    answers(monkeypatch, ["1.1.1.1", "1.0.0.1"])
    shares = []

    def create_connection(address, timeout=None, **kwargs):
        shares.append(timeout)
        raise TimeoutError("silence") if address[0] == "1.1.1.1" else ConnectionRefusedError("nobody")

    monkeypatch.setattr(wire.socket, "create_connection", create_connection)
    with Door(Target("http://models.example"), SERVED, request_deadline_s=0.6) as door:
        assert door.fetch(ASK).outcome == "unreachable"
    assert shares[0] <= 0.3
    assert len(shares) == 2


def test_hanging_resolver_ends_within_its_budget(monkeypatch):
    release = threading.Event()

    def getaddrinfo(*args, **kwargs):
        release.wait(5)
        raise OSError("late")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    begun = time.monotonic()
    with pytest.raises(Unresolved):
        resolve(check_url("http://slow.example", LAPTOP), LAPTOP, deadline_s=0.3)
    assert time.monotonic() - begun < 0.8
    begun = time.monotonic()
    with pytest.raises(Unresolved):
        Door(Target("http://slow.example"), LAPTOP, request_deadline_s=0.3)
    assert time.monotonic() - begun < 0.8
    release.set()


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError("down")])
def test_name_that_leads_nowhere_is_a_sentence(monkeypatch, problem):
    def getaddrinfo(*args, **kwargs):
        raise problem

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Unresolved, match=r"nowhere\.example"):
        resolve(check_url("http://nowhere.example", LAPTOP), LAPTOP)


def test_literal_address_is_not_looked_up(monkeypatch):
    asked = answers(monkeypatch, ["1.1.1.1"])
    (found,) = resolve(check_url("http://127.0.0.1:8080", LAPTOP), LAPTOP)
    assert (found.address, found.kind) == ("127.0.0.1", "loopback")
    assert asked == []


def test_answer_keeps_the_resolvers_order_without_repeats(monkeypatch):
    answers(monkeypatch, ["2606:4700::1", "1.1.1.1", "1.1.1.1"])
    found = resolve(check_url("http://models.example", SERVED), SERVED)
    assert [one.address for one in found] == ["2606:4700::1", "1.1.1.1"]
