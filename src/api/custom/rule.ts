/** What the engines of definitions offer: compiled patterns and rules. */

export interface Engines {
  /** A test that takes time linear in the text; undefined when the pattern is none. */
  compilePattern(pattern: string): ((text: string) => boolean) | undefined
  /** Throws RuleError when the expression cannot be compiled. */
  compileRule(expression: string): Rule
}

export interface Rule {
  /** Numbers are bigints where the schema says integer, maps are Maps. Throws RuleError; CostError when it costs too much. */
  evaluate(variables: Readonly<Record<string, unknown>>, budget?: Budget): unknown
  /** A field that a variable cannot have, as CEL's type checker tells it; undefined: none that is known of. */
  undefinedField(types: Readonly<Record<string, FieldsOf>>): string | undefined
}

/** What is known of a value's fields by name: theirs, nothing (`unknown`), or undefined where there is none. */
export type FieldsOf = 'unknown' | ((name: string) => FieldsOf | undefined)

/** What may still be spent on expressions. */
export interface Budget {
  left: number
}

/** Upstream: apiserver/pkg/apis/cel/config.go RuntimeCELCostBudget. */
export function validationBudget(): Budget {
  return { left: 10_000_000 }
}

/** Upstream: RuntimeCELCostBudgetMatchConditions. */
export function conditionBudget(): Budget {
  return { left: 2_500_000 }
}

export class RuleError extends Error {
  override readonly name = 'RuleError'
}

export class CostError extends RuleError {
  /** The budget is used up, not only what one expression may cost. */
  readonly outOfBudget: boolean

  constructor(message: string, outOfBudget: boolean) {
    super(message)
    this.outOfBudget = outOfBudget
  }
}
