/**
 * Several controllers in one process, as in kube-controller-manager: one cache, one crash, one lead. Which of them
 * run follows the syntax of its --controllers flag.
 */
import type { KubeObject } from '../../api/kind.ts'
import { type LeaderElectionOptions, runLeaderElection } from '../../client/leader-election.ts'
import type { Component, Process } from '../../client/process.ts'
import { invariant } from '../../kernel/invariant.ts'
import type { ControllerDefinition } from './controller.ts'
import { ControllerControl } from './controller-control.ts'
import { controllerComponent, type ReconcileObserver } from './controller-runner.ts'

/** A definition of whatever type: what registries and managers hold. */
export type AnyController = ControllerDefinition<never, never>

export interface ManagerOptions {
  readonly controllers: readonly (AnyController | Component)[]
  /** `*` all that are on by default, `*,-job` all but one, `job,deployment` just these. Default `*`. */
  readonly enabled?: string
  /** Names that `*` does not include. */
  readonly offByDefault?: readonly string[]
  /** Leads only while it holds this Lease; absent: leads from the start. */
  readonly leaderElection?: Pick<LeaderElectionOptions, 'name' | 'namespace'> & { readonly identity?: string }
  readonly observer?: ReconcileObserver
}

/** The component to start in a process, and the handles of its controllers by name. */
export interface ControllerManager extends Component {
  /** Names of those that run. */
  readonly controllers: readonly string[]
  /** Pause, step and slow down one controller. Components that are no controllers have none. */
  control(name: string): ControllerControl
  /** Takes another definition in the place of the one of the same name, in the running process too. */
  replace(definition: AnyController): void
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
  readonly #members = new Map<string, AnyController | Component>()
  readonly #controls = new Map<string, ControllerControl>()
  #running: Process | undefined

  constructor(options: ManagerOptions) {
    this.#options = options
    const { controllers, enabled = '*', offByDefault } = options
    for (const member of controllers) {
      if (!isEnabled(member.name, enabled, offByDefault)) continue
      invariant(!this.#members.has(member.name), 'controllers of one manager have different names', {
        name: member.name,
      })
      this.#members.set(member.name, member)
      if (!isComponent(member)) this.#controls.set(member.name, new ControllerControl())
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
    this.#running = undefined
    const { leaderElection } = this.#options
    if (leaderElection === undefined) {
      this.#startAll(process)
      return
    }
    runLeaderElection(process, {
      identity: process.name,
      ...leaderElection,
      onStartedLeading: () => this.#startAll(process),
    })
  }

  replace(definition: AnyController): void {
    const control = this.control(definition.name)
    this.#members.set(definition.name, definition)
    control.retire()
    if (this.#running?.alive) this.#startMember(this.#running, definition)
  }

  #startAll(process: Process): void {
    this.#running = process
    for (const member of this.#members.values()) this.#startMember(process, member)
  }

  #startMember(process: Process, member: AnyController | Component): void {
    const component = isComponent(member)
      ? member
      : controllerComponent(member as unknown as ControllerDefinition<KubeObject, unknown>, {
          control: this.#controls.get(member.name),
          observer: this.#options.observer,
        })
    component.start(process)
  }
}

function isComponent(member: AnyController | Component): member is Component {
  return 'start' in member
}
