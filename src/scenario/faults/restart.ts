import { StepFailure } from '../step.ts'
import { defineFault, findProcess } from './fault.ts'
import { victim } from './victim.ts'

/** Stops a process in good order. */
export const stop = defineFault({
  schema: victim('A process is stopped in good order.'),
  async run(name, context) {
    const found = findProcess(context, name, 'stop')
    if (!('stop' in found)) throw new StepFailure(`${name} is a controller: pause it instead`)
    found.stop()
    return `${name} stopped`
  },
})

/** Starts a process afresh, whether it runs, crashed or was stopped; or a single controller of one. */
export const restart = defineFault({
  schema: victim('A process, or a single controller, is started afresh: it forgets what it knew.'),
  async run(name, context) {
    findProcess(context, name, 'restart').restart()
    return `${name} restarted`
  },
})
