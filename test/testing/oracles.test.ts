import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { customKind } from '../../src/testing/custom-kind.ts'
import { compileSpec } from '../../src/testing/explore/compiled-spec.ts'
import { exhaust } from '../../src/testing/explore/exhaustive.ts'
import { formatPlan, parsePlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import { simulate } from '../../src/testing/explore/simulation.ts'
import { type SimSpec, simulation } from '../../src/testing/explore/spec.ts'
import { reportFailure } from '../../src/testing/report/failure-report.ts'
import { htmlReport } from '../../src/testing/report/html.ts'

const Foo = customKind<{ x: number }, { x?: number }>('example.com/v1', 'Foo')
const foo = {
  apiVersion: 'example.com/v1',
  kind: 'Foo',
  metadata: { name: 'a', namespace: 'default' },
  spec: { x: 1 },
}

type Reconcile = Parameters<typeof defineController<never>>[0]['reconcile']

function story(reconcile: Reconcile, more: Partial<SimSpec> = {}): SimSpec {
  return simulation({
    kinds: [Foo],
    controllers: [defineController({ name: 'foo', for: Foo as never, owns: [ConfigMap], reconcile })],
    scenario: async ({ user, settle }) => {
      await user.create(foo)
      await settle()
      await user.patch('Foo', 'a', { spec: { x: 2 } })
      await settle()
    },
    stepBudget: 3000,
    ...more,
  })
}

const nothing: Reconcile = async () => {}
const failing = async (spec: SimSpec) => (await search(spec)).failure?.violation

describe('oracles', () => {
  test('a controller that does nothing raises no alarm', async () => {
    expect(await failing(story(nothing))).toBeUndefined()
  })

  test('unhandledError: a TypeError is nobody’s weather', async () => {
    const violation = await failing(
      story(async ({ object }) => {
        ;(object as unknown as { spec: { x: number } }).spec.x = 3
      }),
    )
    expect(violation?.oracle).toBe('unhandledError')
  })

  test('uncontrolledAwait: real timers are refused, by name', async () => {
    const violation = await failing(
      story(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }),
    )
    expect(violation).toMatchObject({ oracle: 'uncontrolledAwait' })
    expect(violation?.message).toContain('foo-controller default/a awaits something outside the simulation')
  })

  test('quiescence: what is settled gets no writes', async () => {
    const violation = await failing(
      story(async ({ client, name, namespace, now }) => {
        await client.patch(
          Foo,
          { namespace, name },
          { metadata: { annotations: { now: String(Math.floor(now / 60_000)) } } },
        )
        return { requeueAfterMs: 60_000 }
      }),
    )
    expect(violation?.oracle).toBe('quiescence')
  })

  test('idempotence: a restart on a settled cluster writes nothing', async () => {
    const seen = new WeakSet<object>()
    const violation = await failing(
      simulation({
        ...story(nothing),
        controllers: [
          defineController<never, { first: boolean }>({
            name: 'foo',
            for: Foo as never,
            setup: () => ({ first: true }),
            reconcile: async ({ client, namespace, name, memory, now }) => {
              seen.add(memory)
              if (!memory.first) return
              memory.first = false
              await client.patch(
                Foo,
                { namespace, name },
                { metadata: { annotations: { started: String(now) } } },
              )
            },
          }),
        ],
      }),
    )
    expect(violation?.oracle).toBe('idempotence')
  })

  test('lostUpdate: a PUT without a version over what it had not seen', async () => {
    const shared = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared', namespace: 'default' },
      data: {},
    }
    const violation = await failing(
      story(
        async ({ client, object }) => {
          if (object === undefined) return
          await client.replace(ConfigMap, { ...shared, data: { x: '1' } })
        },
        { given: [shared] },
      ),
    )
    expect(violation?.oracle).toBe('lostUpdate')
  })

  test('never and leadsTo', async () => {
    const never = await failing(
      story(nothing, { never: { 'x is two': ({ truth }) => truth.get('Foo', 'a')?.['spec'].x === 2 } }),
    )
    expect(never).toMatchObject({ oracle: 'never', property: 'x is two' })
    const leadsTo = await failing(
      story(nothing, {
        leadsTo: {
          'the status follows': {
            when: ({ truth }) => truth.get('Foo', 'a')?.['status']?.x !== 1,
            then: ({ truth }) => truth.get('Foo', 'a')?.['status']?.x === 1,
            withinMs: 1000,
          },
        },
      }),
    )
    expect(leadsTo).toMatchObject({ oracle: 'leadsTo', property: 'the status follows' })
  })

  test('each can be switched off', async () => {
    const loud = story(
      async ({ client, name, namespace, now }) => {
        await client.patch(Foo, { namespace, name }, { metadata: { annotations: { now: String(now) } } })
      },
      { ignore: ['Foo.metadata.annotations'], faults: ['restart'], stepBudget: 200 },
    )
    expect(await failing(loud)).toMatchObject({ oracle: 'hotLoop' })
    const quiet = { ...loud, oracles: { quiescence: false, idempotence: false, hotLoop: false } }
    expect(await failing(quiet)).toBeUndefined()
  }, 60_000)
})

describe('plans', () => {
  const two = story(async ({ object, client }) => {
    if (object === undefined || object['status' as never]) return
    await client.create(ConfigMap, {
      ...({ apiVersion: 'v1', kind: 'ConfigMap' } as const),
      metadata: { name: 'one', namespace: 'default' },
    })
    await client.create(ConfigMap, {
      ...({ apiVersion: 'v1', kind: 'ConfigMap' } as const),
      metadata: { name: 'two', namespace: 'default' },
    })
    await client.updateStatus(Foo, object as never, (draft) => {
      draft.status = { x: 1 }
    })
  })

  test('are text and back', () => {
    const plan = parsePlan('foo: create A/b = c #1 = lag; foo: get A/b #2 = error')
    expect(plan).toEqual([
      { at: 'foo: create A/b = c #1', fault: 'lag' },
      { at: 'foo: get A/b #2', fault: 'error' },
    ])
    expect(parsePlan(formatPlan(plan))).toEqual(plan)
    expect(() => parsePlan('nonsense')).toThrow('not a plan')
  })

  test('a failing plan fails the same way, bit for bit, every time', async () => {
    const { failure, spec } = await search(two)
    expect(failure?.plan).toHaveLength(1)
    const runs = await Promise.all([1, 2, 3].map(() => simulate(spec, { plan: failure!.plan, trace: true })))
    expect(new Set(runs.map((it) => JSON.stringify([it.trace, it.historyHash, it.steps]))).size).toBe(1)
  })

  test('random failures shrink to the single fault that suffices', async () => {
    const spec = compileSpec(two)
    let shrunk = 0
    let found = 0
    for (let seed = 1; seed <= 20; seed++) {
      const { failure } = await search(spec, { shard: { index: 10_000, of: 10_001 }, randomRuns: 20, seed })
      if (failure === undefined) continue
      found++
      if (failure.plan.length === 1) shrunk++
    }
    expect(found).toBeGreaterThan(10)
    expect(shrunk / found).toBeGreaterThanOrEqual(0.95)
  })

  test('faults by hand at a place that the run does not come by are an error, with the places that there are', async () => {
    await expect(
      search({ ...two, faults: ({ crash, after }) => [crash('foo', after.create('ConfigMap', 'three'))] }),
    ).rejects.toThrow(
      /does not come by foo-controller: create ConfigMap\/three #1 = crash-after.*\n.*foo-controller/,
    )
  })

  test('the exhaustive search says whether it has seen all', async () => {
    const all = await exhaust(compileSpec(story(nothing)), { depth: 2 })
    expect(all).toMatchObject({ complete: true, failure: undefined })
    expect(all.reduced).toBeGreaterThan(0)
    expect(all.heuristic).toBe(true)
    const some = await exhaust(compileSpec(story(nothing)), { depth: 2, maxRuns: 10 })
    expect(some).toMatchObject({ complete: false, stopped: true })
    expect((await exhaust(compileSpec(two), { depth: 2 })).failure?.plan).toHaveLength(1)
  })

  test('faults of processes that have nothing in common are not combined', async () => {
    const keeper = (name: string, kind: typeof Foo) =>
      defineController({ name, for: kind as never, stateless: true, reconcile: nothing })
    const Bar = customKind<{ x: number }>('example.com/v1', 'Bar')
    const apart = story(nothing, {
      kinds: [Foo, Bar],
      controllers: [keeper('foo', Foo), keeper('bar', Bar as never)],
    })
    const together = { ...apart, controllers: [keeper('foo', Foo), keeper('bar', Foo)] }
    const [one, other] = [await exhaust(compileSpec(apart)), await exhaust(compileSpec(together))]
    expect(one).toMatchObject({ complete: true, heuristic: false })
    expect(one.runs).toBeLessThan(other.runs)
  }, 120_000)

  test('the HTML report is one file that loads nothing', async () => {
    const result = await search(two)
    const html = htmlReport(await reportFailure('two <maps>', result, result.failure!), 'replay me')
    expect(html).toContain('two &lt;maps&gt;')
    expect(html).not.toMatch(/src=|href="(?!#)|@import|url\(/)
    expect(html).toContain('class="fault turn"')
  })
})
