/** Waiting in virtual time for a state of the store: without requests, at the very revision that brings it. */
import type { Cluster } from '../../cluster/cluster.ts'

/** Whether `check` came to hold within the time. It reads the store alone, so it is asked once a revision. */
export function awaitState(cluster: Cluster, check: () => boolean, timeoutMs: number): Promise<boolean> {
  let asked = -1
  let held = false
  return cluster.loop.waitFor(() => {
    if (cluster.revision !== asked) {
      asked = cluster.revision
      held = check()
    }
    return held
  }, timeoutMs)
}
