/** Names and notations that the proxy modes share: the digests are upstream's, letter by letter. */
import { sha256 } from '../../kernel/sha256.ts'
import { type Endpoint, portKey, type ServicePortEntry } from '../service-table.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const encoder = new TextEncoder()
const known = new Map<string, string>()
/** Names that are kept; a big cluster has about as many endpoints. */
const KNOWN_MAX = 50_000

/** The first 16 letters of the base32 of a SHA-256. */
export function chainHash(text: string): string {
  let hash = known.get(text)
  if (hash !== undefined) return hash
  const digest = sha256(encoder.encode(text))
  hash = ''
  for (let bit = 0; hash.length < 16; bit += 5) {
    const at = bit >> 3
    const pair = (digest[at]! << 8) | digest[at + 1]!
    hash += LETTERS[(pair >> (11 - (bit & 7))) & 31]
  }
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, hash)
  return hash
}

function named(prefix: string, entry: ServicePortEntry, more = ''): string {
  return `${prefix}-${chainHash(`${portKey(entry)}${entry.protocol.toLowerCase()}${more}`)}`
}

/** Traffic to all endpoints. */
export function serviceChain(entry: ServicePortEntry): string {
  return named('KUBE-SVC', entry)
}

/** Traffic to the endpoints of this node alone. */
export function localChain(entry: ServicePortEntry): string {
  return named('KUBE-SVL', entry)
}

export function endpointChain(entry: ServicePortEntry, endpoint: Endpoint): string {
  return named('KUBE-SEP', entry, `${endpoint.ip}:${endpoint.port}`)
}

export function externalChain(entry: ServicePortEntry): string {
  return named('KUBE-EXT', entry)
}

export function firewallChain(entry: ServicePortEntry): string {
  return named('KUBE-FW', entry)
}

/** As upstream writes probabilities: ten digits. */
export function probability(endpoints: number): string {
  return (1 / endpoints).toFixed(10)
}
