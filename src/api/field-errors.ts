/**
 * Collects what is wrong with an object, in upstream's words and with upstream's field paths. A path costs
 * nothing until an error is added: a validator pushes and pops steps of one shared stack, and the text is put
 * together only when something is wrong.
 */
import { GoValue, goList, goQuote } from './go-syntax.ts'
import { stringify } from './json.ts'

/** Reasons of Status causes; upstream: apimachinery field.ErrorType. */
export type FieldErrorReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly reason: FieldErrorReason
  /** `spec.containers[0].name`. */
  readonly field: string
  /** Without the path: `Required value: must be set`. */
  readonly message: string
}

/** One step of a path: a field, an element of a list, or a key of a map (printed in brackets). */
export type PathStep = string | number | { readonly key: string }

/** Where in an object a check is. */
export class FieldPath {
  readonly #path: PathStep[] = []

  /** Runs `check` one step further down. */
  at(step: PathStep, check: () => void): void {
    this.#path.push(step)
    check()
    this.#path.pop()
  }

  /** Runs `check` for each element of `field`, at `field[i]`. An absent list has none. */
  each<T>(field: string, items: readonly T[] | undefined, check: (item: T, index: number) => void): void {
    if (items === undefined || items.length === 0) return
    this.#path.push(field)
    for (let index = 0; index < items.length; index++) {
      this.#path.push(index)
      check(items[index] as T, index)
      this.#path.pop()
    }
    this.#path.pop()
  }

  /** For loops that are too hot for a closure: must be paired with `leave`. */
  enter(step: PathStep): void {
    this.#path.push(step)
  }

  leave(): void {
    this.#path.pop()
  }

  text(field?: PathStep): string {
    return formatPath(field === undefined ? this.#path : [...this.#path, field])
  }
}

/** What is odd about an object that is taken all the same: texts of `Warning` headers. */
export class FieldWarnings extends FieldPath {
  readonly list: string[] = []

  add(field: PathStep | undefined, text: string): void {
    this.note(`${this.text(field)}: ${text}`)
  }

  /** Of what has no path. */
  note(text: string): void {
    this.list.push(text)
  }
}

export class FieldErrors extends FieldPath {
  readonly #errors: FieldError[] = []

  get list(): readonly FieldError[] {
    return this.#errors
  }

  get empty(): boolean {
    return this.#errors.length === 0
  }

  required(field?: PathStep, detail = ''): void {
    this.#add('FieldValueRequired', field, withDetail('Required value', detail))
  }

  /** `value` is printed as upstream would: strings quoted, numbers bare; what Go has types for through go-syntax.ts. */
  invalid(field: PathStep | undefined, value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', field, withDetail(`Invalid value: ${print(value)}`, detail))
  }

  /** Of values that do not go together, none of which is printed. */
  invalidPlace(detail: string): void {
    this.#add('FieldValueInvalid', undefined, withDetail('Invalid value', detail))
  }

  typeInvalid(field: PathStep | undefined, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, withDetail(`Invalid value: ${print(value)}`, detail))
  }

  notSupported(field: PathStep | undefined, value: unknown, supported: readonly string[]): void {
    const values = supported.length === 0 ? '' : `: supported values: ${supported.map(goQuote).join(', ')}`
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${print(value)}${values}`)
  }

  duplicate(field: PathStep | undefined, value: unknown): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${print(value)}`)
  }

  forbidden(field: PathStep | undefined, detail: string): void {
    this.#add('FieldValueForbidden', field, withDetail('Forbidden', detail))
  }

  notFound(field: PathStep | undefined, value: unknown): void {
    this.#add('FieldValueNotFound', field, `Not found: ${print(value)}`)
  }

  tooLong(field: PathStep | undefined, maxBytes: number): void {
    this.#add('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`)
  }

  tooMany(field: PathStep | undefined, actual: number, max: number): void {
    const items = max === 1 ? 'item' : 'items'
    this.#add('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} ${items}`)
  }

  internal(field: PathStep | undefined, detail: string): void {
    this.#add('InternalError', field, `Internal error: ${detail}`)
  }

  #add(reason: FieldErrorReason, field: PathStep | undefined, message: string): void {
    this.#errors.push({ reason, field: this.text(field), message })
  }
}

/** `spec.containers[0].resources.limits[cpu]`. */
export function formatPath(path: readonly PathStep[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (typeof step === 'object') text += `[${step.key}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`
}

function print(value: unknown): string {
  if (typeof value === 'string') return goQuote(value)
  if (value instanceof GoValue) return value.text
  // Upstream's nil is the word, quoted like every other.
  if (value === undefined || value === null) return '"null"'
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return goList(value)
  return typeof value === 'object' ? stringify(value) : String(value)
}
