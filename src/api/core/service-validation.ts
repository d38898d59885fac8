/** What a service may say. Upstream: pkg/apis/core/validation ValidateService. */
import type { FieldErrors } from '../field-errors.ts'
import { IMMUTABLE, validateLabels, validatePort, validatePortNumOrName } from '../meta/validation.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../names.ts'
import { isCidr, isIp } from './ip.ts'
import { NO_IP } from './pod-spec-validation.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const POLICIES = ['Cluster', 'Local']

export function validateService(service: Service, errors: FieldErrors): void {
  const { spec } = service
  errors.at('spec', () => {
    const type = spec.type ?? ''
    if (type === '') errors.required('type')
    else if (!TYPES.includes(type)) errors.notSupported('type', type, TYPES)
    validatePorts(spec, errors)
    validateLabels(spec.selector, 'selector', errors)
    if (spec.sessionAffinity !== 'None' && spec.sessionAffinity !== 'ClientIP') {
      errors.notSupported('sessionAffinity', spec.sessionAffinity ?? '', ['ClientIP', 'None'])
    } else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
      errors.forbidden('sessionAffinityConfig', 'must not be set when session affinity is None')
    }
    const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
    if (timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
      errors.at('sessionAffinityConfig', () =>
        errors.at('clientIP', () =>
          errors.invalid('timeoutSeconds', timeout, 'must be between 1 and 86400, inclusive'),
        ),
      )
    }
    validateAddresses(spec, errors)
    if (type === 'ExternalName') {
      const name = (spec.externalName ?? '').replace(/\.$/, '')
      if (name === '') errors.required('externalName')
      else for (const problem of checkDns1123Subdomain(name)) errors.invalid('externalName', name, problem)
    }
    validatePolicies(spec, errors)
  })
}

function validatePorts(spec: ServiceSpec, errors: FieldErrors): void {
  const ports = spec.ports ?? []
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.required('ports')
  const names = new Set<string>()
  const numbers = new Set<string>()
  const nodePorts = new Set<string>()
  errors.each('ports', ports, (port) => {
    validateServicePort(port, ports.length > 1, names, errors)
    const id = `${port.protocol}/${port.port}`
    if (numbers.has(id)) errors.duplicate(undefined, portText(port))
    numbers.add(id)
    if (port.nodePort) {
      const node = `${port.protocol}/${port.nodePort}`
      if (nodePorts.has(node)) errors.duplicate('nodePort', port.nodePort)
      nodePorts.add(node)
      if (spec.type === 'ClusterIP')
        errors.forbidden('nodePort', "may not be used when `type` is 'ClusterIP'")
    }
    if (spec.type === 'LoadBalancer' && port.port === 10_250) {
      errors.invalid('port', port.port, 'may not expose port 10250 externally since it is used by kubelet')
    }
  })
}

function validateServicePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  errors: FieldErrors,
): void {
  const { name = '', protocol = '', targetPort } = port
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
}

function portText({ name = '', protocol, port, targetPort, nodePort }: ServicePort): object {
  return {
    ...(name === '' ? {} : { name }),
    protocol,
    port,
    targetPort: targetPort ?? 0,
    ...(nodePort ? { nodePort } : {}),
  }
}

function isHeadless({ clusterIP }: ServiceSpec): boolean {
  return clusterIP === 'None'
}

function validateAddresses(spec: ServiceSpec, errors: FieldErrors): void {
  const { clusterIP, clusterIPs, type } = spec
  if (type === 'ExternalName') {
    if (clusterIP) errors.forbidden('clusterIPs', 'may not be set when `type` is "ExternalName"')
  } else {
    errors.each('clusterIPs', clusterIPs ?? (clusterIP ? [clusterIP] : undefined), (address, index) => {
      if (address === 'None') {
        if (index > 0) errors.invalid(undefined, address, "'None' must be the first and only value")
      } else if (!isIp(address)) errors.invalid(undefined, address, NO_IP)
    })
    if (clusterIPs !== undefined && (clusterIP ?? '') !== (clusterIPs[0] ?? '')) {
      errors.invalid('clusterIPs', clusterIPs, 'first value must match `clusterIP`')
    }
    if (isHeadless(spec) && (type === 'NodePort' || type === 'LoadBalancer')) {
      errors.invalid('clusterIPs', clusterIPs ?? [clusterIP], `may not be set to 'None' for ${type} services`)
    }
  }
  errors.each('externalIPs', spec.externalIPs, (address) => {
    if (!isIp(address)) errors.invalid(undefined, address, NO_IP)
  })
  if (spec.loadBalancerSourceRanges !== undefined) {
    if (type !== 'LoadBalancer')
      errors.forbidden('LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'")
    errors.each('LoadBalancerSourceRanges', spec.loadBalancerSourceRanges, (range) => {
      if (!isCidr(range.trim())) {
        errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
      }
    })
  }
}

function validatePolicies(spec: ServiceSpec, errors: FieldErrors): void {
  const { type, externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort } = spec
  const external = type === 'NodePort' || type === 'LoadBalancer'
  if (externalTrafficPolicy !== undefined) {
    if (!external && (spec.externalIPs ?? []).length === 0) {
      errors.invalid(
        'externalTrafficPolicy',
        externalTrafficPolicy,
        'may only be set for externally-accessible services',
      )
    } else if (!POLICIES.includes(externalTrafficPolicy)) {
      errors.notSupported('externalTrafficPolicy', externalTrafficPolicy, POLICIES)
    }
  } else if (external) errors.required('externalTrafficPolicy')
  if (internalTrafficPolicy !== undefined && !POLICIES.includes(internalTrafficPolicy)) {
    errors.notSupported('internalTrafficPolicy', internalTrafficPolicy, POLICIES)
  }
  if (healthCheckNodePort && !(type === 'LoadBalancer' && externalTrafficPolicy === 'Local')) {
    errors.invalid(
      'healthCheckNodePort',
      healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    )
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && type !== 'LoadBalancer') {
    errors.forbidden('allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'")
  }
  if (spec.loadBalancerClass !== undefined && type !== 'LoadBalancer') {
    errors.forbidden('loadBalancerClass', "may only be used when `type` is 'LoadBalancer'")
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
    if (
      before.loadBalancerClass !== undefined &&
      before.type === 'LoadBalancer' &&
      spec.type === 'LoadBalancer'
    ) {
      if (spec.loadBalancerClass !== before.loadBalancerClass) {
        errors.invalid('loadBalancerClass', spec.loadBalancerClass, IMMUTABLE)
      }
    }
  })
}
