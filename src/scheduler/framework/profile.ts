/** One profile at work: its plugins, made and put in order, and the evaluator over them. */
import type { ProfileConfiguration } from '../config.ts'
import { NO_ARGS, type RegisteredPlugin } from '../registry.ts'
import type { PlacedPlugin } from './class-memo.ts'
import { Evaluator } from './evaluator.ts'
import type { Nominator } from './nominator.ts'
import type { Plugin, PluginHandle } from './plugin.ts'
import { type EnabledPlugin, implementsPoint, multiPointPlugins, pluginsAt } from './plugin-sets.ts'

/** A configuration that names what does not exist, or leaves out what must be there. `path` is where it says so. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`)
    this.path = path
  }
}

export interface ProfileEnvironment {
  readonly registry: ReadonlyMap<string, RegisteredPlugin>
  readonly nominator: Nominator
  readonly percentageOfNodesToScore: number
  /** The handle's parts that do not depend on the profile. */
  readonly handle: Omit<PluginHandle, 'schedulerName' | 'filterNow' | 'tryOut' | 'isLocal'>
  /** Where the profile stands in the configuration, for errors. */
  readonly path: string
}

export class Profile {
  readonly schedulerName: string
  readonly evaluator: Evaluator
  readonly plugins: ReadonlyMap<string, Plugin>
  readonly preEnqueue: readonly Plugin[]
  readonly less: NonNullable<Plugin['less']>
  readonly queueSortName: string
  readonly filters: readonly PlacedPlugin[]
  readonly scores: readonly PlacedPlugin[]
  readonly postFilter: readonly Plugin[]
  readonly reserve: readonly Plugin[]
  readonly permit: readonly Plugin[]
  readonly preBind: readonly Plugin[]
  readonly bind: readonly Plugin[]
  readonly postBind: readonly Plugin[]

  constructor(configuration: ProfileConfiguration, environment: ProfileEnvironment) {
    const { registry, path } = environment
    this.schedulerName = configuration.schedulerName
    const defaults = [...registry.values()].flatMap(({ name, byDefault }): EnabledPlugin[] =>
      byDefault === undefined ? [] : [{ name, weight: byDefault.weight }],
    )
    const multiPoint = multiPointPlugins(defaults, configuration.plugins.multiPoint)
    const handle: PluginHandle = {
      ...environment.handle,
      schedulerName: this.schedulerName,
      filterNow: (cycle, node) => this.evaluator.filterNow(cycle, node),
      tryOut: (cycle, node, body) => this.evaluator.tryOut(cycle, node, body),
      isLocal: (pod) => this.evaluator.isLocal(pod),
    }
    this.plugins = createPlugins(configuration, multiPoint, environment, handle)
    const at = (point: Parameters<typeof pluginsAt>[0]) => {
      const all = pluginsAt(point, multiPoint, configuration.plugins, this.plugins)
      for (const [i, { name }] of (configuration.plugins[point]?.enabled ?? []).entries())
        if (!implementsPoint(this.plugins.get(name)!, point))
          throw new ConfigurationError(
            `${path}.plugins.${point}.enabled[${i}].name`,
            `plugin ${JSON.stringify(name)} does not extend ${point}`,
          )
      return all
    }
    const plain = (point: Parameters<typeof pluginsAt>[0]) =>
      at(point).map(({ name }) => this.plugins.get(name)!)
    const placed = (point: Parameters<typeof pluginsAt>[0]) =>
      at(point).map(({ name, weight }, place) => ({
        plugin: this.plugins.get(name)!,
        place,
        weight: weight || 1,
      }))

    const sorts = plain('queueSort')
    if (sorts.length !== 1)
      throw new ConfigurationError(
        `${path}.plugins.queueSort`,
        sorts.length === 0
          ? 'no queue sort plugin is enabled'
          : `only one queue sort plugin can be enabled, not ${sorts.map((it) => it.name).join(', ')}`,
      )
    this.queueSortName = sorts[0]!.name
    this.less = sorts[0]!.less!.bind(sorts[0])
    this.bind = plain('bind')
    if (this.bind.length === 0)
      throw new ConfigurationError(`${path}.plugins.bind`, 'at least one bind plugin is needed')
    this.preEnqueue = plain('preEnqueue')
    this.filters = placed('filter')
    this.scores = placed('score')
    this.postFilter = plain('postFilter')
    this.reserve = plain('reserve')
    this.permit = plain('permit')
    this.preBind = plain('preBind')
    this.postBind = plain('postBind')
    this.evaluator = new Evaluator(
      environment.handle.cache,
      environment.nominator,
      { preFilters: placed('preFilter'), filters: this.filters, scores: this.scores },
      {
        percentageOfNodesToScore:
          configuration.percentageOfNodesToScore ?? environment.percentageOfNodesToScore,
        random: environment.handle.random,
      },
    )
  }
}

function createPlugins(
  configuration: ProfileConfiguration,
  multiPoint: readonly EnabledPlugin[],
  { registry, path }: ProfileEnvironment,
  handle: PluginHandle,
): ReadonlyMap<string, Plugin> {
  const places = new Map<string, string>()
  for (const [i, { name }] of multiPoint.entries())
    places.set(name, `${path}.plugins.multiPoint.enabled[${i}].name`)
  for (const [point, set] of Object.entries(configuration.plugins))
    set?.enabled.forEach(({ name }, i) => {
      const place = `${path}.plugins.${point}.enabled[${i}].name`
      if (!registry.has(name) || !places.has(name)) places.set(name, place)
    })
  const args = new Map<string, { readonly args: unknown; readonly place: string }>()
  configuration.pluginConfig.forEach((it, i) => {
    const place = `${path}.pluginConfig[${i}]`
    if (args.has(it.name))
      throw new ConfigurationError(`${place}.name`, `repeated config for plugin ${it.name}`)
    if (!registry.has(it.name)) throw unknownPlugin(`${place}.name`, it.name, registry)
    args.set(it.name, { args: it.args, place: `${place}.args` })
  })
  const plugins = new Map<string, Plugin>()
  for (const [name, place] of places) {
    const registered = registry.get(name)
    if (registered === undefined) throw unknownPlugin(place, name, registry)
    plugins.set(name, registered.create(argsOf(registered, args.get(name)), handle))
  }
  return plugins
}

function argsOf(
  { name, args = NO_ARGS, defaults }: RegisteredPlugin,
  given: { readonly args: unknown; readonly place: string } | undefined,
): unknown {
  if (given === undefined && (defaults !== undefined || args === NO_ARGS)) return defaults ?? {}
  const checked = args().safeParse(withoutTypeMeta(given?.args ?? {}))
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]!
  throw new ConfigurationError(`${given?.place ?? name}${pathText(issue.path)}`, issueText(issue))
}

function unknownPlugin(
  place: string,
  name: string,
  registry: ReadonlyMap<string, unknown>,
): ConfigurationError {
  const valid = [...registry.keys()].sort().join(', ')
  return new ConfigurationError(place, `no plugin ${JSON.stringify(name)}; there are ${valid}`)
}

/** Args may carry `apiVersion` and `kind: NodeAffinityArgs`. */
function withoutTypeMeta(args: unknown): unknown {
  const { apiVersion: _, kind: __, ...rest } = args as Readonly<Record<string, unknown>>
  return rest
}

/** `.profiles[0].plugins`, as upstream writes field paths. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((it) => (typeof it === 'number' ? `[${it}]` : `.${String(it)}`)).join('')
}

/** A zod issue for people: what is wrong, and what would be right. */
export function issueText(issue: {
  readonly code?: string
  readonly message: string
  readonly keys?: readonly string[]
  readonly values?: readonly unknown[]
}): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys?.map((it) => JSON.stringify(it)).join(', ')}`
  if (issue.code === 'invalid_value' && issue.values !== undefined)
    return `supported values: ${issue.values.map((it) => JSON.stringify(it)).join(', ')}`
  return issue.message
}
