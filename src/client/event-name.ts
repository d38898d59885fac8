/** What all recorders share: names and references of the Events they write. */
import type { ObjectReference } from '../api/core/reference.ts'
import { type KubeObject, objectRef } from '../api/kind.ts'
import { hash32 } from '../kernel/hash.ts'
import type { Process } from './process.ts'

/** The first 1024 UTF-16 units of a message. Events with the same message share one flat string. */
export function clip(message: string): string {
  const clipped = message.length > 1024 ? message.slice(0, 1024) : message
  const known = messages.get(clipped)
  if (known !== undefined) return known
  // Asking for a character makes V8 flatten what was put together: Events keep their messages for long.
  clipped.charCodeAt(0)
  if (messages.size >= MESSAGES_MAX) messages.clear()
  messages.set(clipped, clipped)
  return clipped
}

const messages = new Map<string, string>()
const MESSAGES_MAX = 1024

/**
 * What an Event's involvedObject, or regarding, says about the object.
 * @param known  an earlier one about the same object, returned when it still says it all
 */
export function referenceTo(about: KubeObject, fieldPath?: string, known?: ObjectReference): ObjectReference {
  const { namespace, name, uid, resourceVersion } = about.metadata ?? {}
  const { kind, apiVersion } = about
  if (
    known !== undefined &&
    known.resourceVersion === resourceVersion &&
    known.fieldPath === fieldPath &&
    known.uid === uid &&
    known.apiVersion === apiVersion
  )
    return known
  return fieldPath === undefined
    ? { kind, namespace, name, uid, apiVersion, resourceVersion }
    : { kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath }
}

/** `web-1.17a3f0c2b8d41e00`: the object's name and hex nanoseconds, made unique by a count of the recorder's own. */
export class EventNames {
  // Recorders of several components speak about one object in the same instant.
  #count: number

  constructor(recorder: string) {
    this.#count = hash32(recorder) % 1_000_000
  }

  next(object: string, nowMs: number): string {
    this.#count = (this.#count + 1) % 1_000_000
    // Nanoseconds since 1970 need 61 bits: two words, carried by hand.
    const nanos = Math.floor(nowMs) * 1e6
    const high = Math.floor(nanos / 2 ** 32)
    const low = nanos - high * 2 ** 32 + this.#count
    const carry = low >= 2 ** 32 ? 1 : 0
    // Joined, not concatenated: the name is kept, and would be kept as a tree of its parts.
    return [
      object,
      '.',
      (high + carry).toString(16),
      (low - carry * 2 ** 32).toString(16).padStart(8, '0'),
    ].join('')
  }
}

/** Notes the Event in the journal. */
export function journalEvent(
  process: Process,
  component: string,
  about: KubeObject,
  reason: string,
  message: string,
): void {
  if (!process.journal.enabled) return
  process.journal.record(
    'event',
    component,
    objectRef(about.kind ?? '', about.metadata ?? {}),
    `${reason}: ${message}`,
  )
}
