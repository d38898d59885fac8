/**
 * The images of the world: what registries hold and what the images do when run. A table given by the user comes
 * first, then the built-in images; everything else is a well-behaved server, unless images must be known.
 */
import { hash32, hex64 } from '../../kernel/hash.ts'
import type { Behaviour, Program } from '../programs/program.ts'
import { canonicalImage, type ImageReference, parseImageReference } from './image-reference.ts'

/** What is known about an image, or about all tags of one. */
export interface ImageSpec {
  /** `nginx:1.27`, `nginx` (all its tags) or `registry.example/team/*`. */
  readonly image: string
  /** False: the registry does not have it. A string: the registry's answer instead. Default true. */
  readonly exists?: boolean | string
  /** The tags that the registry has; default: any. */
  readonly tags?: RegExp
  readonly sizeBytes?: number
  /** A program module, plain data, or the name of a built-in program. Default: a well-behaved server. */
  readonly program?: Program | Behaviour | string
  /** What the program comes down to when nothing configures it (no command, no files mounted): then it costs nothing. */
  readonly plain?: Behaviour
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly workingDir?: string
  /** As in `USER`: a number, or a name, which `runAsNonRoot` cannot verify. Default: root, or 65532 where nothing is known. */
  readonly user?: string
  /** Default SIGTERM. */
  readonly stopSignal?: string
  /** Path -> content, in the image's own file system. */
  readonly files?: Readonly<Record<string, string>>
  /** It has no other commands than those built in: unknown ones fail to start. Default: unknown ones just run. */
  readonly strictCommands?: boolean
  /** Commands that differ from those built in; undefined: it lacks that one. */
  readonly commands?: Readonly<Record<string, Program | undefined>>
  /** It has nothing but its own program: no shell, no commands. */
  readonly bare?: boolean
  /** Time between start and the first instruction, ms. */
  readonly startDelayMs?: number
}

/** An image as a registry serves it. */
export interface CatalogImage {
  readonly spec: ImageSpec
  /** `docker.io/library/nginx:latest`. */
  readonly name: string
  readonly digest: string
  readonly id: string
  readonly sizeBytes: number
}

/** Why a registry did not serve it: the code and text that containerd reports. */
export interface RegistryError {
  readonly code: 'NotFound' | 'Unknown'
  readonly message: string
}

export const WELL_BEHAVED: Behaviour = Object.freeze({})

export interface ImageCatalogOptions {
  readonly images?: readonly ImageSpec[]
  readonly builtIn?: readonly ImageSpec[]
  /** True: an image that is not in a table does not exist. */
  readonly knownOnly?: boolean
}

export class ImageCatalog {
  readonly #specs: readonly ImageSpec[]
  readonly #knownOnly: boolean
  readonly #resolved = new Map<string, CatalogImage | RegistryError>()

  constructor(options: ImageCatalogOptions = {}) {
    this.#specs = [...(options.images ?? []), ...(options.builtIn ?? [])]
    this.#knownOnly = options.knownOnly ?? false
  }

  /** What the registry answers for a valid reference. */
  resolve(image: string): CatalogImage | RegistryError {
    let answer = this.#resolved.get(image)
    if (answer === undefined) this.#resolved.set(image, (answer = this.#resolve(image)))
    return answer
  }

  #resolve(image: string): CatalogImage | RegistryError {
    const reference = parseImageReference(image)
    if (reference === undefined) return { code: 'Unknown', message: 'invalid reference format' }
    const name = canonicalImage(reference)
    if (reference.registry === 'registry.invalid' || reference.registry.endsWith('.invalid')) {
      return unresolved(
        name,
        'Unknown',
        `failed to do request: Head "https://${reference.registry}/v2/${reference.repository}/manifests/${reference.tag ?? reference.digest ?? 'latest'}": dial tcp: lookup ${reference.registry}: no such host`,
      )
    }
    const spec = this.#specs.find((it) => covers(it.image, reference))
    if (spec === undefined && ABSENT.test(`${reference.repository}:${reference.tag}`)) {
      return unresolved(
        name,
        'Unknown',
        'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      )
    }
    if (spec === undefined && this.#knownOnly) return notFound(name)
    if (spec?.exists === false) return notFound(name)
    if (spec?.tags?.test(reference.tag ?? 'latest') === false && reference.digest === undefined)
      return notFound(name)
    if (typeof spec?.exists === 'string') return { code: 'Unknown', message: spec.exists }
    return {
      spec: spec ?? { image, program: WELL_BEHAVED },
      name,
      digest: reference.digest ?? `sha256:${hex64(name)}`,
      id: `sha256:${hex64(`${name} config`)}`,
      sizeBytes: spec?.sizeBytes ?? 20_000_000 + (hash32(name) % 160_000_000),
    }
  }
}

/** Names that say of themselves that nobody has pushed them. */
const ABSENT = /non-?existe?nt|non-?existing|(?:does|do)-?not-?exist|no-?such/

export function isRegistryError(answer: CatalogImage | RegistryError): answer is RegistryError {
  return 'code' in answer
}

function notFound(name: string): RegistryError {
  return unresolved(name, 'NotFound', `${name}: not found`)
}

function unresolved(name: string, code: RegistryError['code'], why: string): RegistryError {
  return {
    code,
    message: `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${why}`,
  }
}

function covers(pattern: string, reference: ImageReference): boolean {
  if (pattern.endsWith('*')) {
    const prefix = pattern.slice(0, -1)
    const full = canonicalImage(reference)
    return (
      full.startsWith(prefix) ||
      full.startsWith(`docker.io/${prefix}`) ||
      full.startsWith(`docker.io/library/${prefix}`)
    )
  }
  const wanted = parseImageReference(pattern)
  if (wanted === undefined) return false
  return (
    wanted.registry === reference.registry &&
    wanted.repository === reference.repository &&
    (wanted.tag === undefined || wanted.tag === (reference.tag ?? 'latest')) &&
    (wanted.digest === undefined || wanted.digest === reference.digest)
  )
}
