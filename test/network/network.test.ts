import { describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/core/pod.ts'
import { Service } from '../../src/api/core/service.ts'
import { EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import { NetworkPolicy } from '../../src/api/networking/network-policy.ts'
import { candidates } from '../../src/network/dns.ts'
import { proxyRules } from '../../src/network/kube-proxy.ts'
import { NetworkWorld } from './harness.ts'

const box = { name: 'box', image: 'busybox', command: ['sleep', 'infinity'] }

describe('services', () => {
  test('names, addresses and ports reach the pods behind them', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 3, {
      type: 'NodePort',
      ports: [{ port: 80, targetPort: 80, nodePort: 30080 }],
    })
    await world.run('box', { containers: [box] }, { labels: { app: 'box' } })
    await world.settle()
    const wanted = 'Welcome to nginx!'
    expect(await world.sh('box', 'wget -qO- http://web')).toContain(wanted)
    expect(await world.sh('box', 'wget -qO- http://web.default.svc.cluster.local')).toContain(wanted)
    expect(await world.sh('box', `wget -qO- http://${await world.clusterIp('web')}`)).toContain(wanted)
    expect(await world.sh('box', 'wget -qO- http://10.0.0.2:30080')).toContain(wanted)
    expect(await world.sh('box', `curl -s http://${(await world.status('web-2')).podIP}`)).toContain(wanted)
    expect(await world.sh('box', 'curl -s -o /dev/null -w "%{http_code}" http://web/nope')).toBe('404')
    expect(await world.sh('box', 'nslookup web')).toContain(
      `Name:\tweb.default.svc.cluster.local\nAddress: ${await world.clusterIp('web')}`,
    )
  })

  test('failures are told apart', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1)
    await world.create(Service, {
      metadata: { name: 'empty', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    })
    await world.run('box', { containers: [box] })
    await world.settle()
    await world.advance(2)
    expect(await world.sh('box', 'wget -qO- http://nosuch')).toBe("wget: bad address 'nosuch'\n")
    expect(await world.sh('box', 'wget -qO- http://empty')).toBe(
      "wget: can't connect to remote host (empty): Connection refused\n",
    )
    expect(
      await world.sh('box', 'wget -qO- http://web-nope.default:1; curl -s http://10.99.9.9; echo $?'),
    ).toContain('28\n')
    const { podIP } = await world.status('web-1')
    expect(await world.sh('box', `wget -qO- http://${podIP}:81`)).toContain('Connection refused')
  })

  test('containers of a pod share localhost', async () => {
    const world = await new NetworkWorld().start()
    await world.run('p', { containers: [box, { name: 'web', image: 'nginx:1.27' }] })
    await world.settle()
    expect(await world.exec('p', ['wget', '-qO-', 'http://localhost'], { container: 'box' })).toMatchObject({
      stdout: expect.stringContaining('Welcome to nginx!'),
    })
  })

  test('headless services and pods have names of their own', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('db', 'nginx:1.27', 3, { clusterIP: 'None' })
    await world.run('box', { containers: [box] })
    await world.settle()
    const answer = await world.sh('box', 'nslookup db')
    for (const pod of ['db-1', 'db-2', 'db-3'])
      expect(answer).toContain(`Address: ${(await world.status(pod)).podIP}`)
    const ip = (await world.status('db-1')).podIP!
    expect(await world.sh('box', `nslookup ${ip.replaceAll('.', '-')}.default.pod`)).toContain(
      `Address: ${ip}`,
    )
    expect(await world.sh('box', 'nslookup nosuch')).toContain("** server can't find nosuch: NXDOMAIN")
  })

  test('ports have names: SRV records of services and of each pod', async () => {
    const world = await new NetworkWorld().start()
    const ports = [{ name: 'http', port: 80, targetPort: 80 }]
    await world.serve('web', 'nginx:1.27', 1, { ports })
    await world.serve('db', 'nginx:1.27', 2, { clusterIP: 'None', ports })
    for (const name of ['web', 'db']) {
      const ref = { namespace: 'default', name: `${name}-abc` }
      const slice = await world.outside(world.client.get(EndpointSlice, ref))
      const named = { ...slice, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }
      await world.outside(world.client.replace(EndpointSlice, named))
    }
    await world.run('box', { containers: [box] })
    await world.advance(3)
    expect(await world.sh('box', 'nslookup -type=srv _http._tcp.web')).toContain(
      '_http._tcp.web.default.svc.cluster.local\tservice = 0 100 80 web.default.svc.cluster.local\n',
    )
    const answer = await world.sh('box', 'nslookup -type=srv _http._tcp.db.default')
    for (const pod of ['db-1', 'db-2']) {
      const dashed = (await world.status(pod)).podIP!.replaceAll('.', '-')
      expect(answer).toContain(`service = 0 100 80 ${dashed}.db.default.svc.cluster.local\n`)
    }
    expect((await world.exec('box', ['nslookup', '-type=srv', '_nosuch._tcp.web'])).exitCode).toBe(1)
  })

  test('an ExternalName is another name for a name', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1)
    const alias = (name: string, externalName: string) =>
      world.create(Service, {
        metadata: { name, namespace: 'default' },
        spec: { type: 'ExternalName', externalName },
      })
    await alias('alias', 'web.default.svc.cluster.local')
    await alias('away', 'api.example.com')
    world.net.externalNames.set('api.example.com', '203.0.113.9')
    await world.run('box', { containers: [box] })
    await world.settle()
    expect(await world.sh('box', 'wget -qO- http://alias')).toContain('Welcome to nginx!')
    expect(await world.sh('box', 'nslookup away')).toContain(
      'away.default.svc.cluster.local\tcanonical name = api.example.com\nName:\tapi.example.com\nAddress: 203.0.113.9\n',
    )
  })

  test('dnsPolicy and dnsConfig decide what resolv.conf says', async () => {
    const world = await new NetworkWorld().start()
    const pods: Record<string, object> = {
      cluster: {},
      host: { dnsPolicy: 'Default' },
      hostnet: { hostNetwork: true },
      both: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      own: {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['192.0.2.1'],
          searches: ['my.dns'],
          options: [{ name: 'ndots', value: '2' }],
        },
      },
    }
    for (const [name, spec] of Object.entries(pods)) await world.run(name, { containers: [box], ...spec })
    await world.settle()
    const cluster =
      'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n'
    const resolv = (pod: string) => world.sh(pod, 'cat /etc/resolv.conf')
    expect(await resolv('cluster')).toBe(cluster)
    expect(await resolv('both')).toBe(cluster)
    expect(await resolv('host')).toBe('nameserver 192.168.0.1\noptions ndots:1\n')
    expect(await resolv('hostnet')).toBe(await resolv('host'))
    expect(await resolv('own')).toBe('search my.dns\nnameserver 192.0.2.1\noptions ndots:2\n')
  })

  test('names with few dots are tried with the search domains first', () => {
    const dns = { nameservers: [], searches: ['a.svc.x', 'svc.x'], ndots: 5 }
    expect(candidates('web', dns)).toEqual(['web.a.svc.x', 'web.svc.x', 'web'])
    expect(candidates('a.b.c.d.e.f', dns)).toEqual([
      'a.b.c.d.e.f',
      'a.b.c.d.e.f.a.svc.x',
      'a.b.c.d.e.f.svc.x',
    ])
    expect(candidates('web.', dns)).toEqual(['web'])
  })

  test('an endpoint that is not ready gets nothing; policy Local stays on the node', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 2, {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, targetPort: 80, nodePort: 30080 }],
    })
    const [one, two] = [(await world.status('web-1')).podIP!, (await world.status('web-2')).podIP!]
    expect((await world.traffic({ url: 'http://10.0.0.1:30080', count: 20 })).answeredBy).toEqual({
      [one]: 20,
    })
    await world.slice('web', ['web-1', 'web-2'], (pod) => pod === 'web-2')
    await world.advance(2)
    const { answeredBy } = await world.traffic({ url: 'http://web', count: 20 })
    expect(answeredBy).toEqual({ [two]: 20 })
    const none = await world.traffic({ url: 'http://10.0.0.1:30080', count: 1, timeoutMs: 100 })
    expect(none.failures).toEqual({ 'i/o timeout': 1 })
  })

  test('session affinity keeps a client with its endpoint until it expires', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 3, {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    })
    const answering = async () =>
      Object.keys((await world.traffic({ url: 'http://web', count: 50 })).answeredBy)
    const first = await answering()
    expect(first).toHaveLength(1)
    const later: string[] = []
    for (let i = 0; i < 12; i++) {
      await world.advance(61)
      later.push(...(await answering()))
    }
    // Chosen afresh each time: twelve times the same would be a chance of 3 in a million.
    expect(new Set(later).size).toBeGreaterThan(1)
  })
})

describe('proxy modes', () => {
  test('ipvs round robin spreads 3,000 requests 1,000 each', async () => {
    const world = await new NetworkWorld({ mode: 'ipvs' }).start()
    await world.serve('web', 'nginx:1.27', 3)
    const { answeredBy, succeeded } = await world.traffic({ url: 'http://web', count: 3000 })
    expect(succeeded).toBe(3000)
    expect(Object.values(answeredBy)).toEqual([1000, 1000, 1000])
    expect(proxyRules(world.net, 'node-1')).toContain(`TCP  ${await world.clusterIp('web')}:80 rr\n`)
  })

  test.each(['iptables', 'nftables'] as const)(
    '%s picks at random, evenly: chi-square at 0.1 %%',
    async (mode) => {
      const world = await new NetworkWorld({ mode }).start()
      await world.serve('web', 'nginx:1.27', 4)
      const { answeredBy } = await world.traffic({ url: 'http://web', count: 4000 })
      const counts = Object.values(answeredBy)
      expect(counts).toHaveLength(4)
      const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
      expect(chi).toBeLessThan(16.27)
    },
  )

  test('least connections sends the next one to the idlest', async () => {
    const world = await new NetworkWorld({
      mode: 'ipvs',
      ipvsScheduler: 'lc',
      images: [{ image: 'example/slow', program: { serves: [{ port: 80, latencyMs: 1000 }] } }],
    }).start()
    await world.serve('slow', 'example/slow:1', 3)
    const { answeredBy } = await world.traffic({ url: 'http://slow', count: 30, rate: 100 })
    expect(Object.values(answeredBy)).toEqual([10, 10, 10])
  })

  test('the rules that would be written can be read', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 3, {
      type: 'NodePort',
      ports: [{ port: 80, targetPort: 80, nodePort: 30080 }],
    })
    const rules = proxyRules(world.net, 'node-1')
    const ip = await world.clusterIp('web')
    expect(rules).toMatch(
      new RegExp(
        `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-[A-Z2-7]{16}`,
      ),
    )
    expect(rules).toContain('-m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-')
    expect(rules).toContain('-m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-')
    expect(rules).toContain(`-m tcp -j DNAT --to-destination ${(await world.status('web-1')).podIP}:80`)
    expect(rules).toContain(
      '-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web" -m tcp --dport 30080 -j KUBE-EXT-',
    )
    const nft = await new NetworkWorld({ mode: 'nftables' }).start()
    await nft.serve('web', 'nginx:1.27', 2)
    expect(proxyRules(nft.net, 'node-1')).toContain('numgen random mod 2 vmap { 0 : goto endpoint-')
    const old = await new NetworkWorld({ mode: 'userspace' }).start()
    await old.serve('web', 'nginx:1.27', 2)
    expect(proxyRules(old.net, 'node-1')).toContain('-A KUBE-PORTALS-CONTAINER -d ')
  })
})

describe('faults and policies', () => {
  test('a partition between two nodes cuts what crosses it', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 2)
    world.net.partition('node-1', 'node-2')
    const cut = await world.traffic({ url: 'http://web', count: 100, timeoutMs: 50 })
    expect(cut.failures['i/o timeout']).toBeGreaterThan(20)
    expect(Object.keys(cut.answeredBy)).toEqual([(await world.status('web-1')).podIP])
    world.net.heal('node-1', 'node-2')
    expect((await world.traffic({ url: 'http://web', count: 100 })).failed).toBe(0)
  })

  test('lost requests time out, in about the share that was asked for', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 2)
    world.net.lose(0.5)
    const { failures } = await world.traffic({ url: 'http://web', count: 400, timeoutMs: 50 })
    // Half go to the other node, and half of those are lost: 100, with a deviation of 9.
    expect(failures['i/o timeout']).toBeGreaterThan(60)
    expect(failures['i/o timeout']).toBeLessThan(140)
  })

  test('the journal says why a request failed', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1)
    const ip = (await world.status('web-1')).podIP
    await world.delete('web-1', 0)
    await world.advance(3)
    expect((await world.traffic({ url: 'http://web', count: 1 })).failed).toBe(1)
    expect(world.foundation.journal.entries().findLast((it) => it.type === 'network')?.text).toBe(
      `GET web:80/ failed: dial tcp ${ip}:80: connect: no route to host; pod web-1 is gone, and the rules of node-1 do not know it yet`,
    )
  })

  test('load balancers take traffic from the ranges that they are told', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1, {
      type: 'LoadBalancer',
      loadBalancerSourceRanges: ['10.0.0.1/32'],
    })
    const service = await world.outside(world.client.get(Service, { namespace: 'default', name: 'web' }))
    const status = { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } }
    await world.outside(world.client.updateStatus(Service, { ...service, status }))
    await world.advance(2)
    const from = (node: number) =>
      world.traffic({ url: 'http://198.51.100.1', count: 1, timeoutMs: 100, from: node })
    expect((await from(1)).failed).toBe(0)
    expect((await from(2)).failures).toEqual({ 'i/o timeout': 1 })
  })

  test('a policy for what leaves a pod has to name the name service too', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1)
    await world.run('box', { containers: [box] }, { labels: { role: 'box' } })
    await world.settle()
    const ip = (await world.status('web-1')).podIP
    const toWeb = { to: [{ podSelector: { matchLabels: { app: 'web' } } }] }
    const toDns = {
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
      ports: [{ protocol: 'UDP' as const, port: 53 }],
    }
    const spec = (egress: object[]) => ({
      podSelector: { matchLabels: { role: 'box' } },
      policyTypes: ['Egress' as const],
      egress,
    })
    const made = await world.create(NetworkPolicy, {
      metadata: { name: 'box', namespace: 'default' },
      spec: spec([toWeb]),
    })
    await world.settle()
    expect(await world.sh('box', `wget -qO- -T 1 http://${ip}`)).toContain('Welcome to nginx!')
    expect(await world.sh('box', 'wget -qO- -T 1 http://web')).toBe("wget: bad address 'web'\n")
    await world.outside(world.client.replace(NetworkPolicy, { ...made, spec: spec([toWeb, toDns]) }))
    await world.settle()
    expect(await world.sh('box', 'wget -qO- -T 1 http://web')).toContain('Welcome to nginx!')
    expect(await world.sh('box', 'wget -qO- -T 1 http://10.0.0.2:10250')).toContain('timed out')
  })

  test('a request under way is reset when its pod is killed', async () => {
    const world = await new NetworkWorld({
      images: [{ image: 'example/slow', program: { serves: [{ port: 80, latencyMs: 1000 }] } }],
    }).start()
    await world.serve('slow', 'example/slow:1', 1)
    const summary = world.traffic({ url: 'http://slow', count: 1 })
    world.foundation.loop.at(world.foundation.loop.now + 500, () => world.machine.powerOff())
    expect((await summary).failures).toEqual({ 'connection reset by peer': 1 })
  })

  test('NetworkPolicies allow what they name and drop the rest', async () => {
    const world = await new NetworkWorld().start()
    await world.serve('web', 'nginx:1.27', 1)
    await world.run('friend', { containers: [box] }, { labels: { role: 'friend' } })
    await world.run('stranger', { containers: [box] }, { labels: { role: 'stranger' } })
    await world.settle()
    await world.create(NetworkPolicy, {
      metadata: { name: 'only-friends', namespace: 'default' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { role: 'friend' } } }], ports: [{ port: 80 }] }],
      },
    })
    await world.settle()
    expect(await world.sh('friend', 'wget -qO- -T 1 http://web')).toContain('Welcome to nginx!')
    expect(await world.sh('stranger', 'wget -qO- -T 1 http://web')).toBe('wget: download timed out\n')
    await world.outside(
      world.client.update(Pod, await world.pod('stranger'), (draft) => {
        draft.metadata = { ...draft.metadata, labels: { role: 'friend' } }
      }),
    )
    await world.settle()
    expect(await world.sh('stranger', 'wget -qO- -T 1 http://web')).toContain('Welcome to nginx!')
  })
})

describe('a database on the network', () => {
  test('keeps its keys', async () => {
    const world = await new NetworkWorld().start()
    await world.run('db', {
      containers: [
        {
          name: 'redis',
          image: 'redis:7',
          args: ['redis-server'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', emptyDir: {} }],
    })
    await world.settle()
    expect(
      await world.sh('db', 'redis-cli SET a 1; redis-cli INCR a; redis-cli GET a; redis-cli GET none'),
    ).toBe('OK\n2\n2\n(nil)\n')
    expect(await world.sh('db', 'cat /data/dump.json')).toBe('{"a":"2"}')
  })
})
