/**
 * The same test under many seeds; a seed decides how long each message takes.
 *
 *   npx kubarium run examples/lessons/one-seed-in-a-thousand/seeds.ts
 */
import { createCluster } from 'kubarium'
import { duplicates, office, Ticket, ticket, trustingOffice } from './tickets.ts'

const SEEDS = Number(process.env.SEEDS ?? 1200)

export async function numbersUnder(seed: number): Promise<readonly (number | undefined)[]> {
  await using cluster = await createCluster({
    nodes: 0,
    controllers: false,
    scheduler: false,
    journal: 'off',
    seed,
  })
  cluster.scheme.register(Ticket)
  await cluster.apply(office)
  cluster.run(trustingOffice as never)
  await cluster.apply(['ann', 'ben', 'cleo', 'dan'].map(ticket))
  await cluster.settle()
  const { items } = await cluster.client.list(Ticket)
  return items.map((it) => it.status?.number)
}

export default async function everySeed(): Promise<void> {
  const failing: number[] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    if (duplicates(await numbersUnder(seed)).length > 0) failing.push(seed)
  }
  process.stdout.write(
    `${SEEDS - failing.length} of ${SEEDS} seeds pass; these fail: ${failing.join(', ') || 'none'}\n`,
  )
}
