/** What the images of tutorials do, as the pages that use them show it. */
import { expect, test } from 'vitest'
import { createCluster, Pod } from '../../src/index.ts'
import { pi } from '../../src/kubelet/programs/commands/perl.ts'

const PERL = ['perl', '-Mbignum=bpi', '-wle', 'print bpi(20)']
const DASHED = { restartPolicy: 'Never' }

/** One pod, half a minute later: its container's state, its log, and what a command in it printed. */
async function half(container: object, command?: readonly string[], spec: object = DASHED) {
  await using cluster = await createCluster({ nodes: 1, seed: 1 })
  await cluster.client.create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'it', namespace: 'default' },
    spec: { ...spec, containers: [{ name: 'it', ...container }] },
  })
  await cluster.advance('30s')
  const it = { namespace: 'default', pod: 'it' }
  const pod = await cluster.client.get(Pod, { namespace: 'default', name: 'it' })
  const answer =
    command === undefined
      ? undefined
      : await cluster
          .exec(it, command)
          .catch(({ message }: Error) => ({ exitCode: 126, stdout: '', stderr: message }))
  const { state, ready } = pod.status!.containerStatuses![0]!
  const logs = state?.waiting === undefined ? await cluster.logs(it) : ''
  return { state, ready, logs, answer }
}

test('a tag that a well-known image never had is not found', async () => {
  expect((await half({ image: 'nginx:1.161' })).state?.waiting?.reason).toMatch(/ImagePull/)
  expect((await half({ image: 'nginx:sometag' })).state?.waiting?.reason).toMatch(/ImagePull/)
  expect(
    (await half({ image: 'non-existing-repo/non-existing-image:example' })).state?.waiting?.message,
  ).toContain('pull access denied, repository does not exist or may require authorization')
  expect((await half({ image: 'docker.io/nginx:1.27.5-alpine' })).state?.running).toBeDefined()
  expect((await half({ image: 'example.com/nginx:sometag' })).state?.running).toBeDefined()
})

test('images without a shell have none, BusyBox has no bash', async () => {
  const missing = (name: string) => expect.stringContaining(`exec: "${name}": executable file not found`)
  const paused = await half({ image: 'registry.k8s.io/pause:3.1' }, ['sh'])
  expect(paused.answer).toMatchObject({ exitCode: 126, stderr: missing('sh') })
  const box = await half({ image: 'busybox', command: ['sleep', '1h'] }, ['bash'])
  expect(box.answer).toMatchObject({ exitCode: 126, stderr: missing('bash') })
})

test('databases insist on a password', async () => {
  const refused = await half({ image: 'postgres:17' })
  expect(refused.state?.terminated?.exitCode).toBe(1)
  expect(refused.logs).toContain('Database is uninitialized and superuser password is not specified')
  const env = [{ name: 'POSTGRES_PASSWORD', value: 'x' }]
  const readinessProbe = { exec: { command: ['pg_isready', '-U', 'postgres'] } }
  expect((await half({ image: 'postgres:17', env, readinessProbe })).ready).toBe(true)
  const ask = { exec: { command: ['mysql', '-h', '127.0.0.1', '-e', 'SELECT 1'] } }
  const open = [{ name: 'MYSQL_ALLOW_EMPTY_PASSWORD', value: '1' }]
  expect((await half({ image: 'mysql:5.7', env: open, readinessProbe: ask })).ready).toBe(true)
  const client = await half({ image: 'mysql:5.7', command: ['mysql', '-e', 'SELECT 1'] })
  expect(client.logs).toContain('ERROR 2003 (HY000)')
})

test('what is not known of an image works: its own health checks, and what its shell starts', async () => {
  const readinessProbe = { exec: { command: ['sh', '-c', '/ready-probe.sh && nodetool status'] } }
  expect((await half({ image: 'cassandra', readinessProbe })).ready).toBe(true)
  const python = { image: 'python:3.13', command: ['sh', '-c', 'pip install flask; exec python app.py'] }
  expect((await half(python, undefined, {})).state?.running).toBeDefined()
  expect((await half(python)).state?.terminated?.exitCode).toBe(0)
  expect((await half({ image: 'cassandra' }, ['nodetool', 'status'])).answer?.exitCode).toBe(126)
})

test('perl computes pi for the Job of the documentation', async () => {
  expect((await half({ image: 'perl:5.34.0', command: PERL })).logs).toBe('3.1415926535897932385\n')
  expect(pi(50)).toBe('3.1415926535897932384626433832795028841971693993751')
})

test('processes run as the security context says, and never as root against it', async () => {
  const security = { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 }
  const box = { image: 'busybox:1.28', command: ['sleep', '1h'] }
  const asked = await half(box, ['id'], { securityContext: security })
  expect(asked.answer?.stdout).toBe('uid=1000 gid=3000 groups=2000,3000\n')
  const own = await half({ ...box, securityContext: { runAsUser: 2000 } }, ['whoami'], {
    securityContext: security,
  })
  expect(own.answer).toMatchObject({ exitCode: 1, stderr: 'whoami: unknown uid 2000\n' })

  const status = ['sh', '-c', 'grep -E "^(Uid|CapEff)" /proc/1/status; cat /proc/1/cmdline | tr "\\0" " "']
  const capabilities = { add: ['NET_ADMIN', 'SYS_TIME'] }
  const able = await half({ ...box, securityContext: { capabilities } }, status)
  expect(able.answer?.stdout).toBe('Uid:\t0\t0\t0\t0\nCapEff:\t00000000aa0435fb\nsleep 1h ')
  expect((await half(box, status)).answer?.stdout).toContain('CapEff:\t00000000a80425fb\n')

  const strict = { securityContext: { runAsNonRoot: true } }
  const waiting = async (container: object) => (await half(container, undefined, strict)).state?.waiting
  expect(await waiting({ image: 'nginx' })).toMatchObject({
    reason: 'CreateContainerConfigError',
    message: expect.stringMatching(
      /^container has runAsNonRoot and image will run as root \(pod: "it_default\([\w-]+\)", container: it\)$/,
    ),
  })
  expect((await waiting({ image: 'curlimages/curl' }))?.message).toContain('non-numeric user (curl_user)')
  expect((await waiting({ image: 'nginx', securityContext: { runAsUser: 0 } }))?.message).toContain(
    "container's runAsUser breaks non-root policy",
  )
  expect(await waiting({ image: 'nginx', securityContext: { runAsUser: 101 } })).toBeUndefined()
  expect(await waiting({ image: 'example.com/app:1' })).toBeUndefined()
})

test('a key-value server is configured by a file, options and commands', async () => {
  const ask = (setting: string) => ['redis-cli', 'CONFIG', 'GET', setting]
  const args = ['--maxmemory', '2mb', '--maxmemory-policy', 'allkeys-lru']
  expect((await half({ image: 'redis:8', args }, ask('maxmemory*'))).answer?.stdout).toBe(
    'maxmemory\n2097152\nmaxmemory-policy\nallkeys-lru\n',
  )
  const command = [
    'sh',
    '-c',
    'mkdir /c; echo "maxmemory 1mb" > /c/redis.conf; exec redis-server /c/redis.conf',
  ]
  const lines = [
    'sh',
    '-c',
    'printf "CONFIG GET maxmemory\\nCONFIG SET maxmemory 5\\nCONFIG GET maxmemory\\n" | redis-cli',
  ]
  expect((await half({ image: 'redis:8', command }, lines)).answer?.stdout).toBe(
    'maxmemory\n1048576\nOK\nmaxmemory\n5\n',
  )
})

test('names are looked up as the image at hand prints them', async () => {
  const lookup = ['nslookup', 'kubernetes']
  const old = await half({ image: 'busybox:1.28', command: ['sleep', '1h'] }, lookup)
  expect(old.answer?.stdout).toBe(
    'Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns.kube-system.svc.cluster.local\n\nName:      kubernetes\nAddress 1: 10.96.0.1 kubernetes.default.svc.cluster.local\n',
  )
  const image = 'registry.k8s.io/e2e-test-images/jessie-dnsutils:1.3'
  const bind = await half({ image, command: ['sleep', '1h'] }, lookup)
  expect(bind.answer?.stdout).toBe(
    'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n',
  )
})

test('a server that fails its liveness probe after ten seconds, and one that tells what it sees', async () => {
  const liveness = { image: 'registry.k8s.io/e2e-test-images/agnhost:2.40', args: ['liveness'] }
  const asked = await half(liveness, ['wget', '-qO-', 'http://localhost:8080/healthz'])
  expect(asked.answer?.stderr).toContain('500')
  const echo = await half({ image: 'registry.k8s.io/echoserver:1.4' }, [
    'wget',
    '-qO-',
    'localhost:8080/a?b=c',
  ])
  expect(echo.answer?.stdout).toMatch(
    /^CLIENT VALUES:\nclient_address=\S+\ncommand=GET\nreal path=\/a\nquery=b=c\n/,
  )
})

test('a container with a new image starts again, whatever the restart policy says', async () => {
  await using cluster = await createCluster({ nodes: 1, seed: 1 })
  const it = { name: 'it', namespace: 'default' }
  const containers = [{ name: 'it', image: 'nginx:1.26' }]
  await cluster.client.create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: it,
    spec: { ...DASHED, containers },
  })
  await cluster.settle()
  await cluster.client.update(Pod, await cluster.client.get(Pod, it), (draft) => {
    draft.spec.containers[0]!.image = 'nginx:1.27'
  })
  await cluster.settle()
  const { status } = await cluster.client.get(Pod, it)
  expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1, ready: true }] })
})
