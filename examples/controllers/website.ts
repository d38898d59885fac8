/**
 * A website with a DNS record in an outside system. The first version trusts its cache when it removes a record;
 * the second writes down what it is about to do, guarded by the version it looked at. Try both:
 *
 *   npx kubarium explore examples/controllers/website.ts
 */
import {
  customKind,
  defineController,
  ensureFinalizer,
  isDeleting,
  removeFinalizer,
  simulation,
} from 'kubarium'

interface SiteStatus {
  readonly record?: 'adding' | 'there' | 'removing'
  readonly attempt?: number
}

export const Site = customKind<{ host: string; published: boolean }, SiteStatus>('example.com/v1', 'Site')

/** The DNS provider's API, as far as the controller needs it. */
export interface Dns {
  upsert(host: string, target: string): Promise<void>
  remove(host: string): Promise<void>
}

const FINALIZER = 'example.com/dns-record'

/** Does at the provider what its cache says, whatever that is worth. */
export const trustingSites = (dns: Dns) =>
  defineController({
    name: 'site',
    for: Site,
    reconcile: async ({ object: site, client }) => {
      if (site === undefined) return
      const { host } = site.spec
      if (isDeleting(site)) {
        await dns.remove(host)
        await removeFinalizer(client, Site, site, FINALIZER)
        return
      }
      const held = await ensureFinalizer(client, Site, site, FINALIZER)
      if (!site.spec.published) {
        await dns.remove(host)
        return
      }
      await dns.upsert(host, 'lb.example.com')
      await client.updateStatus(Site, held, (draft) => {
        draft.status = { record: 'there' }
      })
    },
  })

/**
 * Writes down what it is about to do before it does it. The write names the version that was looked at, so it is
 * refused when that is no longer the newest one, and nothing happens at the provider.
 */
export const carefulSites = (dns: Dns) =>
  defineController({
    name: 'site',
    for: Site,
    reconcile: async ({ object: site, client }) => {
      if (site === undefined) return
      const { host, published } = site.spec
      const announce = (object: typeof site, record: SiteStatus['record']) =>
        client.updateStatus(Site, object, (draft) => {
          draft.status = { record, attempt: (object.status?.attempt ?? 0) + 1 }
        })

      if (published && !isDeleting(site)) {
        if (site.status?.record === 'there') return
        const held = await ensureFinalizer(client, Site, site, FINALIZER)
        const announced = await announce(held, 'adding')
        await dns.upsert(host, 'lb.example.com')
        await announce(announced, 'there')
        return
      }
      let free = site
      if (site.status?.record !== undefined) {
        const announced = await announce(site, 'removing')
        await dns.remove(host)
        free = await announce(announced, undefined)
      }
      if (isDeleting(free)) await removeFinalizer(client, Site, free, FINALIZER)
    },
  })

/** The provider as a state machine: plain methods over plain fields. */
export class FakeDns {
  readonly records = new Map<string, string>()

  upsert(host: string, target: string): void {
    this.records.set(host, target)
  }

  remove(host: string): void {
    this.records.delete(host)
  }
}

const site = (published: boolean) => ({
  apiVersion: 'example.com/v1',
  kind: 'Site',
  metadata: { name: 'a', namespace: 'default' },
  spec: { host: 'a.example.com', published },
})

const story = (controller: (dns: Dns) => unknown) =>
  simulation({
    kinds: [Site],
    outside: { dns: () => new FakeDns() },
    controllers: ({ dns }) => [controller(dns)],
    scenario: async ({ user, settle }) => {
      await user.apply(site(true))
      await settle()
      await user.patch('Site', 'a', { spec: { published: false } })
      await settle()
      await user.patch('Site', 'a', { spec: { published: true } })
      await settle()
      await user.patch('Site', 'a', { metadata: { labels: { team: 'web' } } })
      await settle()
    },
    always: {
      'no record vanishes while its site is published': ({ event, truth }) =>
        event.outside('dns', 'remove') && truth.get('Site', 'a')?.spec.published
          ? `${event.args[0]} removed`
          : true,
    },
    // How often it had to try says nothing; and calling the provider once more changes nothing there.
    ignore: ['Site.status.attempt'],
    oracles: { idempotence: false },
  })

export const trusting = story(trustingSites)
export const careful = story(carefulSites)

/** What the search found, shrunk: restarted with the world of the second step, the controller believes it. */
export const replayed = simulation({
  ...trusting,
  faults: ({ stale }) => [stale('site', 4, 2)],
})
