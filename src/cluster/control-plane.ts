/** Which processes a control plane consists of, under the names and identities that kubeadm gives them. */
import type { UserInfo } from '../api/request.ts'
import { runLeaderElection } from '../client/leader-election.ts'
import type { Component } from '../client/process.ts'
import { BUILT_IN, type ControllerContext } from '../controllers/registry.ts'
import {
  type AnyController,
  type ControllerComponent,
  type ControllerManager,
  controllerManager,
  type ManagerOptions,
} from '../controllers/runtime/manager.ts'
import { nearestWord } from '../kernel/nearest-word.ts'
import { scheduler } from '../scheduler/scheduler.ts'
import type { ClusterOptions } from './cluster.ts'
import { InputError } from './input-error.ts'
import { CONTROLLER_MANAGER, controllerUser, SCHEDULER } from './users.ts'

export interface ProcessPlan {
  readonly name: string
  readonly user: UserInfo
  readonly components: readonly Component[]
  /** The one of the components that runs controllers. */
  readonly manager?: ControllerManager
  /** When it exits by itself, as one does that has lost the lead. */
  readonly restartDelayMs?: number
}

/** As the kubelet of a control plane's node starts a static pod again. */
const RESTART_DELAY_MS = 10_000

/** Controllers and scheduler, as far as the options want them, each as often as there are control planes. */
export function planControlPlane(options: ClusterOptions, context: ControllerContext = {}): ProcessPlan[] {
  const { controllers = '*', scheduler: wanted = true, controlPlanes = 1 } = options
  if (!Number.isInteger(controlPlanes) || controlPlanes < 1)
    throw new InputError(`controlPlanes: ${controlPlanes} is no number of control planes`)
  const elects = controlPlanes > 1
  const restartDelayMs = elects ? RESTART_DELAY_MS : undefined
  const plans: ProcessPlan[] = []
  for (let i = 1; i <= controlPlanes; i++) {
    const named = (name: string) => (i === 1 ? name : `${name}-${i}`)
    if (controllers !== false) {
      const manager = builtInManager(controllers, elects ? { name: MANAGER } : undefined, context)
      const name = named(MANAGER)
      plans.push({ name, user: CONTROLLER_MANAGER, components: [manager], manager, restartDelayMs })
    }
    if (wanted !== false) {
      const one = scheduler(wanted === true ? {} : wanted)
      const components = [elects ? onceLeading(SCHEDULER_NAME, one) : one]
      plans.push({ name: named(SCHEDULER_NAME), user: SCHEDULER, components, restartDelayMs })
    }
  }
  return plans
}

/** As kubeadm has it (--use-service-account-credentials): each controller writes as itself. */
const ACCOUNTS: ReadonlyMap<string, UserInfo | undefined> = new Map(
  BUILT_IN.map(({ name, account }) => [name, account === undefined ? undefined : controllerUser(account)]),
)

const MANAGER = 'kube-controller-manager'
const SCHEDULER_NAME = 'kube-scheduler'

/** Starts the component when its process has won the lead. */
function onceLeading(lease: string, component: Component): Component {
  return {
    name: component.name,
    start: (process) =>
      runLeaderElection(process, {
        name: lease,
        identity: `${process.name}_${process.incarnation}`,
        onStartedLeading: () => component.start(process),
      }),
  }
}

/** The name of a built-in controller; older ones such as `job` work too. */
export function controllerName(name: string): string {
  return BUILT_IN.find(({ aliases }) => aliases.includes(name))?.name ?? name
}

/** The manager of built-in controllers; `enabled` as in --controllers. */
export function builtInManager(
  enabled: string,
  leaderElection?: ManagerOptions['leaderElection'],
  context: ControllerContext = {},
): ControllerManager {
  const words = enabled.split(',').map((word) => {
    const [, sign = '', name = ''] = /^\s*([-+]?)(.*?)\s*$/.exec(word) ?? []
    return sign + controllerName(name)
  })
  const known = new Set(['*', ...BUILT_IN.map((it) => it.name)])
  for (const word of words) {
    if (!known.has(word.replace(/^-/, ''))) {
      const aliases = BUILT_IN.flatMap((it) => it.aliases)
      const near = nearestWord(word.replace(/^-/, ''), [...known, ...aliases])
      throw new InputError(
        `controllers: "${word}" is not in the list of known controllers`,
        undefined,
        near === undefined ? `known: ${[...known].join(', ')}` : `did you mean ${near}?`,
      )
    }
  }
  return controllerManager({
    controllers: BUILT_IN.map((it) => it.create(context) as AnyController | ControllerComponent),
    enabled: words.join(','),
    offByDefault: BUILT_IN.filter((it) => !it.onByDefault).map((it) => it.name),
    leaderElection,
    userOf: (name) => ACCOUNTS.get(name),
  })
}
