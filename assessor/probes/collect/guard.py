"""The one door's keeper: which URLs and addresses may be asked at all; no I/O, the same at save and at run."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from assessor.errors import N_, AssessorError
from assessor.probes.collect.addresses import Network, classify, is_in, parse, unwrap
from assessor.probes.snapshot import AddressClass
from assessor.probes.target import Policy

MAX_URL = 500
DEFAULT_PORTS = {"http": 80, "https": 443}
# Ports at which other protocols listen that could be talked into something by an HTTP request (the WHATWG fetch
# list of bad ports, and databases, queues, file shares and remote desktops).
NEVER_PORTS = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 "
        "117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 "
        "587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 "
        "6668 6669 6679 6697 10080 3306 5432 6379 11211 "
        "445 873 1433 1521 1883 3389 5672 5900 9042 9300 27017"
    ).split()
)
UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
HOST = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$")
NUMERIC_LABEL = re.compile(r"^(?:\d+|0x[0-9a-f]*)$")
PATH = re.compile(r"^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$")
# Dots that climb (escaped, or with a parameter behind them), and escapes of slashes, controls, per cent signs (read
# twice they are something else) and of bytes that begin overlong forms.
CLIMBING = re.compile(r"(?i)(?:^|/)(?:\.|%2e){1,2}(?:;[^/]*)?(?:/|$)|%(?:2f|5c|25|[01][0-9a-f]|7f|c0|c1)|//")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
# Headers that steer the request itself: a key "sent" in one of them would change whom, what or how is asked.
STEERING = re.compile(
    r"""(?i)(?:host|connection|keep-alive|proxy-.*|content-.*|transfer-encoding|te|trailer|upgrade|http2-settings|expect
    |user-agent|accept|accept-encoding|range|if-.*|cookie|forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip|client-ip
    |true-client-ip|cf-connecting-ip|x-cluster-client-ip|x-remote-.*|x-original-.*|x-rewrite-url|x-host
    |x-(?:http-)?method(?:-override)?|x-middleware-.*|sec-.*|mcp-.*|date|pragma|cache-control)""",
    re.VERBOSE,
)


class PolicyRefusal(AssessorError):
    """A URL, host, port or address that may not be asked; `kind` says which of them it is."""

    def __init__(
        self,
        kind: Literal["url", "host", "port", "address", "key"],
        reason: str,
        *,
        place: str = "",
        remedy: str = "",
        **params: object,
    ) -> None:
        self.kind = kind
        super().__init__(reason, place=place, remedy=remedy, **params)


class Unresolved(AssessorError):
    """The name leads to no address from here."""

    kind = "unreachable"


@dataclass(frozen=True)
class CheckedUrl:
    """A base URL that passed `check_url`: `host` in ASCII without brackets, `path` without a slash at its end."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str
    is_literal: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, policy: Policy) -> CheckedUrl:
    """Return the parts of a base URL that may be asked; raises `PolicyRefusal` for anything doubtful.

    A literal address is judged here too; a name's addresses are judged when it is resolved.
    """
    if len(url) > MAX_URL:
        raise PolicyRefusal("url", N_("The URL is longer than {limit} characters."), limit=MAX_URL)
    if UNPRINTABLE.search(url):
        raise PolicyRefusal(
            "url",
            N_("The URL contains a space, a backslash or an invisible character."),
            remedy=N_("Type it anew without them."),
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise PolicyRefusal(
            "url", N_("This is not a URL."), remedy=N_("Write it like http://localhost:8080.")
        ) from error
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.netloc:
        raise PolicyRefusal(
            "url",
            N_("Only http:// and https:// addresses can be probed."),
            remedy=N_("Write it like http://localhost:8080."),
        )
    if "@" in parts.netloc:
        raise PolicyRefusal(
            "url", N_("The URL contains a user name or password."), remedy=N_("Enter the key in its own field.")
        )
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise PolicyRefusal(
            "url", N_("A base URL has no “?” and no “#”."), remedy=N_("Leave out everything from there on.")
        )
    host, is_literal = _host(parts)
    _check_port(port, scheme, policy)
    _check_host(host, policy)
    if is_literal:
        judge(host, policy)
    return CheckedUrl(
        scheme="https" if scheme == "https" else "http",
        host=host,
        port=port if port is not None else DEFAULT_PORTS[scheme],
        path=_path(parts.path),
        is_literal=is_literal,
    )


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL that was checked before, whatever is allowed now; empty for no URL."""
    try:
        checked = check_url(url, Policy())
    except PolicyRefusal:
        return "", "", 0
    return checked.scheme, checked.host, checked.port


def whole_address(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of a base URL: the same for every way to write one address.

    What is no URL stands for itself.
    """
    try:
        checked = check_url(url, Policy())
    except PolicyRefusal:
        return "", "", 0, url
    return checked.scheme, checked.host, checked.port, checked.path


def _host(parts: SplitResult) -> tuple[str, bool]:
    raw = parts.netloc
    if raw.startswith("["):
        inside, _bracket, rest = raw[1:].partition("]")
        try:
            if rest and not rest.startswith(":"):
                raise ValueError("something between the address and the port")
            return str(IPv6Address(inside) if "%" not in inside else parse(inside)), True
        except ValueError as error:
            raise PolicyRefusal("host", N_("“{host}” is not an IPv6 address."), host=inside) from error
    name = raw.rpartition(":")[0] if ":" in raw else raw
    if not name or "%" in name or "[" in name or "]" in name or ":" in name:
        raise PolicyRefusal("host", N_("The URL names no host."), remedy=N_("Write it like http://localhost:8080."))
    try:
        ascii_name = name.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise PolicyRefusal("host", N_("“{host}” is not a host name."), host=name) from error
    if _is_disguised(name, ascii_name):
        raise PolicyRefusal(
            "host",
            N_("“{host}” is written in letters that stand for others."),
            remedy=N_("Write it as {plain}, if that is what you mean."),
            host=name,
            plain=ascii_name,
        )
    if NUMERIC_LABEL.match(ascii_name.rpartition(".")[2]):
        # A dotted quad in plain digits is an address. 127.1, 0x7f.1 and 2130706433 are disguises.
        try:
            return str(IPv4Address(ascii_name)), True
        except ValueError as error:
            raise PolicyRefusal(
                "host",
                N_("“{host}” looks like an address in an unusual form."),
                remedy=N_("Write it as four numbers, such as 127.0.0.1."),
                host=name,
            ) from error
    if len(ascii_name) > 253 or not HOST.match(ascii_name):
        raise PolicyRefusal("host", N_("“{host}” is not a host name."), host=name)
    return ascii_name, False


def _is_disguised(name: str, ascii_name: str) -> bool:
    """Tell whether fullwidth letters, other dots, foreign digits or invisible signs stand for a plain name."""
    pairs = zip(name.removesuffix(".").split("."), ascii_name.split("."), strict=False)
    return name.removesuffix(".").count(".") != ascii_name.count(".") or any(
        not label.isascii() and (label.isdigit() or not folded.startswith("xn--")) for label, folded in pairs
    )


def _check_port(port: int | None, scheme: str, policy: Policy) -> None:
    asked = port if port is not None else DEFAULT_PORTS[scheme]
    if asked in NEVER_PORTS or asked == 0:
        raise PolicyRefusal("port", N_("Port {port} is never an HTTP server's."), port=asked)
    if policy.ports and asked not in policy.ports:
        raise PolicyRefusal(
            "port",
            N_("Port {port} is not allowed here."),
            remedy=N_("Allowed are: {ports}."),
            port=asked,
            ports=", ".join(str(one) for one in sorted(policy.ports)),
        )


def _check_host(host: str, policy: Policy) -> None:
    if _is_listed(host, policy.deny_hosts) or (policy.allow_hosts and not _is_listed(host, policy.allow_hosts)):
        raise PolicyRefusal("host", N_("The operator does not allow the host “{host}”."), host=host)


def _is_listed(host: str, listed: tuple[str, ...]) -> bool:
    """Tell whether a host is in a list of names; `*.example.org` stands for every name below example.org."""
    for one in listed:
        name = one.lower().removesuffix(".")
        if host == name or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False


def check_key_header(name: str) -> None:
    """Raise `PolicyRefusal` for a header in which no key is sent, because it would change the request instead."""
    if not HEADER_NAME.fullmatch(name) or STEERING.fullmatch(name):
        raise PolicyRefusal(
            "key",
            N_("A key cannot be sent in a header named “{name}”."),
            remedy=N_("Use the header that the server's manual names, such as Authorization or x-api-key."),
            name=name[:80],
        )


def _path(path: str) -> str:
    if not PATH.match(path) or CLIMBING.search(path):
        raise PolicyRefusal("url", N_("The path of the URL is not plain."), remedy=N_("Leave out dots and escapes."))
    return path.rstrip("/")


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Return networks from their CIDR form; raises `PolicyRefusal` for one that is not."""
    found = []
    for text in texts:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError as error:
            raise PolicyRefusal(
                "address",
                N_("“{text}” is not a network."),
                remedy=N_("Write it like 10.20.0.0/16."),
                text=text,
            ) from error
    return tuple(found)


def judge(address: str, policy: Policy) -> AddressClass:
    """Return the class of an address that may be dialled; raises `PolicyRefusal` for one that may not.

    Order: never, the operator's denials, the operator's allowances, then the classes the policy allows.
    """
    try:
        parsed = parse(address)
    except ValueError as error:
        raise PolicyRefusal("address", N_("“{address}” is not an address."), address=address) from error
    kind = classify(parsed)
    if kind == "never":
        raise PolicyRefusal(
            "address",
            N_("{address} is never probed: it is reserved, or belongs to a cloud's own control services."),
            address=address,
        )
    either = (parsed, unwrap(parsed))
    if any(is_in(one, networks(policy.deny_cidrs)) for one in either):
        raise PolicyRefusal("address", N_("The operator does not allow {address}."), address=address)
    if any(is_in(one, networks(policy.allow_cidrs)) for one in either):
        return kind
    if kind not in policy.allow:
        raise PolicyRefusal(
            "address",
            N_("{address} is a {family} address, which this installation does not probe."),
            remedy=N_("The operator can allow its network."),
            address=address,
            family=kind,
        )
    return kind
