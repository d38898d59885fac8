/**
 * What fields mean, for OpenAPI documents and `kubectl explain`. One line each: by type and field where the
 * field's name alone would mislead, else by name. Read on first use; an import costs one string.
 */

/** By upstream's package and type (`core/v1.PodSpec`) and field. */
export function describeField(struct: string, field: string): string | undefined {
  const lines = load()
  return lines.get(`${typeOf(struct)}.${field}`) ?? lines.get(field)
}

/** A whole type: `core/v1.PodSpec`. */
export function describeType(struct: string): string | undefined {
  return load().get(`${typeOf(struct)}:`)
}

function typeOf(struct: string): string {
  return struct.slice(struct.lastIndexOf('.') + 1)
}

let loaded: ReadonlyMap<string, string> | undefined

function load(): ReadonlyMap<string, string> {
  if (loaded === undefined) {
    const lines = new Map<string, string>()
    for (const line of `${TYPES}\n${OVERRIDES}\n${FIELDS}`.split('\n')) {
      const [, key = '', text = ''] = /^\s*(\S+?:?) (.+)$/.exec(line) ?? []
      if (key !== '') lines.set(key, text)
    }
    loaded = lines
  }
  return loaded
}

const TYPES = `
Namespace: A scope for names, whose deletion takes everything in it along.
Node: A worker machine of the cluster.
NodeSpec: What is decided about a node: its address range, taints and whether pods may be scheduled to it.
NodeStatus: What a node's kubelet reports: health, capacity, addresses, versions and images.
Pod: Containers that share one node, network and set of volumes.
PodSpec: What a pod is to be: its containers, where it may run, and how it is run.
PodStatus: What became of a pod, as its kubelet last reported.
PodTemplateSpec: The metadata and spec of pods to create.
PodTemplate: A template for pods, stored by itself.
Container: One container of a pod.
EphemeralContainer: A container added to a running pod for debugging; it is never restarted.
ContainerStatus: What became of one container.
ContainerPort: A port that the container listens on.
EnvVar: One environment variable, given as text or taken from elsewhere.
EnvVarSource: Where the value of a variable comes from; exactly one source.
ResourceRequirements: What a container is promised and what it may not exceed.
Probe: A question asked of a container again and again to learn about its health.
SecurityContext: Under which user and with which rights a container runs.
PodSecurityContext: Under which user and with which rights all containers of a pod run, unless they say otherwise.
Affinity: Rules that attract a pod to nodes, or to and from other pods.
Toleration: Lets a pod run on, or stay on, nodes with a matching taint.
Taint: Keeps pods that do not tolerate it away from a node.
TopologySpreadConstraint: How evenly matching pods are spread over zones, nodes or other domains.
Volume: Storage that the containers of a pod may mount.
VolumeMount: Where in a container a volume appears.
Service: One stable address in front of a changing set of pods.
ServiceSpec: Which pods a service leads to, on which ports, and how it is exposed.
ServicePort: One port of a service.
Endpoints: The addresses behind a service, in the older form; see EndpointSlice.
ConfigMap: Configuration as keys and values.
Secret: Small confidential data as keys and values.
Event: A report that something happened to an object; dropped after an hour.
PersistentVolume: A piece of storage of the cluster, whose life does not depend on a pod.
PersistentVolumeClaim: A request for storage, bound to one persistent volume.
ReplicationController: Keeps a number of pods running; the ancestor of ReplicaSet.
ServiceAccount: An identity for what runs inside pods.
LimitRange: Bounds and defaults for the resources of single objects in a namespace.
ResourceQuota: Bounds on the sum of what a namespace may hold.
Binding: The assignment of a pod to a node.
Deployment: Keeps pods of one template running and rolls out changes of it through ReplicaSets.
DeploymentSpec: How many pods of which template to run, and how to replace them when the template changes.
DeploymentStatus: How far a deployment has come.
DeploymentStrategy: How old pods give way to new ones.
ReplicaSet: Keeps a number of pods of one template running.
StatefulSet: Pods with stable names and storage, started and stopped in order.
DaemonSet: One pod on every node that fits.
ControllerRevision: An immutable record of one state of a StatefulSet's or DaemonSet's template.
Job: Runs pods until a number of them has succeeded.
JobSpec: How often pods of a template must succeed, how many may run at once, and when to give up.
CronJob: Creates jobs on a schedule.
HorizontalPodAutoscaler: Sets the replicas of a workload from observed metrics.
Scale: The replicas of a scalable object.
PodDisruptionBudget: How many pods of a set may be down by choice at one time.
Eviction: A request to delete a pod that honours disruption budgets.
Ingress: Rules that lead HTTP traffic from outside to services.
IngressClass: Names the controller that serves a class of ingresses.
NetworkPolicy: Which traffic pods of a set accept and send.
EndpointSlice: A part of the addresses behind a service.
PriorityClass: Gives a name to a pod priority.
StorageClass: A way to provision volumes: the driver and its parameters.
VolumeAttachment: The intent that a volume be attached to a node, and whether it is.
CSINode: Which CSI drivers a node has.
CSIDriver: What a CSI driver installed in the cluster can do.
Lease: A heartbeat, or a claim to leadership that runs out.
Role: Permissions within one namespace.
RoleBinding: Grants a role to subjects within one namespace.
ClusterRole: Permissions across the cluster, or for use by bindings in any namespace.
ClusterRoleBinding: Grants a cluster role to subjects everywhere.
PolicyRule: Verbs that are allowed on resources or URLs.
CertificateSigningRequest: A request to have a certificate signed.
RuntimeClass: Names a way in which nodes run containers.
MutatingWebhookConfiguration: Webhooks that may change objects on their way in.
ValidatingWebhookConfiguration: Webhooks that may refuse objects on their way in.
ValidatingAdmissionPolicy: Expressions that may refuse objects on their way in.
CustomResourceDefinition: Adds a kind of object to the API.
ValidatingAdmissionPolicyBinding: Where a validating admission policy applies, and with which parameters.
IPAddress: One allocated service address and the object it belongs to.
ServiceCIDR: A range from which service addresses are allocated.
CSIStorageCapacity: How much a driver can still provision in one part of the topology.
APIService: Serves a group and version of the API, here or by another server.
ObjectMeta: What every object carries: names, labels, owners, finalizers and versions.
OwnerReference: An object that this one belongs to, and is deleted with.
LabelSelector: A query over labels; all parts must hold, and an empty one selects everything.
LabelSelectorRequirement: One condition on a label.
Condition: One observation about an object.`

/** Where a field of this name means something else than elsewhere. */
const OVERRIDES = `
ObjectMeta.name The name, unique within kind and namespace; it never changes.
ObjectMeta.namespace The namespace the object lives in; empty for objects of the whole cluster.
ObjectMeta.generation Grows by one whenever what is wanted (not what is) changes.
OwnerReference.controller Whether this owner manages the object; at most one owner does.
NodeSpec.podCIDR The range from which pods on the node get their addresses.
NodeCondition.type Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.
NodeAddress.type InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS.
NodeStatus.images Images that are on the node.
NodeStatus.phase No longer used.
Taint.effect NoSchedule keeps new pods away, PreferNoSchedule tries to, NoExecute evicts running ones too.
Toleration.effect The effect that is tolerated; empty for all.
Toleration.key The key of the taint; empty with operator Exists for all taints.
Toleration.operator Equal (the default) compares values, Exists ignores them.
Toleration.tolerationSeconds How long a pod stays on a node with a NoExecute taint; forever if absent.
PodSpec.containers The containers of the pod; at least one. They cannot be added or removed later.
PodSpec.initContainers Containers that run one after the other before the others start; those that always restart stay beside them.
PodSpec.restartPolicy Always, OnFailure or Never: whether containers that end are started again.
PodSpec.nodeName The node the pod runs on; set by the scheduler.
PodSpec.nodeSelector Labels that a node must have.
PodSpec.terminationGracePeriodSeconds How long containers may take to end after SIGTERM before SIGKILL; 30 by default.
PodSpec.activeDeadlineSeconds How long the pod may run in all before it is failed.
PodSpec.priority The priority as a number, from the priority class.
PodSpec.subdomain The name of the headless service that gives the pod its full host name.
PodSpec.hostname The host name; by default the name of the pod.
PodSpec.overhead What running the pod costs beside its containers, from the runtime class.
PodSpec.os The operating system of the containers.
PodStatus.phase Pending, Running, Succeeded, Failed or Unknown.
PodStatus.reason One word on why the pod is in this state, such as Evicted.
PodStatus.startTime When the kubelet took the pod up.
PodStatus.hostIP The address of its node.
PodCondition.type PodScheduled, Initialized, ContainersReady, Ready or one of a readiness gate.
Container.name The name, unique in the pod, a DNS label.
Container.image The image to run.
Container.args Arguments of the entry point; the image's CMD if absent.
Container.command The entry point; the image's ENTRYPOINT if absent. Not run in a shell.
Container.restartPolicy Always makes an init container a sidecar that runs beside the others.
Container.resources What the container is promised and what it may not exceed.
ContainerStatus.ready Whether the container passes its readiness probe.
ContainerStatus.state What the container is doing now: waiting, running or terminated.
EnvVar.value The value; $(NAME) stands for variables defined before.
Probe.failureThreshold How many failures in a row make a success a failure; 3 by default.
Probe.successThreshold How many successes in a row make a failure a success; 1 by default.
Probe.periodSeconds Seconds between two probes; 10 by default.
Probe.timeoutSeconds Seconds after which a probe has failed; 1 by default.
HTTPGetAction.path The path to ask for.
HTTPGetAction.scheme HTTP or HTTPS.
DeploymentSpec.replicas How many pods there should be; 1 by default.
DeploymentSpec.strategy How old pods give way to new ones.
DeploymentSpec.template The pods to run; restartPolicy must be Always.
DeploymentSpec.paused Whether changes of the template are held back.
DeploymentSpec.progressDeadlineSeconds Seconds without progress after which the rollout counts as stuck; 600 by default.
DeploymentStrategy.type RollingUpdate (the default) or Recreate.
RollingUpdateDeployment.maxSurge How many pods there may be beyond the wanted number, or a percentage; 25% by default.
RollingUpdateDeployment.maxUnavailable How many pods may be missing, or a percentage; 25% by default.
StatefulSetSpec.serviceName The headless service that gives the pods their names.
RollingUpdateStatefulSetStrategy.partition Pods with an ordinal below this keep the old template.
ServiceSpec.type ClusterIP (the default), NodePort, LoadBalancer or ExternalName.
ServiceSpec.selector Labels of the pods behind the service.
ServicePort.port The port of the service.
ServicePort.targetPort The port of the pods, by number or by name; the same as port by default.
ServicePort.nodePort The port on every node, 30000 to 32767.
JobSpec.completions How many pods must succeed.
JobSpec.parallelism How many pods may run at once.
JobSpec.backoffLimit How many failures make the job fail; 6 by default.
JobSpec.suspend Whether the job rests, without pods.
CronJobSpec.schedule When jobs are created, in cron format.
CronJobSpec.suspend Whether no more jobs are created.
HorizontalPodAutoscalerSpec.metrics What is measured and what is wanted; CPU at 80% by default.
PodDisruptionBudgetSpec.selector The pods the budget is about.
IngressRule.host The host the rule is for; all hosts if absent.
PersistentVolumeClaimSpec.volumeName The volume the claim is bound to.
PersistentVolumeClaimStatus.phase Pending, Bound or Lost.
PersistentVolumeStatus.phase Pending, Available, Bound, Released or Failed.
StorageClass.parameters Settings for the driver.
PriorityClass.value The priority; pods with more of it go first.
Secret.type What kind of data the secret holds; Opaque by default.
Secret.data Values in base64.
ConfigMap.data Values as text.
ResourceQuotaSpec.hard The most of each resource that the namespace may use.
LimitRangeItem.type Pod, Container or PersistentVolumeClaim.
RoleRef.name The name of the role.
Subject.kind User, Group or ServiceAccount.
Event.type Normal or Warning.
Event.reason Why it happened, in one word for machines.
Event.message What happened, for people.
Event.count How often it happened.
EndpointSlice.endpoints The endpoints; at most 1000.
EndpointPort.port The port number.
Lease.spec Who holds the lease, and for how long.
CustomResourceDefinitionNames.kind The kind, in CamelCase and singular.
CustomResourceDefinitionSpec.scope Namespaced or Cluster.
CustomResourceDefinitionVersion.served Whether the version is served.
CustomResourceDefinitionVersion.storage Whether objects are stored in this version; exactly one is.`

const FIELDS = `
apiVersion The version of the API that this object is written in.
kind The kind of object this is.
metadata Name, labels and whatever else every object carries.
spec What is wanted.
status What is. Written by the system.
items The objects of the list.
name The name.
namespace The namespace.
uid An identifier that no other object ever has.
resourceVersion The version of the object, to notice changes by; not to be interpreted.
generation Grows whenever what is wanted changes.
generateName A prefix from which the server makes a unique name when there is none.
creationTimestamp When the server created the object.
deletionTimestamp When the object is to be gone, once its deletion has been asked for.
deletionGracePeriodSeconds Seconds the object may take to end.
labels Keys and values by which objects are found and grouped.
annotations Keys and values for tools; nothing is selected by them.
ownerReferences Objects this one belongs to; when all are gone, it goes too.
finalizers Names of those who must do something before the object may go.
managedFields Who set which fields.
selfLink No longer used.
blockOwnerDeletion Whether the owner, deleted in the foreground, waits for this object.
type What kind of thing this is.
reason Why, in one word for machines.
message What happened, for people.
conditions The latest observations.
lastTransitionTime When the status of the condition last changed.
lastProbeTime When the condition was last looked at.
lastUpdateTime When the condition was last written.
lastHeartbeatTime When the node last said so.
observedGeneration The generation that this status is about.
selector Which objects this is about.
labelSelector A query over labels.
namespaceSelector Namespaces to look in, by their labels.
matchLabels Labels that must all be equal.
matchExpressions Conditions on labels that must all hold.
matchFields Conditions on fields of the node.
operator How key and values relate: In, NotIn, Exists, DoesNotExist, Gt or Lt.
values Values to compare with.
key The key.
value The value.
path The path.
port The port.
ports The ports.
protocol TCP, UDP or SCTP; TCP by default.
appProtocol The protocol that applications speak on the port.
replicas How many there should be, or are.
readyReplicas How many are ready.
availableReplicas How many have been ready for long enough.
updatedReplicas How many are of the current template.
unavailableReplicas How many are missing.
fullyLabeledReplicas How many have all labels of the template.
terminatingReplicas How many are on their way out.
currentReplicas How many there are now.
desiredReplicas How many there should be.
minReadySeconds Seconds a pod must be ready without a container crashing before it counts as available.
revisionHistoryLimit How many old states are kept to go back to; 10 by default.
collisionCount How many names were taken when making a new one.
template The object to create.
updateStrategy How old pods give way to new ones.
rollingUpdate Settings of a rolling update.
maxSurge How many there may be beyond the wanted number, or a percentage.
maxUnavailable How many may be missing, or a percentage.
partition Where to stop.
volumeClaimTemplates Claims that each pod gets one of.
podManagementPolicy OrderedReady (one after the other) or Parallel.
persistentVolumeClaimRetentionPolicy What becomes of claims when pods or the set go.
whenDeleted Retain or Delete, when the set is deleted.
whenScaled Retain or Delete, when the set shrinks.
ordinals How pods are numbered.
image The image.
imagePullPolicy Always, IfNotPresent or Never; Always for the tag latest, else IfNotPresent.
command The command to run, without a shell.
args Arguments.
workingDir The directory to start in.
env Environment variables.
envFrom ConfigMaps and Secrets whose keys become variables.
valueFrom Where the value comes from.
resources Amounts promised and allowed.
requests What is promised.
limits What may not be exceeded.
claims Claims of dynamic resources.
resizePolicy Which resources may change without a restart.
volumeMounts Where volumes appear.
volumeDevices Where raw devices appear.
mountPath The path in the container.
subPath The path within the volume.
subPathExpr The path within the volume, with variables expanded.
mountPropagation Whether mounts made later pass between host and container.
readOnly Whether nothing can be written.
livenessProbe Restarts the container when it fails.
readinessProbe Takes the container out of services while it fails.
startupProbe Holds the other probes back until it succeeds.
lifecycle What to run after start and before stop.
postStart Runs right after the container was created.
preStop Runs before the container is stopped.
terminationMessagePath The file from which the reason of an end is read.
terminationMessagePolicy File, or FallbackToLogsOnError to read the log when the file is empty.
securityContext User and rights.
stdin Whether standard input stays open.
stdinOnce Whether standard input closes after the first client.
tty Whether to give it a terminal.
containerPort The port in the container.
hostPort The port on the node.
hostIP The address on the node.
exec Runs a command; exit code 0 is success.
httpGet Sends a GET; 200 to 399 is success.
tcpSocket Opens a connection; that it opens is success.
grpc Asks the gRPC health service.
sleep Waits.
initialDelaySeconds Seconds to wait after the start before asking.
timeoutSeconds Seconds to wait for an answer.
periodSeconds Seconds between two tries.
terminationGracePeriodSeconds Seconds it may take to end.
dnsPolicy ClusterFirst (the default), ClusterFirstWithHostNet, Default or None.
dnsConfig Name servers, search paths and options.
serviceAccountName The service account whose identity the pod has.
serviceAccount The older name of serviceAccountName.
automountServiceAccountToken Whether the token is mounted.
hostNetwork Whether to use the network of the node.
hostPID Whether to see the processes of the node.
hostIPC Whether to share IPC with the node.
shareProcessNamespace Whether containers see each other's processes.
imagePullSecrets Secrets for pulling images.
affinity Rules of attraction and repulsion.
nodeAffinity Which nodes attract the pod.
podAffinity Which pods attract the pod.
podAntiAffinity Which pods repel the pod.
requiredDuringSchedulingIgnoredDuringExecution Must hold when the pod is scheduled.
preferredDuringSchedulingIgnoredDuringExecution Adds to the score of a node.
nodeSelectorTerms Alternatives, of which one must hold.
weight How much it counts, 1 to 100.
preference What is preferred.
podAffinityTerm What is preferred.
topologyKey The label of nodes that says which domain they are in.
topologySpreadConstraints How evenly pods are spread.
maxSkew How much the fullest domain may exceed the emptiest.
whenUnsatisfiable DoNotSchedule or ScheduleAnyway.
minDomains How many domains there must be.
nodeAffinityPolicy Whether nodes that do not fit count: Honor or Ignore.
nodeTaintsPolicy Whether nodes with taints count: Honor or Ignore.
schedulerName The scheduler that is to place the pod.
schedulingGates While there are any, the pod is not scheduled.
tolerations Taints the pod tolerates.
taints Taints of the node.
effect What the taint does.
unschedulable Whether new pods are kept away.
priorityClassName The name of the priority class.
preemptionPolicy Never or PreemptLowerPriority.
priority The priority.
readinessGates Conditions that must hold for the pod to be ready.
runtimeClassName How nodes run the pod.
enableServiceLinks Whether services become environment variables.
volumes Volumes that containers may mount.
initContainers Containers that run before the others.
containers The containers.
ephemeralContainers Containers added for debugging.
hostAliases Lines for /etc/hosts.
emptyDir An empty directory that lives as long as the pod.
hostPath A path of the node.
configMap A ConfigMap.
secret A Secret.
persistentVolumeClaim A claim in the same namespace.
projected Several sources in one directory.
downwardAPI Fields of the pod as files.
ephemeral A claim made for the pod and deleted with it.
csi A volume of a CSI driver.
nfs An NFS export.
local A local disk.
defaultMode Permissions of files.
mode Permissions of the file.
optional Whether it may be missing.
fsType The file system.
sizeLimit The most it may hold.
medium Memory, or empty for disk.
phase The state in one word.
podIP The address of the pod.
podIPs The addresses of the pod.
hostIPs The addresses of the node.
qosClass Guaranteed, Burstable or BestEffort.
containerStatuses What became of each container.
initContainerStatuses What became of each init container.
nominatedNodeName The node that was cleared for the pod.
restartCount How often the container was restarted.
lastState How the container ended before.
waiting It has not started yet.
running It runs.
terminated It has ended.
exitCode The exit code.
startedAt When it started.
finishedAt When it ended.
containerID The identifier of the container.
imageID The identifier of the image.
capacity What there is.
allocatable What pods may use.
addresses Addresses.
nodeInfo Versions and identifiers of the node.
kubeletVersion The version of the kubelet.
clusterIP The address of the service; None for none.
clusterIPs The addresses of the service.
externalIPs Further addresses that lead to the service.
externalName The name that the service stands for.
externalTrafficPolicy Cluster, or Local to keep source addresses.
internalTrafficPolicy Cluster, or Local to stay on the node.
sessionAffinity None, or ClientIP to keep clients with one pod.
loadBalancer The load balancer.
ingress Where it can be reached, or what comes in.
nodePort The port on every node.
targetPort The port of the pods.
ipFamilies IPv4 and IPv6, in order.
ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
publishNotReadyAddresses Whether pods that are not ready count.
data The data.
binaryData Values in base64.
stringData Values as text; written into data and never read back.
immutable Whether the data can no longer change.
involvedObject What the event is about.
regarding What the event is about.
related A second object in the matter.
source Who reported it.
firstTimestamp When it first happened.
lastTimestamp When it last happened.
eventTime When it was first seen.
series How often it happened since.
action What was done.
reportingComponent Who reported it.
reportingController Who reported it.
reportingInstance Which instance reported it.
accessModes ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.
storageClassName The storage class.
volumeMode Filesystem or Block.
persistentVolumeReclaimPolicy Retain, Delete or Recycle: what becomes of it without its claim.
claimRef The claim it is bound to.
mountOptions Options for mounting.
hard The most there may be.
used What is used.
scopes Which objects count.
suspend Whether it rests.
parallelism How many may run at once.
completions How many must succeed.
backoffLimit How many failures are allowed.
activeDeadlineSeconds Seconds it may run in all.
ttlSecondsAfterFinished Seconds after its end until it is deleted.
completionMode NonIndexed or Indexed.
podFailurePolicy What failures of pods lead to.
successPolicy When enough has succeeded.
manualSelector Whether the selector is chosen by hand.
active What runs now.
succeeded How many succeeded.
failed How many failed.
startTime When it started.
completionTime When it was complete.
schedule When to run.
timeZone The time zone of the schedule.
concurrencyPolicy Allow, Forbid or Replace, when the last run has not ended.
jobTemplate The jobs to create.
successfulJobsHistoryLimit How many successful jobs are kept.
failedJobsHistoryLimit How many failed jobs are kept.
startingDeadlineSeconds Seconds a missed start may be made up for.
lastScheduleTime When a job was last created.
lastSuccessfulTime When a job last succeeded.
scaleTargetRef What is scaled.
minReplicas No fewer than this.
maxReplicas No more than this.
metrics What is measured.
behavior How fast to scale.
target What is wanted.
current What was measured.
minAvailable How many must stay, or a percentage.
disruptionsAllowed How many may go down now.
rules The rules.
verbs What may be done; * for everything.
apiGroups Groups of the resources; "" for the core group, * for all.
resource The resource, in lower case and plural.
resourceNames Names that it is limited to.
nonResourceURLs Paths of the API that are no resources.
roleRef The role that is granted.
subjects Who gets it.
apiGroup The group of the API.
group The group of the API.
version The version.
versions The versions.
holderIdentity Who holds it.
leaseDurationSeconds Seconds after the last renewal until others may take it.
acquireTime When it was taken.
renewTime When it was last renewed.
leaseTransitions How often it changed hands.
provisioner The driver that makes volumes.
reclaimPolicy What becomes of volumes without a claim.
volumeBindingMode Immediate, or WaitForFirstConsumer.
allowVolumeExpansion Whether volumes may grow.
parameters Settings.
globalDefault Whether it is for pods that name none.
description What it is for.
handler How nodes know it.
webhooks The webhooks.
clientConfig How to reach it.
failurePolicy Fail or Ignore, when it cannot be reached.
matchPolicy Exact or Equivalent.
sideEffects None or NoneOnDryRun.
reinvocationPolicy Never or IfNeeded.
scope Cluster, Namespaced or *.
names What the kind and its resource are called.
plural The plural, as in URLs.
singular The singular.
shortNames Short names.
categories Groups of resources it belongs to, such as all.
schema The schema of its objects.
openAPIV3Schema The schema, in OpenAPI v3.
subresources Its subresources.
additionalPrinterColumns Columns that kubectl get prints.
jsonPath Where to find the value.
request What is asked for.
signerName Who is to sign.
usages What the certificate is for.
certificate The certificate, once signed.
nodeName The node.
zone The zone.
hostname The host name.
ip The address.
host The host.
service The service.
container The container.
containerName The name of the container.
paused Whether it rests.
metric The metric.
scheme The scheme.
cidr The range.
podSelector The pods, by their labels.
policyTypes Ingress, Egress or both.
egress What goes out.
from Where it may come from.
to Where it may go.
tls Certificates.
backend Where it leads.
defaultBackend Where everything else leads.
pathType Exact, Prefix or ImplementationSpecific.
ingressClassName The class that serves it.
endpoints The endpoints.
addressType IPv4, IPv6 or FQDN.
targetRef The object behind the address.
token The token.
user The user.
groups The groups of the user.
username The name of the user.
allowed Whether it is allowed.
denied Whether it is denied.
secretRef A secret with what it takes to get in.
secretName The name of the secret.
volumeName The name of the volume.
volumeID The identifier of the volume.
driver The driver.
error What went wrong.
count How many.
time When.
subresource The part of the object that is meant.
verb What is to be done.
resourceAttributes The resource that is asked about.
nonResourceAttributes The path that is asked about.
evaluationError What went wrong while finding out.
expression A CEL expression.
messageExpression A CEL expression for the message.
matchConditions CEL expressions that must all hold.
objectSelector Objects, by their labels.
operations CREATE, UPDATE, DELETE, CONNECT or *.
apiVersions Versions of the API; * for all.
resourceRules Which resources are meant.
admissionReviewVersions Versions of AdmissionReview that it understands.
caBundle Certificates to trust, in PEM.
url Where it is.
audiences Who the token is for.
audience Who the token is for.
expirationSeconds Seconds until it ends.
extra More about the user.
containerResource A resource of one container.
averageValue The average over pods.
averageUtilization The average in percent of what was requested.
external A metric from outside the cluster.
object A metric of another object.
describedObject The object that the metric is about.
fieldRef A field of the pod.
fieldPath The path of the field.
resourceFieldRef A resource of a container.
configMapKeyRef A key of a ConfigMap.
secretKeyRef A key of a Secret.
configMapRef A ConfigMap.
runAsUser The user to run as.
runAsGroup The group to run as.
runAsNonRoot Whether user 0 is refused.
fsGroup The group that owns volumes.
privileged Whether it has all rights of the node.
capabilities Rights to add and to take away.
readOnlyRootFilesystem Whether nothing can be written outside volumes.
allowPrivilegeEscalation Whether a process may gain more rights than its parent.
seccompProfile Which system calls are allowed.
appArmorProfile The AppArmor profile.
seLinuxOptions The SELinux context.
items The entries.
restartPolicy Whether it is started again.
sources The sources.
serviceAccountToken A token of the service account.
httpHeaders Headers to send.
seconds How many seconds.
failureThreshold How many failures in a row count.
successThreshold How many successes in a row count.
operatingSystem The operating system.
architecture The architecture.
default The default.
max The most.
min The least.
loadBalancerClass Who provides the load balancer.
loadBalancerSourceRanges Ranges that may reach the load balancer.
allocateLoadBalancerNodePorts Whether load balancers get node ports.
healthCheckNodePort The port on nodes where the load balancer asks for health.
trafficDistribution How traffic is spread, such as PreferClose.`
