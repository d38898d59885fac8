/** Lists: selection, paging over one snapshot, and what a resourceVersion asks for (upstream: storage/etcd3/store.go). */
import {
  ApiError,
  badRequest,
  expired,
  failure,
  invalid,
  notFound,
  plainRefusal,
  tooLargeResourceVersion,
} from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import { apiVersionOf, type KindDefinition, type KubeObject } from '../api/kind.ts'
import type { ListMeta } from '../api/meta/status.ts'
import type { ApiResponse, RequestOptions } from '../api/request.ts'
import { isCompacted } from '../etcd/errors.ts'
import { answer, type Call } from './call.ts'
import { type Selection, select } from './select.ts'
import { served } from './versions.ts'

/** `at`: -1 reads what is there now, after a token that was too old. */
interface ContinueToken {
  readonly at: number
  /** Path below the range's prefix: the last key given, and a NUL. */
  readonly start: string
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.'

export function get(call: Call): ApiResponse {
  const { server, resource, request, kind } = call
  const asked = call.options.resourceVersion
  if (asked !== undefined && asked !== '') checkNotTooLarge(parseRevision(asked), server.storage.revision)
  const object = server.storage.get(resource.keyOf(request.namespace, request.name!))
  if (object === undefined) throw notFound(kind, request.name!)
  return answer(call, 200, served(kind, object))
}

export function list(call: Call): ApiResponse {
  const { server, resource, kind, options } = call
  checkListOptions(options)
  const selection = select(call, resource, options)
  const page = pageOf(call, selection)
  const items = Array.isArray(page.items)
    ? page.items.map((object) => served(kind, object))
    : servedOneByOne(kind, page.items)
  return answer(call, 200, {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: page.metadata,
    items,
  })
  function pageOf(
    { request }: Call,
    { matches, objects, oneByOne }: Selection,
  ): { items: readonly KubeObject[] | Iterable<KubeObject | undefined>; metadata: ListMeta } {
    const { storage } = server
    const token = options.continue ? parseToken(options.continue) : undefined
    if (token !== undefined && options.resourceVersion && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    const at =
      token !== undefined ? (token.at < 0 ? undefined : token.at) : exactRevision(options, storage.revision)
    // As upstream's watch cache does for any resourceVersion "0".
    const limit = options.resourceVersion === '0' ? 0 : (options.limit ?? 0)
    if (at === undefined && token === undefined && limit <= 0) {
      const items = request.oneByOne ? oneByOne() : objects()
      return { items, metadata: { resourceVersion: String(storage.revision) } }
    }
    const prefix = resource.rangeOf(request.namespace)
    const startKey = token === undefined ? undefined : prefix + token.start
    const revision = at ?? storage.revision
    const metadata: { -readonly [K in keyof ListMeta]: ListMeta[K] } = { resourceVersion: String(revision) }
    function* page(): Iterable<KubeObject | undefined> {
      let taken = 0
      let last = ''
      try {
        for (const { key, value } of storage.snapshot(prefix, { startKey, revision })) {
          if (matches !== undefined && !matches(value)) yield undefined
          else if (limit > 0 && taken === limit) {
            const start = `${last.slice(prefix.length)}\0`
            metadata.continue = formatToken({ at: revision, start })
            if (matches === undefined)
              metadata.remainingItemCount = storage.count(prefix, { startKey: prefix + start, revision })
            return
          } else {
            taken++
            last = key
            yield value
          }
        }
      } catch (error) {
        // A revision that has not been yet is one of an earlier life of this server.
        if (!isCompacted(error) && revision <= storage.revision) throw error
        if (token === undefined) throw expired('The resourceVersion for the provided list is too old.')
        const status = failure('Expired', TOO_OLD)
        throw new ApiError({
          ...status,
          metadata: { continue: formatToken({ at: -1, start: token.start }) },
        })
      }
    }
    if (request.oneByOne) return { items: page(), metadata }
    return { items: [...page()].filter((it) => it !== undefined), metadata }
  }
}

function* servedOneByOne(
  kind: KindDefinition,
  objects: Iterable<KubeObject | undefined>,
): Iterable<KubeObject | undefined> {
  for (const object of objects) yield object && served(kind, object)
}

/** Upstream: internalversion/validation. */
export function checkListOptions(options: RequestOptions): void {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options
  if (match === undefined && sendInitialEvents === undefined) return
  const errors = new FieldErrors()
  if (sendInitialEvents !== undefined) {
    errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
  }
  if (match !== undefined) {
    if (!resourceVersion) {
      errors.forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      )
    }
    if (options.continue) {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      )
    }
  }
  if (!errors.empty) throw invalid(LIST_OPTIONS, '', errors.list)
}

/** The same of a watch. */
export function checkWatchOptions({ resourceVersionMatch: match, sendInitialEvents }: RequestOptions): void {
  const errors = new FieldErrors()
  if (match !== undefined && sendInitialEvents === undefined) {
    errors.forbidden(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  if (match === undefined && sendInitialEvents !== undefined) {
    errors.forbidden(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  if (match !== undefined && match !== 'NotOlderThan') {
    errors.notSupported('resourceVersionMatch', match, ['NotOlderThan'])
  }
  if (!errors.empty) throw invalid(LIST_OPTIONS, '', errors.list)
}

const LIST_OPTIONS = { group: 'meta.k8s.io', kind: 'ListOptions' }

/** The revision that a list must show exactly; undefined: whatever is there now. */
function exactRevision(options: RequestOptions, current: number): number | undefined {
  const { resourceVersion, resourceVersionMatch } = options
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') return undefined
  const asked = parseRevision(resourceVersion, (message) =>
    badRequest(`invalid resource version: ${message}`),
  )
  checkNotTooLarge(asked, current)
  const exact =
    resourceVersionMatch === 'Exact' || (resourceVersionMatch === undefined && (options.limit ?? 0) > 0)
  return exact ? asked : undefined
}

export function parseRevision(text: string, refusal = plainRefusal): number {
  if (!/^\d{1,16}$/.test(text)) {
    const quoted = JSON.stringify(text)
    throw refusal(
      `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    )
  }
  return Number(text)
}

function checkNotTooLarge(asked: number, current: number): void {
  if (asked > current) throw tooLargeResourceVersion(asked, current)
}

function formatToken({ at, start }: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: at, start })
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function parseToken(text: string): ContinueToken {
  let token: unknown
  try {
    token = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
  } catch (error) {
    throw badRequest(`invalid continue token: continue key is not valid: ${(error as Error).message}`)
  }
  const { v, rv, start } = (typeof token === 'object' && token !== null ? token : {}) as Record<
    string,
    unknown
  >
  if (v !== 'meta.k8s.io/v1')
    throw badRequest(
      'invalid continue token: continue key is not valid: server does not recognize this encoded version',
    )
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) {
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  }
  if (typeof start !== 'string' || start === '') {
    throw badRequest(
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    )
  }
  if (start.startsWith('/') || start.split('/').includes('..')) {
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid key: ${JSON.stringify(start)}`,
    )
  }
  return { at: rv, start }
}
