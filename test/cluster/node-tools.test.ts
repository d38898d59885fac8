import { beforeAll, describe, expect, test } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: prepare, image: busybox, command: [echo, ready]}]
  containers: [{name: web, image: 'nginx:1.27', env: [{name: COLOUR, value: blue}]}]
`

let cluster: Cluster
const run = (line: string) => cluster.node('node-1').tool(line.split(' '))

beforeAll(async () => {
  cluster = await createCluster({ nodes: 1, proxyMode: 'ipvs' })
  await cluster.apply(POD)
  await cluster.settle()
  await cluster.advance('90s')
})

describe('crictl', () => {
  test('lists containers, running ones unless asked for all', () => {
    const [head, ...rows] = run('crictl ps -a').stdout.trimEnd().split('\n')
    expect(head).toMatch(
      /^CONTAINER {11}IMAGE {15}CREATED {14}STATE {15}NAME {16}ATTEMPT {13}POD ID {14}POD {17}NAMESPACE$/,
    )
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatch(
      /^[0-9a-f]{13} +[0-9a-f]{13} +About a minute ago +Running +web +0 +[0-9a-f]{13} +web +default$/,
    )
    expect(rows[1]).toMatch(/Exited +prepare +0 /)
    const running = JSON.parse(run('crictl ps -o json').stdout)
    expect(running.containers).toMatchObject([
      {
        metadata: { name: 'web', attempt: 0 },
        image: { userSpecifiedImage: 'nginx:1.27' },
        state: 'CONTAINER_RUNNING',
        createdAt: expect.stringMatching(/^\d{19}$/),
        labels: { 'io.kubernetes.pod.namespace': 'default' },
      },
    ])
    expect(run('crictl ps --state Exited -q').stdout).toMatch(/^[0-9a-f]{64}\n$/)
  })

  test('lists pods and images', () => {
    expect(run('crictl pods').stdout).toMatch(/Ready +web +default +0 +\(default\)\n$/)
    expect(run('crictl pods --name nosuch -q').stdout).toBe('')
    expect(run('crictl images nginx').stdout).toMatch(
      /^docker.io\/library\/nginx +1.27 +[0-9a-f]{13} +73.4MB$/m,
    )
  })

  test('inspects what the runtime made of a container, and its pod', () => {
    const [id] = run('crictl ps -q').stdout.split('\n')
    const { status, info } = JSON.parse(run(`crictl inspect ${id!.slice(0, 8)}`).stdout)
    expect(status).toMatchObject({
      id,
      image: { image: 'docker.io/library/nginx:1.27' },
      finishedAt: '',
      logPath: expect.stringMatching(/^\/var\/log\/pods\/default_web_.*\/web\/0.log$/),
    })
    expect(info.runtimeSpec.process.env).toContain('COLOUR=blue')
    expect(info.runtimeSpec.linux.cgroupsPath).toMatch(/^\/kubepods\/besteffort\/pod.*\/[0-9a-f]{64}$/)
    const pod = JSON.parse(run(`crictl inspectp ${status.podSandboxId}`).stdout)
    expect(pod.status.network.ip).toMatch(/^10\.244\.0\./)
  })

  test('shows the log of a container', () => {
    const [id] = run('crictl ps -aq --name prepare').stdout.split('\n')
    expect(run(`crictl logs ${id}`).stdout).toBe('ready\n')
    expect(run(`crictl logs -t ${id}`).stdout).toMatch(/^2025-01-01T00:0\S+Z ready\n$/)
  })

  test('says what is wrong as upstream does', () => {
    expect(run('crictl inspect beef')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'FATA[0000] getting the status of the container "beef": rpc error: code = NotFound desc = an error occurred when try to find container "beef": not found\n',
    })
    expect(run('crictl nosuch')).toMatchObject({ exitCode: 3, stderr: "No help topic for 'nosuch'\n" })
    expect(run('crictl ps --nosuch')).toMatchObject({
      exitCode: 1,
      stderr: 'FATA[0000] flag provided but not defined: -nosuch\n',
    })
    expect(run('crictl ps -o xml').stderr).toBe('FATA[0000] unsupported output format "xml"\n')
    expect(run('podman ps')).toMatchObject({ exitCode: 127, stderr: 'sh: podman: not found\n' })
  })
})

test('each proxy mode has its tool', () => {
  expect(run('ipvsadm -Ln').stdout).toContain('TCP  10.96.0.1:443 rr\n')
  expect(run('ipvsadm --nosuch').exitCode).toBe(2)
  expect(run('iptables-save -t nat')).toMatchObject({ exitCode: 0, stdout: '' })
  expect(run('iptables-save -t nosuch').stderr).toBe("iptables-save: table 'nosuch' does not exist\n")
  expect(run('nft list tables').stdout).toBe('')
  expect(run('nft lst').exitCode).toBe(1)
})

test('nobody answers on a machine without power', async () => {
  const dark = await createCluster({ nodes: 1 })
  dark.node('node-1').crash()
  expect(dark.node('node-1').tool(['crictl', 'ps'])).toMatchObject({ exitCode: 255 })
  await dark.dispose()
})
