/** Named formats, sets and the rest of the string functions. Upstream: apiserver/pkg/cel/library/format.go, cel-go/ext. */
import { type Environment, Optional } from '@marcbachmann/cel-js'
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
} from '../names.ts'
import { parseTime } from '../time.ts'
import { RuleError } from './rule.ts'

class FormatNamespace {}
class SetsNamespace {}
class StringsNamespace {}

class FormatValue {
  readonly check: (text: string) => readonly string[]

  constructor(check: (text: string) => readonly string[]) {
    this.check = check
  }
}

const matching = (pattern: RegExp, why: string) => (text: string) => (pattern.test(text) ? [] : [why])
const prefixOf = (check: (text: string) => readonly string[]) => (text: string) =>
  // What is drawn for generateName takes away a dash at the end.
  check(text.replace(/-$/, 'a'))

const FORMATS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  dns1123Label: checkDns1123Label,
  dns1123Subdomain: checkDns1123Subdomain,
  dns1035Label: checkDns1035Label,
  qualifiedName: checkQualifiedName,
  dns1123LabelPrefix: prefixOf(checkDns1123Label),
  dns1123SubdomainPrefix: prefixOf(checkDns1123Subdomain),
  dns1035LabelPrefix: prefixOf(checkDns1035Label),
  labelValue: checkLabelValue,
  uri: matching(/^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$/, 'invalid URI for request'),
  uuid: matching(
    /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
    'does not match the UUID format',
  ),
  byte: (text) => (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? [] : ['invalid base64']),
  date: (text) => (Number.isNaN(parseTime(`${text}T00:00:00Z`)) ? ['invalid date'] : []),
  datetime: (text) => (Number.isNaN(parseTime(text)) ? ['invalid datetime'] : []),
}

export function registerFormats(environment: Environment): void {
  environment
    .registerType('FormatNamespace', FormatNamespace)
    .registerType('NamedFormat', FormatValue)
    .registerConstant('format', 'FormatNamespace', new FormatNamespace())
    .registerFunction(
      'NamedFormat.validate(string): optional<list<string>>',
      (it: FormatValue, text: string) => {
        const problems = it.check(text)
        return problems.length === 0 ? Optional.none() : Optional.of([...problems])
      },
    )
    .registerFunction(
      'FormatNamespace.named(string): optional<NamedFormat>',
      (_: FormatNamespace, name: string) =>
        Object.hasOwn(FORMATS, name) ? Optional.of(new FormatValue(FORMATS[name]!)) : Optional.none(),
    )
  for (const [name, check] of Object.entries(FORMATS)) {
    environment.registerFunction(`FormatNamespace.${name}(): NamedFormat`, () => new FormatValue(check))
  }
  registerSets(environment)
  registerStrings(environment)
}

function registerSets(environment: Environment): void {
  type List = readonly unknown[]
  const within = (a: List, b: List) => a.every((it) => b.includes(it))
  environment
    .registerType('SetsNamespace', SetsNamespace)
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: SetsNamespace, a: List, b: List) =>
      within(b, a),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: SetsNamespace, a: List, b: List) => within(a, b) && within(b, a),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: SetsNamespace, a: List, b: List) =>
      a.some((it) => b.includes(it)),
    )
}

function registerStrings(environment: Environment): void {
  environment
    .registerType('StringsNamespace', StringsNamespace)
    .registerConstant('strings', 'StringsNamespace', new StringsNamespace())
    .registerFunction('StringsNamespace.quote(string): string', (_: StringsNamespace, text: string) =>
      JSON.stringify(text),
    )
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, limit: bigint) => replaced(text, from, to, limit),
    )
    .registerFunction('string.format(list): string', (text: string, values: readonly unknown[]) =>
      formatted(text, values),
    )
}

function replaced(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, to)
  let rest = text
  let done = ''
  for (let i = 0n; i < limit; i++) {
    const at = rest.indexOf(from)
    if (at < 0) break
    done += rest.slice(0, at) + to
    rest = rest.slice(at + from.length)
  }
  return done + rest
}

/** `%s`, `%d`, `%f`, `%e`, `%b`, `%x`, `%X`, `%o`, `%%`. */
function formatted(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replace(
    /%(?:%|(?:\.(\d+))?([sdfebxXo]))/g,
    (_whole, precision: string | undefined, verb?: string) => {
      if (verb === undefined) return '%'
      if (next >= values.length) throw new RuleError(`index ${next} out of range`)
      const value = values[next++]
      switch (verb) {
        case 's':
          return textOf(value)
        case 'f':
          return Number(value).toFixed(Number(precision ?? 6))
        case 'e':
          return Number(value).toExponential(Number(precision ?? 6))
        case 'd':
          return String(value)
        case 'b':
          return typeof value === 'boolean' ? String(Number(value)) : BigInt(value as bigint).toString(2)
        case 'o':
          return BigInt(value as bigint).toString(8)
        default: {
          const hex =
            typeof value === 'string'
              ? [...new TextEncoder().encode(value)].map((it) => it.toString(16).padStart(2, '0')).join('')
              : BigInt(value as bigint).toString(16)
          return verb === 'X' ? hex.toUpperCase() : hex
        }
      }
    },
  )
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (value instanceof Map) {
    const entries = [...value].map(([key, it]) => `${textOf(key)}: ${textOf(it)}`).sort()
    return `{${entries.join(', ')}}`
  }
  return value === null ? 'null' : String(value)
}
