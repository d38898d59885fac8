import * as z from 'zod'
import type { Cloud } from '../../cluster/cluster.ts'
import { type StepContext, StepFailure } from '../step.ts'
import { defineFault } from './fault.ts'
import { victim } from './victim.ts'

function cloudOf({ cluster }: StepContext, verb: string): Cloud {
  if (cluster.cloud !== undefined) return cluster.cloud
  throw new StepFailure(`"${verb}" needs a cloud: nodes are bare machines here`, [
    'write cluster: { cloud: {} }',
  ])
}

/** What a spot market does: no call, no warning. */
export const terminate = defineFault({
  schema: victim('The cloud instance of a node is gone for good.'),
  async run(name, context) {
    const cloud = cloudOf(context, 'terminate')
    const instance = cloud.instances().find((it) => it.name === name)
    if (instance === undefined) {
      const names = cloud.instances().map((it) => it.name)
      throw new StepFailure(`the cloud has no instance "${name}"`, [
        `instances: ${names.join(', ') || 'none'}`,
      ])
    }
    cloud.kill(instance.id)
    return `instance ${instance.id} of ${name} is terminated`
  },
})

/** The cloud refuses. */
export const refuse = defineFault({
  schema: z
    .strictObject({
      call: z.string().min(1).meta({ description: 'CreateLoadBalancer, RunInstance, AttachDisk, ...' }),
      message: z.string().min(1),
      count: z.int().min(1).optional().meta({ description: 'So many calls; default 1.' }),
    })
    .meta({ description: "The next calls of the cloud's API fail." }),
  async run({ call, message, count = 1 }, context) {
    cloudOf(context, 'refuse').failNext(call as Parameters<Cloud['failNext']>[0], message, count)
    return `the next ${count === 1 ? '' : `${count} `}${call} will fail: ${message}`
  },
})
