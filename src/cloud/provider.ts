/**
 * A cloud with an API of its own: instances, load balancers, routes and disks, with quotas, latency and failures.
 * It is below the cluster and outlives every process of it; controllers reach it only through these calls.
 */
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'

export type InstanceState = 'pending' | 'running' | 'stopped' | 'terminated'

export interface Instance {
  readonly id: string
  /** The node's name. */
  readonly name: string
  readonly type: string
  readonly zone: string
  readonly region: string
  readonly privateIp: string
  readonly publicIp: string | undefined
  readonly group: string | undefined
  readonly state: InstanceState
}

export interface LoadBalancer {
  readonly name: string
  readonly ip: string
  readonly ports: readonly { readonly protocol: string; readonly port: number; readonly nodePort: number }[]
  readonly nodes: readonly string[]
}

export interface Route {
  readonly name: string
  readonly node: string
  readonly cidr: string
}

export interface Disk {
  readonly id: string
  readonly sizeBytes: number
  readonly zone: string
  /** Instances it is attached to. */
  readonly attachedTo: string | undefined
}

export type CloudCode = 'NotFound' | 'QuotaExceeded' | 'InvalidRequest' | 'InternalError' | 'InUse'

export class CloudError extends Error {
  override readonly name = 'CloudError'
  readonly code: CloudCode

  constructor(code: CloudCode, message: string) {
    super(message)
    this.code = code
  }
}

export type CloudVerb =
  | 'RunInstance'
  | 'TerminateInstance'
  | 'StopInstance'
  | 'StartInstance'
  | 'DescribeInstance'
  | 'DescribeInstances'
  | 'CreateLoadBalancer'
  | 'UpdateLoadBalancer'
  | 'DeleteLoadBalancer'
  | 'CreateRoute'
  | 'DeleteRoute'
  | 'CreateDisk'
  | 'DeleteDisk'
  | 'AttachDisk'
  | 'DetachDisk'

export interface CloudQuotas {
  readonly instances?: number
  readonly loadBalancers?: number
  readonly disks?: number
}

/** What happens to machines: the composition root makes and breaks nodes accordingly. */
export interface CloudHooks {
  /** An instance runs: power on, start its kubelet. */
  started(instance: Instance): void
  /** Power off; the instance may start again. */
  stopped(instance: Instance): void
  /** Gone for good. */
  terminated(instance: Instance): void
}

export interface CloudOptions {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly random: Random
  readonly region?: string
  readonly zones?: readonly string[]
  readonly quotas?: CloudQuotas
  /** Time of a call, ms; default 200. */
  readonly latencyMs?: number
  /** From the call to a running instance, ms; default 30,000. */
  readonly bootMs?: number
  /** From the call to an address of a load balancer, ms; default 5,000. */
  readonly loadBalancerMs?: number
  readonly hooks?: CloudHooks
}

export class Cloud {
  readonly region: string
  readonly zones: readonly string[]
  /** May be set after construction: the cluster and its cloud know each other. */
  hooks: CloudHooks | undefined
  readonly #options: CloudOptions
  readonly #instances = new Map<string, Instance>()
  readonly #balancers = new Map<string, LoadBalancer>()
  readonly #routes = new Map<string, Route>()
  readonly #disks = new Map<string, Disk>()
  readonly #failures: { verb: CloudVerb; error: CloudError; left: number }[] = []
  #serial = 0

  constructor(options: CloudOptions) {
    this.#options = options
    this.region = options.region ?? 'region-1'
    this.zones = options.zones ?? ['zone-a', 'zone-b', 'zone-c']
    this.hooks = options.hooks
  }

  /** The next `count` calls of a verb fail. */
  failNext(verb: CloudVerb, message: string, count = 1, code: CloudCode = 'InternalError'): void {
    this.#failures.push({ verb, error: new CloudError(code, message), left: count })
  }

  // -- instances ----------------------------------------------------------------------------------------

  /** Answers as soon as the instance exists; it runs a while later. */
  async runInstance(spec: {
    readonly name: string
    readonly type?: string
    readonly zone?: string
    readonly group?: string
  }): Promise<Instance> {
    await this.#call('RunInstance', spec.name)
    const running = [...this.#instances.values()].filter((it) => it.state !== 'terminated')
    const quota = this.#options.quotas?.instances
    if (quota !== undefined && running.length >= quota) {
      throw new CloudError(
        'QuotaExceeded',
        `You have requested more instances (${running.length + 1}) than your current quota of ${quota} allows`,
      )
    }
    const instance = this.adopt({ ...spec, state: 'pending' })
    this.#options.loop.after(
      this.#options.bootMs ?? 30_000,
      () => {
        if (this.#instances.get(instance.id)?.state !== 'pending') return
        this.#change(instance.id, 'running', (it) => this.hooks?.started(it))
      },
      { label: `instance ${spec.name} boots` },
    )
    return instance
  }

  /** An instance that is there already: the nodes that a cluster starts with. */
  adopt(spec: {
    readonly name: string
    readonly type?: string
    readonly zone?: string
    readonly group?: string
    readonly privateIp?: string
    readonly state?: InstanceState
  }): Instance {
    const serial = ++this.#serial
    const instance: Instance = {
      id: `i-${hex(this.#options.random)}`,
      name: spec.name,
      type: spec.type ?? 'm1.large',
      zone: spec.zone ?? this.zones[(serial - 1) % this.zones.length]!,
      region: this.region,
      privateIp: spec.privateIp ?? `10.1.${serial >> 8}.${serial & 255}`,
      publicIp: `203.0.${112 + (serial >> 8)}.${serial & 255}`,
      group: spec.group,
      state: spec.state ?? 'running',
    }
    this.#instances.set(instance.id, instance)
    return instance
  }

  async terminateInstance(id: string): Promise<void> {
    await this.#call('TerminateInstance', this.#nameOf(id))
    this.kill(id)
  }

  /** What an operator or a spot market does: no call, no warning. */
  kill(id: string): void {
    this.#change(id, 'terminated', (it) => this.hooks?.terminated(it))
  }

  async stopInstance(id: string): Promise<void> {
    await this.#call('StopInstance', this.#nameOf(id))
    this.#change(id, 'stopped', (it) => this.hooks?.stopped(it))
  }

  async startInstance(id: string): Promise<void> {
    await this.#call('StartInstance', this.#nameOf(id))
    this.#change(id, 'running', (it) => this.hooks?.started(it))
  }

  /** By provider id `kubarium://zone/id`, or by node name; undefined: there is no such instance. */
  async describeInstance(ref: {
    readonly providerId?: string
    readonly name: string
  }): Promise<Instance | undefined> {
    await this.#call('DescribeInstance', ref.name)
    return this.findInstance(ref)
  }

  async describeInstances(): Promise<readonly Instance[]> {
    await this.#call('DescribeInstances', '')
    return this.instances()
  }

  findInstance(ref: { readonly providerId?: string; readonly name: string }): Instance | undefined {
    const id = ref.providerId?.split('/').at(-1)
    const found = id === undefined || id === '' ? undefined : this.#instances.get(id)
    const byName = [...this.#instances.values()].find(
      (it) => it.name === ref.name && it.state !== 'terminated',
    )
    const instance = id === undefined || id === '' ? byName : found
    return instance?.state === 'terminated' ? undefined : instance
  }

  /** All that are not gone. */
  instances(): readonly Instance[] {
    return [...this.#instances.values()].filter((it) => it.state !== 'terminated')
  }

  providerId(instance: Instance): string {
    return `kubarium://${instance.zone}/${instance.id}`
  }

  // -- load balancers -----------------------------------------------------------------------------------

  async ensureLoadBalancer(
    name: string,
    ports: LoadBalancer['ports'],
    nodes: readonly string[],
  ): Promise<LoadBalancer> {
    const known = this.#balancers.get(name)
    if (known !== undefined) {
      await this.#call('UpdateLoadBalancer', name)
      const updated = { ...known, ports, nodes }
      this.#balancers.set(name, updated)
      return updated
    }
    await this.#call('CreateLoadBalancer', name)
    const quota = this.#options.quotas?.loadBalancers
    if (quota !== undefined && this.#balancers.size >= quota) {
      throw new CloudError(
        'QuotaExceeded',
        `The maximum number of load balancers (${quota}) has been reached`,
      )
    }
    await this.#options.loop.sleep(this.#options.loadBalancerMs ?? 5000)
    const serial = ++this.#serial
    const balancer = { name, ip: `203.0.113.${(serial % 250) + 1}`, ports, nodes }
    this.#balancers.set(name, balancer)
    return balancer
  }

  async updateLoadBalancer(name: string, nodes: readonly string[]): Promise<void> {
    await this.#call('UpdateLoadBalancer', name)
    const known = this.#balancers.get(name)
    if (known === undefined) throw new CloudError('NotFound', `load balancer ${name} not found`)
    this.#balancers.set(name, { ...known, nodes })
  }

  async deleteLoadBalancer(name: string): Promise<void> {
    await this.#call('DeleteLoadBalancer', name)
    this.#balancers.delete(name)
  }

  loadBalancer(name: string): LoadBalancer | undefined {
    return this.#balancers.get(name)
  }

  loadBalancers(): readonly LoadBalancer[] {
    return [...this.#balancers.values()]
  }

  // -- routes -------------------------------------------------------------------------------------------

  async createRoute(node: string, cidr: string): Promise<void> {
    await this.#call('CreateRoute', `${cidr} -> ${node}`)
    this.#routes.set(node, { name: `route-${node}`, node, cidr })
  }

  async deleteRoute(node: string): Promise<void> {
    await this.#call('DeleteRoute', node)
    this.#routes.delete(node)
  }

  routes(): readonly Route[] {
    return [...this.#routes.values()]
  }

  // -- disks --------------------------------------------------------------------------------------------

  async createDisk(sizeBytes: number, zone: string): Promise<Disk> {
    await this.#call('CreateDisk', `${sizeBytes} bytes in ${zone}`)
    const quota = this.#options.quotas?.disks
    if (quota !== undefined && this.#disks.size >= quota) {
      throw new CloudError('QuotaExceeded', `The maximum number of disks (${quota}) has been reached`)
    }
    const disk: Disk = { id: `vol-${hex(this.#options.random)}`, sizeBytes, zone, attachedTo: undefined }
    this.#disks.set(disk.id, disk)
    return disk
  }

  async deleteDisk(id: string): Promise<void> {
    await this.#call('DeleteDisk', id)
    if (this.#disks.get(id)?.attachedTo !== undefined) throw new CloudError('InUse', `disk ${id} is attached`)
    this.#disks.delete(id)
  }

  async attachDisk(id: string, node: string): Promise<void> {
    await this.#call('AttachDisk', `${id} to ${node}`)
    const disk = this.#disks.get(id)
    if (disk === undefined) throw new CloudError('NotFound', `disk ${id} not found`)
    if (disk.attachedTo !== undefined && disk.attachedTo !== node) {
      throw new CloudError('InUse', `disk ${id} is already attached to ${disk.attachedTo}`)
    }
    this.#disks.set(id, { ...disk, attachedTo: node })
  }

  async detachDisk(id: string, node: string): Promise<void> {
    await this.#call('DetachDisk', `${id} from ${node}`)
    const disk = this.#disks.get(id)
    if (disk?.attachedTo === node) this.#disks.set(id, { ...disk, attachedTo: undefined })
  }

  disk(id: string): Disk | undefined {
    return this.#disks.get(id)
  }

  // -- below --------------------------------------------------------------------------------------------

  async #call(verb: CloudVerb, about: string): Promise<void> {
    const { loop, journal, latencyMs = 200 } = this.#options
    await loop.sleep(latencyMs)
    const failure = this.#failures.find((it) => it.verb === verb && it.left > 0)
    const result = failure === undefined ? '' : `: ${failure.error.message}`
    // Reads of a healthy cloud would drown everything else.
    if (failure !== undefined || !verb.startsWith('Describe')) {
      journal.record('cloud', 'cloud', '', `${verb} ${about}${result}`)
    }
    if (failure === undefined) return
    failure.left--
    throw failure.error
  }

  #change(id: string, state: InstanceState, tell: (instance: Instance) => void): void {
    const instance = this.#instances.get(id)
    if (instance === undefined || instance.state === state || instance.state === 'terminated') return
    const changed = { ...instance, state }
    this.#instances.set(id, changed)
    const { journal, loop } = this.#options
    const entry = journal.record('cloud', 'cloud', `Node ${instance.name}`, `instance ${id} is ${state}`)
    loop.within(loop.causedBy(entry), () => tell(changed))
  }

  #nameOf(id: string): string {
    return this.#instances.get(id)?.name ?? id
  }
}

function hex(random: Random): string {
  return (random.float() * 2 ** 32).toString(16).padStart(8, '0')
}
