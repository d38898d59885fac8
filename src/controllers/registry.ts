/** The built-in controllers under upstream's names (cmd/kube-controller-manager/names), and which are on by default. */
import type { Component } from '../client/process.ts'
import { deploymentController } from './deployment/controller.ts'
import { replicaSetController } from './replicaset/controller.ts'
import { replicationControllerController } from './replicationcontroller/controller.ts'
import type { ControllerDefinition } from './runtime/controller.ts'

export interface BuiltInController {
  /** As in `--controllers=*,-deployment-controller`. */
  readonly name: string
  /** Older names that still work: `deployment`. */
  readonly aliases: readonly string[]
  readonly onByDefault: boolean
  /** Erased: each knows the kind it is for. */
  create(): ControllerDefinition | Component
}

export const BUILT_IN: readonly BuiltInController[] = [
  builtIn('deployment-controller', 'deployment', () => deploymentController),
  builtIn('replicaset-controller', 'replicaset', () => replicaSetController),
  builtIn('replicationcontroller-controller', 'replicationcontroller', () => replicationControllerController),
]

function builtIn(
  name: string,
  alias: string,
  create: () => object,
  onByDefault = true,
): BuiltInController {
  return { name, aliases: [alias], onByDefault, create: create as () => ControllerDefinition | Component }
}
