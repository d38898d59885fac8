/** IP addresses and ranges as text. Upstream: k8s.io/utils/net and apimachinery validation.IsValidIP. */

import type { FieldErrors } from '../field-errors.ts'

/** Four decimal numbers, none with a leading zero. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

/** RFC 4291, with `::` for one run of zeros and optionally an IPv4 tail; no zone. */
export function isIpv6(text: string): boolean {
  if (text.length > 45 || !text.includes(':')) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)
  const tail = last?.includes('.') ? 1 : 0
  if (tail === 1 && !isIpv4(last as string)) return false
  const hex = tail === 1 ? groups.slice(0, -1) : groups
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  const count = hex.length + tail * 2
  return halves.length === 2 ? count <= 7 : count === 8
}

export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text)
}

/** `10.0.0.0/8`, `fd00::/64`. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits)) return false
  return isIpv4(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128
}

/** As fields of old read addresses: leading zeros are skipped. */
export function isLooseIp(text: string): boolean {
  return isIp(withoutZeros(text))
}

export function isLooseCidr(text: string): boolean {
  return isCidr(withoutZeros(text))
}

/** `010.001.2.3`, which is 10.1.2.3 and not octal. */
export function withoutZeros(text: string): string {
  return /^[\d.]+(\/\d+)?$/.test(text) ? text.replaceAll(/(^|\.)0+(?=\d)/g, '$1') : text
}

/** Whether a range lies within another and is smaller. */
export function isStrictPart(range: string, whole: string): boolean {
  const [address = '', bits = ''] = withoutZeros(range).split('/')
  const [base = '', wider = ''] = withoutZeros(whole).split('/')
  if (address.includes(':') !== base.includes(':') || Number(wider) >= Number(bits)) return false
  const width = address.includes(':') ? 128 : 32
  const shift = BigInt(width - Number(wider))
  return addressNumber(address) >> shift === addressNumber(base) >> shift
}

/** `1.2.3.4` without zeros in front, IPv6 as RFC 5952 has it, and IPv4 within IPv6 as IPv4. */
export function canonicalIp(text: string): string {
  const address = withoutZeros(text)
  return address.includes(':') ? addressText(addressNumber(address), 128) : address
}

/** The first address of the range of `bits` that a canonical one is in. */
export function networkOf(address: string, bits: number): string {
  const width = address.includes(':') ? 128 : 32
  const shift = BigInt(width - bits)
  return addressText((addressNumber(address) >> shift) << shift, width)
}

function addressText(number: bigint, width: 32 | 128): string {
  const parts = (value: bigint, count: number, bits: number) =>
    Array.from({ length: count }, (_, index) =>
      Number((value >> BigInt(bits * (count - 1 - index))) & ((1n << BigInt(bits)) - 1n)),
    )
  if (width === 32 || number >> 32n === 0xffffn) return parts(number & 0xffff_ffffn, 4, 8).join('.')
  const groups = parts(number, 8, 16).map((it) => it.toString(16))
  const runs = groups.map((_, start) => {
    const end = groups.findIndex((it, index) => index >= start && it !== '0')
    return (end === -1 ? 8 : end) - start
  })
  const longest = Math.max(...runs)
  if (longest < 2) return groups.join(':')
  const start = runs.indexOf(longest)
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`
}

function addressNumber(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n)
  }
  const [head = '', tail] = address.replace(/[\d.]+\.[\d.]+$/, hexTail).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].reduce((number, group) => number * 65_536n + BigInt(`0x${group}`), 0n)
}

/** `1.2.3.4` at the end of an IPv6 address, as two of its groups. */
function hexTail(address: string): string {
  const number = addressNumber(address)
  return `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`
}

/** Addresses that are of no use to others than the node or link that has them. Upstream: ValidateEndpointIP. */
export function validateEndpointIp(text: string, errors: FieldErrors): void {
  const address = withoutZeros(text)
  const six = address.includes(':')
  const first = six ? Number.parseInt(address.split(':')[0] || '0', 16) : 0
  const problems: [boolean, string][] = [
    [address === '0.0.0.0' || isAll(address, 0), `may not be unspecified (${text})`],
    [
      address.startsWith('127.') || isAll(address, 1),
      'may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      address.startsWith('169.254.') || (six && (first & 0xffc0) === 0xfe80),
      'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
    [
      address.startsWith('224.0.0.') || (six && (first & 0xff0f) === 0xff02),
      'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ],
  ]
  for (const [bad, detail] of problems) if (bad) errors.invalid(undefined, text, detail)
}

/** `::` or `::1`, however long it is written. */
function isAll(address: string, last: number): boolean {
  return (
    address.includes(':') &&
    /^[0:]*$/.test(address.slice(0, -1)) &&
    /[:0]$/.test(address.slice(0, -1) || ':') &&
    (address.endsWith(String(last)) || (last === 0 && address.endsWith(':')))
  )
}
