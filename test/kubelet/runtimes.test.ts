import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Node } from '../../src/api/core/node.ts'
import {
  canonicalImage,
  defaultPullPolicy,
  parseImageReference,
} from '../../src/kubelet/cri/image-reference.ts'
import { World } from './harness.ts'

describe('image references', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest', 'Always'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27', 'IfNotPresent'],
    ['team/app:latest', 'docker.io/team/app:latest', 'Always'],
    ['registry.example:5000/a/b', 'registry.example:5000/a/b:latest', 'Always'],
    ['localhost/x:1', 'localhost/x:1', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, `docker.io/library/nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ])('%s is %s, pulled %s', (image, canonical, policy) => {
    expect(canonicalImage(parseImageReference(image)!)).toBe(canonical)
    expect(defaultPullPolicy(image)).toBe(policy)
  })

  test.each(['', 'Nginx', 'a b', 'nginx:', 'nginx:tag:tag', '/nginx', 'nginx@sha256:short'])(
    '"%s" is none',
    (image) => {
      expect(parseImageReference(image)).toBeUndefined()
    },
  )
})

describe('runtimes', () => {
  test.each([
    ['containerd', 'containerd://2.0.5', 'containerd-shim-runc-v2/node-1'],
    ['cri-o', 'cri-o://1.33.0', 'conmon/node-1'],
  ] as const)('%s: its name, its ids, its steps', async (runtime, version, helper) => {
    const world = await new World({ machine: { runtime, showRuntimeSteps: true } }).start()
    await world.run('p', { containers: [{ name: 'c', image: 'nginx:1.27' }] })
    await world.settle()
    const node = await world.outside(world.client.get(Node, { name: 'node-1' }))
    expect(node.status?.nodeInfo?.containerRuntimeVersion).toBe(version)
    const status = await world.status('p')
    expect(status.containerStatuses?.[0]?.containerID).toMatch(new RegExp(`^${runtime}://[0-9a-f]{64}$`))
    const steps = world.foundation.journal.entries().filter((it) => it.type === 'cri')
    expect(steps.map((it) => it.actor)).toContain(helper)
    expect(
      steps.filter((it) => it.actor === 'runc/node-1').map((it) => it.text.replace(/ [0-9a-f]{12}:/, ':')),
    ).toEqual([
      'create: reads config.json of the bundle',
      'create: joins the network, IPC and UTS namespaces of the sandbox, makes new PID and mount namespaces',
      'create: sets the cgroup limits',
      'start: executes the entrypoint',
    ])
    expect(steps.map((it) => it.text)).toContainEqual(expect.stringMatching(/(layers of|copies) nginx:1\.27/))
  })

  test('one that is down makes the node not ready', async () => {
    const world = await new World().start()
    world.machine.runtime.broken = 'connect: connection refused'
    await world.run('p', { containers: [{ name: 'c', image: 'nginx:1.27' }] })
    await world.advance(2)
    expect(await world.events('p')).toContain(
      'Warning FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unavailable desc = connect: connection refused',
    )
    world.machine.runtime.broken = undefined
    await world.advance(12)
    expect((await world.status('p')).phase).toBe('Running')
  })
})

describe('servers', () => {
  test('http-echo, agnhost and nginx with files of a ConfigMap', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [
        { name: 'box', image: 'busybox', command: ['sleep', 'infinity'] },
        { name: 'echo', image: 'hashicorp/http-echo:1.0', args: ['-text=hello', '-listen=:5678'] },
        {
          name: 'agn',
          image: 'registry.k8s.io/e2e-test-images/agnhost:2.47',
          args: ['netexec', '--http-port=8080'],
        },
        {
          name: 'web',
          image: 'nginx:1.27',
          volumeMounts: [{ name: 'site', mountPath: '/usr/share/nginx/html' }],
        },
        { name: 'php', image: 'php:8.2-fpm' },
      ],
      volumes: [{ name: 'site', emptyDir: {} }],
    })
    await world.settle()
    const get = async (url: string) =>
      (await world.exec('p', ['wget', '-qO-', url], { container: 'box' })).stdout
    expect(await get('http://localhost:5678')).toBe('hello\n')
    expect(await get('http://localhost:8080/hostname')).toBe('p')
    expect(await get('http://localhost:8080/echo?msg=a%20b')).toBe('a b')
    expect(await get('http://localhost:8080/shell?cmd=echo%20hi')).toBe('{"output":"hi\\n"}')
    await world.exec('p', ['sh', '-c', 'echo "<h1>mine</h1>" > /usr/share/nginx/html/index.html'], {
      container: 'web',
    })
    expect(await get('http://localhost')).toBe('<h1>mine</h1>\n')
    expect(await get('http://localhost:9000')).toBe('PHP 8.2 on p\n')
    expect(await world.logs('p', { container: 'web' })).toMatch(
      /"GET \/ HTTP\/1\.1" 200 14 "-" "Wget" "-"\n$/,
    )
  })

  test('nginx asks php-fpm, also when a probe asks nginx', async () => {
    const world = await new World().start()
    await world.create(ConfigMap, {
      metadata: { name: 'site', namespace: 'default' },
      data: { 'default.conf': 'server { listen 80; location ~ \\.php$ { fastcgi_pass 127.0.0.1:9000; } }' },
    })
    await world.run('p', {
      containers: [
        {
          name: 'nginx',
          image: 'nginx:1.27',
          volumeMounts: [{ name: 'site', mountPath: '/etc/nginx/conf.d' }],
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
        },
        { name: 'php', image: 'php:8.2-fpm' },
      ],
      volumes: [{ name: 'site', configMap: { name: 'site' } }],
    })
    await world.advance(15)
    expect((await world.status('p')).containerStatuses?.map((it) => it.ready)).toEqual([true, true])
    expect(await world.sh('p', 'curl -s localhost', 'php')).toBe('PHP 8.2 on p\n')
  })

  test('HTTP over a port-forward', async () => {
    const world = await new World().start()
    await world.run('p', { containers: [{ name: 'web', image: 'nginx:1.27' }] })
    await world.settle()
    const { loop } = world.foundation
    const forward = (port: number, request: string) =>
      world.outside(
        new Promise<string>((resolve) => {
          let answer = ''
          loop.inject(() => {
            const connection = world.machine.streams!.portForward({ namespace: 'default', pod: 'p' }, port, {
              data: (chunk) => {
                answer += new TextDecoder().decode(chunk)
              },
              end: (error) => resolve(answer + (error ?? '')),
            })
            if ('write' in connection) connection.write(new TextEncoder().encode(request))
          })
        }),
      )
    const answer = await forward(80, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Welcome to nginx!/)
    expect(await forward(80, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/)
    expect(await forward(81, '')).toContain('connection refused')
  })
})
