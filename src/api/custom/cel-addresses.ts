/** IP addresses, ranges, URLs and versions within expressions. Upstream: apiserver/pkg/cel/library/{ip,cidr,urls,semverlib}.go. */
import type { Environment } from '@marcbachmann/cel-js'
import { isCidr, isIp, isIpv4 } from '../core/ip.ts'
import { RuleError } from './rule.ts'

/** An address as a number of 32 or 128 bits. */
class IpValue {
  readonly bits: bigint
  readonly width: 32 | 128

  constructor(bits: bigint, width: 32 | 128) {
    this.bits = bits
    this.width = width
  }

  /** The bits from the left: the high `count` of them. */
  high(count: number): bigint {
    return this.bits >> BigInt(this.width - count)
  }

  get text(): string {
    return this.width === 32 ? ipv4Text(this.bits) : ipv6Text(this.bits)
  }
}

class CidrValue {
  readonly ip: IpValue
  readonly prefix: number

  constructor(ip: IpValue, prefix: number) {
    this.ip = ip
    this.prefix = prefix
  }

  contains(ip: IpValue): boolean {
    return ip.width === this.ip.width && ip.high(this.prefix) === this.ip.high(this.prefix)
  }

  masked(): CidrValue {
    const rest = BigInt(this.ip.width - this.prefix)
    return new CidrValue(new IpValue((this.ip.bits >> rest) << rest, this.ip.width), this.prefix)
  }
}

class UrlValue {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string

  constructor(scheme: string, host: string, path: string, query: string) {
    this.scheme = scheme
    this.host = host
    this.path = path
    this.query = query
  }
}

class SemverValue {
  readonly numbers: readonly bigint[]
  readonly pre: readonly string[]

  constructor(numbers: readonly bigint[], pre: readonly string[]) {
    this.numbers = numbers
    this.pre = pre
  }
}

export function registerAddresses(environment: Environment): void {
  registerIps(environment)
  registerCidrs(environment)
  registerUrls(environment)
  registerVersions(environment)
}

function registerIps(environment: Environment): void {
  const test = (name: string, of: (ip: IpValue) => boolean) =>
    environment.registerFunction(`IP.${name}(): bool`, of)
  environment
    .registerType('IP', IpValue)
    .registerFunction('isIP(string): bool', (text: string) => isIp(text))
    .registerFunction('ip(string): IP', parseIp)
    .registerFunction('string(IP): string', (it: IpValue) => it.text)
    .registerOperator('IP == IP', (a: IpValue, b: IpValue) => a.width === b.width && a.bits === b.bits)
    .registerFunction('IP.family(): int', (it: IpValue) => (it.width === 32 ? 4n : 6n))
  test('isUnspecified', (it) => it.bits === 0n)
  test('isLoopback', (it) => (it.width === 32 ? it.high(8) === 127n : it.bits === 1n))
  test('isLinkLocalMulticast', (it) =>
    it.width === 32 ? it.high(24) === 0xe00000n : (it.high(16) & 0xff0fn) === 0xff02n)
  test('isLinkLocalUnicast', isLinkLocalUnicast)
  test('isGlobalUnicast', (it) => {
    const multicast = it.width === 32 ? it.high(4) === 0xen : it.high(8) === 0xffn
    const loopback = it.width === 32 ? it.high(8) === 127n : it.bits === 1n
    const broadcast = it.width === 32 && it.bits === 0xffffffffn
    return !(multicast || loopback || broadcast || it.bits === 0n || isLinkLocalUnicast(it))
  })
}

function isLinkLocalUnicast(it: IpValue): boolean {
  return it.width === 32 ? it.high(16) === 0xa9fen : it.high(10) === 0x3fan
}

function registerCidrs(environment: Environment): void {
  environment
    .registerType('CIDR', CidrValue)
    .registerFunction('isCIDR(string): bool', (text: string) => isCidr(text))
    .registerFunction('cidr(string): CIDR', parseCidr)
    .registerFunction('string(CIDR): string', (it: CidrValue) => `${it.ip.text}/${it.prefix}`)
    .registerOperator(
      'CIDR == CIDR',
      (a: CidrValue, b: CidrValue) => a.prefix === b.prefix && a.ip.text === b.ip.text,
    )
    .registerFunction('CIDR.containsIP(IP): bool', (it: CidrValue, ip: IpValue) => it.contains(ip))
    .registerFunction('CIDR.containsIP(string): bool', (it: CidrValue, ip: string) =>
      it.contains(parseIp(ip)),
    )
    .registerFunction('CIDR.containsCIDR(CIDR): bool', containsCidr)
    .registerFunction('CIDR.containsCIDR(string): bool', (it: CidrValue, other: string) =>
      containsCidr(it, parseCidr(other)),
    )
    .registerFunction('CIDR.ip(): IP', (it: CidrValue) => it.ip)
    .registerFunction('CIDR.masked(): CIDR', (it: CidrValue) => it.masked())
    .registerFunction('CIDR.prefixLength(): int', (it: CidrValue) => BigInt(it.prefix))
}

function containsCidr(it: CidrValue, other: CidrValue): boolean {
  return other.prefix >= it.prefix && it.contains(other.ip)
}

function registerUrls(environment: Environment): void {
  const split = ({ host }: UrlValue) => /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(host)
  environment
    .registerType('URL', UrlValue)
    .registerFunction('isURL(string): bool', (text: string) => tryParseUrl(text) !== undefined)
    .registerFunction('url(string): URL', (text: string) => {
      const found = tryParseUrl(text)
      if (found === undefined) throw new RuleError(`URL parse error during conversion from string: ${text}`)
      return found
    })
    .registerFunction('URL.getScheme(): string', (it: UrlValue) => it.scheme)
    .registerFunction('URL.getHost(): string', (it: UrlValue) => it.host)
    .registerFunction('URL.getHostname(): string', (it: UrlValue) =>
      (split(it)?.[1] ?? '').replace(/^\[|\]$/g, ''),
    )
    .registerFunction('URL.getPort(): string', (it: UrlValue) => split(it)?.[2] ?? '')
    .registerFunction('URL.getEscapedPath(): string', (it: UrlValue) => it.path)
    .registerFunction('URL.getQuery(): map<string, list<string>>', ({ query }: UrlValue) => {
      const map = new Map<string, string[]>()
      for (const pair of query.split('&').filter((it) => it !== '')) {
        const [key = '', value = ''] = pair.split(/=(.*)/s).map(unescaped)
        map.set(key, [...(map.get(key) ?? []), value])
      }
      return map
    })
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** An absolute URI or an absolute path, as Go's url.ParseRequestURI takes them. */
function tryParseUrl(text: string): UrlValue | undefined {
  const found =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/(?:[^@/?#]*@)?([^/?#\s]+))?(\/[^?\s]*)?(?:\?([^\s]*))?$/.exec(text)
  if (found === null || (found[1] === undefined && found[3] === undefined)) return undefined
  return new UrlValue((found[1] ?? '').toLowerCase(), found[2] ?? '', found[3] ?? '', found[4] ?? '')
}

function registerVersions(environment: Environment): void {
  const compare = (a: SemverValue, b: SemverValue) => compareVersions(a, b)
  environment
    .registerType('Semver', SemverValue)
    .registerFunction('isSemver(string): bool', (text: string) => tryParseVersion(text) !== undefined)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, normalize: boolean) =>
        tryParseVersion(normalize ? normalized(text) : text) !== undefined,
    )
    .registerFunction('semver(string): Semver', (text: string) => parseVersion(text))
    .registerFunction('semver(string, bool): Semver', (text: string, normalize: boolean) =>
      parseVersion(normalize ? normalized(text) : text),
    )
    .registerOperator('Semver == Semver', (a: SemverValue, b: SemverValue) => compare(a, b) === 0)
    .registerFunction('Semver.compareTo(Semver): int', (a: SemverValue, b: SemverValue) =>
      BigInt(compare(a, b)),
    )
    .registerFunction(
      'Semver.isGreaterThan(Semver): bool',
      (a: SemverValue, b: SemverValue) => compare(a, b) > 0,
    )
    .registerFunction(
      'Semver.isLessThan(Semver): bool',
      (a: SemverValue, b: SemverValue) => compare(a, b) < 0,
    )
    .registerFunction('Semver.major(): int', (it: SemverValue) => it.numbers[0])
    .registerFunction('Semver.minor(): int', (it: SemverValue) => it.numbers[1])
    .registerFunction('Semver.patch(): int', (it: SemverValue) => it.numbers[2])
}

/** `v1.2` -> `1.2.0`. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/s.exec(text) ?? []
  const numbers = core.split('.').map((it) => it.replace(/^0+(?=\d)/, ''))
  while (numbers.length < 3) numbers.push('0')
  return numbers.join('.') + rest
}

function parseVersion(text: string): SemverValue {
  const version = tryParseVersion(text)
  if (version === undefined) throw new RuleError(`Semver parse error during conversion from string: ${text}`)
  return version
}

function tryParseVersion(text: string): SemverValue | undefined {
  const number = '(0|[1-9]\\d*)'
  const found = new RegExp(
    `^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`,
  ).exec(text)
  if (found === null) return undefined
  return new SemverValue(found.slice(1, 4).map(BigInt), found[4]?.split('.') ?? [])
}

function compareVersions(a: SemverValue, b: SemverValue): number {
  for (const [i, number] of a.numbers.entries()) {
    if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1 : 1
  }
  // A pre-release comes before the release.
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    if (x === y) continue
    const [p, q] = [/^\d+$/.test(x), /^\d+$/.test(y)]
    if (p && q) return BigInt(x) < BigInt(y) ? -1 : 1
    if (p !== q) return p ? -1 : 1
    return x < y ? -1 : 1
  }
  return 0
}

function parseIp(text: string): IpValue {
  if (isIpv4(text)) {
    return new IpValue(
      text.split('.').reduce((bits, part) => bits * 256n + BigInt(part), 0n),
      32,
    )
  }
  if (!isIp(text))
    throw new RuleError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
  const [head = '', tail] = text.split('::')
  const groups = (half: string | undefined) => (half ? half.split(':') : []).flatMap(hexGroups)
  const before = groups(head)
  const after = groups(tail)
  const zeros = new Array<bigint>(8 - before.length - after.length).fill(0n)
  return new IpValue(
    [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | group, 0n),
    128,
  )
}

/** One group, or the two that an IPv4 tail stands for. */
function hexGroups(group: string): bigint[] {
  if (!group.includes('.')) return [BigInt(`0x${group}`)]
  const { bits } = parseIp(group)
  return [bits >> 16n, bits & 0xffffn]
}

function parseCidr(text: string): CidrValue {
  if (!isCidr(text)) throw new RuleError(`network address parse error during conversion from string: ${text}`)
  const [address = '', prefix = ''] = text.split('/')
  return new CidrValue(parseIp(address), Number(prefix))
}

function ipv4Text(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.')
}

/** RFC 5952: the longest run of zeros is left out. */
function ipv6Text(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let best: readonly [start: number, length: number] = [0, 1]
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (groups[i + length] === '0') length++
    if (length > best[1]) best = [i, length]
  }
  if (best[1] < 2) return groups.join(':')
  return `${groups.slice(0, best[0]).join(':')}::${groups.slice(best[0] + best[1]).join(':')}`
}
