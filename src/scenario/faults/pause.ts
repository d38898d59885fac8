import { defineFault, findProcess } from './fault.ts'
import { victim } from './victim.ts'

/** A process stops responding without dying, as in a long garbage collection; a single controller stops reconciling. */
export const pause = defineFault({
  schema: victim(
    'A process freezes, its timers fire when it resumes; or a single controller (job-controller) does no more.',
  ),
  async run(name, context) {
    findProcess(context, name, 'pause').pause()
    return `${name} is frozen`
  },
})

/** Ends a pause. */
export const resume = defineFault({
  schema: victim('A frozen process or controller goes on.'),
  async run(name, context) {
    findProcess(context, name, 'resume').resume()
    return `${name} goes on`
  },
})
