/**
 * Notes in a ValidatingAdmissionPolicy's status that it has been looked at, and warns there of expressions that select
 * fields which none of the kinds that it is about has (pkg/controller/validatingadmissionpolicystatus). Upstream warns of
 * all types that do not fit.
 */
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import { defineController } from '../runtime/controller.ts'
import { expressionWarnings } from './type-check.ts'

export const policyStatusController = defineController<ValidatingAdmissionPolicy>({
  name: 'validatingadmissionpolicy-status-controller',
  component: 'validatingadmissionpolicy-status-controller',
  for: ValidatingAdmissionPolicy,

  async reconcile({ object: policy, client }) {
    if (policy === undefined) return
    const observedGeneration = policy.metadata.generation
    if (policy.status?.observedGeneration === observedGeneration) return
    const warnings = expressionWarnings(policy)
    const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings }
    await client.updateStatus(ValidatingAdmissionPolicy, {
      ...policy,
      status: { ...policy.status, observedGeneration, typeChecking },
    })
  },
})
