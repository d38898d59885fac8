import { expect, test } from 'vitest'
import * as database from '../../examples/controllers/database.ts'
import * as website from '../../examples/controllers/website.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { customKind } from '../../src/testing/custom-kind.ts'
import { compileSpec } from '../../src/testing/explore/compiled-spec.ts'
import { runReference } from '../../src/testing/explore/reference.ts'
import { search } from '../../src/testing/explore/search.ts'
import { simulate } from '../../src/testing/explore/simulation.ts'
import type { Remote, SimSpec } from '../../src/testing/explore/spec.ts'

const Site = customKind<{ published: boolean }, { zone?: string }>('example.com/v1', 'Site')

class Cdn {
  readonly zones = new Map<string, string>()
  ensure(site: string): string {
    this.zones.set(site, `zone-${site}`)
    return `zone-${site}`
  }
  remove(site: string): void {
    this.zones.delete(site)
  }
}

/** Looks at a cached site only: removes the zone of a site that was published meanwhile. */
const siteController = (cdn: Remote<Cdn>) =>
  defineController({
    name: 'site',
    for: Site,
    reconcile: async ({ object, name, client }) => {
      if (object === undefined || !object.spec.published) {
        await cdn.remove(name)
        return
      }
      const zone = await cdn.ensure(name)
      if (object.status?.zone === zone) return
      await client.updateStatus(Site, object, (draft) => {
        draft.status = { zone }
      })
    },
  })

const site = (name: string, published: boolean) => ({
  apiVersion: 'example.com/v1',
  kind: 'Site',
  metadata: { name, namespace: 'default' },
  spec: { published },
})

const spec: SimSpec<{ cdn: Cdn }> = {
  kinds: [Site],
  controllers: ({ cdn }) => [siteController(cdn)],
  outside: { cdn: () => new Cdn() },
  scenario: async ({ user, settle }) => {
    await user.apply(site('a', true))
    await settle()
    await user.patch('Site', 'a', { spec: { published: false } })
    await settle()
    await user.patch('Site', 'a', { spec: { published: true } })
    await settle()
  },
  always: {
    'no zone vanishes while its site is published': ({ event, truth }) =>
      !(event.outside('cdn', 'remove') && truth.get('Site', String(event.args[0]))?.['spec'].published),
  },
  oracles: { quiescence: true, idempotence: false },
}

test('finds that a zone of a published site is removed', async () => {
  const { failure, runs, histories } = await search(spec)
  expect(failure?.violation.property).toBe('no zone vanishes while its site is published')
  expect(failure?.plan).toHaveLength(1)
  expect(histories).toBeLessThan(runs)
}, 60_000)

test.each([
  ['website', website.careful],
  ['database', database.safe],
])(
  '%s: runs that share what they can end as runs that share nothing do',
  async (_, source) => {
    const shared = compileSpec(source)
    const reference = await runReference(shared)
    for (const { at, faults } of reference.run.sites.filter((_site, i) => i % 8 === 0)) {
      for (const fault of faults.filter((it) => shared.tries(at, it))) {
        const plan = [{ at, fault }]
        const alone = await simulate(compileSpec(source), { plan })
        const together = await simulate(shared, { plan, sites: false, atRest: reference.atRest })
        expect(together).toMatchObject({
          hit: alone.hit,
          violation: alone.violation,
          historyHash: alone.historyHash,
          final: alone.final,
          quietWrites: alone.quietWrites,
          restartWrites: alone.restartWrites,
        })
      }
    }
  },
  60_000,
)
