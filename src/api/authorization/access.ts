/** What authorization decides about. */
export type AccessAttributes =
  | {
      readonly verb: string
      readonly group: string
      readonly version: string
      readonly resource: string
      readonly subresource?: string
      readonly namespace?: string
      readonly name?: string
      /** Of a list or watch; the object's name in it counts as `name`. */
      readonly fieldSelector?: string
    }
  | { readonly verb: string; readonly path: string }
