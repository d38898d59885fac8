/**
 * ConfigMaps and Secrets that pods of this node refer to, and nothing else (upstream: pkg/kubelet/util/manager,
 * watch-based manager): read when first asked for, watched while a volume shows them.
 */
import type { KubeObject, Stored } from '../api/kind.ts'
import type { WatchHandle } from '../api/request.ts'
import type { KindRef } from '../client/client.ts'
import type { Process } from '../client/process.ts'

interface Entry {
  readonly kind: KindRef
  readonly namespace: string
  readonly name: string
  object: Stored<KubeObject> | undefined
  /** Who hears of changes. */
  readonly users: Set<() => void>
  watch: WatchHandle | undefined
  /** The watch has told the present state: reads need no request. */
  fresh: boolean
}

const REWATCH_MS = 1000

export class ObjectCache {
  readonly #process: Process
  readonly #entries = new Map<string, Entry>()

  constructor(process: Process) {
    this.#process = process
  }

  /** `done` gets undefined when it does not exist, at once when the object is being watched. */
  get(
    kind: KindRef,
    namespace: string,
    name: string,
    done: (object: Stored<KubeObject> | undefined) => void,
  ): void {
    const entry = this.#entries.get(keyOf(kind, namespace, name))
    if (entry?.fresh === true) {
      done(entry.object)
      return
    }
    const { transport, requests } = this.#process
    transport.request(requests.get(kind, { namespace, name }), (response) => {
      done(response.ok ? (response.body as Stored<KubeObject>) : undefined)
    })
  }

  /** Watches the object from now on; the function returned ends that. */
  use(kind: KindRef, namespace: string, name: string, changed: () => void): () => void {
    const key = keyOf(kind, namespace, name)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { kind, namespace, name, object: undefined, users: new Set(), watch: undefined, fresh: false }
      this.#entries.set(key, entry)
      this.#watch(entry)
    }
    entry.users.add(changed)
    const it = entry
    return () => {
      it.users.delete(changed)
      if (it.users.size > 0 || this.#entries.get(key) !== it) return
      it.watch?.stop()
      this.#entries.delete(key)
    }
  }

  #watch(entry: Entry): void {
    const { transport, requests, clock } = this.#process
    const { kind, namespace, name } = entry
    const again = () => {
      entry.fresh = false
      clock.after(
        REWATCH_MS,
        () => this.#entries.get(keyOf(kind, namespace, name)) === entry && this.#watch(entry),
        {
          background: true,
          label: `watch of ${kind.kind} ${namespace}/${name}`,
        },
      )
    }
    transport.request(requests.list(kind, { namespace, fields: `metadata.name=${name}` }), (response) => {
      if (!response.ok) return again()
      const list = response.body as {
        items: readonly Stored<KubeObject>[]
        metadata: { resourceVersion: string }
      }
      this.#set(entry, list.items[0])
      const options = {
        namespace,
        fields: `metadata.name=${name}`,
        resourceVersion: list.metadata.resourceVersion,
      }
      entry.watch = transport.watch(requests.watch(kind, options), {
        events: (batch) => {
          for (const event of batch) {
            if (event.type === 'BOOKMARK') continue
            this.#set(entry, event.type === 'DELETED' ? undefined : (event.object as Stored<KubeObject>))
          }
        },
        end: again,
      })
    })
  }

  #set(entry: Entry, object: Stored<KubeObject> | undefined): void {
    const first = !entry.fresh
    entry.fresh = true
    if (object?.metadata.resourceVersion === entry.object?.metadata.resourceVersion && !first) return
    const changed = entry.object !== object
    entry.object = object
    if (changed && !first) for (const run of [...entry.users]) run()
  }
}

function keyOf(kind: KindRef, namespace: string, name: string): string {
  return `${kind.kind} ${namespace}/${name}`
}
