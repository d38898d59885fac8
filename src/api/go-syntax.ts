/**
 * How upstream's messages print values that have no short form: Go's %#v. Users meet `v1.LabelSelector{...}` when they
 * change a selector. Upstream: apimachinery field.Error.ErrorBody.
 */
import type { LabelSelector } from './meta/label-selector.ts'
import { parseQuantity } from './quantity.ts'

/** A value that is printed as it stands here. */
export class GoValue {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Go's %q. */
export function goQuote(text: string): string {
  return JSON.stringify(text).replaceAll(/\\u00([01][0-9a-f])|\u007f/g, (_all, code: string | undefined) => {
    if (code === '07') return '\\a'
    return code === '0b' ? '\\v' : `\\x${code ?? '7f'}`
  })
}

/** `[]string{"a", "b"}`; `type` is that of an element. */
export function goList(items: readonly string[] | undefined, type = 'string'): string {
  return items === undefined ? `[]${type}(nil)` : `[]${type}{${items.map(goQuote).join(', ')}}`
}

/** `map[string]string{"a":"b"}`. Go prints maps by their keys' order. */
export function goMap(map: Readonly<Record<string, string>> | undefined): GoValue {
  return new GoValue(mapText(map))
}

/** Of bytes as base64. */
export function goBytes(base64: string | undefined): GoValue {
  if (!base64) return new GoValue('[]byte(nil)')
  const bytes = [...atob(base64)].map((it) => `0x${it.charCodeAt(0).toString(16)}`)
  return new GoValue(`[]byte{${bytes.join(', ')}}`)
}

/** Names of resources and the like, which print as they are. */
export function goName(name: string): GoValue {
  return new GoValue(name)
}

export function goLabelSelector(selector: LabelSelector | undefined): GoValue {
  if (selector === undefined) return new GoValue('"null"')
  const { matchLabels, matchExpressions } = selector
  const requirements = matchExpressions?.map(
    ({ key = '', operator = '', values }) =>
      `v1.LabelSelectorRequirement{Key:${goQuote(key)}, Operator:${goQuote(operator)}, Values:${goList(values)}}`,
  )
  const expressions =
    requirements === undefined
      ? '[]v1.LabelSelectorRequirement(nil)'
      : `[]v1.LabelSelectorRequirement{${requirements.join(', ')}}`
  return new GoValue(`v1.LabelSelector{MatchLabels:${mapText(matchLabels)}, MatchExpressions:${expressions}}`)
}

export function goIntOrString(value: number | string): GoValue {
  const [type, number, text] = typeof value === 'number' ? [0, value, ''] : [1, 0, value]
  return new GoValue(`intstr.IntOrString{Type:${type}, IntVal:${number}, StrVal:${goQuote(text)}}`)
}

/** Of a quantity in its canonical form that fits into 64 bits. */
export function goQuantity(quantity = '0'): GoValue {
  const { mantissa = 0n, exponent = 0, format = 'DecimalSI' } = parseQuantity(quantity) ?? {}
  return new GoValue(
    `resource.Quantity{i:resource.int64Amount{value:${mantissa}, scale:${exponent}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:${goQuote(quantity)}, Format:"${format}"}`,
  )
}

function mapText(map: Readonly<Record<string, string>> | undefined): string {
  if (map === undefined) return 'map[string]string(nil)'
  const entries = Object.keys(map)
    .sort()
    .map((key) => `${goQuote(key)}:${goQuote(map[key] as string)}`)
  return `map[string]string{${entries.join(', ')}}`
}

/** Go's %v of what JSON has: `map[name:a value:1]`, `[a b]`. */
export function goPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`
  if (typeof value !== 'object' || value === null) return value === null ? '<nil>' : String(value)
  const map = value as Readonly<Record<string, unknown>>
  return `map[${Object.keys(map)
    .sort()
    .map((key) => `${key}:${goPlain(map[key])}`)
    .join(' ')}]`
}
