/** Which processes a control plane consists of, under the names and identities that kubeadm gives them. */
import type { UserInfo } from '../api/request.ts'
import type { Component } from '../client/process.ts'
import { BUILT_IN } from '../controllers/registry.ts'
import { type AnyController, controllerManager } from '../controllers/runtime/manager.ts'
import { nearestWord } from '../kernel/nearest-word.ts'
import { scheduler } from '../scheduler/scheduler.ts'
import type { ClusterOptions } from './cluster.ts'
import { InputError } from './input-error.ts'
import { CONTROLLER_MANAGER, SCHEDULER } from './users.ts'

export interface ProcessPlan {
  readonly name: string
  readonly user: UserInfo
  readonly components: readonly Component[]
}

/** Controllers and scheduler, as far as the options want them. */
export function planControlPlane(options: ClusterOptions): ProcessPlan[] {
  const plans: ProcessPlan[] = []
  if (options.controllers !== false) {
    plans.push({
      name: 'kube-controller-manager',
      user: CONTROLLER_MANAGER,
      components: [builtInManager(options.controllers ?? '*')],
    })
  }
  if (options.scheduler !== false) {
    plans.push({
      name: 'kube-scheduler',
      user: SCHEDULER,
      components: [scheduler(options.scheduler === true ? {} : options.scheduler)],
    })
  }
  return plans
}

/** The manager of built-in controllers; `enabled` as in --controllers. */
export function builtInManager(enabled: string): Component {
  const names = new Map(
    BUILT_IN.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name] as const)),
  )
  const words = enabled.split(',').map((word) => {
    const [, sign = '', name = ''] = /^\s*([-+]?)(.*?)\s*$/.exec(word) ?? []
    return sign + (names.get(name) ?? name)
  })
  const known = new Set(['*', ...BUILT_IN.map((it) => it.name)])
  for (const word of words) {
    if (!known.has(word.replace(/^-/, ''))) {
      const near = nearestWord(word.replace(/^-/, ''), [...known, ...names.keys()])
      throw new InputError(
        `controllers: "${word}" is not in the list of known controllers`,
        undefined,
        near === undefined ? `known: ${[...known].join(', ')}` : `did you mean ${near}?`,
      )
    }
  }
  return controllerManager({
    controllers: BUILT_IN.map((it) => it.create() as AnyController | Component),
    enabled: words.join(','),
    offByDefault: BUILT_IN.filter((it) => !it.onByDefault).map((it) => it.name),
  })
}
