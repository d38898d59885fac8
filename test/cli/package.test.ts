import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { BuiltPackage, ROOT, runNode } from './built.ts'

// Processes of their own, or whole stories: slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const built = new BuiltPackage()
const elsewhere = join(built.directory, 'elsewhere')

beforeAll(() => {
  built.build()
  for (const it of ['package.json', 'README.md', 'LICENSE', 'docs', 'examples', 'schema']) {
    cpSync(join(ROOT, it), join(built.directory, it), { recursive: true })
  }
  const pack = ['pack', '--ignore-scripts', '--silent', '--offline']
  const tarball = execFileSync('npm', pack, { cwd: built.directory, encoding: 'utf8' }).trim()
  const installed = join(elsewhere, 'node_modules/kubarium')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['xzf', join(built.directory, tarball), '-C', installed, '--strip-components=1'])
}, 60_000)
afterAll(() => built.remove())

test('the packed tarball runs scenarios where nothing else is installed', async () => {
  const main = join(elsewhere, 'node_modules/kubarium/dist/cli/main.js')
  const example = 'node_modules/kubarium/examples/php-nginx.yaml'
  const { code, stdout } = await runNode([main, 'run', example, '--quiet'], { cwd: elsewhere })
  expect(stdout).toMatch(/6 of 6 steps held/)
  expect(code).toBe(0)
})

test('the packed tarball is a library', async () => {
  const program = `
    import { createCluster, Node } from 'kubarium'
    const cluster = await createCluster({ nodes: 2 })
    const { items } = await cluster.client.list(Node)
    process.stdout.write(items.map((it) => it.metadata.name).join())`
  const { stdout, stderr } = await runNode(['--input-type=module', '-e', program], { cwd: elsewhere })
  expect(stderr).toBe('')
  expect(stdout).toBe('node-1,node-2')
})

test('the tarball holds what it should and no more', () => {
  const names = readdirSync(join(elsewhere, 'node_modules/kubarium')).sort()
  expect(names).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'examples', 'package.json', 'schema'])
})

test('the library runs in a browser: it bundles without any module of Node', async () => {
  const { errors, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/index.ts'],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
    loader: { '.node': 'empty' },
  })
  expect(errors).toEqual([])
  const external = Object.values(metafile.inputs).flatMap((it) => it.imports.filter((to) => to.external))
  expect(external.map((it) => it.path)).toEqual([])
})
