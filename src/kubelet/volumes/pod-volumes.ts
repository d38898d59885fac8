/**
 * The volumes of one pod (upstream: pkg/kubelet/volumemanager and pkg/volume). Before containers start, everything
 * they need must be there; files that show API objects follow those with the kubelet's delay; tokens are asked for
 * when somebody reads them.
 */
import type { ConfigMap } from '../../api/core/config-map.ts'
import type { Container } from '../../api/core/container.ts'
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Secret } from '../../api/core/secret.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { Volume } from '../../api/core/volume.ts'
import { quantityValue } from '../../api/quantity.ts'
import { attachableName } from '../../api/storage/attachable.ts'
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import type { Timer } from '../../kernel/event-loop.ts'
import { downwardNode } from '../container-starter.ts'
import type { Mount } from '../cri/runtime.ts'
import { expand } from '../expansion.ts'
import { FileTree } from '../file-tree.ts'
import type { PodWorker } from '../pod-worker.ts'
import { type ProjectedFile, writeAtomically } from './atomic-writer.ts'
import type { VolumeUser } from './attached-volumes.ts'
import {
  isAccountProjection,
  type Projection,
  projectDownward,
  projectionOf,
  projectObject,
  ROOT_CA,
  type TokenSource,
} from './projection.ts'

interface Mounted {
  readonly volume: Volume
  readonly tree: FileTree
  /** Below the tree's root: hostPath. */
  readonly path: string
  readonly readOnly: boolean
}

/** A running pod's files are looked at with its full resync: a minute and up to half again. */
const RESYNC_MS = 60_000
const RETRY_MS = 500
const RETRY_MS_MAX = 122_000
/** Upstream waits this long before it says that volumes are missing. */
const MOUNT_WAIT_MS = 123_000

/** What a mount waits for, rather than fails of: nothing is said about it until it takes too long. */
const NOT_ATTACHED = 'volume is not attached yet'

export class PodVolumes implements VolumeUser {
  readonly #worker: PodWorker
  /** Names of volumes in use, as the node's status calls them. */
  readonly #attachable = new Set<string>()
  readonly #mounted = new Map<string, Mounted>()
  readonly #unuse: (() => void)[] = []
  readonly #tokens = new Map<string, string>()
  #startedAt = 0
  #attempts = 0
  #refresh: Timer | undefined
  #gone = false
  /** No attempt to mount before, ms since the epoch. */
  retryAt = 0

  constructor(worker: PodWorker) {
    this.#worker = worker
  }

  /** A service account's volume whose namespace is known to be in order: its content can wait for a reader. */
  mountAccount(): this {
    for (const volume of this.#worker.pod.spec.volumes ?? []) {
      const tree = new FileTree()
      const projection = projectionOf(volume)!
      tree.lazily((loaded) => this.#loadTokens(tree, projection, loaded))
      this.#mounted.set(volume.name, { volume, tree, path: '', readOnly: false })
    }
    return this
  }

  /** Makes every volume ready; calls back with false when the kubelet is going away. Retries by itself. */
  mount(done: (mounted: boolean) => void): void {
    const { context, pod } = this.#worker
    if (this.#startedAt === 0) this.#startedAt = context.clock.now()
    const missing = (pod.spec.volumes ?? []).filter((it) => !this.#mounted.has(it.name))
    let left = missing.length
    let failed: { volume: string; error: string } | undefined
    const settle = () => {
      if (!context.alive()) return
      if (failed === undefined || this.#gone || this.#worker.state !== 'syncing')
        return done(failed === undefined)
      this.#report(failed.volume, failed.error)
      const delay = Math.min(RETRY_MS * 2 ** this.#attempts++, RETRY_MS_MAX)
      this.retryAt = context.clock.now() + delay
      // The worker may go on meanwhile: a pod that waits for a volume can still be deleted.
      context.clock.after(delay, () => this.#worker.poke(), {
        background: delay > 1000 ? true : undefined,
        label: 'volume mount retry',
      })
      done(false)
    }
    if (left === 0) settle()
    for (const volume of missing) {
      this.#setUp(volume, (error) => {
        if (error !== undefined) failed ??= { volume: volume.name, error }
        if (--left === 0) settle()
      })
    }
  }

  /** What the runtime mounts into a container. */
  mountsOf(spec: Container, lookup: (name: string) => string | undefined): Mount[] {
    const mounts: Mount[] = []
    for (const { name, mountPath, readOnly, subPath, subPathExpr } of spec.volumeMounts ?? []) {
      const mounted = this.#mounted.get(name)
      if (mounted === undefined) continue
      const below = subPathExpr ? expand(subPathExpr, lookup) : (subPath ?? '')
      mounts.push({
        containerPath: mountPath,
        tree: below === '' ? mounted.tree : frozenAt(mounted.tree, below),
        path: below === '' ? mounted.path : joinPath(mounted.path, below),
        readOnly: readOnly === true || mounted.readOnly,
      })
    }
    return mounts
  }

  /** The pod's labels or annotations changed: files of the downward API follow. */
  podChanged(): void {
    const shows = this.#worker.pod.spec.volumes?.some((it) => (projectionOf(it)?.downward.length ?? 0) > 0)
    if (shows === true) this.#refreshLater()
  }

  /** A volume that was waited for has been attached. */
  attached(): void {
    if (this.#gone || this.retryAt === 0) return
    this.retryAt = 0
    this.#worker.poke()
  }

  unmount(): void {
    this.#gone = true
    this.#refresh?.cancel()
    for (const name of this.#attachable) this.#worker.context.attachedVolumes.release(name, this)
    this.#attachable.clear()
    for (const stop of this.#unuse.splice(0)) stop()
  }

  /** The pod's own volumes are deleted. */
  remove(): void {
    this.unmount()
    const { machine } = this.#worker.context
    for (const name of this.#mounted.keys())
      machine.volumes.delete(`${this.#worker.pod.metadata.uid}/${name}`)
  }

  #setUp(volume: Volume, done: (error: string | undefined) => void): void {
    const { context, pod } = this.#worker
    const { machine } = context
    const projection = projectionOf(volume)
    if (projection !== undefined) {
      this.#setUpProjection(volume, projection, done)
      return
    }
    const mounted = (tree: FileTree, path = '', readOnly = false) => {
      this.#mounted.set(volume.name, { volume, tree, path, readOnly })
      done(undefined)
    }
    if (volume.hostPath !== undefined) {
      const error = checkHostPath(machine.disk, volume.hostPath.path, volume.hostPath.type ?? '')
      if (error !== undefined) done(error)
      else mounted(machine.disk, volume.hostPath.path)
    } else if (volume.persistentVolumeClaim !== undefined) {
      const { claimName, readOnly = false } = volume.persistentVolumeClaim
      this.#setUpClaim(claimName, (error, tree, path) => {
        if (error !== undefined) done(error)
        else mounted(tree, path, readOnly)
      })
    } else if (volume.ephemeral !== undefined) {
      this.#setUpClaim(`${pod.metadata.name}-${volume.name}`, (error, tree, path) => {
        if (error !== undefined) done(error)
        else mounted(tree, path)
      })
    } else if (volume.nfs !== undefined) {
      mounted(
        diskOf(machine.disks, `nfs://${volume.nfs.server}${volume.nfs.path}`),
        '',
        volume.nfs.readOnly === true,
      )
    } else {
      const key = `${pod.metadata.uid}/${volume.name}`
      let tree = machine.volumes.get(key)
      if (tree === undefined) machine.volumes.set(key, (tree = new FileTree()))
      const { medium, sizeLimit } = volume.emptyDir ?? {}
      // tmpfs refuses what does not fit; on disk the kubelet evicts the pod afterwards.
      if (medium === 'Memory' && sizeLimit !== undefined) tree.limitBytes = quantityValue(sizeLimit)
      mounted(tree)
    }
  }

  #setUpProjection(volume: Volume, projection: Projection, done: (error: string | undefined) => void): void {
    const { context, pod } = this.#worker
    const namespace = pod.metadata.namespace ?? ''
    // A kubelet that was restarted finds the files that its containers look at.
    const key = `${pod.metadata.uid}/${volume.name}`
    let tree = context.machine.volumes.get(key)
    if (tree === undefined) context.machine.volumes.set(key, (tree = new FileTree()))
    const files = tree
    const finish = (error: string | undefined) => {
      if (error === undefined && isAccountProjection(projection)) context.accountsReady.add(namespace)
      if (error === undefined)
        this.#mounted.set(volume.name, { volume, tree: files, path: '', readOnly: false })
      done(error)
    }
    for (const { kind, name } of projection.objects) {
      // What every account's volume shows is not worth a watch on every node.
      if (name === ROOT_CA) continue
      this.#unuse.push(context.objects.use(kind, namespace, name, () => this.#refreshLater()))
    }
    this.#fill(files, projection, finish)
    if (projection.tokens.length > 0) files.lazily((loaded) => this.#loadTokens(files, projection, loaded))
  }

  /** Reads what the volume shows and writes all files at once. */
  #fill(tree: FileTree, projection: Projection, done: (error: string | undefined) => void): void {
    const { context, pod } = this.#worker
    const files = new Map<string, ProjectedFile>()
    const finish = () => {
      for (const source of projection.downward) {
        const error = projectDownward(
          files,
          source,
          this.#worker.pod,
          downwardNode(this.#worker),
          projection.defaultMode,
        )
        if (error !== undefined) return done(error)
      }
      for (const token of projection.tokens) {
        files.set(token.path, {
          content: this.#tokens.get(tokenKey(token)) ?? '',
          mode: projection.defaultMode,
        })
      }
      writeAtomically(tree, files, context.clock.now())
      done(undefined)
    }
    const objects = [...projection.objects]
    const next = () => {
      const source = objects.shift()
      if (source === undefined) return finish()
      context.objects.get(source.kind, pod.metadata.namespace ?? '', source.name, (object) => {
        if (!context.alive()) return
        const error = projectObject(
          files,
          source,
          object as ConfigMap | Secret | undefined,
          projection.defaultMode,
        )
        if (error === undefined) next()
        else done(error)
      })
    }
    next()
  }

  /** Asks for the service account's tokens, then shows them; they are renewed at 80 % of their life. */
  #loadTokens(tree: FileTree, projection: Projection, loaded: () => void): void {
    const { context, pod } = this.#worker
    let left = projection.tokens.length
    for (const token of projection.tokens) {
      this.#requestToken(token, (value, expiresInMs) => {
        if (value !== undefined) this.#tokens.set(tokenKey(token), value)
        if (--left > 0) return
        this.#fill(tree, projection, () => loaded())
        if (value === undefined) return
        const renewMs = Math.min(expiresInMs * 0.8, 86_400_000)
        context.clock.after(
          renewMs,
          () => !this.#gone && tree.lazily((again) => this.#loadTokens(tree, projection, again)),
          {
            background: true,
            label: `token of ${pod.metadata.name}`,
          },
        )
      })
    }
  }

  #requestToken(token: TokenSource, done: (value: string | undefined, expiresInMs: number) => void): void {
    const { context, pod } = this.#worker
    const { transport, requests } = context.process
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: token.audience === undefined ? undefined : [token.audience],
        expirationSeconds: token.expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    }
    const account = { namespace: pod.metadata.namespace, name: pod.spec.serviceAccountName || 'default' }
    transport.request(requests.subresource('create', ServiceAccount, account, 'token', body), (response) => {
      if (!context.alive()) return
      const status = response.ok ? (response.body as { status?: { token?: string } }).status : undefined
      done(status?.token, token.expirationSeconds * 1000)
    })
  }

  #setUpClaim(
    claimName: string,
    done: (error: string | undefined, tree: FileTree, path: string) => void,
  ): void {
    const { context, pod } = this.#worker
    const { transport, requests } = context.process
    const nothing = new FileTree()
    const namespace = pod.metadata.namespace
    transport.request(requests.get(PersistentVolumeClaim, { namespace, name: claimName }), (response) => {
      if (!response.ok) return done(`persistentvolumeclaim "${claimName}" not found`, nothing, '')
      const claim = response.body as PersistentVolumeClaim
      const name = claim.spec?.volumeName
      if (claim.status?.phase !== 'Bound' || !name) return done('PVC is not bound', nothing, '')
      transport.request(requests.get(PersistentVolume, { name }), (answer) => {
        if (!answer.ok) return done(`persistentvolume "${name}" not found`, nothing, '')
        const volume = answer.body as PersistentVolume
        const path = volume.spec?.hostPath?.path ?? volume.spec?.local?.path
        if (path !== undefined) {
          context.machine.disk.mkdir(path)
          done(undefined, context.machine.disk, path)
          return
        }
        const mount = () => done(undefined, diskOf(context.machine.disks, name), '')
        const attachable = attachableName(volume)
        if (attachable === undefined) return mount()
        this.#whenAttached(volume.spec.csi!.driver, attachable, (attached) =>
          attached ? mount() : done(NOT_ATTACHED, nothing, ''),
        )
      })
    })
  }

  /** Some drivers need no attaching: their CSIDriver says so. */
  #whenAttached(driver: string, name: string, done: (attached: boolean) => void): void {
    const { transport, requests } = this.#worker.context.process
    transport.request(requests.get(CSIDriver, { name: driver }), (response) => {
      if (response.ok && (response.body as CSIDriver).spec.attachRequired === false) return done(true)
      if (this.#gone) return done(false)
      this.#attachable.add(name)
      done(this.#worker.context.attachedVolumes.use(name, this))
    })
  }

  #refreshLater(): void {
    if (this.#refresh !== undefined || this.#gone) return
    const { context } = this.#worker
    const delay = RESYNC_MS * (1 + 0.5 * context.process.random('resync').float())
    this.#refresh = context.clock.after(
      delay,
      () => {
        this.#refresh = undefined
        for (const { volume, tree } of this.#mounted.values()) {
          const projection = projectionOf(volume)
          // A projection that cannot be made any more keeps its last files.
          if (projection !== undefined) this.#fill(tree, projection, () => {})
        }
      },
      { background: true, label: 'volume refresh' },
    )
  }

  #report(volume: string, error: string): void {
    const { context, pod } = this.#worker
    const unattached = error === NOT_ATTACHED
    if (!unattached) {
      const message = `MountVolume.SetUp failed for volume "${volume}" : ${error}`
      context.recorder.event(pod, 'Warning', 'FailedMount', message)
    }
    if (context.clock.now() - this.#startedAt < MOUNT_WAIT_MS) return
    const late = `Unable to attach or mount volumes: unmounted volumes=[${volume}], unattached volumes=[${unattached ? volume : ''}], failed to process volumes=[]: timed out waiting for the condition`
    context.recorder.event(pod, 'Warning', 'FailedMount', late)
  }
}

function tokenKey({ audience = '', path }: TokenSource): string {
  return `${audience} ${path}`
}

function diskOf(disks: Map<string, FileTree>, name: string): FileTree {
  let tree = disks.get(name)
  if (tree === undefined) disks.set(name, (tree = new FileTree()))
  return tree
}

/** A subPath of a projected volume is resolved once, at start: it does not follow later updates. */
function frozenAt(tree: FileTree, path: string): FileTree {
  const data = tree.find('..data')
  if (data?.type !== 'link') return tree
  const node = tree.find(`${data.target}/${path}`)
  if (node === undefined) return tree
  const copy = new FileTree()
  if (node.type === 'file') copy.write(path, node.content, node.mode, node.mtimeMs)
  else if (node.type === 'directory')
    for (const [name, entry] of node.entries) copy.mkdir(path).entries.set(name, entry)
  return copy
}

function checkHostPath(disk: FileTree, path: string, type: string): string | undefined {
  const node = disk.find(path)
  switch (type) {
    case 'DirectoryOrCreate':
      disk.mkdir(path)
      return undefined
    case 'Directory':
      return node?.type === 'directory' ? undefined : `hostPath type check failed: ${path} is not a directory`
    case 'FileOrCreate':
      if (node === undefined) disk.write(path, '')
      return undefined
    case 'File':
      return node?.type === 'file' ? undefined : `hostPath type check failed: ${path} is not a file`
    default:
      if (node === undefined) disk.mkdir(path)
      return undefined
  }
}

function joinPath(above: string, below: string): string {
  return above === '' ? below : `${above}/${below}`
}
