import { describe, expect, test } from 'vitest'
import type { ContainerStatus } from '../../src/api/core/pod.ts'
import { podLimits } from '../../src/api/core/pod-resources.ts'
import { Backoff } from '../../src/kubelet/backoff.ts'
import { expand } from '../../src/kubelet/expansion.ts'
import { amountsOf, podRequests } from '../../src/kubelet/pod-resources.ts'
import { podPhase } from '../../src/kubelet/status/pod-phase.ts'
import { vectors } from '../vectors/vectors.ts'

const TIME = '2025-01-01T00:00:00Z'
const STATES: Record<string, Partial<ContainerStatus>> = {
  run: { state: { running: { startedAt: TIME } } },
  started: { state: { running: { startedAt: TIME } }, started: true },
  stop: { state: { terminated: { exitCode: 0 } } },
  succ: { state: { terminated: { exitCode: 0 } } },
  fail: { state: { terminated: { exitCode: 1 } } },
  wait: { state: { waiting: {} } },
  waitTerm: { state: { waiting: {} }, lastState: { terminated: { exitCode: 0 } } },
  waitFail: { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } },
}

interface PhaseCase {
  id: string
  restartPolicy: string
  containers: string[]
  inits: { name: string; sidecar?: boolean }[]
  statuses: Record<string, string>
  terminal: boolean
  expect: string
}

describe('the phase of a pod', () => {
  test.each(vectors<PhaseCase>('pod-phase'))('$id: $restartPolicy $statuses -> $expect', (it) => {
    const spec = {
      restartPolicy: it.restartPolicy,
      containers: it.containers.map((name) => ({ name })),
      initContainers: it.inits.map(({ name, sidecar }) => ({
        name,
        ...(sidecar ? { restartPolicy: 'Always' } : {}),
      })),
    }
    const statuses = new Map(
      Object.entries(it.statuses).map(([name, state]) => [
        name,
        { name, image: '', imageID: '', ready: false, restartCount: 0, ...STATES[state]! },
      ]),
    )
    expect(podPhase(spec, statuses, it.terminal)).toBe(it.expect)
  })
})

interface BackoffCase {
  id: string
  kind: string
  title?: string
  initialSeconds: number
  maxSeconds: number
  currentSeconds?: number
  secondsFromLastUpdateToExit?: number
  expect?: number
  tick?: number
  inBackoff?: boolean
}

describe('back-off', () => {
  const cases = vectors<BackoffCase>('backoff')

  test.each(cases.filter((it) => it.kind === 'next'))('$id: $title', (it) => {
    const backoff = new Backoff(it.initialSeconds * 1000, it.maxSeconds * 1000)
    let now = 0
    while (backoff.get('key') < it.currentSeconds! * 1000) backoff.next('key', now, ++now)
    backoff.next(
      'key',
      now + it.secondsFromLastUpdateToExit! * 1000,
      now + it.secondsFromLastUpdateToExit! * 1000,
    )
    expect(backoff.get('key')).toBe(it.expect! * 1000)
  })

  test('one key walks through the seconds', () => {
    const walk = cases.filter((it) => it.kind === 'walk').sort((a, b) => a.tick! - b.tick!)
    const { initialSeconds, maxSeconds } = walk[0]!
    const backoff = new Backoff(initialSeconds * 1000, maxSeconds * 1000)
    const seen: unknown[] = []
    // A look every second, and a long silence before the last two.
    const looks = [...Array.from({ length: 36 }, (_, tick) => tick), 56, 57]
    for (const tick of looks) {
      const now = tick * 1000
      const inBackoff = backoff.remaining('key', now) > 0
      const wanted = walk.find((it) => it.tick === tick)
      if (wanted !== undefined) {
        seen.push({ tick, inBackoff, ...(inBackoff ? { currentSeconds: backoff.get('key') / 1000 } : {}) })
      }
      if (!inBackoff) backoff.next('key', now, now)
    }
    expect(seen).toEqual(
      walk.map(({ tick, inBackoff, currentSeconds }) => ({
        tick,
        inBackoff,
        ...(currentSeconds !== undefined ? { currentSeconds } : {}),
      })),
    )
  })
})

interface RequestsCase {
  id: string
  kind: string
  title: string
  containers: { req?: Record<string, string>; lim?: Record<string, string> }[]
  initContainers?: { req?: Record<string, string>; restartPolicy?: string }[]
  overhead?: Record<string, string>
  expect?: Record<string, string>
  expectRequests?: Record<string, string>
  expectLimits?: Record<string, string>
}

describe('what a pod asks for', () => {
  const cases = vectors<RequestsCase>('pod-requests').filter((it) => it.kind !== 'resize')
  test.each(cases)('$id: $title', (it) => {
    const container = (from: {
      req?: Record<string, string>
      lim?: Record<string, string>
      restartPolicy?: string
    }) => ({
      name: 'c',
      resources: { requests: from.req, limits: from.lim },
      restartPolicy: from.restartPolicy,
    })
    const spec = {
      containers: it.containers.map(container),
      initContainers: it.initContainers?.map(container),
      overhead: it.overhead,
    }
    expect(podRequests(spec)).toEqual(amountsOf(it.expect ?? it.expectRequests))
    if (it.expectLimits !== undefined) expect(amountsOf(podLimits(spec))).toEqual(amountsOf(it.expectLimits))
  })
})

describe('$(NAME) references', () => {
  const env = new Map([
    ['VAR_A', 'A'],
    ['VAR_B', 'B'],
    ['VAR_C', 'C'],
    ['VAR_REF', '$(VAR_A)'],
    ['VAR_EMPTY', ''],
  ])
  test.each(vectors<{ id: string; input: string; expect: string }>('var-expansion'))('$id: $input', (it) => {
    expect(expand(it.input, (name) => env.get(name))).toBe(it.expect)
  })
})
