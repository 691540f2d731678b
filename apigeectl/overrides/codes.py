"""The codes of all problems. They are stable: comments silence by them, scripts search for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class Code:
    """What a code says in a few words, and how grave its problems can be, the gravest first."""

    title: str
    severities: tuple[Severity, ...]


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

CODES: Mapping[str, Code] = {
    # reading
    "unreadable": Code("no overrides file at all", (_E,)),
    "yaml-syntax": Code("the text is not YAML", (_E,)),
    "yaml-size": Code("larger or deeper than any overrides file", (_E,)),
    "yaml-tag": Code("a tag, which has no meaning here", (_E,)),
    "yaml-character": Code("an escape that stands for no character", (_E,)),
    "yaml-key": Code("a key that is no word", (_E,)),
    "yaml-merge": Code("a merge key without a map to merge", (_E,)),
    "yaml-1.1": Code("readers of YAML 1.1 and 1.2 disagree about the value", (_W,)),
    "duplicate-key": Code("a key is written twice", (_E, _W)),
    "not-a-map": Code("the file is no map of properties", (_E,)),
    "silence": Code("a comment that silences nothing, or must not", (_W,)),
    # keys
    "unknown-key": Code("no known property", (_W,)),
    "undocumented-key": Code("a property that is passed on and not documented", (_I,)),
    "other-release": Code("a property of older or newer releases", (_W, _I)),
    "deprecated-key": Code("an older spelling", (_I,)),
    # single values
    "wrong-type": Code("a value of another type than the property takes", (_E, _W)),
    "wrong-value": Code("a value outside the known set", (_W,)),
    "out-of-range": Code("a number outside its limits", (_E, _W)),
    "wrong-unit": Code("a quantity in a unit that means something else", (_W, _I)),
    "jvm-size": Code("a size as the Java runtime does not read it", (_W,)),
    "bad-duration": Code("a length of time that cannot be read", (_W,)),
    "bad-email": Code("no e-mail address of a service account", (_W,)),
    "bad-host": Code("no host name", (_W,)),
    "bad-label": Code("a key or value that Kubernetes does not take for a label or annotation", (_E, _W)),
    "bad-region": Code("no region of Google Cloud", (_W,)),
    "bad-schedule": Code("no cron schedule, or no time of a snapshot", (_W,)),
    "bad-url": Code("no usable URL", (_W,)),
    "special-characters": Code("a password with characters that break its reader", (_W,)),
    "placeholder": Code("a placeholder that nobody replaced", (_W,)),
    # names
    "bad-name": Code("a name of the wrong length or characters", (_E, _W)),
    "duplicate-name": Code("two things with one name", (_E,)),
    "name-collision": Code("two names that lead to one Kubernetes object", (_E, _W)),
    "bad-host-alias": Code("a host alias that is no host name", (_W,)),
    "duplicate-host-alias": Code("one host alias in two places", (_E, _W)),
    "unknown-environment": Code("a routing rule for an environment that is not in the file", (_E,)),
    "unknown-gateway": Code("a virtual host on an ingress gateway that is not in the file", (_W,)),
    # what must be there
    "missing": Code("a property that is needed", (_E, _W)),
    "missing-credentials": Code("a component without a service account", (_W,)),
    "missing-tls": Code("a virtual host without a certificate", (_E, _W)),
    "missing-selector": Code("a virtual host that names no gateway", (_W,)),
    "missing-mart-ingress": Code("neither Apigee Connect nor a MART ingress", (_E,)),
    "incomplete-backup": Code("a backup or restore without a place", (_E,)),
    # between properties
    "exclusive": Code("two properties that exclude each other", (_W,)),
    "incomplete-pair": Code("half of a pair", (_E, _W)),
    "min-above-max": Code("a minimum above its maximum", (_E, _I)),
    "heap-above-memory": Code("a Java heap that its memory limit cannot hold", (_W,)),
    "bad-toleration": Code("a toleration that Kubernetes refuses", (_E, _W)),
    "no-effect": Code("a property without effect beside another one", (_W, _I)),
    "one-way-switch": Code("a switch that must stay as it is", (_W, _I)),
    "multi-region": Code("advice for a region that joins", (_W, _I)),
    "bucket-prefix": Code("a bucket with gs:// before its name", (_I,)),
    "gateway-selector": Code("a gateway that the release, or the file, does not use", (_W,)),
    "cipher-suites": Code("cipher suites without effect, or missing", (_W, _I)),
    "proxy-scheme": Code("a proxy without a scheme", (_W,)),
    "proxy-order": Code("the advised order of a proxy's keys", (_I,)),
    "proxy-for-api-traffic": Code("a proxy for management traffic alone", (_I,)),
    # files
    "missing-file": Code("a file that is not there or cannot be read", (_E, _W)),
    "exposed-file": Code("a key file that others can read", (_W,)),
    "bad-service-account-key": Code("a file that is no service account key", (_E, _W)),
    "foreign-service-account": Code("a service account of another project", (_W,)),
    "unusual-service-account": Code("the service account of another component", (_W,)),
    "bad-pem": Code("a file without the certificate or key that it should hold", (_E, _W)),
    "certificate-key-mismatch": Code("a certificate and a key that do not belong together", (_E, _W)),
    "certificate-chain": Code("certificates in the wrong order", (_W,)),
    "certificate-dates": Code("a certificate that is expired, expires soon or is not valid yet", (_W,)),
    "certificate-host": Code("a certificate for other host names", (_W,)),
    "self-signed-certificate": Code("a certificate that clients do not trust by themselves", (_I,)),
    "bad-encryption-key": Code("an encryption key of the wrong form or length", (_E, _W)),
    # Apigee Connect
    "connect-placement": Code("connectAgent away from k8sCluster", (_W,)),
    "connect-disabled": Code("Apigee Connect is switched off", (_I,)),
    "connect-ignores-mart-ingress": Code("settings of a MART ingress that nobody uses", (_I,)),
    "connect-account": Code("MART and the Connect agent with different service accounts", (_W,)),
}
