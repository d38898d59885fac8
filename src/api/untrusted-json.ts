/**
 * JSON from strangers: looked over before it is parsed, for nesting that would overflow the stack later and for keys
 * that occur twice in one object.
 */
import { badRequest } from './errors.ts'
import { parseExactly } from './json.ts'

/** Objects of real clusters stay below 50; encoders overflow the stack somewhere above 10,000. */
export const MAX_DEPTH = 500
const MAX_DUPLICATES = 100

export interface ParsedJson {
  readonly value: unknown
  /** `duplicate field "spec.replicas"`, as upstream's strict decoder words it. */
  readonly duplicates: readonly string[]
}

/** Throws BadRequest for anything that is not JSON. */
export function parseJson(text: string): ParsedJson {
  const { duplicates, exact } = scan(text)
  try {
    const value = JSON.parse(text) as unknown
    return { value: exact ? value : parseExactly(text), duplicates }
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`)
  }
}

interface Frame {
  /** Keys seen so far; undefined in a list. */
  readonly keys: Set<string> | undefined
  key: string
  index: number
}

interface Findings {
  readonly duplicates: readonly string[]
  /** Every number is one that JavaScript has. */
  readonly exact: boolean
}

/** Digits that a float64 holds, whatever they are. */
const EXACT_DIGITS = 15

/** Walks the text once. What is no JSON is left for the parser to complain about. */
function scan(text: string): Findings {
  const frames: Frame[] = []
  const duplicates: string[] = []
  let expectsKey = false
  let exact = true
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // Long numbers, and those with an exponent.
    if (code >= 0x30 && code <= 0x39) {
      if (++digits > EXACT_DIGITS) exact = false
      continue
    }
    if (digits > 0 && (code === 0x65 || code === 0x45)) exact = false
    digits = 0
    switch (code) {
      case 0x22: {
        const end = endOfString(text, i)
        if (expectsKey) {
          const frame = frames.at(-1)!
          const raw = text.slice(i + 1, end)
          const key = raw.includes('\\') ? unescaped(raw) : raw
          frame.key = key
          if (frame.keys!.has(key)) {
            if (duplicates.length < MAX_DUPLICATES) duplicates.push(`duplicate field "${pathOf(frames)}"`)
          } else frame.keys!.add(key)
          expectsKey = false
        }
        i = end
        break
      }
      case 0x7b:
      case 0x5b: {
        const isObject = code === 0x7b
        if (frames.length >= MAX_DEPTH) throw badRequest('exceeded max depth')
        frames.push({ keys: isObject ? new Set() : undefined, key: '', index: 0 })
        expectsKey = isObject
        break
      }
      case 0x7d:
      case 0x5d:
        frames.pop()
        expectsKey = false
        break
      case 0x2c: {
        const frame = frames.at(-1)
        if (frame === undefined) break
        frame.index++
        expectsKey = frame.keys !== undefined
        break
      }
    }
  }
  return { duplicates, exact }
}

/** Index of the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end >= 0) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return raw
  }
}

function pathOf(frames: readonly Frame[]): string {
  let path = ''
  for (const { keys, key, index } of frames) {
    if (keys === undefined) path += `[${index}]`
    else path += path === '' ? key : `.${key}`
  }
  return path
}
