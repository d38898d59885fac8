/** What a fault is: something that a `fault` step can break or mend. */
import type * as z from 'zod'
import type { ControllerHandle, NodeHandle, ProcessControl } from '../../cluster/cluster.ts'
import { nearestWord } from '../../kernel/nearest-word.ts'
import { type StepContext, StepFailure } from '../step.ts'

export interface FaultDefinition<T> {
  readonly schema: z.ZodType<T>
  /** Resolves to one line about what was done. */
  run(input: T, context: StepContext): Promise<string>
}

/** A fault whose input is not known here; its schema has accepted what `run` is called with. */
export interface AnyFault {
  readonly schema: z.ZodType
  run(input: never, context: StepContext): Promise<string>
}

export function defineFault<T>(definition: FaultDefinition<T>): FaultDefinition<T> {
  return definition
}

/** The node or process of that name. `node/node-1` insists on the node. */
export function findVictim({ cluster }: StepContext, name: string): NodeVictim | ProcessVictim {
  const bare = name.startsWith('node/') ? name.slice(5) : name
  const node = cluster.nodes().find((it) => it.name === bare)
  if (node !== undefined) return { type: 'node', node }
  const process = cluster.processes().find((it) => it.name === name)
  if (process !== undefined) return { type: 'process', process }
  const names = [...cluster.nodes(), ...cluster.processes()].map((it) => it.name)
  const near = nearestWord(name, names)
  throw new StepFailure(
    `there is no node or process "${name}"${near === undefined ? '' : `: did you mean ${near}?`}`,
    [
      `nodes: ${
        cluster
          .nodes()
          .map((it) => it.name)
          .slice(0, 10)
          .join(', ') || 'none'
      }`,
      `processes: ${
        cluster
          .processes()
          .map((it) => it.name)
          .slice(0, 10)
          .join(', ') || 'none'
      }`,
    ],
  )
}

export interface NodeVictim {
  readonly type: 'node'
  readonly node: NodeHandle
}

export interface ProcessVictim {
  readonly type: 'process'
  readonly process: ProcessControl
}

/** For faults that only nodes can suffer. */
export function findNode(context: StepContext, name: string, verb: string): NodeHandle {
  const victim = findVictim(context, name)
  if (victim.type === 'node') return victim.node
  throw new StepFailure(`${name} is a process, and only a node can suffer "${verb}"`)
}

/** For faults that processes can suffer and single controllers too; a node's name is refused. */
export function findProcess(
  context: StepContext,
  name: string,
  verb: string,
): ProcessControl | ControllerHandle {
  const controller = findController(context, name)
  const isProcess = context.cluster.processes().some((it) => it.name === name)
  if (controller !== undefined && !isProcess) return controller
  const victim = findVictim(context, name)
  if (victim.type === 'process') return victim.process
  throw new StepFailure(`${name} is a node, and only a process can suffer "${verb}"`, [
    `its kubelet is the process kubelet/${victim.node.name}`,
  ])
}

/** For what can only be done to a controller. */
export function requireController({ cluster }: StepContext, name: string): ControllerHandle {
  try {
    return cluster.controller(name)
  } catch (error) {
    const names = cluster.controllers().map((it) => it.name)
    throw new StepFailure((error as Error).message, [`controllers: ${names.join(', ') || 'none'}`])
  }
}

function findController({ cluster }: StepContext, name: string): ControllerHandle | undefined {
  try {
    return cluster.controller(name)
  } catch {
    return undefined
  }
}
