import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { defineStep } from '../step.ts'
import { expectationFields, judge, sendAndWait, sendUnderName } from '../traffic.ts'

/** Sends HTTP requests over the pod network, and judges the answers, now or later. */
export const request = defineStep({
  name: 'request',
  schema: z
    .strictObject({
      url: z
        .string()
        .regex(/^http:\/\/[^/]+/, { error: 'not a URL: write for example http://web.default/path' }),
      from: z.string().min(1).optional().meta({ description: "A node's name, or a pod as namespace/name." }),
      count: z.int().min(1).max(1_000_000).optional().meta({ description: 'Default 1.' }),
      rate: z
        .number()
        .positive()
        .optional()
        .meta({ description: 'Requests a second; absent: one after another.' }),
      method: z.string().optional(),
      timeout: duration.optional().meta({ description: 'Of each request; default 5s.' }),
      as: z.string().min(1).optional().meta({
        description: 'Sends them while the next steps run; the step answers waits for them by this name.',
      }),
      ...expectationFields,
    })
    .meta({ description: 'Sends HTTP requests over the pod network; by default none may fail.' }),
  async run(input, { cluster, timeoutMs }) {
    const { as, url, from, count, rate, method, timeout } = input
    const options = {
      url,
      ...(from === undefined ? {} : { from }),
      ...(count === undefined ? {} : { count }),
      ...(rate === undefined ? {} : { rate }),
      ...(method === undefined ? {} : { method }),
      ...(timeout === undefined ? {} : { timeout: durationMs(timeout) }),
    }
    if (as === undefined) return judge(await sendAndWait(cluster, options, timeoutMs), input)
    sendUnderName(cluster, as, options)
    return `${count ?? 1} requests under way as ${as}`
  },
})
