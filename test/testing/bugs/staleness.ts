/** Bugs that need a cache that lags, states that were never seen, or a restart into the past. */
import { isAlreadyExists, isNotFound } from '../../../src/api/errors.ts'
import { defineController } from '../../../src/controllers/runtime/controller.ts'
import { customKind } from '../../../src/testing/custom-kind.ts'
import { simulation } from '../../../src/testing/explore/spec.ts'
import { at, type Bug, ConfigMap, part } from './bug.ts'

const Broker = customKind<{ size: number }>('example.com/v1', 'Broker')
const Keeper = customKind<{ replicas: number }>('example.com/v1', 'Keeper')

const named = (kind: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { name: 'a', namespace: 'default' },
  spec,
})

/** Deletes the set whenever the wanted size is another one; sizes only ever grow. */
const staleResize: Bug = {
  name: 'the set is deleted because an old size was read after a restart',
  report: 'https://github.com/rabbitmq/cluster-operator/issues/653',
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
            // A live look: what is made of an old size has to be deleted once more.
            const wanted = (fixed ? await client.get(Broker, at('a')) : object).spec.size
            const set = await client.find(ConfigMap, at('a-set'))
            const has = Number(set?.data?.size ?? 0)
            if (set !== undefined && (fixed ? wanted > has : wanted !== has))
              await client.delete(ConfigMap, at('a-set'))
            else if (set !== undefined) return
            await client.create(ConfigMap, part('a-set', { size: String(wanted) }, object))
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.apply(named('Broker', { size: 10 }))
        await settle()
        await user.patch('Broker', 'a', { spec: { size: 15 } })
        await settle()
        await user.patch('Broker', 'a', { metadata: { labels: { touched: 'yes' } } })
        await settle()
      },
    }),
}

const FINALIZER = 'example.com/cleanup'

/** Claims belong to a keeper by name, so those of its successor are taken for its own. */
const claimsOfSuccessor: Bug = {
  name: 'the claim of a new keeper is deleted for the deletion of an old one of its name',
  report: 'https://github.com/pravega/zookeeper-operator/issues/312',
  spec: (fixed) =>
    simulation({
      kinds: [Keeper],
      controllers: [
        defineController({
          name: 'keeper',
          for: Keeper,
          reconcile: async ({ object, client }) => {
            if (object === undefined) return
            const claim = await client.find(ConfigMap, at('a-claim'))
            if (object.metadata.deletionTimestamp !== undefined) {
              if (!object.metadata.finalizers?.includes(FINALIZER)) return
              const mine = claim?.data?.keeper === object.metadata.uid
              if (claim !== undefined && (mine || !fixed)) {
                await client.delete(ConfigMap, at('a-claim'), { preconditions: { uid: claim.metadata.uid } })
              }
              try {
                await client.update(Keeper, object, (draft) => {
                  draft.metadata!.finalizers = []
                })
              } catch (error) {
                if (!isNotFound(error)) throw error
              }
              return
            }
            if (!object.metadata.finalizers?.includes(FINALIZER)) {
              await client.update(Keeper, object, (draft) => {
                draft.metadata!.finalizers = [FINALIZER]
              })
            }
            if (claim !== undefined) return
            // A keeper that is no more needs no claim: the cache may be old.
            if (fixed && (await client.find(Keeper, at('a')))?.metadata.uid !== object.metadata.uid) return
            await client.create(ConfigMap, part('a-claim', { keeper: object.metadata.uid }))
          },
        }),
      ],
      scenario: async ({ user, settle, waitFor, truth }) => {
        await user.create(named('Keeper', { replicas: 1 }))
        await settle()
        await user.delete('Keeper', 'a')
        await waitFor(() => truth.get('Keeper', 'a') === undefined)
        await user.create(named('Keeper', { replicas: 1 }))
        await settle()
        await user.patch('Keeper', 'a', { metadata: { labels: { touched: 'yes' } } })
        await settle()
      },
    }),
}

/** One claim per replica; those beyond the wanted number are deleted, by what the cache says is wanted. */
const staleScale: Bug = {
  name: 'a claim in use is deleted because an old number of replicas was read',
  report: 'https://github.com/pravega/zookeeper-operator/issues/314',
  spec: (fixed) =>
    simulation({
      kinds: [Keeper],
      controllers: [
        defineController({
          name: 'keeper',
          for: Keeper,
          reconcile: async ({ object, client }) => {
            if (object === undefined) return
            const { items } = await client.list(ConfigMap, { namespace: 'default' })
            const claims = items.filter((it) => it.metadata.name.startsWith('a-claim-'))
            const { replicas } = object.spec
            for (let i = 0; i < replicas; i++) {
              if (claims.some((it) => it.metadata.name === `a-claim-${i}`)) continue
              await client.create(ConfigMap, part(`a-claim-${i}`, {}, object))
            }
            const surplus = claims.filter(
              (it) => Number(it.metadata.name.slice('a-claim-'.length)) >= replicas,
            )
            for (const claim of surplus) {
              // A live look at what is wanted, since what is deleted here does not come back.
              if (fixed && (await client.get(Keeper, at('a'))).spec.replicas !== replicas)
                return { requeue: true }
              await client.delete(ConfigMap, at(claim.metadata.name))
            }
            return undefined
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.apply(named('Keeper', { replicas: 2 }))
        await settle()
        await user.patch('Keeper', 'a', { spec: { replicas: 1 } })
        await settle()
        await user.patch('Keeper', 'a', { spec: { replicas: 2 } })
        await settle()
        await user.patch('Keeper', 'a', { metadata: { labels: { touched: 'yes' } } })
        await settle()
      },
    }),
}

const Member = customKind<{ data: string }>('example.com/v1', 'Member')

/** Cleans up after members that are seen while they are being deleted. */
const missedTimestamp: Bug = {
  name: 'a claim stays because its member was never seen while it was being deleted',
  report: 'https://github.com/instaclustr/cassandra-operator/issues/398',
  spec: (fixed) =>
    simulation({
      kinds: [Member],
      given: [part('claim-a', {})],
      controllers: [
        defineController({
          name: 'member',
          for: Member,
          watches: [{ kind: ConfigMap, map: (it) => [`default/${it.metadata.name.replace(/^claim-/, '')}`] }],
          reconcile: async ({ object, name, client, lister }) => {
            const claim = lister(ConfigMap).get(`default/claim-${name}`)
            const gone = fixed ? object === undefined : object?.metadata.deletionTimestamp !== undefined
            if (gone && claim !== undefined) {
              try {
                await client.delete(ConfigMap, at(`claim-${name}`), {
                  preconditions: { uid: claim.metadata.uid },
                })
              } catch (error) {
                if (!isNotFound(error)) throw error
              }
            }
          },
        }),
      ],
      scenario: async ({ user, settle, advance }) => {
        await user.create({
          ...named('Member', { data: 'x' }),
          metadata: { name: 'a', namespace: 'default', finalizers: ['example.com/other'] },
        })
        await settle()
        await user.delete('Member', 'a')
        await advance(100)
        await user.patch('Member', 'a', { metadata: { finalizers: null } })
        await settle()
      },
    }),
}

const Rollout = customKind<{ image: string }>('example.com/v1', 'Rollout')

/** A run with a generated name for each rollout, unless the cache knows one. */
const duplicates: Bug = {
  name: 'two runs are made because the cache did not know of the first',
  report: 'https://github.com/argoproj/argo-rollouts/issues/243',
  spec: (fixed) =>
    simulation({
      kinds: [Rollout],
      controllers: [
        defineController({
          name: 'rollout',
          for: Rollout,
          owns: [ConfigMap],
          reconcile: async ({ object, client, lister }) => {
            if (object === undefined) return
            const runs = lister(ConfigMap).list('default')
            if (runs.some((it) => it.data?.image === object.spec.image)) return
            const run = part('', { image: object.spec.image }, object)
            const { name: _, ...metadata } = run.metadata!
            try {
              await client.create(ConfigMap, {
                ...run,
                metadata: fixed
                  ? { ...metadata, name: `run-${object.spec.image}` }
                  : { ...metadata, generateName: 'run-' },
              })
            } catch (error) {
              if (!isAlreadyExists(error)) throw error
            }
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.apply(named('Rollout', { image: 'v1' }))
        await settle()
        await user.patch('Rollout', 'a', { metadata: { labels: { touched: 'yes' } } })
        await settle()
      },
    }),
}

export const STALENESS_BUGS: readonly Bug[] = [
  staleResize,
  claimsOfSuccessor,
  staleScale,
  missedTimestamp,
  duplicates,
]
