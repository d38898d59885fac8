/** Names and notations that the proxy modes share. */
import { type Endpoint, portKey, type ServicePortEntry } from '../service-table.ts'

/** 16 letters and digits that depend on the text alone, as upstream's base32 of a SHA-256. */
export function chainHash(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  let hash = ''
  let state = 0x811c9dc5
  for (let round = 0; round < 16; round++) {
    for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193) >>> 0
    state = Math.imul(state ^ (round + 1), 0x85ebca6b) >>> 0
    hash += alphabet[(state >>> 11) & 31]
  }
  return hash
}

export function serviceChain(entry: ServicePortEntry): string {
  return `KUBE-SVC-${chainHash(`${portKey(entry)}${entry.protocol}`)}`
}

export function endpointChain(entry: ServicePortEntry, endpoint: Endpoint): string {
  return `KUBE-SEP-${chainHash(`${portKey(entry)}${entry.protocol}${endpoint.ip}:${endpoint.port}`)}`
}

export function externalChain(entry: ServicePortEntry): string {
  return `KUBE-EXT-${chainHash(`${portKey(entry)}${entry.protocol}`)}`
}

/** As upstream writes probabilities: ten digits. */
export function probability(endpoints: number): string {
  return (1 / endpoints).toFixed(10)
}
