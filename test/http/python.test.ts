/** Python's kubernetes client (Debian: python3-kubernetes), unmodified, against a served cluster. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { serve } from '../../src/http/serve.ts'

const SCRIPT = join(import.meta.dirname, 'python-client.py')
const SPEED = 20
const TIMEOUT_MS = 300_000

/** The first Python that has the library: one of a version manager may come before the system's. */
const python = ['python3', '/usr/bin/python3'].find(
  (it) => spawnSync(it, ['-c', 'import kubernetes, yaml']).status === 0,
)
const names = [...readFileSync(SCRIPT, 'utf8').matchAll(/^def (test_\w+)/gm)].map(([, name]) => name!)

describe.skipIf(python === undefined)('python3-kubernetes', () => {
  const results = new Map<string, string>()

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubarium-'))
    const config = join(folder, 'config')
    const cluster = buildCluster({
      nodes: 2,
      start: new Date().toISOString(),
      journal: 1000,
      authorization: 'RBAC',
    })
    await cluster.settle()
    const { server, loop, store, streamsOf } = cluster.foundation
    store.compact(cluster.revision)
    const served = await serve({ server, loop, streamsOf, port: 0, admin: ADMIN, speed: SPEED })
    writeFileSync(config, served.kubeconfig, { mode: 0o600 })
    const env = { ...process.env, KUBECONFIG: config }
    const output = await new Promise<string>((resolve) =>
      execFile(python!, [SCRIPT], { env, timeout: TIMEOUT_MS - 20_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      ),
    )
    for (const line of output.split('\n')) {
      const [name = '', ...rest] = line.split('\t')
      results.set(name, rest.join('\t').replaceAll('\\n', '\n'))
    }
    if (results.size < 2) throw new Error(output)
    await served.close()
    await cluster.dispose()
    rmSync(folder, { recursive: true })
  }, TIMEOUT_MS)

  test.each(names)('%s', (name) => {
    expect(results.get(name)).toBe('ok')
  })
})

if (python === undefined) test.skip('python3-kubernetes is not installed: apt-get install python3-kubernetes')
