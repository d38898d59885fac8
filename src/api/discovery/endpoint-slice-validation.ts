/** What an endpoint slice may say. Upstream: pkg/apis/discovery/validation. */
import { isIpv6, isLooseIp, validateEndpointIp } from '../core/ip.ts'
import { NO_IP } from '../core/pod-spec-validation.ts'
import type { FieldErrors } from '../field-errors.ts'
import { validateOneOf, validatePort } from '../meta/validation.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue, checkQualifiedName } from '../names.ts'
import type { EndpointSlice } from './endpoint-slice.ts'

const MAX_ENDPOINTS = 1000
const MAX_PORTS = 20_000
const MAX_ADDRESSES = 100

export function validateEndpointSlice(slice: EndpointSlice, errors: FieldErrors): void {
  const { addressType, endpoints = [], ports = [] } = slice
  validateOneOf(addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6'], errors)
  if (endpoints.length > MAX_ENDPOINTS) errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)
  else {
    errors.each('endpoints', endpoints, ({ addresses = [], hostname, nodeName, hints }) => {
      if (addresses.length === 0) errors.required('addresses', 'must contain at least 1 address')
      if (addresses.length > MAX_ADDRESSES) errors.tooMany('addresses', addresses.length, MAX_ADDRESSES)
      errors.each('addresses', addresses, (address) => validateAddress(address, addressType, errors))
      validateZones(hints?.forZones ?? [], errors)
      if (hostname !== undefined)
        for (const problem of checkDns1123Label(hostname)) errors.invalid('hostname', hostname, problem)
      if (nodeName !== undefined)
        for (const problem of checkDns1123Subdomain(nodeName)) errors.invalid('nodeName', nodeName, problem)
    })
  }
  if (ports.length > MAX_PORTS) errors.tooMany('ports', ports.length, MAX_PORTS)
  const names = new Set<string>()
  errors.each('ports', ports, ({ name = '', port, protocol, appProtocol }) => {
    if (name !== '') for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
    if (names.has(name)) errors.duplicate('name', name)
    names.add(name)
    validateOneOf(protocol, 'protocol', ['SCTP', 'TCP', 'UDP'], errors)
    if (port !== undefined) validatePort(port, 'port', errors)
    if (appProtocol === undefined) return
    for (const problem of checkQualifiedName(appProtocol)) errors.invalid('appProtocol', appProtocol, problem)
  })
}

const MAX_ZONES = 8

function validateZones(zones: readonly { readonly name: string }[], errors: FieldErrors): void {
  errors.at('hints', () => {
    if (zones.length > MAX_ZONES) {
      errors.tooMany('forZones', zones.length, MAX_ZONES)
      return
    }
    const names = new Set<string>()
    errors.each('forZones', zones, ({ name }) => {
      if (names.has(name)) errors.duplicate('name', name)
      names.add(name)
      for (const problem of checkLabelValue(name ?? '')) errors.invalid('name', name ?? '', problem)
    })
  })
}

function validateAddress(address: string, type: string, errors: FieldErrors): void {
  if (type === 'IPv4' || type === 'IPv6') {
    if (!isLooseIp(address)) errors.invalid(undefined, address, NO_IP)
    else if ((type === 'IPv6') !== isIpv6(address))
      errors.invalid(undefined, address, `must be an ${type} address`)
    else validateEndpointIp(address, errors)
  }
  if (type === 'FQDN') {
    // As in DNS, a dot may end it.
    const name = address.replace(/\.$/, '')
    for (const problem of checkDns1123Subdomain(name)) errors.invalid(undefined, name, problem)
  }
}
