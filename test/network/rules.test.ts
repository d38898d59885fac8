import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/kernel/sha256.ts'
import { type Flow, forbiddenBy, type Party } from '../../src/network/network-policy.ts'
import { iptablesRules } from '../../src/network/proxy/iptables.ts'
import { nftablesRules } from '../../src/network/proxy/nftables.ts'
import { serviceChain } from '../../src/network/proxy/rules.ts'
import { type Endpoint, type ServicePortEntry, ServiceTable } from '../../src/network/service-table.ts'

const entry = (extra: Partial<ServicePortEntry> = {}): ServicePortEntry => ({
  namespace: 'ns1',
  name: 'svc1',
  portName: 'p80',
  protocol: 'TCP',
  clusterIp: '172.30.0.41',
  port: 80,
  nodePort: 0,
  externalIps: [],
  loadBalancerIps: [],
  sourceRanges: [],
  affinitySeconds: 0,
  externalLocal: false,
  internalLocal: false,
  endpoints: [],
  ...extra,
})
const endpoint = (ip: string, node: string): Endpoint => ({
  ip,
  port: 80,
  node,
  ready: true,
  serving: true,
  terminating: false,
  hostname: undefined,
  pod: undefined,
})

const hex = (bytes: Uint8Array) => [...bytes].map((it) => it.toString(16).padStart(2, '0')).join('')

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1000), '41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3'],
])('SHA-256 of %j', (text, digest) => expect(hex(sha256(new TextEncoder().encode(text)))).toBe(digest))

describe('names of chains', () => {
  // As every cluster of kubeadm shows them.
  test.each([
    ['default', 'kubernetes', 'https', 'TCP', 'KUBE-SVC-NPX46M4PTMTKRN6Y'],
    ['kube-system', 'kube-dns', 'dns', 'UDP', 'KUBE-SVC-TCOU7JCQXEZGVUNU'],
    ['kube-system', 'kube-dns', 'dns-tcp', 'TCP', 'KUBE-SVC-ERIFXISQEP7F7OF4'],
    ['kube-system', 'kube-dns', 'metrics', 'TCP', 'KUBE-SVC-JD5MR3NA4I4DYORP'],
  ] as const)('%s/%s:%s', (namespace, name, portName, protocol, chain) => {
    expect(serviceChain(entry({ namespace, name, portName, protocol }))).toBe(chain)
  })

  test('nftables writes service, address and port out', () => {
    const rules = nftablesRules(
      new ServiceTable([entry({ endpoints: [endpoint('10.180.0.1', 'a')] })]),
      'a',
      '10.0.0.0/8',
    )
    expect(rules).toContain('chain service-ULMVA6XW-ns1/svc1/tcp/p80 {')
    expect(rules).toContain('chain endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80 {')
  })
})

describe('iptables', () => {
  const rulesOf = (extra: Partial<ServicePortEntry>) =>
    iptablesRules(new ServiceTable([entry(extra)]), 'node-1', '10.0.0.0/8').split('\n')
  const two = { endpoints: [endpoint('10.180.0.1', 'node-1'), endpoint('10.180.0.2', 'node-2')] }
  const SVC = 'KUBE-SVC-XPGD46QRK7WJZT7O'

  test('every rule leads to a chain that is declared, and every chain is reached', () => {
    const variants: Partial<ServicePortEntry>[] = [
      {},
      { nodePort: 30080 },
      { externalLocal: true, nodePort: 30080, loadBalancerIps: ['1.2.3.4'] },
      { internalLocal: true },
      { internalLocal: true, externalLocal: true, nodePort: 30080 },
      { loadBalancerIps: ['1.2.3.4'], sourceRanges: ['203.0.113.0/24'], nodePort: 30080 },
      { externalIps: ['5.6.7.8'], affinitySeconds: 60 },
    ]
    for (const variant of variants) {
      for (const endpoints of [[], two.endpoints, [endpoint('10.180.0.2', 'node-2')]]) {
        const lines = rulesOf({ ...variant, endpoints })
        const declared = new Set(lines.flatMap((it) => /^:(KUBE-\S+)/.exec(it)?.[1] ?? []))
        const jumps = new Set(lines.flatMap((it) => / -j (KUBE-\S+)/.exec(it)?.[1] ?? []))
        expect([...jumps].filter((it) => !declared.has(it))).toEqual([])
        const own = [...declared].filter((it) => /KUBE-(SVC|SVL|SEP|EXT|FW)-/.test(it))
        expect(own.filter((it) => !jumps.has(it))).toEqual([])
        // Chains are written in one piece each, with their last rule without a condition on chance.
        for (const chain of own.filter((it) => /KUBE-SV[CL]-/.test(it))) {
          const choices = lines.filter((it) => it.startsWith(`-A ${chain} `) && it.includes(' -j KUBE-SEP-'))
          expect(choices.at(-1)).not.toContain('--probability')
        }
      }
    }
  })

  test('a service on two pods', () => {
    const lines = rulesOf(two)
    expect(lines).toContain(
      `-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j ${SVC}`,
    )
    expect(lines.filter((it) => it.startsWith(`-A ${SVC} `)).map((it) => it.slice(0, 62))).toHaveLength(3)
    expect(lines.find((it) => it.includes('-> 10.180.0.1:80'))).toContain('--probability 0.5000000000')
  })

  test('policy Local sends what comes from outside to pods of this node, and drops it without', () => {
    const lines = rulesOf({ ...two, externalLocal: true, nodePort: 30080 })
    expect(lines).toContainEqual(expect.stringMatching(/^-A KUBE-EXT-\S+ -j KUBE-SVL-/))
    expect(lines).toContainEqual(
      expect.stringContaining(
        '-s 10.0.0.0/8 -m comment --comment "pod traffic for ns1/svc1:p80 external destinations" -j KUBE-SVC-',
      ),
    )
    const elsewhere = rulesOf({
      endpoints: [endpoint('10.180.0.2', 'node-2')],
      externalLocal: true,
      nodePort: 30080,
    })
    expect(elsewhere).toContain(
      '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "ns1/svc1:p80 has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP',
    )
  })

  test('without endpoints it refuses', () => {
    expect(rulesOf({})).toContain(
      '-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    )
  })
})

describe('NetworkPolicy', () => {
  const party = (namespace: string, labels: Record<string, string>, ip = '10.1.0.1'): Party => ({
    ip,
    namespace,
    labels,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    ports: [{ name: 'web', containerPort: 8080 }],
  })
  const web = party('shop', { app: 'web' })
  const db = party('shop', { app: 'db' }, '10.1.0.2')
  const other = party('other', { app: 'web' }, '10.1.0.3')
  const outside: Party = { ip: '203.0.113.7' }
  const flow = (from: Party, to: Party, port = 8080, protocol = 'TCP'): Flow => ({ from, to, port, protocol })
  const policy = (spec: object) => ({ metadata: { name: 'p', namespace: 'shop' }, spec }) as never
  const onDb = (spec: object) => policy({ podSelector: { matchLabels: { app: 'db' } }, ...spec })
  const onWeb = (spec: object) => policy({ podSelector: { matchLabels: { app: 'web' } }, ...spec })
  const peers = (...from: object[]) => onDb({ ingress: [{ from }] })
  const ports = (...list: object[]) => onDb({ ingress: [{ ports: list }] })

  test.each([
    ['nothing selects it', [], flow(web, db), true],
    ['deny all', [onDb({})], flow(web, db), false],
    [
      'of another namespace',
      [{ metadata: { namespace: 'x' }, spec: { podSelector: {} } }],
      flow(web, db),
      true,
    ],
    ['allow all', [onDb({ ingress: [{}] })], flow(outside, db), true],
    ['own namespace', [peers({ podSelector: {} })], flow(web, db), true],
    ['own namespace, asked from another', [peers({ podSelector: {} })], flow(other, db), false],
    ['any namespace', [peers({ namespaceSelector: {} })], flow(other, db), true],
    ['any namespace, asked from outside', [peers({ namespaceSelector: {} })], flow(outside, db), false],
    [
      'namespace and pod together',
      [
        peers({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } },
          podSelector: { matchLabels: { app: 'db' } },
        }),
      ],
      flow(other, db),
      false,
    ],
    ['address block', [peers({ ipBlock: { cidr: '203.0.113.0/24' } })], flow(outside, db), true],
    [
      'address block, except',
      [peers({ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } })],
      flow(outside, db),
      false,
    ],
    ['port', [ports({ port: 8080 })], flow(web, db), true],
    ['another port', [ports({ port: 80 })], flow(web, db), false],
    ['port range', [ports({ port: 8000, endPort: 8100 })], flow(web, db), true],
    ['past the range', [ports({ port: 8000, endPort: 8079 })], flow(web, db), false],
    ['named port', [ports({ port: 'web' })], flow(web, db), true],
    ['named port of nobody', [ports({ port: 'admin' })], flow(web, db), false],
    ['protocol', [ports({ port: 8080, protocol: 'UDP' })], flow(web, db), false],
    ['policies add up', [onDb({}), peers({ podSelector: {} })], flow(web, db), true],
    ['egress of the sender', [onWeb({ policyTypes: ['Egress'] })], flow(web, db), false],
    [
      'egress to a pod',
      [
        onWeb({
          policyTypes: ['Egress'],
          egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }] }],
        }),
      ],
      flow(web, db),
      true,
    ],
    ['egress rules alone', [onWeb({ egress: [{}] })], flow(web, db), true],
    ['egress rules imply Ingress too', [onWeb({ egress: [{}] })], flow(db, web), false],
    [
      'both sides must agree',
      [onWeb({ policyTypes: ['Egress'], egress: [{}] }), onDb({})],
      flow(web, db),
      false,
    ],
  ] as const)('%s', (_, policies, traffic, passes) => {
    expect(forbiddenBy(policies as never, traffic) === undefined).toBe(passes)
  })
})
