/**
 * JSON in which integers of 64 bits stay what they are. JavaScript's numbers are exact up to 2^53 only, so whatever integer
 * is beyond them is a bigint in memory; everything else is as `JSON.parse` and `JSON.stringify` have it.
 */
import { setOwn } from './own.ts'

const INT64_MAX = 2n ** 63n - 1n

/** Throws SyntaxError for what is no JSON, RangeError for a number that no float64 can hold. */
export function parse(text: string): unknown {
  const value = JSON.parse(text) as unknown
  return LONG_NUMBER.test(text) ? parseExactly(text) : value
}

/** Perhaps within a string: it is only about which texts deserve a closer look. */
const LONG_NUMBER = /\d{16}|\d[eE]/

/** `text` must be valid JSON. Throws RangeError for a number that no float64 can hold. */
export function parseExactly(text: string): unknown {
  return new ExactReader(text).value()
}

/** What `JSON.stringify` gives, with bigints as numbers (and then without indentation). */
export function stringify(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return textOf(value)
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${textOf(member)}`).join(',')}}`
}

/** The number that a token of JSON stands for. Throws RangeError when it is too large for any. */
export function numberOf(token: string): number | bigint {
  const number = Number(token)
  if (!Number.isFinite(number)) throw new RangeError(`${token} is out of range`)
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(token)) return number
  const exact = BigInt(token)
  return exact > INT64_MAX || exact < -INT64_MAX - 1n ? number : exact
}

class ExactReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): unknown {
    switch (this.#next()) {
      case '{':
        return this.#object()
      case '[':
        return this.#list()
      case '"':
        return this.#string()
      default: {
        const token = this.#token(/[^\s,\]}]+/y)
        return /^[-\d]/.test(token) ? numberOf(token) : JSON.parse(token)
      }
    }
  }

  #object(): object {
    const object: Record<string, unknown> = {}
    for (this.#at++; this.#next() !== '}'; ) {
      if (this.#next() === ',') this.#at++
      this.#next()
      const key = this.#string()
      this.#next()
      this.#at++ // The colon.
      setOwn(object, key, this.value())
    }
    this.#at++
    return object
  }

  #list(): unknown[] {
    const list: unknown[] = []
    for (this.#at++; this.#next() !== ']'; ) {
      if (this.#next() === ',') this.#at++
      list.push(this.value())
    }
    this.#at++
    return list
  }

  #string(): string {
    return JSON.parse(this.#token(/"(?:[^"\\]|\\.)*"/y)) as string
  }

  /** The next character that is no white space. */
  #next(): string | undefined {
    this.#token(/\s*/y)
    return this.#text[this.#at]
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const token = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += token.length
    return token
  }
}
