import { defineFault, findProcess } from './fault.ts'
import { victim } from './victim.ts'

/** Stops a process in good order. */
export const stop = defineFault({
  schema: victim('A process is stopped in good order.'),
  async run(name, context) {
    findProcess(context, name, 'stop').stop()
    return `${name} stopped`
  },
})

/** Starts a process afresh, whether it runs, crashed or was stopped. */
export const restart = defineFault({
  schema: victim('A process is started afresh: it forgets its caches.'),
  async run(name, context) {
    findProcess(context, name, 'restart').restart()
    return `${name} restarted`
  },
})
