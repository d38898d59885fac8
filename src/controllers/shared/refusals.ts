/** What a failed request says about the world. */
import { causeOf } from '../../api/errors.ts'

/** The namespace is being deleted: nothing can be created in it, and nobody needs to hear of each refusal. */
export function isNamespaceTerminating(error: unknown): boolean {
  return causeOf(error, 'NamespaceTerminating') !== undefined
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
