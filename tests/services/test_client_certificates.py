"""A client certificate is a reference to a file below the operator's folder, shown to the endpoint and stored nowhere."""

import ssl

import pytest

from assessor.models import Endpoint
from assessor.services import endpoint_lists, endpoints, probing, secrets
from assessor.services.endpoints import EndpointFacts
from assessor.services.secrets import SecretUnreadable
from tests.probes import hostile
from tests.probes.authority import Authority
from tests.probes.hostile import OK
from tests.services.canary import everything_stored

FACTS = {"name": "Ward", "part": "model"}


@pytest.fixture
def folder(tmp_path, settings):
    """The operator's folder."""
    found = tmp_path / "certificates"
    (found / "ward").mkdir(parents=True)
    settings.CLIENT_CERTIFICATES_DIR = found
    return found


@pytest.fixture
def demanding(tmp_path, folder):
    """A server that lets in only those whose certificate its own authority issued; yields it and its authority."""
    root, clients = Authority(tmp_path), Authority(tmp_path, "Clients")
    clients.pair("assessor").rename(folder / "ward" / "client.pem")
    context = root.context()
    context.load_verify_locations(clients.file)
    context.verify_mode = ssl.CERT_REQUIRED
    with hostile.answering(OK, context) as server:
        yield f"https://127.0.0.1:{server.port}", root.file.read_text()


def test_a_probe_shows_the_certificate_and_without_it_nothing_is_heard(demanding, register, probe, folder):
    url, root = demanding
    shown = register(url, ca_pem=root, client_certificate="ward/client.pem")
    silent = register(url, ca_pem=root, name="Without", part="fallback")
    heard = {row["id"] for row in probe(shown).result["requests"] if row["outcome"] == "answered"}
    assert len(heard) > 5
    assert not [row for row in probe(silent).result["requests"] if row["outcome"] == "answered"]
    key = (folder / "ward" / "client.pem").read_text().split("-----BEGIN PRIVATE KEY-----")[1][:60].strip()
    assert key not in everything_stored()


@pytest.mark.parametrize(
    "name",
    [
        "../secret.pem",
        "ward/../../secret.pem",
        "/etc/passwd",
        "link.pem",
        "gone.pem",
        "ward",
        ".hidden",
        "a\nb",
        "x" * 150,
    ],
)
def test_nothing_outside_of_the_operators_folder_is_read(inside, folder, name):
    (folder.parent / "secret.pem").write_text("secret")
    (folder / "link.pem").symlink_to(folder.parent / "secret.pem")
    (folder / ".hidden").write_text("secret")
    with pytest.raises(SecretUnreadable):
        endpoints.register_endpoint(
            inside, EndpointFacts(url="https://127.0.0.1:9443", client_certificate=name, **FACTS)
        )
    assert not Endpoint.objects.exists()


def test_without_a_folder_of_the_operator_no_name_is_taken(settings):
    settings.CLIENT_CERTIFICATES_DIR = None
    assert secrets.client_certificate("") is None
    with pytest.raises(SecretUnreadable, match="ASSESSOR_CLIENT_CERTIFICATES"):
        secrets.client_certificate("ward/client.pem")


def test_it_does_not_follow_to_another_server_and_another_one_is_another_plan(folder, register):
    for name in ("one.pem", "two.pem"):
        (folder / name).write_text("x")
    role = register("https://127.0.0.1:9443", client_certificate="one.pem")
    agreed = probing.agreed_plan(role.endpoint)
    facts = EndpointFacts(url="https://127.0.0.1:9443", client_certificate="two.pem", **FACTS)
    assert endpoints.change_endpoint(role, facts) is False
    assert probing.agreed_plan(role.endpoint) != agreed
    facts = EndpointFacts(url="https://127.0.0.1:9444", client_certificate="two.pem", **FACTS)
    assert endpoints.change_endpoint(role, facts) is True
    assert role.endpoint.client_certificate == ""


def test_a_list_names_it_too_and_a_wrong_name_is_said_with_its_line(inside, owner, folder):
    (folder / "one.pem").write_text("x")
    table = b"name,url,client_cert\nWard,https://127.0.0.1:9443,one.pem\n"
    rows = endpoint_lists.look_at(inside, table, "list.csv")
    endpoint_lists.register(inside, rows, owner, authority=True)
    assert Endpoint.objects.get().client_certificate == "one.pem"
    with pytest.raises(Exception, match=r"line 2.*no client certificate “two\.pem”"):
        endpoint_lists.look_at(inside, table.replace(b"one", b"two"), "list.csv")
