/** Lets every runnable promise continuation finish: one turn of the host's macrotask queue. */

/** Resolves after all microtasks queued so far, and those they queue, have run. */
export const drainMicrotasks: () => Promise<void> =
  typeof setImmediate === 'function' ? drainBySetImmediate : drainByMessageChannel()

function drainBySetImmediate(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Browsers have no setImmediate, and their timers are clamped to 4 ms. */
function drainByMessageChannel(): () => Promise<void> {
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
