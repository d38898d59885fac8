/** Drives the store and a real etcd with one sequence of operations, and finds the first answer that differs. */
import { type Op, OpGenerator } from './generator.ts'
import { OurSide } from './ours.ts'
import { RealSide } from './real.ts'
import type { WireClient } from './wire.ts'

export interface Divergence {
  readonly seed: number
  /** From 0. */
  readonly index: number
  readonly op: string
  readonly want: string
  readonly got: string
}

export interface DifferentialResult {
  readonly divergence: Divergence | undefined
  /** What the real etcd answered, one line an operation. */
  readonly answers: readonly string[]
}

/** Runs until the first divergence, after which the two would only drift apart. */
export async function compareLive(
  seed: number,
  operations: number,
  client: WireClient,
  expiries = 2,
): Promise<DifferentialResult> {
  const generator = new OpGenerator(seed, { operations, expiries })
  const ours = new OurSide()
  const real = new RealSide(client)
  const answers: string[] = []
  try {
    for (let index = 0; index < operations; index++) {
      const op = generator.next()
      await real.settle(op, ours.log)
      const got = ours.run(op)
      const want = await real.run(op, ours.log)
      answers.push(want.text)
      if (got.text !== want.text) {
        return { divergence: { seed, index, op: printOp(op), want: want.text, got: got.text }, answers }
      }
      generator.observe(op, got.revision)
    }
    return { divergence: undefined, answers }
  } finally {
    real.close()
  }
}

/** Runs a recorded sequence on the store alone. */
export function compareRecorded(
  seed: number,
  answers: readonly string[],
  ours: OurSide,
  expiries = 2,
): Divergence | undefined {
  const generator = new OpGenerator(seed, { operations: answers.length, expiries })
  for (let index = 0; index < answers.length; index++) {
    const op = generator.next()
    const got = ours.run(op)
    const want = answers[index]!
    if (got.text !== want) return { seed, index, op: printOp(op), want, got: got.text }
    generator.observe(op, got.revision)
  }
  return undefined
}

function printOp(op: Op): string {
  return JSON.stringify(op, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    return typeof value === 'string' && value.length > 40 ? `${value[0]}*${value.length}` : value
  })
}
