import type { UserInfo } from '../../api/request.ts'
/**
 * Several controllers in one process, as in kube-controller-manager: one cache, one crash, one lead. Which of them
 * run follows the syntax of its --controllers flag.
 */
import { type LeaderElectionOptions, runLeaderElection } from '../../client/leader-election.ts'
import type { Component, Process } from '../../client/process.ts'
import { invariant } from '../../kernel/invariant.ts'
import type { ControllerDefinition } from './controller.ts'
import { ControllerControl } from './controller-control.ts'
import { controllerComponent, type ReconcileObserver } from './controller-runner.ts'
import { Tenant } from './tenant.ts'

/** A definition of whatever type: what registries and managers hold, and what `cluster.run` takes. */
// biome-ignore lint/suspicious/noExplicitAny: kind and memory are used in and out, so no other type accepts them all.
export type AnyController = ControllerDefinition<any, any>

/** A controller that has no `reconcile` for one kind: what it does, it does in workers that obey the control. */
export interface ControllerComponent extends Component {
  start(process: Process, control?: ControllerControl): void
}

export interface ManagerOptions {
  readonly controllers: readonly (AnyController | ControllerComponent)[]
  /** `*` all that are on by default, `*,-job` all but one, `job,deployment` just these. Default `*`. */
  readonly enabled?: string
  /** Names that `*` does not include. */
  readonly offByDefault?: readonly string[]
  /** Leads only while it holds this Lease; absent: leads from the start. */
  readonly leaderElection?: Pick<LeaderElectionOptions, 'name' | 'namespace'> & { readonly identity?: string }
  readonly observer?: ReconcileObserver
  /** As whom a controller writes; by default, and where it is undefined, as the process. */
  userOf?(name: string): UserInfo | undefined
}

/** The component to start in a process, and the handles of its controllers by name. */
export interface ControllerManager extends Component {
  /** Names of those that run. */
  readonly controllers: readonly string[]
  /** Pause, step and slow down one controller. */
  control(name: string): ControllerControl
  /** Starts one controller afresh: what it remembered is forgotten, and it looks at everything again. */
  restart(name: string): void
  /** Takes another definition in the place of the one of this name, in the running process too. */
  replace(name: string, definition: AnyController): void
}

export function controllerManager(options: ManagerOptions): ControllerManager {
  return new Manager(options)
}

/** Does the list of the --controllers flag include this name? Upstream: controller-manager/app IsControllerEnabled. */
export function isEnabled(name: string, enabled: string, offByDefault: readonly string[] = []): boolean {
  const words = enabled.split(',').map((word) => word.trim())
  if (words.includes(name)) return true
  if (words.includes(`-${name}`)) return false
  return words.includes('*') && !offByDefault.includes(name)
}

class Manager implements ControllerManager {
  readonly name = 'controller-manager'
  readonly #options: ManagerOptions
  readonly #members = new Map<string, AnyController | ControllerComponent>()
  readonly #controls = new Map<string, ControllerControl>()
  /** What runs in the present incarnation. */
  readonly #tenants = new Map<string, Tenant>()
  #leading: Process | undefined

  constructor(options: ManagerOptions) {
    this.#options = options
    const { controllers, enabled = '*', offByDefault } = options
    for (const member of controllers) {
      if (!isEnabled(member.name, enabled, offByDefault)) continue
      invariant(!this.#members.has(member.name), 'controllers of one manager have different names', {
        name: member.name,
      })
      this.#members.set(member.name, member)
      this.#controls.set(member.name, new ControllerControl())
    }
  }

  get controllers(): readonly string[] {
    return [...this.#members.keys()]
  }

  control(name: string): ControllerControl {
    const control = this.#controls.get(name)
    invariant(control !== undefined, 'only controllers that run can be held', { name })
    return control
  }

  start(process: Process): void {
    this.#leading = undefined
    const { leaderElection } = this.#options
    if (leaderElection === undefined) {
      this.#startAll(process)
      return
    }
    runLeaderElection(process, {
      // A restarted manager is another candidate: it must not take its former lease for its own.
      identity: `${process.name}_${process.incarnation}`,
      ...leaderElection,
      onStartedLeading: () => this.#startAll(process),
    })
  }

  restart(name: string): void {
    const control = this.control(name)
    this.#tenants.get(name)?.end()
    control.retire()
    if (this.#leading?.alive) this.#startMember(this.#leading, name)
  }

  replace(name: string, definition: AnyController): void {
    this.control(name)
    this.#members.set(name, definition)
    this.restart(name)
  }

  #startAll(process: Process): void {
    this.#leading = process
    for (const [name, control] of this.#controls) {
      control.retire()
      this.#startMember(process, name)
    }
  }

  #startMember(process: Process, name: string): void {
    const tenant = new Tenant(process, this.#options.userOf?.(name))
    this.#tenants.set(name, tenant)
    const member = this.#members.get(name)!
    const control = this.#controls.get(name)!
    const { observer } = this.#options
    if (isComponent(member)) member.start(tenant, control)
    else controllerComponent(member as unknown as ControllerDefinition, { control, observer }).start(tenant)
  }
}

function isComponent(member: AnyController | ControllerComponent): member is ControllerComponent {
  return 'start' in member
}
