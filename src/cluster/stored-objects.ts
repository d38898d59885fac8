/** Objects as text, for stores outside this process. */
import { deepFreeze } from '../api/freeze.ts'
import { parse, stringify } from '../api/json.ts'
import type { KubeObject } from '../api/kind.ts'
import { withoutRevision, withRevision } from '../apiserver/storage.ts'
import { type EtcdConnection, Mirror } from '../etcd/mirror.ts'

/** Upstream's prefix of all keys (--etcd-prefix). */
const PREFIX = '/registry/'

export const OBJECT_CODEC = {
  encode: (object: KubeObject): string => stringify(object),
  decode: (text: string): KubeObject => deepFreeze(parse(text) as KubeObject),
}

/** As in upstream's etcd, where an object's resourceVersion is not stored but is the revision of its key. */
const REVISIONED_CODEC = {
  encode: (object: KubeObject): string => stringify(withoutRevision(object)),
  decode(text: string, revision: number): KubeObject {
    // Upstream writes protobuf behind these letters.
    if (text.startsWith('k8s\0')) throw new Error('this etcd belongs to a real Kubernetes: use another one')
    return withRevision(parse(text) as KubeObject, revision)
  },
}

/** Takes over what an etcd holds; for {@link ClusterOptions.mirror}. */
export function mirrorOf(connection: EtcdConnection): Promise<Mirror<KubeObject>> {
  return Mirror.open(connection, REVISIONED_CODEC, PREFIX)
}
