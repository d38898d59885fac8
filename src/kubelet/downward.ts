/** The Downward API: values of the pod's own fields and resources (upstream: pkg/fieldpath, pkg/api/v1/resource). */
import type { Container } from '../api/core/container.ts'
import type { Pod } from '../api/core/pod.ts'
import { parseQuantity } from '../api/quantity.ts'

/** Facts of the node that fields may ask for. */
export interface DownwardNode {
  readonly allocatable: Readonly<Record<string, string>>
  readonly hostIps: readonly string[]
  /** Of the pod's sandbox; empty before there is one. */
  readonly podIps: readonly string[]
}

/** The value of a fieldRef; undefined when the path is not supported. */
export function fieldValue(path: string, pod: Pod, node: DownwardNode): string | undefined {
  const { metadata = {}, spec } = pod
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path)
  if (keyed !== null) {
    const map = metadata[keyed[1] as 'labels' | 'annotations']
    const key = keyed[2]!
    return map !== undefined && Object.hasOwn(map, key) ? map[key] : ''
  }
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(metadata.labels)
    case 'metadata.annotations':
      return formatMap(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
      return node.hostIps[0] ?? ''
    case 'status.hostIPs':
      return node.hostIps.join(',')
    case 'status.podIP':
      return node.podIps[0] ?? ''
    case 'status.podIPs':
      return node.podIps.join(',')
    default:
      return undefined
  }
}

/** Sorted `key="escaped value"` lines, as whole maps look in a volume. */
export function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${quote(map![key]!)}`)
    .join('\n')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
}

/** Go's strconv.Quote for text. */
function quote(text: string): string {
  let quoted = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    const hex = (digits: number) => code.toString(16).padStart(digits, '0')
    if (Object.hasOwn(ESCAPES, char)) quoted += ESCAPES[char]
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${hex(2)}`
    // What cannot be seen is written out: controls, and blanks other than the usual one.
    else if (char !== ' ' && /[\p{C}\p{Z}]/u.test(char))
      quoted += code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
    else quoted += char
  }
  return `${quoted}"`
}

/**
 * The value of a resourceFieldRef: ceil(amount / divisor). An unset limit is the node's allocatable amount.
 * @param resource `limits.cpu`, `requests.memory`, ...
 */
export function resourceValue(
  resource: string,
  divisor: string | undefined,
  container: Container,
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource)
  if (match === null) return undefined
  const [, list, name] = match as unknown as [string, 'limits' | 'requests', string]
  const amounts = container.resources?.[list]
  let amount = amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined
  if (list === 'limits' && (amount === undefined || isZero(amount)) && !name.startsWith('hugepages-')) {
    amount = allocatable[name]
  }
  return String(
    ceilDivide(amount ?? '0', divisor === undefined || isZero(divisor) ? '1' : divisor, name === 'cpu'),
  )
}

function isZero(quantity: string): boolean {
  return parseQuantity(quantity)?.mantissa === 0n
}

/** CPU is compared in thousandths on both sides, everything else in whole units. */
function ceilDivide(amount: string, divisor: string, milli: boolean): bigint {
  const scale = milli ? 3 : 0
  const a = scaled(amount, scale)
  const b = scaled(divisor, scale)
  return (a + b - 1n) / b
}

/** Rounded up to a whole number of 10^-scale. */
function scaled(text: string, scale: number): bigint {
  const quantity = parseQuantity(text) ?? { mantissa: 0n, exponent: 0 }
  const exponent = quantity.exponent + scale
  if (exponent >= 0) return quantity.mantissa * 10n ** BigInt(exponent)
  const unit = 10n ** BigInt(-exponent)
  return (quantity.mantissa + unit - 1n) / unit
}
