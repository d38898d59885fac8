/** The built-in controllers under upstream's names (cmd/kube-controller-manager/names), and which are on by default. */
import type { Component } from '../client/process.ts'
import { deploymentController } from './deployment/controller.ts'
import { garbageCollector } from './garbage-collector/controller.ts'
import { namespaceController } from './namespace/controller.ts'
import { nodeLifecycleController } from './node-lifecycle/controller.ts'
import { podGcController } from './pod-gc/controller.ts'
import { replicaSetController } from './replicaset/controller.ts'
import { replicationControllerController } from './replicationcontroller/controller.ts'
import type { ControllerDefinition } from './runtime/controller.ts'
import { taintEvictionController } from './taint-eviction/controller.ts'

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
  builtIn('namespace-controller', 'namespace', () => namespaceController),
  builtIn('garbage-collector-controller', 'garbagecollector', () => garbageCollector),
  builtIn('pod-garbage-collector-controller', 'podgc', () => podGcController()),
  builtIn('node-lifecycle-controller', 'nodelifecycle', () => nodeLifecycleController()),
  builtIn('taint-eviction-controller', 'taint-eviction', () => taintEvictionController),
  builtIn('deployment-controller', 'deployment', () => deploymentController),
  builtIn('replicaset-controller', 'replicaset', () => replicaSetController),
  builtIn('replicationcontroller-controller', 'replicationcontroller', () => replicationControllerController),
]

function builtIn(name: string, alias: string, create: () => object, onByDefault = true): BuiltInController {
  return { name, aliases: [alias], onByDefault, create: create as () => ControllerDefinition | Component }
}
