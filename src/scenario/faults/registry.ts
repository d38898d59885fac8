/** All faults by the key that a `fault` step names them with. */
import { refuse, terminate } from './cloud.ts'
import { crash } from './crash.ts'
import type { AnyFault } from './fault.ts'
import { cut, lose, mend } from './network.ts'
import { heal, partition } from './partition.ts'
import { pause, resume } from './pause.ts'
import { recover } from './recover.ts'
import { restart, stop } from './restart.ts'
import { slow, step } from './slow.ts'

export const FAULTS: Readonly<Record<string, AnyFault>> = {
  crash,
  recover,
  partition,
  heal,
  pause,
  resume,
  stop,
  restart,
  cut,
  mend,
  lose,
  terminate,
  refuse,
  slow,
  step,
}
