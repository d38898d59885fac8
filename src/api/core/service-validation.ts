/** What a service may say. Upstream: pkg/apis/core/validation ValidateService. */
import type { FieldErrors } from '../field-errors.ts'
import { GoValue, goQuote } from '../go-syntax.ts'
import { validateLabels, validatePort, validatePortNumOrName } from '../meta/validation.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../names.ts'
import { isIpv6, isLooseCidr, isLooseIp, validateEndpointIp } from './ip.ts'
import { NO_IP } from './pod-spec-validation.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const POLICIES = ['Cluster', 'Local']

export function validateService(service: Service, errors: FieldErrors, old?: Service): void {
  const { spec, metadata } = service
  const annotations = metadata?.annotations ?? {}
  const [hints, mode] = [annotations[TOPOLOGY_HINTS], annotations[TOPOLOGY_MODE]]
  if (hints !== undefined && mode !== undefined && hints !== mode) {
    atAnnotation(TOPOLOGY_MODE, errors, () =>
      errors.invalid(undefined, mode, `must match annotations[${TOPOLOGY_HINTS}] when both are specified`),
    )
  }
  errors.at('spec', () => {
    const type = spec.type ?? ''
    if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && type !== 'ExternalName')
      errors.required('ports')
    validateType(spec, errors)
    validatePorts(spec, errors)
    validateLabels(spec.selector, 'selector', errors)
    validateAffinity(spec, errors)
    validateClusterIps(spec, errors, old?.spec)
    errors.each('externalIPs', spec.externalIPs, (address) => {
      if (isKept(address, old?.spec.externalIPs)) return
      if (isLooseIp(address)) validateEndpointIp(address, errors)
      else errors.invalid(undefined, address, NO_IP)
    })
    if (type === '') errors.required('type')
    else if (!TYPES.includes(type)) errors.notSupported('type', type, TYPES)
    validatePortNumbers(spec, errors)
  })
  validateSourceRanges(service, errors, old)
  errors.at('spec', () => validatePolicies(spec, errors))
}

const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints'
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode'
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'

function atAnnotation(key: string, errors: FieldErrors, check: () => void): void {
  errors.at('metadata', () => errors.at('annotations', () => errors.at({ key }, check)))
}

/** What was let in once, before addresses were looked at this closely, may stay. */
function isKept(value: string, old: readonly string[] | undefined): boolean {
  return old?.includes(value) === true
}

function validateType(spec: ServiceSpec, errors: FieldErrors): void {
  const { type } = spec
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    errors.at('clusterIPs', () =>
      errors.invalid(0, spec.clusterIPs?.[0] ?? 'None', `may not be set to 'None' for ${type} services`),
    )
  }
  if (type !== 'ExternalName') return
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    if ((spec[field] ?? []).length > 0) errors.forbidden(field, 'may not be set for ExternalName services')
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.required('externalName')
  else for (const problem of checkDns1123Subdomain(name)) errors.invalid('externalName', name, problem)
}

function validateAffinity(
  { sessionAffinity = '', sessionAffinityConfig }: ServiceSpec,
  errors: FieldErrors,
): void {
  if (sessionAffinity === '') errors.required('sessionAffinity')
  else if (sessionAffinity !== 'None' && sessionAffinity !== 'ClientIP') {
    errors.notSupported('sessionAffinity', sessionAffinity, ['ClientIP', 'None'])
  }
  if (sessionAffinity === 'None' && sessionAffinityConfig !== undefined) {
    errors.forbidden('sessionAffinityConfig', 'must not be set when session affinity is None')
  }
  const timeout = sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (sessionAffinity !== 'ClientIP' || timeout === undefined || (timeout > 0 && timeout <= 86_400)) return
  errors.at('sessionAffinityConfig', () =>
    errors.at('clientIP', () =>
      errors.invalid('timeoutSeconds', timeout, 'must be greater than 0 and less than 86400'),
    ),
  )
}

function validatePorts({ ports = [] }: ServiceSpec, errors: FieldErrors): void {
  const names = new Set<string>()
  errors.each('ports', ports, (port) => validateServicePort(port, ports.length > 1, names, errors))
}

function validatePortNumbers({ type, ports = [] }: ServiceSpec, errors: FieldErrors): void {
  if (type === 'ClusterIP') {
    errors.each('ports', ports, ({ nodePort }) => {
      if (nodePort) errors.forbidden('nodePort', "may not be used when `type` is 'ClusterIP'")
    })
  }
  const nodePorts = new Set<string>()
  errors.each('ports', ports, ({ protocol, nodePort }) => {
    if (!nodePort) return
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.duplicate('nodePort', nodePort)
    nodePorts.add(`${protocol}/${nodePort}`)
  })
  const numbers = new Set<string>()
  errors.each('ports', ports, ({ protocol, port }) => {
    if (numbers.has(`${protocol}/${port}`)) errors.duplicate(undefined, goPort(protocol, port))
    numbers.add(`${protocol}/${port}`)
  })
}

function validateServicePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  errors: FieldErrors,
): void {
  const { name = '', protocol = '', targetPort, appProtocol } = port
  if (name === '') {
    if (needsName) errors.required('name')
  } else {
    for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
    if (names.has(name)) errors.duplicate('name', name)
    names.add(name)
  }
  validatePort(port.port, 'port', errors)
  if (protocol === '') errors.required('protocol')
  else if (!PROTOCOLS.includes(protocol)) errors.notSupported('protocol', protocol, PROTOCOLS)
  validatePortNumOrName(targetPort, 'targetPort', errors)
  if (appProtocol !== undefined) {
    for (const problem of checkQualifiedName(appProtocol)) errors.invalid('appProtocol', appProtocol, problem)
  }
}

function goPort(protocol: string | undefined, port: number | undefined): GoValue {
  return new GoValue(
    `core.ServicePort{Name:"", Protocol:${goQuote(protocol ?? '')}, AppProtocol:(*string)(nil), Port:${port ?? 0}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`,
  )
}

function isHeadless({ clusterIP }: ServiceSpec): boolean {
  return clusterIP === 'None'
}

const FAMILIES = ['IPv4', 'IPv6']
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** At `spec`: addresses and families by themselves. What the cluster has of both is the allocator's to say. */
export function validateClusterIps(spec: ServiceSpec, errors: FieldErrors, old?: ServiceSpec): void {
  if (spec.type === 'ExternalName') return
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (clusterIP === '') {
    if (clusterIPs.length > 0) {
      errors.invalid('clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified')
    }
  } else if (clusterIPs.length === 0) errors.required('clusterIPs')
  else if (clusterIPs[0] !== clusterIP) {
    errors.invalid('clusterIPs', clusterIPs, 'first value must match `clusterIP`')
  }
  errors.each('ipFamilies', ipFamilies, (family, index) => {
    if (!FAMILIES.includes(family)) errors.notSupported(undefined, family, FAMILIES)
    if (ipFamilies.indexOf(family) < index) errors.duplicate(undefined, family)
  })
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy)) {
    errors.notSupported('ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES)
  }
  let sound = true
  if (clusterIPs[0] === 'None' && clusterIPs.length > 1) {
    sound = false
    errors.invalid('clusterIPs', clusterIPs, "'None' must be the first and only value")
  }
  errors.each('clusterIPs', clusterIPs, (address, index) => {
    if ((index === 0 && address === 'None') || isLooseIp(address) || isKept(address, old?.clusterIPs)) return
    sound = false
    errors.invalid(undefined, address, NO_IP)
  })
  if (clusterIPs.length > 2) errors.invalid('clusterIPs', clusterIPs, 'may only hold up to 2 values')
  if (!sound) return
  const sixes = clusterIPs.filter(isIpv6).length
  if (clusterIPs.length > 1 && (sixes === 0 || sixes === clusterIPs.length)) {
    errors.invalid('clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (isHeadless(spec)) return
  errors.each('clusterIPs', clusterIPs, (address, index) => {
    const family = ipFamilies[index]
    if (family === undefined || (family === 'IPv6') === isIpv6(address)) return
    errors.invalid(undefined, address, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)
  })
}

function validateSourceRanges(
  { spec, metadata }: Service,
  errors: FieldErrors,
  old: Service | undefined,
): void {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const note = metadata?.annotations?.[SOURCE_RANGES]
  const misplaced = spec.type !== 'LoadBalancer'
  if (ranges.length > 0) {
    const before = old?.spec.loadBalancerSourceRanges?.map((it) => it.trim())
    errors.at('spec', () => {
      if (misplaced) errors.forbidden('LoadBalancerSourceRanges', ONLY_BALANCERS)
      errors.each('LoadBalancerSourceRanges', ranges, (range) => validateRange(range.trim(), errors, before))
    })
  } else if (note !== undefined) {
    atAnnotation(SOURCE_RANGES, errors, () => {
      if (misplaced) errors.forbidden(undefined, ONLY_BALANCERS)
      if (note.trim() === '' || old?.metadata?.annotations?.[SOURCE_RANGES] === note) return
      for (const range of note.split(',')) validateRange(range.trim(), errors, undefined)
    })
  }
}

function validateRange(range: string, errors: FieldErrors, old: readonly string[] | undefined): void {
  if (isLooseCidr(range) || isKept(range, old)) return
  errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
}

const ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'"

function validatePolicies(spec: ServiceSpec, errors: FieldErrors): void {
  const { type, externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } =
    spec
  const balanced = type === 'LoadBalancer'
  if (!balanced && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.forbidden('allocateLoadBalancerNodePorts', ONLY_BALANCERS)
  }
  validateLoadBalancerClass(spec, errors)
  const external =
    type === 'NodePort' || balanced || (type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  if (!external) {
    if (externalTrafficPolicy !== undefined) {
      errors.invalid(
        'externalTrafficPolicy',
        externalTrafficPolicy,
        'may only be set for externally-accessible services',
      )
    }
  } else if (!externalTrafficPolicy) errors.required('externalTrafficPolicy')
  else if (!POLICIES.includes(externalTrafficPolicy)) {
    errors.notSupported('externalTrafficPolicy', externalTrafficPolicy, POLICIES)
  }
  if (healthCheckNodePort) {
    if (balanced && externalTrafficPolicy === 'Local') {
      validatePort(healthCheckNodePort, 'healthCheckNodePort', errors)
    } else {
      errors.invalid(
        'healthCheckNodePort',
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      )
    }
  }
  if (internalTrafficPolicy !== undefined && !POLICIES.includes(internalTrafficPolicy)) {
    errors.notSupported('internalTrafficPolicy', internalTrafficPolicy, POLICIES)
  }
  if (trafficDistribution !== undefined && trafficDistribution !== 'PreferClose') {
    errors.notSupported('trafficDistribution', trafficDistribution, ['PreferClose'])
  }
}

function validateLoadBalancerClass({ type, loadBalancerClass }: ServiceSpec, errors: FieldErrors): void {
  if (loadBalancerClass === undefined) return
  if (type !== 'LoadBalancer') errors.forbidden('loadBalancerClass', ONLY_BALANCERS)
  else {
    for (const problem of checkQualifiedName(loadBalancerClass)) {
      errors.invalid('loadBalancerClass', loadBalancerClass, problem)
    }
  }
}

/** The address stays as long as there is one. */
export function validateServiceUpdate(service: Service, old: Service, errors: FieldErrors): void {
  const before = old.spec
  const { spec } = service
  if (before.type === 'ExternalName' || spec.type === 'ExternalName') return
  errors.at('spec', () => {
    const first = before.clusterIPs?.[0] ?? before.clusterIP
    if (first && spec.clusterIP !== first) {
      errors.at('clusterIPs', () =>
        errors.invalid(0, spec.clusterIPs ?? [spec.clusterIP], 'may not change once set'),
      )
    }
    if (before.type !== 'LoadBalancer' || spec.type !== 'LoadBalancer') return
    if (spec.loadBalancerClass !== before.loadBalancerClass) {
      errors.invalid('loadBalancerClass', spec.loadBalancerClass, 'may not change once set')
    }
  })
}
