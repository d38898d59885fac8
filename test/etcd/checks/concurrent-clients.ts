/** Clients that ask at the same time, over messages that take their time, and the history they saw. */
import { type Random, randomStream } from '../../../src/kernel/random.ts'
import type { KvInput, KvOperation, KvOutput } from './kv-model.ts'

const KEYS = ['a', 'b', 'c']

export interface ClientOptions {
  readonly seed: number
  readonly clients: number
  readonly operationsEach: number
}

export function nextInput(random: Random, known: Map<string, number>, serial: number): KvInput {
  const key = random.pick(KEYS)
  switch (random.below(4)) {
    case 0:
      return { kind: 'get', key }
    case 1:
      return { kind: 'put', key, value: `${serial}` }
    case 2:
      return { kind: 'delete', key }
    default:
      return { kind: 'swap', key, modRevision: known.get(key) ?? 0, value: `${serial}` }
  }
}

export function learn(known: Map<string, number>, input: KvInput, output: KvOutput): void {
  if (input.kind === 'get') known.set(input.key, output.modRevision ?? 0)
  else if (input.kind === 'delete') known.set(input.key, 0)
  else if (input.kind === 'put' || output.done) known.set(input.key, output.revision)
}

interface Message {
  readonly at: number
  readonly run: () => void
}

/** In virtual time: requests and answers are under way for random times, so that they overtake each other. */
export function simulateClients(
  { seed, clients, operationsEach }: ClientOptions,
  serve: (input: KvInput) => KvOutput,
): KvOperation[] {
  const random = randomStream(seed, 'concurrent-clients')
  const messages: Message[] = []
  const history: KvOperation[] = []
  let now = 0
  let serial = 0
  const after = (delay: number, run: () => void) => messages.push({ at: now + delay, run })

  for (let client = 0; client < clients; client++) {
    const known = new Map<string, number>()
    const ask = (left: number) => {
      if (left === 0) return
      const input = nextInput(random, known, ++serial)
      const call = now
      after(1 + random.below(20), () => {
        const output = serve(input)
        after(1 + random.below(20), () => {
          history.push({ input, output, call, return: now })
          learn(known, input, output)
          ask(left - 1)
        })
      })
    }
    after(random.below(5), () => ask(operationsEach))
  }
  while (messages.length > 0) {
    const first = messages.reduce((a, b) => (b.at < a.at ? b : a))
    messages.splice(messages.indexOf(first), 1)
    now = first.at
    first.run()
  }
  return history
}
