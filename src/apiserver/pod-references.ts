/** The objects that a pod names, and that its node must therefore read (upstream: pkg/api/pod/util.go). */
import type { Container } from '../api/core/container.ts'
import type { Pod } from '../api/core/pod.ts'
import type { PodSpec } from '../api/core/pod-spec.ts'
import type { Volume } from '../api/core/volume.ts'

/** Names within the pod's namespace. */
export interface PodReferences {
  readonly serviceAccountName: string | undefined
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
  readonly claims: ReadonlySet<string>
}

const known = new WeakMap<PodSpec, PodReferences>()

export function podReferences({ spec, metadata }: Pod): PodReferences {
  const found = known.get(spec)
  // Claims of ephemeral volumes are named after the pod, all else is the spec's own.
  if (found !== undefined && found.claims.size === 0) return found
  const references = collect(spec, metadata?.name ?? '')
  known.set(spec, references)
  return references
}

function collect(spec: PodSpec, podName: string): PodReferences {
  const secrets = new Set<string>()
  const configMaps = new Set<string>()
  const claims = new Set<string>()
  const add = (set: Set<string>, name: string | undefined) => {
    if (name) set.add(name)
  }
  for (const { name } of spec.imagePullSecrets ?? []) add(secrets, name)
  const containers: readonly Container[] = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ]
  for (const { env = [], envFrom = [] } of containers) {
    for (const { valueFrom } of env) {
      add(secrets, valueFrom?.secretKeyRef?.name)
      add(configMaps, valueFrom?.configMapKeyRef?.name)
    }
    for (const { secretRef, configMapRef } of envFrom) {
      add(secrets, secretRef?.name)
      add(configMaps, configMapRef?.name)
    }
  }
  for (const volume of spec.volumes ?? []) {
    add(claims, volume.persistentVolumeClaim?.claimName)
    if (volume.ephemeral !== undefined) claims.add(`${podName}-${volume.name}`)
    for (const name of secretsOf(volume)) add(secrets, name)
    add(configMaps, volume.configMap?.name)
    for (const { secret, configMap } of volume.projected?.sources ?? []) {
      add(secrets, secret?.name)
      add(configMaps, configMap?.name)
    }
  }
  return { serviceAccountName: spec.serviceAccountName, secrets, configMaps, claims }
}

/** A secret volume, and the credentials of the drivers that take some. */
function secretsOf(volume: Volume): (string | undefined)[] {
  const { secret, azureFile, cephfs, csi, flexVolume, iscsi, rbd, scaleIO, storageos, cinder } = volume
  return [
    secret?.secretName,
    azureFile?.secretName,
    cephfs?.secretRef?.name,
    cinder?.secretRef?.name,
    csi?.nodePublishSecretRef?.name,
    flexVolume?.secretRef?.name,
    iscsi?.secretRef?.name,
    rbd?.secretRef?.name,
    scaleIO?.secretRef?.name,
    storageos?.secretRef?.name,
  ]
}
