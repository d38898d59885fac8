/** What an ingress may say. Upstream: pkg/apis/networking/validation. */
import { isIp } from '../core/ip.ts'
import type { FieldErrors } from '../field-errors.ts'
import { validatePort } from '../meta/validation.ts'
import { checkDns1035Label, checkDns1123Subdomain, checkPortName } from '../names.ts'
import type { HTTPIngressPath, Ingress, IngressBackend } from './ingress.ts'

export function validateIngress(ingress: Ingress, errors: FieldErrors): void {
  const { rules = [], defaultBackend, tls, ingressClassName } = ingress.spec
  errors.at('spec', () => {
    if (rules.length === 0 && defaultBackend === undefined) {
      errors.invalid(undefined, rules, 'either `defaultBackend` or `rules` must be specified')
    }
    if (defaultBackend !== undefined)
      errors.at('defaultBackend', () => validateBackend(defaultBackend, errors))
    errors.each('rules', rules, ({ host, http }) => {
      if (host) validateHost(host, 'host', errors)
      if (http !== undefined) {
        errors.at('http', () => {
          if ((http.paths ?? []).length === 0) errors.required('paths')
          errors.each('paths', http.paths, (path) => validatePath(path, errors))
        })
      }
    })
    errors.each('tls', tls, ({ hosts, secretName }) => {
      errors.each('hosts', hosts, (host) => validateHost(host, undefined, errors))
      if (!secretName) return
      for (const problem of checkDns1123Subdomain(secretName))
        errors.invalid('secretName', secretName, problem)
    })
    if (ingressClassName !== undefined) {
      for (const problem of checkDns1123Subdomain(ingressClassName)) {
        errors.invalid('ingressClassName', ingressClassName, problem)
      }
    }
  })
}

function validateHost(host: string, field: string | undefined, errors: FieldErrors): void {
  if (isIp(host)) errors.invalid(field, host, 'must be a DNS name, not an IP address')
  else {
    const name = host.startsWith('*.') ? host.slice(2) : host
    for (const problem of checkDns1123Subdomain(name)) errors.invalid(field, host, problem)
  }
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, errors: FieldErrors): void {
  if (!pathType) errors.required('pathType', 'pathType must be specified')
  else if (!PATH_TYPES.includes(pathType)) errors.notSupported('pathType', pathType, PATH_TYPES)
  else if (pathType !== 'ImplementationSpecific') {
    if (!path.startsWith('/')) errors.invalid('path', path, 'must be an absolute path')
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
      if (path.includes(part)) errors.invalid('path', path, `must not contain '${part}'`)
    }
    for (const end of ['/..', '/.'])
      if (path.endsWith(end)) errors.invalid('path', path, `cannot end with '${end}'`)
  } else if (path !== '' && !path.startsWith('/')) errors.invalid('path', path, 'must be an absolute path')
  errors.at('backend', () => validateBackend(backend ?? {}, errors))
}

function validateBackend({ service, resource }: IngressBackend, errors: FieldErrors): void {
  if (service !== undefined && resource !== undefined) {
    errors.invalid(undefined, '', 'cannot set both resource and service backends')
  } else if (resource !== undefined) {
    if (!resource.kind) errors.required('resource.kind')
    if (!resource.name) errors.required('resource.name')
  } else if (service === undefined) {
    errors.required(undefined, 'resource or service backend is required')
  } else {
    errors.at('service', () => {
      if (!service.name) errors.required('name')
      else
        for (const problem of checkDns1035Label(service.name)) errors.invalid('name', service.name, problem)
      const { name, number } = service.port ?? {}
      errors.at('port', () => {
        if (name && number) errors.invalid(undefined, service.port, 'cannot set both port name & port number')
        else if (name) for (const problem of checkPortName(name)) errors.invalid('name', name, problem)
        else if (number) validatePort(number, 'number', errors)
        else errors.required(undefined, 'port name or number is required')
      })
    })
  }
}
