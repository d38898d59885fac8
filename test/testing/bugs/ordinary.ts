/** Bugs that need no fault at all, or only an error. */
import { defineController } from '../../../src/controllers/runtime/controller.ts'
import { customKind } from '../../../src/testing/custom-kind.ts'
import { simulation } from '../../../src/testing/explore/spec.ts'
import type { Bug } from './bug.ts'

const Foo = customKind<{ x: number }, { seen?: string; ready?: boolean }>('example.com/v1', 'Foo')
const foo = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'a' }, spec: { x: 1 } }

const timestampLoop: Bug = {
  name: 'a time in the status makes the controller wake itself up for ever',
  report: 'https://github.com/kube-rs/kube/issues/354',
  spec: (fixed) =>
    simulation({
      kinds: [Foo],
      controllers: [
        defineController({
          name: 'foo',
          for: Foo,
          reconcile: async ({ object, client, now }) => {
            if (object === undefined || (fixed && object.status?.ready)) return
            await client.updateStatus(Foo, object, (draft) => {
              draft.status = { seen: String(now), ready: true }
            })
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create(foo as never)
        await settle()
      },
      ignore: ['Foo.status.seen'],
      stepBudget: 2000,
    }),
}

const Tunnel = customKind<{ host: string }>('example.com/v1', 'Tunnel')

class Edge {
  readonly tunnels = new Set<string>()
  open(name: string): void {
    this.tunnels.add(name)
  }
  close(name: string): void {
    this.tunnels.delete(name)
  }
}

const FINALIZER = 'example.com/tunnel'

/** A failed clean-up is logged, and the finalizer goes all the same. */
const finalizerRemovedOnFailure: Bug = {
  name: 'the finalizer is removed although the clean-up failed',
  report: 'https://github.com/cfgate/cfgate/issues/45',
  spec: (fixed) =>
    simulation({
      kinds: [Tunnel],
      outside: { edge: () => new Edge() },
      controllers: ({ edge }) => [
        defineController({
          name: 'tunnel',
          for: Tunnel,
          reconcile: async ({ object, name, client }) => {
            if (object === undefined) return
            const has = object.metadata.finalizers?.includes(FINALIZER) === true
            if (object.metadata.deletionTimestamp !== undefined) {
              if (!has) return
              try {
                await edge.close(name)
              } catch (error) {
                if (fixed) throw error
              }
              await client.update(Tunnel, object, (draft) => {
                draft.metadata!.finalizers = []
              })
              return
            }
            if (!has) {
              await client.update(Tunnel, object, (draft) => {
                draft.metadata!.finalizers = [FINALIZER]
              })
            }
            await edge.open(name)
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create({
          apiVersion: 'example.com/v1',
          kind: 'Tunnel',
          metadata: { name: 'a' },
          spec: { host: 'h' },
        } as never)
        await settle()
        await user.delete('Tunnel', 'a')
        await settle()
      },
      oracles: { idempotence: false },
    }),
}

export const ORDINARY_BUGS: readonly Bug[] = [timestampLoop, finalizerRemovedOnFailure]
