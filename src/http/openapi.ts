/** `/openapi/v2` and `/openapi/v3`: what clients need to check manifests and to explain fields. */
import { createHash } from 'node:crypto'
import { notServed } from '../api/errors.ts'
import { openApiV2, openApiV3 } from '../apiserver/openapi-documents.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { encode, type Json } from './encode.ts'
import type { Exchange, HttpFront } from './front.ts'
import { openApiV2Protobuf } from './openapi-protobuf.ts'
import { COMMON_HEADERS, sendJson } from './respond.ts'
import type { PathRoute } from './route.ts'

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
/** The name with an @ in it is no media type that Go could parse. */
const V2_PROTOBUF_ANSWER = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

interface Document {
  readonly bytes: Json
  readonly hash: string
}

/** Documents by path, for one generation of the scheme. */
const documents = new WeakMap<
  ApiServer,
  { readonly generation: number; readonly byPath: Map<string, Document> }
>()

export function openApiPage(front: HttpFront, { request, response }: Exchange, route: PathRoute) {
  const { server } = front.options
  const [, version, ...rest] = route.segments
  if (version === 'v2' && rest.length === 0) {
    if (request.headers.accept?.includes(V2_PROTOBUF)) {
      const { bytes } = documentOf(
        server,
        'v2 protobuf',
        () => openApiV2(server.discovery),
        openApiV2Protobuf,
      )
      const headers = { 'Content-Type': V2_PROTOBUF_ANSWER, 'Content-Length': bytes.length }
      response.writeHead(200, { ...COMMON_HEADERS, ...headers })
      response.end(bytes)
      return
    }
    return sendJson(response, 200, documentOf(server, 'v2', () => openApiV2(server.discovery)).bytes)
  }
  if (version !== 'v3') throw notServed()
  if (rest.length === 0) return sendJson(response, 200, index(server))
  const [root, group = '', groupVersion] = rest
  const found = server.discovery
    .groups()
    .find((it) => it.group === (root === 'api' ? '' : group))
    ?.versions.find((it) => it.version === (root === 'api' ? group : groupVersion))
  if (found === undefined) throw notServed()
  const document = documentOf(server, rest.join('/'), () => openApiV3(rest.join('/'), found.kinds))
  response.setHeader('ETag', `"${document.hash}"`)
  sendJson(response, 200, document.bytes)
}

/** Which documents there are; the hash lets clients keep them. */
function index(server: ApiServer): Json {
  const paths: Record<string, { readonly serverRelativeURL: string }> = {}
  for (const { group, versions } of server.discovery.groups()) {
    for (const { version, kinds } of versions) {
      const path = group === '' ? `api/${version}` : `apis/${group}/${version}`
      const { hash } = documentOf(server, path, () => openApiV3(path, kinds))
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }
    }
  }
  return encode({ paths })
}

function documentOf(
  server: ApiServer,
  path: string,
  make: () => object,
  write: (document: object) => Json = encode,
): Document {
  const { generation } = server.scheme
  let known = documents.get(server)
  if (known?.generation !== generation) {
    known = { generation, byPath: new Map() }
    documents.set(server, known)
  }
  let document = known.byPath.get(path)
  if (document === undefined) {
    const bytes = write(make())
    document = { bytes, hash: createHash('sha256').update(bytes).digest('hex').toUpperCase() }
    known.byPath.set(path, document)
  }
  return document
}
