/** Validation of `metadata` (upstream: apimachinery/pkg/api/validation/objectmeta.go). */
import type { FieldErrors } from '../api/field-errors.ts'
import type { KindDefinition } from '../api/kind.ts'
import type { ObjectMeta } from '../api/meta/object-meta.ts'
import { checkDns1123Label, checkLabelValue, checkName, checkQualifiedName } from '../api/names.ts'

/** All keys and values of annotations together, bytes. */
const ANNOTATIONS_MAX = 256 * 1024
/** Events describe what happened; nothing can depend on them. */
const BANNED_OWNERS = new Set(['v1/Event', 'events.k8s.io/v1/Event', 'events.k8s.io/v1beta1/Event'])

const FREE_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

export function validateMetadata(kind: KindDefinition, metadata: ObjectMeta, errors: FieldErrors): void {
  errors.enter('metadata')
  const { name, generateName, namespace } = metadata
  if (generateName) {
    for (const problem of checkName(kind.nameRule, generateName, true)) {
      errors.invalid('generateName', generateName, problem)
    }
  }
  if (!name) errors.required('name', 'name or generateName is required')
  else for (const problem of checkName(kind.nameRule, name)) errors.invalid('name', name, problem)
  if (kind.namespaced) {
    if (!namespace) errors.required('namespace')
    else for (const problem of checkNamespace(namespace)) errors.invalid('namespace', namespace, problem)
  } else if (namespace) errors.forbidden('namespace', 'not allowed on this type')
  if ((metadata.generation ?? 0) < 0) {
    errors.invalid('generation', metadata.generation, 'must be greater than or equal to 0')
  }
  validateFree(kind, metadata, errors)
  errors.leave()
}

/** Both share what is equal, so that only what changed is looked at. */
export function validateMetadataUpdate(
  kind: KindDefinition,
  metadata: ObjectMeta,
  old: ObjectMeta,
  errors: FieldErrors,
): void {
  if (metadata === old) return
  errors.enter('metadata')
  if (metadata.deletionTimestamp && metadata.finalizers !== old.finalizers) {
    const added = (metadata.finalizers ?? []).filter((it) => !old.finalizers?.includes(it))
    if (added.length > 0) {
      const list = added.map((it) => JSON.stringify(it)).join(', ')
      errors.forbidden(
        'finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      )
    }
  }
  validateFree(kind, metadata, errors, old)
  errors.leave()
}

const validNamespaces = new Set<string>()

function checkNamespace(namespace: string): readonly string[] {
  if (validNamespaces.has(namespace)) return []
  const problems = checkDns1123Label(namespace)
  if (problems.length === 0 && validNamespaces.size < 10_000) validNamespaces.add(namespace)
  return problems
}

/** What clients may set: each part is skipped when it is the very part of `old`, which was valid. */
function validateFree(
  kind: KindDefinition,
  metadata: ObjectMeta,
  errors: FieldErrors,
  old?: ObjectMeta,
): void {
  if (metadata.labels !== old?.labels) validateLabels('labels', metadata.labels, errors)
  if (metadata.annotations !== old?.annotations) validateAnnotations(metadata.annotations, errors)
  if (metadata.ownerReferences !== old?.ownerReferences) validateOwners(metadata.ownerReferences, errors)
  if (metadata.finalizers !== old?.finalizers) validateFinalizers(kind, metadata.finalizers, errors)
}

// The pods of one template share their labels.
const validLabels = new WeakSet<object>()

function validateLabels(field: string, labels: ObjectMeta['labels'], errors: FieldErrors): void {
  if (labels === undefined || validLabels.has(labels)) return
  let valid = true
  for (const key of Object.keys(labels)) {
    for (const problem of checkQualifiedName(key)) {
      errors.invalid(field, key, problem)
      valid = false
    }
    for (const problem of checkLabelValue(labels[key]!)) {
      errors.invalid(field, labels[key], problem)
      valid = false
    }
  }
  if (valid && Object.isFrozen(labels)) validLabels.add(labels)
}

function validateAnnotations(annotations: ObjectMeta['annotations'], errors: FieldErrors): void {
  if (annotations === undefined) return
  let size = 0
  for (const key of Object.keys(annotations)) {
    for (const problem of checkQualifiedName(key.toLowerCase())) errors.invalid('annotations', key, problem)
    size += key.length + annotations[key]!.length
  }
  if (size > ANNOTATIONS_MAX) errors.tooLong('annotations', ANNOTATIONS_MAX)
}

function validateOwners(owners: ObjectMeta['ownerReferences'], errors: FieldErrors): void {
  if (owners === undefined) return
  let controller: string | undefined
  errors.enter('ownerReferences')
  for (const owner of owners) {
    if (!owner.apiVersion) errors.invalid('apiVersion', owner.apiVersion ?? '', 'version must not be empty')
    if (!owner.kind) errors.invalid('kind', owner.kind ?? '', 'kind must not be empty')
    if (!owner.name) errors.invalid('name', owner.name ?? '', 'name must not be empty')
    if (!owner.uid) errors.invalid('uid', owner.uid ?? '', 'uid must not be empty')
    if (BANNED_OWNERS.has(`${owner.apiVersion}/${owner.kind}`)) {
      errors.invalid(
        undefined,
        owner,
        `${owner.apiVersion}, Kind=${owner.kind} is disallowed from being an owner`,
      )
    }
  }
  errors.leave()
  for (const owner of owners) {
    if (!owner.controller) continue
    if (controller !== undefined) {
      errors.invalid(
        'ownerReferences',
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`,
      )
      return
    }
    controller = owner.name
  }
}

function validateFinalizers(
  kind: KindDefinition,
  finalizers: ObjectMeta['finalizers'],
  errors: FieldErrors,
): void {
  if (finalizers === undefined) return
  // Definitions of custom resources, and these themselves, are validated by another library upstream.
  const builtIn = kind.group !== 'apiextensions.k8s.io' && kind.body === undefined
  errors.each('finalizers', finalizers, (finalizer) => {
    for (const problem of checkQualifiedName(finalizer)) errors.invalid(undefined, finalizer, problem)
    if (builtIn && !finalizer.includes('/') && !FREE_FINALIZERS.has(finalizer)) {
      errors.invalid(
        undefined,
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      )
    }
  })
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.invalid('finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')
  }
}
