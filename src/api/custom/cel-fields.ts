/** Fields that an expression selects and its variables cannot have (upstream: cel-go's checker). */
import type { FieldsOf } from './rule.ts'

interface Node {
  readonly op: string
  readonly args: unknown
  /** Of a selected field: where its name begins. */
  readonly pos: number
}

interface Missing {
  readonly name: string
  /** Of the dot before it. */
  readonly at: number
}

/**
 * @param compiled the text that positions in the tree count in
 * @param written the expression as its author knows it
 */
export function undefinedField(
  ast: unknown,
  compiled: string,
  written: string,
  types: Readonly<Record<string, FieldsOf>>,
): string | undefined {
  const missing: Missing[] = []
  fieldsOf(ast, types, missing)
  const [first] = missing
  if (first === undefined) return undefined
  // What is longer in the compiled text than in the written one comes from renamed functions.
  const renamed = compiled.slice(0, first.at).split('.matchesLinear').length - 1
  const at = first.at - renamed * 'Linear'.length
  const before = written.slice(0, at).split('\n')
  const [line, column] = [before.length, before.at(-1)!.length]
  const text = written.split('\n')[line - 1]!
  return `ERROR: <input>:${line}:${column + 1}: undefined field '${first.name}'\n | ${text}\n | ${'.'.repeat(column)}^`
}

function fieldsOf(node: unknown, types: Readonly<Record<string, FieldsOf>>, missing: Missing[]): FieldsOf {
  if (Array.isArray(node)) {
    for (const it of node) fieldsOf(it, types, missing)
    return 'unknown'
  }
  if (typeof node !== 'object' || node === null || !('op' in node)) return 'unknown'
  const { op, args, pos } = node as Node
  if (op === 'id') return Object.hasOwn(types, args as string) ? types[args as string]! : 'unknown'
  if (op !== '.') {
    fieldsOf(args, types, missing)
    return 'unknown'
  }
  const [object, name] = args as [unknown, string]
  const fields = fieldsOf(object, types, missing)
  if (fields === 'unknown') return 'unknown'
  const found = fields(name)
  if (found === undefined) missing.push({ name, at: pos - 1 })
  return found ?? 'unknown'
}
