"""One case, or more, for each row of the tables of rules; the files behind properties are in test_files.py."""

from __future__ import annotations

import pytest

from apigeectl.overrides import catalogue
from apigeectl.overrides.cassandra import BACKUP_NEEDS
from apigeectl.overrides.codes import CODES
from apigeectl.overrides.effects import IDLE
from apigeectl.overrides.names import NAME_RULES
from apigeectl.overrides.needs import ITEM_NEEDS, NEEDS
from apigeectl.overrides.pairs import RIVALS
from apigeectl.overrides.position import dotted
from apigeectl.overrides.problems import Severity
from tests.overrides.examples import whole
from tests.overrides.samples import judge

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

VHOST = "virtualhosts: [{name: a, sslSecret: s, selector: {app: apigee-ingressgateway}, "
ENV_FILES = "serviceAccountPaths: {runtime: sa.json, synchronizer: sa.json}"

CASES: list[tuple[str, Severity, str, str, str, str]] = [
    # code, severity, release, fragment that replaces sections of the good file, path, words of message or hint
    ("wrong-type", WARNING, "1.10", "cassandra: {restore: {snapshotTimestamp: 20210203213003}}", "cassandra.restore.snapshotTimestamp", "should be text"),
    ("wrong-type", WARNING, "1.10", "logger: {nodeSelector: {key: a, value: true}}", "logger.nodeSelector.value", "should be text, not true"),
    ("wrong-type", WARNING, "1.10", VHOST + "minTLSProtocolVersion: 1.2}]", "virtualhosts[0].minTLSProtocolVersion", "should be text, not 1.2"),
    ("wrong-type", ERROR, "1.10", "virtualhosts: {name: a, sslSecret: b}", "virtualhosts", "should be a list"),
    ("wrong-type", ERROR, "1.10", "ingressGateways: {name: a}", "ingressGateways", "should be a list"),
    ("wrong-value", WARNING, "1.16", "securityContext: {seccompProfile: {type: runtimedefault}}", "securityContext.seccompProfile.type", "did you mean RuntimeDefault?"),
    ("wrong-value", WARNING, "1.9", VHOST + "minTLSProtocolVersion: AUTO}]", "virtualhosts[0].minTLSProtocolVersion", "only the Helm charts of hybrid 1.10"),
    ("wrong-value", WARNING, "1.10", "cassandra: {auth: {ddl: {username: mine}}}", "cassandra.auth.ddl.username", "the user is always ddl_user"),
    ("wrong-value", WARNING, "1.8", "cassandra: {backup: {cloudProvider: CSI}}", "cassandra.backup.cloudProvider", "known from hybrid 1.9 on"),
    ("wrong-value", WARNING, "1.10", "ingressGateways: [{name: gateway, svcType: NodePort}]", "ingressGateways[0].svcType", "known: ClusterIP, LoadBalancer"),
    ("out-of-range", WARNING, "1.10", "watcher: {serviceAccountPath: a, replicaCountMax: 2}", "watcher.replicaCountMax", "should be 1, not 2"),
    ("out-of-range", WARNING, "1.10", VHOST + "requestTimeout: 0}]", "virtualhosts[0].requestTimeout", "at least 1, not 0"),
    ("wrong-unit", WARNING, "1.10", "mart: {serviceAccountPath: sa.json, resources: {requests: {cpu: 500Mi}}}", "mart.resources.requests.cpu", "millions of processors"),
    ("wrong-unit", WARNING, "1.10", "mart: {serviceAccountPath: sa.json, resources: {requests: {memory: 512}}}", "mart.resources.requests.memory", "less than a mebibyte"),
    ("wrong-unit", INFO, "1.10", "cassandra: {storage: {storageSize: 10G}}", "cassandra.storage.storageSize", "10Gi is somewhat more"),
    ("jvm-size", WARNING, "1.10", "cassandra: {heapNewSize: 0.5G}", "cassandra.heapNewSize", "write a whole number"),
    ("jvm-size", WARNING, "1.10", "cassandra: {maxHeapSize: 8192}", "cassandra.maxHeapSize", "no size for the Java runtime"),
    ("jvm-size", WARNING, "1.15", "runtime: {cwcAppend: {bin_setenv_max_mem: 4096Mi}}", "runtime.cwcAppend.bin_setenv_max_mem", "write 4096M"),
    ("heap-above-memory", WARNING, "1.15", "runtime: {resources: {limits: {memory: 3Gi}}}\nenvs: [{name: a, components: {runtime: {cwcAppend: {bin_setenv_max_mem: 4g}}}}]", "envs[0].components.runtime.cwcAppend.bin_setenv_max_mem", 'runtime.resources.limits.memory only "3Gi"'),
    ("bad-email", WARNING, "1.10", "envs: [{name: a, gsa: {runtime: me@example.com}}]", "envs[0].gsa.runtime", "no e-mail address of a service account"),
    ("bad-host", WARNING, "1.10", "httpProxy: {scheme: HTTP, host: 'proxy:3128'}", "httpProxy.host", "leave out the port"),
    ("bad-host", WARNING, "1.10", "ingressGateways: [{name: gateway, svcLoadBalancerIP: lb.example.com}]", "ingressGateways[0].svcLoadBalancerIP", "is no IP address"),
    ("bad-host", WARNING, "1.10", "connectAgent: {serviceAccountPath: sa.json, server: apigeeconnect.googleapis.com}", "connectAgent.server", "no host with a port"),
    ("bad-label", ERROR, "1.10", "nodeSelector: {apigeeData: {key: 'a b', value: c}}", "nodeSelector.apigeeData.key", "is no key of a label"),
    ("bad-label", WARNING, "1.10", "nodeSelector: {apigeeData: {key: a, value: 'b c'}}", "nodeSelector.apigeeData.value", "is no value of a label"),
    ("bad-label", ERROR, "1.10", "ingressGateways: [{name: gateway, svcAnnotations: {-a: b}}]", "ingressGateways[0].svcAnnotations.-a", "is no key"),
    ("bad-region", WARNING, "1.10", "k8sCluster: {name: a, region: us-central1-a}", "k8sCluster.region", "write us-central1"),
    ("bad-region", WARNING, "1.10", "gcp: {projectID: a, region: Frankfurt}", "gcp.region", "is no region of Google Cloud"),
    ("bad-schedule", WARNING, "1.10", "cassandra: {restore: {snapshotTimestamp: '2021-02-03'}}", "cassandra.restore.snapshotTimestamp", "no time of a snapshot"),
    ("bad-url", WARNING, "1.10", "metrics: {serviceAccountPath: sa.json, proxyURL: 'proxy:3128'}", "metrics.proxyURL", "is no URL"),
    ("bad-url", WARNING, "1.10", "mart: {serviceAccountPath: sa.json, image: {url: 'https://gcr.io/a/b'}}", "mart.image.url", "leave out the scheme"),
    ("bad-url", WARNING, "1.11", "hub: https://gcr.io/a", "hub", "leave out the scheme"),
    ("special-characters", WARNING, "1.10", "cassandra: {auth: {jolokia: {password: 'iloveapis!'}}}", "cassandra.auth.jolokia.password", "letters and digits only"),
    *(("placeholder", WARNING, "1.10", f"k8sCluster: {{name: '{left}', region: us-central1}}", "k8sCluster.name", "looks like a placeholder")
      for left in ("$CLUSTER", "${CLUSTER}", "YOUR_CLUSTER", "<cluster>", "{{ cluster }}", "CLUSTER_NAME", "foo", "my-$ENV-cluster", "changeme")),
    ("placeholder", WARNING, "1.10", "gcp: {projectID: $PROJECT_ID, region: us-central1}", "gcp.projectID", "placeholder"),
    ("placeholder", WARNING, "1.10", "mart: {serviceAccountPath: ./$ORG-mart.json}", "mart.serviceAccountPath", "placeholder"),
    ("bad-name", ERROR, "1.10", "namespace: Apigee", "namespace", "does not fit"),
    ("bad-name", WARNING, "1.10", "gcp: {projectID: My Project}", "gcp.projectID", "does not fit"),
    ("bad-name", WARNING, "1.1", "envs: [{name: test-1, hostAlias: a.example.com, sslSecret: a}]", "envs[0].name", "may have lower-case letters and digits;"),
    ("bad-name", WARNING, "1.10", "mart: {serviceAccountRef: Mart_Key}", "mart.serviceAccountRef", "does not fit"),
    ("bad-name", WARNING, "1.10", "mart: {serviceAccountSecretRef: Mart_Key}", "mart.serviceAccountSecretRef", "does not fit"),
    ("bad-name", WARNING, "1.10", "virtualhosts: [{name: a, sslSecret: A}]", "virtualhosts[0].sslSecret", "does not fit"),
    ("bad-name", WARNING, "1.10", "cassandra: {auth: {secret: a_b}}", "cassandra.auth.secret", "does not fit"),
    ("bad-name", WARNING, "1.10", "cassandra: {backup: {keyFileRef: a_b}}", "cassandra.backup.keyFileRef", "does not fit"),
    ("bad-name", WARNING, "1.10", "imagePullSecrets: [{name: A}]", "imagePullSecrets[0].name", "does not fit"),
    *(("bad-name", WARNING, "1.10", f"{use}EncryptionSecret: {{name: A, key: k}}", f"{use}EncryptionSecret.name", "does not fit") for use in ("kms", "kvm")),
    *(("bad-name", WARNING, "1.10", f"envs: [{{name: a, {use}EncryptionSecret: {{name: A, key: k}}}}]", f"envs[0].{use}EncryptionSecret.name", "does not fit") for use in ("cache", "kvm", "kms")),
    ("bad-host-alias", WARNING, "1.10", "connectAgent: {enabled: false}\nmart: {hostAlias: 'https://m.example.com'}", "mart.hostAlias", "is no host name"),
    ("bad-host-alias", WARNING, "1.1", "envs: [{name: a, hostAlias: a_b.example.com, sslSecret: a}]", "envs[0].hostAlias", "is no host name"),
    ("duplicate-host-alias", WARNING, "1.1", "envs: [{name: a, hostAlias: h.example.com}, {name: b, hostAlias: h.example.com}]", "envs[1].hostAlias", "divide the base paths"),
    ("duplicate-host-alias", ERROR, "1.1", "envs: [{name: a, hostAlias: '*'}]\nmart: {hostAlias: '*'}", "mart.hostAlias", "is also a host alias of envs[0]"),
    ("missing", ERROR, "1.10", "envs: []", "envs", "envs is missing"),
    ("missing", WARNING, "1.10", "virtualhosts: []", "virtualhosts", "virtualhosts is missing"),
    ("missing", WARNING, "1.10", "k8sCluster: {name: a}", "k8sCluster.region", "k8sCluster.region is missing"),
    ("missing", WARNING, "1.12", "gcp: {projectID: a, federatedWorkloadIdentity: {enabled: true, credentialSourceFile: /a}}", "gcp.federatedWorkloadIdentity.audience", "is missing"),
    ("missing", WARNING, "1.12", "gcp: {projectID: a, federatedWorkloadIdentity: {enabled: true, audience: a}}", "gcp.federatedWorkloadIdentity.credentialSourceFile", "is missing"),
    ("missing", ERROR, "1.10", "virtualhosts: [{sslSecret: a}]", "virtualhosts[0].name", "has no name"),
    ("missing", ERROR, "1.10", "ingressGateways: [{replicaCountMin: 2}]", "ingressGateways[0].name", "has no name"),
    ("missing", WARNING, "1.1", "envs: [{name: a, sslSecret: b}]", "envs[0].hostAlias", "has no hostAlias"),
    ("missing", WARNING, "1.2", "virtualhosts: [{name: a, sslSecret: b, routingRules: [{env: test}]}]", "virtualhosts[0].hostAliases", "has no hostAliases"),
    ("missing", WARNING, "1.2", "virtualhosts: [{name: a, sslSecret: b, hostAliases: [a.example.com]}]", "virtualhosts[0].routingRules", "has no routingRules"),
    ("missing", ERROR, "1.10", "httpProxy: {scheme: HTTP, port: 1}", "httpProxy.host", "httpProxy has no host"),
    ("missing", ERROR, "1.10", "envs: [{name: a, httpProxy: {scheme: HTTP}}]", "envs[0].httpProxy.host", "has no host"),
    ("missing-credentials", WARNING, "1.16", "guardrails: {}", "guardrails", "guardrails has no service account"),
    ("missing-credentials", WARNING, "1.10", "logger: {enabled: true}", "logger", "logger has no service account"),
    ("missing-credentials", WARNING, "1.10", "cassandra: {backup: {enabled: true, dbStorageBucket: a}}", "cassandra.backup", "cassandra.backup has no service account"),
    ("missing-credentials", WARNING, "1.10", "cassandra: {restore: {enabled: true, dbStorageBucket: a}}", "cassandra.restore", "cassandra.restore has no service account"),
    ("missing-credentials", WARNING, "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true}}", "mart", "mart has no Google service account"),
    ("missing-credentials", WARNING, "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true}}", "envs[0]", "no Google service account for its runtime"),
    ("missing-tls", WARNING, "1.1", "envs: [{name: a, hostAlias: h.example.com}]", "envs[0]", "envs[0] has no certificate"),
    ("missing-mart-ingress", ERROR, "1.2", "mart: {hostAlias: m.example.com}", "mart", "no certificate for its ingress"),
    ("missing-mart-ingress", ERROR, "1.2", "mart: {hostAlias: m.example.com, sslCertPath: a}", "mart", "no certificate for its ingress"),
    ("incomplete-backup", ERROR, "1.10", "cassandra: {restore: {enabled: true, cloudProvider: GCP}}", "cassandra.restore", "has no dbStorageBucket"),
    *(("incomplete-backup", ERROR, "1.10", "cassandra: {backup: {enabled: true, cloudProvider: HYBRID}}", "cassandra.backup", f"is enabled for HYBRID and has no {name}") for name in ("server", "storageDirectory", "keyfile")),
    ("incomplete-backup", ERROR, "1.10", "cassandra: {restore: {enabled: true, cloudProvider: CSI}}", "cassandra.restore", "has no snapshotTimestamp"),
    ("exclusive", WARNING, "1.12", "gcp: {projectID: a, workloadIdentity: {enabled: true, gsa: a}, federatedWorkloadIdentity: {enabled: true}}", "gcp.workloadIdentity.enabled", "exclude each other"),
    ("exclusive", WARNING, "1.15", "httpProxy: {scheme: HTTP, host: a, useForRuntimeManagement: true}\nenvs: [{name: a, managementCallsSkipProxy: true}]", "envs[0].managementCallsSkipProxy", "exclude each other"),
    ("exclusive", WARNING, "1.10", "envs: [{name: a, serviceAccountPaths: {runtime: a}, serviceAccountSecretRefs: {runtime: b}}]", "envs[0].serviceAccountPaths.runtime", "exclude each other"),
    ("exclusive", WARNING, "1.10", "envs: [{name: a, cacheEncryptionPath: a, cacheEncryptionSecret: {name: b, key: c}}]", "envs[0].cacheEncryptionPath", "exclude each other"),
    ("exclusive", WARNING, "1.12", "cassandra: {storage: {capacity: 10Gi, storageSize: 20Gi}}", "cassandra.storage.storageSize", "capacity wins"),
    ("exclusive", WARNING, "1.10", "cassandra: {storage: {storageclass: a, storageClass: b, storageSize: 1Gi}}", "cassandra.storage.storageClass", "storageclass wins"),
    *(("exclusive", WARNING, "1.10", f"cassandra: {{{use}: {{keyfile: a, keyFile: b}}}}", f"cassandra.{use}.keyfile", "keyFile wins") for use in ("backup", "restore")),
    ("exclusive", WARNING, "1.10", "axHashSalt: a\naxHashSaltSecret: b", "axHashSalt", "axHashSaltSecret wins"),
    ("incomplete-pair", WARNING, "1.10", "cassandra: {nodeSelector: {key: a}}", "cassandra.nodeSelector", "has key without value"),
    ("incomplete-pair", WARNING, "1.10", "httpProxy: {scheme: HTTP, host: a, username: u}", "httpProxy", "has username without password"),
    ("incomplete-pair", WARNING, "1.10", "cassandra: {storage: {storageClass: a}}", "cassandra.storage", "has storageClass without storageSize"),
    ("incomplete-pair", WARNING, "1.10", "cassandra: {storage: {storageclass: a}}", "cassandra.storage", "has storageclass without storageSize"),
    ("incomplete-pair", WARNING, "1.15", "envs: [{name: a, components: {runtime: {resources: {limits: {memory: 6Gi}}}}}]", "envs[0].components.runtime.resources", "has limits.memory without requests.memory"),
    ("min-above-max", INFO, "1.10", "mart: {serviceAccountPath: sa.json, replicaCountMin: 6}", "mart.replicaCountMin", "more than replicaCountMax, which is 5 by default"),
    ("min-above-max", INFO, "1.10", "ingressGateways: [{name: gateway, replicaCountMax: 1}]", "ingressGateways[0].replicaCountMax", "less than replicaCountMin, which is 2 by default"),
    ("bad-toleration", ERROR, "1.10", "ao: {tolerations: [{effect: NoSchedule}]}", "ao.tolerations[0]", "has no key"),
    ("bad-toleration", ERROR, "1.10", "ao: {tolerations: [{key: a, value: b, effect: NoSchedule, tolerationSeconds: 1}]}", "ao.tolerations[0].tolerationSeconds", "NoExecute only"),
    ("bad-toleration", WARNING, "1.10", "ao: {tolerations: [{key: a, operator: Exists}]}", "ao.tolerations[0]", "tolerates every effect"),
    ("no-effect", INFO, "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true, gsa: a@b.iam.gserviceaccount.com}}", "mart.serviceAccountPath", "while Workload Identity is on"),
    ("no-effect", INFO, "1.10", "gcp: {projectID: a, workloadIdentityEnabled: true}", "envs[0].serviceAccountPaths", "while Workload Identity is on"),
    ("no-effect", INFO, "1.12", "serviceAccountSecretProviderClass: a", "mart.serviceAccountPath", "beside serviceAccountSecretProviderClass"),
    ("no-effect", INFO, "1.12", "envs: [{name: a, serviceAccountSecretProviderClass: b, " + ENV_FILES + "}]", "envs[0].serviceAccountPaths", "beside serviceAccountSecretProviderClass"),
    ("no-effect", WARNING, "1.10", "mart: {gsa: a@b.iam.gserviceaccount.com}", "mart.gsa", "unless gcp.workloadIdentity.enabled is true"),
    ("no-effect", INFO, "1.10", "cassandra: {auth: {secretProviderClass: a, admin: {password: b}}}", "cassandra.auth.admin.password", "beside cassandra.auth.secretProviderClass"),
    ("no-effect", INFO, "1.10", "cassandra: {auth: {secret: a, admin: {password: b}}}", "cassandra.auth.admin.password", "beside cassandra.auth.secret"),
    ("no-effect", INFO, "1.10", "redis: {auth: {secret: a, password: b}}", "redis.auth.password", "beside redis.auth.secret"),
    ("no-effect", INFO, "1.11", "hub: gcr.io/a\nmart: {image: {url: gcr.io/b}}", "mart.image.url", "beside hub"),
    ("no-effect", WARNING, "1.10", "runtime: {targetCPUUtilizationPercentage: 75, hpaMetrics: {targetCPUUtilizationPercentage: 70}}", "runtime.hpaMetrics.targetCPUUtilizationPercentage", "keep one of the two"),
    ("no-effect", INFO, "1.10", "runtime: {terminationGracePeriodSeconds: 60}", "runtime.terminationGracePeriodSeconds", "controller sets it"),
    ("no-effect", WARNING, "1.10", "ingressGateways: [{name: gateway, svcType: ClusterIP, svcLoadBalancerIP: 10.0.0.1}]", "ingressGateways[0].svcLoadBalancerIP", "ClusterIP"),
    ("no-effect", WARNING, "1.10", VHOST + "caCertPath: a}]", "virtualhosts[0].caCertPath", "unless tlsMode is MUTUAL"),
    ("no-effect", INFO, "1.12", "istiod: {healthCheckUserAgents: [a]}", "istiod.healthCheckUserAgents", "Helm charts"),
    ("no-effect", INFO, "1.10", "cassandra: {backup: {cloudProvider: CSI, dbStorageBucket: a}}", "cassandra.backup.dbStorageBucket", "unless cloudProvider is GCP"),
    ("one-way-switch", INFO, "1.14", "enhanceProxyLimits: false", "enhanceProxyLimits", "must not go back to false"),
    ("gateway-selector", WARNING, "1.8", VHOST + "}]\nao: {args: {disableIstioConfigInAPIServer: false}}", "virtualhosts[0].selector.app", "for a mesh of your own"),
    ("gateway-selector", WARNING, "1.8", VHOST.replace("apigee-i", "istio-i") + "}]\nao: {args: {disableIstioConfigInAPIServer: true}}", "virtualhosts[0].selector.app", "for Apigee's own gateway"),
    ("cipher-suites", WARNING, "1.10", VHOST + "minTLSProtocolVersion: '1.1'}]", "virtualhosts[0].minTLSProtocolVersion", "list them in cipherSuites"),
    ("cipher-suites", INFO, "1.10", VHOST + "cipherSuites: [ECDHE-ECDSA-AES128-SHA]}]", "virtualhosts[0].cipherSuites[0]", "RSA"),
    ("proxy-scheme", WARNING, "1.10", "envs: [{name: a, httpProxy: {host: b}}]", "envs[0].httpProxy", "has no scheme"),
    ("multi-region", WARNING, "1.10", "cassandra: {multiRegionSeedHost: 10.0.0.1, hostNetwork: true}", "cassandra.datacenter", "cassandra.datacenter is dc-1"),
    ("multi-region", WARNING, "1.10", "cassandra: {multiRegionSeedHost: 10.0.0.1, datacenter: dc-2}", "cassandra.hostNetwork", "must be the same in all regions"),
    ("bad-encryption-key", ERROR, "1.10", "kmsEncryptionKey: ./keys/kms.txt", "kmsEncryptionKey", "for a file there is kmsEncryptionPath"),
    ("connect-account", WARNING, "1.10", "connectAgent: {serviceAccountRef: a}\nmart: {serviceAccountRef: b}", "connectAgent.serviceAccountRef", "mart.serviceAccountRef is b"),
    ("connect-account", WARNING, "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true}}\nconnectAgent: {gsa: a@b.iam.gserviceaccount.com}\nmart: {gsa: c@b.iam.gserviceaccount.com}", "connectAgent.gsa", "Apigee Connect Agent"),
    ("connect-account", WARNING, "1.10", "connectAgent: {serviceAccountPath: a.json}", "connectAgent.serviceAccountPath", "use MART's account for both"),
]  # fmt: skip

FINE: list[tuple[str, str, str]] = [
    # code, release, fragment that does not show it
    ("wrong-unit", "1.10", "runtime: {hpaMetrics: {serverMainTaskWaitTime: 400M}, resources: {requests: {cpu: 1, memory: 1Gi}}}"),
    ("wrong-type", "1.10", "runtime: {resources: {requests: {cpu: 1}}}"),
    ("jvm-size", "1.15", "cassandra: {maxHeapSize: 8192M, heapNewSize: 1200M}\nruntime: {cwcAppend: {bin_setenv_max_mem: 4096m}}"),
    ("heap-above-memory", "1.15", "runtime: {cwcAppend: {bin_setenv_max_mem: 4096m}, resources: {limits: {memory: 6Gi}}}"),
    ("heap-above-memory", "1.15", "runtime: {resources: {limits: {memory: 2Gi}}}\nenvs: [{name: a, components: {runtime: {cwcAppend: {bin_setenv_max_mem: 4g}, resources: {limits: {memory: 6Gi}}}}}]"),
    ("bad-host", "1.10", "httpProxy: {scheme: HTTP, host: 'fd00::1'}\nconnectAgent: {server: 'apigeeconnect.googleapis.com:443'}"),
    ("bad-region", "1.10", "k8sCluster: {name: a, region: germanywestcentral}"),
    ("bad-schedule", "1.10", "cassandra: {backup: {schedule: '*/5 2-4 * * MON,FRI'}, restore: {snapshotTimestamp: '20210203213003'}}"),
    ("bad-url", "1.10", "contractProvider: https://eu-apigee.googleapis.com\nmart: {image: {url: gcr.io/a/b}}"),
    ("placeholder", "1.10", "cassandra: {auth: {admin: {password: $Secret}}}\nruntime: {envVars: {A: $B}, annotations: {a: <b>}}"),
    ("placeholder", "1.10", "istiod: {forwardClientCertDetails: SANITIZE_SET, accessLogFormat: '$TIME {\"a\": 1}'}"),
    ("bad-name", "1.2", "envs: [{name: test-1}]"),
    ("missing-credentials", "1.15", "mintTaskScheduler: {}"),
    ("missing-credentials", "1.10", "cassandra: {backup: {serviceAccountPath: a}, restore: {enabled: true, dbStorageBucket: a}}"),
    ("missing-credentials", "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true, gsa: a@b.iam.gserviceaccount.com}}"),
    ("missing-credentials", "1.12", "serviceAccountSecretProviderClass: a\nmart: {}\nwatcher: {}"),
    ("incomplete-backup", "1.10", "cassandra: {backup: {enabled: true, cloudProvider: CSI}}"),
    ("incomplete-backup", "1.10", "cassandra: {backup: {dbStorageBucket: a}, restore: {enabled: true, snapshotTimestamp: '20210203213003'}}"),
    ("missing-mart-ingress", "1.2", "connectAgent: {enabled: true, serviceAccountPath: a}\nmart: {serviceAccountPath: a}"),
    ("missing-mart-ingress", "1.10", "connectAgent: {enabled: false}\nmart: {serviceAccountPath: a}"),
    ("missing-selector", "1.7", "virtualhosts: [{name: a, sslSecret: b}]"),
    ("gateway-selector", "1.8", VHOST.replace("apigee-i", "istio-i") + "}]"),
    ("min-above-max", "1.10", "runtime: {replicaCountMin: 2, replicaCountMax: 2}"),
    ("bad-toleration", "1.10", "ao: {tolerations: [{operator: Exists, effect: NoExecute, tolerationSeconds: 60}]}"),
    ("no-effect", "1.10", "gcp: {projectID: a, workloadIdentity: {enabled: true, gsa: a@b.iam.gserviceaccount.com}}\nenvs: [{name: a, gsa: {runtime: a@b.iam.gserviceaccount.com}}]\nmart: {}\nudca: {}\nwatcher: {}\nmetrics: {}\nconnectAgent: {}"),
    ("one-way-switch", "1.13", "newDataPipeline: {analytics: true}"),
    ("bucket-prefix", "1.12", "cassandra: {backup: {dbStorageBucket: 'gs://a'}}"),
    ("duplicate-host-alias", "1.1", "envs: [{name: a, hostAlias: h.example.com, paths: {uri: {prefixes: [/a]}}}, {name: b, hostAlias: h.example.com, paths: {uri: {prefixes: [/b]}}}]"),
    ("duplicate-host-alias", "1.10", "virtualhosts: [{name: a, hostAliases: [h]}, {name: b, hostAliases: [h]}]"),
    ("unknown-environment", "1.10", "virtualhosts: [{name: a, routingRules: [{env: z}]}]"),
    ("connect-account", "1.10", "connectAgent: {serviceAccountPath: ./sa.json}"),
    ("connect-account", "1.10", "connectAgent: {serviceAccountRef: a}"),
    ("proxy-order", "1.10", "httpProxy: {host: a, port: 1, scheme: HTTP}"),
    ("exclusive", "1.15", "httpProxy: {scheme: HTTP, host: a, useForRuntimeManagement: false}\nenvs: [{name: a, managementCallsSkipProxy: true}]"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "release", "fragment", "path", "words"), CASES)
def test_a_mistake_is_found_at_its_property(
    code: str, severity: Severity, release: str, fragment: str, path: str, words: str
) -> None:
    assert severity in CODES[code].severities

    found = judge(whole(fragment + "\n", release), release=release)

    told = [
        (each.severity, dotted(each.path))
        for each in found
        if each.code == code and words in f"{each.message} {each.hint}"
    ]
    assert (severity, path) in told, [(each.code, dotted(each.path), each.message) for each in found]


@pytest.mark.parametrize(("code", "release", "fragment"), FINE)
def test_what_is_no_mistake_is_not_found(code: str, release: str, fragment: str) -> None:
    found = judge(whole(fragment + "\n", release), release=release)

    assert code not in {each.code for each in found}


def test_every_need_has_a_case() -> None:
    told = {path for code, *_, path, _ in CASES if code == "missing"}
    items = {f"{need.items}[0].{need.property}" for need in ITEM_NEEDS}
    in_other_file = {
        "org",
        "instanceID",
        "gcp.projectID",
        "ingressGateways",
        "k8sCluster.name",
        "envs[0].name",
    }

    assert {need.properties[0] for need in NEEDS} | items <= told | in_other_file
    hints = [case[-1] for case in CASES if case[0] == "incomplete-backup"]
    assert all(any(need.properties[0] in hint for hint in hints) for need in BACKUP_NEEDS)


def test_every_rival_has_a_case() -> None:
    hints = " ".join(case[-1] for case in CASES if case[0] == "exclusive")

    assert all(f"{rival.winner} wins" in hints for rival in RIVALS)


@pytest.mark.parametrize(
    "path",
    [each.path for each in catalogue.properties() if each.required_with and not catalogue.find(each.required_with[0]).default],  # type: ignore[union-attr]
)  # fmt: skip
def test_half_of_every_pair_of_the_catalogue_is_told(path: str) -> None:
    release = "1.1" if path.startswith("envs[].ssl") else "1.2"
    *holders, last = path.split(".")
    fragment = f"{last}: x"
    for holder in reversed(holders):
        listed = holder.endswith("[]")
        fragment = f"{holder[:-2]}: [{{name: test, {fragment}}}]" if listed else f"{holder}: {{{fragment}}}"

    found = judge(whole(fragment + "\n", release), release=release)

    words = [each.message for each in found if each.code == "incomplete-pair"]
    assert any(" without " in message for message in words), (fragment, words)


def test_everything_idle_has_a_case() -> None:
    messages = [message for code, message in _told() if code == "no-effect"]

    assert all(any(message.endswith(idle.because) for message in messages) for idle in IDLE)


def test_messages_begin_small_and_end_without_a_period() -> None:
    for _, message in _told():
        first = message.partition(" ")[0].strip(":")
        assert message[0].islower() or first in ("MART", "Apigee"), message
        assert not message.endswith("."), message


def test_a_placeholder_is_one_problem_only() -> None:
    fragment = (
        "gcp: {projectID: YOUR_PROJECT, region: YOUR_REGION}\nhttpProxy: {scheme: HTTP, host: $PROXY_HOST}\n"
        "mart: {serviceAccountRef: YOUR_SECRET}\ncontractProvider: <provider>\n"
    )
    found = judge(whole(fragment, "1.10"))

    assert {each.code for each in found if each.severity is not INFO} == {"placeholder"}


def test_every_name_rule_has_a_case_but_those_of_the_other_file() -> None:
    told = {path.replace("[0]", "[]") for code, *_, path, _ in CASES if code == "bad-name"}
    elsewhere = {
        "org",
        "virtualhosts[].name",
        "ingressGateways[].name",
        "instanceID",
        "revision",
        "envs[].name",
    }

    for rule in NAME_RULES:
        assert rule.path in elsewhere or any(path.endswith(rule.path.lstrip("*")) for path in told), rule.path


def _told() -> list[tuple[str, str]]:
    return [
        (each.code, each.message)
        for _, _, release, fragment, _, _ in CASES
        for each in judge(whole(fragment + "\n", release), release=release)
    ]
