/** Objects between the version they are stored in and the versions they are served in. */
import { apiVersionOf, type KindDefinition, type KubeObject } from '../api/kind.ts'

const conversions = new WeakMap<KubeObject, Map<string, KubeObject>>()

/** `object` as stored, in the version of `kind`: mostly the very same reference, otherwise converted once. */
export function served(kind: KindDefinition, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  if (object.apiVersion === apiVersion) return object
  let versions = conversions.get(object)
  if (versions === undefined) {
    versions = new Map()
    conversions.set(object, versions)
  }
  let converted = versions.get(apiVersion)
  if (converted === undefined) {
    converted = answered(kind, object)
    versions.set(apiVersion, converted)
  }
  return converted
}

/** The same for the one who wrote it, with nothing kept: it is seldom asked for again. */
export function answered(kind: KindDefinition, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  if (object.apiVersion === apiVersion) return object
  return Object.freeze(kind.stored?.decode(object) ?? { ...object, apiVersion })
}

/** `object` as a client of `kind` sent it, in the kind and version in which it is stored. */
export function stored(kind: KindDefinition, storage: KindDefinition, object: KubeObject): KubeObject {
  if (kind.stored !== undefined) return kind.stored.encode(object)
  const apiVersion = apiVersionOf(storage)
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}
