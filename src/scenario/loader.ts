/** Reads what a Scenario says, and everything it refers to. */
import type { ClusterOptions, ImageSpec, NodeSpec } from '../cluster/cluster.ts'
import { InputError, type Place } from '../cluster/input-error.ts'
import {
  type FieldPath,
  type ManifestObject,
  manifestObjects,
  parseFieldPath,
  parseManifest,
  type SourceDocument,
} from '../cluster/manifest.ts'
import { durationMs, isRecord, type ResourceSource } from './fields.ts'
import { explainIssues } from './issues.ts'
import type { LoadedOperation, LoadedScenario, LoadedStep, ReadFile } from './load.ts'
import { type Operation, type Scenario, type ScenarioCluster, type ScenarioStep, scenario } from './schema.ts'
import type { AnyStep } from './step.ts'
import { STEPS, type StepName } from './steps/registry.ts'

const TIMEOUT_MS = 5 * 60_000

/**
 * The scenario of a document, checked against the schema. Rejects with {@link InputError}.
 * @param name of a scenario that gives itself none
 */
export async function readScenario(
  document: SourceDocument,
  file: string,
  name: string,
  readFile: ReadFile,
): Promise<LoadedScenario> {
  const parsed = scenario.safeParse(document.value)
  if (!parsed.success) throw explainIssues(parsed.error, scenario, document)
  return new Loader(document, file, name, readFile).load(parsed.data)
}

class Loader {
  readonly #document: SourceDocument
  readonly #file: string
  readonly #name: string
  readonly #readFile: ReadFile

  constructor(document: SourceDocument, file: string, name: string, readFile: ReadFile) {
    this.#document = document
    this.#file = file
    this.#name = name
    this.#readFile = readFile
  }

  async load({ metadata, spec }: Scenario): Promise<LoadedScenario> {
    const steps: LoadedStep[] = []
    for (const [i, step] of spec.steps.entries()) steps.push(await this.#step(step, ['spec', 'steps', i]))
    return {
      name: metadata?.name ?? this.#name,
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

function parts(path: FieldPath): readonly (string | number)[] {
  return typeof path === 'string' ? parseFieldPath(path) : path
}
