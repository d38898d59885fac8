/** What a status of a pod may say, given what it said before. Upstream: ValidatePodStatusUpdate. */
import type { FieldErrors } from '../field-errors.ts'
import { GoValue, goQuote } from '../go-syntax.ts'
import { validateImmutable } from '../meta/validation.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../names.ts'
import { isLooseIp } from './ip.ts'
import type { ContainerStatus, Pod, PodCondition } from './pod.ts'
import { NO_IP } from './pod-spec-validation.ts'

export function validatePodStatus(pod: Pod, old: Pod, errors: FieldErrors): void {
  const status = pod.status ?? {}
  const before = old.status ?? {}
  if (status === before) return
  errors.at('status', () => {
    errors.each('conditions', status.conditions, (condition) => validateCondition(condition, errors))
    const { nominatedNodeName } = status
    if (nominatedNodeName !== undefined && nominatedNodeName !== before.nominatedNodeName) {
      for (const problem of checkDns1123Subdomain(nominatedNodeName)) {
        errors.invalid('nominatedNodeName', nominatedNodeName, problem)
      }
    }
    if ((status.observedGeneration ?? 0) < 0) {
      errors.invalid('observedGeneration', status.observedGeneration, 'must be a non-negative integer')
    }
    validateImmutable(status.qosClass, before.qosClass, 'qosClass', errors)
    validateEnds(pod, old, errors)
    validateIps('podIPs', 'core.PodIP', status.podIPs, before.podIPs, errors)
    const first = status.hostIPs?.[0]
    if (first !== undefined && first.ip !== status.hostIP) {
      errors.at('hostIPs', () =>
        errors.at(0, () => errors.invalid('ip', first.ip, 'must be equal to `hostIP`')),
      )
    }
    validateIps('hostIPs', 'core.HostIP', status.hostIPs, before.hostIPs, errors)
  })
}

const OWN_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized']

function validateCondition({ type, observedGeneration = 0 }: PodCondition, errors: FieldErrors): void {
  if (observedGeneration < 0) {
    errors.invalid('observedGeneration', observedGeneration, 'must be a non-negative integer')
  }
  if (OWN_CONDITIONS.includes(type)) return
  for (const problem of checkQualifiedName(type)) errors.invalid('Type', type, problem)
}

/** A container that has ended and is not to be started again stays so. */
function validateEnds({ status }: Pod, { spec, status: before }: Pod, errors: FieldErrors): void {
  const { restartPolicy = 'Always', initContainers } = spec
  const sidecar = (name: string) => initContainers?.find((it) => it.name === name)?.restartPolicy === 'Always'
  validateEnd(
    'containerStatuses',
    restartPolicy,
    status?.containerStatuses,
    before?.containerStatuses,
    errors,
  )
  const ordinary = before?.initContainerStatuses?.map((it) => (sidecar(it.name) ? undefined : it))
  validateEnd('initContainerStatuses', restartPolicy, status?.initContainerStatuses, ordinary, errors)
  const [now, then] = [status?.ephemeralContainerStatuses, before?.ephemeralContainerStatuses]
  validateEnd('ephemeralContainerStatuses', 'Never', now, then, errors)
}

function validateEnd(
  field: string,
  restartPolicy: string,
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly (ContainerStatus | undefined)[] | undefined,
  errors: FieldErrors,
): void {
  if (restartPolicy === 'Always' || statuses === undefined) return
  errors.each(field, old, (before) => {
    const end = before?.state?.terminated
    if (end === undefined || (restartPolicy === 'OnFailure' && end.exitCode !== 0)) return
    for (const { name, state } of statuses) {
      if (name === before?.name && state?.terminated === undefined) {
        errors.forbidden('state', 'may not be transitioned to non-terminated state')
      }
    }
  })
}

interface Address {
  readonly ip?: string
}

/** At most one address of each family; what was there before may stay as it is. */
function validateIps(
  field: string,
  type: string,
  addresses: readonly Address[] | undefined,
  old: readonly Address[] | undefined,
  errors: FieldErrors,
): void {
  if (addresses === undefined || addresses === old) return
  errors.each(field, addresses, ({ ip = '' }) => {
    if (isLooseIp(ip) || old?.some((it) => it.ip === ip)) return
    errors.invalid(undefined, ip, NO_IP)
  })
  const sixes = addresses.filter(({ ip = '' }) => ip.includes(':')).length
  if (addresses.length <= 1 || (addresses.length === 2 && sixes === 1)) return
  const text = addresses.map(({ ip = '' }) => `${type}{IP:${goQuote(ip)}}`).join(', ')
  errors.invalid(
    field,
    new GoValue(`[]${type}{${text}}`),
    'may specify no more than one IP for each IP family',
  )
}
