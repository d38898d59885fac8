/**
 * The field sets against an independent source: the models that @kubernetes/client-node generated from v1.34.
 * What differs between that version and v1.33 is listed by name.
 */
import * as models from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import type { AnySchema, StructSchema } from '../../src/api/schema.ts'
import { BUILT_IN_KINDS } from '../../src/api/scheme.ts'

interface Model {
  readonly attributeTypeMap: readonly { readonly baseName: string; readonly type: string }[]
}

/** Fields that came with v1.34, or left with it. */
const NEW_IN_V1_34 = new Set([
  'core/v1.PodSpec.hostnameOverride',
  'core/v1.Container.restartPolicyRules',
  'core/v1.EphemeralContainer.restartPolicyRules',
  'core/v1.EnvVarSource.fileKeyRef',
  'core/v1.VolumeProjection.podCertificate',
  'core/v1.PodStatus.extendedResourceClaimStatus',
])

/** Names of models that are not made of version and type alone. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  core: ['V1', 'CoreV1'],
  events: ['EventsV1'],
  discovery: ['DiscoveryV1', 'V1'],
  rbac: ['V1', 'RbacV1'],
  storage: ['StorageV1', 'V1'],
  authentication: ['AuthenticationV1', 'V1'],
  admissionregistration: ['AdmissionregistrationV1', 'V1'],
  apiextensions: ['ApiextensionsV1', 'V1'],
  apiregistration: ['ApiregistrationV1', 'V1'],
}

const all = models as unknown as Readonly<Record<string, Model | undefined>>

function modelOf(name: string): Model | undefined {
  const [, group = '', version = '', type = ''] = /^([^/]+)\/([^.]+)\.(.+)$/.exec(name) ?? []
  const prefixes = version === 'v2' ? ['V2'] : (PREFIXES[group] ?? ['V1'])
  for (const prefix of prefixes) {
    const model = all[`${prefix}${type}`]
    if (model?.attributeTypeMap !== undefined) return model
  }
  return undefined
}

function reachable(): StructSchema[] {
  const found = new Map<string, StructSchema>()
  const visit = (schema: AnySchema): void => {
    if (schema.type === 'list') visit(schema.items)
    else if (schema.type === 'map') visit(schema.values)
    else if (schema.type === 'struct' && !found.has(schema.name)) {
      found.set(schema.name, schema)
      Object.values(schema.fields()).forEach(visit)
    }
  }
  for (const kind of BUILT_IN_KINDS) visit(kind.schema())
  return [...found.values()]
}

const structs = reachable()

describe('field sets', () => {
  test('there are as many types as a cluster has', () => {
    expect(structs.length).toBeGreaterThan(380)
    expect(structs.filter((it) => modelOf(it.name) === undefined).map((it) => it.name)).toEqual([])
  })

  test.each(structs.map((it) => [it.name, it] as const))('%s', (name, schema) => {
    const theirs = modelOf(name)!.attributeTypeMap.map((it) => it.baseName)
    const ours = Object.keys(schema.fields())
    expect(ours.filter((field) => !theirs.includes(field))).toEqual([])
    expect(theirs.filter((field) => !ours.includes(field) && !NEW_IN_V1_34.has(`${name}.${field}`))).toEqual(
      [],
    )
  })

  test('lists are lists, maps are maps, structs are structs', () => {
    const wrong: string[] = []
    for (const { name, fields } of structs) {
      const types = new Map(modelOf(name)!.attributeTypeMap.map((it) => [it.baseName, it.type]))
      for (const [field, schema] of Object.entries(fields())) {
        const type = types.get(field) ?? ''
        const want = type.startsWith('Array<') ? 'list' : type.startsWith('{') ? 'map' : 'other'
        const got = schema.type === 'list' || schema.type === 'map' ? schema.type : 'other'
        if (got !== want) wrong.push(`${name}.${field}: ${type} is ${schema.type}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('nothing is listed as new that is not', () => {
    const missing = structs.flatMap(({ name, fields }) => {
      const ours = fields()
      return modelOf(name)!
        .attributeTypeMap.filter((it) => ours[it.baseName] === undefined)
        .map((it) => `${name}.${it.baseName}`)
    })
    expect([...NEW_IN_V1_34].filter((field) => !missing.includes(field))).toEqual([])
  })
})
