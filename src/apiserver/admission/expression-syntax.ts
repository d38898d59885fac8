/** Refuses policies and webhooks whose expressions cannot be compiled (upstream: apis/admissionregistration/validation). */
import { invalid } from '../../api/errors.ts'
import { FieldErrors, type PathStep } from '../../api/field-errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { compileProblem, type MatchCondition, withEngines } from './expressions.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isExempt } from './rules.ts'

interface Expression {
  readonly path: readonly PathStep[]
  readonly text: string
}

export const expressionSyntax: AdmissionPlugin = {
  name: 'ExpressionSyntax',
  handles: ({ kind, operation, subresource }) =>
    isExempt(kind) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  validate(object, attributes) {
    const expressions = expressionsOf(object!)
    if (expressions.length === 0) return undefined
    return withEngines(attributes, () => {
      const errors = new FieldErrors()
      for (const { path, text } of expressions) {
        const problem = compileProblem(text)
        if (problem === undefined) continue
        for (const step of path) errors.enter(step)
        errors.invalid(undefined, text, problem)
        for (const _ of path) errors.leave()
      }
      if (!errors.empty) throw invalid(attributes.kind, attributes.name, errors.list)
    })
  },
}

interface Spec {
  readonly matchConditions?: readonly MatchCondition[]
  readonly validations?: readonly { readonly expression: string; readonly messageExpression?: string }[]
  readonly variables?: readonly MatchCondition[]
  readonly auditAnnotations?: readonly { readonly valueExpression: string }[]
}

function expressionsOf(object: KubeObject): readonly Expression[] {
  const { webhooks = [], spec = {} } = object as { readonly webhooks?: readonly Spec[]; readonly spec?: Spec }
  const found: Expression[] = []
  const add = (path: PathStep[], text: string | undefined) => {
    if (text?.trim()) found.push({ path, text })
  }
  const all = <T>(
    path: PathStep[],
    list: readonly T[] | undefined,
    each: (item: T, at: PathStep[]) => void,
  ) => {
    for (const [index, item] of (list ?? []).entries()) each(item, [...path, index])
  }
  const condition = (it: MatchCondition, at: PathStep[]) => add([...at, 'expression'], it.expression)
  all(['webhooks'], webhooks, (it, at) => all([...at, 'matchConditions'], it.matchConditions, condition))
  all(['spec', 'matchConditions'], spec.matchConditions, condition)
  all(['spec', 'variables'], spec.variables, condition)
  all(['spec', 'validations'], spec.validations, ({ expression, messageExpression }, at) => {
    add([...at, 'expression'], expression)
    add([...at, 'messageExpression'], messageExpression)
  })
  all(['spec', 'auditAnnotations'], spec.auditAnnotations, (it, at) =>
    add([...at, 'valueExpression'], it.valueExpression),
  )
  return found
}
