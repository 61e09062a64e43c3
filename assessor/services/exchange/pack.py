"""The archive `.sovpack`: answers, the files behind evidence and the results of probes, each with its hash.

A ZIP with a manifest that names every member with its size and sha256. What the manifest does not name is refused, so
is what it names otherwise than it is. The same content gives the same bytes.
"""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from django.conf import settings
from pydantic import ValidationError

from assessor.content import Document, validate
from assessor.errors import N_
from assessor.models import Attachment, Component, ProbeRun
from assessor.probes.result import ProbeResult, verify
from assessor.services import attachments, file_types
from assessor.services.exchange.gather import Standing, answer_data
from assessor.services.exchange.json_reader import read_json
from assessor.services.exchange.plain import MAX_BYTES, MAX_NODES, read_json_answers, write_json
from assessor.services.exchange.safe_zip import Archive, Limits
from assessor.services.exchange.shape import Shape, shape_of
from assessor.services.inventory import out as inventory_out

FORMAT, VERSION = "sovpack", 1
MANIFEST, ANSWERS, FILES, PROBES = "manifest.json", "answers.json", "attachments/", "probes/"
# The organisation's inventory, where it has one; it is shown and taken over by itself, after the answers.
INVENTORY = "inventory.yaml"
# Brand, words and settings of the reports, where anybody shaped them.
SHAPE = "report.json"
MOST_MEMBERS = 5000
# The first day a ZIP knows: an archive of the same content is the same file on every day.
EPOCH = (1980, 1, 1, 0, 0, 0)
AGAIN = N_("Export the archive again; do not change what is in it.")


@dataclass(frozen=True)
class Pack:
    """A pack as it was read: the answers, where each file's content is had, the results by their hash, the shape."""

    answers: Document
    contents: Mapping[str, Callable[[], bytes]]
    results: Mapping[str, ProbeResult]
    shape: Shape | None = None


def write_pack(now: Standing, stream: BinaryIO) -> None:
    """Write an assessment as an archive; raises `AttachmentMissing` where a stored file is gone or was changed."""
    members: dict[str, Callable[[], bytes]] = {ANSWERS: lambda: write_json(answer_data(now, with_files=True))}
    for row in sorted(_attachments(now), key=lambda one: one.sha256):
        members[_member_of(row)] = _reader_of(row)
    for run in sorted((run for runs in now.runs.values() for run in runs), key=lambda one: one.result_sha256):
        members[f"{PROBES}{run.result_sha256}.json"] = _result_of(run)
    organisation = now.assessment.organisation
    if Component.objects.filter(organisation=organisation, removed_at=None).exists():
        members[INVENTORY] = lambda: inventory_out.export(organisation, "yaml")
    shape = shape_of(now.assessment)
    if shape != Shape():
        members[SHAPE] = lambda: write_json(shape.model_dump(mode="json"))
    listed: dict[str, dict[str, object]] = {}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, read in members.items():
            content = read()
            listed[name] = {"sha256": sha256(content).hexdigest(), "size": len(content)}
            archive.writestr(_entry(name), content)
        manifest = {"format": FORMAT, "version": VERSION, "members": listed}
        archive.writestr(_entry(MANIFEST), write_json(manifest))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _attachments(now: Standing) -> list[Attachment]:
    return [file for row in now.answers.values() for one in row.evidence.all() for file in one.attachments.all()]


def _member_of(row: Attachment) -> str:
    return f"{FILES}{row.sha256}{file_types.ENDINGS[row.content_type]}"


def _reader_of(row: Attachment) -> Callable[[], bytes]:
    return lambda: attachments.read_attachment(row)


def _result_of(run: ProbeRun) -> Callable[[], bytes]:
    # Through its schema: a database may keep the keys in another order.
    return lambda: write_json(ProbeResult.model_validate(run.result).model_dump(mode="json"))


def _archive(stream: BinaryIO, source: str) -> Archive:
    most = settings.ARCHIVE_MAX_BYTES
    limits = Limits(MOST_MEMBERS, max(settings.UPLOAD_MAX_BYTES, MAX_BYTES), max(most, MAX_BYTES))
    return Archive(stream, source, limits, AGAIN)


def read_inventory(stream: BinaryIO, source: str) -> bytes | None:
    """Return the inventory that an archive holds, None where it holds none; its hash is checked with the archive's."""
    archive = _archive(stream, source)
    return archive.read(INVENTORY) if INVENTORY in archive else None


def read_pack(stream: BinaryIO, source: str) -> Pack:
    """Read an archive and hold every member to its hash; raises `ContentError` with the member at fault."""
    archive = _archive(stream, source)
    listed = _manifest(archive)
    for name in archive.names:
        if name != MANIFEST and name not in listed:
            raise archive.fault(name, N_("The manifest does not name this member."), AGAIN)
    for name, said in listed.items():
        if name not in archive:
            raise archive.fault(name, N_("The manifest names this member, and it is not there."), AGAIN)
        found = archive.sha256(name)
        if found != said:
            raise archive.fault(
                name,
                N_("The content is not what the manifest says: sha256 {found}… instead of {said}…."),
                N_("Somebody changed it, or it was damaged on the way. Export the archive again."),
                found=found[:16],
                said=said[:16],
            )
    if ANSWERS not in listed:
        raise archive.fault("", N_("The archive holds no answers."), AGAIN)
    answers = read_json_answers(archive.read(ANSWERS), archive.place(ANSWERS))
    contents = {listed[name]: _content(archive, name) for name in listed if name.startswith(FILES)}
    results = {listed[name]: _result(archive, name) for name in listed if name.startswith(PROBES)}
    return Pack(answers, contents, {one.sha256: one for one in results.values()}, _shape(archive, listed))


def _shape(archive: Archive, listed: Mapping[str, str]) -> Shape | None:
    if SHAPE not in listed:
        return None
    read = read_json(archive.read(SHAPE), archive.place(SHAPE), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    return validate(Shape, read)


def _content(archive: Archive, name: str) -> Callable[[], bytes]:
    return lambda: archive.read(name)


def _manifest(archive: Archive) -> dict[str, str]:
    """Return the sha256 of every member the manifest names; raises for one that is no manifest of ours."""
    if MANIFEST not in archive:
        raise archive.fault(
            "", N_("There is no manifest, so this is no .sovpack."), N_("Choose a file that was exported as .sovpack.")
        )
    document = read_json(archive.read(MANIFEST), archive.place(MANIFEST), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    data = document.data
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise document.error((), N_("This is no manifest of a .sovpack."), AGAIN)
    if data.get("version") != VERSION:
        raise document.error(
            ("version",),
            N_("The archive is of version {version}, and this installation reads version {known}."),
            N_("Bring this installation up to date, or export from an older one."),
            version=str(data.get("version"))[:20],
            known=VERSION,
        )
    members = data.get("members")
    listed: dict[str, str] = {}
    for name, said in members.items() if isinstance(members, dict) else ():
        digest = said.get("sha256") if isinstance(said, dict) else None
        if not isinstance(digest, str) or len(digest) != 64:
            raise document.error(("members", name), N_("The manifest gives no sha256 of “{name}”."), AGAIN, name=name)
        listed[name] = digest
    if not listed:
        raise document.error((), N_("The manifest names no members."), AGAIN)
    return listed


def _result(archive: Archive, name: str) -> ProbeResult:
    try:
        result = ProbeResult.model_validate_json(archive.read(name))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise archive.fault(
            name,
            N_("This is no result of a probe: “{where}”: {problem}."),
            AGAIN,
            where=".".join(str(part) for part in fault["loc"]),
            problem=fault["msg"],
        ) from error
    if not verify(result) or name != f"{PROBES}{result.sha256}.json":
        raise archive.fault(name, N_("The result was changed after the probe."), N_("Export the archive again."))
    return result
