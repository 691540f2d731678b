"""Words that give a known problem away, in the order in which they decide: the first that fits wins."""

from __future__ import annotations

from dataclasses import dataclass

from apigeectl.diagnosis.model import Place


@dataclass(frozen=True)
class Pattern:
    """A regular expression for one cleaned line. Named groups are shown with the finding.

    `minutes` is a patience of its own, where these words may also pass by themselves.
    """

    code: str
    place: Place
    regex: str
    minutes: int = 0


_LOG, _EVENT, _CONDITION, _API, _GOOGLE, _TOOL = (
    Place.LOG,
    Place.EVENT,
    Place.CONDITION,
    Place.API,
    Place.GOOGLE,
    Place.TOOL,
)

_PERIMETER = (
    r"prohibited by organization's policy|vpcServiceControlsUniqueIdentifier|SECURITY_POLICY_VIOLATED"
)
"""How Google's APIs say that VPC Service Controls stand in between."""

PATTERNS: tuple[Pattern, ...] = (
    Pattern("HLM-06", _TOOL, r"mintTaskScheduler\.serviceAccountPath is required"),
    Pattern(
        "CON-11",
        _LOG,
        r"Permission 'apigee\.runtimeconfigs\.get' denied on resource '(?P<resource>[^']+)'",
    ),
    Pattern(
        "CON-01",
        _LOG,
        r"failed to register stream with Apigee Connect, got '(?P<grpc>\w+)'"
        r"|Permission 'apigeeconnect\.endpoints\.connect' denied",
    ),
    Pattern("CON-13", _LOG, _PERIMETER),
    Pattern("CON-13", _GOOGLE, _PERIMETER),
    Pattern("CON-06", _GOOGLE, r"no connections available from the Apigee connect agent"),
    Pattern(
        "CON-10",
        _LOG,
        r'received response from target "(?P<target>[^"]+)", status code: (?P<status>[45]\d\d)',
    ),
    Pattern("CON-15", _GOOGLE, r"Permission 'apigeeconnect\.connections\.list' denied"),
    Pattern("IAM-08", _API, r'invalid \w+ service account\. service account "(?P<account>[^"]+)"?'),
    Pattern("IAM-02", _LOG, r"Token must be a short-lived token"),
    Pattern("IAM-01", _LOG, r"(?i)invalid jwt signature"),
    Pattern("IAM-03", _LOG, r"(?i)invalid_grant\W.*account not found"),
    Pattern("IAM-04", _GOOGLE, r"(?i)FAILED_PRECONDITION.*\bkeys?\b|\bkeys?\b.*FAILED_PRECONDITION"),
    Pattern(
        "IAM-05",
        _LOG,
        r"Error retrieving credentials from the metadata server"
        r"|Could not automatically determine credentials",
    ),
    Pattern(
        "IAM-06",
        _LOG,
        r"\b403\b.*apigee\.googleapis\.com|apigee\.googleapis\.com\S*\W.*\b403\b"
        r"|apigee\.googleapis\.com.*PERMISSION_DENIED",
        minutes=10,
    ),
    Pattern(
        "CON-02",
        _GOOGLE,
        r"SERVICE_DISABLED.*apigeeconnect|apigeeconnect\.googleapis\.com.*SERVICE_DISABLED"
        r"|Apigee Connect API has not been used",
    ),
    Pattern("IAM-09", _GOOGLE, r"SERVICE_DISABLED|USER_PROJECT_DENIED"),
    Pattern("CFG-02", _TOOL, r"(?P<what>[\w.$]+) is required(!+|\.|$)"),
    Pattern("CFG-05", _TOOL, r"encryption key '[^']*' with length (?P<length>\d+) is not valid"),
    Pattern("CFG-07", _TOOL, r"instanceID \S+ has to be less than 63 chars"),
    Pattern("HLM-05", _TOOL, r"pod (?P<pod>apigee-hybrid-helm-guardrail-[\w-]+) failed"),
    Pattern("NET-02", _LOG, r"net/url: invalid userinfo"),
    Pattern(
        "CRD-05",
        _API,
        r'conversion webhook for apigee\.cloud\.google\.com/.*service "apigee-webhook-service" not found',
    ),
    Pattern("WEB-07", _API, r'service "apigee-webhook-service" not found'),
    Pattern("WEB-04", _API, r'no endpoints available for service "apigee-webhook-service"'),
    Pattern(
        "WEB-08",
        _API,
        r"apigee\.cloud\.google\.com.*certificate has expired or is not yet valid",
    ),
    Pattern(
        "WEB-08", _LOG, r"apigee\.cloud\.google\.com.*certificate has expired or is not yet valid", minutes=5
    ),
    Pattern("WEB-08", _EVENT, r'secret "webhook-server-cert" not found'),
    Pattern("WEB-10", _API, r"apigee\.cloud\.google\.com.*certificate signed by unknown authority"),
    Pattern(
        "WEB-05",
        _API,
        r"apigee-webhook-service.*(i/o timeout|context deadline exceeded|request canceled while waiting)",
    ),
    Pattern(
        "WEB-06",
        _API,
        r"failed calling webhook.*istiod?.*(Client\.Timeout exceeded|i/o timeout|context deadline exceeded)",
    ),
    Pattern("WEB-03", _API, r"webhook\.cert-manager\.io.*not valid for any names"),
    Pattern("WEB-02", _API, r'webhook\.cert-manager\.io|service "cert-manager-webhook"'),
    Pattern("WEB-09", _LOG, r"webhook config in conversion config not present in (?P<definition>[\w.]+)"),
    Pattern("WEB-09", _LOG, r"TLS handshake error.*bad certificate", minutes=5),
    Pattern(
        "WEB-01",
        _API,
        r'no matches for kind "(?P<kind>Certificate|Issuer|ClusterIssuer)"'
        r"|the cluster has no kind (?P<kind2>\w+) in cert-manager\.io/",
    ),
    Pattern(
        "CRD-02",
        _API,
        r'no matches for kind "(?P<kind>\w+)" in version "(?P<version>apigee\.cloud\.google\.com/\w+)"'
        r"|ensure CRDs are installed first|unable to recognize"
        r"|the cluster has no kind (?P<kind2>\w+) in apigee\.cloud\.google\.com/|the cluster does not know Apigee",
    ),
    Pattern("CRD-01", _API, r"metadata\.annotations: Too long|must have at most 262144 bytes"),
    Pattern("CRD-03", _API, r"failed to create typed patch object|field not declared in schema"),
    Pattern("CRD-04", _API, r"status\.storedVersions\[\d+\]: Invalid value"),
    Pattern(
        "RES-08",
        _CONDITION,
        r"unable to retrieve the complete list of server APIs: (?P<api>[\w./]+)",
        minutes=5,
    ),
    Pattern(
        "RES-07",
        _CONDITION,
        r"Some (resources|content).*(are remaining|finalizers remaining)"
        r"|[\w.]+\.apigee\.cloud\.google\.com has \d+ resource instances",
    ),
    Pattern(
        "RES-09",
        _LOG,
        r"(?i)cannot set blockOwnerDeletion.*can't set finalizers on"
        r"|cannot (update|patch) resource \"\w+/finalizers\"",
    ),
    Pattern("IAM-10", _CONDITION, r"AIS_PERMISSION_DENIED"),
    Pattern("ING-06", _CONDITION, r"AIS_VIRTUALHOST_MISSING_ENVGROUP"),
    Pattern("ING-07", _CONDITION, r"AIS_INGRESS_(CERT_MISMATCH|MTLS_CA_CERT_INVALID)"),
    Pattern("CON-04", _CONDITION, r"AIS_CANNOT_CONNECT_TO_CONTROL_PLANE"),
    Pattern("CAS-05", _LOG, r"A node with address (?P<address>\S+) already exists, cancelling join"),
    Pattern("CAS-04", _LOG, r"Local host name unknown: java\.net\.UnknownHostException: (?P<host>\S+):"),
    Pattern("CAS-10", _LOG, r"Cannot change the number of tokens from (?P<old>\d+) to (?P<new>\d+)"),
    Pattern("CAS-11", _LOG, r"Unrecognized strategy option .*passed to NetworkTopologyStrategy"),
    Pattern("CAS-09", _LOG, r"PKIX path building failed|CERTIFICATE_VERIFY_FAILED"),
    Pattern("CAS-08", _LOG, r"Unable to gossip with any (peers|seeds)"),
    Pattern("CAS-06", _LOG, r"(?i)(address already in use|failed to bind).*\b700[01]\b"),
    Pattern("CAS-03", _EVENT, r'external provisioner "(?P<driver>[\w.-]+)"'),
    Pattern("CAS-02", _EVENT, r"unbound immediate PersistentVolumeClaims", minutes=5),
    Pattern("CAS-02", _EVENT, r'storageclass\.storage\.k8s\.io "(?P<name>[^"]+)" not found'),
    Pattern(
        "RUN-02", _LOG, r"cps-datastore-connectivity-liveliness-probe failed|datastoreConnectionNotHealthy"
    ),
    Pattern("RUN-01", _GOOGLE, r"No active runtime pods"),
    Pattern(
        "RUN-03",
        _GOOGLE,
        r"Instance (?P<instance>\S+) is not reporting status for environment group (?P<group>\S+)",
    ),
    Pattern(
        "RUN-07",
        _GOOGLE,
        r"deployment validations failed|CONFLICTING_DEPLOYMENT|WOULD_BREAK_DEPENDENT"
        r"|Only one revision can be deployed at a time|contains conflicting base paths",
    ),
    Pattern(
        "RUN-06",
        _GOOGLE,
        r"revision \S+ in environment \S+: .*([Dd]eadline|DEADLINE_EXCEEDED|timed out|timeout)",
    ),
    Pattern("RUN-09", _GOOGLE, r"\broute_not_found\b"),
    Pattern("RUN-11", _TOOL, r"Bundle did not activate within expected time"),
    Pattern("ING-03", _LOG, r"cannot bind '(?P<address>[^']+)': Permission denied"),
    Pattern(
        "ING-04",
        _LOG,
        r"is forbidden: User \S+ cannot (list|watch|get) resource \S+ in API group \"(?P<group>[\w.]*istio\.io)\"",
    ),
    Pattern(
        "ING-05",
        _LOG,
        r"(?i)gateway\.networking\.k8s\.io.*(no matches for kind|could not find the requested resource)",
    ),
    Pattern("ING-02", _API, r'Job(\.batch)? "apigee-resources-install" is invalid'),
    Pattern("ING-01", _EVENT, r"Error syncing load balancer"),
    Pattern("ING-01", _TOOL, r"Failed to connect to (?P<host>\S+) port 443.*timed out"),
    Pattern("HLM-01", _TOOL, r"another operation \(install/upgrade/rollback\) is in progress"),
    Pattern(
        "RES-10",
        _TOOL,
        r"ApigeeRoute \S*internal-chaining\S* .*cannot be imported into the current release",
    ),
    Pattern("HLM-03", _TOOL, r"cannot be imported into the current release: invalid ownership metadata"),
    Pattern("HLM-04", _TOOL, r'("(?P<release>[^"]+)" )?has no deployed releases'),
    Pattern("HLM-07", _TOOL, r"No such image: (?P<image>\S+)"),
    Pattern(
        "GCP-01",
        _GOOGLE,
        r"Does not have an Apigee entitlement|is not supported for PAYG|Organization already exists",
    ),
    Pattern("GCP-03", _GOOGLE, r"RESOURCE_EXHAUSTED"),
    Pattern("GCP-04", _GOOGLE, r"There were concurrent policy changes"),
    Pattern(
        "KUB-05",
        _EVENT,
        r"exceeded quota|violates PodSecurity|unable to validate against any security context constraint",
    ),
    Pattern("KUB-08", _API, r"attempting to grant RBAC permissions not currently held"),
    Pattern(
        "KUB-07",
        _API,
        r'is forbidden: User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"',
    ),
    Pattern(
        "KUB-10",
        _API,
        r"Apply failed with (?P<n>\d+) conflicts?: |a field belongs to another manager"
        r"|\d+ fields belong to (another manager|others)",
    ),
    Pattern(
        "KUB-09",
        _API,
        r"field is immutable|updates to statefulset spec for fields other than|is immutable after creation",
    ),
    Pattern(
        "KUB-04", _EVENT, r"secret \"(?P<secret>[^\"]+)\" not found|couldn't find key (?P<key>\S+) in Secret"
    ),
    Pattern(
        "KUB-02",
        _EVENT,
        r'Failed to pull image "(?P<image>[^"]+)"|Back-off pulling image "(?P<image2>[^"]+)"'
        r"|Invalid(Image)?Name|ErrImagePull|ImagePullBackOff",
    ),
    Pattern("CAS-06", _EVENT, r"didn't have free ports for the requested pod ports"),
    Pattern("KUB-01", _EVENT, r"\d+/\d+ nodes are available"),
    Pattern("TEL-03", _EVENT, r"unable to compute the replica count|FailedGet\w*Metric"),
    Pattern(
        "KUB-06",
        _API,
        r"Unable to connect to the server|did you specify the right host or port"
        r"|You must be logged in to the server|executable \S+ not found"
        r'|context "(?P<context>[^"]+)"( \(\S+\))?: '
        r"(connection refused|no such host|cannot connect|no route to host|network is unreachable"
        r"|the credentials are not accepted|its exec plugin could not log in)|no kubeconfig found",
    ),
    Pattern(
        "KUB-13",
        _API,
        r"TLS handshake timeout|connection timed out|client connection lost|etcdserver: leader changed"
        r"|the server is currently unable to handle the request|[Tt]oo many requests",
    ),
    Pattern("KUB-12", _EVENT, r"The node was low on resource: (?P<what>[\w-]+)"),
    Pattern("KUB-11", _API, r"request is too large"),
    Pattern(
        "HLM-02",
        _TOOL,
        r"timed out waiting for the condition|due to (atomic|rollback-on-failure) being set"
        r"|FAILED: .*context deadline exceeded",
    ),
    Pattern(
        "NET-04",
        _LOG,
        r"(?P<host>[\w.-]+\.googleapis\.com).*(i/o timeout|connection refused|no such host|UnknownHostException)"
        r"|UnknownHostException: (?P<host2>[\w.-]+\.googleapis\.com)",
    ),
    Pattern(
        "CON-04",
        _LOG,
        r"transport: Error while dialing|transport: authentication handshake failed|proxyconnect tcp",
    ),
    Pattern(
        "ING-08",
        _LOG,
        r"/healthz/ingress[^\s\"]* HTTP/\S+ 40[34]\b"
        r"|/healthz/ingress\b.*\"(response_)?(status|code)(_code)?\": ?\"?40[34]\b"
        r"|\"(response_)?(status|code)(_code)?\": ?\"?40[34]\b.*/healthz/ingress\b",
    ),
)
"""An entry of the Apigee webhook comes before the general one, HLM-06 before CFG-02."""
