/** Image references as the docker distribution library reads them. */

export interface ImageReference {
  /** `docker.io`, `registry.example:5000`. */
  readonly registry: string
  /** `library/nginx`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** Undefined when the text is no reference. */
export function parseImageReference(image: string): ImageReference | undefined {
  const match =
    /^(?:((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9-]+)*(?::\d+)?)\/)?([a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      image,
    )
  if (match === null) return undefined
  let [, registry, repository, tag, digest] = match as unknown as [string, ...(string | undefined)[]]
  // The first component is a host only when it looks like one: `library/nginx` has none.
  if (registry !== undefined && !/[.:]/.test(registry) && registry !== 'localhost') {
    repository = `${registry}/${repository}`
    registry = undefined
    if (/[A-Z]/.test(repository)) return undefined
  }
  if (registry === undefined || registry === 'index.docker.io') registry = 'docker.io'
  if (registry === 'docker.io' && !repository!.includes('/')) repository = `library/${repository}`
  return { registry, repository: repository!, tag, digest }
}

/** `nginx` -> `docker.io/library/nginx:latest`: what runtimes print. */
export function canonicalImage(reference: ImageReference): string {
  const name = `${reference.registry}/${reference.repository}`
  if (reference.digest !== undefined) return `${name}@${reference.digest}`
  return `${name}:${reference.tag ?? 'latest'}`
}

/** Always for `:latest` and for no tag, unless a digest is given (upstream: pkg/apis/core/v1/defaults.go). */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const reference = parseImageReference(image)
  if (reference === undefined || reference.digest !== undefined) return 'IfNotPresent'
  return reference.tag === undefined || reference.tag === 'latest' ? 'Always' : 'IfNotPresent'
}
