/**
 * Amounts of resources: `100m`, `1Gi`, `2.5`, `1e3`. In objects they are canonical strings; this file reads,
 * compares, adds and prints them as upstream does. Upstream: apimachinery/pkg/api/resource.
 */

/** How a quantity prints: k M G, Ki Mi Gi, or e3 e6 e9. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** mantissa x 10^exponent; never finer than 1n. */
export interface Quantity {
  readonly mantissa: bigint
  readonly exponent: number
  readonly format: QuantityFormat
}

const DECIMAL_SUFFIX: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const BINARY_SUFFIX: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const DECIMAL_NAMES = new Map(Object.entries(DECIMAL_SUFFIX).map(([name, exponent]) => [exponent, name]))
const BINARY_NAMES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

const GRAMMAR = /^([+-]?)(\d*)(?:(\.)(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|([eE])([+-]?\d+))?$/
const MAX_BINARY = 2n ** 63n - 1n
const NANO = -9
/** Longer texts are no quantity anyone means, and big arithmetic on them would cost. */
const MAX_LENGTH = 512

/** What the API server answers to text that is no quantity. */
export const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** Undefined when the text is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  return scan(text)?.quantity
}

/** As upstream prints it: no fraction, and the largest suffix that leaves an integer. */
export function formatQuantity({ mantissa, exponent, format }: Quantity): string {
  if (mantissa === 0n) return '0'
  if (format === 'BinarySI') {
    const whole = exponent >= 0 ? mantissa * 10n ** BigInt(exponent) : exactQuotient(mantissa, -exponent)
    // Small or broken values would have to be rounded: they print as decimals instead.
    if (whole !== undefined && (whole <= -1024n || whole >= 1024n)) return formatBinary(whole)
  }
  return formatDecimal(mantissa, exponent, format)
}

/** The canonical string, or undefined when the value is no quantity. Numbers are read as their decimal text. */
export function canonicalQuantity(value: string | number): string | undefined {
  return lookup(typeof value === 'number' ? numberText(value) : value)?.canonical
}

/** The same for values of a resource list, where nothing is finer than 1m. */
export function canonicalResource(value: string | number): string | undefined {
  const entry = lookup(typeof value === 'number' ? numberText(value) : value)
  if (entry === undefined || entry.quantity.exponent >= -3) return entry?.canonical
  const [rounded, exact] = roundUp(entry.quantity, -3)
  return exact ? entry.canonical : formatQuantity(rounded)
}

/** In whole units, rounded up (away from zero). Text that is no quantity counts as 0. */
export function quantityValue(text: string | undefined): number {
  return text === undefined ? 0 : (lookup(text)?.value ?? 0)
}

/** In thousandths, rounded up (away from zero). Text that is no quantity counts as 0. */
export function milliValue(text: string | undefined): number {
  return text === undefined ? 0 : (lookup(text)?.milli ?? 0)
}

/** -1, 0 or 1 by value; text that is no quantity counts as 0. */
export function compareQuantities(a: string, b: string): number {
  if (a === b) return 0
  const [x, y] = aligned(quantityOf(a), quantityOf(b))
  return x < y ? -1 : x > y ? 1 : 0
}

export function isZeroQuantity(text: string | undefined): boolean {
  return text === undefined || quantityOf(text).mantissa === 0n
}

/** The format is that of `a`, or of `b` when a is zero. */
export function addQuantities(a: string, b: string): string {
  const x = quantityOf(a)
  const y = quantityOf(b)
  const [m, n, exponent] = aligned(x, y)
  return formatQuantity({ mantissa: m + n, exponent, format: x.mantissa === 0n ? y.format : x.format })
}

export function subtractQuantities(a: string, b: string): string {
  const x = quantityOf(a)
  const y = quantityOf(b)
  const [m, n, exponent] = aligned(x, y)
  return formatQuantity({ mantissa: m - n, exponent, format: x.mantissa === 0n ? y.format : x.format })
}

export function maxQuantity(a: string, b: string): string {
  return compareQuantities(a, b) >= 0 ? a : b
}

/** From whole units, such as bytes or pods. */
export function quantityFromValue(value: number, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ mantissa: BigInt(Math.ceil(value)), exponent: 0, format })
}

/** From thousandths, as CPU is counted. */
export function quantityFromMilli(milli: number): string {
  return formatQuantity({ mantissa: BigInt(Math.ceil(milli)), exponent: -3, format: 'DecimalSI' })
}

/** Rounds away from zero to a multiple of 10^scale; the second value says whether nothing was lost. */
export function roundUp(quantity: Quantity, scale: number): [rounded: Quantity, exact: boolean] {
  if (quantity.exponent >= scale) return [quantity, true]
  const unit = 10n ** BigInt(scale - quantity.exponent)
  const quotient = quantity.mantissa / unit
  const rest = quantity.mantissa % unit
  const away = rest === 0n ? 0n : rest > 0n ? 1n : -1n
  return [{ ...quantity, mantissa: quotient + away, exponent: scale }, rest === 0n]
}

interface Known {
  readonly quantity: Quantity
  readonly canonical: string
  readonly value: number
  readonly milli: number
}

// A cluster uses few different amounts, and uses them a million times.
const known = new Map<string, Known>()
const KNOWN_MAX = 4096

function lookup(text: string): Known | undefined {
  const hit = known.get(text)
  if (hit !== undefined) return hit
  const scanned = scan(text)
  if (scanned === undefined) return undefined
  const { quantity, verbatim } = scanned
  const entry = {
    quantity,
    canonical: verbatim ? text : formatQuantity(quantity),
    value: toNumber(roundUp(quantity, 0)[0], 0),
    milli: toNumber(roundUp(quantity, -3)[0], -3),
  }
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, entry)
  return entry
}

const ZERO: Quantity = { mantissa: 0n, exponent: 0, format: 'DecimalSI' }

function quantityOf(text: string): Quantity {
  return lookup(text)?.quantity ?? ZERO
}

function toNumber({ mantissa, exponent }: Quantity, scale: number): number {
  return Number(mantissa * 10n ** BigInt(exponent - scale))
}

/** Both mantissas at the finer of the two exponents. */
function aligned(a: Quantity, b: Quantity): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent)
  return [
    a.mantissa * 10n ** BigInt(a.exponent - exponent),
    b.mantissa * 10n ** BigInt(b.exponent - exponent),
    exponent,
  ]
}

/** `verbatim`: the text looks canonical by upstream's cheap test, and is kept as written. */
function scan(text: string): { quantity: Quantity; verbatim: boolean } | undefined {
  if (text === '' || text.length > MAX_LENGTH) return undefined
  const match = GRAMMAR.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', dot, fraction = '', suffix = '', e, exponentText] = match
  if (whole === '' && fraction === '' && dot === undefined) return undefined
  const binary = BINARY_SUFFIX[suffix]
  const significant = whole.replace(/^0+/, '') || '0'
  const digits = significant + fraction
  let mantissa = BigInt(digits)
  let exponent = -fraction.length
  let format: QuantityFormat = 'DecimalSI'
  let shift = 0
  if (binary !== undefined) {
    format = 'BinarySI'
    mantissa <<= BigInt(binary)
  } else if (e !== undefined) {
    format = 'DecimalExponent'
    shift = Number(exponentText)
    if (Math.abs(shift) > MAX_LENGTH) return undefined
  } else {
    shift = DECIMAL_SUFFIX[suffix] as number
  }
  exponent += shift
  const verbatim = looksCanonical(digits, significant, fraction, exponent, binary, mantissa)
  let quantity: Quantity = roundUp({ mantissa, exponent, format }, NANO)[0]
  if (format === 'BinarySI') {
    const [m, n] = aligned(quantity, { mantissa: MAX_BINARY, exponent: 0, format })
    const [, one] = aligned(quantity, { mantissa: 1n, exponent: 0, format })
    if (m > n) quantity = { mantissa: MAX_BINARY, exponent: 0, format }
    else if (m > 0n && m < one) quantity = { ...quantity, format: 'DecimalSI' }
  }
  if (sign === '-') quantity = { ...quantity, mantissa: -quantity.mantissa }
  return { quantity, verbatim }
}

/** Upstream tests this only where the value fits its fast path; the bounds are part of what one can observe. */
function looksCanonical(
  digits: string,
  whole: string,
  fraction: string,
  exponent: number,
  binary: number | undefined,
  mantissa: bigint,
): boolean {
  if (mantissa > MAX_BINARY) return false
  if (binary !== undefined) {
    if (fraction !== '' || 15 - whole.length - Math.trunc((binary * 3) / 10) - 1 < 0) return false
    return (Number(digits.slice(-3)) & 7) !== 0
  }
  if (digits.length > 18 || exponent < NANO) return false
  return exponent % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
}

function formatDecimal(mantissa: bigint, exponent: number, format: QuantityFormat): string {
  let m = mantissa
  let exp = exponent
  while (m % 10n === 0n) {
    m /= 10n
    exp++
  }
  while (exp % 3 !== 0) {
    m *= 10n
    exp--
  }
  const suffix = format === 'DecimalExponent' ? undefined : DECIMAL_NAMES.get(exp)
  if (suffix !== undefined) return `${m}${suffix}`
  return exp === 0 ? String(m) : `${m}e${exp}`
}

function formatBinary(value: bigint): string {
  let m = value
  let power = 0
  while (m % 1024n === 0n && power < BINARY_NAMES.length - 1) {
    m /= 1024n
    power++
  }
  return `${m}${BINARY_NAMES[power]}`
}

function exactQuotient(mantissa: bigint, digits: number): bigint | undefined {
  const unit = 10n ** BigInt(digits)
  return mantissa % unit === 0n ? mantissa / unit : undefined
}

/** JSON allows bare numbers; their text never has the blanks or letters that could make it no quantity. */
function numberText(value: number): string {
  return String(value)
}
