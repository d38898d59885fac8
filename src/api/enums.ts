/** The words that a field may have, where it is one of a fixed set: `enum` in OpenAPI, ENUM of `kubectl explain`. */

/** By upstream's package and type (`core/v1.PodSpec`) and field; of the items, for a list. */
export function enumOf(struct: string, field: string): readonly string[] | undefined {
  loaded ??= load()
  return loaded.get(`${struct}.${field}`)
}

let loaded: ReadonlyMap<string, readonly string[]> | undefined

function load(): ReadonlyMap<string, readonly string[]> {
  const enums = new Map<string, readonly string[]>()
  for (const line of TABLE.trim().split('\n')) {
    const [fields = '', words = ''] = line.split(': ')
    for (const field of fields.split(' ')) enums.set(field, words.split(' '))
  }
  return enums
}

const TABLE = `
core/v1.Container.imagePullPolicy core/v1.EphemeralContainer.imagePullPolicy: Always IfNotPresent Never
core/v1.Container.terminationMessagePolicy core/v1.EphemeralContainer.terminationMessagePolicy: FallbackToLogsOnError File
core/v1.ContainerPort.protocol core/v1.ServicePort.protocol core/v1.EndpointPort.protocol core/v1.PortStatus.protocol: SCTP TCP UDP
core/v1.HTTPGetAction.scheme: HTTP HTTPS
core/v1.VolumeMount.mountPropagation: Bidirectional HostToContainer None
core/v1.SecurityContext.procMount: Default Unmasked
core/v1.SeccompProfile.type: Localhost RuntimeDefault Unconfined
core/v1.AppArmorProfile.type: Localhost RuntimeDefault Unconfined
core/v1.PodSecurityContext.fsGroupChangePolicy: Always OnRootMismatch
core/v1.PodSecurityContext.supplementalGroupsPolicy: Merge Strict
core/v1.PodSpec.dnsPolicy: ClusterFirst ClusterFirstWithHostNet Default None
core/v1.PodSpec.preemptionPolicy scheduling/v1.PriorityClass.preemptionPolicy: Never PreemptLowerPriority
core/v1.PodSpec.restartPolicy: Always Never OnFailure
core/v1.PodStatus.phase: Failed Pending Running Succeeded Unknown
core/v1.PodStatus.qosClass: BestEffort Burstable Guaranteed
core/v1.Taint.effect core/v1.Toleration.effect: NoExecute NoSchedule PreferNoSchedule
core/v1.Toleration.operator: Equal Exists
core/v1.TopologySpreadConstraint.nodeAffinityPolicy core/v1.TopologySpreadConstraint.nodeTaintsPolicy: Honor Ignore
core/v1.TopologySpreadConstraint.whenUnsatisfiable: DoNotSchedule ScheduleAnyway
core/v1.NodeSelectorRequirement.operator: DoesNotExist Exists Gt In Lt NotIn
core/v1.HostPathVolumeSource.type: BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket
core/v1.NamespaceStatus.phase: Active Terminating
core/v1.NodeStatus.phase: Pending Running Terminated
core/v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy: Delete Recycle Retain
core/v1.PersistentVolumeSpec.accessModes core/v1.PersistentVolumeClaimSpec.accessModes core/v1.PersistentVolumeClaimStatus.accessModes: ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod
core/v1.PersistentVolumeSpec.volumeMode core/v1.PersistentVolumeClaimSpec.volumeMode: Block Filesystem
core/v1.PersistentVolumeStatus.phase: Available Bound Failed Pending Released
core/v1.PersistentVolumeClaimStatus.phase: Bound Lost Pending
core/v1.ResourceQuotaSpec.scopes core/v1.ScopedResourceSelectorRequirement.scopeName: BestEffort CrossNamespacePodAffinity NotBestEffort NotTerminating PriorityClass Terminating
core/v1.ScopedResourceSelectorRequirement.operator: DoesNotExist Exists In NotIn
core/v1.ServiceSpec.externalTrafficPolicy: Cluster Local
core/v1.ServiceSpec.internalTrafficPolicy: Cluster Local
core/v1.ServiceSpec.sessionAffinity: ClientIP None
core/v1.ServiceSpec.type: ClusterIP ExternalName LoadBalancer NodePort
core/v1.ServiceSpec.ipFamilyPolicy: PreferDualStack RequireDualStack SingleStack
apps/v1.DeploymentStrategy.type: Recreate RollingUpdate
apps/v1.DaemonSetUpdateStrategy.type apps/v1.StatefulSetUpdateStrategy.type: OnDelete RollingUpdate
apps/v1.StatefulSetSpec.podManagementPolicy: OrderedReady Parallel
batch/v1.CronJobSpec.concurrencyPolicy: Allow Forbid Replace
batch/v1.JobSpec.completionMode: Indexed NonIndexed
batch/v1.JobSpec.podReplacementPolicy: Failed TerminatingOrFailed
batch/v1.PodFailurePolicyRule.action: Count FailIndex FailJob Ignore
batch/v1.PodFailurePolicyOnExitCodesRequirement.operator: In NotIn
networking/v1.HTTPIngressPath.pathType: Exact ImplementationSpecific Prefix
networking/v1.NetworkPolicySpec.policyTypes: Egress Ingress
policy/v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy: AlwaysAllow IfHealthyBudget
storage/v1.StorageClass.reclaimPolicy: Delete Recycle Retain
storage/v1.StorageClass.volumeBindingMode: Immediate WaitForFirstConsumer
discovery/v1.EndpointSlice.addressType: FQDN IPv4 IPv6
`
