"""Inputs for reports: a bad case, a good one, an empty one and a hostile one, all on the shipped questionnaire."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from assessor.evidence import Finding, Strength, Tier
from assessor.probes.result import Behind, Dialect, Identity, Model, Network, ProbeResult, Request, Safety
from assessor.questionnaire.loader import load_questionnaire
from assessor.questionnaire.schema import Questionnaire
from assessor.reports.inputs import AnswerRecord, DisputeRecord, EndpointRecord, EvidenceRecord, FileRecord, ReportInput
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer, ProbedEndpoint, Proof

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FILE = Path(__file__).parents[2] / "questionnaires" / "ai-sovereignty" / "questionnaire.yaml"


@cache
def questionnaire() -> Questionnaire:
    """Return the shipped questionnaire."""
    return load_questionnaire(FILE)


def source(answers: Mapping[str, AnswerRecord], endpoints: Sequence[EndpointRecord] = ()) -> ReportInput:
    """Return the input of a quick scan with these answers and endpoints."""
    given = {
        question: GivenAnswer(
            question=question,
            state=record.state,
            level=record.level,
            proofs=tuple(Proof(tier=one.tier, level=record.level or 0) for one in record.evidence),
        )
        for question, record in answers.items()
    }
    probed = [
        ProbedEndpoint(id=one.id, name=one.name, role=one.role, findings=one.probe.findings)
        for one in endpoints
        if one.probe is not None
    ]
    return ReportInput(
        title="AI sovereignty of the claims desk",
        organisation="Nordwind Versicherung AG",
        home_jurisdictions=("Germany", "European Union"),
        workload="Claims triage assistant",
        workload_owner="Head of claims",
        criticality="critical",
        tolerance_hours=4,
        assessor="M. Okafor",
        questionnaire=questionnaire(),
        scorecard=score(questionnaire(), given, probed, "quick"),
        answers=answers,
        endpoints=tuple(endpoints),
        made_at=MADE_AT,
        product_version="0.1.0",
    )


def _answers(
    levels: Sequence[int | None], evidence: tuple[EvidenceRecord, ...] = (), every: int = 1
) -> dict[str, AnswerRecord]:
    """Return an answer to each quick question: the highest rung up to its level, or "I don't know" for None.

    Every n-th answer has the evidence.
    """
    answers = {}
    for index, (question, level) in enumerate(zip(questionnaire().asked("quick"), levels, strict=True)):
        if level is None:
            answers[question.id] = AnswerRecord(
                state="unknown", note="Asked in procurement, nobody knew.", answered_by="M. Okafor", answered_at=MADE_AT
            )
        else:
            rung = max(one.level for one in question.choices if one.level <= level)
            answers[question.id] = AnswerRecord(
                state="answered",
                level=rung,
                note="See the platform handbook, chapter 4." if level == 1 else "",
                answered_by="M. Okafor",
                answered_at=MADE_AT,
                evidence=evidence if index % every == 0 else (),
            )
    return answers


CONTRACT = EvidenceRecord(
    tier=Tier.DOCUMENTED,
    kind="contract",
    description="Order form and data processing addendum",
    place="Contract register 2026/114",
    version="3",
    taken_on=date(2026, 9, 1),
    expires_on=date(2027, 8, 31),
    counts_until=date(2027, 8, 31),
    link="https://register.nordwind.example/contracts/2026/114",
    files=(FileRecord(name="order-form.pdf", size=48_211, sha256="0123456789abcdef" * 4),),
)
DRILL = EvidenceRecord(
    tier=Tier.TESTED,
    kind="drill",
    description="Egress closed for 30 hours with a cold start; all 212 cases of the acceptance set passed",
    place="Drill log 2026-10",
    version="1",
    taken_on=date(2026, 10, 12),
    counts_until=date(2027, 10, 12),
    result="212 of 212",
)
DISPUTE = DisputeRecord(
    endpoint="gateway",
    code="hosted.azure-openai",
    state="open",
    reason="The header is set by our own proxy; compare the configuration of the host.",
    raised_by="M. Okafor",
    raised_at=MADE_AT,
)


def requests(count: int = 4, path: str = "/v1/models") -> tuple[Request, ...]:
    """Return requests as a probe keeps them."""
    return tuple(
        Request(
            id=f"r{index}",
            stage=1,
            method="GET",
            path=path if index else "/",
            purpose="Ask which models are offered",
            with_key=index > 1,
            outcome="answered",
            status=200 if index else 404,
            length=1_234 + index,
            sha256=f"{index:x}" * 64,
            elapsed_ms=12.5 * (index + 1),
        )
        for index in range(count)
    )


def gateway() -> EndpointRecord:
    """Return a probed LiteLLM with a hosted model and a hosted filter behind it."""
    seen = [
        ("gateway.litellm", Strength.PROOF, {"name": "LiteLLM"}),
        ("hosted.azure-openai", Strength.STRONG, {"provider": "azure-openai", "name": "Azure OpenAI"}),
        ("safety.hosted.azure-content-filter", Strength.STRONG, {"name": "Azure content filter"}),
        ("network.address.private", Strength.DEFAULT, {"address": "10.20.0.7"}),
    ]
    probe = ProbeResult(
        catalogue_version="2026.11",
        outcome="completed",
        target_url="https://ai.nordwind.example/v1",
        vantage="assessor workstation, office network",
        started="2026-11-20T14:02:11Z",
        finished="2026-11-20T14:02:14Z",
        network=Network(scheme="https", host="ai.nordwind.example", port=443, addresses=()),
        requests=requests(6),
        identity=Identity(
            product="litellm",
            name="LiteLLM proxy",
            kind="gateway",
            provider="",
            confidence=Strength.PROOF,
            because=("x-litellm-version: 1.77.5", "error envelope of the proxy"),
        ),
        behind=(Behind(provider="Azure OpenAI", host="", strength=Strength.STRONG, because=("x-ms-region",)),),
        dialects=(Dialect(name="OpenAI chat completions", state="yes"), Dialect(name="Ollama", state="no")),
        models=(Model(id="claims-gpt", owned_by="openai"), Model(id="claims-gpt-mini", owned_by="openai")),
        safety=(Safety(name="Azure content filter", place="hosted", strength=Strength.STRONG),),
        unknown=("Where the model behind the gateway runs is not shown by its replies.",),
        not_tested=("A request with the registered key was not sent: no key was given.",),
        findings=tuple(
            Finding(code=code, strength=strength, params=params, exchanges=("r0", "r1"))
            for code, strength, params in seen
        ),
    ).sealed()
    return EndpointRecord(
        id="gateway",
        name="Claims gateway",
        url="https://ai.nordwind.example/v1",
        role="model",
        workload="Claims triage assistant",
        probe=probe,
    )


def bad() -> ReportInput:
    """A hosted model behind a gateway, two things nobody knows, answers that a probe contradicts."""
    endpoints = (
        gateway(),
        EndpointRecord(
            id="spare", name="Spare", url="http://10.20.0.9:8080", role="fallback", workload="Claims triage assistant"
        ),
    )
    made = source(_answers([3, 1, 4, 3, 2, 2, 2, 1, 4, 3, None, 1, 1, None], (CONTRACT,), 3), endpoints)
    return replace(made, disputes=(DISPUTE,))


def good() -> ReportInput:
    """Everything at the top two levels, with drills behind it, signed off."""
    return replace(source(_answers([5, 5, 4, 5, 5, 4, 5, 4, 5, 5, 4, 5, 5, 4], (DRILL,))), draft=False, version=3)


def empty() -> ReportInput:
    """Nothing answered, nothing registered, no names given."""
    return replace(
        source({}), title="", workload="", workload_owner="", home_jurisdictions=(), tolerance_hours=None, assessor=""
    )


HOSTILE = "<script>alert(1)</script><img src='http://127.0.0.1:9/x'>\x00\x07{{ 7|add:7 }}"
SCRIPTS = "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \U0001f600 e\u0301 \u202eevil"


def hostile() -> ReportInput:
    """Markup, control characters, scripts without glyphs, a word of 4,000 characters, wherever people can write."""
    word = "W" * 4000
    answers = {
        question: replace(
            record,
            note=f"{HOSTILE}\n{SCRIPTS}\n{word}",
            answered_by=HOSTILE,
            evidence=(
                replace(
                    CONTRACT,
                    description=HOSTILE * 20,
                    place=word,
                    version=SCRIPTS,
                    stale=True,
                    failed=True,
                    unsigned=True,
                    given_for=5,
                    link=word,
                    result=HOSTILE,
                    files=(FileRecord(name=word, size=1, sha256="f" * 64), FileRecord(HOSTILE, 2, "0" * 64)),
                ),
            ),
        )
        for question, record in _answers([3, None, 4, 1, 2, 1, 1, 0, 4, 3, None, 0, 1, None]).items()
    }
    probed = gateway()
    assert probed.probe is not None
    findings = tuple(
        one.model_copy(update={"params": {"name": HOSTILE + word, "provider": SCRIPTS, "address": word}})
        for one in probed.probe.findings
    )
    probe = probed.probe.model_copy(
        update={
            "findings": findings,
            "requests": requests(40, "/" + "a%20" * 900),
            "vantage": HOSTILE,
            "models": tuple(Model(id=f"{SCRIPTS}{index}{word}") for index in range(60)),
            "unknown": (HOSTILE, word),
        }
    ).sealed()
    endpoints = (replace(probed, id=HOSTILE, name=HOSTILE + word, url=HOSTILE, role=HOSTILE, probe=probe),)
    made = source(answers, endpoints)
    return replace(
        made,
        title=HOSTILE + word,
        organisation=SCRIPTS + word,
        workload=HOSTILE + word,
        workload_owner=word,
        home_jurisdictions=(HOSTILE, word) * 10,
        assessor=HOSTILE + word,
        limits=(HOSTILE, word),
        single={name: (replace(one, workload=HOSTILE + word),) for name, one in list(answers.items())[:3]},
        profile=questionnaire().profiles[0].id,
        targets=questionnaire().profiles[0].targets,
        disputes=(
            replace(DISPUTE, reason=HOSTILE + word, raised_by=word),
            replace(DISPUTE, endpoint=word, state="accepted", reason=SCRIPTS, note=HOSTILE, decided_at=MADE_AT),
        ),
    )


SAMPLES = {"bad": bad, "good": good, "empty": empty, "hostile": hostile}
