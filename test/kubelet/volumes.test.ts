import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { CSIDriver } from '../../src/api/storage/csi-driver.ts'
import { resourceValue } from '../../src/kubelet/downward.ts'
import { World } from './harness.ts'

const box = (extra: object) => ({ name: 'box', image: 'busybox', command: ['sleep', 'infinity'], ...extra })
const configMap = (name: string, data: Record<string, string>) => ({
  metadata: { name, namespace: 'default' },
  data,
})

interface ResourceCase {
  id: string
  resource: string
  value: string
  divisor: string
  expect: string
  title?: string
}

describe('resourceFieldRef', () => {
  const { cases } = JSON.parse(
    readFileSync(new URL('../vectors/core/downward-resource.json', import.meta.url), 'utf8'),
  ) as { cases: ResourceCase[] }
  test.each(cases)('$id: $resource $value / $divisor', (it) => {
    const [list, ...rest] = it.resource.split('.')
    const name = rest.join('.')
    const fallback = it.title?.startsWith('no limit') === true
    const resources = fallback ? {} : { [list!]: { [name]: it.value } }
    expect(resourceValue(it.resource, it.divisor, { name: 'c', resources }, { [name]: it.value })).toBe(
      it.expect,
    )
  })
})

describe('environment', () => {
  test('the Downward API of the article', async () => {
    const world = await new World().start()
    await world.run(
      'downward',
      {
        containers: [
          box({
            resources: { requests: { cpu: '15m', memory: '100Ki' }, limits: { cpu: '100m', memory: '8Mi' } },
            env: [
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
              { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              {
                name: 'CONTAINER_CPU_REQUEST_MILLICORES',
                valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } },
              },
              {
                name: 'CONTAINER_MEMORY_LIMIT_KIBIBYTES',
                valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Ki' } },
              },
              { name: 'GREETING', value: 'hello $(POD_NAME), $$(NOT) $(MISSING)' },
            ],
            volumeMounts: [{ name: 'downward', mountPath: '/etc/downward' }],
          }),
        ],
        volumes: [
          {
            name: 'downward',
            downwardAPI: {
              items: [
                { path: 'podName', fieldRef: { fieldPath: 'metadata.name' } },
                { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
                {
                  path: 'containerMemoryLimitBytes',
                  resourceFieldRef: { containerName: 'box', resource: 'limits.memory', divisor: '1' },
                },
              ],
            },
          },
        ],
      },
      { labels: { foo: 'bar' }, annotations: { key1: 'value1', key2: 'multi\nline\nvalue\n' } },
    )
    await world.settle()
    const env = await world.exec('downward', ['env'])
    expect(env.stdout).toContain('CONTAINER_CPU_REQUEST_MILLICORES=15\n')
    expect(env.stdout).toContain('CONTAINER_MEMORY_LIMIT_KIBIBYTES=8192\n')
    expect(env.stdout).toContain('POD_IP=10.244.1.2\n')
    expect(env.stdout).toContain('NODE_NAME=node-1\n')
    expect(env.stdout).toContain('GREETING=hello downward, $(NOT) $(MISSING)\n')
    expect(env.stdout).toContain('KUBERNETES_SERVICE_HOST=10.96.0.1\n')
    expect(env.stdout).toContain('KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443\n')
    const list = await world.exec('downward', ['ls', '-lL', '/etc/downward'])
    expect(
      list.stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.replace(/ +/g, ' ').split(' ').at(-1)),
    ).toEqual(['annotations', 'containerMemoryLimitBytes', 'labels', 'podName'])
    expect(list.stdout).toMatch(/^-rw-r--r-- +1 root +root +9 Jan +1 00:00 labels$/m)
    expect(await world.sh('downward', 'cat /etc/downward/labels')).toBe('foo="bar"')
    expect(await world.sh('downward', 'cat /etc/downward/annotations')).toMatch(
      /^key1="value1"\nkey2="multi\\nline\\nvalue\\n"/,
    )
    expect(await world.sh('downward', 'cat /etc/downward/containerMemoryLimitBytes')).toBe('8388608')

    // A label edit reaches the file with the kubelet's delay, and never the environment.
    await world.outside(
      world.client.update(Pod, await world.pod('downward'), (draft) => {
        draft.metadata = { ...draft.metadata, labels: { foo: 'baz' } }
      }),
    )
    await world.settle()
    expect(await world.sh('downward', 'cat /etc/downward/labels')).toBe('foo="bar"')
    await world.advance(100)
    expect(await world.sh('downward', 'cat /etc/downward/labels')).toBe('foo="baz"')
  })

  test('from ConfigMaps and Secrets, in order, entries over sources', async () => {
    const world = await new World().start()
    await world.create(ConfigMap, configMap('c', { A: 'from-c', B: 'b' }))
    await world.create(Secret, {
      metadata: { name: 's', namespace: 'default' },
      data: { A: btoa('from-s'), P: btoa('pass') },
    })
    await world.run('p', {
      containers: [
        box({
          envFrom: [
            { configMapRef: { name: 'c' } },
            { prefix: 'X_', secretRef: { name: 's' } },
            { configMapRef: { name: 'absent', optional: true } },
          ],
          env: [
            { name: 'B', value: 'own' },
            { name: 'PW', valueFrom: { secretKeyRef: { name: 's', key: 'P' } } },
            { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'c', key: 'nope', optional: true } } },
          ],
        }),
      ],
    })
    await world.settle()
    expect(await world.sh('p', 'echo $A $B $X_A $PW ${NONE-unset}')).toBe('from-c own from-s pass unset\n')
  })

  test.each([
    [{ configMapKeyRef: { name: 'absent', key: 'a' } }, 'configmap "absent" not found'],
    [{ secretKeyRef: { name: 'absent', key: 'a' } }, 'secret "absent" not found'],
    [{ configMapKeyRef: { name: 'c', key: 'nope' } }, "couldn't find key nope in ConfigMap default/c"],
  ])('a missing reference: CreateContainerConfigError %#', async (valueFrom, message) => {
    const world = await new World().start()
    await world.create(ConfigMap, configMap('c', { a: '1' }))
    await world.run('p', { containers: [box({ env: [{ name: 'V', valueFrom }] })] })
    await world.settle()
    expect((await world.status('p')).containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message,
    })
    expect(await world.events('p')).toContain(`Warning Failed: Error: ${message}`)
  })

  test('is that of creation: a Service made later is not in it', async () => {
    const world = await new World().start()
    await world.run('p', { containers: [box({})] })
    await world.settle()
    const { Service } = await import('../../src/api/core/service.ts')
    await world.create(Service, {
      metadata: { name: 'my-db', namespace: 'default' },
      spec: { ports: [{ name: 'sql', port: 5432 }] },
    })
    await world.settle()
    await world.run('q', { containers: [box({})] })
    await world.settle()
    expect(await world.sh('p', 'echo ${MY_DB_SERVICE_PORT-none}')).toBe('none\n')
    expect(
      await world.sh('q', 'echo $MY_DB_SERVICE_PORT $MY_DB_SERVICE_PORT_SQL $MY_DB_PORT_5432_TCP_PROTO'),
    ).toBe('5432 5432 tcp\n')
  })
})

describe('volumes', () => {
  test('emptyDir is shared by containers and lost with the pod', async () => {
    const world = await new World().start()
    const mounts = { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }
    await world.run('p', {
      containers: [box(mounts), { ...box(mounts), name: 'other' }],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    })
    await world.settle()
    await world.exec('p', ['sh', '-c', 'echo shared > /scratch/f'], { container: 'box' })
    expect(await world.sh('p', 'cat /scratch/f', 'other')).toBe('shared\n')
    await world.delete('p', 0)
    await world.settle()
    expect(world.machine.volumes.size).toBe(0)
  })

  test('hostPath shows the node, and its type is checked', async () => {
    const world = await new World().start()
    world.machine.disk.write('var/lib/app/data', 'on the node\n')
    await world.run('p', {
      containers: [box({ volumeMounts: [{ name: 'h', mountPath: '/host' }] })],
      volumes: [{ name: 'h', hostPath: { path: '/var/lib/app', type: 'Directory' } }],
    })
    await world.run('bad', {
      containers: [box({ volumeMounts: [{ name: 'h', mountPath: '/host' }] })],
      volumes: [{ name: 'h', hostPath: { path: '/nope', type: 'Directory' } }],
    })
    await world.settle()
    expect(await world.sh('p', 'cat /host/data')).toBe('on the node\n')
    expect(await world.events('bad')).toContain(
      'Warning FailedMount: MountVolume.SetUp failed for volume "h" : hostPath type check failed: /nope is not a directory',
    )
  })

  test('a ConfigMap as files: links, modes, items, subPath; edits arrive, but not through subPath', async () => {
    const world = await new World().start()
    await world.create(ConfigMap, configMap('c', { 'app.conf': 'v1\n', other: 'o\n' }))
    await world.run('p', {
      containers: [
        box({
          volumeMounts: [
            { name: 'all', mountPath: '/all' },
            { name: 'some', mountPath: '/some' },
            { name: 'all', mountPath: '/etc/app.conf', subPath: 'app.conf' },
          ],
        }),
      ],
      volumes: [
        { name: 'all', configMap: { name: 'c' } },
        {
          name: 'some',
          configMap: { name: 'c', defaultMode: 0o400, items: [{ key: 'app.conf', path: 'deep/x' }] },
        },
      ],
    })
    await world.settle()
    expect(await world.sh('p', 'ls /all /some; readlink /all/app.conf; stat -c %a /some/deep/x')).toBe(
      '/all:\napp.conf\nother\n\n/some:\ndeep\n..data/app.conf\n400\n',
    )
    await world.outside(
      world.client.patch(ConfigMap, { namespace: 'default', name: 'c' }, { data: { 'app.conf': 'v2\n' } }),
    )
    await world.advance(100)
    expect(await world.sh('p', 'cat /all/app.conf /some/deep/x /etc/app.conf')).toBe('v2\nv2\nv1\n')
  })

  test('a missing ConfigMap holds the pod until it is there', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [box({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', configMap: { name: 'later' } }],
    })
    await world.advance(20)
    expect((await world.status('p')).containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating')
    expect(await world.events('p')).toContain(
      'Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "later" not found',
    )
    await world.create(ConfigMap, configMap('later', { k: 'now' }))
    await world.advance(130)
    expect(await world.sh('p', 'cat /v/k')).toBe('now')
  })

  test('a Secret with a missing key cannot be mounted', async () => {
    const world = await new World().start()
    await world.create(Secret, { metadata: { name: 's', namespace: 'default' }, data: { a: btoa('1') } })
    await world.run('p', {
      containers: [box({})],
      volumes: [{ name: 'v', secret: { secretName: 's', items: [{ key: 'b', path: 'b' }] } }],
    })
    await world.advance(2)
    expect(await world.events('p')).toContain(
      'Warning FailedMount: MountVolume.SetUp failed for volume "v" : references non-existent secret key: b',
    )
    await world.delete('p')
    await world.settle()
    expect(await world.find('p')).toBeUndefined()
  })

  test('a claim keeps its data from pod to pod', async () => {
    const world = await new World().start()
    await world.create(CSIDriver, { metadata: { name: 'fake' }, spec: { attachRequired: false } })
    await world.create(PersistentVolume, {
      metadata: { name: 'disk-1' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'fake', volumeHandle: 'h1' },
        claimRef: { namespace: 'default', name: 'data' },
      },
    })
    await world.create(PersistentVolumeClaim, {
      metadata: { name: 'data', namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        volumeName: 'disk-1',
      },
    })
    const claim = await world.outside(
      world.client.get(PersistentVolumeClaim, { namespace: 'default', name: 'data' }),
    )
    await world.outside(
      world.client.updateStatus(PersistentVolumeClaim, { ...claim, status: { phase: 'Bound' } }),
    )
    const spec = {
      containers: [box({ volumeMounts: [{ name: 'd', mountPath: '/data' }] })],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    }
    await world.run('a', spec)
    await world.settle()
    await world.sh('a', 'echo kept > /data/f')
    await world.delete('a', 0)
    await world.run('b', spec)
    await world.settle()
    expect(await world.sh('b', 'cat /data/f')).toBe('kept\n')
  })

  test('read-only mounts and full disks refuse writes', async () => {
    const world = await new World().start()
    await world.run('p', {
      containers: [
        box({
          volumeMounts: [
            { name: 'm', mountPath: '/ro', readOnly: true },
            { name: 'm', mountPath: '/rw' },
          ],
        }),
      ],
      volumes: [{ name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '10' } }],
    })
    await world.settle()
    expect(await world.sh('p', 'touch /ro/f')).toBe('touch: /ro/f: Read-only file system\n')
    expect(await world.sh('p', 'cp /etc/hosts /rw/f')).toContain('No space left on device')
  })
})
