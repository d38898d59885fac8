/** What is wrong with a policy's expressions before any request comes (upstream: admission/plugin/policy/validating/typechecking.go). */
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from '../../api/admissionregistration/validating-admission-policy.ts'
import { loadedEngines } from '../../api/custom/engines.ts'
import type { Engines, FieldsOf } from '../../api/custom/rule.ts'
import type { KindDefinition } from '../../api/kind.ts'
import type { AnySchema } from '../../api/schema.ts'
import { BUILT_IN_KINDS } from '../../api/scheme.ts'

/** Upstream looks at no more kinds than that. */
const KINDS_MAX = 10

export function expressionWarnings({ spec }: ValidatingAdmissionPolicy): ExpressionWarning[] {
  const engines = loadedEngines()
  if (engines === undefined) return []
  const kinds = kindsOf(spec)
  const warnings: ExpressionWarning[] = []
  for (const [index, validation] of (spec.validations ?? []).entries()) {
    for (const field of ['expression', 'messageExpression'] as const) {
      const expression = validation[field]
      if (!expression) continue
      const lines = kinds.flatMap((kind) => problemsFor(engines, expression, kind))
      if (lines.length > 0) {
        warnings.push({ fieldRef: `spec.validations[${index}].${field}`, warning: lines.join('\n') })
      }
    }
  }
  return warnings
}

/** The kinds that rules name; those of wildcards are not known. */
function kindsOf({ matchConstraints }: ValidatingAdmissionPolicy['spec']): KindDefinition[] {
  const rules = matchConstraints?.resourceRules ?? []
  return BUILT_IN_KINDS.filter(({ group, version, resource }) =>
    rules.some(
      (it) =>
        it.apiGroups?.includes(group) &&
        it.apiVersions?.includes(version) &&
        it.resources?.includes(resource),
    ),
  ).slice(0, KINDS_MAX)
}

function problemsFor(engines: Engines, expression: string, kind: KindDefinition): string[] {
  const type = fieldsOf(kind.schema())
  const problem = engines.compileRule(expression).undefinedField({ object: type, oldObject: type })
  return problem === undefined ? [] : [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${problem}`]
}

function fieldsOf(schema: AnySchema): FieldsOf {
  if (schema.type !== 'struct' || schema.open === true) return 'unknown'
  return (name) => {
    const field = schema.fields()[name]
    return field === undefined ? undefined : fieldsOf(field)
  }
}
