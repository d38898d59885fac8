/** exec and attach: joins a client's channels to a container, whatever protocol carries them. */
import type { Pod } from '../../api/core/pod.ts'
import { internalError } from '../../api/errors.ts'
import type { Status } from '../../api/meta/status.ts'
import { containerNotFound, type ExecSession, type ExitStatus, isRefusal } from '../../api/streams.ts'
import type { FrontOptions } from '../front.ts'
import { flag } from '../query.ts'
import type { ResourceRoute } from '../route.ts'
import { containerOf, podTarget, refused } from '../streams.ts'

/** What the protocol does with what the container says. */
export interface CommandChannels {
  stdout(chunk: Uint8Array): void
  stderr(chunk: Uint8Array): void
  /** The last thing said: how the process ended. */
  status(status: Status): void
}

export interface CommandRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** Checks everything that can be refused before the connection is upgraded. Throws ApiError. */
export function prepareCommand(
  { server, streamsOf, loop }: FrontOptions,
  route: ResourceRoute,
  query: URLSearchParams,
): {
  readonly request: CommandRequest
  /** Why the kubelet would not upgrade the connection, in its words. */
  readonly obstacle: string | undefined
  start(channels: CommandChannels): ExecSession
} {
  const { namespace = '', name = '', subresource } = route
  const { pod, streams } = podTarget(server, streamsOf, namespace, name)
  const container = containerOf(pod, query.get('container') ?? undefined)
  const asked = (channel: string) => flag(query, channel) ?? false
  const request: CommandRequest = {
    namespace,
    pod: name,
    container,
    stdin: asked('stdin'),
    stdout: asked('stdout'),
    stderr: asked('stderr') && !asked('tty'),
    tty: asked('tty'),
  }
  const command = query.getAll('command')
  const obstacle = isStopped(pod, container)
    ? containerNotFound(subresource === 'attach', container, pod)
    : undefined
  return {
    request,
    obstacle,
    start(channels) {
      if (obstacle !== undefined) {
        // The API server's own client could not upgrade (upstream: apiserver/pkg/util/proxy/streamtranslator.go).
        channels.status(internalError(`unable to upgrade connection: ${obstacle}`).status)
        return SILENT
      }
      const sink = {
        stdout: (chunk: Uint8Array) => channels.stdout(chunk),
        stderr: (chunk: Uint8Array) => channels.stderr(chunk),
        // Who is attached is not told how the process ended (upstream: ServeAttach of cri-streaming).
        exit: ({ exitCode, error }: ExitStatus) =>
          channels.status(statusOf({ exitCode: subresource === 'attach' ? 0 : exitCode, error })),
      }
      const session = loop.enter(() =>
        subresource === 'attach'
          ? streams.attach(request, sink)
          : streams.exec({ ...request, command }, sink),
      )
      if (isRefusal(session)) {
        const { code, message } = session
        const failed =
          code === 500 ? internalError(`unable to upgrade connection: ${message}`) : refused(session)
        channels.status(failed.status)
        return SILENT
      }
      return entering(session, loop)
    },
  }
}

function isStopped({ status }: Pod, container: string): boolean {
  const known = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((it) => it.name === container)
  return known !== undefined && known.state?.running === undefined
}

/** Every call from outside is an input of the simulation. */
function entering(session: ExecSession, loop: FrontOptions['loop']): ExecSession {
  return {
    stdin: (chunk) => loop.enter(() => session.stdin(chunk)),
    endStdin: () => loop.enter(() => session.endStdin()),
    resize: (columns, rows) => loop.enter(() => session.resize(columns, rows)),
    close: () => loop.enter(() => session.close()),
  }
}

const SILENT: ExecSession = {
  stdin: () => undefined,
  endStdin: () => undefined,
  resize: () => undefined,
  close: () => undefined,
}

function statusOf({ exitCode, error }: ExitStatus): Status {
  if (error !== undefined) {
    return { metadata: {}, status: 'Failure', message: error, reason: 'InternalError', code: 500 }
  }
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}

/** A message of the resize channel: `{"Width":80,"Height":24}`. */
export function parseSize(chunk: Buffer): { readonly columns: number; readonly rows: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(chunk.toString('utf8')) as { Width?: number; Height?: number }
    return typeof Width === 'number' && typeof Height === 'number'
      ? { columns: Width, rows: Height }
      : undefined
  } catch {
    return undefined
  }
}
