/**
 * Real kubectl against a served cluster. The newest version on the machine always; with KUBECTL=all every version
 * found, with KUBECTL=1.27 that one (`.ci/run` makes sure that there is one).
 */
import 'reflect-metadata'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { CertificateAuthority } from '../../src/http/pki.ts'
import { type Served, serve } from '../../src/http/serve.ts'
import { CHECKS, type Check, csrOf, FILES } from './kubectl-checks.ts'

/** Virtual seconds per real second: images are pulled and jobs done while a command starts. */
const SPEED = 10
const COMMAND_TIMEOUT_MS = 90_000

const WHICH = process.env['KUBECTL']
const binaries =
  WHICH === undefined
    ? kubectls().slice(-1)
    : kubectls().filter((it) => WHICH === 'all' || it.endsWith(WHICH))

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
  if (versioned.length > 0) return [...new Set(versioned)].sort((a, b) => minorOf(a) - minorOf(b))
  const plain = folders.map((folder) => join(folder, 'kubectl')).find((path) => existsSync(path))
  return plain === undefined ? [] : [plain]
}

/** A plain `kubectl` counts as new. */
function minorOf(path: string): number {
  const minor = /\.(\d+)$/.exec(path)
  return minor === null ? Number.POSITIVE_INFINITY : Number(minor[1])
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
    cluster.foundation.authority = served.authority!
    writeFileSync(config, served.kubeconfig, { mode: 0o600 })
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const authority = await CertificateAuthority.create('someone', Date.now())
    const { cert, key } = await authority.server(['example.com'], [], Date.now())
    writeFileSync(join(folder, 'tls.crt'), cert)
    writeFileSync(join(folder, 'tls.key'), key)
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=jane,O=devs',
      keys,
      signingAlgorithm: algorithm,
    })
    writeFileSync(join(folder, 'csr.yaml'), csrOf(request.toString('pem')))
  })

  afterAll(async () => {
    await served.close()
    await dispose()
    rmSync(folder, { recursive: true })
  })

  const minor = minorOf(binary)
  const checks = CHECKS.filter(({ from = 0 }) => minor >= from)

  test.each(checks.map((check, i) => ({ i, name: name(check), check })))(
    '$i $name',
    async ({ check }) => {
      const deadline = Date.now() + (check.within ?? 0) * 1000
      let answer = await kubectl(check)
      while (!holds(check, answer) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 500))
        answer = await kubectl(check)
      }
      if (check.want !== undefined) expect(answer.text).toMatch(check.want)
      if (check.visit !== undefined) expect(answer.text).toMatch(check.visit.want)
      if (check.not !== undefined) expect(answer.text).not.toMatch(check.not)
      expect(answer.code).toBe(check.code ?? 0)
    },
    COMMAND_TIMEOUT_MS,
  )

  function kubectl({ run, stdin, env, endless, want, visit }: Check): Promise<Answer> {
    const args = ['--kubeconfig', config, '--cache-dir', join(folder, 'cache'), ...wordsOf(run)]
    const child = spawn(binary, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      timeout: COMMAND_TIMEOUT_MS - 5_000,
    })
    child.stdin.end(stdin ?? '')
    return new Promise((resolve) => {
      let text = ''
      let heard = false
      const hear = async (chunk: Buffer) => {
        text += chunk.toString()
        if (!endless || heard || !matches(text, want)) return
        heard = true
        if (visit !== undefined) text += await visitor(text, visit.path)
        child.kill('SIGINT')
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.on('close', (code) => resolve({ code: heard ? 0 : (code ?? 1), text }))
    })
  }
})

interface Answer {
  readonly code: number
  readonly text: string
}

/** What is served at the port that a forwarding command has printed. */
async function visitor(text: string, path: string): Promise<string> {
  const port = /127\.0\.0\.1:(\d+)/.exec(text)![1]
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return response.text()
}

test('kubectl is on this machine', () => {
  expect(binaries.length).toBeGreaterThan(0)
})

function wordsOf(run: Check['run']): readonly string[] {
  return typeof run === 'string' ? run.split(' ') : run
}

function name({ run }: Check): string {
  return wordsOf(run).join(' ')
}

function holds({ want, code = 0 }: Check, answer: Answer): boolean {
  return answer.code === code && matches(answer.text, want)
}

function matches(text: string, want: Check['want']): boolean {
  return want === undefined || (typeof want === 'string' ? text.includes(want) : want.test(text))
}
