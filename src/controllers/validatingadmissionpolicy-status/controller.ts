/**
 * Notes in a ValidatingAdmissionPolicy's status that it has been looked at (pkg/controller/validatingadmissionpolicystatus).
 * Upstream also warns there of expressions whose types cannot fit; that is not done here, so that no warnings come.
 */
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import { defineController } from '../runtime/controller.ts'

export const policyStatusController = defineController<ValidatingAdmissionPolicy>({
  name: 'validatingadmissionpolicy-status-controller',
  component: 'validatingadmissionpolicy-status-controller',
  for: ValidatingAdmissionPolicy,

  async reconcile({ object: policy, client }) {
    if (policy === undefined) return
    const observedGeneration = policy.metadata.generation
    if (policy.status?.observedGeneration === observedGeneration) return
    await client.updateStatus(ValidatingAdmissionPolicy, {
      ...policy,
      status: { ...policy.status, observedGeneration, typeChecking: {} },
    })
  },
})
