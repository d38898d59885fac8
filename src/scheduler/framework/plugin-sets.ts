/** Which plugins run at which point of a profile (runtime/framework.go, apis/config/v1/default_plugins.go). */
import { POINTS, type Point, type ProfileConfiguration } from '../config.ts'
import type { Plugin } from './plugin.ts'

export interface EnabledPlugin {
  readonly name: string
  readonly weight?: number
}

interface PluginSet {
  readonly enabled: readonly EnabledPlugin[]
  readonly disabled: readonly { readonly name: string }[]
}

const NONE: PluginSet = { enabled: [], disabled: [] }
const ALL = '*'

/** The defaults, with what the user disabled taken out and what the user enabled put in their place or at the end. */
export function multiPointPlugins(
  defaults: readonly EnabledPlugin[],
  { enabled, disabled }: PluginSet = NONE,
): readonly EnabledPlugin[] {
  const isDisabled = (name: string) => disabled.some((it) => it.name === name || it.name === ALL)
  const replaced = new Set<string>()
  const kept = defaults
    .filter((it) => !isDisabled(it.name))
    .map((it) => {
      const own = enabled.find((other) => other.name === it.name)
      if (own !== undefined) replaced.add(it.name)
      return own ?? it
    })
  return [...kept, ...enabled.filter((it) => !replaced.has(it.name))]
}

/** At one point: plugins that the point names and MultiPoint too go first, then the rest of MultiPoint, then the others. */
export function pluginsAt(
  point: Point,
  multiPoint: readonly EnabledPlugin[],
  sets: ProfileConfiguration['plugins'],
  plugins: ReadonlyMap<string, Plugin>,
): readonly EnabledPlugin[] {
  const { enabled, disabled } = sets[point] ?? NONE
  const isDisabled = (name: string) => disabled.some((it) => it.name === name)
  const general = isDisabled(ALL)
    ? []
    : multiPoint.filter((it) => !isDisabled(it.name) && implementsPoint(plugins.get(it.name)!, point))
  const isGeneral = (name: string) => general.some((it) => it.name === name)
  const isNamed = (name: string) => enabled.some((it) => it.name === name)
  return [
    ...enabled.filter((it) => isGeneral(it.name)),
    ...general.filter((it) => !isNamed(it.name)),
    ...enabled.filter((it) => !isGeneral(it.name)),
  ]
}

export function implementsPoint(plugin: Plugin, point: Point): boolean {
  switch (point) {
    case 'queueSort':
      return plugin.less !== undefined
    case 'filter':
      return plugin.filter !== undefined || (plugin.tracks?.includes('filter') ?? false)
    case 'score':
      return plugin.score !== undefined || (plugin.tracks?.includes('score') ?? false)
    case 'reserve':
      return plugin.reserve !== undefined || plugin.unreserve !== undefined
    case 'bind':
      return plugin.bind !== undefined || plugin.bindAsync !== undefined
    default:
      return plugin[point] !== undefined
  }
}

export function pointsOf(plugin: Plugin): readonly Point[] {
  return POINTS.filter((point) => implementsPoint(plugin, point))
}
