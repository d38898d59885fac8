/** A KubeSchedulerConfiguration file as options of the scheduler; what is wrong with it is told with its place. */
import type { SchedulerConfigurationInput } from '../scheduler/config.ts'
import { ConfigurationError } from '../scheduler/framework/profile.ts'
import { type SchedulerOptions, scheduler } from '../scheduler/scheduler.ts'
import { InputError } from './input-error.ts'
import { parseDocuments } from './manifest.ts'

/** @param plugins of your own, which the file may enable */
export function parseSchedulerConfiguration(
  text: string,
  file: string,
  plugins?: SchedulerOptions['plugins'],
): SchedulerOptions {
  const [document, ...others] = parseDocuments(text, file)
  if (document === undefined) throw new InputError(`${file} is empty`)
  if (others.length > 0)
    throw new InputError('one KubeSchedulerConfiguration is enough', others[0]!.placeOf([]))
  const { kind, apiVersion } = (document.value ?? {}) as { kind?: unknown; apiVersion?: unknown }
  if (kind !== 'KubeSchedulerConfiguration' || apiVersion !== 'kubescheduler.config.k8s.io/v1')
    throw new InputError(
      'this is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1',
      document.placeOf('kind'),
    )
  const options = { configuration: goDefaults(document.value) as SchedulerConfigurationInput, plugins }
  try {
    scheduler(options)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const place = document.placeOf(error.path === 'configuration' ? [] : error.path)
    throw new InputError(error.message, place)
  }
  return options
}

/** As Go reads it: null and a weight of 0 are absent, and so is an empty list of resources to score. */
function goDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goDefaults)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, it]) =>
      it !== null &&
      !(key === 'weight' && it === 0) &&
      !(key === 'resources' && Array.isArray(it) && it.length === 0),
  )
  return Object.fromEntries(kept.map(([key, it]) => [key, goDefaults(it)]))
}
