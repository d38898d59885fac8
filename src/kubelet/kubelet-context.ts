/** What a kubelet's parts share: its process, its machine's runtime, and what only the whole kubelet knows. */
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Stored } from '../api/kind.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Clock, Process } from '../client/process.ts'
import type { Rejection } from './admission.ts'
import type { Backoff } from './backoff.ts'
import type { FakeRuntime } from './cri/fake-runtime.ts'
import type { CriImage } from './cri/runtime.ts'
import type { ClusterDns } from './dns.ts'
import type { ImageManager } from './image-manager.ts'
import type { Machine } from './machine.ts'
import type { ObjectCache } from './object-cache.ts'
import type { PodWorker } from './pod-worker.ts'
import type { AttachedVolumes } from './volumes/attached-volumes.ts'

export interface KubeletContext {
  readonly nodeName: string
  readonly process: Process
  readonly clock: Clock
  readonly recorder: EventRecorder
  readonly machine: Machine
  readonly runtime: FakeRuntime
  readonly images: ImageManager
  readonly objects: ObjectCache
  readonly crashBackoff: Backoff
  readonly hostIps: readonly string[]
  readonly dns: ClusterDns
  /** Namespaces whose root certificate has been seen: accounts' volumes can be mounted there. */
  readonly accountsReady: Set<string>
  /** Volumes that must be attached before they are mounted. */
  readonly attachedVolumes: AttachedVolumes
  /** As the API has it; undefined before the first answer. */
  node(): Stored<Node> | undefined
  /** False once the kubelet crashed or stopped: answers that come later are dropped. */
  alive(): boolean
  /** Records a CRI call in the journal and makes it, as its cause. */
  cri(pod: Pod, text: string, call: () => void): void
  image(ref: string): CriImage | undefined
  admit(worker: PodWorker): Rejection | undefined
  /** Its resources are free again. */
  released(worker: PodWorker): void
  /** Nothing is left of it on this node. */
  finished(worker: PodWorker): void
  /** Its spec changed: the resources may differ. */
  resized(worker: PodWorker): void
  whenNetworkReady(worker: PodWorker): void
  /** Service variables for a pod, once the services are known. */
  serviceVariables(pod: Pod, done: (variables: ReadonlyMap<string, string>) => void): void
}
