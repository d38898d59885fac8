/** What a network policy may say. Upstream: pkg/apis/networking/validation. */
import { isLooseCidr, isStrictPart } from '../core/ip.ts'
import type { FieldErrors } from '../field-errors.ts'
import { validateLabelSelector, validatePort, validatePortNumOrName } from '../meta/validation.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './network-policy.ts'

export function validateNetworkPolicy(policy: NetworkPolicy, errors: FieldErrors): void {
  const { spec } = policy
  if (spec === undefined) return
  errors.at('spec', () => {
    validateLabelSelector(spec.podSelector, 'podSelector', errors)
    errors.each('ingress', spec.ingress, ({ ports, from }) => {
      errors.each('ports', ports, (port) => validatePolicyPort(port, errors))
      errors.each('from', from, (peer) => validatePeer(peer, errors))
    })
    errors.each('egress', spec.egress, ({ ports, to }) => {
      errors.each('ports', ports, (port) => validatePolicyPort(port, errors))
      errors.each('to', to, (peer) => validatePeer(peer, errors))
    })
    const types = spec.policyTypes ?? []
    if (types.length > 2) errors.invalid('policyTypes', types, 'may not specify more than two policyTypes')
    else {
      errors.each('policyTypes', types, (type) => {
        if (type !== 'Ingress' && type !== 'Egress')
          errors.notSupported(undefined, type, ['Egress', 'Ingress'])
      })
    }
  })
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']

function validatePolicyPort({ protocol, port, endPort }: NetworkPolicyPort, errors: FieldErrors): void {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.notSupported('protocol', protocol, PROTOCOLS)
  }
  if (port === undefined) {
    if (endPort !== undefined) errors.required('port', 'must be specified')
    return
  }
  validatePortNumOrName(port, 'port', errors)
  if (endPort === undefined) return
  if (typeof port === 'string')
    errors.invalid('endPort', endPort, 'may not be specified when `port` is non-numeric')
  else if (endPort > 65_535) validatePort(endPort, 'endPort', errors)
  else if (endPort < port) errors.invalid('endPort', endPort, 'must be greater than or equal to `port`')
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  errors: FieldErrors,
): void {
  validateLabelSelector(podSelector, 'podSelector', errors)
  validateLabelSelector(namespaceSelector, 'namespaceSelector', errors)
  const selects = podSelector !== undefined || namespaceSelector !== undefined
  if (ipBlock === undefined) {
    if (!selects) errors.required(undefined, 'must specify a peer')
    return
  }
  if (selects) errors.forbidden(undefined, 'may not specify both ipBlock and another peer')
  errors.at('ipBlock', () => {
    const cidr = ipBlock.cidr ?? ''
    if (cidr === '') {
      errors.required('cidr')
      return
    }
    if (!isLooseCidr(cidr)) {
      errors.invalid('cidr', cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
    }
    errors.each('except', ipBlock.except, (range) => {
      if (!isLooseCidr(range)) {
        errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
      } else if (isLooseCidr(cidr) && !isStrictPart(range, cidr)) {
        errors.invalid(undefined, range, 'must be a strict subset of `cidr`')
      }
    })
  })
}
