/** Commands that print, filter and compare text. */
import type { ProcessContext, Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, inputs, linesOf, options } from './command.ts'

const echo = command('echo', (context, args) => {
  let rest = args
  let newline = true
  let escapes = false
  while (rest[0] !== undefined && /^-[neE]+$/.test(rest[0])) {
    if (rest[0].includes('n')) newline = false
    if (rest[0].includes('e')) escapes = true
    rest = rest.slice(1)
  }
  const text = rest.join(' ')
  context.stdout.write(`${escapes ? unescaped(text) : text}${newline ? '\n' : ''}`)
  return 0
})

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  a: '\u0007',
  '0': '\0',
}

function unescaped(text: string): string {
  return text.replace(/\\([ntra0\\])/g, (_, letter: string) => ESCAPES[letter]!)
}

const printf = command('printf', (context, args) => {
  const [format = '', ...values] = args
  let at = 0
  let output = ''
  do {
    output += unescaped(format).replace(/%(-?\d*)([sdixc%])/g, (_, width: string, kind: string) => {
      if (kind === '%') return '%'
      const value = values[at++] ?? (kind === 's' ? '' : '0')
      const text =
        kind === 'x' ? Number(value).toString(16) : kind === 's' ? value : String(Math.trunc(Number(value)))
      const size = Math.abs(Number(width))
      return width.startsWith('-')
        ? text.padEnd(size)
        : text.padStart(size, width.startsWith('0') ? '0' : ' ')
    })
  } while (at > 0 && at < values.length)
  context.stdout.write(output)
  return 0
})

const grep = command('grep', async (context, args) => {
  const { flags, values, rest } = options(args, 'emABC')
  const pattern = values.get('e') ?? rest.shift() ?? ''
  const literal = flags.has('F')
    ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    : flags.has('E')
      ? pattern
      : basic(pattern)
  const expression = new RegExp(flags.has('w') ? `\\b(?:${literal})\\b` : literal, flags.has('i') ? 'i' : '')
  const { texts, failed } = await inputs(context, 'grep', rest)
  let found = 0
  for (const { file, text } of texts) {
    const lines = linesOf(text)
    const matches = lines
      .map((line, index) => ({ line, number: index + 1 }))
      .filter(({ line }) => expression.test(line) !== flags.has('v'))
    found += matches.length
    if (flags.has('q')) continue
    const prefix = texts.length > 1 && !flags.has('h') ? `${file}:` : ''
    if (flags.has('c')) context.stdout.write(`${prefix}${matches.length}\n`)
    else if (flags.has('l')) matches.length > 0 && context.stdout.write(`${file}\n`)
    else {
      for (const { line, number } of matches) {
        const shown = flags.has('o') ? (expression.exec(line)?.[0] ?? '') : line
        context.stdout.write(`${prefix}${flags.has('n') ? `${number}:` : ''}${shown}\n`)
      }
    }
  }
  return failed ? 2 : found > 0 ? 0 : 1
})

/** Basic regular expressions: `+ ? | ( ) {` are ordinary unless escaped. */
function basic(pattern: string): string {
  return pattern.replace(/\\?[+?|(){}]/g, (it) => (it.startsWith('\\') ? it.slice(1) : `\\${it}`))
}

const head = command('head', async (context, args) => {
  const { values, rest } = options(numbered(args), 'nc')
  const { texts, failed } = await inputs(context, 'head', rest)
  for (const { text } of texts) {
    const bytes = values.get('c')
    if (bytes !== undefined) context.stdout.write(text.slice(0, Number(bytes)))
    else
      for (const line of linesOf(text).slice(0, Number(values.get('n') ?? 10)))
        context.stdout.write(`${line}\n`)
  }
  return failed ? 1 : 0
})

const tail = command('tail', async (context, args) => {
  const { flags, values, rest } = options(numbered(args), 'nc')
  if (flags.has('f') && rest[0] === '/dev/null') {
    await context.loop.suspend<void>().promise
    return 0
  }
  const { texts, failed } = await inputs(context, 'tail', rest)
  const count = Number((values.get('n') ?? '10').replace('+', ''))
  for (const { text } of texts) {
    const lines = linesOf(text)
    const shown = values.get('n')?.startsWith('+')
      ? lines.slice(count - 1)
      : count === 0
        ? []
        : lines.slice(-count)
    for (const line of shown) context.stdout.write(`${line}\n`)
  }
  if (flags.has('f') && texts[0] !== undefined) await follow(context, texts[0].file, texts[0].text.length)
  return failed ? 1 : 0
})

/** Until it is killed. */
async function follow(context: ProcessContext, file: string, from: number): Promise<void> {
  let seen = from
  const path = resolvePath(context.cwd, file)
  for (;;) {
    const changed = context.loop.suspend<void>()
    const stops = [...context.fs.trees()].map((tree) => tree.onChange(changed.resume))
    await changed.promise
    for (const stop of stops) stop()
    const text = context.fs.exists(path) ? context.fs.readText(path) : ''
    if (text.length > seen) context.stdout.write(text.slice(seen))
    seen = text.length
  }
}

/** `head -5` is `head -n 5`. */
function numbered(args: readonly string[]): string[] {
  return args.flatMap((it) => (/^-\d+$/.test(it) ? ['-n', it.slice(1)] : [it]))
}

const sort = command('sort', async (context, args) => {
  const { flags, values, rest } = options(args, 'kt')
  const { texts, failed } = await inputs(context, 'sort', rest)
  const key = Number.parseInt(values.get('k') ?? '0', 10)
  const keyOf = (line: string) =>
    key > 0 ? (line.trim().split(values.get('t') ?? /\s+/)[key - 1] ?? '') : line
  const lines = texts.flatMap(({ text }) => linesOf(text)).map((line) => ({ line, key: keyOf(line) }))
  lines.sort((a, b) => {
    if (flags.has('n')) return Number.parseFloat(a.key || '0') - Number.parseFloat(b.key || '0')
    return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
  })
  if (flags.has('r')) lines.reverse()
  let last: string | undefined
  for (const { line } of lines) {
    if (!flags.has('u') || line !== last) context.stdout.write(`${line}\n`)
    last = line
  }
  return failed ? 1 : 0
})

const uniq = command('uniq', async (context, args) => {
  const { flags, rest } = options(args)
  const { texts, failed } = await inputs(context, 'uniq', rest)
  const runs: { line: string; count: number }[] = []
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    const last = runs.at(-1)
    if (last?.line === line) last.count++
    else runs.push({ line, count: 1 })
  }
  for (const { line, count } of runs) {
    context.stdout.write(flags.has('c') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`)
  }
  return failed ? 1 : 0
})

const cut = command('cut', async (context, args) => {
  const { values, rest } = options(args, 'dfc')
  const { texts, failed } = await inputs(context, 'cut', rest)
  const separator = values.get('d') ?? '\t'
  const wanted = rangesOf(values.get('f') ?? values.get('c') ?? '1')
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    const pieces = values.has('c') ? [...line] : line.split(separator)
    const picked = pieces.filter((_, index) => wanted(index + 1))
    context.stdout.write(`${picked.join(values.has('c') ? '' : separator)}\n`)
  }
  return failed ? 1 : 0
})

function rangesOf(text: string): (n: number) => boolean {
  const ranges = text.split(',').map((it) => {
    const [from = '', to] = it.split('-')
    return [
      from === '' ? 1 : Number(from),
      to === undefined ? Number(from) : to === '' ? Infinity : Number(to),
    ] as const
  })
  return (n) => ranges.some(([from, to]) => n >= from && n <= to)
}

const tr = command('tr', async (context, args) => {
  const { flags, rest } = options(args)
  const from = setOf(rest[0] ?? '')
  const to = setOf(rest[1] ?? '')
  const text = await context.stdin.readText()
  let output = ''
  for (const char of text) {
    const at = from.indexOf(char)
    if (at < 0) output += char
    else if (flags.has('s') && to.length === 0) output += output.endsWith(char) ? '' : char
    else if (!flags.has('d')) output += to[Math.min(at, to.length - 1)] ?? ''
  }
  context.stdout.write(output)
  return 0
})

function setOf(text: string): string[] {
  return [
    ...unescaped(text).replace(/(.)-(.)/g, (_, from: string, to: string) => {
      let range = ''
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) range += String.fromCharCode(code)
      return range
    }),
  ]
}

/** `s/a/b/g`, `/x/d` and `-n /x/p`. */
const sed = command('sed', async (context, args) => {
  const { flags, values, rest } = options(args, 'e')
  const script = values.get('e') ?? rest.shift() ?? ''
  const { texts, failed } = await inputs(context, 'sed', flags.has('i') ? rest : rest)
  const edits = script.split(';').map((it) => it.trim())
  for (const { file, text } of texts) {
    const out: string[] = []
    for (const line of linesOf(text)) {
      let current: string | undefined = line
      for (const edit of edits) {
        if (current === undefined) break
        const substitute = /^s(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gi]*)$/.exec(edit)
        const select = /^\/((?:\\.|[^/])*)\/([dp])$/.exec(edit)
        if (substitute !== null) {
          const [, , pattern, replacement, mode] = substitute
          const source = flags.has('E') || flags.has('r') ? pattern! : basic(pattern!)
          const target = replacement!.replace(/\\(\d)/g, '$$$1').replace(/(?<!\\)&/g, '$$&')
          current = current.replace(new RegExp(source, mode), target)
        } else if (select !== null) {
          const hit = new RegExp(basic(select[1]!)).test(current)
          if (select[2] === 'd' && hit) current = undefined
          else if (select[2] === 'p' && hit) out.push(current)
        }
      }
      if (current !== undefined && !flags.has('n')) out.push(current)
    }
    const result = out.map((line) => `${line}\n`).join('')
    if (flags.has('i')) context.fs.write(resolvePath(context.cwd, file), result)
    else context.stdout.write(result)
  }
  return failed ? 1 : 0
})

const seq = command('seq', (context, args) => {
  const numbers = args.map(Number)
  const [from, step, to] =
    numbers.length === 1
      ? [1, 1, numbers[0]!]
      : numbers.length === 2
        ? [numbers[0]!, 1, numbers[1]!]
        : (numbers as [number, number, number])
  if (step === 0) return 1
  for (let n = from, left = 1_000_000; (step > 0 ? n <= to : n >= to) && left > 0; n += step, left--) {
    context.stdout.write(`${n}\n`)
  }
  return 0
})

const xargs = command('xargs', async (context, args) => {
  const { values, rest } = options(args, 'nI')
  const words = (await context.stdin.readText()).split(/\s+/).filter((it) => it !== '')
  const base = rest.length === 0 ? ['echo'] : rest
  const placeholder = values.get('I')
  const batches =
    placeholder !== undefined
      ? words.map((word) => base.map((it) => it.replaceAll(placeholder, word)))
      : chunked(words, Number(values.get('n') ?? (words.length || 1))).map((batch) => [...base, ...batch])
  let status = 0
  for (const argv of batches) status = (await context.spawn(argv, {}).exited) || status
  return status
})

function chunked(words: readonly string[], size: number): string[][] {
  const chunks: string[][] = []
  for (let i = 0; i < words.length; i += Math.max(1, size)) chunks.push(words.slice(i, i + Math.max(1, size)))
  return chunks
}

const base64 = command('base64', async (context, args) => {
  const { flags, rest } = options(args, 'w')
  const { texts } = await inputs(context, 'base64', rest)
  const text = texts.map((it) => it.text).join('')
  if (flags.has('d')) context.stdout.write(atob(text.replace(/\s+/g, '')))
  else context.stdout.write(`${btoa(text)}\n`)
  return 0
})

/** `test` and `[`: the operators of POSIX, with `!`, `-a` and `-o`. */
function test(context: ProcessContext, args: readonly string[]): boolean {
  const or = args.lastIndexOf('-o')
  if (or > 0) return test(context, args.slice(0, or)) || test(context, args.slice(or + 1))
  const and = args.lastIndexOf('-a')
  if (and > 0) return test(context, args.slice(0, and)) && test(context, args.slice(and + 1))
  if (args[0] === '!') return !test(context, args.slice(1))
  if (args.length === 0) return false
  if (args.length === 1) return args[0] !== ''
  if (args.length === 2) return unary(context, args[0]!, args[1]!)
  return binary(args[0]!, args[1]!, args[2]!)
}

function unary(context: ProcessContext, operator: string, value: string): boolean {
  if (operator === '-z') return value === ''
  if (operator === '-n') return value !== ''
  if (operator === '-t') return context.tty
  const path = resolvePath(context.cwd, value)
  if (operator === '-L' || operator === '-h') {
    try {
      return context.fs.stat(path, false).type === 'link'
    } catch {
      return false
    }
  }
  if (!context.fs.exists(path)) return false
  const stat = context.fs.stat(path)
  switch (operator) {
    case '-d':
      return stat.type === 'directory'
    case '-f':
      return stat.type === 'file'
    case '-s':
      return stat.size > 0
    case '-x':
      return (stat.mode & 0o111) !== 0
    default:
      return true
  }
}

function binary(left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '-eq':
      return Number(left) === Number(right)
    case '-ne':
      return Number(left) !== Number(right)
    case '-lt':
      return Number(left) < Number(right)
    case '-le':
      return Number(left) <= Number(right)
    case '-gt':
      return Number(left) > Number(right)
    case '-ge':
      return Number(left) >= Number(right)
    case '<':
      return left < right
    case '>':
      return left > right
    default:
      return false
  }
}

export const TEXT_COMMANDS: readonly Program[] = [
  echo,
  printf,
  grep,
  head,
  tail,
  sort,
  uniq,
  cut,
  tr,
  sed,
  seq,
  xargs,
  base64,
  command('test', (context, args) => (test(context, args) ? 0 : 1)),
  command('[', (context, args) => (test(context, args.slice(0, -1)) ? 0 : 1)),
  command('true', () => 0),
  command('false', () => 1),
  command('yes', async (context, [word = 'y']) => {
    // Bounded: the pipe has no reader that would stop it.
    for (let i = 0; i < 10_000; i++) context.stdout.write(`${word}\n`)
    return 0
  }),
  command('basename', (context, [path = '', suffix = '']) => {
    const base = path.replace(/\/+$/, '').split('/').at(-1)!
    context.stdout.write(`${suffix !== '' && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base}\n`)
    return 0
  }),
  command('dirname', (context, [path = '']) => {
    const parts = path.replace(/\/+$/, '').split('/')
    parts.pop()
    context.stdout.write(`${parts.length === 0 ? '.' : parts.join('/') || '/'}\n`)
    return 0
  }),
  command('expr', (context, args) => {
    const [a = '0', operator = '+', b = '0'] = args
    const [x, y] = [Number(a), Number(b)]
    const value =
      operator === '+'
        ? x + y
        : operator === '-'
          ? x - y
          : operator === '*'
            ? x * y
            : operator === '/'
              ? Math.trunc(x / y)
              : operator === '%'
                ? x % y
                : Number(a === b)
    context.stdout.write(`${value}\n`)
    return value === 0 ? 1 : 0
  }),
]
