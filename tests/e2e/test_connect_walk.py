"""Apigee Connect by hand, line by line as Google's page has it, and by `connect setup` alone."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Script

HAS_GCLOUD = shutil.which("gcloud") is not None
EMPTY_PROJECT = ("--fault", "api-disabled", "--fault", "permission-denied")
"""A project that has neither the API nor the role; the property is absent anyway."""

MART = "apigee-mart@hybrid-demo.iam.gserviceaccount.com"
APIGEE = "${CLOUDSDK_API_ENDPOINT_OVERRIDES_APIGEE}"
APIGEE_CONNECT = "${CLOUDSDK_API_ENDPOINT_OVERRIDES_APIGEECONNECT}"
AGENT_POD = "$(kubectl get pods -n apigee -l app=apigee-connect-agent -o name)"
MART_POD = "$(kubectl get pods -n apigee -l app=apigee-mart -o name)"
MART_READY = "kubectl wait -n apigee --for=condition=Ready pod -l app=apigee-mart --timeout=60s"
TOKEN = """
import google.auth, google.auth.transport.requests as transport
credentials, _ = google.auth.default(["https://www.googleapis.com/auth/cloud-platform"])
credentials.refresh(transport.Request())
print(credentials.token)
"""
"""For `gcloud auth application-default print-access-token` where there is no gcloud."""


@dataclass(frozen=True)
class Line:
    """What is typed, and what its output must hold (a regular expression); `instead` is typed without gcloud."""

    name: str
    typed: str
    shows: str = ""
    instead: str = ""

    @property
    def skipped(self) -> bool:
        return "gcloud" in self.typed and not HAS_GCLOUD and not self.instead

    @property
    def command(self) -> str:
        return self.typed if HAS_GCLOUD or not self.instead else self.instead


GET_TOKEN = Line(
    "token",
    "export TOKEN=$(gcloud auth application-default print-access-token)",
    instead=f"export TOKEN=$('{sys.executable}' print_access_token.py)",
)

WALK = (
    Line("before: init", "apigeectl init -f overrides.yaml --wait=60"),
    Line("before: datastore", "apigeectl apply -f overrides.yaml --datastore --redis"),
    Line("1.1", "gcloud config set project hybrid-demo", r"Updated property \[core/project\]"),
    Line("1.2", "gcloud services list", r"apigee\.googleapis\.com +Apigee API\n(?!apigeeconnect)"),
    Line("1.3", "gcloud services enable apigeeconnect.googleapis.com", "finished successfully"),
    Line("2.1", "gcloud iam service-accounts list", rf"apigee-mart +{re.escape(MART)} +False"),
    Line("2.2", "gcloud projects get-iam-policy hybrid-demo", r"role: roles/apigee\.synchronizerManager"),
    Line(
        "2.3",
        "gcloud projects add-iam-policy-binding hybrid-demo "
        f"--member serviceAccount:{MART} --role roles/apigeeconnect.Agent",
        rf"Updated IAM policy for project \[hybrid-demo\][\s\S]*{re.escape(MART)}\n  role: roles/apigeeconnect\.Agent",
    ),
    Line(
        "5.2 key", "export GOOGLE_APPLICATION_CREDENTIALS=service-accounts/hybrid-demo-apigee-org-admin.json"
    ),
    GET_TOKEN,
    Line(
        "5.3",
        f'curl {APIGEE}v1/organizations/hybrid-demo -H "Authorization: Bearer $TOKEN"',
        r'"properties": {\s+"property": \[\s+{\s+"name": "features\.hybrid\.enabled",\s+"value": "true"\s+}\s+\]',
    ),
    Line(
        "5.4",
        f"curl -v -X PUT {APIGEE}v1/organizations/hybrid-demo "
        """-H "Content-Type: application/json" -H "Authorization: Bearer $TOKEN" -d '{
          "name" : "hybrid-demo",
          "properties" : {
            "property" : [ {
              "name" : "features.hybrid.enabled",
              "value" : "true"
            }, {
              "name" : "features.mart.connect.enabled",
              "value" : "true"
            } ]
          }
        }'""",
        r'HTTP/1\.1 200 OK[\s\S]+"name": "features\.mart\.connect\.enabled",\s+"value": "true"',
    ),
    Line("6", "apigeectl apply -f overrides.yaml --org", r"features\.mart\.connect\.enabled .* is true"),
    Line(
        "8",
        f"kubectl logs -n apigee {AGENT_POD}",
        r"successfully initiated http client[\s\S]+listening on tether \d+",
    ),
    Line("before the test", MART_READY, "condition met"),
    Line(
        "test 2: developers that only MART knows",
        f'curl -s "{APIGEE}v1/organizations/hybrid-demo/developers?count=100&expand=true" '
        '-H "Authorization: Bearer $TOKEN"',
        r'"email": "developer@example\.com"',
    ),
    Line(
        "test 3: without the --org that was misprinted",
        f"kubectl logs -n apigee {MART_POD} | grep connect",
        r"/v1/organizations/hybrid-demo/developers/\?count=100&expand=true 200 GET hybrid-demo "
        r"[\d.]+ [\d.]+ apigee-connect-agent-1\.0 null",
    ),
    GET_TOKEN,
    Line(
        "test 5",
        f"curl -s {APIGEE_CONNECT}v1/projects/hybrid-demo/endpoints/apigee_mart/connections "
        '-H "Authorization: Bearer $TOKEN"',
        r'"endpoint": "projects/\d+/endpoints/apigee_mart",\s+"cluster": {\s+"name": "demo-cluster",'
        r'\s+"region": "us-central1"\s+},\s+"streamCount": 4',
    ),
    Line(
        "test 7: a developer, in the place of the UI",
        f"curl -s -X POST {APIGEE}v1/organizations/hybrid-demo/developers "
        '-H "Content-Type: application/json" -H "Authorization: Bearer $TOKEN" '
        """-d '{"email": "new@example.com", "firstName": "N", "lastName": "Ew", "userName": "new"}'""",
        r'"developerId"',
    ),
    Line(
        "test 7",
        f"kubectl logs -n apigee {AGENT_POD}",
        r'received response from target "apigee-mart-hybrid-demo-[0-9a-f]{7}\.apigee\.svc\.cluster\.local:8843", '
        r"status code: 200\nINFO: .* Attempting to send response [0-9a-f-]{36} on tether \d+",
    ),
    Line("gcloud knows the organization", "gcloud apigee organizations list", r"hybrid-demo +hybrid-demo"),
)


def test_the_commands_of_googles_page_succeed_line_by_line(tmp_path: Path, in_sandbox: Script):
    """All in one shell. Without gcloud its lines are left out, and the project has the API and the role."""
    (tmp_path / "print_access_token.py").write_text(TOKEN, encoding="utf-8")
    typed = [line for line in WALK if not line.skipped]
    for number, line in enumerate(typed):
        (tmp_path / f"{number}.sh").write_text(line.command, encoding="utf-8")
    script = "\n".join(
        f". ./{number}.sh >{number}.out 2>&1; echo $? >{number}.status" for number in range(len(typed))
    )

    done = in_sandbox(script, *(EMPTY_PROJECT if HAS_GCLOUD else ()))

    assert done.returncode == 0, done.stderr
    for number, line in enumerate(typed):
        printed = (tmp_path / f"{number}.out").read_text(encoding="utf-8")
        status = (tmp_path / f"{number}.status").read_text(encoding="utf-8").strip()
        assert status == "0", f"{line.name}: {line.command}\n{printed}"
        assert re.search(line.shows, printed), f"{line.name}: {line.command}\n{printed}"
    if len(typed) < len(WALK):
        left_out = "; ".join(line.typed for line in WALK if line.skipped)
        pytest.skip(f"gcloud is not installed: all other lines succeeded, these were left out: {left_out}")


SETUP = f"""
apigeectl init --wait=60 && apigeectl apply --datastore --redis || exit 9
cp overrides.yaml before.yaml
apigeectl connect setup --dry-run >/dev/null 2>dry.txt || exit 8
cmp overrides.yaml before.yaml || exit 7
apigeectl connect setup --yes >first.txt 2>&1 || exit 6
cp overrides.yaml after.yaml
apigeectl connect setup --yes >second.txt 2>&1 || exit 5
cmp overrides.yaml after.yaml || exit 4
{MART_READY} >&2 || exit 3
apigeectl connect status --probe
"""


def without_stanza(text: str) -> str:
    """The overrides file without connectAgent."""
    stanza = re.compile(r"^connectAgent:.*\n(?: .*\n)+\n", re.MULTILINE)
    assert len(stanza.findall(text)) == 1
    return stanza.sub("", text)


def test_setup_alone_leads_from_a_project_without_anything_to_open_streams(
    tmp_path: Path, in_sandbox: Script
):
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(without_stanza(overrides.read_text(encoding="utf-8")), encoding="utf-8")

    done = in_sandbox(SETUP, *EMPTY_PROJECT, "--fault", "slow-iam")

    printed = {
        name: (tmp_path / name).read_text()
        for name in ("first.txt", "second.txt")
        if (tmp_path / name).exists()
    }
    assert done.returncode == 0, done.stderr + str(printed)
    assert "enable apigeeconnect.googleapis.com in project hybrid-demo" in printed["first.txt"]
    assert f"grant roles/apigeeconnect.Agent to {MART}" in printed["first.txt"]
    assert "waiting for the role to become true" in printed["first.txt"]
    assert "nothing is missing, and nothing was changed" in printed["second.txt"]
    stanza = "connectAgent:\n  enabled: true\n  serviceAccountPath: ./service-accounts/hybrid-demo-apigee-mart.json\n"
    assert stanza in (tmp_path / "after.yaml").read_text(encoding="utf-8")
    assert "✗" not in done.stdout, done.stdout
    assert "4 streams" in done.stdout
