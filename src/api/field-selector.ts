/**
 * Field selectors: `status.phase=Running,metadata.name!=a`. Which fields a kind has is its own affair
 * (`selectableFields`). Upstream: apimachinery/pkg/fields/selector.go.
 */
import { SelectorError } from './label-selector.ts'

export interface FieldTerm {
  readonly field: string
  readonly value: string
  /** `!=`. */
  readonly not: boolean
}

/** Cuts at commas that no backslash escapes. */
export function splitTerms(text: string): string[] {
  if (text === '') return []
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

/** All terms must hold; an empty text has none. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(term, text))
}

/** `value(field)` gives the text of a field of the object in question; absent fields are empty. */
export function matchesFields(terms: readonly FieldTerm[], value: (field: string) => string): boolean {
  for (const term of terms) {
    if ((value(term.field) === term.value) === term.not) return false
  }
  return true
}

/** The value that the terms demand of a field, if they demand one. */
export function requiredFieldValue(terms: readonly FieldTerm[], field: string): string | undefined {
  return terms.find((term) => term.field === field && !term.not)?.value
}

function parseTerm(term: string, whole: string): FieldTerm {
  for (let i = 0; i < term.length; i++) {
    if (term[i] === '\\') {
      i++
      continue
    }
    const operator = ['!=', '==', '='].find((it) => term.startsWith(it, i))
    if (operator === undefined) continue
    const value = unescaped(term.slice(i + operator.length))
    return { field: term.slice(0, i), value, not: operator === '!=' }
  }
  throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`)
}

/** Backslash stands before a comma, an equals sign or itself; these may not stand alone. */
function unescaped(text: string): string {
  let value = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (character === '\\') {
      const next = text[++i]
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next ?? ''}`)
      }
      value += next
    } else if (character === ',' || character === '=') {
      throw new SelectorError(
        `invalid field selector: unescaped character in value: ${character.codePointAt(0)}`,
      )
    } else value += character
  }
  return value
}
