/** What an endpoint slice may say. Upstream: pkg/apis/discovery/validation. */
import { isIpv4, isIpv6 } from '../core/ip.ts'
import type { FieldErrors } from '../field-errors.ts'
import { validateOneOf, validatePort } from '../meta/validation.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../names.ts'
import type { EndpointSlice } from './endpoint-slice.ts'

const MAX_ENDPOINTS = 1000
const MAX_PORTS = 20_000
const MAX_ADDRESSES = 100

export function validateEndpointSlice(slice: EndpointSlice, errors: FieldErrors): void {
  const { addressType, endpoints = [], ports = [] } = slice
  validateOneOf(addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6'], errors)
  if (endpoints.length > MAX_ENDPOINTS) errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)
  else {
    errors.each('endpoints', endpoints, ({ addresses = [], hostname, nodeName }) => {
      if (addresses.length === 0) errors.required('addresses', 'must contain at least 1 address')
      if (addresses.length > MAX_ADDRESSES) errors.tooMany('addresses', addresses.length, MAX_ADDRESSES)
      errors.each('addresses', addresses, (address) => validateAddress(address, addressType, errors))
      if (hostname !== undefined)
        for (const problem of checkDns1123Label(hostname)) errors.invalid('hostname', hostname, problem)
      if (nodeName !== undefined)
        for (const problem of checkDns1123Subdomain(nodeName)) errors.invalid('nodeName', nodeName, problem)
    })
  }
  if (ports.length > MAX_PORTS) errors.tooMany('ports', ports.length, MAX_PORTS)
  const names = new Set<string>()
  errors.each('ports', ports, ({ name = '', port, protocol }) => {
    if (name !== '') for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
    if (names.has(name)) errors.duplicate('name', name)
    names.add(name)
    validateOneOf(protocol, 'protocol', ['SCTP', 'TCP', 'UDP'], errors)
    if (port !== undefined) validatePort(port, 'port', errors)
  })
}

function validateAddress(address: string, type: string, errors: FieldErrors): void {
  if (type === 'IPv4' && !isIpv4(address)) errors.invalid(undefined, address, 'must be an IPv4 address')
  if (type === 'IPv6' && !isIpv6(address)) errors.invalid(undefined, address, 'must be an IPv6 address')
  if (type === 'FQDN')
    for (const problem of checkDns1123Subdomain(address)) errors.invalid(undefined, address, problem)
}
