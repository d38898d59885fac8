/** Attaches volumes to the nodes whose pods use them, by VolumeAttachments that CSI drivers carry out, and detaches them. */
import { Node } from '../../api/core/node.ts'
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import { isAlreadyExists, isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { attachableName } from '../../api/storage/attachable.ts'
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import { VolumeAttachment } from '../../api/storage/volume-attachment.ts'
import { hex64 } from '../../kernel/hash.ts'
import { defineController, type Lookup, type ReconcileContext, watch } from '../runtime/controller.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { BY_CLAIM, claimIndex, claimKeys } from '../shared/pod-claims.ts'
import { mayMultiAttach, planAttachments, wantedNodes } from './plan.ts'

const BY_VOLUME = 'persistentVolumeName'
const BY_ATTACHED_NODE = 'attachedNode'
/** Nodes by what their status says is attached, volumes by their name there. */
const BY_ATTACHED = 'volumesAttached'
const BY_ATTACHABLE = 'attachableName'

interface Memory {
  /** `volume node` -> since when it is not wanted there any more, ms. */
  readonly unwanted: Map<string, number>
}

type Context = ReconcileContext<PersistentVolume, Memory>
type Attachment = Stored<VolumeAttachment>

export const attachDetachController = defineController<PersistentVolume, Memory>({
  name: 'persistentvolume-attach-detach-controller',
  component: 'attachdetach-controller',
  for: PersistentVolume,
  forInformer: { indexes: { [BY_ATTACHABLE]: (it) => nameOf(attachableName(it)) } },
  predicate: { update: (volume, old) => volume.spec !== old.spec },
  watches: [
    watch({
      kind: Pod,
      informer: { indexes: claimIndex },
      predicate: {
        update: (pod, old) =>
          pod.spec.nodeName !== old.spec.nodeName ||
          isPodTerminal(pod) !== isPodTerminal(old) ||
          (pod.metadata.deletionTimestamp !== undefined && pod.status !== old.status),
      },
      map: (pod, lookup) => volumesOfClaims(claimKeys(pod), lookup),
    }),
    watch({ kind: PersistentVolumeClaim, map: (claim) => nameOf(claim.spec.volumeName) }),
    watch({
      kind: VolumeAttachment,
      informer: {
        indexes: {
          [BY_VOLUME]: (it: VolumeAttachment) => nameOf(it.spec.source.persistentVolumeName),
          [BY_ATTACHED_NODE]: (it: VolumeAttachment) => [it.spec.nodeName],
        },
      },
      map: (it) => nameOf(it.spec.source.persistentVolumeName),
    }),
    watch({
      kind: Node,
      informer: { indexes: { [BY_ATTACHED]: attachedTo } },
      predicate: {
        create: () => false,
        // What is mounted there and what it was told, or whether it may still say so.
        update: (node, old) =>
          node.status?.volumesInUse !== old.status?.volumesInUse ||
          node.status?.volumesAttached !== old.status?.volumesAttached ||
          node.spec.taints !== old.spec.taints ||
          node.status?.conditions !== old.status?.conditions,
      },
      map: (node, { lister }) => {
        const attachments = lister(VolumeAttachment).byIndex(BY_ATTACHED_NODE, node.metadata.name)
        const told = attachedTo(node).flatMap((name) => lister(PersistentVolume).byIndex(BY_ATTACHABLE, name))
        const names = attachments.flatMap((it) => nameOf(it.spec.source.persistentVolumeName))
        return [...new Set([...names, ...told.map((it) => it.metadata.name)])].sort()
      },
    }),
    { kind: CSIDriver, map: () => [] },
  ],
  setup: () => ({ unwanted: new Map() }),

  async reconcile(context) {
    const { name: volumeName, object: volume, lister, now, memory } = context
    const attachments = [...lister(VolumeAttachment).byIndex(BY_VOLUME, volumeName)].sort(byName)
    const name = volume && attachableName(volume)
    if (volume === undefined || name === undefined || !isAttachedBeforeUse(context, volume)) {
      // Nobody can use what is gone.
      for (const it of volume === undefined ? attachments : []) await detach(context, it, undefined)
      return
    }
    const pods = podsOf(context, volume)
    const wanted = wantedNodes(pods)
    noteUnwanted(memory.unwanted, volumeName, wanted, attachments, now)
    const plan = planAttachments({
      name,
      multiAttach: mayMultiAttach(volume),
      wanted,
      attachments,
      node: (node) => lister(Node).get(node),
      unwantedSince: (node) => memory.unwanted.get(`${volumeName} ${node}`) ?? now,
      now,
    })
    for (const it of plan.detach) await detach(context, it, name)
    let unknownNode = false
    for (const node of plan.attach) if (!(await attach(context, volume, node))) unknownNode = true
    // A cache that was behind may have told a node of an attachment that was gone by then.
    for (const { metadata } of lister(Node).byIndex(BY_ATTACHED, name))
      if (!attachments.some((it) => it.spec.nodeName === metadata.name))
        await writeAttached(context, metadata.name, name, false)
    for (const node of plan.refused) refuse(context, volume, pods, node)
    for (const it of attachments)
      if (wanted.has(it.spec.nodeName)) await reportAttached(context, it, name, pods)
    return unknownNode ? { requeue: true } : { requeueAfterMs: plan.recheckAfterMs }
  },
})

function isAttachedBeforeUse({ lister }: Context, { spec }: Stored<PersistentVolume>): boolean {
  return lister(CSIDriver).get(spec.csi?.driver ?? '')?.spec.attachRequired !== false
}

function podsOf({ lister }: Context, { spec, metadata }: Stored<PersistentVolume>): readonly Stored<Pod>[] {
  if (spec.claimRef === undefined) return []
  const key = objectKey(spec.claimRef)
  if (lister(PersistentVolumeClaim).get(key)?.spec.volumeName !== metadata.name) return []
  return [...lister(Pod).byIndex(BY_CLAIM, key)].sort(byName)
}

function noteUnwanted(
  unwanted: Map<string, number>,
  volume: string,
  wanted: ReadonlySet<string>,
  attachments: readonly Attachment[],
  now: number,
): void {
  for (const { spec } of attachments) {
    const key = `${volume} ${spec.nodeName}`
    if (wanted.has(spec.nodeName)) unwanted.delete(key)
    else if (!unwanted.has(key)) unwanted.set(key, now)
  }
}

/** False when nobody knows the node (yet): to be tried again. */
async function attach({ client, lister }: Context, volume: Stored<PersistentVolume>, node: string) {
  if (lister(Node).get(node) === undefined) return false
  const { driver, volumeHandle } = volume.spec.csi!
  try {
    await client.create(VolumeAttachment, {
      metadata: { name: `csi-${hex64(volumeHandle + driver + node)}` },
      spec: {
        attacher: driver,
        nodeName: node,
        source: { persistentVolumeName: volume.metadata.name },
      },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  return true
}

/** The node hears that it must not mount the volume any more before it is taken away. */
async function detach(context: Context, attachment: Attachment, name: string | undefined): Promise<void> {
  const { client, memory } = context
  const { nodeName } = attachment.spec
  if (name !== undefined) await writeAttached(context, nodeName, name, false)
  try {
    await client.delete(VolumeAttachment, { name: attachment.metadata.name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  memory.unwanted.delete(`${attachment.spec.source.persistentVolumeName} ${nodeName}`)
}

/** Tells the node, and the pods that wait, that the driver has done its part, or why not. */
async function reportAttached(
  context: Context,
  { metadata, spec, status }: Attachment,
  name: string,
  pods: readonly Stored<Pod>[],
): Promise<void> {
  const { recorder, name: volume } = context
  if (metadata.deletionTimestamp !== undefined) return
  const waiting = pods.filter((it) => it.spec.nodeName === spec.nodeName)
  if (status?.attached !== true) {
    const error = status?.attachError?.message
    if (error === undefined) return
    for (const pod of waiting) {
      const message = `AttachVolume.Attach failed for volume "${volume}" : ${error}`
      recorder.event(pod, 'Warning', 'FailedAttachVolume', message)
    }
    return
  }
  if (!(await writeAttached(context, spec.nodeName, name, true))) return
  for (const pod of waiting) {
    const message = `AttachVolume.Attach succeeded for volume "${volume}" `
    recorder.event(pod, 'Normal', 'SuccessfulAttachVolume', message)
  }
}

/** True when the node's status said something else before. */
async function writeAttached({ client, lister }: Context, nodeName: string, name: string, attached: boolean) {
  const says = (node: Stored<Node> | undefined) =>
    node?.status?.volumesAttached?.some((it) => it.name === name) === true
  const cached = lister(Node).get(nodeName)
  // What the cache does not show yet must be taken back all the same: nobody looks again once it is detached.
  if (cached === undefined || (attached && says(cached))) return false
  // Live: several volumes of one node come and go at once.
  const node = await client.find(Node, { name: nodeName })
  if (node === undefined || says(node) === attached) return false
  const others = (node.status?.volumesAttached ?? []).filter((it) => it.name !== name)
  const volumesAttached = attached ? [...others, { name, devicePath: '' }] : others
  await client.updateStatus(Node, { ...node, status: { ...node.status, volumesAttached } })
  return true
}

/** Upstream names the pods that hold it if they are of the same namespace, and hides the others. */
function refuse(
  { recorder }: Context,
  { metadata }: Stored<PersistentVolume>,
  pods: readonly Stored<Pod>[],
  node: string,
): void {
  const holders = pods
    .filter((it) => it.spec.nodeName && it.spec.nodeName !== node)
    .map((it) => it.metadata.name)
  const why =
    holders.length > 0
      ? `Volume is already used by pod(s) ${holders.join(', ')}`
      : "Volume is already exclusively attached to one node and can't be attached to another"
  for (const pod of pods) {
    if (pod.spec.nodeName !== node || pod.metadata.deletionTimestamp !== undefined) continue
    const message = `Multi-Attach error for volume "${metadata.name}" ${why}`
    recorder.event(pod, 'Warning', 'FailedAttachVolume', message)
  }
}

function volumesOfClaims(keys: readonly string[], { lister }: Lookup): readonly string[] {
  return keys.flatMap((key) => nameOf(lister(PersistentVolumeClaim).get(key)?.spec.volumeName))
}

function attachedTo({ status }: Node): readonly string[] {
  return status?.volumesAttached?.map((it) => it.name) ?? NONE
}

const NONE: readonly string[] = []

function nameOf(name: string | undefined): readonly string[] {
  return name ? [name] : []
}

function byName(a: Stored<Pod | VolumeAttachment>, b: Stored<Pod | VolumeAttachment>): number {
  return a.metadata.name < b.metadata.name ? -1 : 1
}
