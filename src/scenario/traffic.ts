/** Requests that a scenario sends: those under way by name, and what their answers must look like. */
import * as z from 'zod'
import type { Cluster, RequestsOptions } from '../cluster/cluster.ts'
import { StepFailure } from './step.ts'

type Summary = Parameters<Parameters<Cluster['sendRequests']>[1]>[0]

/** What must be true of the answers; without any of these, none may fail. */
export const expectationFields = {
  failed: z.int().min(0).optional().meta({ description: 'Exactly so many fail.' }),
  failedAtMost: z.int().min(0).optional(),
  answeredBy: z.int().min(0).optional().meta({ description: 'So many different pods answer.' }),
}

export interface Expectation {
  readonly failed?: number | undefined
  readonly failedAtMost?: number | undefined
  readonly answeredBy?: number | undefined
}

/** Requests that go on while other steps run. */
class UnderWay {
  summary: Summary | undefined

  constructor(cluster: Cluster, options: RequestsOptions) {
    cluster.sendRequests(options, (summary) => {
      this.summary = summary
    })
  }
}

const named = new WeakMap<Cluster, Map<string, UnderWay>>()

/** Sends and waits for all answers; throws {@link StepFailure} when they do not come in time. */
export async function sendAndWait(
  cluster: Cluster,
  options: RequestsOptions,
  timeoutMs: number,
): Promise<Summary> {
  return answersOf(cluster, new UnderWay(cluster, options), timeoutMs)
}

export function sendUnderName(cluster: Cluster, name: string, options: RequestsOptions): void {
  const all = named.get(cluster) ?? new Map<string, UnderWay>()
  if (all.has(name)) throw new StepFailure(`there are requests under the name "${name}" already`)
  all.set(name, new UnderWay(cluster, options))
  named.set(cluster, all)
}

/** Waits for the answers to the requests of that name; the name is free again. */
export async function waitForNamed(cluster: Cluster, name: string, timeoutMs: number): Promise<Summary> {
  const all = named.get(cluster)
  const requests = all?.get(name)
  if (requests === undefined) throw new StepFailure(`no requests were sent under the name "${name}"`)
  all!.delete(name)
  return answersOf(cluster, requests, timeoutMs)
}

async function answersOf(cluster: Cluster, requests: UnderWay, timeoutMs: number): Promise<Summary> {
  if (!(await cluster.loop.waitFor(() => requests.summary !== undefined, timeoutMs))) {
    throw new StepFailure('not all requests were answered in time')
  }
  return requests.summary!
}

/** One line about the answers; throws {@link StepFailure} when they are not as expected. */
export function judge(summary: Summary, expected: Expectation): string {
  const { failed = expected.failedAtMost === undefined ? 0 : undefined, failedAtMost, answeredBy } = expected
  const servers = Object.keys(summary.answeredBy).length
  const wrong = [
    ...(failed !== undefined && summary.failed !== failed ? [`${failed} to fail`] : []),
    ...(failedAtMost !== undefined && summary.failed > failedAtMost
      ? [`at most ${failedAtMost} to fail`]
      : []),
    ...(answeredBy !== undefined && servers !== answeredBy ? [`${answeredBy} pods to answer`] : []),
  ]
  const said = `${summary.succeeded} of ${summary.sent} requests succeeded, answered by ${servers} ${servers === 1 ? 'pod' : 'pods'}`
  if (wrong.length > 0) throw new StepFailure(`${said}; expected ${wrong.join(' and ')}`, detailsOf(summary))
  return said
}

function detailsOf({ statuses, failures, answeredBy, latency }: Summary): string[] {
  const counts = (title: string, map: Readonly<Record<string, number>>) =>
    Object.entries(map).map(([key, count]) => `${title} ${key}: ${count} times`)
  const ms = (value: number) => `${Math.round(value)} ms`
  return [
    ...counts('status', statuses),
    ...counts('failed with', failures),
    ...counts('answered by', answeredBy),
    `latency: median ${ms(latency.p50)}, 99 % below ${ms(latency.p99)}, at most ${ms(latency.max)}`,
  ]
}
