/**
 * Discovery documents: which groups, versions and resources are served, with what verbs (upstream:
 * endpoints/discovery). Made from the scheme and kept until it changes.
 */
import { apiVersionOf, type KindDefinition } from '../api/kind.ts'
import { compareVersions, type Scheme } from '../api/scheme.ts'

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** Kinds that exist only as the body of a subresource: their group by resource. */
const NOT_RESOURCES = new Map([
  ['scales', 'autoscaling'],
  ['evictions', 'policy'],
  ['tokenrequests', 'authentication.k8s.io'],
])

/** Whether a kind has an endpoint of its own. */
export function isServed(kind: KindDefinition): boolean {
  return NOT_RESOURCES.get(kind.resource) !== kind.group
}

interface ResponseKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

interface SubresourceEntry {
  readonly kind?: ResponseKind
  readonly verbs: readonly string[]
}

const READ_WRITE = ['get', 'patch', 'update']
const STREAM = ['create', 'get']
const PROXY = ['create', 'delete', 'get', 'patch', 'update']
const core = (kind: string): ResponseKind => ({ group: '', version: '', kind })

/** Subresources whose kind or verbs are not those of `/status`; some by the resource that they are of. */
const SUBRESOURCES: Readonly<Record<string, SubresourceEntry>> = {
  scale: { kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: READ_WRITE },
  eviction: { kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
  binding: { kind: core('Binding'), verbs: ['create'] },
  token: { kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'] },
  log: { verbs: ['get'] },
  exec: { kind: core('PodExecOptions'), verbs: STREAM },
  attach: { kind: core('PodAttachOptions'), verbs: STREAM },
  portforward: { kind: core('PodPortForwardOptions'), verbs: STREAM },
  'pods/proxy': { kind: core('PodProxyOptions'), verbs: PROXY },
  'services/proxy': { kind: core('ServiceProxyOptions'), verbs: PROXY },
  'nodes/proxy': { kind: core('NodeProxyOptions'), verbs: PROXY },
  finalize: { verbs: ['update'] },
}

export interface ServedVersion {
  readonly version: string
  readonly kinds: readonly KindDefinition[]
}

/** A resource that another server serves under our roof, as discovery shows it. */
export interface AggregatedResource {
  readonly name: string
  readonly namespaced: boolean
  readonly kind: string
  readonly verbs: readonly string[]
}

/** A group and version that is none of the scheme's: what an APIService brings along. */
export interface AggregatedVersion {
  readonly group: string
  readonly version: string
  resources(): readonly AggregatedResource[]
}

export interface ServedGroup {
  readonly group: string
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[]
}

/** Upstream's order of groups; custom ones follow in the order in which they came. */
const GROUP_ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
]

export class Discovery {
  readonly #scheme: Scheme
  readonly #aggregated = new Map<string, AggregatedVersion>()
  #generation = -1
  #groups: readonly ServedGroup[] = []

  constructor(scheme: Scheme) {
    this.#scheme = scheme
  }

  aggregate(served: AggregatedVersion): void {
    this.#aggregated.set(served.group, served)
  }

  groups(): readonly ServedGroup[] {
    if (this.#generation !== this.#scheme.generation) {
      this.#generation = this.#scheme.generation
      this.#groups = group(this.#scheme.all().filter(isServed))
    }
    return this.#groups
  }

  /** What `/` answers: every page that there is. */
  rootPaths(): { readonly paths: readonly string[] } {
    const versions = this.groups().flatMap(({ group, versions }) =>
      group === ''
        ? ['/api', ...versions.map(({ version }) => `/api/${version}`)]
        : [`/apis/${group}`, ...versions.map(({ version }) => `/apis/${group}/${version}`)],
    )
    const others = [...this.#aggregated.values()].flatMap(({ group, version }) => [
      `/apis/${group}`,
      `/apis/${group}/${version}`,
    ])
    const pages = '/apis /healthz /livez /metrics /openapi/v2 /openapi/v3 /readyz /version'.split(' ')
    return { paths: [...versions, ...others, ...pages].sort() }
  }

  /** `/api`. */
  coreVersions(address: string): object {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    }
  }

  /** `/apis`. */
  groupList(): object {
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [...this.groups().filter(({ group }) => group !== ''), ...this.#others()].map((it) =>
        groupInfo(it),
      ),
    }
  }

  /** `/apis/G`; undefined when there is no such group. */
  group(name: string): object | undefined {
    const all = [...this.groups(), ...this.#others()]
    const found = all.find(({ group }) => group === name && name !== '')
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupInfo(found) }
  }

  /** `/api/v1` and `/apis/G/V`; undefined when there is no such version. */
  resources(groupName: string, version: string): object | undefined {
    const found = this.groups()
      .find(({ group }) => group === groupName)
      ?.versions.find((it) => it.version === version)
    const other = this.#aggregated.get(groupName)
    const resources =
      found?.kinds.flatMap(resourceInfo) ??
      (other?.version === version ? other.resources().map((it) => ({ singularName: '', ...it })) : undefined)
    if (resources === undefined) return undefined
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: groupName === '' ? version : `${groupName}/${version}`,
      resources,
    }
  }

  /** `/api` or `/apis` in one document. */
  aggregated(coreOnly: boolean): object {
    const groups = this.groups().filter(({ group }) => (group === '') === coreOnly)
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: [
        ...groups.map(({ group, versions }) => ({
          metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
          versions: versions.map(({ version, kinds }) => ({
            version,
            resources: kinds.map(aggregatedResource),
            freshness: 'Current',
          })),
        })),
        ...(coreOnly ? [] : [...this.#aggregated.values()].map(foreignGroup)),
      ],
    }
  }

  #others(): readonly ServedGroup[] {
    return [...this.#aggregated.values()].map(({ group, version }) => ({
      group,
      versions: [{ version, kinds: [] }],
    }))
  }
}

function group(kinds: readonly KindDefinition[]): readonly ServedGroup[] {
  const byGroup = new Map<string, Map<string, KindDefinition[]>>()
  for (const name of GROUP_ORDER) byGroup.set(name, new Map())
  for (const kind of kinds) {
    let versions = byGroup.get(kind.group)
    if (versions === undefined) byGroup.set(kind.group, (versions = new Map()))
    const list = versions.get(kind.version)
    if (list === undefined) versions.set(kind.version, [kind])
    else list.push(kind)
  }
  return [...byGroup]
    .filter(([, versions]) => versions.size > 0)
    .map(([name, versions]) => ({
      group: name,
      versions: [...versions]
        .map(([version, list]) => ({ version, kinds: list.sort(byResource) }))
        .sort((a, b) => compareVersions(a.version, b.version)),
    }))
}

function byResource(a: KindDefinition, b: KindDefinition): number {
  return a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0
}

function groupInfo({ group, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions: all, preferredVersion: all[0] }
}

function verbsOf(kind: KindDefinition): readonly string[] {
  return kind.verbs ?? ALL_VERBS
}

function subresourcesOf(kind: KindDefinition): readonly [name: string, entry: SubresourceEntry][] {
  const names = [
    ...(kind.status ? ['status'] : []),
    ...(kind.scale === undefined ? [] : ['scale']),
    ...(kind.subresources ?? []),
  ]
  return [...new Set(names)]
    .sort()
    .map((name) => [
      name,
      SUBRESOURCES[`${kind.resource}/${name}`] ?? SUBRESOURCES[name] ?? { verbs: READ_WRITE },
    ])
}

function resourceInfo(kind: KindDefinition): object[] {
  const { resource, namespaced, singular, shortNames, categories } = kind
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(shortNames ? { shortNames } : {}),
      ...(categories ? { categories } : {}),
    },
    ...subresourcesOf(kind).map(([name, entry]) => ({
      name: `${resource}/${name}`,
      singularName: '',
      namespaced,
      ...(entry.kind === undefined ? { kind: kind.kind } : withoutEmptyGroup(entry.kind)),
      verbs: entry.verbs,
    })),
  ]
}

function withoutEmptyGroup({ group, version, kind }: ResponseKind): object {
  return group === '' ? { kind } : { group, version, kind }
}

function aggregatedResource(kind: KindDefinition): object {
  const { resource, namespaced, singular, shortNames, categories } = kind
  // Clients fill in the group and version that it is listed under.
  const own: ResponseKind = { group: '', version: '', kind: kind.kind }
  const subresources = subresourcesOf(kind).map(([name, entry]) => ({
    subresource: name,
    responseKind: entry.kind ?? own,
    verbs: entry.verbs,
  }))
  return {
    resource,
    responseKind: own,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  }
}

function foreignGroup({ group, version, resources }: AggregatedVersion): object {
  const shown = resources().map(({ name, kind, namespaced, verbs }) => ({
    resource: name,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: '',
    verbs,
  }))
  const versions = [{ version, resources: shown, freshness: 'Current' }]
  return { metadata: { name: group, creationTimestamp: null }, versions }
}

/** `/version`. */
export const VERSION_INFO = Object.freeze({
  major: '1',
  minor: '33',
  emulationMajor: '1',
  emulationMinor: '33',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '32',
  gitVersion: 'v1.33.0',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2025-04-23T00:00:00Z',
  goVersion: 'go1.24.2',
  compiler: 'gc',
  platform: 'linux/amd64',
})

/** What `apiVersion` and `kind` a list of these objects has. */
export function listKindOf(kind: KindDefinition): { readonly kind: string; readonly apiVersion: string } {
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind) }
}
