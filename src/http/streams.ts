/** Finding the kubelet that runs a pod, for everything that ends in one of its containers. */

import type { Pod } from '../api/core/pod.ts'
import { ApiError, badRequest, failure, internalError, notFound } from '../api/errors.ts'
import type { NodeStreams, StreamRefusal } from '../api/streams.ts'
import type { ApiServer } from '../apiserver/server.ts'

/** The streams of a node; undefined while its kubelet is down. */
export type StreamsOf = (node: string) => NodeStreams | undefined

export interface PodTarget {
  readonly pod: Pod
  readonly streams: NodeStreams
}

/** Throws ApiError when there is no such pod, or nobody to ask. */
export function podTarget(
  server: ApiServer,
  streamsOf: StreamsOf,
  namespace: string,
  name: string,
): PodTarget {
  const { pod, streams } = logTarget(server, streamsOf, namespace, name)
  if (streams === undefined) throw badRequest(`pod ${name} does not have a host assigned`)
  return { pod, streams }
}

/** The same, but the log of a pod that no node has yet is empty: no streams. */
export function logTarget(
  server: ApiServer,
  streamsOf: StreamsOf,
  namespace: string,
  name: string,
): Pick<PodTarget, 'pod'> & Partial<PodTarget> {
  const pod = server.find('', 'pods', namespace, name) as Pod | undefined
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name)
  const node = pod.spec.nodeName
  if (!node) return { pod }
  const streams = streamsOf(node)
  if (streams === undefined) {
    throw internalError(`error dialing backend: dial tcp: lookup ${node}: connect: connection refused`)
  }
  return { pod, streams }
}

/** The container that a request means: the one it names, the annotated default, or the only one. */
export function containerOf(pod: Pod, asked: string | undefined): string {
  const name = pod.metadata!.name
  const all = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.ephemeralContainers ?? []),
  ].map((it) => it.name)
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`)
    return asked
  }
  const annotated = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container']
  if (annotated !== undefined && all.includes(annotated)) return annotated
  if (pod.spec.containers.length === 1) return pod.spec.containers[0]!.name
  const init = (pod.spec.initContainers ?? []).map((it) => it.name).join(' ')
  const choices = pod.spec.containers.map((it) => it.name).join(' ')
  const more = init === '' ? '' : ` or one of the init containers: [${init}]`
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${choices}]${more}`)
}

export function refused({ code, reason, message }: StreamRefusal): ApiError {
  return new ApiError(failure(reason, message, undefined, code))
}
