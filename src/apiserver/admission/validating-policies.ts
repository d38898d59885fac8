/**
 * ValidatingAdmissionPolicy: expressions that judge requests where bindings put them to work. Upstream:
 * apiserver/pkg/admission/plugin/policy/validating.
 */
import type {
  ValidatingAdmissionPolicy,
  Validation,
} from '../../api/admissionregistration/validating-admission-policy.ts'
import type {
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from '../../api/admissionregistration/validating-admission-policy-binding.ts'
import type { MatchResources } from '../../api/admissionregistration/webhook.ts'
import { type Budget, CostError, RuleError, validationBudget } from '../../api/custom/rule.ts'
import { toCel } from '../../api/custom/schema-validation.ts'
import { ApiError, failure, type StatusReason } from '../../api/errors.ts'
import {
  apiVersionOf,
  groupResource,
  type KindDefinition,
  type KubeObject,
  objectRef,
} from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { ServerContext } from '../call.ts'
import { evaluate, meetsConditions, requestVariables, withEngines } from './expressions.ts'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionTarget } from './plugin.ts'
import { couldMatch, isExempt, isSelected, matchedKind, matchesRule } from './rules.ts'

const GROUP = 'admissionregistration.k8s.io'
const POLICIES = 'validatingadmissionpolicies'
const BINDINGS = 'validatingadmissionpolicybindings'
/** Upstream prints no more of what an expression computes for a message. */
const MAX_MESSAGE = 5 * 1024

type Policy = ValidatingAdmissionPolicy
type Binding = ValidatingAdmissionPolicyBinding
type Variables = Readonly<Record<string, unknown>>

/** What one validation, or the lack of what it needs, comes to. */
interface Failure {
  readonly message: string
  readonly reason: StatusReason
}

export const validatingPolicies: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: (target, server) => !isExempt(target.kind) && policiesFor(target, server).length > 0,
  validate: (object, attributes) => withEngines(attributes, () => judge(object, attributes)),
}

/** Policies with a rule that could match, and their bindings. */
function policiesFor(target: AdmissionTarget, server: ServerContext): readonly Policy[] {
  const policies = server.cached(GROUP, POLICIES) as readonly Policy[]
  return policies.filter((it) => couldMatch(it.spec.matchConstraints?.resourceRules, target, server))
}

function judge(object: KubeObject | undefined, attributes: AdmissionAttributes): void {
  const { server, warnings } = attributes
  const bindings = server.cached(GROUP, BINDINGS) as readonly Binding[]
  const denials: Denial[] = []
  for (const policy of policiesFor(attributes, server)) {
    const kind = kindFor(policy.spec.matchConstraints, object, attributes)
    if (kind === undefined) continue
    for (const binding of bindings) {
      if (binding.spec.policyName !== policy.metadata!.name) continue
      const { matchResources } = binding.spec
      if (matchResources !== undefined && kindFor(matchResources, object, attributes, true) === undefined)
        continue
      const params = paramsFor(policy, binding, attributes)
      if (typeof params === 'string') {
        // A binding that cannot work refuses, whatever else it would do.
        const failed: Failure = { message: params, reason: 'Invalid' }
        if (isStrict(policy))
          denials.push({ policy: policy.metadata!.name!, binding: binding.metadata!.name!, failure: failed })
        continue
      }
      const failures = failuresOf(policy, params, object, kind, attributes)
      for (const it of failures) act(policy, binding, it, attributes, denials, warnings)
    }
  }
  const [first] = denials
  if (first !== undefined) throw refusal(first, attributes)
}

interface Denial {
  readonly policy: string
  readonly binding: string
  readonly failure: Failure
}

/** What is to be done about it, the binding says. */
function act(
  { metadata }: Policy,
  binding: Binding,
  failed: Failure,
  attributes: AdmissionAttributes,
  denials: Denial[],
  warnings: string[],
): void {
  const policy = metadata!.name!
  const name = binding.metadata!.name!
  for (const action of binding.spec.validationActions ?? []) {
    switch (action) {
      case 'Deny':
        denials.push({ policy, binding: name, failure: failed })
        break
      case 'Warn':
        warnings.push(
          `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${name}': ${failed.message}`,
        )
        break
      case 'Audit':
        audit(attributes, `policy ${policy}, binding ${name}: ${failed.message}`)
        break
    }
  }
}

/** The audit log of a simulation is its journal. */
function audit({ server, kind, namespace, name }: AdmissionAttributes, text: string): void {
  if (!server.journal.enabled) return
  server.journal.record('note', 'kube-apiserver', objectRef(kind.kind, { namespace, name }), `audit: ${text}`)
}

function refusal(
  { policy, binding, failure: failed }: Denial,
  { kind, name }: AdmissionAttributes,
): ApiError {
  const what = name === '' ? groupResource(kind) : `${groupResource(kind)} ${JSON.stringify(name)}`
  const why = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${failed.message}`
  const { group, resource } = kind
  return new ApiError(
    failure(failed.reason, `${what} is forbidden: ${why}`, {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
      causes: [{ message: why }],
    }),
  )
}

/** The version in which the request is seen; undefined when rules, exclusions or selectors leave it out. */
function kindFor(
  match: MatchResources | undefined,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
  /** A binding without rules applies wherever its policy does. */
  anything = false,
): KindDefinition | undefined {
  if (match === undefined) return undefined
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match
  const kind =
    anything && resourceRules.length === 0
      ? attributes.call.kind
      : matchedKind(resourceRules, matchPolicy, attributes)
  if (kind === undefined || excludeResourceRules.some((it) => matchesRule(it, kind, attributes)))
    return undefined
  return isSelected(match, object, attributes) ? kind : undefined
}

/** Everything that a policy objects to under one binding. */
function failuresOf(
  policy: Policy,
  params: readonly (KubeObject | undefined)[],
  object: KubeObject | undefined,
  kind: KindDefinition,
  attributes: AdmissionAttributes,
): readonly Failure[] {
  const { spec } = policy
  const strict = isStrict(policy)
  const failures: Failure[] = []
  for (const param of params) {
    const request = requestVariables(object, kind, attributes)
    const given = {
      ...request,
      ...(spec.paramKind === undefined ? {} : { params: toCel(param ?? null, undefined) }),
    }
    const met = meetsConditions(spec.matchConditions ?? [], given)
    if (met === false) return []
    if (typeof met === 'string') return strict ? [{ message: met, reason: 'Invalid' }] : []
    const budget = validationBudget()
    const variables = { ...given, variables: lazyVariables(spec.variables ?? [], given, budget) }
    try {
      for (const validation of spec.validations ?? []) {
        const failed = outcome(validation, variables, budget, strict)
        if (failed !== undefined) failures.push(failed)
      }
      for (const { key, valueExpression } of spec.auditAnnotations ?? []) {
        annotate(policy, key, valueExpression, variables, budget, attributes)
      }
    } catch (error) {
      if (!isOutOfBudget(error)) throw error
      return strict ? [{ message: error.message, reason: 'Invalid' }] : []
    }
  }
  return failures
}

function isStrict({ spec }: Policy): boolean {
  return spec.failurePolicy !== 'Ignore'
}

/** Upstream: validating/validator.go. */
function outcome(
  validation: Validation,
  variables: Variables,
  budget: Budget,
  strict: boolean,
): Failure | undefined {
  const { expression, messageExpression } = validation
  const message = validation.message?.trim() ?? ''
  const reason = (validation.reason || 'Invalid') as StatusReason
  try {
    const result = evaluate(expression, variables, budget)
    if (result === true) return undefined
    if (result !== false) throw new RuleError('cel expression does not evaluate to a bool')
  } catch (error) {
    if (!(error instanceof RuleError) || isOutOfBudget(error)) throw error
    if (!strict) return undefined
    return { message: `expression '${expression}' resulted in error: ${error.message}`, reason }
  }
  const computed = messageExpression ? messageOf(messageExpression, variables, budget) : undefined
  return { message: computed ?? (message || `failed expression: ${expression.trim()}`), reason }
}

/** Undefined when the expression comes to nothing that could be told. */
function messageOf(expression: string, variables: Variables, budget: Budget): string | undefined {
  try {
    const text = evaluate(expression, variables, budget)
    if (typeof text !== 'string') return undefined
    const trimmed = text.trim()
    return trimmed === '' || trimmed.includes('\n') || trimmed.length > MAX_MESSAGE ? undefined : trimmed
  } catch (error) {
    if (error instanceof RuleError && !isOutOfBudget(error)) return undefined
    throw error
  }
}

function annotate(
  policy: Policy,
  key: string,
  expression: string,
  variables: Variables,
  budget: Budget,
  attributes: AdmissionAttributes,
): void {
  try {
    const value = evaluate(expression, variables, budget)
    if (typeof value === 'string' && value.trim() !== '') {
      audit(attributes, `${policy.metadata!.name}/${key}: ${value.trim()}`)
    }
  } catch (error) {
    if (!(error instanceof RuleError) || isOutOfBudget(error)) throw error
  }
}

function isOutOfBudget(error: unknown): error is CostError {
  return error instanceof CostError && error.outOfBudget
}

/**
 * `variables.x`: computed when first asked for, once a request. A plain Map but for how it finds values, since the
 * engine knows types by their constructors.
 */
function lazyVariables(
  variables: readonly { readonly name: string; readonly expression: string }[],
  given: Variables,
  budget: Budget,
): ReadonlyMap<string, unknown> {
  const expressions = new Map(variables.map(({ name, expression }) => [name, expression]))
  const computed = new Map<string, unknown>()
  const lazy = new Map<string, unknown>()
  lazy.has = (name) => expressions.has(name)
  lazy.get = (name) => {
    const expression = expressions.get(name)
    if (!computed.has(name) && expression !== undefined) {
      // One that names itself finds nothing.
      computed.set(name, undefined)
      computed.set(name, evaluate(expression, { ...given, variables: lazy }, budget))
    }
    return computed.get(name)
  }
  return lazy
}

/** The parameters under which a policy is evaluated, each in turn; undefined: without any. A text says what is missing. */
function paramsFor(
  { spec }: Policy,
  { spec: { paramRef } }: Binding,
  attributes: AdmissionAttributes,
): readonly (KubeObject | undefined)[] | string {
  const { paramKind } = spec
  if (paramKind === undefined) return [undefined]
  if (paramRef === undefined) return [undefined]
  const { server } = attributes
  const kind = server.scheme
    .all()
    .find((it) => it.kind === paramKind.kind && apiVersionOf(it) === paramKind.apiVersion)
  if (kind === undefined)
    return `failed to configure policy: failed to find resource referenced by paramKind: '${paramKind.apiVersion}, Kind=${paramKind.kind}'`
  if (kind.namespaced && !attributes.kind.namespaced && !paramRef.namespace) {
    return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
  }
  const namespace = kind.namespaced ? paramRef.namespace || attributes.namespace : undefined
  const found = lookUp(paramRef, kind, namespace, server)
  if (found.length > 0) return found
  return paramRef.parameterNotFoundAction === 'Allow'
    ? []
    : 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'
}

function lookUp(
  { name, selector }: ParamRef,
  { group, resource }: KindDefinition,
  namespace: string | undefined,
  server: ServerContext,
): readonly KubeObject[] {
  if (name) {
    const found = server.find(group, resource, namespace, name)
    return found === undefined ? [] : [found]
  }
  const all = server.each(group, resource, namespace)
  return selector === undefined
    ? []
    : all.filter((it) => compileSelector(selector).matches(it.metadata?.labels))
}
