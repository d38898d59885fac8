import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { MODULES } from '../../src/cli/bundles/control.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import type { SimCluster } from '../../src/cluster/sim-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { type Served, serve } from '../../src/http/serve.ts'

const directory = mkdtempSync(join(tmpdir(), 'kubarium-tools-'))
const config = join(directory, 'config')
let cluster: SimCluster
let served: Served

beforeAll(async () => {
  cluster = buildCluster({ nodes: 1, proxyMode: 'ipvs' })
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: 'nginx:1.27'}]}
`)
  await cluster.settle()
  const { server, loop } = cluster.foundation
  const node = (name: string) => cluster.nodes().find((it) => it.name === name)
  const streamsOf = (name: string) => node(name)?.machine.streams
  served = await serve({ server, loop, streamsOf, node, port: 0, admin: ADMIN, speed: 1 })
  writeFileSync(config, served.kubeconfig)
})
afterAll(async () => {
  await served.close()
  await cluster.dispose()
  rmSync(directory, { recursive: true })
})

/** Runs a command in this process, as `kubarium` would. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = new Command().exitOverride()
  const output = { stdout: '', stderr: '' }
  program.configureOutput({
    writeOut: (text) => (output.stdout += text),
    writeErr: (text) => (output.stderr += text),
  })
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      output[stream] += String(chunk)
      return true
    }),
  )
  try {
    const module = await MODULES[args[0] as keyof typeof MODULES]()
    module.register(program)
    for (const it of program.commands) it.exitOverride()
    await program.parseAsync(args.includes('--kubeconfig') ? args : [...args, '--kubeconfig', config], {
      from: 'user',
    })
    return { code: Number(process.exitCode ?? 0), ...output }
  } catch (error) {
    return { code: 2, ...output, stderr: output.stderr + (error as Error).message }
  } finally {
    process.exitCode = undefined
    for (const spy of spies) spy.mockRestore()
  }
}

test('the tools of a node of a running server', async () => {
  const list = await run('crictl', 'ps', '-a', '-o', 'json', '--node', 'node-1')
  expect(JSON.parse(list.stdout).containers).toMatchObject([
    { metadata: { name: 'web' }, state: 'CONTAINER_RUNNING' },
  ])
  expect((await run('ipvsadm', '-Ln', '--node', 'node-1')).stdout).toContain('TCP  10.96.0.1:443 rr\n')
  const json = await run('iptables-save', '--node', 'node-1', '--output', 'json')
  expect(JSON.parse(json.stdout)).toEqual({
    node: 'node-1',
    command: ['iptables-save'],
    exitCode: 0,
    stdout: '',
    stderr: '',
  })
  expect((await run('nft', 'list', 'ruleset', '--node', 'node-1')).code).toBe(0)
  expect((await run('crictl', '--help')).stdout).toContain('kubarium crictl ps --node node-1')
})

test('what is wrong is said, with an exit code', async () => {
  expect(await run('crictl', 'ps')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("required option '--node <name>' not specified"),
  })
  expect(await run('crictl', 'ps', '--node', 'node-9')).toMatchObject({
    code: 2,
    stderr: 'there is no node "node-9"',
  })
  expect(await run('crictl', 'inspect', 'beef', '--node', 'node-1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('FATA[0000] getting the status of the container "beef"'),
  })
  expect(
    await run('nft', 'list', 'ruleset', '--node', 'node-1', '--kubeconfig', 'no-such-file'),
  ).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot read no-such-file'),
  })
})
