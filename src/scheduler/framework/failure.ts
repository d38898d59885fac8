/** Why a pod fits nowhere: what each node answered, or what refused the pod before any node was asked. */
import type { NodeInfo } from '../cache/node-info.ts'
import { countReasons, fitErrorMessage } from './fit-error.ts'
import type { Code, Status } from './status.ts'

/** Valid until the next cycle begins: it reads the evaluator's own arrays. */
export interface Failure {
  readonly allNodes: number
  /** Refused by a PreFilter plugin: nodes were not asked, and all count as having answered this. */
  readonly preFilter?: Status
  /** How many nodes gave each answer. */
  readonly counts: ReadonlyMap<Status, number>
  /** Nodes that were asked and said no, in the order of the search; with `code`, those that said it like this. */
  rejected(code?: Code): readonly NodeInfo[]
  /** The answer of one node; of nodes that were not asked, what is said about those. */
  statusOf(node: NodeInfo): Status | undefined
  /** Plugins that rejected, for the queue. */
  readonly plugins: ReadonlySet<string>
  readonly pendingPlugins: ReadonlySet<string>
}

/** What the event and the condition will say. */
export function failureMessage(failure: Failure, postFilterMessage?: string): string {
  return fitErrorMessage({
    allNodes: failure.allNodes,
    preFilterMessage: failure.preFilter?.reasons.join(', '),
    reasons: countReasons([...failure.counts].map(([{ reasons }, nodes]) => ({ reasons, nodes }))),
    postFilterMessage,
  })
}
