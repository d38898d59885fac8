/** Gives every pod a service account, and its token a place in every container (upstream: plugin/pkg/admission/serviceaccount). */
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { ServiceAccount } from '../../api/core/service-account.ts'
import type { Volume } from '../../api/core/volume.ts'
import { forbidden } from '../../api/errors.ts'
import { deepFreeze } from '../../api/freeze.ts'
import type { KubeObject } from '../../api/kind.ts'
import { nameSuffix } from '../../kernel/ids.ts'
import type { Random } from '../../kernel/random.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isPod } from './pods.ts'

const MIRROR = 'kubernetes.io/config.mirror'
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOKEN_SECONDS = 3607
const DEFAULT = 'default'

/**
 * @param required  refuse pods whose service account does not exist yet; only sensible where a controller makes
 *                  the `default` one of every namespace
 */
export function serviceAccount(options: { readonly required: boolean }): AdmissionPlugin {
  // Pods of one template share one admitted spec, and with it the drawn name of the token's volume.
  const admitted = new WeakMap<
    PodSpec,
    { readonly account: KubeObject | undefined; readonly spec: PodSpec }
  >()
  return {
    name: 'ServiceAccount',
    handles: (attributes) => isPod(attributes) && attributes.operation === 'CREATE',
    admit(object, { server, namespace, name }) {
      const pod = object as Pod
      if (pod.metadata?.annotations?.[MIRROR] !== undefined) return object
      const wanted = pod.spec.serviceAccountName || DEFAULT
      const account = server.find('', 'serviceaccounts', namespace, wanted) as ServiceAccount | undefined
      if (account === undefined && options.required) {
        const why = `error looking up service account ${namespace}/${wanted}: serviceaccount "${wanted}" not found`
        throw forbidden({ group: '', resource: 'pods' }, name, why)
      }
      let known = admitted.get(pod.spec)
      if (known === undefined || known.account !== account) {
        known = { account, spec: deepFreeze(withAccount(pod.spec, wanted, account, server.random)) }
        if (Object.isFrozen(pod.spec)) admitted.set(pod.spec, known)
      }
      return known.spec === pod.spec ? object : ({ ...pod, spec: known.spec } as KubeObject)
    },
  }
}

function withAccount(
  spec: PodSpec,
  name: string,
  account: ServiceAccount | undefined,
  random: Random,
): PodSpec {
  const named: PodSpec = { ...spec, serviceAccountName: name, serviceAccount: name }
  if (account === undefined) return named
  const secrets = account.imagePullSecrets
  const pulling =
    !spec.imagePullSecrets?.length && secrets?.length ? { ...named, imagePullSecrets: secrets } : named
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  return automount ? withToken(pulling, random) : pulling
}

function withToken(spec: PodSpec, random: Random): PodSpec {
  const existing = spec.volumes?.find((it) => it.name.startsWith('kube-api-access-'))?.name
  const volumeName = existing ?? `kube-api-access-${nameSuffix(random)}`
  let mounted = false
  const mount = <C extends Container>(container: C): C => {
    if (container.volumeMounts?.some((it) => it.mountPath === TOKEN_PATH)) return container
    mounted = true
    const added = { name: volumeName, readOnly: true, mountPath: TOKEN_PATH }
    return { ...container, volumeMounts: [...(container.volumeMounts ?? []), added] }
  }
  const containers = (spec.containers ?? []).map(mount)
  const initContainers = spec.initContainers?.map(mount)
  if (!mounted) return spec
  return {
    ...spec,
    containers,
    ...(initContainers === undefined ? {} : { initContainers }),
    volumes: existing === undefined ? [...(spec.volumes ?? []), tokenVolume(volumeName)] : spec.volumes,
  }
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  }
}
