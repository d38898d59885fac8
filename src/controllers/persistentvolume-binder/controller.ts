/** Brings claims and volumes together, and says what became of both (volume/persistentvolume/pv_controller.go). */
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { StorageClass } from '../../api/storage/storage-class.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Process } from '../../client/process.ts'
import type { ControllerControl } from '../runtime/controller-control.ts'
import { KeyWorker } from '../runtime/key-worker.ts'
import type { ControllerComponent } from '../runtime/manager.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { BY_CLAIM, claimIndex } from '../shared/pod-claims.ts'
import { sameStatus, semanticEqual } from '../shared/semantic-equal.ts'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  findVolume,
  isClaimedBy,
  mismatch,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from './match.ts'

const COMPONENT = 'persistentvolume-controller'
/** How often a claim that waits is looked at again, and says what it waits for. */
const RESYNC_MS = 15_000
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

type Volume = Stored<PersistentVolume>
type Claim = Stored<PersistentVolumeClaim>

export const persistentVolumeBinder: ControllerComponent = {
  name: 'persistentvolume-binder-controller',
  start: (process, control) => new Binder(process, control).start(),
}

class Binder {
  readonly #process: Process
  readonly #recorder: EventRecorder
  readonly #claims: KeyWorker
  readonly #volumes: KeyWorker

  constructor(process: Process, control: ControllerControl | undefined) {
    this.#process = process
    this.#recorder = process.recorder(COMPONENT)
    const worker = (work: (key: string) => Promise<void>) =>
      new KeyWorker({ process, component: COMPONENT, control, work: ({ key }) => work(key) })
    this.#claims = worker((key) => this.#syncClaim(key))
    this.#volumes = worker((key) => this.#syncVolume(key))
  }

  start(): void {
    const { informers } = this.#process
    const classes = informers.for(StorageClass)
    informers.for(Pod, { indexes: claimIndex })
    const claims = informers.for(PersistentVolumeClaim)
    const volumes = informers.for(PersistentVolume)
    const lookAtClaim = (claim: Claim) => this.#claims.add(objectKey(claim.metadata))
    const lookAtVolume = (volume: Volume) => {
      this.#volumes.add(volume.metadata.name)
      const { claimRef } = volume.spec
      if (claimRef !== undefined) this.#claims.add(objectKey(claimRef))
      else for (const claim of claims.lister.list()) if (claim.status?.phase !== 'Bound') lookAtClaim(claim)
    }
    claims.addHandlers({
      add: lookAtClaim,
      update: lookAtClaim,
      delete: (claim) => {
        if (claim.spec.volumeName) this.#volumes.add(claim.spec.volumeName)
      },
    })
    volumes.addHandlers({ add: lookAtVolume, update: lookAtVolume, delete: lookAtVolume })
    classes.addHandlers({ add: () => claims.lister.list().forEach(lookAtClaim) })
    informers.whenSynced(() => {
      this.#claims.start()
      this.#volumes.start()
    })
  }

  async #syncClaim(key: string): Promise<void> {
    const claim = this.#process.informers.for(PersistentVolumeClaim).lister.get(key)
    if (claim === undefined) return
    const volumes = this.#process.informers.for(PersistentVolume).lister
    const named = claim.spec.volumeName ? volumes.get(claim.spec.volumeName) : undefined
    if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return this.#checkBound(claim, named)
    if (claim.metadata.deletionTimestamp !== undefined) return
    if (claim.spec.volumeName) {
      const refusal = named && this.#refusal(claim, named)
      if (named !== undefined && refusal === undefined) return this.#bind(claim, named)
      if (refusal !== undefined) this.#recorder.event(claim, 'Warning', refusal.reason, refusal.message)
      return this.#setPhase(claim, 'Pending')
    }
    const waits = this.#waitsForConsumer(claim)
    const volume = findVolume(claim, volumes.list(), waits)
    if (volume !== undefined) return this.#bind(claim, volume)
    await this.#askForVolume(claim, waits)
  }

  /** Why a claim may not have the volume that it names. */
  #refusal(claim: Claim, volume: Volume) {
    const name = JSON.stringify(volume.metadata.name)
    if (volume.spec.claimRef === undefined) {
      const why = mismatch(claim, volume)
      const message = `Cannot bind to requested volume ${name}: ${why}`
      return why === undefined ? undefined : { reason: 'VolumeMismatch', message }
    }
    if (isClaimedBy(volume, claim)) return undefined
    return { reason: 'FailedBinding', message: `volume ${name} already bound to a different claim.` }
  }

  async #checkBound(claim: Claim, volume: Volume | undefined): Promise<void> {
    if (volume === undefined) {
      if (claim.status?.phase === 'Lost') return
      this.#recorder.event(
        claim,
        'Warning',
        'ClaimLost',
        'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
      )
      return this.#setPhase(claim, 'Lost')
    }
    if (volume.spec.claimRef === undefined || isClaimedBy(volume, claim)) return this.#bind(claim, volume)
    if (claim.status?.phase === 'Lost') return
    this.#recorder.event(
      claim,
      'Warning',
      'ClaimMisbound',
      'Two claims are bound to the same volume, this one is bound incorrectly',
    )
    await this.#setPhase(claim, 'Lost')
  }

  /** Each step is written only if it is not done yet: a crash in between is made good by the next look. */
  async #bind(claim: Claim, volume: Volume): Promise<void> {
    const { client } = this.#process
    let bound = volume
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
      const { namespace, name, uid, resourceVersion } = claim.metadata
      const claimRef = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name,
        uid,
        resourceVersion,
      }
      // Set aside by somebody else: then it is theirs to take back.
      const annotations = volume.spec.claimRef
        ? volume.metadata.annotations
        : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' }
      bound = await client.replace(PersistentVolume, {
        ...volume,
        metadata: { ...volume.metadata, annotations },
        spec: { ...volume.spec, claimRef },
      })
    }
    if (bound.status?.phase !== 'Bound')
      await client.updateStatus(PersistentVolume, { ...bound, status: { ...bound.status, phase: 'Bound' } })
    const taken = await this.#noteVolume(claim, volume.metadata.name)
    const { capacity, accessModes } = volume.spec
    const status = {
      ...taken.status,
      phase: 'Bound',
      accessModes,
      capacity: taken.status?.capacity ?? capacity,
    }
    if (!sameStatus(status, taken.status))
      await client.updateStatus(PersistentVolumeClaim, { ...taken, status })
  }

  async #noteVolume(claim: Claim, volumeName: string): Promise<Claim> {
    const chosen: Record<string, string> = claim.spec.volumeName ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }
    const annotations = { ...claim.metadata.annotations, ...chosen, [BIND_COMPLETED]: 'yes' }
    if (claim.spec.volumeName === volumeName && semanticEqual(annotations, claim.metadata.annotations))
      return claim
    return this.#process.client.replace(PersistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName },
    })
  }

  async #askForVolume(claim: Claim, waits: boolean): Promise<void> {
    const storageClass = this.#classOf(claim)
    const provisioner = storageClass?.provisioner
    if (waits) {
      const [reason, message] = this.#whatIsAwaited(claim)
      this.#recorder.event(claim, 'Normal', reason, message)
    } else if (provisioner !== undefined && provisioner !== NO_PROVISIONER) {
      const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
      this.#recorder.event(claim, 'Normal', 'ExternalProvisioning', message)
      if (claim.metadata.annotations?.[STORAGE_PROVISIONER] !== provisioner) {
        const annotations = {
          ...claim.metadata.annotations,
          'volume.beta.kubernetes.io/storage-provisioner': provisioner,
          [STORAGE_PROVISIONER]: provisioner,
        }
        await this.#process.client.replace(PersistentVolumeClaim, {
          ...claim,
          metadata: { ...claim.metadata, annotations },
        })
        return
      }
    } else if (claim.spec.storageClassName) {
      const message =
        storageClass === undefined
          ? `storageclass.storage.k8s.io "${claim.spec.storageClassName}" not found`
          : `no volume plugin matched name: ${NO_PROVISIONER}`
      this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message)
    } else {
      const message = 'no persistent volumes available for this claim and no storage class is set'
      this.#recorder.event(claim, 'Normal', 'FailedBinding', message)
    }
    this.#claims.addAfter(objectKey(claim.metadata), RESYNC_MS)
    await this.#setPhase(claim, 'Pending')
  }

  #whatIsAwaited(claim: Claim): readonly [reason: string, message: string] {
    const pods = this.#process.informers.for(Pod, { indexes: claimIndex }).lister
    const names = pods
      .byIndex(BY_CLAIM, objectKey(claim.metadata))
      .filter((it) => !it.spec.nodeName && !isPodTerminal(it))
      .map((it) => it.metadata.name)
      .sort()
    if (names.length === 0)
      return ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding']
    const what = names.length === 1 ? 'pod' : 'pods'
    return ['WaitForPodScheduled', `waiting for ${what} ${names.join(',')} to be scheduled`]
  }

  /** Its class leaves the choice to the scheduler, who has not chosen a node yet. */
  #waitsForConsumer(claim: Claim): boolean {
    if (this.#classOf(claim)?.volumeBindingMode !== 'WaitForFirstConsumer') return false
    return claim.metadata.annotations?.[SELECTED_NODE] === undefined
  }

  #classOf({ spec }: Claim): Stored<StorageClass> | undefined {
    return spec.storageClassName
      ? this.#process.informers.for(StorageClass).lister.get(spec.storageClassName)
      : undefined
  }

  async #setPhase(claim: Claim, phase: string): Promise<void> {
    if (claim.status?.phase === phase) return
    await this.#process.client.updateStatus(PersistentVolumeClaim, {
      ...claim,
      status: { ...claim.status, phase },
    })
  }

  async #syncVolume(name: string): Promise<void> {
    const { client, informers } = this.#process
    const volume = informers.for(PersistentVolume).lister.get(name)
    if (volume === undefined) return
    const phase = await this.#phaseOf(volume)
    if (phase === undefined || phase === volume.status?.phase) return
    await client.updateStatus(PersistentVolume, { ...volume, status: { ...volume.status, phase } })
  }

  /** Undefined: the claim's own sync says it. */
  async #phaseOf(volume: Volume): Promise<string | undefined> {
    const { claimRef } = volume.spec
    if (claimRef === undefined || !claimRef.uid) return 'Available'
    const { namespace, name = '' } = claimRef
    const cached = this.#process.informers.for(PersistentVolumeClaim).lister.get(objectKey(claimRef))
    const claim = cached ?? (await this.#process.client.find(PersistentVolumeClaim, { namespace, name }))
    if (claim?.metadata.uid === claimRef.uid) return undefined
    return volume.status?.phase === 'Failed' ? undefined : 'Released'
  }
}
