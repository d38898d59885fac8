/** DER, as far as certificates and requests for them need it: a reader that trusts no length (X.690). */

/** One element: its tag, and where its content lies. */
export interface Element {
  readonly tag: number
  readonly bytes: Uint8Array
  /** First byte of the content, and first byte after it. */
  readonly start: number
  readonly end: number
}

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const

export class DerError extends Error {
  override readonly name = 'DerError'
}

/** The element that starts at `offset`; throws DerError when it does not fit. */
export function readElement(bytes: Uint8Array, offset = 0, limit = bytes.length): Element {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined || offset + 2 > limit) throw new DerError('truncated')
  let start = offset + 2
  let length = first
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new DerError('length is not supported')
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += count
  }
  if (start + length > limit) throw new DerError('truncated')
  return { tag, bytes, start, end: start + length }
}

/** The elements within a constructed one. */
export function children({ bytes, start, end }: Element): readonly Element[] {
  const found: Element[] = []
  for (let at = start; at < end; ) {
    const element = readElement(bytes, at, end)
    found.push(element)
    at = element.end
  }
  return found
}

export function contentOf({ bytes, start, end }: Element): Uint8Array {
  return bytes.subarray(start, end)
}

/** `1.2.840.113549`. */
export function oidOf(element: Element): string {
  const content = contentOf(element)
  const [first = 0] = content
  const arcs = [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40))]
  let arc = 0
  for (const byte of content.subarray(1)) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  return arcs.join('.')
}

export function textOf(element: Element): string {
  return new TextDecoder().decode(contentOf(element))
}

/** The bytes of the first PEM block of a type; undefined when there is none. */
export function fromPem(text: string, type: string): Uint8Array | undefined {
  const block = new RegExp(`-----BEGIN ${type}-----([A-Za-z0-9+/=\\s]*)-----END ${type}-----`).exec(text)?.[1]
  if (block === undefined) return undefined
  try {
    return Uint8Array.from(atob(block.replace(/\s/g, '')), (it) => it.charCodeAt(0))
  } catch {
    return undefined
  }
}

// -- writing ------------------------------------------------------------------------------------------------

/** An element of some content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, it) => sum + it.length, 0)
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 + sizeOf(length).length, ...sizeOf(length)]
  const bytes = new Uint8Array(header.length + length)
  bytes.set(header)
  let at = header.length
  for (const part of content) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function sizeOf(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}

export function derText(tag: number, text: string): Uint8Array {
  return der(tag, new TextEncoder().encode(text))
}

export function derOid(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc % 128]
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128))
      groups.unshift((more % 128) | 0x80)
    bytes.push(...groups)
  }
  return der(TAG.oid, Uint8Array.from(bytes))
}

/** The element itself as it was read, header included. */
export function wholeOf({ bytes, start, end }: Element): Uint8Array {
  const length = end - start
  const header = length < 0x80 ? 2 : 2 + sizeOf(length).length
  return bytes.subarray(start - header, end)
}

export function toPem(type: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes))
  return `-----BEGIN ${type}-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${type}-----\n`
}
