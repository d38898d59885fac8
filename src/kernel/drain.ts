/** Lets promise continuations finish. */

/** Resolves after one turn of the host's macrotask queue: timers, sockets and signals have had their chance too. */
export const hostTurn: () => Promise<void> =
  typeof setImmediate === 'function' ? turnBySetImmediate : turnByMessageChannel()

/**
 * Resolves after all microtasks queued so far, and those they queue, have run. Node runs its tick queue when it has
 * no microtask left, without a turn of libuv, which costs five times as much.
 */
export const drainMicrotasks: () => Promise<void> =
  typeof process === 'object' && typeof process.nextTick === 'function' ? drainByNextTick : hostTurn

function drainByNextTick(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}

function turnBySetImmediate(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Browsers have no setImmediate, and their timers are clamped to 4 ms. */
function turnByMessageChannel(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.addEventListener('message', () => waiting.shift()?.())
  port1.start()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(0)
    })
}
