"""Answers of APIs to our own calls, and the known problem that they give away."""

from __future__ import annotations

from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.diagnosis.matching import match
from apigeectl.diagnosis.model import Place, Problem
from apigeectl.errors import InstallerError


def problem_of(error: InstallerError) -> Problem | None:
    """What is known about an error of ours that carries the answer of the Kubernetes API or of Google's."""
    for text in (error.message, *error.details):
        found = match(Place.API, text) or match(Place.GOOGLE, text)
        if found:
            return PROBLEMS[found.code]
    return None
