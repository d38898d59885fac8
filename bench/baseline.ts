/**
 * The least possible code that does what a pod's life needs: the same number of writes and deliveries, on plain
 * objects, with no API, no validation, no clock. What it costs is the floor; the ratio to it says what the rest costs,
 * whatever the machine.
 */

/** Commits of one pod's life, as the journal of a run shows them: created, bound, and three states of its status. */
export const WRITES_PER_POD = 5
/** Who hears of each: its controller, the scheduler, its kubelet. */
export const DELIVERIES_PER_WRITE = 3

interface PlainPod {
  readonly key: string
  readonly resourceVersion: string
  readonly owner: string
  readonly nodeName?: string
  readonly status?: { readonly phase: string; readonly conditions: readonly object[] }
}

/** Seconds of processor time for `count` pods. */
export function baselineSeconds(count: number): number {
  const store = new Map<string, PlainPod>()
  const history: PlainPod[] = []
  const queues = Array.from({ length: DELIVERIES_PER_WRITE }, () => new Set<string>())
  let revision = 0
  const put = (pod: PlainPod) => {
    const written = { ...pod, resourceVersion: String(++revision) }
    store.set(written.key, written)
    history.push(written)
    for (const queue of queues) queue.add(written.owner)
  }
  const start = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const key = `/registry/pods/default/web-${i}`
    put({ key, resourceVersion: '', owner: `web-${i % 1000}` })
    for (let write = 1; write < WRITES_PER_POD; write++) {
      const pod = store.get(key)!
      put(
        write === 1
          ? { ...pod, nodeName: `node-${i % 1000}` }
          : { ...pod, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      )
    }
    for (const queue of queues) queue.clear()
  }
  return seconds(process.cpuUsage(start))
}

export function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6
}
