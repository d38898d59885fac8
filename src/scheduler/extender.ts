/** Filters, scores and binds by asking somebody outside (pkg/scheduler/extender.go). */
import type { NodeInfo, PodInfo } from './cache/node-info.ts'
import type { Failure } from './framework/failure.ts'
import type { Cycle } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'
import type { Status } from './framework/status.ts'

export interface Extenders {
  concerns(pod: PodInfo): boolean
  choose(
    profile: Profile,
    cycle: Cycle,
  ): Promise<{ readonly node: NodeInfo; readonly failure?: undefined } | { readonly failure: Failure }>
  binds(pod: PodInfo): boolean
  bind(pod: PodInfo, node: NodeInfo): Promise<Status>
}
