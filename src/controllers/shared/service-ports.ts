/** What a Service's ports mean on one of its pods (controller/util/endpoint, endpointslice/util). */
import type { Pod } from '../../api/core/pod.ts'
import type { Service, ServicePort } from '../../api/core/service.ts'
import { isPodTerminal } from './pod.ts'

/** The port number on the pod; undefined when it has no port of that name. */
export function findPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const sidecars = (pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const { name, protocol, containerPort } of container.ports ?? []) {
      if (name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return containerPort
    }
  }
  return undefined
}

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None'
}

/** A pod that has, or had, an address and is not finished. */
export function canBeEndpoint(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod)) return false
  if (!pod.status?.podIP && (pod.status?.podIPs ?? []).length === 0) return false
  return includeTerminating || pod.metadata?.deletionTimestamp === undefined
}

/** The pod has a DNS name below the Service's. */
export function hasHostname(pod: Pod, service: Service): boolean {
  return (
    !!pod.spec.hostname &&
    pod.spec.subdomain === service.metadata?.name &&
    pod.metadata?.namespace === service.metadata?.namespace
  )
}
