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
  /** Of the long members of the object, if it has any that can be sent back as they came. */
  readonly texts?: MemberTexts
}

/** JSON on one line, by the value that it stands for. */
export type MemberTexts = ReadonlyMap<unknown, string>

/** Throws BadRequest for anything that is not JSON. */
export function parseJson(text: string): ParsedJson {
  const { keys, exact, long } = survey(text)
  try {
    const value = JSON.parse(text) as unknown
    // A key that is there twice is lost in parsing.
    const duplicates = keysIn(value) === keys ? NONE : duplicatesIn(text)
    if (!exact) return { value: parseExactly(text), duplicates }
    if (duplicates.length > 0 || long.length === 0) return { value, duplicates }
    return { value, duplicates, texts: textsOf(text, value as Record<string, unknown>, long) }
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`)
  }
}

const NONE: readonly string[] = Object.freeze([])

/** A member of the outermost object: its key, and where its value begins and ends. */
interface Member {
  readonly key: string
  readonly start: number
  readonly end: number
}

function textsOf(text: string, value: Record<string, unknown>, members: readonly Member[]): MemberTexts {
  const texts = new Map<unknown, string>()
  for (const { key, start, end } of members) {
    const own = text.slice(start, end)
    // Watches are read line by line.
    if (!own.includes('\n') && !own.includes('\r')) texts.set(value[key], own)
  }
  return texts
}

interface Survey {
  /** Of all objects together, as often as they are there. */
  readonly keys: number
  /** Every number is one that JavaScript has. */
  readonly exact: boolean
  readonly long: readonly Member[]
}

/** Digits that a float64 holds, whatever they are. */
const EXACT_DIGITS = 15
/** Members shorter than that are encoded again. */
const LONG_MEMBER = 512

/** Walks the text once. What is no JSON is left for the parser to complain about. */
function survey(text: string): Survey {
  const long: Member[] = []
  let depth = 0
  let keys = 0
  let exact = true
  let digits = 0
  let stringStart = 0
  let stringEnd = 0
  let key = ''
  let memberStart = -1
  const endMember = (end: number) => {
    if (memberStart >= 0 && end - memberStart > LONG_MEMBER) long.push({ key, start: memberStart, end })
    memberStart = -1
  }
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
      case 0x22:
        stringStart = i
        stringEnd = i = endOfString(text, i)
        break
      case 0x3a:
        keys++
        if (depth !== 1) break
        key = text.slice(stringStart + 1, stringEnd)
        memberStart = key.includes('\\') ? -1 : i + 1
        break
      case 0x7b:
      case 0x5b:
        if (++depth > MAX_DEPTH) throw badRequest('exceeded max depth')
        break
      case 0x7d:
      case 0x5d:
        if (depth-- === 1) endMember(i)
        break
      case 0x2c:
        if (depth === 1) endMember(i)
        break
    }
  }
  return { keys, exact, long }
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const item of value) count += keysIn(item)
  else for (const key in value) count += 1 + keysIn((value as Record<string, unknown>)[key])
  return count
}

interface Frame {
  /** Keys seen so far; undefined in a list. */
  readonly keys: Set<string> | undefined
  key: string
  index: number
}

/** Keys that occur twice in one object. `text` must be JSON. */
function duplicatesIn(text: string): readonly string[] {
  const frames: Frame[] = []
  const duplicates: string[] = []
  let expectsKey = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
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
  return duplicates
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
