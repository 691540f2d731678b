"""A session at the keyboard: kubectl commands in order, each resting on the ones before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

APIGEE = "apigee.cloud.google.com"


@dataclass(frozen=True)
class Command:
    """What is typed after `kubectl -n NAMESPACE`; {ns} is the namespace. Manifests are given to `-f -`."""

    words: str
    manifests: tuple[dict[str, Any], ...] = ()
    known: str = ""
    """Why it differs and may."""

    def __str__(self) -> str:
        return f"kubectl {self.words}"


def config_map(name: str = "settings", labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(image: str = "web:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}}
    whole = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": whole}


def pod(name: str = "one", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "100m"}}}]
    whole = {"containers": containers, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": whole}


def redis(replicas: int = 2, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{APIGEE}/v1alpha1",
        "kind": "ApigeeRedis",
        "metadata": {"name": "default"},
        "spec": {"components": {"redis": {"replicas": replicas}}, **spec},
    }


def organization(version: str = "v1alpha2", **spec: Any) -> dict[str, Any]:
    references = dict.fromkeys(("axHashingSaltRef", "dataEncryptionRef", "datastoreCredentialRef"), "a")
    return {
        "apiVersion": f"{APIGEE}/{version}",
        "kind": "ApigeeOrganization",
        "metadata": {"name": "acme"},
        "release": {"forceUpdate": True},
        "spec": {"name": "acme", **references, **spec},
    }


SIDECAR = """'{"spec":{"template":{"spec":{"containers":[{"name":"sidecar","image":"s"}]}}}}'"""
STATUS = """'{"status":{"replicas":3,"readyReplicas":2,"observedGeneration":1}}'"""
RUNNING = """'{"status":{"state":"running"}}'"""
WITHOUT_B = """'{"data":{"b":null}}'"""
UNKNOWN = """'{"spec":{"zz":1}}'"""
HELD = """'{"metadata":{"finalizers":["example.com/hold"]}}'"""
RELEASED = """'{"metadata":{"finalizers":null}}'"""

AUTOSCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "maxReplicas": 3,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    },
}

SERVER = [
    Command("version"),
    Command("version -o json --client=false", known="another build of another server"),
    Command(f"api-resources --api-group={APIGEE}"),
    Command(f"api-resources --api-group={APIGEE} -o wide"),
    Command("api-resources --api-group=batch -o name --sort-by=name"),
    Command("api-resources --api-group=apps"),
    Command("get --raw /readyz"),
    Command("auth can-i create configmaps"),
    Command("auth can-i delete apigeeorganizations --subresource=status"),
    Command("auth can-i --list", known="everything is allowed here, no roles are consulted"),
    Command("auth whoami"),
]

CREATED = [
    Command("create configmap typed --from-literal=a=1"),
    Command("create configmap typed --from-literal=a=1"),
    Command("create secret generic typed --from-literal=token=secret"),
    Command("create secret docker-registry pull --docker-username=u --docker-password=p --docker-server=r"),
    Command("create serviceaccount typed"),
    Command("create role typed --verb=get,list --resource=pods,deployments.apps"),
    Command("create role typed --verb=get --resource=nonsense"),
    Command("create rolebinding typed --role=typed --serviceaccount={ns}:typed"),
    Command("create clusterrole {ns} --verb=get --resource=nodes"),
    Command("create clusterrolebinding {ns} --clusterrole={ns} --user=jane"),
    Command("create namespace {ns}"),
    Command("create namespace dry --dry-run=server -o yaml"),
    Command("create deployment dry --image=i --replicas=3 --dry-run=client -o yaml"),
    Command("create job typed --image=i -- true"),
    Command("create quota typed --hard=pods=3,limits.cpu=2"),
    Command("create deployment typed --image=i --replicas=3 --port=80"),
    Command("get deployment typed -o yaml"),
    Command("delete deployment typed"),
    Command("create -f -", (pod(), pod("placed", nodeName="nowhere"))),
    Command("create -f -", (pod(),)),
    Command("create -f -", (pod(containers=[]),)),
    Command("create -f -", ({**pod("other"), "metadata": {"name": "other", "namespace": "elsewhere"}},)),
    Command("expose deployment absent --port=80"),
    Command("run typed --image=i --restart=Never --labels=app=typed"),
]

APPLIED = [
    Command("apply -f -", (config_map(a="1"), deployment())),
    Command("apply -f -", (config_map(a="1"), deployment())),
    Command("apply -f -", (config_map(a="2"), deployment(replicas=3))),
    Command("apply -f - -o yaml", (config_map(a="2", b="1"),)),
    Command("apply -f - --dry-run=client", (config_map(a="3"), config_map("new"))),
    Command("apply -f - --dry-run=server", (config_map(a="3"), config_map("new"))),
    Command("apply -f - --dry-run=server -o json", (deployment("web:2", replicas=None),)),
    Command(
        "apply -f -",
        ({**config_map(), "spec": {"a": 1}, "more": 1},),
        known="the real server prints the object it was sent, ours never does: it may be a Secret",
    ),
    Command("apply -f - --validate=warn", ({**config_map("warned"), "spec": {"a": 1}},)),
    Command("apply -f -", (deployment(selector={"matchLabels": {"app": "other"}}),)),
    Command("apply -f -", ({"apiVersion": "v1", "kind": "ConfigMap", "data": {}},)),
    Command(
        "apply -f -", ({"apiVersion": f"{APIGEE}/v9", "kind": "ApigeeRedis", "metadata": {"name": "a"}},)
    ),
    Command("apply -f -", (config_map("typed", a="2"),)),
    Command("apply view-last-applied configmap settings"),
    Command("diff -f -", (config_map(a="2", b="1"),)),
    Command("diff -f -", (config_map(a="4"), deployment("web:3"))),
    Command("diff -f - --server-side --force-conflicts", (config_map(a="4"),)),
    Command("apply -f - --server-side", (config_map("served", a="1"),)),
    Command("apply -f - --server-side", (config_map("served", a="1", b="2"),)),
    Command("get configmap served -o yaml --show-managed-fields"),
    Command("apply -f - --server-side --field-manager=other", (config_map("served", a="2", b="3"),)),
    Command("apply -f - --server-side --field-manager=other", (config_map("served", a="2"),)),
    Command(
        "apply -f - --server-side --field-manager=other --force-conflicts", (config_map("served", a="2"),)
    ),
    Command("apply -f - --server-side --dry-run=server -o yaml", (config_map("served", b="1"),)),
    Command("apply -f - --server-side", (config_map(a="2", b="1"), deployment(replicas=3))),
    Command("apply -f - --server-side", (config_map(a="2", b="1"), deployment("web:2", replicas=3))),
    Command("apply -f - --server-side", ({**config_map("served"), "spec": {}},)),
    Command("apply -f -", (config_map("moved", a="1", b="1"),)),
    Command("apply -f - --server-side", (config_map("moved", a="2", b="<&>"),)),
    Command("get configmap moved -o yaml --show-managed-fields"),
    Command("apply -f -", (config_map("edited", a="1"),)),
    Command('patch configmap edited --type=merge -p \'{"data":{"a":"by hand"}}\''),
    Command("apply -f - --server-side", (config_map("edited", a="2"),)),
    Command("apply -f - --server-side --force-conflicts", (config_map("edited", a="2"),)),
    Command("apply -f -", (config_map("pruned", {"part": "of"}), config_map("kept", {"part": "of"}))),
    Command(
        "apply -f - --prune -l part=of --prune-allowlist=core/v1/ConfigMap",
        (config_map("kept", {"part": "of"}),),
    ),
]

CHANGED = [
    Command("replace -f -", (config_map("served", c="3"),)),
    Command("replace -f -", (config_map("absent"),)),
    Command("replace -f -", ({**config_map(), "metadata": {"name": "settings", "resourceVersion": "1"}},)),
    Command("label configmap settings app=web"),
    Command("label configmap settings app=web"),
    Command("label configmap settings app=other"),
    Command("label configmap settings app=other --overwrite"),
    Command("label configmap settings 'app=not valid' --overwrite"),
    Command("label configmap settings app-"),
    Command("annotate configmap settings example.com/why=because"),
    Command("annotate configmap settings a=b --resource-version=1"),
    Command(f"patch configmap settings --type=merge -p {WITHOUT_B}"),
    Command(f"patch configmap settings --type=merge -p {WITHOUT_B}"),
    Command("patch configmap settings --type=merge -p '{data: {b: null}}'"),
    Command("patch configmap settings -p '{\"data\": }'"),
    Command('patch configmap settings --type=json -p \'[{"op":"remove","path":"/data/zz"}]\''),
    Command('patch configmap settings -p \'{"data":{"a":1}}\'', known="Go's print of the whole object"),
    Command(f"patch deployment web -p {SIDECAR}"),
    Command("get deployment web -o jsonpath={.spec.template.spec.containers[*].name}"),
    Command(f"patch deployment web --subresource=status --type=merge -p {STATUS}"),
    Command("patch deployment absent -p '{}'"),
    Command("set image deployment/web web=web:9"),
    Command("set env deployment/web MODE=fast"),
    Command("scale deployment web --replicas=4"),
    Command("scale deployment web --replicas=5 --current-replicas=1"),
    Command("scale deployment web --replicas=5 --current-replicas=4"),
    Command("scale deployment web --replicas=-1"),
    Command(
        "autoscale deployment web --min=1 --max=3 --dry-run=server",
        known="autoscaling/v1: only v2 is served here",
    ),
    Command("create -f -", (AUTOSCALER,)),
    Command("rollout restart deployment/web"),
    Command("rollout pause deployment/web"),
    Command("rollout pause deployment/web"),
    Command("rollout status deployment/web --timeout=1s"),
    Command("rollout history deployment/web"),
]

READ = [
    Command("get pods"),
    Command("get pods -o wide"),
    Command("get pods -A --field-selector=metadata.namespace={ns}"),
    Command("get pods --field-selector=spec.nodeName=nowhere"),
    Command("get pods --field-selector=spec.nonsense=a"),
    Command("get pod one -o yaml"),
    Command("get pods -o json"),
    Command("get pods --sort-by=.metadata.name --no-headers"),
    Command("get pods -o custom-columns=N:.metadata.name,I:.spec.containers[*].image"),
    Command("get pods,configmaps -o name"),
    Command("get deployments,replicasets,services,jobs,roles,rolebindings,hpa,quota,secrets,sa -o wide"),
    Command("get all --show-labels"),
    Command("get configmaps -l part=of -L part"),
    Command("get configmaps -l '!part,a in (b,c)'"),
    Command("get configmaps -l 'part in'"),
    Command("get configmaps -l 'part of'"),
    Command("get configmaps -l 'part in of'"),
    Command("get configmap absent"),
    Command("get configmap absent --ignore-not-found"),
    Command("get nonsense"),
    Command("get configmaps --chunk-size=1"),
    Command("get deployment web -o yaml"),
    Command("get events"),
    Command("get configmap settings --watch --request-timeout=1s"),
    Command("describe pod one"),
    Command("describe deployment web"),
    Command("describe configmap settings"),
    Command("describe secret typed"),
    Command("describe serviceaccount typed"),
    Command("describe role,rolebinding typed"),
    Command("describe quota typed"),
    Command("describe configmap absent"),
    Command("describe namespace {ns}"),
    Command("logs one"),
    Command("logs absent"),
    Command("logs one -c absent"),
    Command("exec one -- true", known="the sandbox runs no containers and says so"),
    Command(
        "explain configmaps",
        known="built-in kinds have no OpenAPI schema here: a half one is worse than none",
    ),
]

APIGEE_KINDS = [
    Command("create -f -", (redis(),)),
    Command("create -f -", (redis(replicas="two"), redis(zz=1), organization(dataEncryptionRef=None))),  # type: ignore[arg-type]
    Command("get apigeeredis"),
    Command("apply -f -", (redis(),)),
    Command("apply -f -", (redis(3), organization())),
    Command("apply -f -", (redis(3), organization())),
    Command("apply -f - --dry-run=server", (organization(name="other"),)),
    Command("diff -f -", (redis(4), organization())),
    Command("apply -f - --server-side", (organization(),)),
    Command("apply -f - --server-side --field-manager=helm", (organization(name="other", envs=[]),)),
    Command("apply -f - --server-side --field-manager=helm", (organization(name="other"),)),
    Command("get apigeeorganizations,apigeeenvironments,apigeetelemetries"),
    Command("get org,apigeeds,ad,arc,ar,cdr -o wide"),
    Command(f"get apigeeorganizations.v1alpha1.{APIGEE} acme -o jsonpath={{.apiVersion}}"),
    Command("get ds"),
    Command("get org acme -o yaml"),
    Command(f"patch org acme --type=merge --subresource=status -p {RUNNING}"),
    Command("get org"),
    Command(f"patch org acme --type=merge -p {RUNNING}"),
    Command(f"patch org acme --type=strategic -p {RUNNING}"),
    Command(f"patch org acme --type=merge -p {UNKNOWN}"),
    Command("wait org acme --for=jsonpath={.status.state}=running --timeout=2s"),
    Command("wait org acme --for=condition=Ready --timeout=1s"),
    Command("wait org acme --for=jsonpath={.status.state}=failed --timeout=1s"),
    Command("describe org acme"),
    Command("get org -A --field-selector=metadata.namespace={ns},metadata.name=acme"),
    Command("get org --field-selector=spec.name=acme"),
    Command("scale apigeeredis default --replicas=2"),
    Command("explain apigeeredis"),
    Command(
        "explain apigeeorganizations.spec.components.mart --api-version=apigee.cloud.google.com/v1alpha2"
    ),
    Command("explain apigeeroutes.spec --recursive"),
    Command("explain apigeeredis.spec.nonsense"),
    Command(f"wait crd/apigeeredis.{APIGEE} --for=condition=Established --timeout=5s"),
]

DELETED = [
    Command("wait deployment web --for=condition=Available --timeout=1s"),
    Command("wait pod --all --for=condition=Ready --timeout=1s"),
    Command(f"patch org acme --type=merge -p {HELD}"),
    Command("delete org acme --wait=false"),
    Command("delete org acme --timeout=1s"),
    Command("wait org acme --for=delete --timeout=1s"),
    Command(f"patch org acme --type=merge -p {RELEASED}"),
    Command("wait org acme --for=delete --timeout=2s"),
    Command("delete org acme"),
    Command("delete org acme --ignore-not-found"),
    Command("delete apigeeredis --all"),
    Command("delete configmaps -l part=of"),
    Command("delete configmap settings served --dry-run=server"),
    Command("delete configmap settings served --now"),
    Command("delete -f -", (config_map("typed"), config_map("absent"))),
    Command("delete pod one placed --wait=false"),
    Command("get pods"),
    Command("delete pod placed --force"),
    Command("delete deployment/web service/absent"),
    Command("delete role,rolebinding,sa,secret,quota,job,hpa,pod --all -o name"),
    Command("delete clusterrole,clusterrolebinding {ns}"),
    Command("get all"),
]

COMMANDS = [*SERVER, *CREATED, *APPLIED, *CHANGED, *READ, *APIGEE_KINDS, *DELETED]
