/**
 * Real kubectl against a served cluster. The newest version on the machine always; with KUBECTL=all every version
 * found, and nothing where there is none (`.ci/run` makes sure that there is one).
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { type Served, serve } from '../../src/http/serve.ts'
import { CHECKS, type Check } from './kubectl-checks.ts'

/** Virtual seconds per real second: images are pulled and jobs done while a command starts. */
const SPEED = 10
const COMMAND_TIMEOUT_MS = 90_000

const binaries = process.env['KUBECTL'] === 'all' ? kubectls() : kubectls().slice(-1)

/** Paths of all kubectl binaries, oldest first; a plain `kubectl` counts when no versioned one is there. */
function kubectls(): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/lib/google-cloud-sdk/bin']
  const versioned = folders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => /^kubectl\.1\.\d+$/.test(name))
          .map((name) => join(folder, name))
      : [],
  )
  const minor = (path: string) => Number(path.slice(path.lastIndexOf('.') + 1))
  if (versioned.length > 0) return [...new Set(versioned)].sort((a, b) => minor(a) - minor(b))
  const plain = folders.map((folder) => join(folder, 'kubectl')).find((path) => existsSync(path))
  return plain === undefined ? [] : [plain]
}

describe.each(binaries)('%s', (binary) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-'))
  const config = join(folder, 'config')
  let served: Served
  let dispose: () => Promise<void>

  beforeAll(async () => {
    const cluster = buildCluster({
      nodes: 3,
      start: new Date(Date.now()).toISOString(),
      journal: 1000,
      authorization: 'RBAC',
    })
    dispose = () => cluster.dispose()
    await cluster.settle()
    const { server, loop } = cluster.foundation
    served = await serve({
      server,
      loop,
      streamsOf: cluster.foundation.streamsOf,
      port: 0,
      speed: SPEED,
      admin: ADMIN,
    })
    writeFileSync(config, served.kubeconfig, { mode: 0o600 })
  })

  afterAll(async () => {
    await served.close()
    await dispose()
    rmSync(folder, { recursive: true })
  })

  test.each(CHECKS.map((check, i) => ({ i, name: name(check), check })))(
    '$i $name',
    async ({ check }) => {
      const deadline = Date.now() + (check.within ?? 0) * 1000
      let answer = await kubectl(check)
      while (!holds(check, answer) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 500))
        answer = await kubectl(check)
      }
      if (check.want !== undefined) expect(answer.text).toMatch(check.want)
      if (check.not !== undefined) expect(answer.text).not.toMatch(check.not)
      expect(answer.code).toBe(check.code ?? 0)
    },
    COMMAND_TIMEOUT_MS,
  )

  function kubectl({ run, stdin }: Check): Promise<{ readonly code: number; readonly text: string }> {
    const args = typeof run === 'string' ? run.split(' ') : [...run]
    return new Promise((resolve) => {
      const child = execFile(
        binary,
        ['--kubeconfig', config, '--cache-dir', join(folder, 'cache'), ...args],
        { timeout: COMMAND_TIMEOUT_MS - 5_000 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
          resolve({ code, text: stdout + stderr })
        },
      )
      child.stdin?.end(stdin ?? '')
    })
  }
})

test('kubectl is on this machine', () => {
  expect(binaries.length).toBeGreaterThan(0)
})

function name({ run }: Check): string {
  return typeof run === 'string' ? run : run.join(' ')
}

function holds({ want, code = 0 }: Check, answer: { readonly code: number; readonly text: string }): boolean {
  const matches =
    want === undefined || (typeof want === 'string' ? answer.text.includes(want) : want.test(answer.text))
  return answer.code === code && matches
}
