"""Reads the few facts of a certificate that a probe tells: pure Python, so that the prober carries no compiled part.

Nothing here decides about trust: that is OpenSSL's work in the handshake. The layout is RFC 5280's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

MAX_NAMES, MAX_TEXT = 50, 200
INTEGER, BITS, OCTETS, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
UTC_TIME, GENERAL_TIME = 0x17, 0x18
TEXTS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii"}
TEXTS |= {0x1C: "utf-32-be", 0x1E: "utf-16-be"}
COMMON_NAME, COUNTRY, ORGANISATION, OTHER_NAMES = "2.5.4.3", "2.5.4.6", "2.5.4.10", "2.5.29.17"
# Signature schemes and the hash that is signed (RFC 3279, 4055, 5758); Ed25519 and Ed448 name none.
HASHES = {
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.10040.4.3": "sha1",
    "2.16.840.1.101.3.4.3.2": "sha256",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
PSS = "1.2.840.113549.1.1.10"
PSS_HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
RSA, EC = ("1.2.840.113549.1.1.1", PSS), "1.2.840.10045.2.1"
# Curves and their size in bits (RFC 5480, 5639).
CURVES = {
    "1.2.840.10045.3.1.1": 192,
    "1.3.132.0.33": 224,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.10": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
}
PLAIN_KEYS = {"1.3.101.112": "Ed25519", "1.3.101.113": "Ed448", "1.2.840.10040.4.1": "DSA"}


@dataclass(frozen=True)
class Certificate:
    """What a certificate says of itself.

    `subject` and `issuer` are the common name and the organisation, `issuer_country` two letters or empty, `names`
    the other names it stands for (hosts, addresses, mail, URIs). Times are aware, in UTC. `self_issued`: subject and
    issuer are the same name. `key` is kind and size ("RSA 2048", "EC 256", "Ed25519"), `signature` the hash that was
    signed ("sha256"); both are empty when the scheme is not known here.
    """

    subject: str
    issuer: str
    issuer_country: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    self_issued: bool
    key: str
    signature: str


@dataclass(frozen=True)
class _Node:
    """One element: its tag and its content, still packed."""

    tag: int
    content: bytes

    def children(self) -> Iterator["_Node"]:
        """Yield the elements inside; raises ValueError where the encoding breaks."""
        at = 0
        while at < len(self.content):
            node, at = _node(self.content, at)
            yield node

    def expect(self, *tags: int) -> "_Node":
        """Return itself when the tag is one of these; raises ValueError otherwise."""
        if self.tag not in tags:
            raise ValueError(f"tag {self.tag:#x} where {tags[0]:#x} should stand")
        return self


def _node(data: bytes, at: int) -> tuple[_Node, int]:
    """Return the element at a place and the place behind it: definite lengths and short tags only, as DER has them."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise ValueError("the encoding breaks off, or has a long tag")
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or at + count > len(data):
            raise ValueError("a length that cannot be")
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    if at + size > len(data):
        raise ValueError("an element longer than what it stands in")
    return _Node(tag, data[at : at + size]), at + size


def read(der: bytes) -> Certificate:
    """Return the facts of a certificate in DER form; raises ValueError when it is not one."""
    try:
        return _read(der)
    except StopIteration as empty:
        raise ValueError("an element that should hold something is empty") from empty


def _read(der: bytes) -> Certificate:
    outer, end = _node(der, 0)
    if end != len(der):
        raise ValueError("something follows the certificate")
    tbs, scheme, _signed = outer.expect(SEQUENCE).children()
    parts = list(tbs.expect(SEQUENCE).children())
    if parts and parts[0].tag == 0xA0:
        version = next(parts[0].children()).expect(INTEGER).content
        if version not in {b"\0", b"\1", b"\2"}:
            raise ValueError("a version that there is not")
        parts = parts[1:]
    if len(parts) < 6:
        raise ValueError("parts of the certificate are missing")
    issuer, validity, subject, key = parts[2:6]
    begins, ends = validity.expect(SEQUENCE).children()
    issued, told = _name(issuer), _name(subject)
    return Certificate(
        subject=_label(told),
        issuer=_label(issued),
        issuer_country=next((text[:2].upper() for oid, text in issued if oid == COUNTRY), ""),
        names=_other_names(parts[6:]),
        not_before=_moment(begins),
        not_after=_moment(ends),
        self_issued=issuer.content == subject.content,
        key=_key(key),
        signature=_signature(scheme),
    )


def _oid(node: _Node) -> str:
    numbers, value = [], 0
    for byte in node.expect(OID).content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise ValueError("an empty identifier")
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in (first, numbers[0] - 40 * first, *numbers[1:]))


def _text(node: _Node) -> str:
    return node.content.decode(TEXTS.get(node.tag, "latin-1"), "replace")[:MAX_TEXT]


def _name(node: _Node) -> list[tuple[str, str]]:
    found = []
    for group in node.expect(SEQUENCE).children():
        for pair in group.expect(SET).children():
            kind, value = pair.expect(SEQUENCE).children()
            found.append((_oid(kind), _text(value)))
    return found


def _label(name: list[tuple[str, str]]) -> str:
    first = [next((text for oid, text in name if oid == wanted), "") for wanted in (COMMON_NAME, ORGANISATION)]
    return ", ".join(text for text in first if text)


def _moment(node: _Node) -> datetime:
    form = "%y%m%d%H%M%SZ" if node.expect(UTC_TIME, GENERAL_TIME).tag == UTC_TIME else "%Y%m%d%H%M%SZ"
    moment = datetime.strptime(node.content.decode("ascii"), form).replace(tzinfo=UTC)
    # Two digits from 50 on belong to the last century (RFC 5280); strptime parts them at 69.
    return moment.replace(year=moment.year - 100) if node.tag == UTC_TIME and moment.year >= 2050 else moment


def _other_names(rest: list[_Node]) -> tuple[str, ...]:
    found: list[str] = []
    seen: set[str] = set()
    for wrapped in (node for node in rest if node.tag == 0xA3):
        for extension in next(wrapped.children()).expect(SEQUENCE).children():
            kind, *parts = extension.expect(SEQUENCE).children()
            if _oid(kind) in seen or not parts:
                raise ValueError("an extension that is given twice, or holds nothing")
            seen.add(_oid(kind))
            if _oid(kind) == OTHER_NAMES:
                names, _end = _node(parts[-1].expect(OCTETS).content, 0)
                found += [text for name in names.expect(SEQUENCE).children() if (text := _general_name(name))]
    return tuple(found[:MAX_NAMES])


def _general_name(node: _Node) -> str:
    """Return a mail address, host, URI or address; empty for the kinds that name no server."""
    if node.tag in {0x81, 0x82, 0x86}:
        return node.content.decode("ascii", "replace")[:MAX_TEXT]
    if node.tag == 0x87 and len(node.content) in {4, 16}:
        return str(ip_address(node.content))
    return ""


def _key(node: _Node) -> str:
    algorithm, bits = node.expect(SEQUENCE).children()
    kind, *parameters = algorithm.expect(SEQUENCE).children()
    oid = _oid(kind)
    if oid in RSA:
        numbers, _end = _node(bits.expect(BITS).content, 1)
        modulus = next(numbers.expect(SEQUENCE).children()).expect(INTEGER)
        return f"RSA {int.from_bytes(modulus.content, 'big').bit_length()}"
    if oid == EC:
        curve = _oid(parameters[0]) if parameters and parameters[0].tag == OID else ""
        return f"EC {CURVES[curve]}" if curve in CURVES else "EC"
    return PLAIN_KEYS.get(oid, "")


def _signature(scheme: _Node) -> str:
    kind, *parameters = scheme.expect(SEQUENCE).children()
    oid = _oid(kind)
    if oid != PSS:
        return HASHES.get(oid, "")
    # The hash is the first of the scheme's parameters; without it, it is SHA-1 (RFC 4055).
    for part in parameters[0].children() if parameters else ():
        if part.tag == 0xA0:
            return PSS_HASHES.get(_oid(next(next(part.children()).children())), "")
    return "sha1"
