"""Certificate authorities of our own, good ones and bad ones, whose certificates are real."""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
HERE = (x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("models.example"))


def name(common: str) -> x509.Name:
    """Return a name as certificates carry it."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Nordhafen Clinic"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def new_key() -> Any:
    """Return a key of the usual kind."""
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """A certificate authority, with its own certificate in a file."""

    def __init__(
        self,
        folder: Path,
        common: str = "Nordhafen Root",
        above: "Authority | None" = None,
        key: Any = None,
        **how: Any,
    ):
        self.folder = folder
        self.key = key or new_key()
        self.name = name(common)
        self.file = folder / f"{common}.pem"
        issuer = above or self
        how = {"is_authority": True} | how
        self.certificate = issuer.issue(common, self.key, **how)
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(
        self,
        common: str,
        key: Any,
        names: Iterable[Any] = (),
        begins: timedelta = -DAY,
        ends: timedelta = DAY,
        is_authority: bool = False,
        digest: Any = None,
        extensions: Iterable[tuple[Any, bool]] = (),
    ) -> x509.Certificate:
        """Return a certificate for a key, signed by this authority."""
        now = datetime.now(UTC).replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(common))
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, digest or hashes.SHA256())

    def pair(
        self, common: str = "127.0.0.1", names: Iterable[Any] = HERE, key: Any = None, chain: Any = (), **how: Any
    ) -> Path:
        """Return a file with a certificate of this authority, more certificates behind it, and its key."""
        key = key or new_key()
        certificate = self.issue(common, key, names, **how)
        file = self.folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, *chain))
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        return file

    def context(self, common: str = "127.0.0.1", names: Iterable[Any] = HERE, **how: Any) -> ssl.SSLContext:
        """Return a server's context with a certificate of this authority."""
        return serving_with(self.pair(common, names, **how))


def with_sha1(certificate: x509.Certificate, key: Any) -> x509.Certificate:
    """Return a certificate as an RSA authority would have signed it with SHA-1, which the library no longer does."""
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    plain = certificate.tbs_certificate_bytes
    signed = plain.replace(sha256, sha1)
    whole = certificate.public_bytes(Encoding.DER).replace(plain, signed).replace(sha256, sha1)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    return x509.load_der_x509_certificate(whole[: -len(signature)] + signature)


def serving_with(file: Path) -> ssl.SSLContext:
    """Return a server's context with the certificate in a file; the server itself insists on nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(file)
    return context


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the context of a server that vouches for itself."""
    authority = Authority(folder, "127.0.0.1")
    key_file = folder / "self.pem"
    key_file.write_bytes(
        authority.file.read_bytes() + authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return serving_with(key_file)
