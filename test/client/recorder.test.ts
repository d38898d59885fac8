import { describe, expect, test } from 'vitest'
import { Event as CoreEvent } from '../../src/api/core/event.ts'
import { Event } from '../../src/api/events/event.ts'
import type { EventRecorder, RecorderOptions } from '../../src/client/event-recorder.ts'
import { harness } from './harness.ts'

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'default', uid: 'u1', resourceVersion: '7' },
}

function recording(options?: RecorderOptions) {
  const h = harness()
  let recorder!: EventRecorder
  h.start('kubelet/node-1', {
    name: 'c',
    start: (process) => {
      recorder = process.recorder('kubelet', options)
    },
  })
  const events = async () => (await h.user((client) => client.list(CoreEvent))).items
  return { h, recorder, events }
}

describe('core/v1', () => {
  test('an event names its object, source and times', async () => {
    const { h, recorder, events } = recording({ host: 'node-1' })
    recorder.event(POD, 'Normal', 'Started', 'Started container web', { fieldPath: 'spec.containers{web}' })
    await h.loop.settle()
    const [event] = await events()
    expect(event).toMatchObject({
      type: 'Normal',
      reason: 'Started',
      message: 'Started container web',
      count: 1,
      firstTimestamp: '2025-01-01T00:00:00Z',
      source: { component: 'kubelet', host: 'node-1' },
      involvedObject: { kind: 'Pod', name: 'web-1', uid: 'u1', fieldPath: 'spec.containers{web}' },
    })
    expect(event!.metadata.name).toMatch(/^web-1\.[0-9a-f]{16}$/)
    expect(h.journal.entries().find((it) => it.type === 'event')).toMatchObject({
      actor: 'kubelet',
      object: 'Pod default/web-1',
      text: 'Started: Started container web',
    })
  })

  test('the same again raises the count', async () => {
    const { h, recorder, events } = recording()
    for (let i = 0; i < 3; i++) {
      recorder.event(POD, 'Warning', 'BackOff', 'Back-off restarting failed container')
      await h.loop.advance(1000)
    }
    const all = await events()
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({
      count: 3,
      firstTimestamp: '2025-01-01T00:00:00Z',
      lastTimestamp: '2025-01-01T00:00:02Z',
    })
  })

  test('from the tenth on, events that differ in their message only are combined', async () => {
    const { h, recorder, events } = recording()
    for (let i = 1; i <= 12; i++) recorder.event(POD, 'Warning', 'Failed', `attempt ${i}`)
    await h.loop.settle()
    const all = await events()
    expect(all).toHaveLength(10)
    expect(all.find((it) => it.count === 3)).toMatchObject({
      message: '(combined from similar events): attempt 12',
      reportingComponent: '',
    })
  })

  test('ten minutes without any such event end the combining', async () => {
    const { h, recorder, events } = recording()
    for (let i = 1; i <= 10; i++) recorder.event(POD, 'Warning', 'Failed', `attempt ${i}`)
    await h.loop.advance(601_000)
    recorder.event(POD, 'Warning', 'Failed', 'attempt 11')
    await h.loop.settle()
    expect((await events()).map((it) => it.message)).toContain('attempt 11')
  })

  test('a flood is cut off after 25, then one passes every five minutes', async () => {
    const { h, recorder, events } = recording()
    for (let i = 0; i < 40; i++) recorder.event(POD, 'Warning', 'BackOff', 'again')
    await h.loop.settle()
    expect((await events())[0]?.count).toBe(25)
    await h.loop.advance(300_000)
    for (let i = 0; i < 5; i++) recorder.event(POD, 'Warning', 'BackOff', 'again')
    await h.loop.settle()
    expect((await events())[0]?.count).toBe(26)
  })

  test('an event that has run out is written anew with its count', async () => {
    const { h, recorder, events } = recording()
    recorder.event(POD, 'Warning', 'BackOff', 'again')
    await h.loop.settle()
    await h.user((client) => client.deleteCollection(CoreEvent, { namespace: 'default' }))
    recorder.event(POD, 'Warning', 'BackOff', 'again')
    await h.loop.settle()
    expect((await events()).map((it) => it.count)).toEqual([2])
  })

  test('messages are cut at 1024', async () => {
    const { h, recorder, events } = recording()
    recorder.event(POD, 'Normal', 'Long', 'x'.repeat(2000))
    await h.loop.settle()
    expect((await events())[0]?.message).toHaveLength(1024)
  })
})

describe('events.k8s.io', () => {
  test('repetitions form a series, whose last count is written when it ends', async () => {
    const { h, recorder } = recording({ api: 'events.k8s.io' })
    for (let i = 0; i < 5; i++) {
      recorder.event(POD, 'Warning', 'FailedScheduling', `0/${i} nodes are available`, {
        action: 'Scheduling',
      })
      await h.loop.advance(1000)
    }
    const read = async () => (await h.user((client) => client.list(Event))).items
    const [started] = await read()
    expect(started).toMatchObject({
      note: '0/0 nodes are available',
      action: 'Scheduling',
      series: { count: 2 },
    })
    await h.loop.advance(400_000)
    const all = await read()
    expect(all).toHaveLength(1)
    expect(all[0]?.series).toEqual({ count: 5, lastObservedTime: '2025-01-01T00:00:04.000000Z' })
    recorder.event(POD, 'Warning', 'FailedScheduling', 'again', { action: 'Scheduling' })
    await h.loop.settle()
    expect(await read()).toHaveLength(2)
  })
})
