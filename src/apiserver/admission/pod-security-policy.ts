/** Which Pod Security level a namespace asks for, by its labels (upstream: pod-security-admission/api/helpers.go). */
import type { Namespace } from '../../api/core/namespace.ts'
import { FieldErrors } from '../../api/field-errors.ts'

const PREFIX = 'pod-security.kubernetes.io/'
const LEVELS = ['privileged', 'baseline', 'restricted'] as const
/** Of `latest`: later than any. */
const LATEST = Number.POSITIVE_INFINITY

export type Level = (typeof LEVELS)[number]

export interface LevelVersion {
  readonly level: Level
  /** The minor version: 33 of v1.33; Infinity: the latest. */
  readonly minor: number
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

interface Read {
  readonly policy: Policy
  readonly errors: FieldErrors
}

const PRIVILEGED: LevelVersion = Object.freeze({ level: 'privileged', minor: LATEST })
const UNLABELLED: Read = {
  policy: Object.freeze({ enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED }),
  errors: new FieldErrors(),
}

const read = new WeakMap<object, Read>()

export function policyOf({ metadata }: Namespace): Read {
  const labels = metadata?.labels
  if (labels === undefined) return UNLABELLED
  let known = read.get(labels)
  if (known === undefined) read.set(labels, (known = parse(labels)))
  return known
}

/** How strict one is compared with another: positive when stricter. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b)
}

/** `restricted:latest`. */
export function formatLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`
}

function parse(labels: Readonly<Record<string, string>>): Read {
  if (!Object.keys(labels).some((it) => it.startsWith(PREFIX))) return UNLABELLED
  const errors = new FieldErrors()
  const one = (mode: string, otherwise: Level): LevelVersion | undefined => {
    const level = labels[PREFIX + mode]
    const version = labels[`${PREFIX}${mode}-version`]
    if (level === undefined && version === undefined) return undefined
    return {
      level: level === undefined ? 'privileged' : parseLevel(level, PREFIX + mode, otherwise, errors),
      minor: version === undefined ? LATEST : parseVersion(version, `${PREFIX}${mode}-version`, errors),
    }
  }
  // A level that is none is the strictest where it refuses, and none where it only tells.
  const enforce = one('enforce', 'restricted') ?? PRIVILEGED
  const audit = one('audit', 'privileged') ?? enforce
  const warn = one('warn', 'privileged') ?? enforce
  return { policy: { enforce, audit, warn }, errors }
}

function parseLevel(text: string, label: string, otherwise: Level, errors: FieldErrors): Level {
  const level = LEVELS.find((it) => it === text)
  if (level === undefined) complain(label, text, `must be one of ${LEVELS.join(', ')}`, errors)
  return level ?? otherwise
}

function parseVersion(text: string, label: string, errors: FieldErrors): number {
  if (text === 'latest') return LATEST
  const minor = /^v1\.(0|[1-9]\d{0,8})$/.exec(text)?.[1]
  if (minor === undefined) complain(label, text, 'must be "latest" or "v1.x"', errors)
  return minor === undefined ? LATEST : Number(minor)
}

function complain(label: string, value: string, why: string, errors: FieldErrors): void {
  errors.at('metadata', () =>
    errors.at('labels', () => errors.at({ key: label }, () => errors.invalid(undefined, value, why))),
  )
}
