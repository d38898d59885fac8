/**
 * Expressions (CEL) over a request: what match conditions and policies see, and how they are compiled. Upstream:
 * apiserver/pkg/admission/plugin/cel.
 */
import { type Authorization, authorizerFor } from '../../api/custom/authorizer.ts'
import { loadEngines } from '../../api/custom/engines.ts'
import {
  type Budget,
  CostError,
  conditionBudget,
  type Engines,
  type Rule,
  RuleError,
} from '../../api/custom/rule.ts'
import { toCel } from '../../api/custom/schema-validation.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import type { Maybe } from '../../api/request.ts'
import { after } from '../maybe.ts'
import { served } from '../versions.ts'
import type { AdmissionAttributes } from './plugin.ts'
import { namespaceOf } from './rules.ts'

let engines: Engines | undefined
const compiled = new Map<string, Rule | RuleError>()
/** Expressions kept compiled; configurations hold few. */
const REMEMBERED = 2000

/** Makes sure that expressions can be compiled; done at once but for the first time. */
export function withEngines<T>({ server }: AdmissionAttributes, next: () => Maybe<T>): Maybe<T> {
  if (engines !== undefined) return next()
  return after(server.loop.standStill(loadEngines()), (loaded) => {
    engines = loaded
    return next()
  })
}

/** The value of an expression; throws RuleError when it cannot be compiled or evaluated, or costs too much. */
export function evaluate(
  expression: string,
  variables: Readonly<Record<string, unknown>>,
  budget: Budget,
): unknown {
  let rule = compiled.get(expression)
  if (rule === undefined) {
    if (compiled.size >= REMEMBERED) compiled.clear()
    compiled.set(expression, (rule = compile(expression)))
  }
  if (rule instanceof RuleError) throw rule
  return rule.evaluate(variables, budget)
}

/** Why an expression cannot be compiled; undefined when it can. Engines must have been loaded. */
export function compileProblem(expression: string): string | undefined {
  const rule = compile(expression)
  return rule instanceof RuleError ? rule.message : undefined
}

function compile(expression: string): Rule | RuleError {
  try {
    return engines!.compileRule(expression)
  } catch (error) {
    if (error instanceof RuleError) return new RuleError(`compilation failed: ${error.message}`)
    throw error
  }
}

/** What expressions may name, apart from parameters and variables of a policy. */
export function requestVariables(
  object: KubeObject | undefined,
  kind: KindDefinition,
  attributes: AdmissionAttributes,
): Record<string, unknown> {
  const { old, server, user, namespace, name } = attributes
  const seen = (it: KubeObject | undefined) =>
    it === undefined ? null : toCel(attributes.posted === undefined ? served(kind, it) : it, undefined)
  const authorization: Authorization = {
    allows: (who, what) => server.allows(who, what),
    user,
  }
  const requested = {
    group: kind.group,
    resource: kind.resource,
    subresource: attributes.subresource,
    namespace,
    name,
  }
  return {
    object: seen(object),
    oldObject: seen(old),
    request: toCel(requestOf(kind, attributes), undefined),
    namespaceObject: toCel(namespaceOf(attributes) ?? null, undefined),
    authorizer: authorizerFor(authorization, requested),
  }
}

/** AdmissionReview's `request` without the objects. */
export function requestOf(kind: KindDefinition, attributes: AdmissionAttributes) {
  const { call, operation, namespace, name, user, dryRun, subresource, posted } = attributes
  const asked = call.kind
  const kindOf = (it: { group: string; version: string; kind: string }) => ({
    group: it.group,
    version: it.version,
    kind: it.kind,
  })
  const resourceOf = ({ group, version, resource }: KindDefinition) => ({ group, version, resource })
  return {
    kind: kindOf(posted ?? kind),
    resource: resourceOf(kind),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(posted ?? asked),
    requestResource: resourceOf(asked),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun,
    options: optionsOf(attributes),
  }
}

function optionsOf({ operation, options }: AdmissionAttributes): object | null {
  const kinds = {
    CREATE: 'CreateOptions',
    UPDATE: 'UpdateOptions',
    DELETE: 'DeleteOptions',
    CONNECT: undefined,
  }
  const kind = kinds[operation]
  if (kind === undefined) return null
  const { fieldManager, fieldValidation, dryRun, gracePeriodSeconds, propagationPolicy, preconditions } =
    options
  const deletion = { gracePeriodSeconds, propagationPolicy, preconditions }
  const writing = { fieldManager, fieldValidation }
  const given = { dryRun: dryRun ? ['All'] : undefined, ...(operation === 'DELETE' ? deletion : writing) }
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  }
}

/** A condition that decides whether something applies at all. */
export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/**
 * Whether all conditions hold. A condition that is false decides; one that fails, only if none is false: the text of
 * its failure.
 */
export function meetsConditions(
  conditions: readonly MatchCondition[],
  variables: Readonly<Record<string, unknown>>,
): boolean | string {
  const failures: string[] = []
  const budget = conditionBudget()
  for (const { name, expression } of conditions) {
    try {
      if (evaluate(expression, variables, budget) !== true) return false
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      if (error instanceof CostError && error.outOfBudget) return error.message
      failures.push(`expression '${expression}' resulted in error: ${error.message} (${name})`)
    }
  }
  return failures.length === 0 || failures.join(', ')
}
