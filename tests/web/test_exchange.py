"""In and out as a person meets it: downloads, a file brought in, its changes shown, then confirmed or thrown away."""

import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessor import tasks
from assessor.models import Answer, Document, PendingImport
from assessor.services import answers, documents
from assessor.services.exchange import keeping
from assessor.services.questionnaires import shipped
from tests.services.exchange.filled import by_kind, fill

LADDER = by_kind("ladder", quick=True)


def address(name, row, *more):
    return reverse(name, args=[row.organisation_id, row.pk, *more])


def download(client, row, kind):
    response = client.get(address("export", row, kind))
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    return b"".join(response.streaming_content)


def upload(client, row, raw, name="answers.yaml"):
    return client.post(address("exchange", row), {"exchange": SimpleUploadedFile(name, raw)})


@pytest.fixture
def answered(inside, owner):
    answers.save_answer(inside, LADDER.id, "answered", 2, "first", owner)
    return inside


@pytest.fixture
def changed(client, answered):
    """The YAML of the assessment with one answer changed."""
    raw = download(client, answered, "yaml")
    assert b"level: 2" in raw
    return raw.replace(b"level: 2", b"level: 3")


def test_every_format_can_be_taken_out_of_a_whole_assessment(client, inside, owner):
    fill(inside, owner)
    for kind in ("yaml", "json", "xlsx", "csv", "sovpack"):
        assert len(download(client, inside, kind)) > 1000
    assert client.get(address("export", inside, "exe")).status_code == 404


def test_a_file_is_shown_then_confirmed_and_only_then_taken_over(client, answered, changed):
    response = upload(client, answered, changed)
    assert response.status_code == 302
    place = response.headers["Location"]
    page = client.get(place).content.decode()
    assert "What “answers.yaml” would change" in page
    assert LADDER.choice(2).text.split("'")[0] in page
    assert LADDER.choice(3).text.split("'")[0] in page
    assert Answer.objects.get().level == 2
    done = client.post(place, {"action": "confirm"}, follow=True)
    assert "Taken over: 0 new, 1 changed" in done.content.decode()
    assert Answer.objects.get().level == 3
    assert not PendingImport.objects.exists()
    assert client.get(place).status_code == 404


def test_thrown_away_it_leaves_nothing(client, answered, changed, tmp_path):
    place = upload(client, answered, changed).headers["Location"]
    assert len([one for one in (tmp_path / "imports").rglob("*") if one.is_file()]) == 1
    assert "Waiting for your word" in client.get(address("exchange", answered)).content.decode()
    client.post(place, {"action": "discard"})
    assert not [one for one in (tmp_path / "imports").rglob("*") if one.is_file()]
    assert Answer.objects.get().level == 2


def test_when_the_assessment_changed_meanwhile_the_changes_are_shown_anew(client, answered, changed, owner):
    place = upload(client, answered, changed).headers["Location"]
    client.get(place)
    answers.save_answer(answered, LADDER.id, "answered", 4, "later", owner)
    response = client.post(place, {"action": "confirm"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "was changed since this was shown" in page
    assert "in conflict" in page
    assert Answer.objects.get().level == 4
    box = re.search(r'name="(take:[0-9a-f]{16})"', page)
    client.post(place, {"action": "confirm", "conflicts": "each", box[1]: "on"})
    assert Answer.objects.get().level == 3


@pytest.mark.parametrize(("choice", "level"), [("keep", 4), ("file", 3), ("each", 4), ("nonsense", 4)])
def test_one_choice_can_be_made_for_every_conflict(client, answered, changed, owner, choice, level):
    answers.save_answer(answered, LADDER.id, "answered", 4, "later", owner)
    place = upload(client, answered, changed).headers["Location"]
    client.get(place)
    client.post(place, {"action": "confirm", "conflicts": choice})
    assert Answer.objects.get().level == level


def test_nothing_of_the_browser_is_believed_but_the_choice(client, answered, changed):
    place = upload(client, answered, changed).headers["Location"]
    client.get(place)
    client.post(place, {"action": "confirm", "shown": "x", "level": "5", "take:": "on", "answers": "data: 5"})
    assert Answer.objects.get().level == 3


def test_a_kept_file_that_was_changed_on_the_disc_is_not_taken_over(client, answered, changed):
    place = upload(client, answered, changed).headers["Location"]
    path = keeping.path_of(PendingImport.objects.get())
    path.chmod(0o600)
    path.write_bytes(changed.replace(b"level: 3", b"level: 5"))
    page = client.post(place, {"action": "confirm"}, follow=True).content.decode()
    assert "not kept any more. Choose it again" in page
    assert Answer.objects.get().level == 2


def test_a_file_is_kept_for_a_limited_time(client, answered, changed):
    place = upload(client, answered, changed).headers["Location"]
    path = keeping.path_of(PendingImport.objects.get())
    PendingImport.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "not kept any more" in client.get(place, follow=True).content.decode()
    tasks.prune()
    assert not path.exists()
    assert not PendingImport.objects.exists()


def test_of_many_files_the_oldest_give_way(client, answered, changed):
    for number in range(keeping.MOST_WAITING + 2):
        upload(client, answered, changed, f"{number}.yaml")
    assert sorted(row.name for row in PendingImport.objects.all()) == [f"{number}.yaml" for number in range(2, 7)]


def test_a_broken_file_is_refused_with_its_line_and_nothing_is_kept(client, answered, changed, tmp_path):
    response = upload(client, answered, changed + b"colour: <script>\n", "../<b>x</b>.yaml")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was changed." in page
    assert re.search(r"&lt;b&gt;x&lt;/b&gt;.yaml|b&gt;.yaml, line \d+: “colour” is not a known key here", page)
    assert "<script>\n" not in page
    assert not PendingImport.objects.exists()
    assert not [one for one in (tmp_path / "imports").rglob("*") if one.is_file()]
    assert upload(client, answered, b"").status_code == 422
    assert client.post(address("exchange", answered)).status_code == 422


def test_a_file_past_the_limit_is_refused_with_the_limit(client, answered, settings):
    settings.ARCHIVE_MAX_BYTES = 1024 * 1024
    response = upload(client, answered, b"a" * (1024 * 1024 + 1), "big.sovpack")
    assert response.status_code == 422
    assert "larger than 1 MB" in response.content.decode()
    assert not PendingImport.objects.exists()


def test_what_a_file_says_is_shown_and_never_run(client, answered, changed):
    hostile = changed.replace(b"note: first", b"note: '<img src=x onerror=alert(1)>'")
    place = upload(client, answered, hostile).headers["Location"]
    page = client.get(place).content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page


def test_a_stranger_takes_nothing_out_and_brings_nothing_in(client, answered, changed, strangers_scan):
    assert client.get(address("exchange", strangers_scan)).status_code == 404
    assert client.get(address("export", strangers_scan, "yaml")).status_code == 404
    assert upload(client, strangers_scan, changed).status_code == 404
    # One's own organisation in the address opens nobody else's assessment.
    crossed = reverse("export", args=[answered.organisation_id, strangers_scan.pk, "yaml"])
    assert client.get(crossed).status_code == 404
    place = upload(client, answered, changed).headers["Location"]
    pending = PendingImport.objects.get()
    for args in ((strangers_scan.organisation_id, strangers_scan.pk), (answered.organisation_id, strangers_scan.pk)):
        assert client.get(reverse("import", args=[*args, pending.pk])).status_code == 404
        assert client.post(reverse("import", args=[*args, pending.pk]), {"action": "confirm"}).status_code == 404
    assert client.get(place).status_code == 200


def test_only_whoever_brought_a_file_confirms_it(client, answered, changed, strangers_scan):
    place = upload(client, answered, changed).headers["Location"]
    PendingImport.objects.update(uploaded_by=strangers_scan.created_by)
    assert client.post(place, {"action": "confirm"}).status_code == 404
    assert Answer.objects.get().level == 2


def count(client, path):
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_the_pages_cost_a_bounded_number_of_queries(client, inside, owner):
    small = upload(client, inside, download(client, inside, "json"), "a.json").headers["Location"]
    few = count(client, small)
    fill(inside, owner)
    many = upload(client, inside, download(client, inside, "json"), "a.json").headers["Location"]
    assert count(client, many) <= few + 8 <= 24
    assert count(client, address("exchange", inside)) <= 6


def test_empty_questionnaires_can_be_had_without_an_assessment(client, inside):
    questionnaire = shipped("ai-sovereignty")
    page = client.get(reverse("questionnaire", args=[inside.organisation_id, questionnaire.content_hash()]))
    links = re.findall(r'href="([^"]+/blank\.[a-z]+\?scope=[a-z]+)"', page.content.decode())
    assert len(links) == 4
    for link in links:
        response = client.get(link)
        raw = b"".join(response.streaming_content)
        start = {"xlsx": b"PK", "yaml": b"# "}[link.split("?")[0].rpartition(".")[2]]
        assert raw.startswith(start)
    wrong = reverse("blank_questionnaire", args=[inside.organisation_id, questionnaire.content_hash(), "yaml"])
    assert client.get(f"{wrong}?scope=most").status_code == 404
    assert client.get(wrong.replace("blank.yaml", "blank.pdf")).status_code == 404
    unknown = reverse("blank_questionnaire", args=[inside.organisation_id, "0" * 64, "yaml"])
    assert client.get(unknown).status_code == 404


def test_the_command_exports_shows_and_takes_over(answered, tmp_path, capsys, owner):
    file = tmp_path / "out.yaml"
    call_command("exchange", "export", str(answered.pk), str(file))
    file.write_bytes(file.read_bytes().replace(b"level: 2", b"level: 3"))
    call_command("exchange", "import", str(answered.pk), str(file), "--dry-run")
    said = capsys.readouterr().out
    assert f"~ answers changed: {LADDER.title}" in said
    assert "Nothing was changed (--dry-run)." in said
    assert Answer.objects.get().level == 2
    call_command("exchange", "import", str(answered.pk), str(file))
    assert Answer.objects.get().level == 3
    file.write_bytes(file.read_bytes().replace(b"level: 3", b"level: 9"))
    with pytest.raises(CommandError, match=r"out\.yaml, line \d+: .* has no choice at level 9"):
        call_command("exchange", "import", str(answered.pk), str(file))
    for words, sentence in (
        (("export", str(answered.pk), "x.exe"), "the ending says the format"),
        (("export", str(answered.organisation_id), "x.yaml"), "There is no assessment"),
        (("import", str(answered.pk), str(tmp_path / "nowhere.yaml")), "No such file"),
        (("blank", "nothing", "x.yaml"), "There is no questionnaire “nothing”"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("exchange", *words)


def test_the_command_writes_empty_questionnaires(db, tmp_path):
    for kind in ("yaml", "xlsx"):
        call_command("exchange", "blank", "ai-sovereignty", str(tmp_path / f"blank.{kind}"), "--quick")
        assert (tmp_path / f"blank.{kind}").stat().st_size > 1000


def test_the_empty_questionnaire_on_paper_is_tagged_and_names_every_question(client, inside):
    import pypdf

    questionnaire = shipped("ai-sovereignty")
    where = reverse("make_blank_questionnaire", args=[inside.organisation_id, questionnaire.content_hash()])
    made = client.post(where, {"scope": "quick"}).headers["Location"]
    documents.carry_out(Document.objects.get().pk)
    raw = client.get(f"{made}file/").content
    reader = pypdf.PdfReader(io.BytesIO(raw))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    for question in questionnaire.asked("quick"):
        assert question.id in text
        assert question.title in text
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert list(reader.attachments) == ["answers.yaml"]
    # Set once: whoever asks again gets the file that is there.
    assert client.post(where, {"scope": "quick"}).headers["Location"] == made
    assert client.post(where, {"scope": "most"}).status_code == 404
    page = client.get(reverse("questionnaire", args=[inside.organisation_id, questionnaire.content_hash()]))
    assert page.content.decode().count(f'action="{where}"') == 2
