"""The own reader of certificates, held beside a complete one: the same facts, and never more than ValueError."""

import datetime as dt
import ipaddress
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from assessor.probes.collect import certificate

RSA_KEY = rsa.generate_private_key(65537, 2048)
KEYS = {
    "RSA 2048": RSA_KEY,
    "EC 256": ec.generate_private_key(ec.SECP256R1()),
    "EC 384": ec.generate_private_key(ec.SECP384R1()),
    "EC 521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
    "DSA": dsa.generate_private_key(2048),
}
BEGIN, END = dt.datetime(2025, 3, 1, 12, 30, 5, tzinfo=dt.UTC), dt.datetime(2031, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
NAMES = [
    x509.DNSName("llm.example"),
    x509.DNSName("*.apps.example"),
    x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
    x509.IPAddress(ipaddress.ip_address("fd00::17")),
    x509.RFC822Name("ops@example.org"),
    x509.UniformResourceIdentifier("spiffe://example/llm"),
]


def name(common: str, organisation: str = "", country: str = "") -> x509.Name:
    pairs = [(NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])


def made(
    key=RSA_KEY, *, subject=None, issuer=None, end=END, begin=BEGIN, names=NAMES, algorithm=None, pss=None
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or name("llm.example", "Klinik Nordhafen"))
        .issuer_name(issuer or name("Haus-CA 2", "Ünïcode AG", "de"))
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if algorithm is None and not isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        algorithm = hashes.SHA256()
    return builder.sign(key, algorithm, rsa_padding=pss).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("kind", list(KEYS))
def test_every_kind_of_key_gives_the_same_facts_as_the_complete_reader(kind: str) -> None:
    der = made(KEYS[kind])
    known, own = x509.load_der_x509_certificate(der), certificate.read(der)
    assert own.subject == "llm.example, Klinik Nordhafen"
    assert own.issuer == "Haus-CA 2, Ünïcode AG"
    assert own.issuer_country == "DE"
    assert own.names == tuple(str(one.value) for one in NAMES)
    assert (own.not_before, own.not_after) == (known.not_valid_before_utc, known.not_valid_after_utc)
    assert own.key == kind
    assert own.signature == (known.signature_hash_algorithm.name if known.signature_hash_algorithm else "")
    assert own.self_issued is False


@pytest.mark.parametrize("digest", [hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
@pytest.mark.parametrize("pss", [False, True])
def test_the_hash_of_the_signature_is_told(digest: hashes.HashAlgorithm, pss: bool) -> None:
    form = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH) if pss else None
    assert certificate.read(made(algorithm=digest, pss=form)).signature == digest.name


def test_a_name_that_signs_itself_is_seen_and_missing_parts_are_empty() -> None:
    own = certificate.read(made(subject=name("box"), issuer=name("box"), names=[]))
    assert (own.self_issued, own.subject, own.issuer, own.issuer_country, own.names) == (True, "box", "box", "", ())


@pytest.mark.parametrize("year", [1955, 1999, 2049, 2050, 2199])
def test_years_of_both_forms_of_time_are_right(year: int) -> None:
    end = dt.datetime(year, 6, 1, tzinfo=dt.UTC)
    assert certificate.read(made(begin=dt.datetime(1951, 1, 1, tzinfo=dt.UTC), end=end)).not_after == end


def test_nonsense_and_every_broken_certificate_raise_valueerror_or_are_read() -> None:
    der, dice = made(), random.Random(20261121)
    for cut in range(len(der)):
        with pytest.raises(ValueError):  # noqa: PT011 - the promise is the type
            certificate.read(der[:cut])
    for _round in range(3000):
        bent = bytearray(der)
        for _bite in range(dice.randint(1, 4)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        try:
            certificate.read(bytes(bent))
        except ValueError:
            continue
