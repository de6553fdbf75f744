"""服务数据: how many, how fast and how reliably, told to everybody."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpmn.manifest import Text
from workflow_app.selectors.public_figures import FEWEST, ProcessFigures, months_told, public_figures
from workflow_app.services.definitions import list_current

# What the region's five-year plan promises (金华市“十四五”社会信用体系建设规划): objections answered in five days on
# average, repairs within three working days.
PROMISED = {"objection": 5, "repair": 3}


@dataclass(frozen=True)
class Part:
    """One process on the page. `promised` are the days promised, None where there is no promise."""

    title: Text
    figures: ProcessFigures
    promised: int | None


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The figures of the processes that people may start, for the last twelve whole months."""
    manifests = {
        bundle.slug: bundle.manifest
        for _, bundle in list_current()
        if "applicant" in bundle.manifest.starters
    }
    found = public_figures({slug: manifest.answered_by for slug, manifest in manifests.items()})
    months = months_told()
    context = {
        "parts": [Part(manifests[each.process].title, each, PROMISED.get(each.process)) for each in found],
        "first": months[-1],
        "last": months[0],
        "fewest": FEWEST,
    }
    return render(request, "web/public/figures.html", context)
