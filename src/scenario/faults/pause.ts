import { defineFault, findProcess } from './fault.ts'
import { victim } from './victim.ts'

/** The process stops responding without dying: a long garbage collection, a frozen machine. */
export const pause = defineFault({
  schema: victim('A process freezes; its timers fire when it resumes.'),
  async run(name, context) {
    findProcess(context, name, 'pause').pause()
    return `${name} is frozen`
  },
})

/** Ends a pause. */
export const resume = defineFault({
  schema: victim('A frozen process goes on.'),
  async run(name, context) {
    findProcess(context, name, 'resume').resume()
    return `${name} goes on`
  },
})
