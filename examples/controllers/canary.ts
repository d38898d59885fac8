/**
 * A canary rollout: a new version first gets a tenth of the traffic, and all of it when its measurements are good.
 * The first version makes its canary with a generated name, and makes two when its cache lags.
 *
 *   npx kubarium explore examples/controllers/canary.ts
 */
import {
  type Client,
  ConfigMap,
  controlledBy,
  customKind,
  defineController,
  isAlreadyExists,
  isNotFound,
  simulation,
} from 'kubarium'

export const Release = customKind<{ version: string }, { stable?: string; weight?: number }>(
  'example.com/v1',
  'Release',
)

/** Says whether a version does well. */
export interface Measurements {
  isGood(version: string): Promise<boolean>
}

/** Gives the canary a name that the API server makes up. */
export const carelessCanary = (measurements: Measurements) =>
  canary(measurements, () => ({ generateName: 'canary-' }))
/** Names it after its version: a second one is refused. */
export const soundCanary = (measurements: Measurements) =>
  canary(measurements, (version) => ({ name: `canary-${version}` }))

function canary(measurements: Measurements, metadataFor: (version: string) => object) {
  return defineController({
    name: 'canary',
    for: Release,
    owns: [ConfigMap],
    reconcile: async ({ object: release, client, lister, namespace }) => {
      if (release === undefined) return
      const { version } = release.spec
      const canaries = lister(ConfigMap).list(namespace)
      if (release.status?.stable === version) {
        for (const { data, metadata } of canaries) {
          if (data?.version !== version) await deleteIfThere(client, namespace, metadata.name)
        }
        return
      }
      if (!canaries.some((it) => it.data?.version === version)) {
        const metadata = { namespace, ...metadataFor(version) }
        const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { version, weight: '10' } }
        try {
          await client.create(ConfigMap, controlledBy(Release, release, wanted))
        } catch (error) {
          if (!isAlreadyExists(error)) throw error
        }
        return { requeueAfterMs: 60_000 }
      }
      if (!(await measurements.isGood(version))) return { requeueAfterMs: 60_000 }
      await client.updateStatus(Release, release, (draft) => {
        draft.status = { stable: version, weight: 100 }
      })
      return
    },
  })
}

async function deleteIfThere(client: Client, namespace: string, name: string): Promise<void> {
  try {
    await client.delete(ConfigMap, { namespace, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Every version turns out well. */
export class FakeMeasurements {
  isGood(_version: string): boolean {
    return true
  }
}

const release = (version: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Release',
  metadata: { name: 'shop', namespace: 'default' },
  spec: { version },
})

const story = (controller: (measurements: Measurements) => unknown) =>
  simulation({
    kinds: [Release],
    outside: { measurements: () => new FakeMeasurements() },
    controllers: ({ measurements }) => [controller(measurements)],
    scenario: async ({ user, settle, advance }) => {
      await user.apply(release('v1'))
      await settle()
      await advance('5m')
      await user.patch('Release', 'shop', { spec: { version: 'v2' } })
      await settle()
      await advance('5m')
    },
    always: {
      'one canary for each version': ({ truth }) => {
        const versions = truth.list('ConfigMap').map((it) => it.data.version)
        return new Set(versions).size === versions.length || `canaries of ${versions.join(', ')}`
      },
    },
    // Where the world looks as if a version were still wanted, its canary is made, and deleted, once more.
    oracles: { ledger: false, idempotence: false },
    eventually: {
      'the newest version is stable': ({ truth }) => truth.get('Release', 'shop')?.status.stable === 'v2',
    },
  })

export const careless = story(carelessCanary)
export const sound = story(soundCanary)

/** What the search found, shrunk: the controller restarts, is woken, and does not see its own canary yet. */
export const replayed = simulation({
  ...careless,
  faults: ({ stale }) => [stale('canary', 2, 1)],
})
