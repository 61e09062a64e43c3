"""Keys are sealed for one endpoint of one organisation, and read from the environment only under our own names."""

import stat
import threading

import pytest

from assessor.services import secrets
from assessor.services.secrets import SecretUnreadable

KEY = "sk-canary-ßé-9f3b"


def test_a_sealed_key_comes_back_for_the_same_endpoint():
    sealed = secrets.seal(KEY, "org", "endpoint", "key")
    assert sealed.startswith("v1:k1:")
    assert KEY not in sealed
    assert secrets.unseal(sealed, "org", "endpoint", "key") == KEY


def test_the_same_key_is_never_sealed_the_same_way_twice():
    assert secrets.seal(KEY, "org") != secrets.seal(KEY, "org")


@pytest.mark.parametrize(
    "bound_to",
    [("other", "endpoint", "key"), ("org", "other", "key"), ("org", "endpoint", "note"), ("org", "endpoint"), ()],
)
def test_a_row_copied_elsewhere_cannot_be_read(bound_to):
    sealed = secrets.seal(KEY, "org", "endpoint", "key")
    with pytest.raises(SecretUnreadable, match=r"cannot be read any more\. Enter it again\."):
        secrets.unseal(sealed, *bound_to)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-6] + "AAAAAA",
        lambda text: text.replace("v1:", "v2:"),
        lambda text: text.replace(":k1:", ":k2:"),
        lambda text: text[:12],
        lambda text: KEY,
        lambda text: "",
        lambda text: "v1:k1:%%%",
        lambda text: "v1:k1:ü",
    ],
)
def test_a_damaged_text_is_refused_and_never_returned_as_the_key(damage):
    with pytest.raises(SecretUnreadable):
        secrets.unseal(damage(secrets.seal(KEY, "org")), "org")


def test_after_the_sealing_key_was_replaced_old_keys_must_be_entered_again(tmp_path):
    sealed = secrets.seal(KEY, "org")
    (tmp_path / "sealing-key").unlink()
    with pytest.raises(SecretUnreadable, match="Enter it again"):
        secrets.unseal(sealed, "org")


def test_the_sealing_key_is_readable_by_its_owner_only(tmp_path):
    secrets.seal(KEY, "org")
    file = tmp_path / "sealing-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    assert [one.name for one in tmp_path.iterdir()] == ["sealing-key"]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_sealing_key_is_named_with_what_to_do(tmp_path, content):
    (tmp_path / "sealing-key").write_bytes(content)
    with pytest.raises(SecretUnreadable, match=r"sealing-key.* is damaged\. Restore it from a backup"):
        secrets.seal(KEY, "org")


def test_a_place_that_cannot_be_written_is_named(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "nowhere"
    with pytest.raises(SecretUnreadable, match=r"sealing-key.*No such file"):
        secrets.seal(KEY, "org")


def test_processes_that_start_at_once_end_with_one_sealing_key():
    start, sealed = threading.Barrier(8), []

    def seal() -> None:
        start.wait(5)
        sealed.append(secrets.seal(KEY, "org"))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [secrets.unseal(one, "org") for one in sealed] == [KEY] * 8


def test_a_key_is_read_from_a_variable_of_ours(monkeypatch):
    monkeypatch.setenv("ASSESSOR_KEY_WARD", KEY)
    assert secrets.referenced("ASSESSOR_KEY_WARD") == KEY


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DATABASE_URL", "PATH", "ASSESSOR_KEY_", "ASSESSOR_KEY_ward", "ASSESSOR_KEY_A\n", "", "{x}"]
)
def test_no_other_variable_is_read(monkeypatch, name):
    if name and "\n" not in name:
        monkeypatch.setenv(name, KEY)
    with pytest.raises(SecretUnreadable, match="begins with ASSESSOR_KEY_") as refusal:
        secrets.referenced(name)
    assert KEY not in str(refusal.value)


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("ASSESSOR_KEY_WARD", raising=False)
    with pytest.raises(SecretUnreadable, match="The variable ASSESSOR_KEY_WARD is not set on this server"):
        secrets.referenced("ASSESSOR_KEY_WARD")
