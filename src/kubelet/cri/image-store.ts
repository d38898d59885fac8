/** The images on one node: pulled over a link of some bandwidth, kept until removed. */
import type { Timer } from '../../kernel/event-loop.ts'
import { type CatalogImage, type ImageCatalog, isRegistryError, WELL_BEHAVED } from './image-catalog.ts'
import { canonicalImage, parseImageReference } from './image-reference.ts'
import { CriError, type CriImage, type ImageService, type Reply } from './runtime.ts'

export interface ImageStoreOptions {
  readonly catalog: ImageCatalog
  /** Default 50 MB/s. */
  readonly bytesPerSecond?: number
  /** Time until the registry answers at all, ms; default 250. */
  readonly registryLatencyMs?: number
  readonly capacityBytes: number
  /** Present from the start. */
  readonly preloaded?: readonly string[]
  after(delayMs: number, run: () => void, label: string): Timer
  /** A pull that will succeed begins. */
  onPull?(image: string): void
}

export class ImageStore implements ImageService {
  readonly #options: ImageStoreOptions
  /** By canonical name. */
  readonly #images = new Map<string, CatalogImage>()
  #usedBytes = 0
  /** Set by faults: the image service fails with this text until it is undefined again. */
  broken: string | undefined

  constructor(options: ImageStoreOptions) {
    this.#options = options
    for (const image of options.preloaded ?? []) {
      const found = options.catalog.resolve(image)
      if (!isRegistryError(found)) this.#add(found)
    }
  }

  /** Has what another store has. */
  continueFrom(other: ImageStore): void {
    for (const image of other.#images.values()) this.#add(image)
  }

  /** What to run for an image ref that `pullImage` or `imageStatus` gave. */
  get(image: string): CatalogImage | undefined {
    const direct = this.#images.get(image)
    if (direct !== undefined) return direct
    const reference = parseImageReference(image)
    return reference === undefined ? undefined : this.#images.get(canonicalImage(reference))
  }

  *listImages(): Iterable<CriImage> {
    for (const image of this.#images.values()) yield cri(image)
  }

  failure(): CriError | undefined {
    return this.broken === undefined ? undefined : new CriError('Unavailable', this.broken)
  }

  imageStatus(image: string): CriImage | undefined {
    const found = this.get(image)
    return found && cri(found)
  }

  pullImage(image: string, _auth: unknown, done: Reply<string>): void {
    const { catalog, registryLatencyMs = 250, bytesPerSecond = 50_000_000, after } = this.#options
    const found = catalog.resolve(image)
    const label = `pull of ${image}`
    if (isRegistryError(found)) {
      after(registryLatencyMs, () => done(new CriError(found.code, found.message), ''), label)
      return
    }
    this.#options.onPull?.(image)
    const present = this.#images.has(found.name)
    const transferMs = present ? 0 : Math.round((found.sizeBytes / bytesPerSecond) * 1000)
    after(
      registryLatencyMs + transferMs,
      () => {
        this.#add(found)
        done(undefined, found.name)
      },
      label,
    )
  }

  removeImage(image: string): void {
    const found = this.get(image)
    if (found === undefined) return
    this.#images.delete(found.name)
    this.#usedBytes -= found.sizeBytes
  }

  imageFsInfo(): { usedBytes: number; capacityBytes: number } {
    return { usedBytes: this.#usedBytes, capacityBytes: this.#options.capacityBytes }
  }

  #add(image: CatalogImage): void {
    if (this.#images.has(image.name)) return
    this.#images.set(image.name, image)
    this.#usedBytes += image.sizeBytes
  }
}

/** Images about which nothing is known are fit for every cluster: those of today run as nobody. */
const NON_ROOT = '65532'

const views = new WeakMap<CatalogImage, CriImage>()

/** One view for all who ask: pods keep its strings in their status. */
function cri(image: CatalogImage): CriImage {
  let view = views.get(image)
  if (view === undefined) views.set(image, (view = toCri(image)))
  return view
}

function toCri(image: CatalogImage): CriImage {
  const repository = image.name.replace(/@.*$|:[^:/]*$/, '')
  return {
    id: image.id,
    repoTags: image.name.includes('@') ? [] : [image.name],
    repoDigests: [`${repository}@${image.digest}`],
    sizeBytes: image.sizeBytes,
    user: image.spec.user ?? (image.spec.program === WELL_BEHAVED ? NON_ROOT : '0'),
  }
}
