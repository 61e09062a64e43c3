"""The method and the glossary as pages: every number comes from the questionnaire or from the rules themselves."""

import unicodedata
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessor.queries import PROBE_MAX_AGE
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.rules import METHOD_VERSION
from assessor.scoring.tiers import MAX_AGE, EvidenceKind
from assessor.services.questionnaires import installed


def _wanted(name: str) -> tuple[Questionnaire, tuple[Questionnaire, ...]]:
    """Return the installed questionnaire of that id, the first for "", and all of them; 404 for another id."""
    every = installed()
    found = next((one for one in every if one.id == name), None) if name else every[0]
    if found is None:
        raise Http404
    return found, every


@require_GET
def method(request: HttpRequest, name: str = "") -> HttpResponse:
    """Say how answers, evidence and probes become levels, for one questionnaire."""
    found, every = _wanted(name)
    return render(request, "method/show.html", {"questionnaire": found, "every": every, **_facts(found)})


def _facts(found: Questionnaire) -> dict[str, Any]:
    scale = found.scale
    weights = sum(dimension.weight for dimension in found.dimensions)
    return {
        "method_version": METHOD_VERSION,
        "scored": sum(question.scored for question in found.questions),
        "facts": sum(not question.scored for question in found.questions),
        "quick": len(found.asked("quick")),
        "share": round(scale.share * 100),
        "evidenced": round(scale.evidenced_share * 100),
        "coverage": round(scale.coverage * 100),
        "left_out": round(scale.not_applicable_share * 100),
        "ages": {
            "probe": PROBE_MAX_AGE.days,
            "configuration": MAX_AGE[EvidenceKind.CONFIGURATION],
            "contract": MAX_AGE[EvidenceKind.CONTRACT],
            "drill": MAX_AGE[EvidenceKind.DRILL],
        },
        "dimensions": [
            {
                "dimension": dimension,
                "share": round(100 * dimension.weight / weights),
                "levels": list(zip(scale.levels, dimension.levels, strict=False)),
            }
            for dimension in found.dimensions
        ],
        "weighted": found.weighted,
        "minima": any(dimension.minimum is not None for dimension in found.dimensions),
    }


def _sorted_as(term: str) -> str:
    """Return a term as a dictionary files it: letters with marks among those without."""
    return "".join(one for one in unicodedata.normalize("NFKD", term.casefold()) if not unicodedata.combining(one))


@require_GET
def glossary(request: HttpRequest, name: str = "") -> HttpResponse:
    """Explain the words of a questionnaire, in the order of the alphabet of the reader's language."""
    found, every = _wanted(name)
    terms = sorted(found.glossary, key=lambda one: _sorted_as(one.term))
    context = {"questionnaire": found, "every": [one for one in every if one.glossary], "terms": terms}
    return render(request, "method/glossary.html", context)
