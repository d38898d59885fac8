/** Pod Security Standards of namespaces, in the words that a real cluster uses. */
import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { type Harness, harness, refusal } from './harness.ts'

function cluster(labels: Record<string, string>): Harness {
  const h = harness({ admission: undefined })
  h.api.bootstrap()
  h.create(Namespace, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'ns', labels: prefixed(labels) },
  } as unknown as Namespace)
  return h
}

const prefixed = (labels: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]),
  )
const pod = (spec: object = {}, container: object = {}, metadata: object = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
  }) as unknown as Pod
const create = (h: Harness, object: Pod) => () => h.create(Pod, object, { namespace: 'ns' })
const RESTRICTED_OK = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

test('the restricted level wants everything said', () => {
  const h = cluster({ enforce: 'restricted' })
  expect(refusal(create(h, pod())).message).toBe(
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  )
  expect(create(h, pod({}, { securityContext: RESTRICTED_OK }))().metadata.name).toBe('p')
})

const ann = (key: string, value: string) => ({ annotations: { [key]: value } })
test.each<[string, Pod]>([
  ['hostPort (container "c" uses hostPort 80)', pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] })],
  ['host namespaces (hostNetwork=true, hostPID=true)', pod({ hostNetwork: true, hostPID: true })],
  [
    'privileged (container "c" must not set securityContext.privileged=true)',
    pod({}, { securityContext: { privileged: true } }),
  ],
  ['hostPath volumes (volume "v")', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
  [
    'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
    pod({}, { securityContext: { capabilities: { add: ['SYS_TIME', 'NET_ADMIN', 'CHOWN'] } } }),
  ],
  [
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    pod({ hostUsers: false }, { securityContext: { procMount: 'Unmasked' } }),
  ],
  [
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x_t"; user may not be set)',
    pod({ securityContext: { seLinuxOptions: { type: 'x_t', user: 'u' } } }),
  ],
  [
    'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    pod(
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
    ),
  ],
  [
    'forbidden sysctls (kernel.msgmax)',
    pod({
      securityContext: {
        sysctls: [
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
        ],
      },
    }),
  ],
  [
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    pod({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
  ],
])('the baseline level refuses %s', (detail, object) => {
  const h = cluster({ enforce: 'baseline' })
  expect(refusal(create(h, object)).message).toBe(
    `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${detail}`,
  )
})

test('a version of the policy is as it was then', () => {
  const rmem = pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } })
  expect(create(cluster({ enforce: 'baseline' }), rmem)().metadata.name).toBe('p')
  const old = cluster({ enforce: 'baseline', 'enforce-version': 'v1.31' })
  expect(refusal(create(old, rmem)).message).toContain(
    'violates PodSecurity "baseline:v1.31": forbidden sysctls (net.ipv4.tcp_rmem)',
  )
  const annotated = pod({}, {}, ann('seccomp.security.alpha.kubernetes.io/pod', 'unconfined'))
  expect(
    refusal(create(cluster({ enforce: 'baseline', 'enforce-version': 'v1.18' }), annotated)).message,
  ).toContain('seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")')
})

test('restricted checks take the place of the baseline ones they cover', () => {
  const h = cluster({ enforce: 'restricted' })
  const object = pod(
    {
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', nfs: { server: 's', path: '/' } },
      ],
    },
    { securityContext: { ...RESTRICTED_OK, runAsUser: 0 } },
  )
  expect(refusal(create(h, object)).message).toBe(
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs"), runAsUser=0 (container "c" must not set runAsUser=0)',
  )
})

test('who makes a workload is warned, and only pods are refused', () => {
  const h = cluster({ enforce: 'baseline', warn: 'restricted', 'warn-version': 'v1.32' })
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: pod({ hostNetwork: true }).spec },
    },
  }
  const made = h.request('create', Deployment, { namespace: 'ns', body: deployment })
  expect(made).toMatchObject({ ok: true, code: 201 })
  expect((made as { warnings?: readonly string[] }).warnings).toEqual([
    expect.stringMatching(
      /^would violate PodSecurity "restricted:v1\.32": host namespaces \(hostNetwork=true\), allowPrivilegeEscalation != false/,
    ),
  ])
})

test('without a level to warn at, the enforced one counts', () => {
  const h = cluster({ enforce: 'restricted' })
  const body = {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: pod().spec },
    },
  }
  const made = h.request('create', Deployment, { namespace: 'ns', body })
  expect((made as { warnings?: readonly string[] }).warnings?.[0]).toMatch(
    /^would violate PodSecurity "restricted:latest"/,
  )
})

test('labels are checked, and a stricter level tells of the pods that are there', () => {
  const h = cluster({})
  for (const name of ['b', 'a']) create(h, pod({ hostPID: true }, {}, { name }))()
  const set = (labels: Record<string, string>) =>
    h.request('patch', Namespace, {
      name: 'ns',
      patchType: 'application/merge-patch+json',
      body: { metadata: { labels: prefixed(labels) } },
    })
  expect(set({ enforce: 'strict' })).toMatchObject({
    code: 422,
    status: {
      message:
        'Namespace "ns" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    },
  })
  expect((set({ enforce: 'baseline' }) as { warnings?: readonly string[] }).warnings).toEqual([
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
  ])
})
