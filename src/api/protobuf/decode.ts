/**
 * Reads the protobuf form in which newer clients send objects, and gives the JSON that they mean. The generic decoder
 * takes over from there, so nothing is validated here but the encoding itself.
 */

import { formatDuration } from '../../kernel/duration.ts'
import { badRequest } from '../errors.ts'
import { formatMicroTime, formatTime } from '../time.ts'
import { parseJson } from '../untrusted-json.ts'
import { MESSAGE_OF_KIND, MESSAGES } from './fields.ts'

type Json = Record<string, unknown>

interface Field {
  readonly name: string
  readonly type: string
  readonly repeated: boolean
  readonly map: boolean
  readonly inline: boolean
  /** A zero value on the wire says something. */
  readonly keepZero: boolean
}

const MAGIC = [0x6b, 0x38, 0x73, 0x00]
const MAX_DEPTH = 100

/** An object with its apiVersion and kind. Throws BadRequest. */
export function decodeProtobuf(bytes: Uint8Array): Json {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw badRequest('the body of the request is not in the protobuf envelope of Kubernetes')
  }
  const envelope = new Reader(bytes.subarray(MAGIC.length))
  let apiVersion = ''
  let kind = ''
  let raw: Uint8Array = new Uint8Array()
  envelope.fields((number, reader) => {
    if (number === 1) {
      reader.message().fields((inner, it) => {
        if (inner === 1) apiVersion = it.text()
        else if (inner === 2) kind = it.text()
        else it.skip()
      })
    } else if (number === 2) raw = reader.bytes()
    else reader.skip()
  })
  // Clients write these in the group and version of what is deleted.
  const known = kind === 'DeleteOptions' ? 'v1' : apiVersion
  const name = own(MESSAGE_OF_KIND, `${known}/${kind}`)
  if (name === undefined) {
    throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}" in the protobuf serializer`)
  }
  return { apiVersion, kind, ...message(name, new Reader(raw), 0) }
}

function message(name: string, reader: Reader, depth: number): Json {
  if (depth > MAX_DEPTH) throw badRequest('exceeded max depth')
  const fields = fieldsOf(name)
  const result: Json = {}
  reader.fields((number, it) => {
    const field = fields.get(number)
    if (field === undefined) return it.skip()
    if (field.inline) {
      Object.assign(result, message(field.type, it.message(), depth + 1))
      return
    }
    if (field.map) return entry(result, field, it.message(), depth)
    const value = read(field.type, it, depth)
    if (field.repeated) {
      const list = result[field.name]
      if (Array.isArray(list)) list.push(value)
      else result[field.name] = [value]
    } else if (field.keepZero || !isZero(value)) result[field.name] = value
  })
  return result
}

function entry(result: Json, field: Field, reader: Reader, depth: number): void {
  let key = ''
  let value: unknown = emptyOf(field.type)
  reader.fields((number, it) => {
    if (number === 1) key = it.text()
    else if (number === 2) value = read(field.type, it, depth)
    else it.skip()
  })
  const map = (result[field.name] ??= {}) as Json
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
}

function read(type: string, reader: Reader, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.text()
    case 'bool':
      return reader.varint() !== 0
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return reader.integer()
    case 'double':
      return reader.double()
    case 'bytes':
      return base64(reader.bytes())
    case 'Quantity':
      return single(reader.message(), (it) => it.text()) ?? '0'
    case 'IntOrString':
      return intOrString(reader.message())
    case 'Time':
      return time(reader.message(), formatTime)
    case 'MicroTime':
      return time(reader.message(), formatMicroTime)
    case 'Duration':
      return formatDuration(Number(single(reader.message(), (it) => it.varint()) ?? 0) / 1e6)
    case 'FieldsV1':
    case 'RawExtension':
      return rawJson(single(reader.message(), (it) => it.bytes()))
    case 'Verbs':
    case 'ExtraValue':
      return texts(reader.message())
    default:
      return message(type, reader.message(), depth + 1)
  }
}

/** What an entry of a map means whose value was left out. */
function emptyOf(type: string): unknown {
  if (type === 'ExtraValue') return []
  return type === 'string' || type === 'bytes' ? '' : type === 'Quantity' ? '0' : type === 'bool' ? false : {}
}

/** Field 1 of a message. */
function single<T>(reader: Reader, take: (reader: Reader) => T): T | undefined {
  let value: T | undefined
  reader.fields((number, it) => {
    if (number === 1) value = take(it)
    else it.skip()
  })
  return value
}

function intOrString(reader: Reader): number | string {
  let isText = false
  let number = 0
  let text = ''
  reader.fields((field, it) => {
    if (field === 1) isText = it.varint() === 1
    else if (field === 2) number = it.varint()
    else if (field === 3) text = it.text()
    else it.skip()
  })
  return isText ? text : number
}

/** Null for the zero time, which Go writes as an empty message. */
function time(reader: Reader, format: (ms: number) => string): string | null {
  let seconds: number | undefined
  let nanos = 0
  reader.fields((field, it) => {
    if (field === 1) seconds = it.varint()
    else if (field === 2) nanos = it.varint()
    else it.skip()
  })
  return seconds === undefined ? null : format(seconds * 1000 + nanos / 1e6)
}

function texts(reader: Reader): string[] {
  const list: string[] = []
  reader.fields((number, it) => {
    if (number === 1) list.push(it.text())
    else it.skip()
  })
  return list
}

function rawJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return null
  return parseJson(textOf(bytes)).value
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

const parsed = new Map<string, ReadonlyMap<number, Field>>()

/** `1 metadata meta/v1.ObjectMeta|2 - core/v1.VolumeSource i|...`, taken apart on first use. */
function fieldsOf(name: string): ReadonlyMap<number, Field> {
  let fields = parsed.get(name)
  if (fields === undefined) {
    fields = new Map((own(MESSAGES, name) ?? '').split('|').filter(Boolean).map(parseField))
    parsed.set(name, fields)
  }
  return fields
}

function parseField(text: string): [number, Field] {
  const [number, name = '', type = '', flags = ''] = text.split(' ')
  const repeated = type.startsWith('[')
  const map = type.startsWith('{')
  return [
    Number(number),
    {
      name,
      type: repeated || map ? type.slice(1) : type,
      repeated,
      map,
      inline: flags.includes('i'),
      keepZero: flags.includes('p') || flags.includes('k'),
    },
  ]
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** Protobuf's wire format. Running over the end is a refusal, never an exception of another kind. */
class Reader {
  readonly #bytes: Uint8Array
  #position = 0
  #wireType = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Calls `visit` for every field, which must read its value or skip it. */
  fields(visit: (number: number, reader: Reader) => void): void {
    while (this.#position < this.#bytes.length) {
      const tag = this.#rawVarint()
      this.#wireType = Number(tag & 7n)
      const number = Number(tag >> 3n)
      if (number === 0) throw malformed()
      visit(number, this)
    }
  }

  /** As a signed 64 bit integer; one that is no exact number is refused by whoever decodes the field. */
  integer(): number | bigint {
    this.#expect(0)
    const exact = BigInt.asIntN(64, this.#rawVarint())
    const number = Number(exact)
    return Number.isSafeInteger(number) ? number : exact
  }

  varint(): number {
    return Number(this.integer())
  }

  double(): number {
    this.#expect(1)
    const bytes = this.#take(8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true)
  }

  bytes(): Uint8Array {
    this.#expect(2)
    return this.#take(Number(this.#rawVarint()))
  }

  text(): string {
    return textOf(this.bytes())
  }

  message(): Reader {
    return new Reader(this.bytes())
  }

  skip(): void {
    switch (this.#wireType) {
      case 0:
        this.#rawVarint()
        break
      case 1:
        this.#take(8)
        break
      case 2:
        this.#take(Number(this.#rawVarint()))
        break
      case 5:
        this.#take(4)
        break
      default:
        throw malformed()
    }
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw malformed()
  }

  #take(length: number): Uint8Array {
    const end = this.#position + length
    if (end > this.#bytes.length) throw malformed()
    const bytes = this.#bytes.subarray(this.#position, end)
    this.#position = end
    return bytes
  }

  #rawVarint(): bigint {
    let low = 0
    let high = 0n
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) throw malformed()
      // Nearly all varints are short; only the rest pays for big integers.
      if (i < 4) low |= (byte & 0x7f) << (7 * i)
      else high |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return BigInt(low) | high
    }
    throw malformed()
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}

function malformed() {
  return badRequest('the protobuf body is malformed')
}
