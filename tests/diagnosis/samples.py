"""For each problem that check-ready can see: what triggers it, and what looks like it and does not."""

from __future__ import annotations

from typing import Any

from apigeectl.diagnosis.model import Place

LINES: dict[tuple[str, Place], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("HLM-06", Place.TOOL): (
        ("execution error: mintTaskScheduler.serviceAccountPath is required!",),
        ("mintTaskScheduler.serviceAccountPath was read",),
    ),
    ("CON-11", Place.LOG): (
        (
            "Permission 'apigee.runtimeconfigs.get' denied on resource 'organizations/acme/runtimeConfig' (or it may not exist)",
        ),
        ("Permission 'apigee.runtimeconfigs.get' granted",),
    ),
    ("CON-01", Place.LOG): (
        (
            "F0719 10:11:12.123456 1 tether.go:29] failed to register stream with Apigee Connect, got 'PermissionDenied': rpc error: code = PermissionDenied desc = Permission denied on resource project p.",
            "Permission ‘apigeeconnect.endpoints.connect’ denied on resource '//apigeeconnect.googleapis.com/projects/o/endpoints/APIGEE_MART' (or it may not exist).",
        ),
        ("I0719 10:11:12.1 1 tether.go:40] tether id 4 is closed",),
    ),
    ("CON-06", Place.GOOGLE): (
        ("no connections available from the Apigee connect agent(s): refer to documentation",),
        ("3 connections available",),
    ),
    ("CON-10", Place.LOG): (
        ('received response from target "apigee-mart-acme.apigee.svc.cluster.local:8843", status code: 503',),
        ('received response from target "apigee-mart-acme.apigee.svc.cluster.local:8843", status code: 200',),
    ),
    ("CON-15", Place.GOOGLE): (
        ("Permission 'apigeeconnect.connections.list' denied on resource",),
        ("listed 3 connections",),
    ),
    ("IAM-08", Place.API): (
        ('invalid ConnectAgent service account. service account "a@p.iam.gserviceaccount.com"',),
        ('valid ConnectAgent service account. service account "a@p.iam.gserviceaccount.com"',),
    ),
    ("IAM-02", Place.LOG): (
        (
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat",
        ),
        ("a short-lived token was made",),
    ),
    ("IAM-01", Place.LOG): (
        ('{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',),
        ("JWT signature is valid",),
    ),
    ("IAM-03", Place.LOG): (
        ('"invalid_grant" "Invalid grant: account not found"',),
        ("invalid_request: account found",),
    ),
    ("IAM-04", Place.GOOGLE): (
        (
            "FAILED_PRECONDITION: Precondition check failed for the key",
            "the account has too many keys: FAILED_PRECONDITION",
        ),
        ("FAILED_PRECONDITION: organization is being created",),
    ),
    ("IAM-05", Place.LOG): (
        (
            "Error retrieving credentials from the metadata server",
            "google.auth.exceptions: Could not automatically determine credentials.",
        ),
        ("retrieved credentials from the metadata server",),
    ),
    ("IAM-06", Place.LOG): (
        (
            "GET https://apigee.googleapis.com/v1/organizations/acme/contract: 403 Forbidden",
            "HTTP 403 from https://apigee.googleapis.com/v1/organizations/acme/contract",
            "apigee.googleapis.com answered PERMISSION_DENIED",
        ),
        ("GET https://apigee.googleapis.com/v1/organizations/acme/contract: 200 OK",),
    ),
    ("CON-02", Place.GOOGLE): (
        (
            "Apigee Connect API has not been used in project 12 before or it is disabled",
            "SERVICE_DISABLED: apigeeconnect.googleapis.com is off in project p",
            "apigeeconnect.googleapis.com: SERVICE_DISABLED",
        ),
        ("the Apigee Connect API is on",),
    ),
    ("IAM-09", Place.GOOGLE): (
        (
            "reason: USER_PROJECT_DENIED",
            "SERVICE_DISABLED: run.googleapis.com is off in project p",
        ),
        ("PERMISSION_DENIED: the account lacks a permission",),
    ),
    ("CFG-02", Place.TOOL): (
        ("connectAgent.serviceAccountPath is required!!",),
        ("connectAgent.serviceAccountPath is required when there is no reference",),
    ),
    ("CFG-05", Place.TOOL): (
        ("encryption key 'c2VjcmV0' with length 6 is not valid (valid length is either 16 or 24",),
        ("encryption key with a valid length",),
    ),
    ("CFG-07", Place.TOOL): (
        ("instanceID .s has to be less than 63 chars long but got $l",),
        ("instanceID cluster-1 has 63 chars",),
    ),
    ("HLM-05", Place.TOOL): (
        ("pre-upgrade hooks failed: pod apigee-hybrid-helm-guardrail-datastore failed",),
        ("pod apigee-hybrid-helm-guardrail-datastore succeeded",),
    ),
    ("NET-02", Place.LOG): (("parse proxy: net/url: invalid userinfo",), ("net/url: valid userinfo",)),
    ("CRD-05", Place.API): (
        (
            'conversion webhook for apigee.cloud.google.com/v1alpha2, Kind=ApigeeOrganization failed: Post "https://apigee-webhook-service.apigee-system.svc:443/convert": service "apigee-webhook-service" not found',
        ),
        ("conversion webhook for apigee.cloud.google.com/v1alpha2 answered",),
    ),
    ("WEB-07", Place.API): (
        (
            'failed calling webhook "mapigeeroute.apigee.cloud.google.com": service "apigee-webhook-service" not found',
        ),
        ('service "mine" not found',),
    ),
    ("WEB-04", Place.API): (
        (
            'failed calling webhook "m.apigee.cloud.google.com": no endpoints available for service "apigee-webhook-service"',
        ),
        ('endpoints available for service "apigee-webhook-service"',),
    ),
    ("WEB-08", Place.API): (
        (
            'failed calling webhook "mapigeeroute.apigee.cloud.google.com": x509: certificate has expired or is not yet valid',
        ),
        ("certificate of example.com has expired or is not yet valid",),
    ),
    ("WEB-08", Place.EVENT): (
        ('MountVolume.SetUp failed for volume "cert" : secret "webhook-server-cert" not found',),
        ("Successfully assigned apigee-system/x to node",),
    ),
    ("WEB-10", Place.API): (
        (
            'failed calling webhook "v.apigee.cloud.google.com": x509: certificate signed by unknown authority',
        ),
        ("example.com: x509: certificate signed by unknown authority",),
    ),
    ("WEB-05", Place.API): (
        ('Post "https://apigee-webhook-service.apigee.svc:443/x": dial tcp 10.0.0.1:9443: i/o timeout',),
        ("dial tcp 10.0.0.1:9443: i/o timeout",),
    ),
    ("WEB-06", Place.API): (
        (
            'failed calling webhook "x.istio.io": Post https://istiod.istio-system.svc: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
        ),
        (
            "failed calling webhook of another: i/o timeout",
            "istiod answered",
        ),
    ),
    ("WEB-03", Place.API): (
        ('failed calling webhook "webhook.cert-manager.io": x509: certificate is not valid for any names',),
        ("x509: certificate is not valid for any names",),
    ),
    ("WEB-02", Place.API): (
        (
            'no endpoints available for service "cert-manager-webhook"',
            'failed calling webhook "webhook.cert-manager.io": x509: certificate signed by unknown authority',
        ),
        ('no endpoints available for service "mine"',),
    ),
    ("WEB-09", Place.LOG): (
        (
            "webhook config in conversion config not present in apigeedeployments.apigee.cloud.google.com",
            "http: TLS handshake error from 10.0.0.1:333: remote error: tls: bad certificate",
        ),
        ("http: TLS handshake error from 10.0.0.1:333: EOF",),
    ),
    ("WEB-01", Place.API): (
        (
            'no matches for kind "Certificate" in version "cert-manager.io/v1"',
            "Issuer/apigee/x: the cluster has no kind Issuer in cert-manager.io/v1",
        ),
        (
            'no matches for kind "Gateway" in version "x/v1"',
            "the cluster has no kind Gateway in x/v1",
        ),
    ),
    ("CRD-02", Place.API): (
        (
            'no matches for kind "ApigeeOrganization" in version "apigee.cloud.google.com/v1alpha2"',
            'resource mapping not found for name: "acme": ensure CRDs are installed first',
            'unable to recognize "org.yaml"',
            "the cluster has no kind ApigeeRedis in apigee.cloud.google.com/v1alpha1",
            "the cluster does not know ApigeeOrganization, ApigeeRedis",
        ),
        (
            'no matches for kind "Gateway" in version "x/v1"',
            "the cluster knows ApigeeOrganization",
        ),
    ),
    ("CRD-01", Place.API): (
        (
            "metadata.annotations: Too long: may not be more than 262144 bytes",
            "metadata.annotations: Too long: must have at most 262144 bytes",
        ),
        ("metadata.name: Too long",),
    ),
    ("CRD-03", Place.API): (
        ("failed to create typed patch object: .spec.x: field not declared in schema",),
        ("the field spec.x is declared in the schema",),
    ),
    ("CRD-04", Place.API): (
        ('status.storedVersions[0]: Invalid value: "v1alpha1": must appear in spec.versions',),
        ("status.storedVersions: v1alpha2",),
    ),
    ("RES-08", Place.CONDITION): (
        (
            "unable to retrieve the complete list of server APIs: custom.metrics.k8s.io/v1beta1: the server is currently unable to handle the request",
        ),
        ("All resources successfully discovered",),
    ),
    ("RES-07", Place.CONDITION): (
        ("Some resources are remaining: apigeedatastores.apigee.cloud.google.com has 1 resource instances",),
        ("All content successfully removed",),
    ),
    ("RES-09", Place.LOG): (
        (
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on",
            'User "system:serviceaccount:apigee:apigee-manager" cannot update resource "apigeetelemetries/finalizers" in API group',
        ),
        ("set finalizers on apigeetelemetry",),
    ),
    ("IAM-10", Place.CONDITION): (("AIS_PERMISSION_DENIED",), ("AIS_OTHER",)),
    ("ING-06", Place.CONDITION): (("AIS_VIRTUALHOST_MISSING_ENVGROUP",), ("AIS_OTHER",)),
    ("ING-07", Place.CONDITION): (
        (
            "AIS_INGRESS_CERT_MISMATCH",
            "AIS_INGRESS_MTLS_CA_CERT_INVALID",
        ),
        ("AIS_OTHER",),
    ),
    ("CON-04", Place.CONDITION): (("AIS_CANNOT_CONNECT_TO_CONTROL_PLANE",), ("AIS_OTHER",)),
    ("CAS-05", Place.LOG): (
        ("A node with address /10.8.0.5 already exists, cancelling join. Use cassandra.replace_address",),
        ("Node /10.8.0.5 state jump to NORMAL",),
    ),
    ("CAS-04", Place.LOG): (
        (
            "Local host name unknown: java.net.UnknownHostException: cassandra-0: cassandra-0: Name or service not known",
        ),
        ("java.net.UnknownHostException: other",),
    ),
    ("CAS-10", Place.LOG): (("Cannot change the number of tokens from 512 to 256",), ("num_tokens: 256",)),
    ("CAS-11", Place.LOG): (
        ("Unrecognized strategy option {dc-2} passed to NetworkTopologyStrategy",),
        ("NetworkTopologyStrategy dc-1: 3",),
    ),
    ("CAS-09", Place.LOG): (
        (
            "PKIX path building failed: unable to find valid certification path to requested target",
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
        ),
        ("Starting Encrypted Messaging Service on SSL port 7001",),
    ),
    ("CAS-08", Place.LOG): (("Unable to gossip with any peers",), ("Gossip settled; proceeding",)),
    ("CAS-06", Place.LOG): (
        ("java.net.BindException: Address already in use: /10.0.0.1:7001",),
        ("Listening on 7001",),
    ),
    ("CAS-06", Place.EVENT): (
        ("0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.",),
        ("Created container apigee-cassandra",),
    ),
    ("CAS-03", Place.EVENT): (
        ('waiting for a volume to be created, either by external provisioner "ebs.csi.aws.com" or manually',),
        ("waiting for first consumer to be created before binding",),
    ),
    ("CAS-02", Place.EVENT): (
        (
            "pod has unbound immediate PersistentVolumeClaims",
            'storageclass.storage.k8s.io "apigee-sc" not found',
        ),
        ("waiting for first consumer to be created before binding",),
    ),
    ("RUN-02", Place.LOG): (
        (
            "Probe cps-datastore-connectivity-liveliness-probe failed",
            "code = cps.common.datastoreConnectionNotHealthy, message = Datastore connection not healthy",
        ),
        ("Probe cps-datastore-connectivity-liveliness-probe passed",),
    ),
    ("RUN-01", Place.GOOGLE): (("No active runtime pods",), ("2 active runtime pods",)),
    ("RUN-03", Place.GOOGLE): (
        ("Instance i-1 is not reporting status for environment group g",),
        ("Instance i-1 is reporting",),
    ),
    ("RUN-07", Place.GOOGLE): (
        (
            "deployment validations failed",
            "CONFLICTING_DEPLOYMENT",
            "violation WOULD_BREAK_DEPENDENT",
            "Only one revision can be deployed at a time, use the override flag to replace.",
            "revision 3 contains conflicting base paths",
        ),
        ("deployment validations passed",),
    ),
    ("RUN-09", Place.GOOGLE): (('{"reason":"route_not_found"}',), ("route found: hello",)),
    ("RUN-11", Place.TOOL): (
        ("Deployment failed: Bundle did not activate within expected time",),
        ("Bundle activated within expected time",),
    ),
    ("ING-03", Place.LOG): (
        ("cannot bind '0.0.0.0:443': Permission denied",),
        ("bound '0.0.0.0:443'; Permission granted",),
    ),
    ("ING-04", Place.LOG): (
        (
            'is forbidden: User "system:serviceaccount:apigee:x" cannot list resource "wasmplugins" in API group "extensions.istio.io" at the cluster scope',
        ),
        (
            'User "system:serviceaccount:apigee:x" cannot list resource "routes" in API group "route.openshift.io"',
        ),
    ),
    ("ING-05", Place.LOG): (
        ('no matches: gateway.networking.k8s.io/v1alpha2: no matches for kind "TCPRoute"',),
        ("gateway.networking.k8s.io is watched",),
    ),
    ("ING-02", Place.API): (
        ('The Job "apigee-resources-install" is invalid: spec.template: field is immutable',),
        ('The Job "apigee-resources-install" was created',),
    ),
    ("ING-01", Place.EVENT): (
        ("Error syncing load balancer: failed to ensure load balancer",),
        ("Ensured load balancer",),
    ),
    ("HLM-01", Place.TOOL): (
        ("another operation (install/upgrade/rollback) is in progress",),
        ("the operation upgrade is done; no other one in progress",),
    ),
    ("HLM-03", Place.TOOL): (
        ("exists and cannot be imported into the current release: invalid ownership metadata",),
        ("imported into the current release: ownership metadata is valid",),
    ),
    ("HLM-04", Place.TOOL): (('"operator" has no deployed releases',), ('"operator" is deployed',)),
    ("HLM-07", Place.TOOL): (
        ("No such image: gcr.io/apigee-release/hybrid/x:latest",),
        ("image gcr.io/apigee-release/hybrid/x:latest pulled",),
    ),
    ("GCP-01", Place.GOOGLE): (
        (
            "Does not have an Apigee entitlement",
            "runtimeType HYBRID is not supported for PAYG_V2",
            "Organization already exists",
        ),
        ("the project has an Apigee entitlement",),
    ),
    ("GCP-03", Place.GOOGLE): (
        ("RESOURCE_EXHAUSTED: Quota exceeded",),
        ("RESOURCE: within the quota, nothing exhausted",),
    ),
    ("GCP-04", Place.GOOGLE): (
        ("There were concurrent policy changes. Please retry",),
        ("policy set; no concurrent change",),
    ),
    ("KUB-05", Place.EVENT): (
        (
            'pods "x" is forbidden: exceeded quota: compute, requested: cpu=2',
            'pods "x" is forbidden: violates PodSecurity "restricted:latest"',
            "unable to validate against any security context constraint",
        ),
        ("Created pod: x within its quota",),
    ),
    ("KUB-08", Place.API): (
        ("is attempting to grant RBAC permissions not currently held",),
        ("clusterroles is forbidden: RBAC permissions of the role were granted",),
    ),
    ("KUB-07", Place.API): (
        ('secrets is forbidden: User "u" cannot list resource "secrets" in API group ""',),
        ("the user can list secrets",),
    ),
    ("KUB-10", Place.API): (
        (
            'Apply failed with 1 conflict: conflict with "hpa": .spec.replicas',
            "ApigeeRedis/apigee/default: a field belongs to another manager",
            "ApigeeRedis/apigee/default: 3 fields belong to another manager",
        ),
        ("Apply succeeded without conflicts: 3 fields belong to apigeectl",),
    ),
    ("KUB-09", Place.API): (
        (
            "spec.selector: Invalid value: field is immutable",
            "spec: Forbidden: is immutable after creation",
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
        ),
        ("field spec.replicas is mutable",),
    ),
    ("KUB-04", Place.EVENT): (
        (
            'MountVolume.SetUp failed for volume "v" : secret "key" not found',
            "couldn't find key kms in Secret apigee/key",
        ),
        ('secret "key" found; Successfully assigned apigee/x to node',),
    ),
    ("KUB-02", Place.EVENT): (
        (
            'Failed to pull image "hub/x:1": not found',
            'Back-off pulling image "hub/x:1"',
            "Error: ErrImagePull",
            "Error: InvalidImageName",
            "Error: ImagePullBackOff",
        ),
        ('Successfully pulled image "hub/x:1"',),
    ),
    ("KUB-01", Place.EVENT): (
        ("0/3 nodes are available: 3 Insufficient cpu.",),
        ("Successfully assigned apigee/x to node",),
    ),
    ("TEL-03", Place.EVENT): (
        (
            "the HPA was unable to compute the replica count",
            "FailedGetResourceMetric: no metrics",
        ),
        ("the HPA was able to successfully calculate a replica count",),
    ),
    ("KUB-06", Place.API): (
        (
            "Unable to connect to the server: dial tcp",
            "executable gke-gcloud-auth-plugin not found",
            "You must be logged in to the server",
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
            'context "prod" (https://10.0.0.1:6443): connection refused',
            'context "prod" (https://10.0.0.1): the credentials are not accepted (401 Unauthorized)',
            'context "prod": its exec plugin could not log in',
            "no kubeconfig found: /root/.kube/config does not exist",
        ),
        (
            'connected to the server; context "prod" (https://10.0.0.1:6443): v1.26.3',
            "apigee.googleapis.com: connection refused",
        ),
    ),
    ("KUB-13", Place.API): (
        (
            "net/http: TLS handshake timeout",
            "etcdserver: leader changed",
            "connection timed out",
            "http2: client connection lost",
            "the server is currently unable to handle the request",
            "Too many requests, please try again later.",
        ),
        ("TLS handshake done in 12 ms; connection kept",),
    ),
    ("KUB-12", Place.EVENT): (
        ("The node was low on resource: ephemeral-storage.",),
        ("NodeHasSufficientMemory",),
    ),
    ("KUB-11", Place.API): (
        ("etcdserver: request is too large",),
        ("request body of 2 MB accepted; no request is too small",),
    ),
    ("HLM-02", Place.TOOL): (
        (
            "timed out waiting for the condition",
            "has been rolled back due to atomic being set",
            "Error: UPGRADE FAILED: context deadline exceeded",
        ),
        ("the condition was met before the deadline",),
    ),
    ("NET-04", Place.LOG): (
        (
            'Post "https://oauth2.googleapis.com/token": dial tcp: lookup: i/o timeout',
            "java.net.UnknownHostException: iamcredentials.googleapis.com",
        ),
        (
            "https://oauth2.googleapis.com/token 200",
            "redis:6379: connection refused",
        ),
    ),
    ("CON-04", Place.LOG): (
        (
            'connection error: desc = "transport: Error while dialing dial tcp 10.0.0.1:443: i/o timeout"',
            "proxyconnect tcp: EOF",
            'connection error: desc = "transport: authentication handshake failed: x509: certificate signed by unknown authority"',
        ),
        ("I0719 1 tether.go:33] listening on tether 4",),
    ),
    ("CON-13", Place.LOG): (
        (
            '{"error":{"code":403,"message":"Request is prohibited by organization\'s policy. vpcServiceControlsUniqueIdentifier: Ab-3_x.","status":"PERMISSION_DENIED"}}',
            "403 Forbidden: vpcServiceControlsUniqueIdentifier: Ab-3_x",
            '"reason": "SECURITY_POLICY_VIOLATED", "domain": "googleapis.com"',
        ),
        ("the organization's policy was read",),
    ),
    ("CON-13", Place.GOOGLE): (
        (
            "SECURITY_POLICY_VIOLATED: organization acme: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Ab-3_x",
            "Request is prohibited by organization's policy",
            "vpcServiceControlsUniqueIdentifier: Ab-3_x",
        ),
        ("PERMISSION_DENIED: the account lacks a permission of the organization's policy",),
    ),
    ("RUN-06", Place.GOOGLE): (
        (
            "hello revision 3 in environment test: Deadline expired before operation could complete",
            "DEADLINE_EXCEEDED: hello revision 3 in environment test: deadline",
            "hello revision 3 in environment test: upstream request timeout",
        ),
        ("hello revision 3 in environment test: deployed in time",),
    ),
    ("WEB-08", Place.LOG): (
        (
            'failed calling webhook \\"mapigeeroute.apigee.cloud.google.com\\": x509: certificate has expired or is not yet valid',
        ),
        ("x509: certificate of backend.example.com has expired or is not yet valid",),
    ),
    ("RES-10", Place.TOOL): (
        (
            'Error: INSTALLATION FAILED: ApigeeRoute "apigee-ingressgateway-internal-chaining-p--1234567" in namespace "apigee" exists and cannot be imported into the current release: invalid ownership metadata',
        ),
        (
            'ApigeeRoute "apigee-ingressgateway-internal-chaining-p--1234567" was imported into the current release',
        ),
    ),
    ("ING-01", Place.TOOL): (
        ("curl: (28) Failed to connect to api.example.com port 443 after 75002 ms: Operation timed out",),
        ("curl: (7) Failed to connect to localhost port 8080: Connection refused",),
    ),
    ("ING-08", Place.LOG): (
        (
            '[2026-01-01T10:00:00.000Z] "GET /healthz/ingress HTTP/1.1" 404 NR route_not_found - "-" 0 0 0 "-" "ELB-HealthChecker/2.0"',
            '{"request_path":"/healthz/ingress","status":403,"user_agent":"ELB-HealthChecker/2.0"}',
            '{"response_code":"404","duration":0,"path":"/healthz/ingress"}',
        ),
        (
            '[2026-01-01T10:00:00.000Z] "GET /healthz/ingress HTTP/1.1" 200 - "-" 0 404 403 "-" "GoogleHC/1.0"',
            '{"request_path":"/healthz/ingress","status":200,"duration":404,"user_agent":"GoogleHC/1.0"}',
            '"GET /orders HTTP/1.1" 404 NR',
        ),
    ),
}

HARMLESS = (
    "I0719 10:11:12.1 1 tether.go:40] tether id 4 is closed",
    "I0719 10:11:12.1 1 tether.go:33] listening on tether 5",
    "waiting for first consumer to be created before binding",
    "unable to get metrics for resource cpu: no metrics returned",
    "config not modified",
    "PROGRESSING",
    "Created container apigee-mart",
    "Job completed",
    "Scaled down replica set apigee-mart-1 to 0",
    'received response from target "apigee-mart-acme.apigee.svc.cluster.local:8843", status code: 200',
)
"""What looks bad and is normal."""


def pod(name: str, *, app: str = "apigee-mart", status: dict[str, Any] | None = None, **metadata: Any):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "apigee",
            "labels": {"app": app},
            "uid": f"uid-{name}",
            **metadata,
        },
        "spec": {"containers": [{"name": app, "image": f"hub/{app}:1"}]},
        "status": {"phase": "Pending", "conditions": [], **(status or {})},
    }


def container(
    name: str = "apigee-mart", *, ended: dict[str, Any] | None = None, **state: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "ready": False,
        "restartCount": 1 if ended else 0,
        "state": state,
        "lastState": {"terminated": ended} if ended else {},
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}
