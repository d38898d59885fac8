/** Reads a scenario file, or a plain manifest, and everything it refers to; nothing runs before all of it is read. */
import type { ClusterOptions, ImageSpec, NodeSpec } from '../cluster/cluster.ts'
import { InputError, type Place } from '../cluster/input-error.ts'
import {
  type FieldPath,
  type ManifestObject,
  manifestObjects,
  parseDocuments,
  parseFieldPath,
  parseManifest,
  type SourceDocument,
} from '../cluster/manifest.ts'
import { durationMs, isRecord, type ResourceSource } from './fields.ts'
import { explainIssues } from './issues.ts'
import { type Operation, type Scenario, type ScenarioCluster, type ScenarioStep, scenario } from './schema.ts'
import type { AnyStep } from './step.ts'
import { STEPS, type StepName } from './steps/registry.ts'

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

const TIMEOUT_MS = 5 * 60_000

/**
 * A file with a Scenario, or with nothing but Kubernetes objects: these are applied and settled, as the scenario
 * that anybody would write for them. Throws {@link InputError}.
 */
export async function loadScenario(text: string, file: string, readFile: ReadFile): Promise<LoadedScenario> {
  const documents = parseDocuments(text, file)
  if (documents.length === 0) throw new InputError('the file is empty', { file, line: 0, column: 0 })
  const document = documents.find((it) => isScenario(it.value))
  if (document === undefined) return scenarioOfManifest(parseManifest(text, file), file)
  if (documents.length > 1) {
    const other = documents.find((it) => it !== document)!
    throw new InputError(
      'a Scenario stands alone in its file',
      other.placeOf([]),
      'name other files in its steps, or put the objects under "resources:"',
    )
  }
  const parsed = scenario.safeParse(document.value)
  if (!parsed.success) throw explainIssues(parsed.error, scenario, document)
  return new Loader(document, file, readFile).load(parsed.data)
}

/** A slip in the version or kind is for the schema to explain, so one of both is enough. */
function isScenario(value: unknown): boolean {
  if (!isRecord(value)) return false
  return value['kind'] === 'Scenario' || String(value['apiVersion']).startsWith('kubarium.dev/')
}

class Loader {
  readonly #document: SourceDocument
  readonly #file: string
  readonly #readFile: ReadFile

  constructor(document: SourceDocument, file: string, readFile: ReadFile) {
    this.#document = document
    this.#file = file
    this.#readFile = readFile
  }

  async load({ metadata, spec }: Scenario): Promise<LoadedScenario> {
    const steps: LoadedStep[] = []
    for (const [i, step] of spec.steps.entries()) steps.push(await this.#step(step, ['spec', 'steps', i]))
    return {
      name: metadata?.name ?? nameOfFile(this.#file),
      file: this.#file,
      description: spec.description,
      cluster: this.#cluster(spec.cluster ?? {}),
      namespace: spec.namespace ?? 'default',
      timeoutMs: spec.timeout === undefined ? TIMEOUT_MS : durationMs(spec.timeout),
      steps,
      catch: await this.#operations(spec.catch, ['spec', 'catch']),
      finally: await this.#operations(spec.finally, ['spec', 'finally']),
      placeOfOption: (name) => this.#document.placeOf(['spec', 'cluster', name]),
    }
  }

  async #step(step: ScenarioStep, path: readonly (string | number)[]): Promise<LoadedStep> {
    if (step.try !== undefined) {
      const operations = await this.#operations(step.try, [...path, 'try'])
      return {
        title: step.name ?? operations.map((it) => it.step.name).join(', '),
        description: step.description,
        operations,
        catch: await this.#operations(step.catch, [...path, 'catch']),
        finally: await this.#operations(step.finally, [...path, 'finally']),
      }
    }
    const operation = await this.#operation(step, path)
    return {
      title: step.name ?? titleOf(operation),
      description: step.description,
      operations: [operation],
      catch: [],
      finally: [],
    }
  }

  async #operations(
    list: readonly Operation[] | undefined,
    path: readonly (string | number)[],
  ): Promise<LoadedOperation[]> {
    const loaded: LoadedOperation[] = []
    for (const [i, operation] of (list ?? []).entries())
      loaded.push(await this.#operation(operation, [...path, i]))
    return loaded
  }

  async #operation(operation: Operation, path: readonly (string | number)[]): Promise<LoadedOperation> {
    const name = (Object.keys(STEPS) as StepName[]).find((it) => Object.hasOwn(operation, it))!
    const step: AnyStep = STEPS[name]
    const input: unknown = operation[name]
    const placeOf = (inner: FieldPath) => this.#document.placeOf([...path, name, ...parts(inner)])
    const source = step.source?.(input as never)
    return {
      step,
      input,
      objects: source === undefined ? [] : await this.#objects(source, placeOf),
      expectError: operation.expectError,
      placeOf,
    }
  }

  async #objects(source: ResourceSource, placeOf: (path: FieldPath) => Place): Promise<ManifestObject[]> {
    const fields = typeof source === 'string' ? { file: source } : source
    if (fields.file !== undefined) {
      const { text, file } = await this.#read(
        fields.file,
        placeOf(typeof source === 'string' ? [] : ['file']),
      )
      const objects = parseManifest(text, file)
      if (objects.length === 0) throw new InputError(`${file} holds no objects`, placeOf([]))
      return objects
    }
    if (fields.resource !== undefined) {
      return manifestObjects(fields.resource, (path) => placeOf(['resource', ...parts(path)]))
    }
    return (fields.resources ?? []).flatMap((resource, i) =>
      manifestObjects(resource, (path) => placeOf(['resources', i, ...parts(path)])),
    )
  }

  async #read(name: string, place: Place): Promise<{ readonly text: string; readonly file: string }> {
    try {
      return await this.#readFile(name, this.#file)
    } catch (error) {
      throw new InputError(
        `cannot read ${name}: ${error instanceof Error ? error.message : String(error)}`,
        place,
      )
    }
  }

  #cluster({ nodes, images, ...rest }: ScenarioCluster): ClusterOptions {
    return {
      ...rest,
      ...(nodes === undefined ? {} : { nodes: typeof nodes === 'number' ? nodes : this.#nodes(nodes) }),
      ...(images === undefined ? {} : { images: images.map(imageOf) }),
    }
  }

  /** Nodes without a name are numbered through; a name with a count gets numbers of its own. */
  #nodes(specs: Exclude<ScenarioCluster['nodes'], number | undefined>): NodeSpec[] {
    const names = new Set<string>()
    let unnamed = 0
    return specs.flatMap(({ count = 1, name, ...spec }, i) =>
      Array.from({ length: count }, (_, n) => {
        const full = name === undefined ? `node-${++unnamed}` : count === 1 ? name : `${name}-${n + 1}`
        if (names.has(full)) {
          const place = this.#document.placeOf(['spec', 'cluster', 'nodes', i, 'name'])
          throw new InputError(`there are two nodes named ${full}`, place)
        }
        names.add(full)
        return { ...spec, name: full }
      }),
    )
  }
}

type ImageFields = NonNullable<ScenarioCluster['images']>[number]

function imageOf({ runsFor, readyAfter, ...rest }: ImageFields): ImageSpec {
  return {
    ...rest,
    ...(runsFor === undefined ? {} : { runsFor: durationMs(runsFor) }),
    ...(readyAfter === undefined ? {} : { readyAfter: durationMs(readyAfter) }),
  }
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
    steps: [
      step('apply', operation(STEPS.apply, file, objects)),
      step('settle', operation(STEPS.settle, null)),
    ],
    catch: [],
    finally: [],
    placeOfOption: placeOf,
  }
}

/** What a step without a name is called: `scale deployment/web`, `advance 6m`, `assert Deployment/web`. */
function titleOf({ step, input, objects }: LoadedOperation): string {
  if (step.name === 'print' || step.name === 'script') return step.name
  if (typeof input === 'string') return `${step.name} ${input}`
  const [first] = objects
  if (first !== undefined) {
    const more = objects.length > 1 ? ` and ${objects.length - 1} more` : ''
    return `${step.name} ${[first.object.kind, first.object.metadata?.name].filter(Boolean).join('/')}${more}`
  }
  if (!isRecord(input)) return step.name
  const [key, value] = Object.entries(input).find(([, it]) => typeof it === 'string') ?? []
  if (value === undefined) return step.name
  return step.name === 'rollout' || step.name === 'fault'
    ? `${step.name} ${key} ${value}`
    : `${step.name} ${value}`
}

function nameOfFile(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.(?:ya?ml|json)$/, '')
}

function parts(path: FieldPath): readonly (string | number)[] {
  return typeof path === 'string' ? parseFieldPath(path) : path
}
