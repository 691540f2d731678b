"""Overrides files for the tests of this folder, and the shortest way to judge one."""

from __future__ import annotations

from pathlib import Path

from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import parse
from apigeectl.overrides.problems import Problem
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope

GOOD = """\
org: hybrid-example
instanceID: instance-1
gcp:
  projectID: hybrid-example
  region: us-central1
k8sCluster:
  name: cluster-1
  region: us-central1
connectAgent:
  serviceAccountPath: sa.json
mart:
  serviceAccountPath: sa.json
watcher:
  serviceAccountPath: sa.json
metrics:
  serviceAccountPath: sa.json
udca:
  serviceAccountPath: sa.json
ingressGateways:
  - name: gateway
    replicaCountMin: 2
    replicaCountMax: 4
virtualhosts:
  - name: default
    sslSecret: certificate
    selector:
      app: apigee-ingressgateway
      ingress_name: gateway
envs:
  - name: test
    serviceAccountPaths:
      runtime: sa.json
      synchronizer: sa.json
"""
"""Nothing is wrong with it, for 1.10 and without a look at the files."""

STYLE_1_2 = """\
gcp:
  projectID: hybrid-example
  region: us-central1
k8sCluster:
  name: cluster-1
  region: us-central1
org: hybrid-example
virtualhosts:
  - name: default
    hostAliases:
      - "*.example.com"
    sslCertPath: ./certs/fullchain.pem
    sslKeyPath: ./certs/privkey.key
    routingRules:
      - env: test
envs:
  - name: test
    serviceAccountPaths:
      synchronizer: ./service-accounts/synchronizer.json
      udca: ./service-accounts/udca.json
mart:
  hostAlias: mart.example.com
  serviceAccountPath: ./service-accounts/mart.json
  sslCertPath: ./certs/fullchain.pem
  sslKeyPath: ./certs/privkey.key
metrics:
  serviceAccountPath: ./service-accounts/metrics.json
"""

EVERYTHING = Scope()


def judge(
    text: str,
    *,
    scope: Scope = EVERYTHING,
    release: str | None = "1.10.3",
    cwd: Path | None = None,
    file: Path = Path("overrides.yaml"),
) -> tuple[Problem, ...]:
    return validate(parse(text, file), scope, release, files=FileCheck(cwd))


def bare(data: object) -> Overrides:
    """Data without a text behind it."""
    return Overrides(Path("overrides.yaml"), "", data)  # type: ignore[arg-type]
