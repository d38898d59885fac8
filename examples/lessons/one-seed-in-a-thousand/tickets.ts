/**
 * An office that hands out numbers, one to a ticket. The first version looks into its cache for the numbers that are
 * taken, and passes its test; once in about a thousand runs two tickets get the same number. The second version writes
 * down whose number it is before it hands it out.
 */
import { ConfigMap, customKind, defineController, simulation } from 'kubarium'

export const Ticket = customKind<{ owner: string }, { number?: number }>('example.com/v1', 'Ticket')

const OFFICE = { namespace: 'default', name: 'office' }

/** The highest number in the cache, plus one. */
export const trustingOffice = defineController({
  name: 'office',
  for: Ticket,
  reconcile: async ({ object: ticket, client, lister }) => {
    if (ticket === undefined || ticket.status?.number !== undefined) return
    const office = await client.get(ConfigMap, OFFICE)
    if (office.data?.open !== 'yes') return { requeueAfterMs: 60_000 }
    const taken = lister(Ticket)
      .list('default')
      .map((it) => it.status?.number ?? 0)
    await client.updateStatus(Ticket, ticket, (draft) => {
      draft.status = { number: Math.max(0, ...taken) + 1 }
    })
    return
  },
})

/** Writes into the office's book first. A write that names an old version of the book is refused, and tried again. */
export const carefulOffice = defineController({
  name: 'office',
  for: Ticket,
  reconcile: async ({ object: ticket, client }) => {
    if (ticket === undefined || ticket.status?.number !== undefined) return
    const office = await client.get(ConfigMap, OFFICE)
    if (office.data?.open !== 'yes') return { requeueAfterMs: 60_000 }
    const { uid } = ticket.metadata
    const { open, ...book } = office.data
    // A number given before a crash is found in the book again.
    const number = Number(book[uid] ?? Math.max(0, ...Object.values(book).map(Number)) + 1)
    if (book[uid] === undefined) {
      await client.update(ConfigMap, office, (draft) => {
        draft.data![uid] = String(number)
      })
    }
    await client.updateStatus(Ticket, ticket, (draft) => {
      draft.status = { number }
    })
    return
  },
})

export const office = { apiVersion: 'v1', kind: 'ConfigMap', metadata: OFFICE, data: { open: 'yes' } }

export const ticket = (name: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Ticket',
  metadata: { name, namespace: 'default' },
  spec: { owner: name },
})

/** The numbers that more than one ticket has. */
export function duplicates(numbers: readonly (number | undefined)[]): readonly number[] {
  const given = numbers.filter((it) => it !== undefined)
  return given.filter((it, i) => given.indexOf(it) !== i)
}

const story = (controller: unknown) =>
  simulation({
    kinds: [Ticket],
    given: [office],
    controllers: [controller],
    scenario: async ({ user, settle }) => {
      for (const name of ['ann', 'ben', 'cleo', 'dan']) await user.create(ticket(name))
      await settle()
    },
    always: {
      'every number once': ({ truth }) => {
        const twice = duplicates(truth.list('Ticket').map((it) => it.status?.number))
        return twice.length === 0 || `number ${twice.join(', ')} was given twice`
      },
    },
    eventually: {
      'everybody has a number': ({ truth }) =>
        truth.list('Ticket').every((it) => it.status?.number !== undefined),
    },
    // Who gets which number depends on who is looked at first.
    ignore: ['Ticket.status.number', 'ConfigMap.data'],
  })

export const trusting = story(trustingOffice)
export const careful = story(carefulOffice)
