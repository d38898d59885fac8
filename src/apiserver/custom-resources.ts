/**
 * Custom resources: what upstream's apiextensions controllers do inside the API server. A definition's names are
 * accepted or not, its versions become kinds of the scheme, and when it goes, its objects go first.
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../api/apiextensions/custom-resource-definition.ts'
import type { JSONSchemaProps } from '../api/apiextensions/json-schema.ts'
import { customKinds, storageVersionOf } from '../api/custom/custom-kind.ts'
import { loadEngines, needsEngines } from '../api/custom/engines.ts'
import { type Engines, type FieldsOf, RuleError } from '../api/custom/rule.ts'
import { invalid } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { AdmissionPlugin } from './admission/plugin.ts'
import { LOOPBACK } from './bootstrap.ts'
import type { ServerContext } from './call.ts'
import { after } from './maybe.ts'
import { withMetadata } from './metadata.ts'
import type { ResourceHooks } from './resource.ts'

const GROUP = 'apiextensions.k8s.io'
const RESOURCE = 'customresourcedefinitions'
const FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

const NOT_CONVERTED =
  'spec.conversion.webhook: is not called here; objects are served in all versions as with strategy None'

/** Loaded once for all servers of this process; what a definition does not use is never loaded. */
let engines: Engines | undefined

/** Makes sure that patterns and rules can be compiled before a definition that has some is stored. */
export const customResourceEngines: AdmissionPlugin = {
  name: 'CustomResourceEngines',
  handles: ({ kind, operation }) =>
    kind.group === GROUP && kind.resource === RESOURCE && operation !== 'DELETE',
  admit(object, { server }) {
    if (engines !== undefined || !needs(object as CustomResourceDefinition)) return object
    return after(server.loop.standStill(loadEngines()), (loaded) => {
      engines = loaded
      return object
    })
  },
  validate(object, { kind, name, old, warnings }) {
    const definition = object as CustomResourceDefinition
    if (definition.spec.conversion?.strategy === 'Webhook') warnings.push(NOT_CONVERTED)
    // What was let in once is let through again.
    if (!needs(definition) || (old as CustomResourceDefinition | undefined)?.spec === definition.spec) return
    const errors = new FieldErrors()
    checkRules(definition, errors)
    if (!errors.empty) throw invalid(kind, name, errors.list)
  },
}

/** Rules that cannot be compiled are refused with the definition (upstream: apiextensions/validation). */
function checkRules({ spec }: CustomResourceDefinition, errors: FieldErrors): void {
  errors.at('spec', () =>
    errors.each('versions', spec.versions, ({ schema }) => {
      const root = schema?.openAPIV3Schema
      if (root !== undefined)
        errors.at('schema', () => errors.at('openAPIV3Schema', () => checkRulesOf(root, errors, true)))
    }),
  )
}

function checkRulesOf(schema: JSONSchemaProps, errors: FieldErrors, isRoot = false): void {
  const type = fieldsOf(schema, isRoot)
  errors.each(
    'x-kubernetes-validations',
    schema['x-kubernetes-validations'],
    ({ rule, messageExpression }) => {
      for (const [field, text] of [
        ['rule', rule],
        ['messageExpression', messageExpression],
      ] as const) {
        const problem = text === undefined ? undefined : compileProblem(text, type)
        if (problem !== undefined) errors.invalid(field, text, `compilation failed: ${problem}`)
      }
    },
  )
  const { properties, items, additionalProperties } = schema
  errors.at('properties', () => {
    for (const [name, property] of Object.entries(properties ?? {})) {
      errors.at({ key: name }, () => checkRulesOf(property, errors))
    }
  })
  if (items !== undefined) errors.at('items', () => checkRulesOf(items, errors))
  if (typeof additionalProperties === 'object') {
    errors.at('additionalProperties', () => checkRulesOf(additionalProperties, errors))
  }
}

/** Names with special characters are escaped in expressions: those are not looked into. */
function fieldsOf(schema: JSONSchemaProps, isRoot = false): FieldsOf {
  const { type, properties, additionalProperties } = schema
  const open = additionalProperties !== undefined || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (type !== 'object' || properties === undefined || open) return 'unknown'
  const isObject = isRoot || schema['x-kubernetes-embedded-resource'] === true
  return (name) => {
    if (name.includes('__')) return 'unknown'
    if (isObject && Object.hasOwn(OBJECT_FIELDS, name)) return OBJECT_FIELDS[name]
    return Object.hasOwn(properties, name) ? fieldsOf(properties[name]!) : undefined
  }
}

/** What rules see of every object, whatever its schema says (upstream: apiextensions, model/schemas.go). */
const OBJECT_FIELDS: Readonly<Record<string, FieldsOf>> = {
  apiVersion: 'unknown',
  kind: 'unknown',
  metadata: (name) => (name === 'name' || name === 'generateName' ? 'unknown' : undefined),
}

function compileProblem(text: string, type: FieldsOf): string | undefined {
  try {
    return engines!.compileRule(text).undefinedField({ self: type, oldSelf: type })
  } catch (error) {
    if (error instanceof RuleError) return error.message
    throw error
  }
}

function needs({ spec }: CustomResourceDefinition): boolean {
  return (spec.versions ?? []).some(
    (it) => it.schema?.openAPIV3Schema && needsEngines(it.schema.openAPIV3Schema),
  )
}

/** Why the names of a definition are not accepted, in upstream's words. */
interface NameConflict {
  readonly reason: string
  readonly message: string
}

/** Hooks of CustomResourceDefinition; one per API server. */
export class CustomResources implements ResourceHooks {
  readonly #server: ServerContext
  /** Kinds registered for each definition, by its name. */
  readonly #kinds = new Map<string, readonly KindDefinition[]>()
  /** `group/resource` -> version in which its objects are stored. */
  readonly #storage = new Map<string, string>()

  constructor(server: ServerContext) {
    this.#server = server
  }

  create(object: KubeObject): KubeObject {
    const finalizers = object.metadata!.finalizers ?? []
    if (finalizers.includes(FINALIZER)) return object
    return withMetadata(object, { ...object.metadata, finalizers: [...finalizers, FINALIZER] })
  }

  committed(object: KubeObject | undefined, previous: KubeObject | undefined) {
    const definition = (object ?? previous) as CustomResourceDefinition
    if (object === undefined) return this.#unregister(definition)
    const before = previous as CustomResourceDefinition | undefined
    const settled = before !== undefined && before.spec === definition.spec
    if (settled && before.metadata?.deletionTimestamp === definition.metadata?.deletionTimestamp) return
    this.#later(definition.metadata!.name!)
  }

  /** Takes over the definitions that a store brings along. */
  restore(): void {
    for (const object of this.#server.each(GROUP, RESOURCE)) {
      const definition = object as CustomResourceDefinition
      if (isTrue(definition, 'Established')) this.#register(definition)
    }
  }

  storageVersion(group: string, resource: string): string | undefined {
    return this.#storage.get(`${group}/${resource}`)
  }

  /** Controllers act after the commit, not inside it. */
  #later(name: string): void {
    const { loop } = this.#server
    loop.at(loop.now, () => this.#reconcile(name), { label: `CustomResourceDefinition ${name}` })
  }

  #reconcile(name: string) {
    const definition = this.#server.find(GROUP, RESOURCE, undefined, name) as
      | CustomResourceDefinition
      | undefined
    if (definition === undefined) return
    if (definition.metadata?.deletionTimestamp) return this.#terminate(definition)
    const conflict = this.#nameConflict(definition)
    const accepted = conflict === undefined
    if (accepted) this.#register(definition)
    const conditions = this.#conditions(definition, conflict)
    const acceptedNames = accepted ? withDefaults(definition.spec.names) : definition.status?.acceptedNames
    const stored = new Set(definition.status?.storedVersions)
    stored.add(storageVersionOf(definition))
    this.#writeStatus(definition, { acceptedNames, conditions, storedVersions: [...stored] })
  }

  #conditions(
    definition: CustomResourceDefinition,
    conflict: NameConflict | undefined,
  ): readonly CustomResourceDefinitionCondition[] {
    const now = this.#server.strategy.now
    const old = definition.status?.conditions ?? []
    const set = (type: string, status: string, reason: string, message: string) => {
      const before = old.find((it) => it.type === type)
      const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now
      return { type, status, reason, message, lastTransitionTime }
    }
    if (conflict !== undefined) {
      return [
        set('NamesAccepted', 'False', conflict.reason, conflict.message),
        isTrue(definition, 'Established')
          ? old.find((it) => it.type === 'Established')!
          : set('Established', 'False', 'NotAccepted', 'not all names are accepted'),
      ]
    }
    return [
      set('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
      set('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ]
  }

  /** What another kind of the same group already calls itself; undefined when all names are free. */
  #nameConflict(definition: CustomResourceDefinition): NameConflict | undefined {
    const { group } = definition.spec
    const names = withDefaults(definition.spec.names)
    const own = new Set(this.#kinds.get(definition.metadata!.name!) ?? [])
    const others = this.#server.scheme.all().filter((it) => it.group === group && !own.has(it))
    // Plural, singular and short names are one namespace, kind and list kind another.
    const resources = new Set(others.flatMap((it) => [it.resource, it.singular, ...(it.shortNames ?? [])]))
    const kinds = new Set(others.flatMap((it) => [it.kind, `${it.kind}List`]))
    const taken = (reason: string, name: string | undefined, by: ReadonlySet<string>) =>
      name !== undefined && by.has(name)
        ? { reason, message: `${JSON.stringify(name)} is already in use` }
        : undefined
    return (
      taken('PluralConflict', names.plural, resources) ??
      taken('SingularConflict', names.singular, resources) ??
      taken(
        'ShortNamesConflict',
        names.shortNames?.find((it) => resources.has(it)),
        resources,
      ) ??
      taken('KindConflict', names.kind, kinds) ??
      taken('ListKindConflict', names.listKind, kinds)
    )
  }

  #register(definition: CustomResourceDefinition): void {
    const { scheme } = this.#server
    const name = definition.metadata!.name!
    for (const kind of this.#kinds.get(name) ?? []) scheme.unregister(kind)
    const terminating = isTrue(definition, 'Terminating')
    const all = customKinds(definition, engines)
    // Nothing new comes to be of a kind that is about to go.
    const kinds = terminating ? all.map((it) => ({ ...it, verbs: VERBS_OF_THE_DYING })) : all
    for (const kind of kinds) scheme.register(kind)
    this.#kinds.set(name, kinds)
    const { group, names } = definition.spec
    this.#storage.set(`${group}/${names.plural}`, storageVersionOf(definition))
    this.#server.refreshResource(group, names.plural)
  }

  #unregister(definition: CustomResourceDefinition): void {
    const name = definition.metadata!.name!
    for (const kind of this.#kinds.get(name) ?? []) this.#server.scheme.unregister(kind)
    this.#kinds.delete(name)
    // Who waits for one of its names may have it now.
    for (const object of this.#server.each(GROUP, RESOURCE)) {
      if (!isTrue(object as CustomResourceDefinition, 'NamesAccepted')) this.#later(object.metadata!.name!)
    }
  }

  /** Deletes what is left of the kind, and lets the definition go when nothing is (crdfinalizer/crd_finalizer.go). */
  #terminate(definition: CustomResourceDefinition) {
    const { group, names } = definition.spec
    const name = definition.metadata!.name!
    if (definition.status?.conditions?.some((it) => it.type === 'Terminating') !== true) {
      this.#noteTerminating(definition, TERMINATION.inProgress)
      return this.#later(name)
    }
    const kind = this.#kinds.get(name)?.[0]
    if (kind !== undefined && isTrue(definition, 'Terminating')) {
      if (kind.verbs !== VERBS_OF_THE_DYING) this.#register(definition)
      for (const object of this.#server.each(group, names.plural)) {
        const { name, namespace, deletionTimestamp } = object.metadata!
        if (deletionTimestamp) continue
        const at = { group, version: kind.version, resource: names.plural, namespace, name }
        void this.#server.serve({ verb: 'delete', ...at, user: LOOPBACK, userAgent: 'apiextensions' })
      }
      if (this.#server.each(group, names.plural).length > 0) {
        // Something holds on to its finalizers: look again.
        const { loop } = this.#server
        loop.after(1000, () => this.#reconcile(name), { background: true })
        return
      }
    }
    if (isTrue(definition, 'Terminating')) {
      const established = isTrue(definition, 'Established')
      this.#noteTerminating(definition, established ? TERMINATION.completed : TERMINATION.never)
      return this.#later(name)
    }
    const finalizers = (definition.metadata!.finalizers ?? []).filter((it) => it !== FINALIZER)
    this.#write({ ...definition, metadata: { ...definition.metadata, finalizers } }, undefined)
  }

  #noteTerminating(definition: CustomResourceDefinition, condition: Termination): void {
    const { conditions = [], ...rest } = definition.status ?? {}
    const lastTransitionTime = this.#server.strategy.now
    const noted = { type: 'Terminating', ...condition, lastTransitionTime }
    const others = conditions.filter((it) => it.type !== 'Terminating')
    this.#writeStatus(definition, { ...rest, conditions: [...others, noted] })
  }

  #writeStatus(definition: CustomResourceDefinition, status: object): void {
    this.#write({ ...definition, status } as KubeObject, 'status')
  }

  #write(body: KubeObject, subresource: 'status' | undefined): void {
    const at = { group: GROUP, version: 'v1', resource: RESOURCE, name: body.metadata!.name, subresource }
    void this.#server.handle({ verb: 'update', ...at, body, user: LOOPBACK, userAgent: 'apiextensions' })
  }
}

/** Finalizers must still be taken away. */
const VERBS_OF_THE_DYING = ['delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

interface Termination {
  readonly status: string
  readonly reason: string
  readonly message: string
}

const TERMINATION = {
  inProgress: {
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  },
  completed: { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' },
  never: { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' },
} satisfies Readonly<Record<string, Termination>>

function withDefaults(names: CustomResourceDefinitionNames): CustomResourceDefinitionNames {
  return {
    ...names,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
  }
}

function isTrue(definition: CustomResourceDefinition, type: string): boolean {
  return definition.status?.conditions?.some((it) => it.type === type && it.status === 'True') ?? false
}
