import type { RequestTarget } from '../request.ts'

/** What authorization decides about. */
export type AccessAttributes =
  | (RequestTarget & {
      readonly verb: string
      /** Of a list or watch; the object's name in it counts as `name`. */
      readonly fieldSelector?: string
    })
  | { readonly verb: string; readonly path: string }
