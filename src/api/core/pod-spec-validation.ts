/**
 * What a pod's spec may say. A spec that is frozen and found good is not looked at again: all pods of one
 * template share it. Upstream: pkg/apis/core/validation/validation.go, ValidatePodSpec.
 */
import type { FieldErrors } from '../field-errors.ts'
import { goQuote } from '../go-syntax.ts'
import { validateAnnotations, validateLabelSelector, validateLabels } from '../meta/validation.ts'
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
  checkSearchDomain,
} from '../names.ts'
import type { Affinity, NodeSelectorTerm, PodAffinityTerm } from './affinity.ts'
import {
  validateContainers,
  validateLocalPath,
  validateProfiles,
  validateResources,
} from './container-validation.ts'
import { isLooseIp } from './ip.ts'
import type { PodSpec, Toleration, TopologySpreadConstraint } from './pod-spec.ts'
import type { PodTemplateSpec } from './pod-template.ts'
import { validateVolumes } from './volume-validation.ts'

const valid = new WeakSet<PodSpec>()

export function validatePodSpec(spec: PodSpec, errors: FieldErrors): void {
  if (valid.has(spec)) return
  const before = errors.list.length
  checkPodSpec(spec, errors)
  if (errors.list.length === before && Object.isFrozen(spec)) valid.add(spec)
}

/** At `template`: a template's metadata is checked loosely, its spec like that of a pod. */
export function validatePodTemplate(template: PodTemplateSpec, errors: FieldErrors): void {
  validateTemplateMetadata(template, errors)
  errors.at('spec', () => {
    validatePodSpec(template.spec, errors)
    if ((template.spec.ephemeralContainers ?? []).length > 0) {
      errors.forbidden('ephemeralContainers', 'ephemeral containers not allowed in pod template')
    }
  })
}

/** At `template`. */
export function validateTemplateMetadata({ metadata, spec }: PodTemplateSpec, errors: FieldErrors): void {
  validateLabels(metadata?.labels, 'labels', errors)
  validateAnnotations(metadata?.annotations, 'annotations', errors)
  validatePodAnnotations(metadata?.annotations, spec, errors)
}

const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

/** At what has `annotations`: those that say something about the pod itself. */
export function validatePodAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: PodSpec,
  errors: FieldErrors,
): void {
  if (annotations === undefined) return
  errors.at('annotations', () => {
    const cost = annotations[DELETION_COST]
    if (annotations[MIRROR] !== undefined && !spec.nodeName) {
      errors.invalid(
        { key: MIRROR },
        annotations[MIRROR],
        'must set spec.nodeName if mirror pod annotation is set',
      )
    }
    if (cost !== undefined && !isInt32(cost)) {
      errors.invalid({ key: DELETION_COST }, cost, 'must be a 32bit integer')
    }
    for (const key in annotations) {
      const value = annotations[key] as string
      if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) validateSeccomp(key, value, errors)
      else if (key.startsWith(APP_ARMOR)) validateAppArmor(key, value, spec, errors)
    }
  })
}

/** As the annotation is read: no plus sign, no leading zeros. */
function isInt32(text: string): boolean {
  return /^(-?[1-9]\d*|0)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31
}

function validateSeccomp(key: string, value: string, errors: FieldErrors): void {
  if (value === 'runtime/default' || value === 'docker/default' || value === 'unconfined') return
  if (value.startsWith('localhost/')) validateLocalPath(value.slice('localhost/'.length), key, errors)
  else errors.invalid(key, value, 'must be a valid seccomp profile')
}

function validateAppArmor(key: string, value: string, spec: PodSpec, errors: FieldErrors): void {
  const name = key.slice(APP_ARMOR.length)
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  if (!containers.some((it) => it.name === name)) errors.invalid({ key }, name, 'container not found')
  if (value === '' || value === 'runtime/default' || value === 'unconfined' || value.startsWith('localhost/'))
    return
  errors.invalid({ key }, value, `invalid AppArmor profile name: ${goQuote(value)}`)
}

function checkPodSpec(spec: PodSpec, errors: FieldErrors): void {
  const volumes = validateVolumes(spec.volumes, errors)
  const blocks = new Set(
    (spec.volumes ?? []).filter((it) => it.persistentVolumeClaim ?? it.ephemeral).map((it) => it.name),
  )
  validateContainers(spec, { volumes, blocks, hostNetwork: spec.hostNetwork === true }, errors)
  required(spec.restartPolicy, 'restartPolicy', ['Always', 'OnFailure', 'Never'], errors)
  required(
    spec.dnsPolicy,
    'dnsPolicy',
    ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    errors,
  )
  validateLabels(spec.nodeSelector, 'nodeSelector', errors)
  validateSecurityContext(spec, errors)
  validateNames(spec, errors)
  if (spec.affinity !== undefined) {
    const { affinity } = spec
    errors.at('affinity', () => validateAffinity(affinity, errors))
  }
  validateDns(spec, errors)
  errors.each('readinessGates', spec.readinessGates, ({ conditionType }) => {
    for (const problem of checkQualifiedName(conditionType ?? ''))
      errors.invalid('conditionType', conditionType ?? '', problem)
  })
  const { activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.invalid('activeDeadlineSeconds', deadline, 'must be between 1 and 2147483647, inclusive')
  }
  if (grace !== undefined && grace < 0) {
    errors.invalid('terminationGracePeriodSeconds', grace, 'must be greater than or equal to 0')
  }
  errors.each('tolerations', spec.tolerations, (it) => validateToleration(it, errors))
  errors.each('hostAliases', spec.hostAliases, ({ ip, hostnames }) => {
    if (!isLooseIp(ip ?? '')) errors.invalid('ip', ip ?? '', NO_IP)
    errors.each('hostnames', hostnames, (name) => {
      for (const problem of checkDns1123Subdomain(name)) errors.invalid(undefined, name, problem)
    })
  })
  validateSpread(spec, errors)
  const gates = new Set<string>()
  errors.each('schedulingGates', spec.schedulingGates, ({ name }) => {
    for (const problem of checkQualifiedName(name ?? '')) errors.invalid(undefined, name ?? '', problem)
    if (gates.has(name)) errors.duplicate(undefined, name)
    gates.add(name)
  })
  if (spec.overhead !== undefined) {
    const limits = spec.overhead
    errors.at('overhead', () => validateResources({ limits }, errors))
  }
  const os = spec.os?.name
  if (os === '') errors.at('os', () => errors.required('name', 'cannot be empty'))
  else if (os !== undefined && os !== 'linux' && os !== 'windows')
    errors.notSupported('os', os, ['linux', 'windows'])
}

export const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

function required(
  value: string | undefined,
  field: string,
  supported: readonly string[],
  errors: FieldErrors,
): void {
  if (!value) errors.required(field)
  else if (!supported.includes(value)) errors.notSupported(field, value, supported)
}

function validateNames(spec: PodSpec, errors: FieldErrors): void {
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[field]
    if (name === undefined || name === '') continue
    for (const problem of checkDns1123Subdomain(name)) errors.invalid(field, name, problem)
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field]
    if (name === undefined || name === '') continue
    for (const problem of checkDns1123Label(name)) errors.invalid(field, name, problem)
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== '') {
    required(spec.preemptionPolicy, 'preemptionPolicy', ['Never', 'PreemptLowerPriority'], errors)
  }
  if ((spec.schedulingGates ?? []).length > 0 && spec.nodeName) {
    errors.forbidden('nodeName', 'cannot be set until all schedulingGates have been cleared')
  }
}

function validateSecurityContext(spec: PodSpec, errors: FieldErrors): void {
  const { securityContext } = spec
  if (securityContext === undefined) return
  errors.at('securityContext', () => {
    for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
      const id = securityContext[field]
      if (id !== undefined && (id < 0 || id > 2_147_483_647)) {
        errors.invalid(field, id, 'must be between 0 and 2147483647, inclusive')
      }
    }
    const { fsGroupChangePolicy, supplementalGroupsPolicy } = securityContext
    if (spec.shareProcessNamespace && spec.hostPID) {
      errors.invalid(
        'shareProcessNamespace',
        true,
        'ShareProcessNamespace and HostPID cannot both be enabled',
      )
    }
    for (const [field, policy, supported] of [
      ['fsGroupChangePolicy', fsGroupChangePolicy, ['Always', 'OnRootMismatch']],
      ['supplementalGroupsPolicy', supplementalGroupsPolicy, ['Merge', 'Strict']],
    ] as const) {
      if (policy !== undefined && !(supported as readonly string[]).includes(policy)) {
        errors.notSupported(field, policy, supported)
      }
    }
    errors.each('supplementalGroups', securityContext.supplementalGroups, (id) => {
      if (id < 0 || id > 2_147_483_647) {
        errors.invalid(undefined, id, 'must be between 0 and 2147483647, inclusive')
      }
    })
    const names = new Set<string>()
    errors.each('sysctls', securityContext.sysctls, ({ name }) => {
      if (!name) errors.required('name')
      else if (names.has(name)) errors.duplicate('name', name)
      names.add(name)
    })
    validateProfiles(securityContext, errors)
  })
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, errors: FieldErrors): void {
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) {
      errors.required('dnsConfig', 'must provide `dnsConfig` when `dnsPolicy` is None')
      return
    }
    if ((dnsConfig.nameservers ?? []).length === 0) {
      errors.at('dnsConfig', () =>
        errors.required('nameservers', 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
      )
      return
    }
  }
  if (dnsConfig === undefined) return
  errors.at('dnsConfig', () => {
    const { nameservers = [], searches = [], options } = dnsConfig
    if (nameservers.length > 3)
      errors.invalid('nameservers', nameservers, 'must not have more than 3 nameservers')
    errors.each('nameservers', nameservers, (server) => {
      if (!isLooseIp(server)) errors.invalid(undefined, server, NO_IP)
    })
    if (searches.length > 32) errors.invalid('searches', searches, 'must not have more than 32 search paths')
    if (searches.join(' ').length > MAX_SEARCH_CHARS) {
      errors.invalid(
        'searches',
        searches,
        `must not have more than ${MAX_SEARCH_CHARS} characters (including spaces) in the search list`,
      )
    }
    errors.each('searches', searches, (search) => {
      if (search === '.') return
      const domain = search.replace(/\.$/, '')
      for (const problem of checkSearchDomain(domain)) errors.invalid(undefined, domain, problem)
    })
    errors.each('options', options, ({ name }) => {
      if (!name) errors.required(undefined, 'must not be empty')
    })
  })
}

const MAX_SEARCH_CHARS = 2048

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateToleration(toleration: Toleration, errors: FieldErrors): void {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  if (key !== '') for (const problem of checkQualifiedName(key)) errors.invalid('key', key, problem)
  if (key === '' && operator !== 'Exists') {
    errors.invalid(
      'operator',
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    )
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.invalid('effect', effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
  }
  if (operator === '' || operator === 'Equal') {
    const [problem] = checkLabelValue(value)
    if (problem !== undefined) errors.invalid('operator', value, problem)
  } else if (operator === 'Exists') {
    if (value !== '') errors.invalid('operator', value, "value must be empty when `operator` is 'Exists'")
  } else errors.notSupported('operator', operator, ['Equal', 'Exists'])
  if (effect !== '' && !EFFECTS.includes(effect)) errors.notSupported('effect', effect, EFFECTS)
}

function validateAffinity(affinity: Affinity, errors: FieldErrors): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity
  if (nodeAffinity !== undefined) {
    errors.at('nodeAffinity', () => {
      const hard = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
      if (hard !== undefined) {
        errors.at(HARD, () => {
          if ((hard.nodeSelectorTerms ?? []).length === 0) {
            errors.required('nodeSelectorTerms', 'must have at least one node selector term')
          }
          errors.each('nodeSelectorTerms', hard.nodeSelectorTerms, (term) =>
            validateNodeTerm(term, errors, true),
          )
        })
      }
      errors.each(
        SOFT,
        nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution,
        ({ weight, preference }) => {
          validateWeight(weight, errors)
          errors.at('preference', () => validateNodeTerm(preference ?? {}, errors))
        },
      )
    })
  }
  for (const [field, rules] of [
    ['podAffinity', podAffinity],
    ['podAntiAffinity', podAntiAffinity],
  ] as const) {
    if (rules === undefined) continue
    errors.at(field, () => {
      errors.each(HARD, rules.requiredDuringSchedulingIgnoredDuringExecution, (term) =>
        validatePodTerm(term, errors),
      )
      errors.each(
        SOFT,
        rules.preferredDuringSchedulingIgnoredDuringExecution,
        ({ weight, podAffinityTerm }) => {
          validateWeight(weight, errors)
          errors.at('podAffinityTerm', () => validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, errors))
        },
      )
    })
  }
}

const HARD = 'requiredDuringSchedulingIgnoredDuringExecution'
const SOFT = 'preferredDuringSchedulingIgnoredDuringExecution'

function validateWeight(weight: number, errors: FieldErrors): void {
  if (!(weight >= 1 && weight <= 100)) errors.invalid('weight', weight ?? 0, 'must be in the range 1-100')
}

/** `strictly`: values are those of labels, which holds for the rules that must be met. */
export function validateNodeTerm(term: NodeSelectorTerm, errors: FieldErrors, strictly = false): void {
  errors.each('matchExpressions', term.matchExpressions, ({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          errors.required('values', "must be specified when `operator` is 'In' or 'NotIn'")
        break
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) {
          errors.forbidden('values', "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        }
        break
      case 'Gt':
      case 'Lt':
        if (values.length !== 1)
          errors.required('values', "must be specified single value when `operator` is 'Lt' or 'Gt'")
        break
      default:
        errors.invalid('operator', operator ?? '', 'not a valid selector operator')
    }
    for (const problem of checkQualifiedName(key ?? '')) errors.invalid('key', key ?? '', problem)
    if (!strictly) return
    errors.each('values', values, (value) => {
      for (const problem of checkLabelValue(value)) errors.invalid(undefined, value, problem)
    })
  })
  errors.each('matchFields', term.matchFields, ({ key, operator, values = [] }) => {
    if (operator !== 'In' && operator !== 'NotIn')
      errors.invalid('operator', operator ?? '', 'not a valid selector operator')
    else if (values.length !== 1) {
      errors.required(
        'values',
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      )
    }
    if (key !== 'metadata.name') errors.invalid('key', key ?? '', 'not a valid field selector key')
  })
}

function validatePodTerm(term: PodAffinityTerm, errors: FieldErrors): void {
  validateLabelSelector(term.labelSelector, 'labelSelector', errors)
  validateLabelSelector(term.namespaceSelector, 'namespaceSelector', errors)
  for (const name of term.namespaces ?? []) {
    for (const problem of checkDns1123Label(name)) errors.invalid('namespace', name, problem)
  }
  validateLabelKeys(term, errors)
  const { topologyKey = '' } = term
  if (topologyKey === '') errors.required('topologyKey', 'can not be empty')
  for (const problem of checkQualifiedName(topologyKey)) errors.invalid('topologyKey', topologyKey, problem)
}

function validateLabelKeys(term: PodAffinityTerm, errors: FieldErrors): void {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term
  if (matchLabelKeys.length === 0 && mismatchLabelKeys.length === 0) return
  for (const field of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    if (labelSelector === undefined) {
      if ((term[field] ?? []).length > 0) {
        errors.forbidden(field, 'must not be specified when labelSelector is not set')
      }
      continue
    }
    errors.each(field, term[field], (key) => {
      for (const problem of checkQualifiedName(key)) errors.invalid(undefined, key, problem)
    })
  }
  // The server has added what it took from the pod's labels: only what was there before counts twice.
  const selected = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key)
    if (index >= 0 && selected.has(key)) {
      errors.invalid(index, key, 'exists in both matchLabelKeys and labelSelector')
    }
    selected.add(key)
  }
  errors.each('matchLabelKeys', matchLabelKeys, (key) => {
    if (mismatchLabelKeys.includes(key)) {
      errors.invalid(undefined, key, 'exists in both matchLabelKeys and mismatchLabelKeys')
    }
  })
}

function validateSpread({ topologySpreadConstraints }: PodSpec, errors: FieldErrors): void {
  const seen = new Set<string>()
  errors.each('topologySpreadConstraints', topologySpreadConstraints, (constraint) => {
    const { maxSkew, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint
    if (!(maxSkew > 0)) errors.invalid('maxSkew', maxSkew ?? 0, 'must be greater than zero')
    if (!topologyKey) errors.required('topologyKey', 'can not be empty')
    else
      for (const problem of checkQualifiedName(topologyKey))
        errors.invalid('topologyKey', topologyKey, problem)
    const supported = ['DoNotSchedule', 'ScheduleAnyway']
    if (!supported.includes(whenUnsatisfiable))
      errors.notSupported('whenUnsatisfiable', whenUnsatisfiable ?? '', supported)
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(pair)) errors.duplicate('{topologyKey, whenUnsatisfiable}', pair)
    seen.add(pair)
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.invalid('minDomains', minDomains, 'must be greater than zero')
      else if (whenUnsatisfiable !== 'DoNotSchedule') {
        errors.invalid(
          'minDomains',
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
        )
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field]
      if (policy !== undefined && policy !== 'Ignore' && policy !== 'Honor') {
        errors.notSupported(field, policy, ['Honor', 'Ignore'])
      }
    }
    validateSpreadKeys(constraint, errors)
    validateLabelSelector(constraint.labelSelector, 'labelSelector', errors)
  })
}

function validateSpreadKeys(
  { matchLabelKeys = [], labelSelector }: TopologySpreadConstraint,
  errors: FieldErrors,
): void {
  if (matchLabelKeys.length === 0) return
  if (labelSelector === undefined) {
    errors.forbidden('matchLabelKeys', 'must not be specified when labelSelector is not set')
  }
  const selected = [
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map((it) => it.key),
  ]
  errors.each('matchLabelKeys', matchLabelKeys, (key) => {
    for (const problem of checkQualifiedName(key)) errors.invalid(undefined, key, problem)
    if (selected.includes(key)) {
      errors.invalid(undefined, key, 'exists in both matchLabelKeys and labelSelector')
    }
  })
}
