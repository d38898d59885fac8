/** Fields that several steps share: durations, references to objects, sources of objects. */
import * as z from 'zod'
import { parseDuration } from '../kernel/duration.ts'

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/

/** Go's notation plus `d`; never negative, never without a unit. */
export const duration = z
  .string()
  .regex(DURATION, { error: 'not a duration: write for example 500ms, 90s, 6m or 1h30m' })
  .meta({ description: 'A duration of virtual time: 500ms, 90s, 6m, 1h30m.' })

/** Of text that {@link duration} has accepted. */
export function durationMs(text: string): number {
  return parseDuration(text) ?? 0
}

/** Milliseconds, or undefined for text that {@link duration} refuses. */
export function parseStrictDuration(text: string): number | undefined {
  return DURATION.test(text) ? parseDuration(text) : undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A Kubernetes object, whole or partial. Not a zod record: those drop keys such as `__proto__`. */
const kubeObject = z
  .custom<Record<string, unknown>>(isRecord, { error: 'expected a map' })
  .meta({ type: 'object', description: 'A Kubernetes object.' })

export const sourceFields = {
  file: z.string().min(1).optional().meta({ description: 'A manifest, relative to the scenario file.' }),
  resource: kubeObject.optional().meta({ type: 'object', description: 'One object, written here.' }),
  resources: z.array(kubeObject).optional().meta({ description: 'Several objects, written here.' }),
}

/** Where a step's objects come from: a file's name, or one of the three fields. */
export type ResourceSource =
  | string
  | {
      readonly file?: string | undefined
      readonly resource?: Record<string, unknown> | undefined
      readonly resources?: readonly Record<string, unknown>[] | undefined
    }

/** A step whose input is a source, with further fields of its own. */
export function withSource<S extends z.ZodRawShape>(shape: S, description: string) {
  const object = z
    .strictObject({ ...sourceFields, ...shape })
    .refine((it) => ['file', 'resource', 'resources'].filter((key) => Object.hasOwn(it, key)).length === 1, {
      error: 'exactly one of file, resource and resources is needed',
    })
  return z
    .union([z.string().min(1).meta({ description: 'A manifest, relative to the scenario file.' }), object])
    .meta({ description })
}

export const targetFields = {
  apiVersion: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Needed only where the kind alone is ambiguous.' }),
  kind: z.string().min(1).meta({ description: 'Kind or resource as kubectl takes it: Pod, deploy, nodes.' }),
  name: z.string().min(1).optional(),
  namespace: z.string().min(1).optional(),
  selector: z.string().min(1).optional().meta({ description: 'Label selector: app=web,tier in (a,b).' }),
}

const TARGET_WORD = /^[A-Za-z][A-Za-z0-9.-]*(?:\/[^/\s]+)?$/

/** `deployment/web` as kubectl takes it. */
export const targetWord = z
  .string()
  .regex(TARGET_WORD, { error: 'not an object: write for example deployment/web, or pods' })
  .meta({ description: 'An object as kubectl names it: deployment/web; or all of a kind: pods.' })

/** One object, or several by kind and labels. */
export type Target =
  | string
  | {
      readonly apiVersion?: string | undefined
      readonly kind: string
      readonly name?: string | undefined
      readonly namespace?: string | undefined
      readonly selector?: string | undefined
    }

export const target = z.union([targetWord, z.strictObject(targetFields)])
