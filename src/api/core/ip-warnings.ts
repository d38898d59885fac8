/** Addresses and ranges that are understood, but not written as they should be. Upstream: GetWarningsForIP and ForCIDR. */
import type { FieldWarnings, PathStep } from '../field-errors.ts'
import { goQuote } from '../go-syntax.ts'
import { canonicalIp, isIpv4, isLooseCidr, isLooseIp, networkOf } from './ip.ts'

const LATER = 'will be considered invalid in a future Kubernetes release'

export function warnOfIp(
  field: PathStep | undefined,
  address: string | undefined,
  warnings: FieldWarnings,
): void {
  if (address === undefined || isIpv4(address) || !isLooseIp(address)) return
  const canonical = canonicalIp(address)
  if (!address.includes(':') || !canonical.includes(':')) {
    const text = `non-standard IP address ${goQuote(address)} ${LATER}: use ${goQuote(canonical)}`
    warnings.add(field, text)
  } else if (canonical !== address) {
    const text = `IPv6 address ${goQuote(address)} should be in RFC 5952 canonical format (${goQuote(canonical)})`
    warnings.add(field, text)
  }
}

export function warnOfCidr(
  field: PathStep | undefined,
  range: string | undefined,
  warnings: FieldWarnings,
): void {
  if (range === undefined || !isLooseCidr(range)) return
  const [address = '', bits = ''] = range.split('/')
  const canonical = canonicalIp(address)
  const network = `${networkOf(canonical, Number(bits))}/${bits}`
  let warned = false
  if (network !== `${canonical}/${bits}`) {
    const single = `${canonical}/${canonical.includes(':') ? 128 : 32}`
    const choice = `should be ${goQuote(network)} or ${goQuote(single)}?`
    warnings.add(field, `CIDR value ${goQuote(range)} is ambiguous in this context (${choice})`)
    warned = true
  }
  if (!address.includes(':') && !isIpv4(address)) {
    warnings.add(field, `non-standard CIDR value ${goQuote(range)} ${LATER}: use ${goQuote(network)}`)
  } else if (!warned && network !== range) {
    const text = `IPv6 CIDR value ${goQuote(range)} should be in RFC 5952 canonical format (${goQuote(network)})`
    warnings.add(field, text)
  }
}
