/** A value that is made when it is first asked for, and kept: schemas of zod cost too much to be built at import. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
