"""What is rendered where the overrides file says nothing: in its shape, and merged under it key by key.

A default must be sent: what is left out, the operator's webhook fills with other numbers of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _requests(cpu: str, memory: str = "", limits: Mapping[str, str] | None = None) -> dict[str, Any]:
    requests = {"cpu": cpu} | ({"memory": memory} if memory else {})
    return {"requests": requests} | ({"limits": limits} if limits else {})


def _https_probe(path: str, port: int = 8843, **numbers: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, "scheme": "HTTPS"}, **({"periodSeconds": 5} | numbers)}


def _prometheus_probe(path: str, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": 9090},
        "periodSeconds": 5,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


_LIVE, _READY = "/v1/probes/live", "/v1/probes/ready"
_EXPORTER = {"resources": _requests("128m", "512Mi", {"cpu": "500m", "memory": "1Gi"}), "annotations": {}}
_REDIS_PROBER = ["/app/redis-prober", "--action=healthcheck", "--skip_tls_verify=true"]

LATENCY_BUCKETS = {
    "conf_metrics_server.metrics.latency.histogram.buckets.milliseconds": (
        "BUCKETS,1D,2D,5D,10D,25D,50D,75D,100D,250D,500D,750D,1000D,2500D,5000D,7500D,10000D"
    )
}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "connectAgent": {
        "server": "apigeeconnect.googleapis.com:443",
        "logLevel": "ERROR",
        "logVerbosity": "0",
        "replicaCountMin": 1,
        "replicaCountMax": 1,
        "targetCPUUtilizationPercentage": 75,
        "resources": _requests("200m", "128Mi"),
    },
    "watcher": {
        "replicaCountMin": 1,
        "replicaCountMax": 1,
        "targetCPUUtilizationPercentage": 75,
        "resources": _requests("200m", "128Mi"),
        "args": {"enableIssueScanning": True, "issueScanInterval": 60},
    },
    "mart": {
        "replicaCountMin": 1,
        "replicaCountMax": 5,
        "targetCPUUtilizationPercentage": 75,
        "resources": _requests("500m", "512Mi"),
        "livenessProbe": _https_probe(_LIVE, initialDelaySeconds=30, timeoutSeconds=1, failureThreshold=12),
        "readinessProbe": _https_probe(_READY, initialDelaySeconds=15, failureThreshold=2),
    },
    "mintTaskScheduler": {"resources": _requests("500m", "512Mi")},
    "udca": {
        "replicaCountMin": 1,
        "replicaCountMax": 4,
        "targetCPUUtilizationPercentage": 75,
        "resources": _requests("250m", "256Mi"),
        "livenessProbe": _https_probe(
            _LIVE, 7070, initialDelaySeconds=0, timeoutSeconds=1, failureThreshold=2
        ),
        "fluentd": {"resources": _requests("500m", "250Mi", {"memory": "500Mi"})},
        "env": {"API_TENANT_GCS_UPLOAD_ENABLED": "false", "NOOP_MODE": "false"},
    },
    "synchronizer": {
        "pollInterval": 60,
        "replicaCountMin": 1,
        "replicaCountMax": 4,
        "targetCPUUtilizationPercentage": 75,
        "resources": _requests("100m", "512Mi"),
        "livenessProbe": _https_probe(_LIVE, initialDelaySeconds=15, timeoutSeconds=1, failureThreshold=12),
        "readinessProbe": _https_probe(_READY, initialDelaySeconds=0, failureThreshold=2),
    },
    "runtime": {
        "installDir": "/opt/apigee/apigee-runtime",
        "replicaCountMin": 1,
        "replicaCountMax": 4,
        "resources": _requests("500m", "512Mi"),
        "livenessProbe": _https_probe(_LIVE, initialDelaySeconds=15, timeoutSeconds=5, failureThreshold=12),
        "readinessProbe": _https_probe(_READY, initialDelaySeconds=15, failureThreshold=2),
        "cwcAppend": LATENCY_BUCKETS,
        "hpaMetrics": {
            "serverMainTaskWaitTime": "400M",
            "serverNioTaskWaitTime": "400M",
            "targetCPUUtilizationPercentage": 75,
        },
        "hpaBehavior": {
            "scaleDown": {
                "percent": {"value": 20, "periodSeconds": 60},
                "pods": {"value": 2, "periodSeconds": 60},
                "selectPolicy": "Min",
                "stabilizationWindowSeconds": 120,
            },
            "scaleUp": {
                "percent": {"value": 20, "periodSeconds": 60},
                "pods": {"value": 4, "periodSeconds": 60},
                "selectPolicy": "Max",
                "stabilizationWindowSeconds": 30,
            },
        },
    },
    "cassandra": {
        "replicaCount": 1,
        "clusterName": "apigeecluster",
        "datacenter": "dc-1",
        "rack": "ra-1",
        "externalSeedHost": None,
        "multiRegionSeedHost": None,
        "maxHeapSize": "512M",
        "heapNewSize": "100M",
        "storage": {"storageSize": "10Gi"},
        "resources": _requests("500m", "1Gi"),
        "readinessProbe": {
            "exec": {"command": ["/bin/bash", "-c", "/opt/apigee/ready-probe.sh"]},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 2,
        },
        "backup": {"enabled": False, "cloudProvider": "GCP"},
        "restore": {"enabled": False},
    },
    "redis": {
        "replicaCount": 2,
        "resources": _requests("500m"),
        "livenessProbe": {
            "exec": {"command": _REDIS_PROBER},
            "periodSeconds": 5,
            "timeoutSeconds": 3,
            "failureThreshold": 6,
        },
        "readinessProbe": {
            "exec": {"command": _REDIS_PROBER},
            "periodSeconds": 5,
            "timeoutSeconds": 3,
            "failureThreshold": 12,
        },
        "envoy": {
            "replicaCountMin": 1,
            "replicaCountMax": 1,
            "targetCPUUtilizationPercentage": 75,
            "resources": _requests("500m"),
            "livenessProbe": {"periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 6},
            "readinessProbe": {"periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 12},
        },
    },
    "apigeeIngressGateway": {
        "replicaCountMin": 2,
        "replicaCountMax": 4,
        "resources": _requests("300m", "128Mi", {"cpu": "2", "memory": "1Gi"}),
    },
    "metrics": {
        "enabled": True,
        "prometheus": {
            "livenessProbe": _prometheus_probe("/-/healthy", 6),
            "readinessProbe": _prometheus_probe("/-/ready", 120),
        },
        "sdSidecar": {"stackdriverApiAddress": "https://monitoring.googleapis.com:443/"},
        "appStackdriverExporter": _EXPORTER,
        "proxyStackdriverExporter": _EXPORTER,
        "app": _EXPORTER,
        "proxy": _EXPORTER,
        "aggregator": _EXPORTER,
        "stackdriverExporter": _EXPORTER,
        "adapter": {
            "livenessProbe": _https_probe(
                "/healthz", 6443, periodSeconds=10, timeoutSeconds=5, failureThreshold=5
            ),
            "readinessProbe": _https_probe("/healthz", 6443, timeoutSeconds=3, failureThreshold=10),
        },
    },
    "logger": {
        "enabled": False,
        "resources": _requests("100m", "250Mi", {"cpu": "200m", "memory": "500Mi"}),
        "livenessProbe": {"periodSeconds": 60, "timeoutSeconds": 1, "failureThreshold": 3},
        "envVars": {},
    },
    "authz": {
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 7091}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 7091}},
    },
    "nodeSelector": {
        "apigeeRuntime": {"key": "cloud.google.com/gke-nodepool", "value": "apigee-runtime"},
        "apigeeData": {"key": "cloud.google.com/gke-nodepool", "value": "apigee-data"},
    },
    "ao": {
        "resources": _requests("100m", "512Mi", {"cpu": "1", "memory": "1Gi"}),
        "args": {
            "loglevel": "info",
            "enableWebhooks": True,
            "enableControllers": True,
            "enableAPIClient": True,
            "disableIstioConfigInAPIServer": True,
            "disableFluentdSizeLimit": False,
            "disableManagedClusterRoles": False,
        },
    },
    "kubeRBACProxy": {},
}
