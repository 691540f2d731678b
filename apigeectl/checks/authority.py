"""Whether the certificate authority of Apigee is the one that signed what runs, and the one of the other regions."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

from apigeectl.checks.fitness import Fitness
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, warned
from apigeectl.manifests import LiveObject, ObjectRef
from apigeectl.overrides.certificates import public_key

_VOLUME = "cassandra-data-apigee-cassandra-"
_SLACK = timedelta(hours=1)


def authority_is_the_same(site: Fitness) -> Outcome:
    """Only certificates are compared, which are public; by their keys, since a renewed one may keep its own."""
    ref = ObjectRef("", "Secret", site.cert_manager_namespace, "apigee-ca")
    live = site.cluster.get(ref)
    if live is None:
        if not site.setting("cassandra.multiRegionSeedHost"):
            return passed("none yet: it is made with the first installation")
        words = f"{ref} is missing, and this region is to join another one, whose authority it needs (WEB-12)"
        return failed(words, hint=Hint.AUTHORITY_DIFFERS)
    own = _key(live, "tls.crt")
    for name in ("apigee-cassandra-default-tls", f"apigee-mart-{site.installation}-tls"):
        leaf = ObjectRef("", "Secret", site.namespace, name)
        theirs = _key(site.cluster.get(leaf), "ca.crt")
        if own and theirs and own != theirs:
            words = f"{leaf} was signed by another authority than that in {ref} (WEB-12)"
            return failed(words, hint=Hint.AUTHORITY_DIFFERS)
    volume = _older_volume(site, _made(live))
    if volume:
        words = f"{ref} is younger than Cassandra's volume {volume}: was it made anew? (WEB-12)"
        return warned(words, hint=Hint.AUTHORITY_DIFFERS)
    return passed(str(ref))


def _key(live: LiveObject | None, name: str) -> bytes:
    try:
        return public_key(base64.b64decode(((live or {}).get("data") or {}).get(name) or ""))
    except (binascii.Error, ValueError):
        return b""


def _older_volume(site: Fitness, made: datetime | None) -> str:
    for claim in site.cluster.list("", "PersistentVolumeClaim", site.namespace) if made else ():
        name, begun = str(claim["metadata"]["name"]), _made(claim)
        if made and begun and name.startswith(_VOLUME) and begun + _SLACK < made:
            return name
    return ""


def _made(live: LiveObject) -> datetime | None:
    try:
        return datetime.fromisoformat(str(live["metadata"]["creationTimestamp"]).replace("Z", "+00:00"))
    except (KeyError, ValueError):
        return None
