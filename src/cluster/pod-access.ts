/** Reaches into pods from outside the cluster's API: requests over the pod network, logs, commands. */

import { Pod } from '../api/core/pod.ts'
import { notFound } from '../api/errors.ts'
import type { NetworkNamespace } from '../api/sockets.ts'
import {
  type ContainerRef,
  type ExitStatus,
  isRefusal,
  type NodeStreams,
  type StreamRefusal,
} from '../api/streams.ts'
import { sendTraffic, type TrafficSummary } from '../network/traffic.ts'
import type { CommandResult, LogOptions, RequestsOptions } from './cluster.ts'
import { toMs } from './duration.ts'
import type { Foundation } from './foundation.ts'
import { InputError } from './input-error.ts'
import type { SimNode } from './node.ts'
import { StoreSnapshot } from './snapshot.ts'

export interface Reach {
  readonly foundation: Foundation
  /** By name; undefined: the first one. */
  node(name: string | undefined): SimNode | undefined
}

export function sendRequests(
  reach: Reach,
  options: RequestsOptions,
  done: (summary: TrafficSummary) => void,
): void {
  const { podNetwork, loop } = reach.foundation
  if (!/^http:\/\/[^/]+/.test(options.url)) throw new InputError(`"${options.url}" is no http:// URL`)
  const traffic = {
    url: options.url,
    from: senderOf(reach, options.from),
    count: options.count ?? 1,
    rate: options.rate,
    method: options.method,
    timeoutMs: options.timeout === undefined ? undefined : toMs(options.timeout),
  }
  sendTraffic(podNetwork, loop, traffic, done)
}

/** The network namespace of a node, or of a pod given as `namespace/name`; by default the first node's. */
function senderOf(reach: Reach, from: string | undefined): NetworkNamespace {
  if (from === undefined || !from.includes('/')) {
    const node = reach.node(from)
    if (node === undefined) throw new InputError(`there is no node "${from ?? ''}" to send requests from`)
    return node.machine.stack
  }
  const [namespace, name] = from.split('/')
  const ip = podOf(reach, { namespace: namespace!, pod: name! }).status?.podIP
  const found = ip === undefined ? undefined : reach.foundation.podNetwork.namespaceAt(ip)
  if (found === undefined) throw new InputError(`pod ${from} has no network to send requests from`)
  return found
}

/** The whole log that there is now. */
export function readLog(reach: Reach, ref: ContainerRef, options: LogOptions): Promise<string> {
  const streams = streamsOf(reach, ref)
  const answer = reach.foundation.loop.suspend<string>()
  const decoder = new TextDecoder()
  let text = ''
  const sink = {
    data: (chunk: Uint8Array) => {
      text += decoder.decode(chunk, { stream: true })
    },
    end: () => answer.resume(text),
  }
  const started = streams.logs({ ...ref, ...options }, sink)
  if (isRefusal(started)) answer.fail(refused(started))
  return answer.promise
}

/** Runs the command to its end, without standard input. */
export function runCommand(
  reach: Reach,
  ref: ContainerRef,
  command: readonly string[],
): Promise<CommandResult> {
  const streams = streamsOf(reach, ref)
  const answer = reach.foundation.loop.suspend<CommandResult>()
  const [out, err] = [new TextDecoder(), new TextDecoder()]
  let [stdout, stderr] = ['', '']
  const sink = {
    stdout: (chunk: Uint8Array) => {
      stdout += out.decode(chunk, { stream: true })
    },
    stderr: (chunk: Uint8Array) => {
      stderr += err.decode(chunk, { stream: true })
    },
    exit: ({ exitCode, error }: ExitStatus) => {
      if (error === undefined) answer.resume({ exitCode, stdout, stderr })
      else answer.fail(new InputError(error))
    },
  }
  const started = streams.exec({ ...ref, command, stdout: true, stderr: true }, sink)
  if (isRefusal(started)) answer.fail(refused(started))
  return answer.promise
}

function podOf({ foundation }: Reach, { namespace, pod }: ContainerRef): Pod {
  const { store, scheme } = foundation
  const found = new StoreSnapshot(store, scheme, store.revision).get<Pod>(Pod, { namespace, name: pod })
  if (found === undefined) throw notFound(Pod, pod)
  return found
}

function streamsOf(reach: Reach, ref: ContainerRef): NodeStreams {
  const { spec } = podOf(reach, ref)
  if (!spec.nodeName) throw new InputError(`pod ${ref.pod} does not have a host assigned`)
  const streams = reach.node(spec.nodeName)?.machine.streams
  if (streams === undefined) throw new InputError(`the kubelet of ${spec.nodeName} does not answer`)
  return streams
}

function refused({ message }: StreamRefusal): InputError {
  return new InputError(message)
}
