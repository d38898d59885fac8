/** What a scenario step is: the contract between the registry, the runner and the files under `steps/`. */
import type * as z from 'zod'
import type { Cluster } from '../cluster/cluster.ts'
import type { Place } from '../cluster/input-error.ts'
import type { FieldPath, ManifestObject } from '../cluster/manifest.ts'
import type { ResourceSource } from './fields.ts'

/**
 * One kind of step. `name` is its key in a scenario; the schema is the only description of what may stand under it,
 * for types, for errors and for the editor's JSON Schema alike.
 */
export interface StepDefinition<T> {
  readonly name: string
  readonly schema: z.ZodType<T>
  /** Objects that the step needs, inline or in a file: read and checked before the first step runs. */
  source?(input: T): ResourceSource | undefined
  /**
   * Does it, in virtual time. Resolves to one line about what was done (or nothing); throws {@link StepFailure},
   * `ApiError` or `InputError` when the step does not hold.
   */
  run(input: T, context: StepContext): Promise<string | undefined>
}

/** A step whose input is not known here; its schema has accepted what the methods are called with. */
export interface AnyStep {
  readonly name: string
  readonly schema: z.ZodType
  source?(input: never): ResourceSource | undefined
  run(input: never, context: StepContext): Promise<string | undefined>
}

/** What a step sees while it runs. */
export interface StepContext {
  readonly cluster: Cluster
  /** Namespace of objects that name none. */
  readonly namespace: string
  /** How long a step waits that says nothing itself, ms of virtual time. */
  readonly timeoutMs: number
  /** The objects of this step's `source`. */
  readonly objects: readonly ManifestObject[]
  /** Where a field of this step stands in the scenario file. */
  placeOf(path: FieldPath): Place
  /** Shows text to the reader below the step; may have several lines. */
  print(text: string): void
}

/** The world is not as the step says: `message` in one line, `details` for below it. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'
  readonly details: readonly string[]

  constructor(message: string, details: readonly string[] = []) {
    super(message)
    this.details = details
  }
}

/** Declares a step; the type of its input is inferred from the schema. */
export function defineStep<T>(definition: StepDefinition<T>): StepDefinition<T> {
  return definition
}
