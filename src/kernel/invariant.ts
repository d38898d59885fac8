/** Thrown when kubarium itself is wrong: a rule of its own was broken. Never caught to carry on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Stops near the cause and names the rule that broke; `details` are printed as JSON. */
export function invariant(condition: unknown, rule: string, details?: object): asserts condition {
  if (condition) return
  throw new InvariantError(details === undefined ? rule : `${rule}: ${JSON.stringify(details)}`)
}

/** Ends every `switch` over a tagged union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`)
}
