/**
 * The end of a run in a form that can be compared: uids, versions and times are masked, generated names replaced by
 * what they were generated from, and what refers to dead owners is marked.
 */
import type { KubeObject, Stored } from '../../api/kind.ts'

/** `Site default/a` -> its fields; objects with generated names are counted by content. */
export type FinalState = ReadonlyMap<string, unknown>

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const DROPPED_META = new Set(['uid', 'resourceVersion', 'managedFields', 'generation', 'selfLink'])
/** What the fault `conflict` writes. */
export const TOUCHED = 'kubarium.dev/touched'

const TRIGGERED = 'endpoints.kubernetes.io/last-change-trigger-time'

export function finalStateOf(
  objects: Iterable<Stored<KubeObject>>,
  outside: Readonly<Record<string, object>>,
): FinalState {
  const all = [...objects]
  const uids = new Set(all.map((it) => it.metadata.uid))
  const generated = new Map<string, string>()
  for (const { metadata } of all) {
    if (metadata.generateName) generated.set(metadata.name, `${metadata.generateName}*`)
  }
  const state = new Map<string, unknown>()
  for (const object of all) {
    const { namespace, name } = object.metadata
    const shown = generated.get(name) ?? name
    const base = `${object.kind} ${namespace ? `${namespace}/` : ''}${shown}`
    const value = new Masker(uids, generated).object(object)
    if (!generated.has(name)) state.set(base, value)
    else countByContent(state, base, value)
  }
  for (const [name, system] of Object.entries(outside))
    state.set(`outside ${name}`, snapshotOf(system, generated))
  return state
}

/** Equal for equal states. */
export function stateText(state: FinalState): string {
  return [...state]
    .map(([object, value]) => `${object} ${JSON.stringify(value)}`)
    .toSorted()
    .join('\n')
}

/** Twins with generated names are alike: the content is part of the key, the number is the value. */
function countByContent(state: Map<string, unknown>, base: string, value: unknown): void {
  const key = `${base} ${JSON.stringify(value)}`
  state.set(key, ((state.get(key) as number | undefined) ?? 0) + 1)
}

function snapshotOf(system: object, generated: ReadonlyMap<string, string>): unknown {
  const snapshot = 'snapshot' in system && typeof system.snapshot === 'function' ? system.snapshot() : system
  return new Masker(new Set(), generated).plain(snapshot)
}

class Masker {
  readonly #uids: ReadonlySet<string>
  readonly #generated: ReadonlyMap<string, string>

  constructor(uids: ReadonlySet<string>, generated: ReadonlyMap<string, string>) {
    this.#uids = uids
    this.#generated = generated
  }

  object(object: Stored<KubeObject>): Record<string, unknown> {
    const { metadata, status, ...rest } = object as unknown as Record<string, Record<string, unknown>>
    const masked = this.plain(rest) as Record<string, unknown>
    masked['metadata'] = this.#meta(metadata ?? {})
    if (status !== undefined) masked['status'] = this.#status(status, metadata ?? {})
    return masked
  }

  #meta(metadata: Record<string, unknown>): Record<string, unknown> {
    const kept: Record<string, unknown> = {}
    for (const key of Object.keys(metadata).toSorted()) {
      if (DROPPED_META.has(key)) continue
      if (key === 'ownerReferences')
        kept[key] = this.#owners(metadata[key] as readonly { uid: string; name: string }[])
      else if (key === 'annotations') kept[key] = this.#annotations(metadata[key] as Record<string, string>)
      else kept[key] = this.plain(metadata[key])
    }
    return kept
  }

  #owners(owners: readonly { readonly uid: string; readonly name: string }[]): unknown {
    return owners.map(({ uid, ...rest }) => ({
      ...(this.plain(rest) as object),
      owner: this.#uids.has(uid) ? 'lives' : 'is gone',
    }))
  }

  #annotations(annotations: Record<string, string>): unknown {
    // When endpoints changed last, if that was known, depends on how many changes one write told of.
    const { [TOUCHED]: _touched, [TRIGGERED]: _triggered, ...rest } = annotations
    return Object.keys(rest).length === 0 ? undefined : this.plain(rest)
  }

  #status(status: Record<string, unknown>, metadata: Record<string, unknown>): unknown {
    const masked = this.plain(status) as Record<string, unknown>
    if ('observedGeneration' in masked) {
      masked['observedGeneration'] =
        masked['observedGeneration'] === metadata['generation'] ? 'current' : 'old'
    }
    return masked
  }

  plain(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value)
    if (Array.isArray(value)) return value.map((it) => this.plain(it))
    if (value instanceof Map)
      return this.plain(Object.fromEntries([...value].map(([k, v]) => [String(k), v])))
    if (value instanceof Set) return this.plain([...value].map(String).toSorted())
    if (typeof value !== 'object' || value === null) return value
    const masked: [string, unknown][] = []
    for (const key of Object.keys(value).toSorted()) {
      const field = (value as Record<string, unknown>)[key]
      if (field !== undefined && typeof field !== 'function')
        masked.push([this.#text(key), this.plain(field)])
    }
    return Object.fromEntries(masked)
  }

  #text(text: string): string {
    if (this.#generated.size > 0) {
      const name = this.#generated.get(text)
      if (name !== undefined) return name
    }
    if (text.length >= 20 && TIME.test(text)) return '<time>'
    return text.length === 36 && UUID.test(text) ? '<uid>' : text
  }
}

/** One way in which two ends differ. */
export interface Difference {
  /** `Site default/a`. */
  readonly object: string
  /** `status.phase`, or '' when one of them lacks the object. */
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/** Where `actual` is not as `expected`; at most a few per object. */
export function differences(expected: FinalState, actual: FinalState): Difference[] {
  const found: Difference[] = []
  for (const [object, value] of expected) {
    if (!actual.has(object)) found.push({ object, path: '', expected: value, actual: undefined })
    else compare(object, '', value, actual.get(object), found)
  }
  for (const [object, value] of actual) {
    if (!expected.has(object)) found.push({ object, path: '', expected: undefined, actual: value })
  }
  return found
}

function compare(
  object: string,
  path: string,
  expected: unknown,
  actual: unknown,
  found: Difference[],
): void {
  if (Object.is(expected, actual)) return
  if (!isContainer(expected) || !isContainer(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    found.push({ object, path, expected, actual })
    return
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    compare(object, path === '' ? key : `${path}.${key}`, expected[key], actual[key], found)
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Does a pattern such as `Site.status.message` or `*.metadata.annotations` cover the difference? */
export function isIgnored({ object, path }: Difference, ignore: readonly string[]): boolean {
  const kind = object.slice(0, object.indexOf(' '))
  return ignore.some((pattern) => {
    const [patternKind = '', ...rest] = pattern.split('.')
    const prefix = rest.join('.')
    if (patternKind !== '*' && patternKind !== kind) return false
    return prefix === '' || path === prefix || path.startsWith(`${prefix}.`)
  })
}
