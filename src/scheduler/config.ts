/** KubeSchedulerConfiguration, kubescheduler.config.k8s.io/v1, as far as it decides about pods (pkg/scheduler/apis/config). */
import * as z from 'zod'
import { lazily } from '../kernel/lazily.ts'

/** Extension points as they are named in a profile. */
export const POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const

export type Point = (typeof POINTS)[number]

export const schedulerConfiguration = lazily(() => {
  const enabled = z.strictObject({ name: z.string().min(1), weight: z.int().min(0).optional() })
  const pluginSet = z.strictObject({
    enabled: z.array(enabled).default([]),
    /** `*` disables all defaults. */
    disabled: z.array(z.strictObject({ name: z.string().min(1), weight: z.int().optional() })).default([]),
  })

  const plugins = z.strictObject({
    ...(Object.fromEntries(POINTS.map((point) => [point, pluginSet.optional()])) as Record<
      Point,
      z.ZodOptional<typeof pluginSet>
    >),
    multiPoint: pluginSet.optional(),
  })

  const percentage = z.int().min(0, 'not in valid range [0-100]').max(100, 'not in valid range [0-100]')

  const profile = z.strictObject({
    schedulerName: z.string().min(1).default('default-scheduler'),
    percentageOfNodesToScore: percentage.optional(),
    plugins: plugins.default({}),
    pluginConfig: z
      .array(z.strictObject({ name: z.string().min(1), args: z.record(z.string(), z.unknown()).default({}) }))
      .default([]),
  })

  const extender = z.strictObject({
    urlPrefix: z.url(),
    filterVerb: z.string().optional(),
    preemptVerb: z.string().optional(),
    prioritizeVerb: z.string().optional(),
    weight: z.int().min(1).optional(),
    bindVerb: z.string().optional(),
    enableHTTPS: z.boolean().optional(),
    tlsConfig: z.record(z.string(), z.unknown()).optional(),
    httpTimeout: z.string().optional(),
    nodeCacheCapable: z.boolean().default(false),
    managedResources: z
      .array(z.strictObject({ name: z.string().min(1), ignoredByScheduler: z.boolean().optional() }))
      .default([]),
    ignorable: z.boolean().default(false),
  })

  return z
    .strictObject({
      apiVersion: z.literal('kubescheduler.config.k8s.io/v1').optional(),
      kind: z.literal('KubeSchedulerConfiguration').optional(),
      parallelism: z.int().min(1, 'should be an integer value greater than zero').optional(),
      leaderElection: z.record(z.string(), z.unknown()).optional(),
      clientConnection: z.record(z.string(), z.unknown()).optional(),
      enableProfiling: z.boolean().optional(),
      enableContentionProfiling: z.boolean().optional(),
      delayCacheUntilActive: z.boolean().optional(),
      /** 0: adaptive. */
      percentageOfNodesToScore: percentage.default(0),
      podInitialBackoffSeconds: z.int().min(1, 'must be greater than 0').default(1),
      podMaxBackoffSeconds: z.int().min(1).default(10),
      profiles: z.array(profile).min(1, 'Required value').prefault([{}]),
      extenders: z.array(extender).default([]),
    })
    .refine((it) => it.podMaxBackoffSeconds >= it.podInitialBackoffSeconds, {
      path: ['podMaxBackoffSeconds'],
      message: 'must be greater than or equal to PodInitialBackoffSeconds',
    })
    .superRefine(({ profiles, extenders }, context) => {
      profiles.forEach((it, i) => {
        if (profiles.findIndex((other) => other.schedulerName === it.schedulerName) < i)
          context.addIssue({
            code: 'custom',
            path: ['profiles', i, 'schedulerName'],
            message: `Duplicate value: ${JSON.stringify(it.schedulerName)}`,
          })
      })
      extenders.forEach((it, i) => {
        if (it.prioritizeVerb && it.weight === undefined)
          context.addIssue({
            code: 'custom',
            path: ['extenders', i, 'weight'],
            message: 'must have a positive weight applied to it',
          })
      })
      if (extenders.filter((it) => it.bindVerb).length > 1)
        context.addIssue({
          code: 'custom',
          path: ['extenders'],
          message: `found ${extenders.filter((it) => it.bindVerb).length} extenders implementing bind`,
        })
    })
})

export type SchedulerConfiguration = z.output<ReturnType<typeof schedulerConfiguration>>
export type ProfileConfiguration = SchedulerConfiguration['profiles'][number]
export type ExtenderConfiguration = SchedulerConfiguration['extenders'][number]
export type SchedulerConfigurationInput = z.input<ReturnType<typeof schedulerConfiguration>>

/** What the schema makes of an empty configuration, known without building it. */
export const DEFAULT_CONFIGURATION: SchedulerConfiguration = {
  percentageOfNodesToScore: 0,
  podInitialBackoffSeconds: 1,
  podMaxBackoffSeconds: 10,
  profiles: [{ schedulerName: 'default-scheduler', plugins: {}, pluginConfig: [] }],
  extenders: [],
}
