"""Answers of APIs to our own calls, and words that a user shows us: the known problem that they give away."""

from __future__ import annotations

from collections.abc import Iterator

from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.diagnosis.matching import match
from apigeectl.diagnosis.model import Place, Problem
from apigeectl.errors import APIError, InstallerError


def problem_of(error: InstallerError) -> Problem | None:
    """What is known about an error of ours that carries the answer of the Kubernetes API or of Google's."""
    for text in _texts(error):
        found = match(Place.API, text) or match(Place.GOOGLE, text)
        if found:
            return PROBLEMS[found.code]
    return None


def problem_in(text: str) -> Problem | None:
    """What a line gives away, wherever it was found: a log, an event, the words of Helm or kubectl."""
    found = next((found for place in _ANYWHERE if (found := match(place, text))), None)
    return PROBLEMS[found.code] if found else None


_ANYWHERE = (Place.TOOL, Place.API, Place.GOOGLE, Place.LOG, Place.EVENT, Place.CONDITION)


def _texts(error: InstallerError) -> Iterator[str]:
    """With its reason, which Google gives in a field of its own."""
    reason = f"{error.reason}: " if isinstance(error, APIError) and error.reason else ""
    yield f"{reason}{error.message}"
    yield from error.details
