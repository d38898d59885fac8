/** Faults by hand: a plan written in the words of the test, `crash('keys', after.create('Secret', 'key-2'))`. */
import type { FaultName } from './faults.ts'
import type { Choice } from './plan.ts'

/** A call of the controller; `nth` counts the calls of the same name from 1. */
export interface Call {
  readonly name: string
  readonly nth: number
  readonly when: 'before' | 'after'
}

type CallMaker = (
  kind: string,
  name: string,
  options?: { readonly nth?: number; readonly subresource?: string },
) => Call

export interface Calls {
  readonly create: CallMaker
  readonly update: CallMaker
  readonly patch: CallMaker
  readonly delete: CallMaker
  readonly get: CallMaker
  /** A call of a system outside: `after.outside('cdn.ensure(a)')`. */
  outside(call: string, options?: { readonly nth?: number }): Call
}

/** What a test writes plans with. `process` is the controller's component, or its name. */
export interface Hands {
  readonly before: Calls
  readonly after: Calls
  /** The process dies there and is back a moment later. */
  crash(process: string, call: Call): Choice
  /** The call is refused with a 500. */
  fail(process: string, call: Call): Choice
  /** The call is applied, its answer lost. */
  loseAnswer(process: string, call: Call): Choice
  /** Somebody else changes the object just before: 409. */
  conflict(process: string, call: Call): Choice
  /** The call takes minutes. */
  slow(process: string, call: Call): Choice
  /** The process stops before the call, a second one leads, then the first goes on. */
  twoLeaders(process: string, call: Call): Choice
  /** From this event on, news of its kind comes late: `lag('site', 'MODIFIED', 'Site', 'a')`. */
  lag(
    process: string,
    event: 'ADDED' | 'MODIFIED' | 'DELETED',
    kind: string,
    name: string,
    nth?: number,
  ): Choice
  /** The watch expires at this event: what happens next is never seen. */
  missed(
    process: string,
    event: 'ADDED' | 'MODIFIED' | 'DELETED',
    kind: string,
    name: string,
    nth?: number,
  ): Choice
  /** Before the user's step (from 1), until the second `settle` from then on. */
  podNotReady(name: string, beforeStep: number): Choice
  /** It is evicted. */
  podFails(name: string, beforeStep: number): Choice
  nodeSilent(name: string, beforeStep: number): Choice
  /** Kubelets hear of pods late. */
  lateStatus(beforeStep: number): Choice
  /** Before the user's step (from 1). */
  restart(process: string, beforeStep: number): Choice
  /** Down from before this step until the one after the next `settle`. */
  down(process: string, beforeStep: number): Choice
  /** Restarted with the world as it was after an earlier step. */
  stale(process: string, beforeStep: number, asAfterStep: number): Choice
}

/** @param processes names of the processes under test */
export function handsFor(processes: readonly string[]): Hands {
  const full = (name: string) => processes.find((it) => it === name || it === `${name}-controller`) ?? name
  const at = (process: string, place: string, nth: number, fault: FaultName): Choice => ({
    at: `${full(process)}: ${place} #${nth}`,
    fault,
  })
  const call = (fault: FaultName) => (process: string, it: Call) => at(process, it.name, it.nth, fault)
  const event =
    (fault: FaultName) =>
    (process: string, type: string, kind: string, name: string, nth = 1): Choice =>
      at(process, `sees ${type} ${kind}/${name}`, nth, fault)
  return {
    before,
    after,
    crash: (process, it) => call(it.when === 'before' ? 'crash-before' : 'crash-after')(process, it),
    fail: call('error'),
    loseAnswer: call('lost-answer'),
    conflict: call('conflict'),
    slow: call('slow'),
    twoLeaders: call('two-leaders'),
    lag: event('lag'),
    missed: event('missed'),
    podNotReady: (name, step) => at('kubelet', `Pod/${name} before step ${step}`, 1, 'not-ready'),
    podFails: (name, step) => at('kubelet', `Pod/${name} before step ${step}`, 1, 'pod-fails'),
    nodeSilent: (name, step) => at('kubelet', `Node/${name} before step ${step}`, 1, 'node-silent'),
    lateStatus: (step) => at('kubelet', `before step ${step}`, 1, 'late-status'),
    restart: (process, step) => at(process, `before step ${step}`, 1, 'restart'),
    down: (process, step) => at(process, `before step ${step}`, 1, 'down'),
    stale: (process, step, asAfterStep) => at(process, `before step ${step}`, 1, `stale@${asAfterStep}`),
  }
}

export const before: Calls = calls('before')
export const after: Calls = calls('after')

function calls(when: 'before' | 'after'): Calls {
  const make =
    (verb: string): CallMaker =>
    (kind, name, { nth = 1, subresource } = {}) => ({
      name: `${verb} ${kind}/${name}${subresource === undefined ? '' : `/${subresource}`}`,
      nth,
      when,
    })
  return {
    create: make('create'),
    update: make('update'),
    patch: make('patch'),
    delete: make('delete'),
    get: make('get'),
    outside: (name, { nth = 1 } = {}) => ({ name, nth, when }),
  }
}
