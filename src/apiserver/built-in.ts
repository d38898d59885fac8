/** Which resources have behaviour beyond what their kinds declare: one line each. */
import { methodNotServed } from '../api/errors.ts'
import type { ApiResponse, Maybe } from '../api/request.ts'
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './admission/certificates.ts'
import { defaultIngressClass } from './admission/default-ingress-class.ts'
import { defaultTolerationSeconds } from './admission/default-toleration-seconds.ts'
import { expressionSyntax } from './admission/expression-syntax.ts'
import { limitRanger } from './admission/limit-ranger.ts'
import { mutatingWebhooks } from './admission/mutating-webhooks.ts'
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts'
import { nodeRestriction } from './admission/node-restriction.ts'
import type { AdmissionPlugin } from './admission/plugin.ts'
import { podSecurity } from './admission/pod-security.ts'
import { priority } from './admission/priority.ts'
import { rbacEscalation } from './admission/rbac-escalation.ts'
import { resourceQuota } from './admission/resource-quota.ts'
import { runtimeClass } from './admission/runtime-class.ts'
import { serviceAccount } from './admission/service-account.ts'
import {
  defaultStorageClass,
  persistentVolumeClaimResize,
  storageObjectInUseProtection,
} from './admission/storage.ts'
import { taintNodesByCondition } from './admission/taint-nodes-by-condition.ts'
import { validatingPolicies } from './admission/validating-policies.ts'
import { validatingWebhooks } from './admission/validating-webhooks.ts'
import type { Call, ServerContext } from './call.ts'
import { APPROVAL, CERTIFICATE_REQUEST_HOOKS } from './certificate-requests.ts'
import { customResourceEngines } from './custom-resources.ts'
import { get } from './list.ts'
import { finalizeNamespace, NAMESPACE_HOOKS } from './namespaces.ts'
import { patch } from './patch.ts'
import type { ResourceHooks } from './resource.ts'
import { serviceHooks } from './services.ts'
import type { SubresourceHandler } from './subresource.ts'
import { bind } from './subresources/binding.ts'
import { evict } from './subresources/eviction.ts'
import { ephemeralContainers, resize } from './subresources/pod-parts.ts'
import { createToken } from './subresources/token.ts'
import { type UpdateStrategy, update } from './update.ts'

/** By `resource[.group]/subresource`. */
export const SUBRESOURCES: Readonly<Record<string, SubresourceHandler>> = {
  'certificatesigningrequests.certificates.k8s.io/approval': writable(APPROVAL),
  'pods/binding': bind,
  'pods/ephemeralcontainers': ephemeralContainers,
  'pods/eviction': evict,
  'pods/resize': resize,
  'namespaces/finalize': finalizeNamespace,
  'serviceaccounts/token': createToken,
}

/** By `resource[.group]`; made anew for every server. */
export const HOOKS: Readonly<Record<string, (server: ServerContext) => ResourceHooks>> = {
  namespaces: () => NAMESPACE_HOOKS,
  services: serviceHooks,
  'certificatesigningrequests.certificates.k8s.io': () => CERTIFICATE_REQUEST_HOOKS,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': reconfigures,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': reconfigures,
  'validatingadmissionpolicies.admissionregistration.k8s.io': reconfigures,
}

/** Changes of it change which plug-ins a request concerns. */
function reconfigures({ admission }: ServerContext): ResourceHooks {
  return { committed: () => admission.reconfigure() }
}

export interface AdmissionOptions {
  /** Refuse pods whose service account does not exist (yet): only where a controller makes the default ones. */
  readonly requireServiceAccounts?: boolean
  /** Kubelets touch nothing but their own: as kubeadm turns it on. */
  readonly restrictNodes?: boolean
}

/** The plug-ins that are on by default, in upstream's order (kubeapiserver/options/plugins.go). */
export function defaultAdmission(options: AdmissionOptions = {}): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    customResourceEngines,
    limitRanger,
    serviceAccount({ required: options.requireServiceAccounts ?? false }),
    ...(options.restrictNodes ? [nodeRestriction] : []),
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval,
    certificateSigning,
    certificateSubjectRestriction,
    defaultIngressClass,
    mutatingWebhooks(),
    rbacEscalation,
    expressionSyntax,
    validatingPolicies,
    validatingWebhooks(),
    resourceQuota,
  ]
}

/** A subresource that is read, replaced and patched like the object, with a strategy of its own. */
export function writable(strategy: UpdateStrategy): (call: Call) => Maybe<ApiResponse> {
  return (call) => {
    switch (call.request.verb) {
      case 'get':
        return get(call)
      case 'update':
        return update(call, strategy)
      case 'patch':
        return patch(call, strategy)
      default:
        throw methodNotServed()
    }
  }
}
