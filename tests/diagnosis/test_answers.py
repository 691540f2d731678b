from __future__ import annotations

import pytest

from apigeectl.diagnosis.answers import problem_of
from apigeectl.errors import APIError, Forbidden, InstallerError, ServiceFailure, Unreachable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unreachable("the server https://127.0.0.1: TLS handshake timeout"), "KUB-13"),
        (Forbidden('secrets is forbidden: User "u" cannot list resource "secrets"', status=403), "KUB-07"),
        (
            ServiceFailure(
                "ApigeeOrganization/apigee/acme",
                status=500,
                details=['no endpoints available for service "apigee-webhook-service"'],
            ),
            "WEB-04",
        ),
        (APIError("organization acme: No active runtime pods", status=400), "RUN-01"),
    ],
)
def test_an_answer_gives_its_problem_away(error: InstallerError, code: str):
    found = problem_of(error)

    assert found is not None
    assert found.code == code


def test_what_nobody_knows_stays_as_it_is():
    assert problem_of(InstallerError("something else")) is None
