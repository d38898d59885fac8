/** A store that ends with the process, and whose revisions are none that an earlier process gave out. */
import { Store, type StoreOptions } from '../etcd/store.ts'

/** 2025-01-01. */
const EPOCH_MS = 1_735_689_600_000
/** More than anybody writes for long. */
const REVISIONS_PER_MS = 10

/**
 * Opens such stores. Clients remember revisions longer than this process lives: what they saw of an earlier one must be
 * too old here, never something else. So the first revision follows the clock.
 * @param nowMs  real time, ms since the Unix epoch
 */
export function memoryStore<V>(nowMs: number): (options: StoreOptions<V>) => Store<V> {
  const revision = Math.max(1, Math.floor((nowMs - EPOCH_MS) * REVISIONS_PER_MS))
  return (options) =>
    Store.restore({ revision, compactRevision: revision, base: [], events: [], leases: [] }, options)
}
