/** One or more nodes with kubelets on a real API server, without scheduler and controllers. */
import { Event } from '../../src/api/core/event.ts'
import { Pod, type PodStatus } from '../../src/api/core/pod.ts'
import type { PodSpec } from '../../src/api/core/pod-spec.ts'
import type { KubeObject, Stored } from '../../src/api/kind.ts'
import type { PodNetwork } from '../../src/api/sockets.ts'
import { isRefusal } from '../../src/api/streams.ts'
import type { Client } from '../../src/client/client.ts'
import type { ProcessHandle } from '../../src/client/process-host.ts'
import { Foundation } from '../../src/cluster/foundation.ts'
import { nodeUser } from '../../src/cluster/users.ts'
import { ImageCatalog, type ImageSpec } from '../../src/kubelet/cri/image-catalog.ts'
import { type KubeletOptions, kubelet } from '../../src/kubelet/kubelet.ts'
import { Machine, type MachineOptions } from '../../src/kubelet/machine.ts'
import { BUILT_IN_IMAGES, BUILT_IN_PROGRAMS } from '../../src/kubelet/programs/built-in.ts'

export interface WorldOptions {
  readonly images?: readonly ImageSpec[]
  readonly nodes?: number
  readonly network?: (foundation: Foundation) => PodNetwork
  readonly machine?: Partial<MachineOptions>
  readonly kubelet?: Partial<KubeletOptions>
}

export class World {
  readonly foundation: Foundation
  readonly machines: Machine[] = []
  readonly kubelets: ProcessHandle[] = []
  readonly client: Client
  readonly network: PodNetwork | undefined

  constructor(options: WorldOptions = {}) {
    const foundation = new Foundation({ seed: 7, latency: 'none' })
    this.foundation = foundation
    this.client = foundation.outsideClient()
    this.network = options.network?.(foundation)
    const catalog = new ImageCatalog({ images: options.images, builtIn: BUILT_IN_IMAGES })
    for (let i = 1; i <= (options.nodes ?? 1); i++) {
      const name = `node-${i}`
      const machine = new Machine({
        nodeName: name,
        loop: foundation.loop,
        journal: foundation.journal,
        random: foundation.random(`machine/${name}`),
        catalog,
        programs: BUILT_IN_PROGRAMS,
        network: this.network,
        ips: [`10.0.0.${i}`],
        capacity: { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' },
        ...options.machine,
      })
      this.machines.push(machine)
      const component = kubelet({ machine, podCidr: `10.244.${i}.0/24`, ...options.kubelet })
      this.kubelets.push(foundation.startProcess(`kubelet/${name}`, nodeUser(name), [component]))
    }
  }

  get machine(): Machine {
    return this.machines[0]!
  }

  async start(): Promise<this> {
    await this.settle()
    return this
  }

  settle(): Promise<void> {
    return this.foundation.loop.settle()
  }

  advance(seconds: number): Promise<void> {
    return this.foundation.loop.advance(seconds * 1000)
  }

  outside<T>(promise: Promise<T>): Promise<T> {
    return this.foundation.loop.outside(promise)
  }

  create<T extends KubeObject>(kind: Parameters<Client['create']>[0], object: T): Promise<Stored<T>> {
    return this.outside(this.client.create(kind, object) as Promise<Stored<T>>)
  }

  /** Creates a pod bound to a node. */
  async run(name: string, spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Promise<void> {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: { nodeName: 'node-1', containers: [], ...spec },
    }
    await this.create(Pod, pod)
  }

  pod(name: string): Promise<Stored<Pod>> {
    return this.outside(this.client.get(Pod, { namespace: 'default', name }))
  }

  async find(name: string): Promise<Stored<Pod> | undefined> {
    return this.outside(this.client.find(Pod, { namespace: 'default', name }))
  }

  async status(name: string): Promise<PodStatus> {
    return (await this.pod(name)).status!
  }

  delete(name: string, gracePeriodSeconds?: number): Promise<unknown> {
    return this.outside(this.client.delete(Pod, { namespace: 'default', name }, { gracePeriodSeconds }))
  }

  /** `Type Reason: message` of a pod's Events, in the order of their first time. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.outside(this.client.list(Event, { namespace: 'default' }))
    return items
      .filter((it) => it.involvedObject.name === name)
      .map((it) => `${it.type} ${it.reason}: ${it.message}`)
  }

  /** CRI calls about a pod, oldest first. */
  calls(name: string): string[] {
    return this.foundation.journal
      .entries()
      .filter((it) => it.type === 'cri' && it.object === `Pod default/${name}`)
      .map((it) => it.text)
  }

  /** Runs a command in a container to its end. */
  async exec(
    pod: string,
    command: readonly string[],
    options: { container?: string; stdin?: string | Uint8Array; node?: number } = {},
  ): Promise<{ stdout: string; stderr: string; exitCode: number; bytes: Uint8Array }> {
    const { loop } = this.foundation
    const decoder = new TextDecoder()
    const chunks: Uint8Array[] = []
    let stderr = ''
    const ended = new Promise<number>((resolve) => {
      loop.inject(() => {
        const session = this.machines[options.node ?? 0]!.streams!.exec(
          {
            namespace: 'default',
            pod,
            container: options.container,
            command,
            stdin: options.stdin !== undefined,
          },
          {
            stdout: (chunk) => void chunks.push(chunk),
            stderr: (chunk) => {
              stderr += decoder.decode(chunk)
            },
            exit: (status) => {
              if (status.error !== undefined) stderr += status.error
              resolve(status.exitCode)
            },
          },
        )
        if (isRefusal(session)) {
          stderr = session.message
          resolve(-session.code)
        } else if (options.stdin !== undefined) {
          session.stdin(
            typeof options.stdin === 'string' ? new TextEncoder().encode(options.stdin) : options.stdin,
          )
          session.endStdin()
        }
      })
    })
    const exitCode = await this.outside(ended)
    const bytes = new Uint8Array(chunks.flatMap((it) => [...it]))
    return { stdout: decoder.decode(bytes), stderr, exitCode, bytes }
  }

  async sh(pod: string, script: string, container?: string): Promise<string> {
    const result = await this.exec(pod, ['sh', '-c', script], { container })
    return result.stdout + result.stderr
  }

  async logs(
    pod: string,
    options: { container?: string; previous?: boolean; tailLines?: number } = {},
  ): Promise<string> {
    let text = ''
    const ended = new Promise<void>((resolve) => {
      this.foundation.loop.inject(() => {
        const answer = this.machine.streams!.logs(
          { namespace: 'default', pod, ...options },
          {
            data: (chunk) => {
              text += new TextDecoder().decode(chunk)
            },
            end: resolve,
          },
        )
        if (isRefusal(answer)) {
          text = answer.message
          resolve()
        }
      })
    })
    await this.outside(ended)
    return text
  }
}
