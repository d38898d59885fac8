/** What the API server fills in for services. Upstream: pkg/apis/core/v1/defaults.go, pkg/registry/core/service. */
import { fill, mapField, mapList, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { sameValue } from '../meta/validation.ts'
import type { ServiceSpec } from './service.ts'

export function defaultServiceSpec(given: ServiceSpec): ServiceSpec {
  let spec = fill(given, { sessionAffinity: 'None', type: 'ClusterIP' })
  if (
    spec.sessionAffinity === 'ClientIP' &&
    spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
  ) {
    spec = withFields(spec, { sessionAffinityConfig: deepFreeze({ clientIP: { timeoutSeconds: 10_800 } }) })
  }
  if (spec.sessionAffinity === 'None') spec = withFields(spec, { sessionAffinityConfig: undefined })
  spec = mapField(spec, 'ports', (ports) =>
    mapList(ports, (port) => {
      const complete = fill(port, { protocol: 'TCP' })
      const target = complete.targetPort
      return target === undefined || target === 0 || target === ''
        ? withFields(complete, { targetPort: port.port })
        : complete
    }),
  )
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  const reachable = external || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  if (reachable) spec = fill(spec, { externalTrafficPolicy: 'Cluster' })
  if (external || spec.type === 'ClusterIP') spec = fill(spec, { internalTrafficPolicy: 'Cluster' })
  if (spec.type === 'LoadBalancer') spec = fill(spec, { allocateLoadBalancerNodePorts: true })
  return spec
}

/** Who gives one address means the first of the list. Upstream: normalizeClusterIPs. */
export function withClusterIps(spec: ServiceSpec, old: Partial<ServiceSpec>): ServiceSpec {
  const { clusterIP, clusterIPs } = spec
  const given = clusterIPs !== undefined && !sameValue(clusterIPs, old.clusterIPs)
  if (!clusterIP || given || clusterIPs?.[0] === clusterIP) return spec
  return withFields(spec, { clusterIPs: Object.freeze([clusterIP, ...(clusterIPs ?? []).slice(1)]) })
}

/** What was allocated is kept when the update leaves it out and still needs it. */
export function keepAllocated(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (old.type === 'ExternalName' || spec.type === 'ExternalName') return spec
  let kept = spec
  if (!spec.clusterIP && old.clusterIP) {
    kept = withFields(kept, { clusterIP: old.clusterIP, clusterIPs: spec.clusterIPs ?? old.clusterIPs })
  }
  kept = fill(kept, {
    ...(old.clusterIPs === undefined ? {} : { clusterIPs: old.clusterIPs }),
    ...(old.ipFamilies === undefined ? {} : { ipFamilies: old.ipFamilies }),
    ...(old.ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy: old.ipFamilyPolicy }),
  })
  if (!needsNodePorts(spec) || !needsNodePorts(old)) return kept
  return mapField(kept, 'ports', (ports) =>
    mapList(ports, (port) => {
      if (port.nodePort) return port
      const before = old.ports?.find((it) => it.port === port.port && it.protocol === port.protocol)
      return before?.nodePort ? withFields(port, { nodePort: before.nodePort }) : port
    }),
  )
}

export function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}
