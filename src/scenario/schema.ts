/**
 * The format of a scenario file. This schema is the only description of it: the TypeScript types, the errors and the
 * JSON Schema for editors (`schema/scenario.schema.json`) all come from here and from the steps' own schemas.
 */
import * as z from 'zod'
import { parseTime } from '../api/time.ts'
import { duration } from './fields.ts'
import type { AnyStep } from './step.ts'
import { STEPS, type StepName } from './steps/registry.ts'

// A process reads a scenario or two: generating code for the schema would cost more than it saves.
z.config({ jitless: true })

export const SCENARIO_API_VERSION = 'kubarium.dev/v1alpha1'

const quantity = z
  .union([z.string(), z.number().positive()])
  .transform(String)
  .refine((it) => /^\d+(?:\.\d+)?(?:m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$/.test(it), {
    error: 'not a quantity: write for example 500m, 4, 16Gi',
  })

const strings = z.custom<Readonly<Record<string, string>>>(isMapOfStrings, {
  error: 'expected a map of strings; put numbers and booleans in quotes',
})

function isMapOfStrings(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((it) => typeof it === 'string')
  )
}

const nodeSpec = z
  .strictObject({
    name: z.string().min(1).optional(),
    cpu: quantity.optional().meta({ description: 'Default 4.' }),
    memory: quantity.optional().meta({ description: 'Default 16Gi.' }),
    pods: z.int().min(0).optional().meta({ description: 'Default 110.' }),
    zone: z.string().optional(),
    region: z.string().optional(),
    labels: strings.optional().meta({ type: 'object', additionalProperties: { type: 'string' } }),
    taints: z
      .array(
        z.strictObject({
          key: z.string().min(1),
          value: z.string().optional(),
          effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
        }),
      )
      .optional(),
    runtime: z.enum(['containerd', 'cri-o', 'dockershim']).optional(),
    resources: strings
      .optional()
      .meta({ type: 'object', additionalProperties: { type: 'string' }, description: 'Extended resources.' }),
    count: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'So many nodes of this kind; default 1.' }),
  })
  .meta({ description: 'A node, or several alike.' })

const imageSpec = z
  .strictObject({
    image: z.string().min(1).meta({ description: 'php:8.2-fpm, or a pattern with *.' }),
    pullError: z
      .string()
      .optional()
      .meta({ description: 'Pulling fails with this: not found, unauthorized.' }),
    size: quantity.optional(),
    runsFor: duration.optional().meta({ description: 'Runs so long, then exits; absent: until stopped.' }),
    exitCode: z.int().min(0).max(255).optional(),
    failPercent: z.number().min(0).max(100).optional(),
    readyAfter: duration.optional().meta({ description: 'Passes readiness after so long.' }),
  })
  .meta({ description: 'What an image does when it runs; images not named here run for ever.' })

const cloudSpec = z
  .strictObject({
    region: z.string().optional(),
    zones: z.array(z.string().min(1)).min(1).optional(),
    groups: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          min: z.int().min(0),
          max: z.int().min(0),
          instanceType: z.string().optional(),
          cpu: quantity,
          memory: quantity,
        }),
      )
      .optional()
      .meta({ description: 'Groups of instances that an autoscaler may grow and shrink.' }),
  })
  .meta({ description: 'Nodes are instances of a cloud with load balancers, disks and an autoscaler.' })

const clusterSpec = z
  .strictObject({
    nodes: z
      .union([z.int().min(0).max(100_000), z.array(nodeSpec)])
      .optional()
      .meta({ description: 'How many nodes (node-1, node-2, ...), or which; default 1.' }),
    seed: z.int().min(0).optional(),
    start: z
      .string()
      .refine((it) => !Number.isNaN(parseTime(it)), {
        error: 'not a time: write for example 2025-01-01T00:00:00Z',
      })
      .optional()
      .meta({ description: 'Virtual time at the start, RFC 3339.' }),
    controllers: z
      .union([z.string().min(1), z.literal(false)])
      .optional()
      .meta({ description: "As kube-controller-manager's flag: *,-job; or false for none." }),
    controlPlanes: z.int().min(1).max(9).optional().meta({
      description:
        'So many kube-controller-managers and kube-schedulers; of several one leads, by its Lease. Default 1.',
    }),
    scheduler: z.boolean().optional(),
    kubelets: z.boolean().optional(),
    latency: z.enum(['none', 'lan']).optional(),
    authorization: z.enum(['AlwaysAllow', 'RBAC']).optional().meta({
      description: 'Who may do what: everybody everything (default), or as Roles and bindings say.',
    }),
    eventTTL: duration.optional().meta({
      description:
        "How long Events are kept after they were last written: kube-apiserver's --event-ttl. Default 1h.",
    }),
    events: z.boolean().optional().meta({
      description: 'false: no Events are written to the API; timeline and why know of them all the same.',
    }),
    runtimeSteps: z
      .boolean()
      .optional()
      .meta({ description: 'Journal what container runtimes do below each call of a kubelet.' }),
    proxyMode: z
      .enum(['iptables', 'ipvs', 'nftables', 'userspace'])
      .optional()
      .meta({ description: 'How kube-proxy balances; default iptables.' }),
    cloud: cloudSpec.optional(),
    images: z.array(imageSpec).optional(),
    pullBandwidth: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'Of image pulls, bytes a second and node.' }),
  })
  .meta({ description: 'The cluster in which the scenario plays.' })

const STEP_NAMES = Object.keys(STEPS) as StepName[]

const operationFields = {
  ...(Object.fromEntries(
    STEP_NAMES.map((name) => [name, (STEPS[name] as AnyStep).schema.optional()]),
  ) as OperationShape),
  description: z.string().optional(),
  expectError: z
    .union([z.literal(true), z.string().min(1)])
    .optional()
    .meta({ description: 'The step must fail; with this text in its message, if given.' }),
}

type OperationShape = { [K in StepName]: z.ZodOptional<(typeof STEPS)[K]['schema']> }

function thingsToDo(it: object): number {
  return STEP_NAMES.filter((name) => Object.hasOwn(it, name)).length
}

const operation = z
  .strictObject(operationFields)
  .refine((it) => thingsToDo(it) === 1, {
    error: `exactly one thing to do is needed: one of ${STEP_NAMES.join(', ')}`,
  })
  .meta({ id: 'operation', description: 'One thing to do.' })

export type Operation = z.infer<typeof operation>

const operations = z.array(operation)

/** Does one thing, or, as in Chainsaw, several under `try`. One object rather than a union: its errors are better. */
const step = z
  .strictObject({
    name: z.string().min(1).optional().meta({ description: 'Shown in the report.' }),
    ...operationFields,
    try: operations.min(1).optional().meta({ description: 'Several things to do, in order.' }),
    catch: operations.optional().meta({ description: 'Done when something in try failed.' }),
    finally: operations.optional().meta({ description: 'Done in the end, whatever happened.' }),
  })
  .refine((it) => thingsToDo(it) + (it.try === undefined ? 0 : 1) === 1, {
    error: `a step does exactly one thing: one of ${STEP_NAMES.join(', ')}, or several under try`,
  })
  .refine((it) => it.try !== undefined || (it.catch === undefined && it.finally === undefined), {
    error: 'catch and finally belong to a step with try, or to the spec of the scenario',
  })
  .refine((it) => it.try === undefined || it.expectError === undefined, {
    error: 'expectError belongs to one of the things under try',
  })
  .meta({ id: 'step' })

export const scenario = z
  .strictObject({
    apiVersion: z.literal(SCENARIO_API_VERSION),
    kind: z.literal('Scenario'),
    metadata: z
      .strictObject({
        name: z.string().min(1),
        labels: strings.optional().meta({ type: 'object' }),
        annotations: strings.optional().meta({ type: 'object' }),
      })
      .optional(),
    spec: z.strictObject({
      description: z.string().optional(),
      cluster: clusterSpec.optional(),
      namespace: z
        .string()
        .min(1)
        .optional()
        .meta({ description: 'Of objects that name none; default: default.' }),
      timeout: duration
        .optional()
        .meta({ description: 'How long a step waits that says nothing itself; default 5m.' }),
      steps: z.array(step).min(1),
      catch: operations.optional().meta({ description: 'Done when a step failed.' }),
      finally: operations.optional().meta({ description: 'Done in the end, whatever happened.' }),
    }),
  })
  .meta({ title: 'kubarium Scenario' })

export type Scenario = z.infer<typeof scenario>
export type ScenarioStep = z.infer<typeof step>
export type ScenarioCluster = z.infer<typeof clusterSpec>

/** The schema for editors, draft 2020-12. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenario, { io: 'input', unrepresentable: 'any' })
}
