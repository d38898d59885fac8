/**
 * A database with a volume, and backups in an object store that outlive neither their object nor the store's limits.
 * The first version uploads before it has said that it will; a crash in between leaks the upload.
 *
 *   npx kubarium explore examples/controllers/database.ts
 */
import {
  ConfigMap,
  controlledBy,
  createOrPatch,
  customKind,
  defineController,
  ensureFinalizer,
  hasFinalizer,
  isDeleting,
  removeFinalizer,
  simulation,
} from 'kubarium'

export const Database = customKind<{ sizeGi: number }, { volume?: string }>('example.com/v1', 'Database')
export const Backup = customKind<{ database: string }, { location?: string }>('example.com/v1', 'Backup')

export interface ObjectStore {
  /** Returns where it lies. The same key replaces what was there. */
  upload(key: string, from: string): Promise<string>
  delete(key: string): Promise<void>
}

const FINALIZER = 'example.com/backup'

/** Keeps a volume for every database; it only ever grows. */
export const databases = defineController({
  name: 'database',
  for: Database,
  owns: [ConfigMap],
  reconcile: async ({ object: database, client, namespace, name }) => {
    if (database === undefined || isDeleting(database)) return
    const volume = `${name}-volume`
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: volume } }
    const current = await client.find(ConfigMap, { namespace, name: volume })
    const sizeGi = Math.max(database.spec.sizeGi, Number(current?.data?.sizeGi ?? 0))
    const data = { sizeGi: String(sizeGi) }
    await createOrPatch(client, ConfigMap, controlledBy(Database, database, { ...wanted, data }))
    if (database.status?.volume === volume) return
    await client.updateStatus(Database, database, (draft) => {
      draft.status = { volume }
    })
  },
})

/** Uploads, then stores the finalizer that would have cleaned up. */
export const hastyBackups = (store: ObjectStore) => backups(store, 'after')
/** Stores the finalizer, then uploads. */
export const safeBackups = (store: ObjectStore) => backups(store, 'before')

function backups(store: ObjectStore, finalizer: 'before' | 'after') {
  return defineController({
    name: 'backup',
    for: Backup,
    reconcile: async ({ object: backup, client, key }) => {
      if (backup === undefined) return
      if (isDeleting(backup)) {
        if (!hasFinalizer(backup, FINALIZER)) return
        await store.delete(key)
        await removeFinalizer(client, Backup, backup, FINALIZER)
        return
      }
      if (backup.status?.location !== undefined) return
      let held = finalizer === 'before' ? await ensureFinalizer(client, Backup, backup, FINALIZER) : backup
      const location = await store.upload(key, backup.spec.database)
      if (finalizer === 'after') held = await ensureFinalizer(client, Backup, backup, FINALIZER)
      await client.updateStatus(Backup, held, (draft) => {
        draft.status = { location }
      })
    },
  })
}

export class FakeObjectStore {
  readonly objects = new Map<string, string>()

  upload(key: string, from: string): string {
    this.objects.set(key, from)
    return `store://${key}`
  }

  delete(key: string): void {
    this.objects.delete(key)
  }
}

const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec,
})

const story = (controller: (store: ObjectStore) => unknown) =>
  simulation({
    kinds: [Database, Backup],
    outside: { store: () => new FakeObjectStore() },
    controllers: ({ store }) => [databases, controller(store)],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.apply(object('Database', 'main', { sizeGi: 10 }))
      await settle()
      await user.patch('Database', 'main', { spec: { sizeGi: 20 } })
      await user.create(object('Backup', 'nightly', { database: 'main' }))
      await settle()
      await user.delete('Backup', 'nightly')
      await waitFor(() => truth.get('Backup', 'nightly') === undefined)
    },
    eventually: {
      'no upload without its backup': ({ truth }) =>
        (truth.outside.store as FakeObjectStore).objects.size <= truth.list('Backup').length,
    },
  })

export const hasty = story(hastyBackups)
export const safe = story(safeBackups)

/** What the search found, shrunk: the upload's answer is under way while the user deletes the backup. */
export const replayed = simulation({
  ...hasty,
  faults: ({ slow, after }) => [slow('backup', after.outside('store.upload(default/nightly, main)'))],
})
