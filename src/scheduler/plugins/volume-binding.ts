/**
 * Places pods where their volumes are, or can be: bound volumes must be reachable from the node, claims that wait for
 * their first consumer get a volume that fits or a driver that can make one there (plugins/volumebinding).
 */
import * as z from 'zod'
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { quantityValue } from '../../api/quantity.ts'
import { lazily } from '../../kernel/lazily.ts'
import { labelsOf, nodeSelectorMatcher } from '../cache/matchers.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import { ADD, DELETE, UPDATE, UPDATE_NODE_LABEL } from '../framework/cluster-event.ts'
import type { Cycle, Plugin, PluginFactory, PluginHandle, PreFilterResult } from '../framework/plugin.ts'
import { failed, type Status, SUCCESS, unresolvable } from '../framework/status.ts'
import {
  BOUND_BY_CONTROLLER,
  type Claim,
  claimNames,
  claimsOf,
  className,
  isBound,
  SELECTED_NODE,
  usesClaims,
  VOLUME_KINDS,
  type Volume,
  type VolumeListers,
  volumeListers,
} from './volume-claims.ts'

export const volumeBindingArgs = lazily(() =>
  z.strictObject({
    bindTimeoutSeconds: z.int().min(0).default(600),
    shape: z.array(z.unknown()).optional(),
  }),
)

const WRONG_NODE = "node(s) didn't match PersistentVolume's node affinity"
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
const NO_SPACE = 'node(s) did not have enough free storage'
const LOST_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'
const UNBOUND = unresolvable('pod has unbound immediate PersistentVolumeClaims')
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
const POLL_MS = 1000

/** What has to be done for a pod's claims once it is on the node. */
interface Plan {
  readonly bindings: readonly { readonly claim: Claim; readonly volume: Volume }[]
  readonly provisions: readonly Claim[]
}

export const volumeBinding: PluginFactory = (args, handle) =>
  new VolumeBinding(
    (args as z.output<ReturnType<typeof volumeBindingArgs>>).bindTimeoutSeconds * 1000,
    handle,
  )

class VolumeBinding implements Plugin {
  readonly name = 'VolumeBinding'
  readonly watches = VOLUME_KINDS
  readonly events = [
    { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL },
    { resource: 'PersistentVolumeClaim', actions: ADD | UPDATE },
    { resource: 'PersistentVolume', actions: ADD | UPDATE },
    { resource: 'StorageClass', actions: ADD | UPDATE },
    { resource: 'CSINode', actions: ADD | UPDATE },
    { resource: 'CSIDriver', actions: UPDATE },
    { resource: 'CSIStorageCapacity', actions: ADD | UPDATE },
    { resource: 'AssignedPod', actions: DELETE },
  ]
  readonly concerns = usesClaims
  readonly #timeoutMs: number
  readonly #handle: PluginHandle
  readonly #listers: VolumeListers
  /** Volumes given to claims of pods that are being bound: volume name -> claim key. */
  readonly #promised = new Map<string, string>()

  constructor(timeoutMs: number, handle: PluginHandle) {
    this.#timeoutMs = timeoutMs
    this.#handle = handle
    this.#listers = volumeListers(handle.informers)
  }

  preFilter({ pod }: PodInfo): PreFilterResult {
    for (const { name, isEphemeral } of claimNames(pod)) {
      const claim = this.#listers.claims.get(`${pod.metadata.namespace}/${name}`)
      if (claim === undefined)
        return refuse(
          isEphemeral
            ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
            : `persistentvolumeclaim "${name}" not found`,
        )
      if (claim.metadata.deletionTimestamp !== undefined)
        return refuse(`persistentvolumeclaim "${name}" is being deleted`)
      if (claim.status?.phase === 'Lost')
        return refuse(
          `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`,
        )
      if (!isBound(claim) && !this.#isDelayed(claim)) return { status: UNBOUND }
    }
    return { status: SUCCESS }
  }

  filter({ pod }: PodInfo, node: NodeInfo, cycle: Cycle): Status {
    const reasons = new Set<string>()
    const waiting: Claim[] = []
    for (const claim of claimsOf(pod, this.#listers)) {
      if (!isBound(claim)) {
        waiting.push(claim)
        continue
      }
      const volume = this.#listers.volumes.get(claim.spec.volumeName!)
      if (volume === undefined) reasons.add(LOST_VOLUME)
      else if (!reaches(volume, node)) reasons.add(WRONG_NODE)
    }
    const plan = this.#plan(waiting, node, reasons)
    if (reasons.size > 0) return unresolvable(...reasons)
    cycle.state.set(`VolumeBinding/${node.name}`, plan)
    return SUCCESS
  }

  reserve(_pod: PodInfo, node: NodeInfo, cycle: Cycle): Status {
    for (const { claim, volume } of planFor(node, cycle)?.bindings ?? [])
      this.#promised.set(volume.metadata.name, keyOf(claim))
    return SUCCESS
  }

  unreserve(_pod: PodInfo, node: NodeInfo, cycle: Cycle): void {
    for (const { volume } of planFor(node, cycle)?.bindings ?? []) this.#promised.delete(volume.metadata.name)
  }

  /** Writes what was decided, then waits for the volume controller to do its part, looking once a second. */
  async preBind({ pod }: PodInfo, node: NodeInfo, cycle: Cycle): Promise<Status> {
    const plan = planFor(node, cycle)
    if (plan === undefined || plan.bindings.length + plan.provisions.length === 0) return SUCCESS
    const { client, clock } = this.#handle
    for (const { claim, volume } of plan.bindings)
      await client.update(PersistentVolume, volume, (draft) => {
        draft.spec.claimRef = {
          kind: 'PersistentVolumeClaim',
          apiVersion: 'v1',
          namespace: claim.metadata.namespace,
          name: claim.metadata.name,
          uid: claim.metadata.uid,
        }
        draft.metadata = {
          ...draft.metadata,
          annotations: { ...draft.metadata?.annotations, [BOUND_BY_CONTROLLER]: 'yes' },
        }
      })
    for (const claim of plan.provisions)
      await client.update(PersistentVolumeClaim, claim, (draft) => {
        draft.metadata = {
          ...draft.metadata,
          annotations: { ...draft.metadata?.annotations, [SELECTED_NODE]: node.name },
        }
      })
    const deadline = clock.now() + this.#timeoutMs
    while (!claimsOf(pod, this.#listers).every(isBound)) {
      if (clock.now() >= deadline) return failed('binding volumes: context deadline exceeded')
      await clock.sleep(POLL_MS)
    }
    for (const { volume } of plan.bindings) this.#promised.delete(volume.metadata.name)
    return SUCCESS
  }

  #isDelayed(claim: Claim): boolean {
    const found = this.#listers.classes.get(className(claim))
    return found?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec.volumeName
  }

  #plan(claims: readonly Claim[], node: NodeInfo, reasons: Set<string>): Plan {
    const bindings: { claim: Claim; volume: Volume }[] = []
    const provisions: Claim[] = []
    const taken = new Set<string>()
    // The smallest first, so that it does not take what only fits a larger one.
    for (const claim of [...claims].sort((a, b) => sizeWanted(a) - sizeWanted(b))) {
      const selected = claim.metadata.annotations?.[SELECTED_NODE]
      const volume = selected === undefined ? this.#findVolume(claim, node, taken) : undefined
      if (volume !== undefined) {
        taken.add(volume.metadata.name)
        bindings.push({ claim, volume })
      } else if (selected !== undefined && selected !== node.name) reasons.add(NO_VOLUME)
      else {
        const problem = this.#provisioningProblem(claim, node)
        if (problem === undefined) provisions.push(claim)
        else reasons.add(problem)
      }
    }
    return { bindings, provisions }
  }

  /** The smallest free volume that satisfies the claim and can be reached from the node; one that names the claim wins. */
  #findVolume(claim: Claim, node: NodeInfo, taken: ReadonlySet<string>): Volume | undefined {
    const selects = compileSelector(claim.spec.selector ?? {})
    let best: Volume | undefined
    for (const volume of this.#listers.volumes.list()) {
      const { metadata, spec, status } = volume
      if (taken.has(metadata.name) || metadata.deletionTimestamp !== undefined) continue
      const promisedTo = this.#promised.get(metadata.name)
      if (promisedTo !== undefined && promisedTo !== keyOf(claim)) continue
      if (className(volume) !== className(claim) || sizeOf(volume) < sizeWanted(claim)) continue
      if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue
      if (!(claim.spec.accessModes ?? []).every((it) => spec.accessModes?.includes(it))) continue
      if (!selects.matches(labelsOf(volume)) || !reaches(volume, node)) continue
      if (spec.claimRef !== undefined) {
        const { namespace, name, uid } = spec.claimRef
        const isOwn = `${namespace}/${name}` === keyOf(claim) && (!uid || uid === claim.metadata.uid)
        if (isOwn) return volume
        continue
      }
      if (status?.phase !== 'Available') continue
      if (best === undefined || isSmaller(volume, best)) best = volume
    }
    return best
  }

  /** Undefined: a volume can be made for the node. */
  #provisioningProblem(claim: Claim, node: NodeInfo): string | undefined {
    const found = this.#listers.classes.get(className(claim))
    const provisioner = found?.provisioner ?? NO_PROVISIONER
    if (found === undefined || provisioner === NO_PROVISIONER) return NO_VOLUME
    const allowed = found.allowedTopologies ?? []
    const labels = node.labels
    const isAllowed = ({ matchLabelExpressions = [] }: (typeof allowed)[number]) =>
      matchLabelExpressions.every(
        ({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key]!),
      )
    if (allowed.length > 0 && !allowed.some(isAllowed)) return NO_VOLUME
    if (this.#listers.csiDrivers.get(provisioner)?.spec.storageCapacity !== true) return undefined
    for (const capacity of this.#listers.capacities.list()) {
      if (capacity.storageClassName !== found.metadata.name) continue
      const largest = capacity.maximumVolumeSize ?? capacity.capacity
      if (quantityValue(largest) < sizeWanted(claim)) continue
      if (compileSelector(capacity.nodeTopology).matches(labels)) return undefined
    }
    return NO_SPACE
  }
}

function refuse(reason: string): PreFilterResult {
  return { status: unresolvable(reason) }
}

function planFor(node: NodeInfo, cycle: Cycle): Plan | undefined {
  return cycle.state.get(`VolumeBinding/${node.name}`) as Plan | undefined
}

function keyOf({ metadata }: Claim): string {
  return `${metadata.namespace}/${metadata.name}`
}

function reaches({ spec }: Volume, { node }: NodeInfo): boolean {
  const required = spec.nodeAffinity?.required
  return required === undefined || nodeSelectorMatcher(required)(node!)
}

function sizeWanted({ spec }: Claim): number {
  return quantityValue(spec.resources?.requests?.['storage'])
}

function sizeOf({ spec }: Volume): number {
  return quantityValue(spec.capacity?.['storage'])
}

function isSmaller(a: Volume, b: Volume): boolean {
  const difference = sizeOf(a) - sizeOf(b)
  return difference !== 0 ? difference < 0 : a.metadata.name < b.metadata.name
}
