/**
 * The host's clock, timers and dice as a simulated process has them. A reconciler that calls `Date.now`, `Math.random`,
 * `crypto.randomUUID` or `setTimeout` gets the time and the chance of its process; what cannot be had there, such as
 * `fetch`, throws. Code outside of reconciles, the test itself for one, keeps the host's.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import nodeCrypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { type Process, surroundControllers } from '../cluster/user-controllers.ts'
import { uuid } from '../kernel/ids.ts'

type Callback = (...args: unknown[]) => void

let installed = false

/** Puts them in place, once; every controller that is started from then on is surrounded by them. */
export function simulateGlobals(): void {
  if (installed) return
  installed = true
  const storage = new AsyncLocalStorage<Process>()
  surroundControllers((process, body) => (process.loop.virtual ? storage.run(process, body) : body()))
  const current = () => storage.getStore()
  simulateDate(current)
  simulateChance(current)
  simulateTimers(current)
  forbid(current)
}

type Current = () => Process | undefined

function simulateDate(current: Current): void {
  const Real = globalThis.Date
  const now = () => current()?.clock.now() ?? Real.now()
  globalThis.Date = new Proxy(Real, {
    construct: (target, args, self) => {
      const simulated = args.length === 0 && current() !== undefined
      return Reflect.construct(target, simulated ? [now()] : args, self) as object
    },
    apply: (target) => new target(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
  const { performance } = globalThis
  const sinceStart = performance.now.bind(performance)
  performance.now = () => {
    const process = current()
    return process === undefined ? sinceStart() : process.clock.now()
  }
}

function simulateChance(current: Current): void {
  const dice = () => current()?.random('globals')
  const { random } = Math
  Math.random = () => dice()?.float() ?? random()
  const { crypto } = globalThis
  const real = nodeCrypto.randomUUID
  const id: typeof real = (options) => {
    const own = dice()
    return own === undefined ? real(options) : (uuid(own) as ReturnType<typeof real>)
  }
  const fill = crypto.getRandomValues.bind(crypto)
  const values = <T extends Parameters<typeof fill>[0]>(array: T): T => {
    const own = dice()
    if (own === undefined) return fill(array) as T
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = own.below(256)
    return array
  }
  for (const it of [crypto, nodeCrypto]) Object.assign(it, { randomUUID: id })
  Object.defineProperty(crypto, 'getRandomValues', { value: values, configurable: true, writable: true })
  const bytes = nodeCrypto.randomBytes
  nodeCrypto.randomBytes = ((size: number, done?: (error: null, bytes: Buffer) => void) => {
    if (current() === undefined) return bytes(size, done as never)
    const made = Buffer.from(values(new Uint8Array(size)))
    if (done === undefined) return made
    done(null, made)
    return undefined
  }) as typeof bytes
  syncBuiltinESMExports()
}

function simulateTimers(current: Current): void {
  const { setTimeout: timeout, setInterval: interval, setImmediate: immediate } = globalThis
  const replace = <F>(
    name: string,
    real: F,
    simulated: (process: Process, run: Callback, ...rest: unknown[]) => unknown,
  ) => {
    const either = (run: Callback, ...rest: unknown[]) => {
      const process = current()
      return process === undefined ? (real as Callback)(run, ...rest) : simulated(process, run, ...rest)
    }
    Object.assign(globalThis, { [name]: Object.assign(either, real) })
  }
  replace('setTimeout', timeout, (process, run, ms, ...args) =>
    once(process, Number(ms ?? 0), () => run(...args)),
  )
  replace('setImmediate', immediate, (process, run, ...args) => once(process, 0, () => run(...args)))
  replace('setInterval', interval, (process, run, ms, ...args) =>
    handle(process.clock.every(Math.max(1, Number(ms ?? 1)), () => run(...args))),
  )
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'] as const) {
    const real = globalThis[name] as (timer: unknown) => void
    Object.assign(globalThis, {
      [name]: (timer: unknown) => (timer instanceof SimulatedTimer ? timer.cancel() : real(timer)),
    })
  }
}

class SimulatedTimer {
  readonly cancel: () => void

  constructor(cancel: () => void) {
    this.cancel = cancel
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.cancel()
  }
}

function handle(timer: { cancel(): void }): SimulatedTimer {
  return new SimulatedTimer(() => timer.cancel())
}

/** The task may be waiting for it: the loop must know that it will come. */
function once({ loop, clock }: Process, ms: number, run: () => void): SimulatedTimer {
  const { task } = loop.context
  const { promise, resume } = loop.suspend<void>()
  const fire = () => {
    if (task === undefined || task.done) run()
    else {
      void promise.then(run)
      resume()
    }
  }
  return handle(
    clock.after(ms, fire, {
      label: `${task?.label ?? 'a controller'} waits for a timer`,
      background: ms > 1000,
    }),
  )
}

/** Nothing here could answer in virtual time. */
function forbid(current: Current): void {
  const { fetch } = globalThis
  globalThis.fetch = (...args) => {
    const process = current()
    if (process === undefined) return fetch(...args)
    throw new Error(
      `${process.name} calls fetch, which is no part of the simulation: give it an outside system (\`outside: { api: () => new FakeApi() }\`)`,
    )
  }
}
