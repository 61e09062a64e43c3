"""A plan to carry: what may be sent to which endpoint, signed by the installation where somebody agreed to it."""

import hashlib
import json
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from assessor.content import canonical_json, content_hash
from assessor.errors import N_, AssessorError
from assessor.probes import plan
from assessor.probes.result import Facts, PlanMark
from assessor.probes.signature import is_signed
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import Key, Target

PLAN_VERSION = 1
MAX_BYTES = 1024 * 1024


class PlanRefused(AssessorError):
    """A plan file cannot be followed."""


class Line(Facts):
    """One request of a plan, as it was shown to the person who agreed to it."""

    id: str
    stage: Literal[1, 2]
    method: str
    path: str
    with_key: bool
    purpose: str
    only_if: str = ""


UNSIGNED = frozenset({"sha256", "signature"})


class PlanFile(Facts):
    """What an installation allows a prober elsewhere to do once or more, until a day.

    `endpoint` is the installation's own id of it. `authority` is the sentence that somebody confirmed. `lines` are
    both stages. `ca_pem` is the authority of the endpoint's certificate, `key_header` where a key goes; the key itself
    is in no plan. `client_certificate` is what the installation calls the certificate that the endpoint asks for, a
    name and never a file. `public_key` and `signature` are in hexadecimal digits, `sha256` is what was signed, and
    `installation` is the beginning of the hash of the public key.
    """

    kind: Literal["assessor-probe-plan"] = "assessor-probe-plan"
    plan_version: int = PLAN_VERSION
    id: str = Field(max_length=60)
    endpoint: str = Field(max_length=60)
    name: str = Field(max_length=200)
    target_url: str = Field(max_length=500)
    wants_key: bool = False
    key_header: str = "Authorization"
    root_paths: bool = False
    allow_chat: bool = False
    ca_pem: str = ""
    client_certificate: str = Field(default="", max_length=200)
    authority: str
    issued: str
    valid_until: str
    catalogue_version: str
    method_version: str
    lines: tuple[Line, ...]
    installation: str
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    sha256: str = ""
    signature: str = ""

    def digest(self) -> str:
        """Return the hash of everything but hash and signature."""
        return content_hash({key: value for key, value in self.document().items() if key not in UNSIGNED})

    def document(self) -> dict[str, Any]:
        """Return what stands in the file; without a certificate's name as it was before plans could carry one."""
        return self.model_dump(mode="json", exclude=None if self.client_certificate else {"client_certificate"})

    @property
    def mark(self) -> PlanMark:
        """What a result says of the plan that was followed."""
        return PlanMark(
            id=self.id,
            installation=self.installation,
            endpoint=self.endpoint,
            sha256=self.sha256,
            signature=self.signature,
        )


def installation_of(public_key: str) -> str:
    """Return the short name of the installation that a public key belongs to: 16 digits in groups of four."""
    digits = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def lines_of(target: Target) -> tuple[Line, ...]:
    """Return both stages of the plan for a target."""
    return tuple(_line(target, one) for one in (*plan.common_plan(target), *plan.follow_up_plan(target)))


def _line(target: Target, request: PlannedRequest) -> Line:
    return Line(
        id=request.id,
        stage=request.stage,
        method=request.method,
        path=plan.full_path(target, request),
        with_key=request.with_key,
        purpose=request.purpose,
        only_if=request.only_if,
    )


@lru_cache(maxsize=1)
def method_version() -> str:
    """Return the version of how is probed: the first 12 digits of the hash of every request that a plan can hold."""
    widest = Target("http://localhost/base", Key("-"), root_paths=True, allow_chat=True)
    requests = (*plan.common_plan(widest), *plan.follow_up_plan(widest))
    return content_hash([_essence(widest, one) for one in requests])[:12]


def _essence(target: Target, request: PlannedRequest) -> list[Any]:
    body = (request.body or b"").decode()
    return [request.id, request.method, plan.full_path(target, request), request.with_key, request.headers, body]


def read_plan(raw: bytes, source: str, today: date) -> PlanFile:
    """Return a plan that is whole, signed and still valid; raises `PlanRefused` with the reason."""
    again = N_("Make a new plan on the endpoint's page and carry that.")
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError("too long")
        found = PlanFile.model_validate(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise PlanRefused(
            N_("This is not a plan that this prober can follow."),
            place=source,
            remedy=N_("Take the file as the endpoint's page hands it out, and a prober of the same version."),
        ) from error
    if found.digest() != found.sha256 or installation_of(found.public_key) != found.installation:
        raise PlanRefused(N_("The plan was changed after it was made."), place=source, remedy=again)
    if not _signed(found):
        raise PlanRefused(N_("The signature of the plan is not that of its installation."), place=source, remedy=again)
    if found.valid_until < today.isoformat():
        raise PlanRefused(N_("The plan was valid until {day}."), place=source, remedy=again, day=found.valid_until)
    return found


def _signed(found: PlanFile) -> bool:
    try:
        return is_signed(bytes.fromhex(found.public_key), signed_text(found.sha256), bytes.fromhex(found.signature))
    except ValueError:
        return False


def signed_text(sha256: str) -> bytes:
    """Return the bytes that a signature covers."""
    return canonical_json({"kind": "assessor-probe-plan", "sha256": sha256}).encode()


def check_lines(found: PlanFile, target: Target, source: str) -> None:
    """Raise `PlanRefused` when this prober would send anything else than the plan says."""
    planned = {(one.id, one.method, one.path, one.with_key) for one in found.lines}
    ours = {(one.id, one.method, one.path, one.with_key) for one in lines_of(target)}
    if ours - planned:
        raise PlanRefused(
            N_("This prober would send requests that the plan does not hold ({requests})."),
            place=source,
            remedy=N_("Take the prober that the installation of the plan hands out, or make a new plan there."),
            requests=", ".join(sorted(f"{method} {path}" for _id, method, path, _key in ours - planned)[:4]),
        )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlanFile.model_json_schema()}
