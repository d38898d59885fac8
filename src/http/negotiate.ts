/** What representation a client accepts: the first clause of `Accept` that can be served wins. */
import { notAcceptable } from '../api/errors.ts'

export interface Representation {
  readonly format: 'json' | 'yaml'
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'APIGroupDiscoveryList'
  /** Version of what it is shown as: `v1`, `v2`. */
  readonly version?: string
}

const JSON_ONLY: Representation = { format: 'json' }
const SERVED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const AS: Readonly<Record<string, Representation['as']>> = {
  'meta.k8s.io/Table': 'Table',
  'meta.k8s.io/PartialObjectMetadata': 'PartialObjectMetadata',
  'meta.k8s.io/PartialObjectMetadataList': 'PartialObjectMetadata',
  'apidiscovery.k8s.io/APIGroupDiscoveryList': 'APIGroupDiscoveryList',
}

const negotiated = new Map<string, Representation>()

/** Throws NotAcceptable. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === 'application/json') return JSON_ONLY
  let found = negotiated.get(accept)
  if (found === undefined) {
    found = firstServed(accept)
    if (negotiated.size >= 256) negotiated.clear()
    negotiated.set(accept, found)
  }
  return found
}

function firstServed(accept: string): Representation {
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((it) => it.trim())
    const format = formatOf(type.toLowerCase())
    if (format === undefined) continue
    const given = new Map(parameters.map((it) => it.split('=', 2) as [string, string | undefined]))
    const shape = given.get('as')
    if (shape === undefined) return { format }
    const as = AS[`${given.get('g')}/${shape}`]
    const version = given.get('v')
    const known = as === 'APIGroupDiscoveryList' ? version === 'v2' : version === 'v1'
    if (as !== undefined && known) return { format, as, version }
  }
  throw notAcceptable(SERVED)
}

function formatOf(type: string): Representation['format'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
  return type === 'application/yaml' ? 'yaml' : undefined
}
