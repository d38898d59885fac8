/** Bugs that need a crash between two writes, or a process that is down. */
import { isAlreadyExists } from '../../../src/api/errors.ts'
import { defineController } from '../../../src/controllers/runtime/controller.ts'
import { customKind } from '../../../src/testing/custom-kind.ts'
import { simulation } from '../../../src/testing/explore/spec.ts'
import { at, type Bug, ConfigMap, part } from './bug.ts'

const Broker = customKind<{ size: string }>('example.com/v1', 'Broker')
const broker = (size: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Broker',
  metadata: { name: 'a', namespace: 'default' },
  spec: { size },
})

/** Expanding a volume: the set is deleted, the claim enlarged, the set made again. */
const resizeForgotten: Bug = {
  name: 'a claim is never enlarged after a crash between deleting the set and enlarging',
  report: 'https://github.com/rabbitmq/cluster-operator/issues/782',
  spec: (fixed) =>
    simulation({
      kinds: [Broker],
      controllers: [
        defineController({
          name: 'broker',
          for: Broker,
          owns: [ConfigMap],
          reconcile: async ({ object, client }) => {
            if (object === undefined) return
            const { size } = object.spec
            const set = await client.find(ConfigMap, at('a-set'))
            const claim = await client.find(ConfigMap, at('a-claim'))
            if (claim === undefined) await client.create(ConfigMap, part('a-claim', { size }, object))
            const differs = fixed
              ? claim !== undefined && claim.data?.size !== size
              : set?.data?.size !== size
            if (differs && (fixed || set !== undefined)) {
              if (set !== undefined) await client.delete(ConfigMap, at('a-set'))
              await client.update(ConfigMap, (await client.get(ConfigMap, at('a-claim')))!, (draft) => {
                draft.data = { size }
              })
            }
            if (set === undefined || differs) await client.create(ConfigMap, part('a-set', { size }, object))
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.apply(broker('10Gi'))
        await settle()
        await user.patch('Broker', 'a', { spec: { size: '15Gi' } })
        await settle()
      },
    }),
}

const Cluster = customKind<{ tls: boolean }>('example.com/v1', 'Cluster')

/** Two secrets belong together; only the first is looked for. */
const secondSecretForgotten: Bug = {
  name: 'the second of two secrets is never made after a crash between them',
  report: 'https://github.com/percona/percona-server-mongodb-operator/pull/797',
  spec: (fixed) =>
    simulation({
      kinds: [Cluster],
      controllers: [
        defineController({
          name: 'cluster',
          for: Cluster,
          reconcile: async ({ object, client }) => {
            if (object === undefined) return
            const ssl = await client.find(ConfigMap, at('ssl'))
            if (ssl === undefined) await client.create(ConfigMap, part('ssl', { cert: 'x' }, object))
            const internal = fixed ? await client.find(ConfigMap, at('ssl-internal')) : ssl
            if (internal === undefined)
              await client.create(ConfigMap, part('ssl-internal', { cert: 'y' }, object))
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create({
          apiVersion: 'example.com/v1',
          kind: 'Cluster',
          metadata: { name: 'a' },
          spec: { tls: true },
        } as never)
        await settle()
      },
    }),
}

const Bucket = customKind<{ region: string }>('example.com/v1', 'Bucket')
const bucket = {
  apiVersion: 'example.com/v1',
  kind: 'Bucket',
  metadata: { name: 'a' },
  spec: { region: 'eu' },
}

class Cloud {
  readonly buckets = new Set<string>()
  create(name: string): void {
    this.buckets.add(name)
  }
  remove(name: string): void {
    this.buckets.delete(name)
  }
}

const FINALIZER = 'example.com/cleanup'

/** What happens outside is undone when the deletion is seen, which nobody promises. */
const missedDeletion: Bug = {
  name: 'a bucket leaks when its object is deleted while the operator is down',
  report: 'https://github.com/coryodaniel/bonny/issues/72',
  spec: (fixed) =>
    simulation({
      kinds: [Bucket],
      outside: { cloud: () => new Cloud() },
      controllers: ({ cloud }) => [
        defineController({
          name: 'bucket',
          for: Bucket,
          reconcile: async ({ object, name, client }) => {
            if (!fixed) {
              if (object === undefined) await cloud.remove(name)
              else await cloud.create(name)
              return
            }
            if (object === undefined) return
            if (object.metadata.deletionTimestamp !== undefined) {
              if (!object.metadata.finalizers?.includes(FINALIZER)) return
              await cloud.remove(name)
              await client.update(Bucket, object, (draft) => {
                draft.metadata!.finalizers = []
              })
              return
            }
            if (!object.metadata.finalizers?.includes(FINALIZER)) {
              await client.update(Bucket, object, (draft) => {
                draft.metadata!.finalizers = [FINALIZER]
              })
            }
            await cloud.create(name)
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create(bucket as never)
        await settle()
        await user.delete('Bucket', 'a')
        await settle()
      },
      // A restart looks at every bucket again: that is a call, but changes nothing.
      oracles: { idempotence: false },
    }),
}

/** The finalizer is written with everything else, at the end of the first reconcile. */
const lateFinalizer: Bug = {
  name: 'a bucket leaks when its object is deleted before the finalizer was stored',
  report: 'https://github.com/outscale/cluster-api-provider-outscale/issues/917',
  spec: (fixed) =>
    simulation({
      kinds: [Bucket],
      outside: { cloud: () => new Cloud() },
      controllers: ({ cloud }) => [
        defineController({
          name: 'bucket',
          for: Bucket,
          reconcile: async ({ object, name, client }) => {
            if (object === undefined) return
            const has = object.metadata.finalizers?.includes(FINALIZER) === true
            if (object.metadata.deletionTimestamp !== undefined) {
              if (!has) return
              await cloud.remove(name)
              await client.update(Bucket, object, (draft) => {
                draft.metadata!.finalizers = []
              })
              return
            }
            const finalize = () =>
              client.update(Bucket, object, (draft) => {
                draft.metadata!.finalizers = [FINALIZER]
              })
            if (fixed && !has) await finalize()
            await cloud.create(name)
            if (!fixed && !has) await finalize()
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create(bucket as never)
        await settle()
        await user.delete('Bucket', 'a')
        await settle()
      },
      oracles: { idempotence: false },
    }),
}

const Account = customKind<{ user: string }>('example.com/v1', 'Account')

class Server {
  readonly passwords = new Map<string, string>()
  create(user: string, password: string): boolean {
    if (this.passwords.has(user)) return false
    this.passwords.set(user, password)
    return true
  }
  reset(user: string, password: string): void {
    this.passwords.set(user, password)
  }
}

/** The user exists already, from an attempt whose answer never came: the new password is stored, the old one holds. */
const passwordMismatch: Bug = {
  name: 'the stored password is not the one that the server has',
  report: 'https://github.com/marmos91/dittofs/pull/1186',
  spec: (fixed) =>
    simulation({
      kinds: [Account],
      outside: { server: () => new Server() },
      controllers: ({ server }) => [
        defineController({
          name: 'account',
          for: Account,
          setup: ({ process }) => process.random('password'),
          reconcile: async ({ object, client, memory }) => {
            if (object === undefined) return
            if ((await client.find(ConfigMap, at('credentials'))) !== undefined) return
            const password = String(memory.below(1_000_000))
            const made = await server.create(object.spec.user, password)
            if (!made && fixed) await server.reset(object.spec.user, password)
            try {
              await client.create(ConfigMap, part('credentials', { password }, object))
            } catch (error) {
              if (!isAlreadyExists(error)) throw error
            }
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create({
          apiVersion: 'example.com/v1',
          kind: 'Account',
          metadata: { name: 'a' },
          spec: { user: 'root' },
        } as never)
        await settle()
      },
      // The password itself is drawn anew with every attempt.
      ignore: ['ConfigMap.data', 'outside.passwords'],
      eventually: {
        'the stored password opens the server': ({ truth }) =>
          truth.get('ConfigMap', 'credentials')?.['data'].password ===
          (truth.outside as unknown as { server: Server }).server.passwords.get('root'),
      },
    }),
}

export const CRASH_BUGS: readonly Bug[] = [
  resizeForgotten,
  secondSecretForgotten,
  missedDeletion,
  lateFinalizer,
  passwordMismatch,
]
