import * as z from 'zod'
import { Event } from '../../api/core/event.ts'
import { target } from '../fields.ts'
import { formatEvents, inOrder, subjectOf } from '../kubectl/describe.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { defineStep } from '../step.ts'

/** Shows the Events of the namespace, or those about some objects. */
export const events = defineStep({
  name: 'events',
  schema: z
    .union([target, z.strictObject({ namespace: z.string().min(1).optional() }), z.null()])
    .meta({ description: 'Shows Events: {} for all of the namespace, or those about deployment/web.' }),
  async run(input, context) {
    const { cluster } = context
    const about = typeof input === 'string' || (input !== null && 'kind' in input) ? input : undefined
    const namespace = typeof input === 'object' ? (input?.namespace ?? context.namespace) : context.namespace
    let events = cluster.peek().list<Event>(Event, namespace)
    if (about !== undefined) {
      const objects = requireObjects(cluster, resolveTarget(cluster, about, context.namespace))
      const uids = new Set(objects.map((it) => it.metadata?.uid))
      events = events.filter((it) => uids.has(subjectOf(it)?.uid))
    }
    context.print(
      events.length === 0
        ? `No events found in ${namespace} namespace.`
        : formatEvents(inOrder(events), cluster.now).join('\n'),
    )
    return undefined
  },
})
