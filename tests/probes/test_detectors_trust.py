"""What a certificate and an alias tell: read in real handshakes where it can be made here, by shape where it cannot."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assessor.evidence import Finding, Strength
from assessor.probes import engine
from assessor.probes.aliases import aliases
from assessor.probes.attribution import operator
from assessor.probes.authorities import authorities, public_list
from assessor.probes.collect.http import Door
from assessor.probes.detectors import judge
from assessor.probes.snapshot import Snapshot, TlsFacts, TlsLink
from assessor.probes.target import LAPTOP, Target
from assessor.probes.words import finding_meaning, finding_title
from tests.probes import hostile
from tests.probes.authority import DAY, HERE, Authority, serving_with, with_sha1
from tests.probes.hostile import OK
from tests.probes.shapes import snapshot

LETS_ENCRYPT = (
    TlsLink("llm.example", "E7, Let's Encrypt", "US", "EC 256", "sha384"),
    TlsLink("E7, Let's Encrypt", "ISRG Root X1, Internet Security Research Group", "US", "EC 384", "sha256"),
    TlsLink(*["ISRG Root X1, Internet Security Research Group"] * 2, "US", "RSA 4096", "sha256"),
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def seen(context, authority: Authority) -> dict[str, Finding]:
    """Return the findings about a server's certificate, read in a handshake with it."""
    with hostile.answering(OK, context) as server:
        door = Door(Target(f"https://127.0.0.1:{server.port}", ca_file=authority.file), LAPTOP, request_deadline_s=5)
    return told(Snapshot(door.network, door.tls))


def told(seen_there: Snapshot) -> dict[str, Finding]:
    found = {finding.code: finding for finding in judge(seen_there)}
    return {code: finding for code, finding in found.items() if code.startswith(("network.cert", "network.alias"))}


def shown(*chain: TlsLink, **facts: object) -> Snapshot:
    """Return a snapshot with a trusted certificate of 90 days, read on its tenth."""
    tls = TlsFacts(
        True,
        subject=chain[0].subject,
        issuer=chain[0].issuer,
        not_before="2026-11-11T00:00:00+00:00",
        not_after="2027-02-09T00:00:00+00:00",
        read="2026-11-21T00:00:00+00:00",
        chain=chain,
    )
    return snapshot(tls=replace(tls, **facts))


def test_a_certificate_of_the_houses_own_authority_hangs_on_no_public_one(authority):
    found = seen(authority.context(begins=-DAY, ends=300 * DAY), authority)
    assert set(found) == {"network.certificate.authority.unlisted"}
    finding = found["network.certificate.authority.unlisted"]
    assert (finding.params["authority"], finding.params["country"]) == ("Nordhafen Root, Nordhafen Clinic", "DE")


def test_what_ends_soon_is_told_and_what_has_ended_too(authority):
    assert "network.certificate.ends-soon" in seen(authority.context(begins=-80 * DAY, ends=10 * DAY), authority)
    # A short life is no fault: two of six days are left when it is renewed.
    assert "network.certificate.ends-soon" not in seen(authority.context(begins=-3 * DAY, ends=3 * DAY), authority)
    assert "network.certificate.ends-soon" not in seen(authority.context(begins=-300 * DAY, ends=65 * DAY), authority)
    ended = seen(authority.context(begins=-9 * DAY, ends=-DAY), authority)
    assert set(ended) == {"network.certificate.expired"}, (
        "whose authority it is, nobody says of one that is not trusted"
    )


WEAK = {
    "RSA 1024": rsa.generate_private_key(65537, 1024),
    "RSA 1536": rsa.generate_private_key(65537, 1536),
}


@pytest.mark.parametrize("kind", WEAK)
def test_a_weak_key_is_told_although_no_request_is_sent(kind, authority):
    found = seen(authority.context(key=WEAK[kind], ends=300 * DAY), authority)
    assert found["network.certificate.weak-key"].params["key"] == kind


def test_keys_of_today_are_not_weak(authority):
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        assert "network.certificate.weak-key" not in seen(authority.context(key=key, ends=300 * DAY), authority)


def test_a_sha1_signature_is_told_with_whose_it_is(tmp_path):
    house = Authority(tmp_path, key=rsa.generate_private_key(65537, 2048))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = with_sha1(house.issue("127.0.0.1", key, HERE, ends=300 * DAY), house.key)
    file = tmp_path / "sha1.pem"
    file.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    found = seen(serving_with(file), house)
    weak = found["network.certificate.weak-signature"]
    assert (weak.params["hash"], weak.params["subject"]) == ("sha1", "127.0.0.1, Nordhafen Clinic")


def test_an_authority_in_between_that_is_weak_is_told_too(tmp_path):
    root = Authority(tmp_path, key=rsa.generate_private_key(65537, 2048))
    below = Authority(tmp_path, "Nordhafen Below", above=root, key=WEAK["RSA 1024"])
    server = below.pair(chain=[below.certificate], ends=300 * DAY)
    weak = seen(serving_with(server), root)["network.certificate.weak-key"]
    assert (weak.params["subject"], weak.params["above"]) == ("Nordhafen Below, Nordhafen Clinic", True)


def test_a_root_signed_with_sha1_is_trusted_for_lying_there():
    root = TlsLink("Old Root, House", "Old Root, House", key="RSA 2048", signature="sha1")
    assert "network.certificate.weak-signature" not in told(shown(TlsLink("x", "Old Root, House"), root))
    old = TlsLink("x", "Old Root, House", signature="md5", key="DSA")
    assert {"network.certificate.weak-signature", "network.certificate.weak-key"} <= set(told(shown(old, root)))


def test_a_public_authority_is_named_with_its_country():
    found = told(shown(*LETS_ENCRYPT))
    assert set(found) == {"network.certificate.authority.public"}
    assert found["network.certificate.authority.public"].params["country"] == "US"
    by_hash = replace(LETS_ENCRYPT[2], subject="renamed", issuer="renamed", sha256=next(iter(public_list())))
    assert "network.certificate.authority.public" in told(shown(LETS_ENCRYPT[0], by_hash))


# Names as they stand in certificates of these clouds, and the operator that follows.
CLOUDS = {
    "Amazon RSA 2048 M02, Amazon": "Amazon Web Services",
    "WE1, Google Trust Services": "Google",
    "GTS CA 1D4, Google Trust Services LLC": "Google",
    "Microsoft Azure RSA TLS Issuing CA 04, Microsoft Corporation": "Microsoft",
    "Cloudflare Inc ECC CA-3, Cloudflare, Inc.": "Cloudflare",
}


@pytest.mark.parametrize("issuer", CLOUDS)
def test_a_clouds_own_authority_is_told_and_no_hosted_service_made_of_it(issuer):
    there = shown(TlsLink("llm.example", issuer, "US"), TlsLink(issuer, "Some Root, Some CA", "US"))
    found = told(there)
    assert found["network.certificate.authority.cloud"].params["operator"] == CLOUDS[issuer]
    assert not [finding for finding in judge(there) if finding.is_under("hosted")]


@pytest.mark.parametrize(
    "issuer", ["Amazonas Verlag Root, Verlag", "House CA, Microsoft Partner GmbH", "Google Trust Fans, Fan Club"]
)
def test_a_name_that_only_sounds_like_a_cloud_is_none(issuer):
    assert "network.certificate.authority.cloud" not in told(shown(TlsLink("llm.example", issuer)))


ALIASES = {
    "house.openai.azure.com": ("hosted", "Microsoft"),
    "house-x1.z01.azurefd.net": ("cloud", "Microsoft"),
    "d111111abcdef8.cloudfront.net": ("cloud", "Amazon Web Services"),
    "llm.house.example.cdn.cloudflare.net": ("edge", "Cloudflare"),
    "llm.house.example.edgekey.net": ("edge", "Akamai"),
    "ghs.googlehosted.com": ("cloud", "Google"),
    "llm.elsewhere.example.net": ("other", ""),
}


@pytest.mark.parametrize("alias", ALIASES)
def test_whose_the_name_behind_the_name_is(alias):
    there = snapshot(host="llm.house.example.com")
    there = replace(there, network=replace(there.network, names=("front.example.com", alias)))
    kind, whose = ALIASES[alias]
    found = told(there)
    assert set(found) == {f"network.alias.{kind}"}
    assert found[f"network.alias.{kind}"].params.get("operator", "") == whose
    assert found[f"network.alias.{kind}"].params["alias"] == alias


@pytest.mark.parametrize("alias", ["cloudfront.net.example.com", "notcloudfront.net", "azurefd.net.evil.example"])
def test_a_name_that_only_ends_like_a_clouds_is_not_its(alias):
    there = snapshot(host="llm.house.test")
    found = told(replace(there, network=replace(there.network, names=(alias,))))
    assert set(found) == {"network.alias.other"}


def test_one_operator_is_told_once_however_long_the_chain():
    there = snapshot(host="llm.house.test")
    names = ("a.edgekey.net", "e1.dscb.akamaiedge.net", "house.trafficmanager.net")
    found = [one for one in judge(replace(there, network=replace(there.network, names=names))) if "alias" in one.code]
    assert [(one.code, one.params["alias"]) for one in found] == [
        ("network.alias.edge", "a.edgekey.net"),
        ("network.alias.cloud", "house.trafficmanager.net"),
    ]


def test_every_row_names_a_known_operator_and_no_domain_stands_twice():
    assert all(operator(row.operator) for row in (*aliases(), *authorities().clouds))
    under = [domain for row in aliases() for domain in row.under]
    assert len(set(under)) == len(under)
    assert len(public_list()) > 200, "each authority by its hash and by its name"


def test_facts_and_findings_of_the_certificate_stay_in_the_result(authority):
    with hostile.answering(OK, authority.context(ends=300 * DAY)) as server:
        result = engine.run(Target(f"https://127.0.0.1:{server.port}", ca_file=authority.file), LAPTOP)
    assert result.tls is not None
    assert result.tls.read
    assert [(link.key, link.signature, len(link.sha256)) for link in result.tls.chain] == [("EC 256", "sha256", 64)] * 2
    assert "network.certificate.authority.unlisted" in {finding.code for finding in result.findings}


@pytest.mark.parametrize(
    ("kept", "printed"),
    [
        ("2027-03-01T23:59:59+00:00", "it ends on 1 March 2027."),
        ("2027-03-01T23:59:59Z", "it ends on 1 March 2027."),
        ("2027-12-31", "it ends on 31 December 2027."),
        ("soon", "it ends on soon."),
        ("", "it ends on an unknown date."),
    ],
)
def test_days_are_printed_as_the_product_prints_them(kept, printed):
    found = Finding(code="network.tls.trusted", strength=Strength.PROOF, params={"issuer": "House CA", "ends": kept})
    assert finding_meaning(found).endswith(printed)
    german = {"{day} {month} {year}": "{day}. {month} {year}", "March": "März"}
    told = finding_meaning(found, lambda text: german.get(text, text))
    assert ("1. März 2027" in told) == kept.startswith("2027-03")


def test_a_version_that_looks_like_a_day_is_left_as_the_server_wrote_it():
    found = Finding(code="network.tls.trusted", strength=Strength.PROOF, params={"issuer": "2027-03-01"})
    assert finding_title(found) == "The certificate is trusted (2027-03-01)"
