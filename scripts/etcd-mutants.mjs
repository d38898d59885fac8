/**
 * Breaks the store on purpose, one small change at a time, and counts how many breaks the tests notice.
 *
 *   node scripts/etcd-mutants.mjs [--count 60] [--seed 1] [--from N] [--to N] [--list]
 *
 * Mutants are drawn by a seed from all places where an operator, a literal, a condition or a call can be
 * changed in src/etcd. Exits with 1 when fewer than 95 of a hundred are killed.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** errors.ts and messages.ts say nothing that could be changed by an operator. */
const FILES = readdirSync(join(ROOT, 'src/etcd'))
  .filter((name) => !['errors.ts', 'messages.ts'].includes(name))
  .sort()
const SECONDS_MAX = 100

/** Changes that no test can notice, because the store does the same with them: [file, text of the line, change]. */
const EQUIVALENT = [
  ['key-tree.ts', 'if (key !== this.#foundKey) this.#locate(key)', 'true'], // It looks again for what it knows.
  ['store.ts', 'if (this.#leaseTimerAtMs === next?.expiresAtMs) return', 'false'], // Sets an equal timer anew.
  ['history.ts', '#shared = false'], // One copy more than needed.
  ['range.ts', 'if (history.end - from > tree.size) {'], // Which of two ways to count is cheaper.
  ['range.ts', 'return (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)'], // Keys differ; 2 is as good as 1.
  ['watch-hub.ts', 'let last = 0'], // No revision is 0 or 1.
]

const SWAPPED = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
  ['===', '!=='],
  ['!==', '==='],
  ['&&', '||'],
  ['||', '&&'],
  ['+', '-'],
  ['-', '+'],
  ['+=', '-='],
  ['-=', '+='],
])

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '1000000' },
    list: { type: 'boolean', default: false },
  },
})

/** Changes nothing: the tests must pass on the store as it is, or killing says nothing. */
const HARMLESS = { file: FILES[0], start: 0, end: 0, to: '' }

const mutants = draw(FILES.flatMap(findMutants), Number(values.count), Number(values.seed))
if (!values.list && (await isKilled(HARMLESS))) throw new Error('the tests fail on the store as it is')
let killed = 0
const survivors = []
for (const [index, mutant] of mutants.entries()) {
  if (index < Number(values.from) || index >= Number(values.to)) continue
  const place = `${mutant.file}:${mutant.line}:${mutant.column}  ${mutant.from}  ->  ${mutant.to}`
  if (values.list) {
    console.log(`${index}  ${place}`)
    continue
  }
  const dead = await isKilled(mutant)
  if (dead) killed++
  else survivors.push(`${index}  ${place}`)
  console.log(`${dead ? 'killed  ' : 'SURVIVED'}  ${index}  ${place}`)
}
if (!values.list) {
  const total = killed + survivors.length
  console.log(`${killed} of ${total} mutants killed`)
  for (const survivor of survivors) console.log(`survivor: ${survivor}`)
  process.exitCode = killed >= total * 0.95 ? 0 : 1
}

/** Every place of a file where one change could be made. */
function findMutants(file) {
  const text = readFileSync(join(ROOT, 'src/etcd', file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lines = text.split('\n')
  const found = []
  const add = (node, to) => {
    const start = node.getStart(source)
    const at = source.getLineAndCharacterOfPosition(start)
    const line = at.line + 1
    const lineText = lines[line - 1].trim()
    const equivalent = EQUIVALENT.some(
      ([where, what, change]) => where === file && what === lineText && (change ?? to) === to,
    )
    found.push({
      file,
      line,
      column: at.character + 1,
      equivalent,
      start,
      end: node.getEnd(),
      from: node.getText(source).replace(/\s+/g, ' ').slice(0, 60),
      to,
    })
  }
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return
    if (ts.isBinaryExpression(node)) {
      const to = SWAPPED.get(node.operatorToken.getText(source))
      if (to !== undefined) add(node.operatorToken, to)
    }
    if (ts.isIfStatement(node)) {
      add(node.expression, 'true')
      add(node.expression, 'false')
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      add(node, node.operand.getText(source))
    if (ts.isNumericLiteral(node) && Number(node.text) < 10) add(node, String(Number(node.text) + 1))
    if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isLiteralTypeNode(node.parent)) add(node, 'false')
    if (node.kind === ts.SyntaxKind.FalseKeyword && !ts.isLiteralTypeNode(node.parent)) add(node, 'true')
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) add(node, '')
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function draw(candidates, count, seed) {
  let state = seed >>> 0
  const next = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  const rest = [...candidates]
  const drawn = []
  while (drawn.length < count && rest.length > 0) {
    const [mutant] = rest.splice(Math.floor(next() * rest.length), 1)
    if (!mutant.equivalent) drawn.push(mutant)
  }
  return drawn
}

/** A mutant that hangs is noticed too. */
function isKilled(mutant) {
  return new Promise((resolve) => {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [vitest, 'run', '--config', 'test/etcd/mutant.config.ts'], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, MUTANT: JSON.stringify(mutant) },
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS_MAX * 1000)
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code !== 0)
    })
  })
}
