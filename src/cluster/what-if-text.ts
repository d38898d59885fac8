/** The answer to "what if?" for people. */
import { objectKey } from '../api/kind.ts'
import { quantityFromMilli, quantityFromValue } from '../api/quantity.ts'
import type { Capacity, Placement } from '../scheduler/planner.ts'
import type { WhatIfReport } from './what-if.ts'

/** `12 of 40 cpu requested, 28 free, at most 4 on one node`. */
export function capacityText({ nodes, pods, cpu, memory }: Capacity): string[] {
  const line = (name: string, it: Capacity['cpu'], format: (amount: number) => string) =>
    `${name.padEnd(7)} ${format(it.requested)} of ${format(it.allocatable)} requested, ${format(it.free)} free, at most ${format(it.largestFree)} on one node`
  return [
    `${nodes} nodes, ${pods} pods`,
    line('cpu', cpu, quantityFromMilli),
    line('memory', memory, (bytes) => quantityFromValue(Math.round(bytes / 2 ** 20) * 2 ** 20, 'BinarySI')),
  ]
}

/** The report for people, in lines of at most 100 columns where names allow it. */
export function whatIfText({ before, after, evicted, pending, room }: WhatIfReport): string {
  const lines = ['now', ...capacityText(before).map((it) => `  ${it}`)]
  if (evicted.length + pending.length > 0 || before.nodes !== after.nodes)
    lines.push('then', ...capacityText(after).map((it) => `  ${it}`))
  const tell = (title: string, placements: readonly Placement[]) => {
    if (placements.length === 0) return
    lines.push('', title)
    for (const { pod, from, to, message } of placements) {
      const road = to === undefined ? `${from ?? 'Pending'} -> nowhere` : `${from ?? 'Pending'} -> ${to}`
      lines.push(`  ${objectKey(pod.metadata)}  ${road}`)
      if (message !== undefined) lines.push(`    ${message}`)
    }
  }
  tell('pods that have to move', evicted)
  tell('pods that wait', pending)
  if (room !== undefined) {
    lines.push('', `${room.replicas} more fit; ${room.inOnePiece} would if all free room were in one piece`)
    for (const [node, replicas] of room.perNode) lines.push(`  ${node}  +${replicas}`)
    if (room.message !== undefined) lines.push(`  the next: ${room.message}`)
  }
  return lines.join('\n')
}
