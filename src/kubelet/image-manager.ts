/**
 * Sees to it that a container's image is on the node (upstream: pkg/kubelet/images/image_manager.go): pull policy,
 * one pull at a time, back-off per image and pod, and the Events that tell about it.
 */
import type { Pod } from '../api/core/pod.ts'
import type { Stored } from '../api/kind.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Clock } from '../client/process.ts'
import { formatDuration } from '../kernel/duration.ts'
import { Backoff } from './backoff.ts'
import type { ContainerNotes } from './container-notes.ts'
import { defaultPullPolicy, parseImageReference } from './cri/image-reference.ts'
import type { ImageService } from './cri/runtime.ts'

/** Why there is no image: the waiting reason and message of the container. */
export interface ImageError {
  readonly reason:
    | 'ErrImagePull'
    | 'RegistryUnavailable'
    | 'ImagePullBackOff'
    | 'ErrImageNeverPull'
    | 'InvalidImageName'
    | 'ImageInspectError'
  readonly message: string
  /** No attempt before, ms since the epoch. */
  readonly retryAt: number
}

const BACKOFF_MS = 10_000
const BACKOFF_MS_MAX = 300_000

interface Waiting {
  run(): void
}

export class ImageManager {
  readonly #clock: Clock
  readonly #images: ImageService
  readonly #recorder: EventRecorder
  readonly #backoff = new Backoff(BACKOFF_MS, BACKOFF_MS_MAX)
  readonly #lastErrors = new Map<string, string>()
  readonly #queue: Waiting[] = []
  readonly #cri: (pod: Stored<Pod>, text: string, call: () => void) => void
  #pulling = false

  constructor(
    clock: Clock,
    images: ImageService,
    recorder: EventRecorder,
    cri: (pod: Stored<Pod>, text: string, call: () => void) => void,
  ) {
    this.#clock = clock
    this.#images = images
    this.#recorder = recorder
    this.#cri = cri
  }

  /** Answers the image's ref for `createContainer`, or the reason why there is none. */
  ensure(
    pod: Stored<Pod>,
    notes: ContainerNotes,
    done: (error: ImageError | undefined, imageRef: string) => void,
  ): void {
    const image = notes.spec.image ?? ''
    const where = { fieldPath: notes.fieldPath }
    if (parseImageReference(image) === undefined) {
      const why = `couldn't parse image name "${image}": invalid reference format`
      this.#recorder.event(
        pod,
        'Warning',
        'InspectFailed',
        `Failed to apply default image tag "${image}": ${why}`,
        where,
      )
      const message = `Failed to apply default image tag "${image}": ${why}`
      done({ reason: 'InvalidImageName', message, retryAt: this.#clock.now() + BACKOFF_MS }, '')
      return
    }
    const failure = this.#images.failure()
    if (failure !== undefined) {
      const message = `Failed to inspect image "${image}": ${failure.text()}`
      this.#recorder.event(pod, 'Warning', 'InspectFailed', message, where)
      done({ reason: 'ImageInspectError', message, retryAt: this.#clock.now() + BACKOFF_MS }, '')
      return
    }
    const policy = notes.spec.imagePullPolicy || defaultPullPolicy(image)
    const present = this.#images.imageStatus(image)
    if (policy !== 'Always' && present !== undefined) {
      this.#recorder.event(
        pod,
        'Normal',
        'Pulled',
        `Container image "${image}" already present on machine`,
        where,
      )
      done(undefined, present.repoTags[0] ?? present.repoDigests[0]!)
      return
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`
      this.#recorder.event(pod, 'Warning', 'ErrImageNeverPull', message, where)
      done({ reason: 'ErrImageNeverPull', message, retryAt: this.#clock.now() + BACKOFF_MS }, '')
      return
    }
    const key = `${pod.metadata.uid}_${image}`
    const left = this.#backoff.remaining(key, this.#clock.now())
    if (left > 0) {
      const error = this.#lastErrors.get(key)
      this.#recorder.event(pod, 'Normal', 'BackOff', `Back-off pulling image "${image}"`, where)
      const message = `Back-off pulling image "${image}"${error === undefined ? '' : `: ErrImagePull: ${error}`}`
      done({ reason: 'ImagePullBackOff', message, retryAt: this.#clock.now() + left }, '')
      return
    }
    this.#enqueue(pod, notes, image, key, done)
  }

  forget(podUid: string): void {
    for (const key of this.#lastErrors.keys()) {
      if (!key.startsWith(podUid)) continue
      this.#lastErrors.delete(key)
      this.#backoff.forget(key)
    }
  }

  /** Pulls are serial by default: a big image holds up the others. */
  #enqueue(
    pod: Stored<Pod>,
    notes: ContainerNotes,
    image: string,
    key: string,
    done: (error: ImageError | undefined, imageRef: string) => void,
  ): void {
    const where = { fieldPath: notes.fieldPath }
    const queuedAt = this.#clock.now()
    this.#recorder.event(pod, 'Normal', 'Pulling', `Pulling image "${image}"`, where)
    const run = () => {
      this.#pulling = true
      const startedAt = this.#clock.now()
      this.#cri(pod, `PullImage ${image}`, () =>
        this.#images.pullImage(image, undefined, (error, ref) => {
          this.#pulling = false
          const now = this.#clock.now()
          if (error !== undefined) {
            this.#backoff.next(key, now, now)
            const text = error.text()
            this.#lastErrors.set(key, text)
            this.#recorder.event(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${text}`, where)
            if (error.message.includes('RegistryUnavailable')) {
              const message = `image pull failed for ${image} because the registry is unavailable: ${text}`
              done({ reason: 'RegistryUnavailable', message, retryAt: now + BACKOFF_MS }, '')
            } else done({ reason: 'ErrImagePull', message: text, retryAt: now }, '')
          } else {
            this.#backoff.forget(key)
            this.#lastErrors.delete(key)
            const size = this.#images.imageStatus(ref)?.sizeBytes ?? 0
            const took = formatDuration(now - startedAt)
            const waited = formatDuration(now - queuedAt)
            const message = `Successfully pulled image "${image}" in ${took} (${waited} including waiting). Image size: ${size} bytes.`
            this.#recorder.event(pod, 'Normal', 'Pulled', message, where)
            done(undefined, ref)
          }
          if (!this.#pulling) this.#queue.shift()?.run()
        }),
      )
    }
    if (this.#pulling) this.#queue.push({ run })
    else run()
  }
}
