/** What the engines of definitions offer: compiled patterns and rules. */

export interface Engines {
  /** A test that takes time linear in the text; undefined when the pattern is none. */
  compilePattern(pattern: string): ((text: string) => boolean) | undefined
  /** Throws RuleError when the expression cannot be compiled. */
  compileRule(expression: string): Rule
}

export interface Rule {
  /** Numbers are bigints where the schema says integer, maps are Maps. Throws RuleError. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown
}

export class RuleError extends Error {
  override readonly name = 'RuleError'
}
