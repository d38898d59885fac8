/** Runs controllers that are made anew at every start of their process, so that a crash forgets their closures. */

import type { KubeObject } from '../api/kind.ts'
import type { Component, Process } from '../client/process.ts'
import type { ControllerDefinition } from '../controllers/runtime/controller.ts'
import {
  componentOf,
  controllerComponent,
  type ReconcileObserver,
} from '../controllers/runtime/controller-runner.ts'
import type { AnyController } from '../controllers/runtime/manager.ts'
import { surroundControllers, surrounded } from '../controllers/runtime/surroundings.ts'

export type { AnyController, Component, ControllerDefinition, Process, ReconcileObserver }
export { componentOf, surroundControllers }

/** A component that makes its controllers when its process starts; components among them start as they are. */
export function freshControllers(
  make: () => readonly (AnyController | Component)[],
  observer?: ReconcileObserver,
): Component {
  return {
    name: 'controllers',
    start: (process) => {
      for (const member of surrounded(process, make)) {
        const component =
          'start' in member
            ? member
            : controllerComponent(member as unknown as ControllerDefinition<KubeObject, unknown>, {
                observer,
              })
        component.start(process)
      }
    },
  }
}
