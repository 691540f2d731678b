"""The built-in kinds that clients of the sandbox meet, as a table of their types.

    Type: form field field ...; form field ...

| form | meaning |
| --- | --- |
| `str` `int` `bool` `num` `bytes` `time` `microtime` `quantity` `intstr` | a scalar |
| `any` / `free` | anything, owned whole / field by field |
| `Name` | another type of the table |
| `{form}` | a map with free keys |
| `[form]` / `[form key,key]` / `[form =]` | a list: whole / items told apart by keys / a set |

A `#` behind a form or type makes a map one whole. What an answer shows of an unset field stands last: `!` the
zero value, `&` the empty object, `?` null; `=V` is a default. `*` keeps a zero that was set; without it a
zero is as good as unset, and answers leave it out.
"""

from __future__ import annotations

KINDS: dict[str, tuple[str, ...]] = {
    "": (
        "ConfigMap",
        "Event",
        "Namespace",
        "Node",
        "PersistentVolumeClaim",
        "Pod",
        "Secret",
        "Service",
        "ServiceAccount",
    ),
    "admissionregistration.k8s.io": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apiregistration.k8s.io": ("APIService",),
    "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "batch": ("CronJob", "Job"),
    "coordination.k8s.io": ("Lease",),
    "policy": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "scheduling.k8s.io": ("PriorityClass",),
    "storage.k8s.io": ("StorageClass",),
}

TYPES = """
APIService: ObjectMeta& metadata; APIServiceSpec& spec; APIServiceStatus& status
APIServiceCondition: time? lastTransitionTime; str message reason; str! status type
APIServiceSpec: bytes caBundle; str group version; int! groupPriorityMinimum versionPriority; bool
  insecureSkipTLSVerify; ApiregistrationServiceReference service
APIServiceStatus: [APIServiceCondition type] conditions
AdmissionregistrationServiceReference: str! name namespace; str* path; int* port
AdmissionregistrationWebhookClientConfig: bytes caBundle; AdmissionregistrationServiceReference service;
  str* url
Affinity: NodeAffinity nodeAffinity; PodAffinity podAffinity; PodAntiAffinity podAntiAffinity
AggregationRule: [LabelSelector] clusterRoleSelectors
ApiregistrationServiceReference: str name namespace; int* port
AppArmorProfile: str* localhostProfile; str! type
CSIVolumeSource: str! driver; str* fsType; LocalObjectReference nodePublishSecretRef; bool* readOnly; {str!}
  volumeAttributes
Capabilities: [str!] add drop
ClientIPConfig: int* timeoutSeconds
ClusterRole: AggregationRule aggregationRule; ObjectMeta& metadata; [PolicyRule]? rules
ClusterRoleBinding: ObjectMeta& metadata; RoleRef& roleRef; [Subject] subjects
Condition: time? lastTransitionTime; str! message reason status type; int observedGeneration
ConfigMap: {bytes} binaryData; {str!} data; bool* immutable; ObjectMeta& metadata
ConfigMapEnvSource: str name; bool* optional
ConfigMapKeySelector#: str! key; str name; bool* optional
ConfigMapProjection: [KeyToPath] items; str name; bool* optional
ConfigMapVolumeSource: int* defaultMode; [KeyToPath] items; str name; bool* optional
Container: [str!] args command; [EnvVar name] env; [EnvFromSource] envFrom; str image imagePullPolicy
  terminationMessagePath terminationMessagePolicy workingDir; Lifecycle lifecycle; Probe livenessProbe
  readinessProbe startupProbe; str! name; [ContainerPort containerPort,protocol] ports;
  [ContainerResizePolicy] resizePolicy; ResourceRequirements& resources; str* restartPolicy; SecurityContext
  securityContext; bool stdin stdinOnce tty; [VolumeDevice devicePath] volumeDevices; [VolumeMount
  mountPath] volumeMounts
ContainerPort: int! containerPort; str hostIP name; int hostPort; str=TCP protocol
ContainerResizePolicy: str! resourceName restartPolicy
ContainerResourceMetricSource: str! container name; MetricTarget& target
ContainerResourceMetricStatus: str! container name; MetricValueStatus& current
CronJob: ObjectMeta& metadata; CronJobSpec& spec; CronJobStatus& status
CronJobSpec: str concurrencyPolicy; int* failedJobsHistoryLimit startingDeadlineSeconds
  successfulJobsHistoryLimit; JobTemplateSpec& jobTemplate; str! schedule; bool* suspend; str* timeZone
CronJobStatus: [ObjectReference] active; time lastScheduleTime lastSuccessfulTime
CrossVersionObjectReference: str apiVersion; str! kind name
CustomResourceConversion: str! strategy; WebhookConversion webhook
CustomResourceDefinition: ObjectMeta& metadata; CustomResourceDefinitionSpec& spec;
  CustomResourceDefinitionStatus& status
CustomResourceDefinitionCondition: time? lastTransitionTime; str message reason; str! status type
CustomResourceDefinitionNames: [str!] categories shortNames; str! kind plural; str listKind singular
CustomResourceDefinitionSpec: CustomResourceConversion conversion; str! group scope;
  CustomResourceDefinitionNames& names; bool preserveUnknownFields; [free]? versions
CustomResourceDefinitionStatus: CustomResourceDefinitionNames& acceptedNames;
  [CustomResourceDefinitionCondition type]? conditions; [str!]? storedVersions
DaemonEndpoint: int! Port
DaemonSet: ObjectMeta& metadata; DaemonSetSpec& spec; DaemonSetStatus& status
DaemonSetCondition: time? lastTransitionTime; str message reason; str! status type
DaemonSetSpec: int minReadySeconds; int* revisionHistoryLimit; LabelSelector? selector; PodTemplateSpec&
  template; DaemonSetUpdateStrategy& updateStrategy
DaemonSetStatus: int* collisionCount; [DaemonSetCondition type] conditions; int! currentNumberScheduled
  desiredNumberScheduled numberMisscheduled numberReady; int numberAvailable numberUnavailable
  observedGeneration updatedNumberScheduled
DaemonSetUpdateStrategy: RollingUpdateDaemonSet rollingUpdate; str type
Deployment: ObjectMeta& metadata; DeploymentSpec& spec; DeploymentStatus& status
DeploymentCondition: time? lastTransitionTime lastUpdateTime; str message reason; str! status type
DeploymentSpec: int minReadySeconds; bool paused; int* progressDeadlineSeconds replicas
  revisionHistoryLimit; LabelSelector? selector; DeploymentStrategy& strategy; PodTemplateSpec& template
DeploymentStatus: int availableReplicas observedGeneration readyReplicas replicas unavailableReplicas
  updatedReplicas; int* collisionCount; [DeploymentCondition type] conditions
DeploymentStrategy: RollingUpdateDeployment rollingUpdate; str type
DownwardAPIProjection: [DownwardAPIVolumeFile] items
DownwardAPIVolumeFile: ObjectFieldSelector fieldRef; int* mode; str! path; ResourceFieldSelector
  resourceFieldRef
DownwardAPIVolumeSource: int* defaultMode; [DownwardAPIVolumeFile] items
EmptyDirVolumeSource: str medium; quantity sizeLimit
EnvFromSource: ConfigMapEnvSource configMapRef; str prefix; SecretEnvSource secretRef
EnvVar: str! name; str value; EnvVarSource valueFrom
EnvVarSource: ConfigMapKeySelector configMapKeyRef; ObjectFieldSelector fieldRef; ResourceFieldSelector
  resourceFieldRef; SecretKeySelector secretKeyRef
EphemeralContainer: [str!] args command; [EnvVar name] env; [EnvFromSource] envFrom; str image
  imagePullPolicy targetContainerName terminationMessagePath terminationMessagePolicy workingDir; Lifecycle
  lifecycle; Probe livenessProbe readinessProbe startupProbe; str! name; [ContainerPort
  containerPort,protocol] ports; [ContainerResizePolicy] resizePolicy; ResourceRequirements& resources; str*
  restartPolicy; SecurityContext securityContext; bool stdin stdinOnce tty; [VolumeDevice devicePath]
  volumeDevices; [VolumeMount mountPath] volumeMounts
EphemeralVolumeSource: PersistentVolumeClaimTemplate volumeClaimTemplate
Event: str action message reason type; int count; microtime? eventTime; time? firstTimestamp lastTimestamp;
  ObjectReference& involvedObject; ObjectMeta& metadata; ObjectReference related; str! reportingComponent
  reportingInstance; EventSeries series; EventSource& source
EventSeries: int count; microtime? lastObservedTime
EventSource: str component host
ExecAction: [str!] command
ExternalMetricSource: MetricIdentifier& metric; MetricTarget& target
ExternalMetricStatus: MetricValueStatus& current; MetricIdentifier& metric
GRPCAction: int! port; str* service
HPAScalingPolicy: int! periodSeconds value; str! type
HPAScalingRules: [HPAScalingPolicy] policies; str* selectPolicy; int* stabilizationWindowSeconds
HTTPGetAction: str host path scheme; [HTTPHeader] httpHeaders; intstr! port
HTTPHeader: str! name value
HorizontalPodAutoscaler: ObjectMeta& metadata; HorizontalPodAutoscalerSpec& spec;
  HorizontalPodAutoscalerStatus& status
HorizontalPodAutoscalerBehavior: HPAScalingRules scaleDown scaleUp
HorizontalPodAutoscalerCondition: time? lastTransitionTime; str message reason; str! status type
HorizontalPodAutoscalerSpec: HorizontalPodAutoscalerBehavior behavior; int! maxReplicas; [MetricSpec]
  metrics; int* minReplicas; CrossVersionObjectReference& scaleTargetRef
HorizontalPodAutoscalerStatus: [HorizontalPodAutoscalerCondition type] conditions; [MetricStatus]?
  currentMetrics; int currentReplicas; int! desiredReplicas; time lastScaleTime; int* observedGeneration
HostAlias: [str!] hostnames; str! ip
HostIP: str! ip
HostPathVolumeSource: str! path; str* type
ImageVolumeSource: str pullPolicy reference
Job: ObjectMeta& metadata; JobSpec& spec; JobStatus& status
JobCondition: time? lastProbeTime lastTransitionTime; str message reason; str! status type
JobSpec: int* activeDeadlineSeconds backoffLimit backoffLimitPerIndex completions maxFailedIndexes
  parallelism ttlSecondsAfterFinished; str* completionMode managedBy podReplacementPolicy; bool*
  manualSelector suspend; free podFailurePolicy successPolicy; LabelSelector selector; PodTemplateSpec&
  template
JobStatus: int active failed succeeded; str completedIndexes; time completionTime startTime; [JobCondition]
  conditions; str* failedIndexes; int* ready terminating; free uncountedTerminatedPods
JobTemplateSpec: ObjectMeta& metadata; JobSpec& spec
KeyToPath: str! key path; int* mode
LabelSelector#: [LabelSelectorRequirement] matchExpressions; {str!} matchLabels
LabelSelectorRequirement: str! key operator; [str!] values
Lease: ObjectMeta& metadata; LeaseSpec& spec
LeaseSpec: microtime acquireTime renewTime; str* holderIdentity preferredHolder strategy; int*
  leaseDurationSeconds leaseTransitions
Lifecycle: LifecycleHandler postStart preStop
LifecycleHandler: ExecAction exec; HTTPGetAction httpGet; SleepAction sleep; TCPSocketAction tcpSocket
LoadBalancerIngress: str hostname ip; str* ipMode; [PortStatus] ports
LoadBalancerStatus: [LoadBalancerIngress] ingress
LocalObjectReference#: str name
ManagedFieldsEntry: str apiVersion fieldsType manager operation subresource; any fieldsV1; time time
MatchCondition: str! expression name
MetricIdentifier: str! name; LabelSelector selector
MetricSpec: ContainerResourceMetricSource containerResource; ExternalMetricSource external;
  ObjectMetricSource object; PodsMetricSource pods; ResourceMetricSource resource; str! type
MetricStatus: ContainerResourceMetricStatus containerResource; ExternalMetricStatus external;
  ObjectMetricStatus object; PodsMetricStatus pods; ResourceMetricStatus resource; str! type
MetricTarget: int* averageUtilization; quantity averageValue value; str! type
MetricValueStatus: int* averageUtilization; quantity averageValue value
MutatingWebhook: [str!]? admissionReviewVersions; AdmissionregistrationWebhookClientConfig& clientConfig;
  str* failurePolicy matchPolicy reinvocationPolicy sideEffects; [MatchCondition name] matchConditions; str!
  name; LabelSelector namespaceSelector objectSelector; [RuleWithOperations] rules; int* timeoutSeconds
MutatingWebhookConfiguration: ObjectMeta& metadata; [MutatingWebhook name] webhooks
NFSVolumeSource: str! path server; bool readOnly
Namespace: ObjectMeta& metadata; NamespaceSpec& spec; NamespaceStatus& status
NamespaceCondition: time? lastTransitionTime; str message reason; str! status type
NamespaceSpec: [str!] finalizers
NamespaceStatus: [NamespaceCondition type] conditions; str phase
Node: ObjectMeta& metadata; NodeSpec& spec; NodeStatus& status
NodeAddress: str! address type
NodeAffinity: [PreferredSchedulingTerm] preferredDuringSchedulingIgnoredDuringExecution; NodeSelector
  requiredDuringSchedulingIgnoredDuringExecution
NodeCondition: time? lastHeartbeatTime lastTransitionTime; str message reason; str! status type
NodeDaemonEndpoints: DaemonEndpoint& kubeletEndpoint
NodeSelector#: [NodeSelectorTerm]? nodeSelectorTerms
NodeSelectorRequirement: str! key operator; [str!] values
NodeSelectorTerm#: [NodeSelectorRequirement] matchExpressions matchFields
NodeSpec: free configSource; str externalID podCIDR providerID; [str! =] podCIDRs; [Taint] taints; bool
  unschedulable
NodeStatus: [NodeAddress type] addresses; {quantity} allocatable capacity; [NodeCondition type] conditions;
  free config features; NodeDaemonEndpoints& daemonEndpoints; [free] images runtimeHandlers volumesAttached;
  NodeSystemInfo& nodeInfo; str phase; [str!] volumesInUse
NodeSystemInfo: str! architecture bootID containerRuntimeVersion kernelVersion kubeProxyVersion
  kubeletVersion machineID operatingSystem osImage systemUUID
ObjectFieldSelector#: str apiVersion; str! fieldPath
ObjectMeta: {str!} annotations labels; time? creationTimestamp; int* deletionGracePeriodSeconds; time
  deletionTimestamp; [str! =] finalizers; str generateName name namespace resourceVersion selfLink uid; int
  generation; [ManagedFieldsEntry] managedFields; [OwnerReference uid] ownerReferences
ObjectMetricSource: CrossVersionObjectReference& describedObject; MetricIdentifier& metric; MetricTarget&
  target
ObjectMetricStatus: MetricValueStatus& current; CrossVersionObjectReference& describedObject;
  MetricIdentifier& metric
ObjectReference#: str apiVersion fieldPath kind name namespace resourceVersion uid
OwnerReference#: str! apiVersion kind name uid; bool* blockOwnerDeletion controller
PersistentVolumeClaim: ObjectMeta& metadata; PersistentVolumeClaimSpec& spec; PersistentVolumeClaimStatus&
  status
PersistentVolumeClaimCondition: time? lastProbeTime lastTransitionTime; str message reason; str! status type
PersistentVolumeClaimSpec: [str!] accessModes; TypedLocalObjectReference dataSource; TypedObjectReference
  dataSourceRef; VolumeResourceRequirements& resources; LabelSelector selector; str* storageClassName
  volumeAttributesClassName volumeMode; str volumeName
PersistentVolumeClaimStatus: [str!] accessModes; {str!} allocatedResourceStatuses; {quantity}
  allocatedResources capacity; [PersistentVolumeClaimCondition type] conditions; str*
  currentVolumeAttributesClassName; free modifyVolumeStatus; str phase
PersistentVolumeClaimTemplate: ObjectMeta& metadata; PersistentVolumeClaimSpec& spec
PersistentVolumeClaimVolumeSource: str! claimName; bool readOnly
Pod: ObjectMeta& metadata; PodSpec& spec; PodStatus& status
PodAffinity: [WeightedPodAffinityTerm] preferredDuringSchedulingIgnoredDuringExecution; [PodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution
PodAffinityTerm: LabelSelector labelSelector namespaceSelector; [str!] matchLabelKeys mismatchLabelKeys
  namespaces; str! topologyKey
PodAntiAffinity: [WeightedPodAffinityTerm] preferredDuringSchedulingIgnoredDuringExecution;
  [PodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution
PodCondition: time? lastProbeTime lastTransitionTime; str message reason; str! status type
PodDNSConfig: [str!] nameservers searches; [PodDNSConfigOption] options
PodDNSConfigOption: str name; str* value
PodDisruptionBudget: ObjectMeta& metadata; PodDisruptionBudgetSpec& spec; PodDisruptionBudgetStatus& status
PodDisruptionBudgetSpec: intstr maxUnavailable minAvailable; LabelSelector selector; str*
  unhealthyPodEvictionPolicy
PodDisruptionBudgetStatus: [Condition type] conditions; int! currentHealthy desiredHealthy
  disruptionsAllowed expectedPods; {time} disruptedPods; int observedGeneration
PodIP: str! ip
PodOS: str! name
PodReadinessGate: str! conditionType
PodResourceClaim: str! name; str* resourceClaimName resourceClaimTemplateName
PodSchedulingGate: str! name
PodSecurityContext: AppArmorProfile appArmorProfile; int* fsGroup runAsGroup runAsUser; str*
  fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy; bool* runAsNonRoot; free seLinuxOptions
  windowsOptions; SeccompProfile seccompProfile; [int!] supplementalGroups; [Sysctl] sysctls
PodSpec: int* activeDeadlineSeconds priority terminationGracePeriodSeconds; Affinity affinity; bool*
  automountServiceAccountToken enableServiceLinks hostUsers setHostnameAsFQDN shareProcessNamespace;
  [Container name]? containers; PodDNSConfig dnsConfig; str dnsPolicy hostname nodeName priorityClassName
  restartPolicy schedulerName serviceAccount serviceAccountName subdomain; [EphemeralContainer name]
  ephemeralContainers; [HostAlias ip] hostAliases; bool hostIPC hostNetwork hostPID; [LocalObjectReference
  name] imagePullSecrets; [Container name] initContainers; {str!}# nodeSelector; PodOS os; {quantity}
  overhead; str* preemptionPolicy runtimeClassName; [PodReadinessGate] readinessGates; [PodResourceClaim
  name] resourceClaims; ResourceRequirements resources; [PodSchedulingGate name] schedulingGates;
  PodSecurityContext securityContext; [Toleration] tolerations; [TopologySpreadConstraint
  topologyKey,whenUnsatisfiable] topologySpreadConstraints; [Volume name] volumes
PodStatus: [PodCondition type] conditions; [free] containerStatuses ephemeralContainerStatuses
  initContainerStatuses; str hostIP message nominatedNodeName phase podIP qosClass reason resize; [HostIP]
  hostIPs; [PodIP ip] podIPs; [free name] resourceClaimStatuses; time startTime
PodTemplateSpec: ObjectMeta& metadata; PodSpec& spec
PodsMetricSource: MetricIdentifier& metric; MetricTarget& target
PodsMetricStatus: MetricValueStatus& current; MetricIdentifier& metric
PolicyRule: [str!] apiGroups nonResourceURLs resourceNames resources; [str!]? verbs
PortStatus: str* error; int! port; str! protocol
PreferredSchedulingTerm: NodeSelectorTerm& preference; int! weight
PriorityClass: str description; bool globalDefault; ObjectMeta& metadata; str* preemptionPolicy; int! value
Probe: ExecAction exec; int failureThreshold initialDelaySeconds periodSeconds successThreshold
  timeoutSeconds; GRPCAction grpc; HTTPGetAction httpGet; TCPSocketAction tcpSocket; int*
  terminationGracePeriodSeconds
ProjectedVolumeSource: int* defaultMode; [VolumeProjection]? sources
ReplicaSet: ObjectMeta& metadata; ReplicaSetSpec& spec; ReplicaSetStatus& status
ReplicaSetCondition: time? lastTransitionTime; str message reason; str! status type
ReplicaSetSpec: int minReadySeconds; int* replicas; LabelSelector? selector; PodTemplateSpec& template
ReplicaSetStatus: int availableReplicas fullyLabeledReplicas observedGeneration readyReplicas;
  [ReplicaSetCondition type] conditions; int! replicas
ResourceClaim: str! name; str request
ResourceFieldSelector#: str containerName; quantity divisor; str! resource
ResourceMetricSource: str! name; MetricTarget& target
ResourceMetricStatus: MetricValueStatus& current; str! name
ResourceRequirements: [ResourceClaim name] claims; {quantity} limits requests
Role: ObjectMeta& metadata; [PolicyRule]? rules
RoleBinding: ObjectMeta& metadata; RoleRef& roleRef; [Subject] subjects
RoleRef#: str! apiGroup kind name
RollingUpdateDaemonSet: intstr maxSurge maxUnavailable
RollingUpdateDeployment: intstr maxSurge maxUnavailable
RollingUpdateStatefulSetStrategy: intstr maxUnavailable; int* partition
RuleWithOperations: [str!] apiGroups apiVersions operations resources; str* scope
SeccompProfile: str* localhostProfile; str! type
Secret: {bytes} data; bool* immutable; ObjectMeta& metadata; {str!} stringData; str type
SecretEnvSource: str name; bool* optional
SecretKeySelector#: str! key; str name; bool* optional
SecretProjection: [KeyToPath] items; str name; bool* optional
SecretVolumeSource: int* defaultMode; [KeyToPath] items; bool* optional; str secretName
SecurityContext: bool* allowPrivilegeEscalation privileged readOnlyRootFilesystem runAsNonRoot;
  AppArmorProfile appArmorProfile; Capabilities capabilities; str* procMount; int* runAsGroup runAsUser;
  free seLinuxOptions windowsOptions; SeccompProfile seccompProfile
Service: ObjectMeta& metadata; ServiceSpec& spec; ServiceStatus& status
ServiceAccount: bool* automountServiceAccountToken; [LocalObjectReference] imagePullSecrets; ObjectMeta&
  metadata; [ObjectReference name] secrets
ServiceAccountTokenProjection: str audience; int* expirationSeconds; str! path
ServicePort: str* appProtocol; str name; int nodePort; int! port; str=TCP protocol; intstr targetPort
ServiceReference: str! name namespace; str* path; int* port
ServiceSpec: bool* allocateLoadBalancerNodePorts; str clusterIP externalName externalTrafficPolicy
  loadBalancerIP sessionAffinity type; [str!] clusterIPs externalIPs ipFamilies loadBalancerSourceRanges;
  int healthCheckNodePort; str* internalTrafficPolicy ipFamilyPolicy loadBalancerClass trafficDistribution;
  [ServicePort port,protocol] ports; bool publishNotReadyAddresses; {str!}# selector; SessionAffinityConfig
  sessionAffinityConfig
ServiceStatus: [Condition type] conditions; LoadBalancerStatus& loadBalancer
SessionAffinityConfig: ClientIPConfig clientIP
SleepAction: int! seconds
StatefulSet: ObjectMeta& metadata; StatefulSetSpec& spec; StatefulSetStatus& status
StatefulSetCondition: time? lastTransitionTime; str message reason; str! status type
StatefulSetOrdinals: int! start
StatefulSetPersistentVolumeClaimRetentionPolicy: str whenDeleted whenScaled
StatefulSetSpec: int minReadySeconds; StatefulSetOrdinals ordinals;
  StatefulSetPersistentVolumeClaimRetentionPolicy persistentVolumeClaimRetentionPolicy; str
  podManagementPolicy; int* replicas revisionHistoryLimit; LabelSelector? selector; str! serviceName;
  PodTemplateSpec& template; StatefulSetUpdateStrategy& updateStrategy; [PersistentVolumeClaim]
  volumeClaimTemplates
StatefulSetStatus: int! availableReplicas replicas; int* collisionCount; [StatefulSetCondition type]
  conditions; int currentReplicas observedGeneration readyReplicas updatedReplicas; str currentRevision
  updateRevision
StatefulSetUpdateStrategy: RollingUpdateStatefulSetStrategy rollingUpdate; str type
StorageClass: bool* allowVolumeExpansion; [TopologySelectorTerm] allowedTopologies; ObjectMeta& metadata;
  [str!] mountOptions; {str!} parameters; str! provisioner; str* reclaimPolicy volumeBindingMode
Subject#: str apiGroup namespace; str! kind name
Sysctl: str! name value
TCPSocketAction: str host; intstr! port
Taint: str! effect key; time timeAdded; str value
Toleration: str effect key operator value; int* tolerationSeconds
TopologySelectorLabelRequirement: str! key; [str!]? values
TopologySelectorTerm#: [TopologySelectorLabelRequirement] matchLabelExpressions
TopologySpreadConstraint: LabelSelector labelSelector; [str!] matchLabelKeys; int! maxSkew; int* minDomains;
  str* nodeAffinityPolicy nodeTaintsPolicy; str! topologyKey whenUnsatisfiable
TypedLocalObjectReference#: str* apiGroup; str! kind name
TypedObjectReference: str* apiGroup namespace; str! kind name
ValidatingWebhook: [str!]? admissionReviewVersions; AdmissionregistrationWebhookClientConfig& clientConfig;
  str* failurePolicy matchPolicy sideEffects; [MatchCondition name] matchConditions; str! name;
  LabelSelector namespaceSelector objectSelector; [RuleWithOperations] rules; int* timeoutSeconds
ValidatingWebhookConfiguration: ObjectMeta& metadata; [ValidatingWebhook name] webhooks
Volume: free awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk
  gitRepo glusterfs iscsi photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume;
  ConfigMapVolumeSource configMap; CSIVolumeSource csi; DownwardAPIVolumeSource downwardAPI;
  EmptyDirVolumeSource emptyDir; EphemeralVolumeSource ephemeral; HostPathVolumeSource hostPath;
  ImageVolumeSource image; str! name; NFSVolumeSource nfs; PersistentVolumeClaimVolumeSource
  persistentVolumeClaim; ProjectedVolumeSource projected; SecretVolumeSource secret
VolumeDevice: str! devicePath name
VolumeMount: str! mountPath name; str* mountPropagation recursiveReadOnly; bool readOnly; str subPath
  subPathExpr
VolumeProjection: free clusterTrustBundle; ConfigMapProjection configMap; DownwardAPIProjection downwardAPI;
  SecretProjection secret; ServiceAccountTokenProjection serviceAccountToken
VolumeResourceRequirements: {quantity} limits requests
WebhookClientConfig: bytes caBundle; ServiceReference service; str* url
WebhookConversion: WebhookClientConfig clientConfig; [str!]? conversionReviewVersions
WeightedPodAffinityTerm: PodAffinityTerm& podAffinityTerm; int! weight
"""
