/** Reads a scenario file, or a plain manifest, and everything it refers to; nothing runs before all of it is read. */
import type { ClusterOptions } from '../cluster/cluster.ts'
import { InputError, type Place } from '../cluster/input-error.ts'
import { type FieldPath, type ManifestObject, objectsOf, parseDocuments } from '../cluster/manifest.ts'
import { isRecord } from './fields.ts'
import type { AnyStep } from './step.ts'
import { apply } from './steps/apply.ts'
import { settle } from './steps/settle.ts'

/** Reads a file that a scenario names, relative to the scenario's own file. Rejects when it cannot. */
export type ReadFile = (
  file: string,
  from: string,
) => Promise<{ readonly text: string; readonly file: string }>

export interface LoadedScenario {
  readonly name: string
  readonly file: string
  readonly description: string | undefined
  readonly cluster: ClusterOptions
  readonly namespace: string
  readonly timeoutMs: number
  readonly steps: readonly LoadedStep[]
  readonly catch: readonly LoadedOperation[]
  readonly finally: readonly LoadedOperation[]
  /** Where an option of the cluster stands. */
  placeOfOption(name: string): Place
}

export interface LoadedStep {
  readonly title: string
  readonly description: string | undefined
  readonly operations: readonly LoadedOperation[]
  readonly catch: readonly LoadedOperation[]
  readonly finally: readonly LoadedOperation[]
}

export interface LoadedOperation {
  readonly step: AnyStep
  readonly input: unknown
  readonly objects: readonly ManifestObject[]
  readonly expectError: true | string | undefined
  placeOf(path: FieldPath): Place
}

/**
 * A file with a Scenario, or with nothing but Kubernetes objects: these are applied and settled, as the scenario
 * that anybody would write for them. Throws {@link InputError}.
 */
export async function loadScenario(text: string, file: string, readFile: ReadFile): Promise<LoadedScenario> {
  const documents = parseDocuments(text, file)
  if (documents.length === 0) throw new InputError('the file is empty', { file, line: 0, column: 0 })
  const document = documents.find((it) => isScenario(it.value))
  if (document === undefined) return scenarioOfManifest(objectsOf(documents), file)
  if (documents.length > 1) {
    const other = documents.find((it) => it !== document)!
    throw new InputError(
      'a Scenario stands alone in its file',
      other.placeOf([]),
      'name other files in its steps, or put the objects under "resources:"',
    )
  }
  // Only now: the schema of all steps costs time that a manifest need not pay.
  const { readScenario } = await import('./loader.ts')
  return readScenario(document, file, nameOfFile(file), readFile)
}

/** A slip in the version or kind is for the schema to explain, so one of both is enough. */
function isScenario(value: unknown): boolean {
  if (!isRecord(value)) return false
  return value['kind'] === 'Scenario' || String(value['apiVersion']).startsWith('kubarium.dev/')
}

function scenarioOfManifest(objects: readonly ManifestObject[], file: string): LoadedScenario {
  const placeOf = () => ({ file, line: 0, column: 0 })
  const operation = (
    step: AnyStep,
    input: unknown,
    all: readonly ManifestObject[] = [],
  ): LoadedOperation => ({
    step,
    input,
    objects: all,
    expectError: undefined,
    placeOf,
  })
  const step = (title: string, ...operations: LoadedOperation[]): LoadedStep => ({
    title,
    description: undefined,
    operations,
    catch: [],
    finally: [],
  })
  return {
    name: nameOfFile(file),
    file,
    description: undefined,
    cluster: { nodes: 3 },
    namespace: 'default',
    timeoutMs: 60 * 60_000,
    steps: [step('apply', operation(apply, file, objects)), step('settle', operation(settle, null))],
    catch: [],
    finally: [],
    placeOfOption: placeOf,
  }
}

function nameOfFile(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.(?:ya?ml|json)$/, '')
}
