/** An Ingress that names no class gets the default one (upstream: plugin/pkg/admission/network/defaultingressclass). */
import { forbidden } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { Ingress } from '../../api/networking/ingress.ts'
import type { AdmissionPlugin } from './plugin.ts'

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class'
const LEGACY_CLASS = 'kubernetes.io/ingress.class'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: ({ operation, kind, subresource }) =>
    operation === 'CREATE' &&
    subresource === '' &&
    kind.resource === 'ingresses' &&
    kind.group === 'networking.k8s.io',
  admit(object, { server, kind, name }) {
    const ingress = object as Ingress
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata?.annotations?.[LEGACY_CLASS])
      return object
    const classes = server
      .cached('networking.k8s.io', 'ingressclasses')
      .filter((it) => it.metadata?.annotations?.[IS_DEFAULT] === 'true')
    if (classes.length === 0) return object
    let newest = classes[0]!
    for (const it of classes) {
      if (it.metadata!.creationTimestamp! > newest.metadata!.creationTimestamp!) newest = it
    }
    if (newest.metadata?.name === undefined)
      throw forbidden(kind, name, 'no default ingress class has a name')
    return { ...ingress, spec: { ...ingress.spec, ingressClassName: newest.metadata.name } } as KubeObject
  },
}
