"""CON: Apigee Connect and MART."""

from __future__ import annotations

from apigeectl.diagnosis.model import STOP, WARN, Problem, stop_after

_AGENT_LOG = "kubectl -n NAMESPACE logs -l app=apigee-connect-agent --prefix --previous"
_STATUS = "apigeectl connect status -f FILE"

PROBLEMS = (
    Problem(
        "CON-01",
        "Apigee Connect refuses the agent",
        "The connect agent crash-loops; its last line says PermissionDenied for the endpoint APIGEE_MART.",
        "The agent's account does not hold roles/apigeeconnect.Agent in the project; an API that is off (CON-02) "
        "or another account's key (CON-03) is answered in the same words.",
        (
            _AGENT_LOG,
            "gcloud projects get-iam-policy PROJECT --filter=bindings.role:roles/apigeeconnect.Agent",
        ),
        "Grant the role to the agent's account, wait some minutes until Google has spread it, then restart the agent: "
        "apigeectl connect setup does all three.",
        stop_after(10),
        "connect status",
    ),
    Problem(
        "CON-02",
        "the Apigee Connect API is off in the project",
        "The agent is refused as in CON-01, and Google answers SERVICE_DISABLED to calls of our own.",
        "Nobody has enabled apigeeconnect.googleapis.com in the project.",
        ("gcloud services list --enabled --project PROJECT --filter=apigeeconnect.googleapis.com",),
        "Enable it: gcloud services enable apigeeconnect.googleapis.com --project PROJECT; it takes minutes "
        "until every call succeeds.",
        stop_after(10),
        "connect status",
    ),
    Problem(
        "CON-03",
        "the agent acts as another account than the file says",
        "The agent is refused though the role is granted, or the refusal names some other project.",
        "The Secret holds the key of another account or project, the reference names an old Secret, or the Workload "
        "Identity binding is missing.",
        (_STATUS, "kubectl -n NAMESPACE get secret SECRET -o jsonpath='{.data}' | wc -c"),
        "Compare client_email and project_id of the key file, the Secret and gcp.projectID; apply with the right file "
        "and restart only the agent.",
        STOP,
        "connect status",
    ),
    Problem(
        "CON-04",
        "the agent cannot reach Google",
        "The agent never opens a stream; its log shows dial errors, time-outs, unknown hosts or certificates of an "
        "unknown authority.",
        "Port 443 to apigeeconnect.googleapis.com is closed, names are not resolved, or a proxy stands in between that "
        "the pod does not know or trust.",
        (_AGENT_LOG, "kubectl -n NAMESPACE get apigeeorganizations -o yaml | grep -A4 httpForwardProxy"),
        "Open the hosts of NET-04, or set httpProxy in the overrides file and apply with --org.",
        stop_after(5),
        "connect status",
    ),
    Problem(
        "CON-05",
        "the agent is connected under another cluster name or region",
        "The agent is healthy, the list of connections has entries, and none carries this cluster's name and region.",
        "The running agent was started with other values, for example because nobody applied a later change of the file.",
        ("apigeectl connect connections -f FILE",),
        "Correct k8sCluster.name or .region, or apply with --org so that the agent starts anew.",
        WARN,
        "connect status",
    ),
    Problem(
        "CON-06",
        "the management plane sees no connection",
        "Developers, apps, products or KVMs do not load: no connections available from the agents.",
        "Not one stream of the organization reaches Google: the agent does not run, is refused, or is cut off.",
        (_STATUS,),
        "Mend the first broken link that connect status names.",
        stop_after(10),
        "connect status",
    ),
    Problem(
        "CON-07",
        "Connect is not switched on for the organization",
        "The agent may hold streams, and entities do not load all the same.",
        "The organization's property features.mart.connect.enabled is absent or not true.",
        (_STATUS,),
        "Run apigeectl connect enable -f FILE once the agent holds a stream.",
        WARN,
        "connect status",
    ),
    Problem(
        "CON-08",
        "Connect is switched on under a misspelt name",
        "The organization has features.mart.apigee.connect.enabled and lacks features.mart.connect.enabled.",
        "A public tool writes a property that nothing reads.",
        (_STATUS,),
        "Run apigeectl connect enable -f FILE; the other property does no harm.",
        WARN,
        "connect status",
    ),
    Problem(
        "CON-09",
        "properties of the organization were lost",
        "After somebody's update only the properties of that request are left; Connect or other features stop.",
        "An update replaces the whole list of properties.",
        (_STATUS,),
        "Set the lost properties again, one at a time, from the copy ORG.undo-*.json beside the overrides file; for Connect with apigeectl connect enable.",
        WARN,
        "connect status",
    ),
    Problem(
        "CON-10",
        "MART does not answer the agent",
        "The agent logs responses with a 4xx or 5xx status from the service apigee-mart.",
        "MART's pods are not ready, Cassandra behind them is not, or agent and MART disagree about certificates.",
        (
            "kubectl -n NAMESPACE get endpoints -l app=apigee-mart",
            "kubectl -n NAMESPACE logs -l app=apigee-mart --tail=50",
        ),
        "Heal MART first: its own finding, RES-05 or one of CAS says how.",
        stop_after(10),
        "connect status",
    ),
    Problem(
        "CON-11",
        "MART may not read its configuration",
        "A log line denies apigee.runtimeconfigs.get on the organization's runtimeConfig.",
        "The account lacks its Apigee role or is of another project, or org in the file is misspelt.",
        ("kubectl -n NAMESPACE logs -l app=apigee-mart --tail=50", "gcloud projects get-iam-policy PROJECT"),
        "Compare org with gcloud apigee organizations list, then give the account its role.",
        stop_after(10),
    ),
    Problem(
        "CON-12",
        "MART is called past the agents",
        "MART's access lines do not name apigee-connect-agent as their client.",
        "The organization does not use Connect (CON-07), or another client calls MART.",
        ("kubectl -n NAMESPACE logs -l app=apigee-mart --tail=50",),
        "Switch Connect on with apigeectl connect enable.",
        WARN,
        "connect status",
    ),
    Problem(
        "CON-13",
        "a service perimeter cuts MART off",
        "CON-06, and a log or an answer of Google says that a request is prohibited by organization's policy.",
        "A perimeter of VPC Service Controls restricts iamcredentials.googleapis.com, so no tokens can be made (known issue 242213234).",
        ("gcloud access-context-manager perimeters describe PERIMETER",),
        "Ask the owner of the perimeter for an egress rule for iamcredentials.googleapis.com.",
        WARN,
    ),
    Problem(
        "CON-14",
        "MART of 1.16.0 fails with Workload Identity Federation behind a proxy",
        "Release 1.16.0 with gcp.federatedWorkloadIdentity.enabled and httpProxy, and CON-06 or CON-10.",
        "A defect of that release (known issue 479872706).",
        ("grep -A3 -e federatedWorkloadIdentity -e httpProxy FILE",),
        "Set the image tags of ao and mart to 1.16.0-hotfix.1 and apply.",
        STOP,
        "preflight",
    ),
    Problem(
        "CON-15",
        "we may not list the connections",
        "Our own call of the connections is answered 403 while the agents are healthy.",
        "The caller lacks apigeeconnect.connections.list, which the agent's role does not contain.",
        ("gcloud projects get-iam-policy PROJECT",),
        "Take an account with roles/apigeeconnect.Admin, or judge by the agents' logs.",
        WARN,
    ),
)
