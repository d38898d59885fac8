/** Commands that print and rearrange text. */
import { sha256 } from '../../../kernel/sha256.ts'
import type { ProcessContext, Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, inputs, linesOf, options, runCommand, UsageError } from './command.ts'

const echo = command('echo', (context, args) => {
  let rest = args
  let newline = true
  let escapes = false
  while (rest[0] !== undefined && /^-[neE]+$/.test(rest[0])) {
    if (rest[0].includes('n')) newline = false
    if (rest[0].includes('e')) escapes = true
    if (rest[0].includes('E')) escapes = false
    rest = rest.slice(1)
  }
  const text = rest.join(' ')
  const { output, stop } = escapes ? unescaped(text) : { output: text, stop: false }
  context.stdout.write(`${output}${newline && !stop ? '\n' : ''}`)
  return 0
})

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\u001b',
  a: '\u0007',
  '\\': '\\',
}

/** `\n`, `\x41`, `\0101`, `\101`; `\c` ends everything. */
export function unescaped(text: string): { output: string; stop: boolean } {
  const end = /(?<!\\)(?:\\\\)*\\c/.exec(text)
  const kept = end === null ? text : text.slice(0, end.index + end[0].length - 2)
  const output = kept.replace(
    /\\(?:0([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([1-7][0-7]{0,2})|(.))/gs,
    (...found) => {
      const [whole, zero, hex, octal, letter] = found as (string | undefined)[]
      if (letter !== undefined) return letter === '0' ? '\0' : (ESCAPES[letter] ?? whole!)
      return String.fromCharCode(
        hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt((zero ?? octal)!, 8) & 255,
      )
    },
  )
  return { output, stop: end !== null }
}

const printf = command('printf', (context, args) => {
  const [format, ...values] = args
  if (format === undefined) {
    context.stderr.write('sh: usage: printf FORMAT [ARGUMENT...]\n')
    return 2
  }
  let at = 0
  let output = ''
  let failed = false
  let invalid: string | undefined
  const number = (text: string | undefined): number => {
    if (text === undefined || text === '') return 0
    if (/^['"]./.test(text)) return text.codePointAt(1)!
    const value = Number(/^[-+]?0\d+$/.test(text) ? Number.parseInt(text, 8) : text)
    if (!Number.isNaN(value)) return value
    context.stderr.write(`sh: invalid number '${text}'\n`)
    failed = true
    return Number.parseFloat(text) || 0
  }
  do {
    // Escapes first: what they make is no conversion.
    const pieces = format.split(/(%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?.?)/s)
    for (const [index, piece] of pieces.entries()) {
      if (index % 2 === 0) {
        output += unescaped(piece).output
        continue
      }
      const match = /^%([-+ 0#]*)(\d+|\*)?(?:\.(\d+|\*))?(.?)$/s.exec(piece)!
      const [, flags = '', givenWidth, givenPrecision, kind = ''] = match
      if (kind === '%') {
        output += '%'
        continue
      }
      if (!'sdiuxXocbfeEgG'.includes(kind) || kind === '') {
        invalid = piece
        break
      }
      const width = givenWidth === '*' ? number(values[at++]) : Number(givenWidth ?? 0)
      const precision = givenPrecision === '*' ? number(values[at++]) : givenPrecision
      const value = values[at++]
      output += padded(converted(kind, value, precision, flags, number), width, flags, kind)
    }
  } while (invalid === undefined && at > 0 && at < values.length)
  context.stdout.write(output)
  if (invalid === undefined) return failed ? 1 : 0
  context.stderr.write(`sh: ${format.slice(format.indexOf(invalid))}: invalid format\n`)
  return 1
})

function converted(
  kind: string,
  value: string | undefined,
  precision: string | number | undefined,
  flags: string,
  number: (text: string | undefined) => number,
): string {
  const digits = precision === undefined ? undefined : Number(precision)
  switch (kind) {
    case 's':
      return (value ?? '').slice(0, digits)
    case 'b':
      return unescaped(value ?? '').output
    case 'c':
      return (value ?? '').slice(0, 1)
    case 'f':
      return number(value).toFixed(digits ?? 6)
    case 'e':
    case 'E': {
      const text = number(value)
        .toExponential(digits ?? 6)
        .replace(/e([-+])(\d)$/, 'e$10$2')
      return kind === 'E' ? text.toUpperCase() : text
    }
    case 'g':
    case 'G':
      return String(Number(number(value).toPrecision(digits ?? 6)))
  }
  const whole = Math.trunc(number(value))
  const unsigned = whole < 0 && !'di'.includes(kind) ? BigInt.asUintN(64, BigInt(whole)) : whole
  const text =
    kind === 'x' || kind === 'X'
      ? unsigned.toString(16)
      : kind === 'o'
        ? unsigned.toString(8)
        : String(unsigned)
  const sign =
    whole >= 0 && 'di'.includes(kind) ? (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') : ''
  const prefix =
    flags.includes('#') && whole !== 0
      ? kind === 'o'
        ? '0'
        : kind === 'x'
          ? '0x'
          : kind === 'X'
            ? '0X'
            : ''
      : ''
  const body = digits === undefined ? text : text.padStart(digits, '0')
  return sign + prefix + (kind === 'X' ? body.toUpperCase() : body)
}

function padded(text: string, width: number, flags: string, kind: string): string {
  const size = Math.abs(width)
  if (flags.includes('-') || width < 0) return text.padEnd(size)
  if (!flags.includes('0') || 'sbc'.includes(kind)) return text.padStart(size)
  const [sign = ''] = /^[-+ ]/.exec(text) ?? []
  return sign + text.slice(sign.length).padStart(size - sign.length, '0')
}

/** `head -5` is `head -n 5`. */
function numbered(args: readonly string[]): string[] {
  return args.flatMap((it, index) =>
    /^-\d+$/.test(it) && !/^-[nc]$/.test(args[index - 1] ?? '') ? ['-n', it.slice(1)] : [it],
  )
}

const COUNT = { 'lines=': 'n', 'bytes=': 'c', quiet: 'q', verbose: 'v', follow: 'f', retry: 'F' }

/** `==> FILE <==` before each of several files. */
function title(context: ProcessContext, index: number, file: string): void {
  context.stdout.write(`${index > 0 ? '\n' : ''}==> ${file === '-' ? 'standard input' : file} <==\n`)
}

/** `5k` and the like; undefined: no number. */
function countOf(text: string): number | undefined {
  const match = /^([-+]?)(\d+)([bkm]?)$/.exec(text)
  if (match === null) return undefined
  return Number(match[2]) * { '': 1, b: 512, k: 1024, m: 1024 * 1024 }[match[3]!]!
}

const head = command(
  'head',
  async (context, args) => {
    const { flags, values, rest } = options(numbered(args), 'qvn:c:', COUNT)
    const asked = values.get('c') ?? values.get('n') ?? '10'
    const count = countOf(asked)
    if (count === undefined) {
      context.stderr.write(`head: invalid number '${asked}'\n`)
      return 1
    }
    const upTo = asked.startsWith('-') ? -count : count
    if (rest.length === 0 && upTo >= 0 && !values.has('c')) {
      // Reads no more than it prints, so that a producer without end can be stopped.
      for (let i = 0; i < upTo; i++) {
        const line = await context.stdin.readLine()
        if (line === undefined) break
        context.stdout.write(`${line}\n`)
      }
      context.stdin.stop()
      return 0
    }
    const { texts, failed } = await inputs(context, 'head', rest)
    const titled = (texts.length > 1 && !flags.has('q')) || flags.has('v')
    texts.forEach(({ file, text }, index) => {
      if (titled) title(context, index, file)
      if (values.has('c')) context.stdout.write(text.slice(0, upTo))
      else for (const line of linesOf(text).slice(0, upTo)) context.stdout.write(`${line}\n`)
    })
    return failed ? 1 : 0
  },
  'head [OPTIONS] [FILE]...\n\nPrint first 10 lines of FILEs (or stdin).',
)

const tail = command(
  'tail',
  async (context, args) => {
    const { flags, values, rest } = options(numbered(args), 'fFqvn:c:s:', COUNT)
    const follows = flags.has('f') || flags.has('F')
    if (follows && rest[0] === '/dev/null') {
      await context.loop.suspend<void>().promise
      return 0
    }
    const asked = values.get('c') ?? values.get('n') ?? '10'
    const count = countOf(asked)
    if (count === undefined) {
      context.stderr.write(`tail: invalid number '${asked}'\n`)
      return 1
    }
    const { texts, failed } = await inputs(context, 'tail', rest)
    const titled = (texts.length > 1 && !flags.has('q')) || flags.has('v')
    const from = asked.startsWith('+') ? Math.max(0, count - 1) : undefined
    texts.forEach(({ file, text }, index) => {
      if (titled) title(context, index, file)
      if (values.has('c')) {
        context.stdout.write(text.slice(from ?? Math.max(0, text.length - count)))
        return
      }
      const lines = linesOf(text)
      for (const line of lines.slice(from ?? Math.max(0, lines.length - count)))
        context.stdout.write(`${line}\n`)
    })
    if (follows && texts[0] !== undefined) await follow(context, texts[0].file, texts[0].text.length)
    return failed ? 1 : 0
  },
  'tail [OPTIONS] [FILE]...\n\nPrint last 10 lines of FILEs (or stdin) to.',
)

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

const sort = command('sort', async (context, args) => {
  const { flags, values, given, rest } = options(args, 'nrugMcszbdfiohVk:t:T:o:', {
    reverse: 'r',
    unique: 'u',
  })
  const { texts, failed } = await inputs(context, 'sort', rest)
  const separator = values.get('t')
  const keys = given
    .filter(([letter]) => letter === 'k')
    .map(([, spec]) => {
      const [, field, options = ''] = /^(\d+)(?:\.\d+)?([nrfb]*)/.exec(spec) ?? []
      const end = /,(\d+)/.exec(spec)?.[1]
      return {
        from: Number(field ?? 1),
        to: end === undefined ? undefined : Number(end),
        numeric: options.includes('n') || /,\d+[rfb]*n/.test(spec) || flags.has('n'),
        reverse: options.includes('r') || /,\d+[nfb]*r/.test(spec),
      }
    })
  const pick = (line: string, from: number, to: number | undefined) => {
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator)
    return fields.slice(from - 1, to).join(separator ?? ' ')
  }
  const compare = (a: string, b: string, numeric: boolean): number => {
    if (numeric) return (Number.parseFloat(a) || 0) - (Number.parseFloat(b) || 0)
    const [x, y] = flags.has('f') ? [a.toUpperCase(), b.toUpperCase()] : [a, b]
    return x < y ? -1 : x > y ? 1 : 0
  }
  const order = (a: string, b: string): number => {
    for (const { from, to, numeric, reverse } of keys) {
      const result = compare(pick(a, from, to), pick(b, from, to), numeric)
      if (result !== 0) return reverse ? -result : result
    }
    return keys.length === 0 ? compare(a, b, flags.has('n') || flags.has('g')) : 0
  }
  const lines = texts.flatMap(({ text }) => linesOf(text))
  lines.sort((a, b) => order(a, b) || (flags.has('s') || flags.has('u') ? 0 : compare(a, b, false)))
  if (flags.has('r')) lines.reverse()
  const shown = flags.has('u')
    ? lines.filter((line, index) => index === 0 || order(line, lines[index - 1]!) !== 0)
    : lines
  const output = shown.map((line) => `${line}\n`).join('')
  const file = values.get('o')
  if (file === undefined) context.stdout.write(output)
  else context.fs.write(resolvePath(context.cwd, file), output)
  return failed ? 1 : 0
})

const uniq = command('uniq', async (context, args) => {
  const { flags, rest } = options(args, 'cduif:s:w:')
  const { texts, failed } = await inputs(context, 'uniq', rest.slice(0, 1))
  const runs: { line: string; count: number }[] = []
  const same = (a: string, b: string) => (flags.has('i') ? a.toLowerCase() === b.toLowerCase() : a === b)
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    const last = runs.at(-1)
    if (last !== undefined && same(last.line, line)) last.count++
    else runs.push({ line, count: 1 })
  }
  for (const { line, count } of runs) {
    if ((flags.has('d') && count === 1) || (flags.has('u') && count > 1)) continue
    context.stdout.write(flags.has('c') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`)
  }
  return failed ? 1 : 0
})

const cut = command('cut', async (context, args) => {
  const { flags, values, rest } = options(args, 'b:c:f:d:sn', { 'output-delimiter=': 'd' })
  const list = values.get('f') ?? values.get('c') ?? values.get('b')
  if (list === undefined) {
    context.stderr.write('cut: expected a list of bytes, characters, or fields\n')
    return 1
  }
  const { texts, failed } = await inputs(context, 'cut', rest)
  const separator = values.get('d') ?? '\t'
  const wanted = rangesOf(list)
  const fields = values.has('f')
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    if (fields && !line.includes(separator)) {
      if (!flags.has('s')) context.stdout.write(`${line}\n`)
      continue
    }
    const pieces = fields ? line.split(separator) : [...line]
    const picked = pieces.filter((_, index) => wanted(index + 1))
    context.stdout.write(`${picked.join(fields ? separator : '')}\n`)
  }
  return failed ? 1 : 0
})

function rangesOf(text: string): (n: number) => boolean {
  const ranges = text.split(',').map((it) => {
    const [from = '', to] = it.split('-')
    return [
      from === '' ? 1 : Number(from),
      to === undefined ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to),
    ] as const
  })
  return (n) => ranges.some(([from, to]) => n >= from && n <= to)
}

const tr = command(
  'tr',
  async (context, args) => {
    const { flags, rest } = options(args, '+Ccds')
    if (rest.length === 0) throw new UsageError()
    const from = setOf(rest[0] ?? '')
    const to = setOf(rest[1] ?? '')
    const others = flags.has('c') || flags.has('C')
    const squeezed = flags.has('s') ? (rest.length > 1 ? to : from) : []
    let output = ''
    for (const char of await context.stdin.readText()) {
      const at = from.indexOf(char)
      const hit = at >= 0 !== others
      if (hit && flags.has('d')) continue
      const mapped =
        !hit || to.length === 0 || flags.has('d')
          ? char
          : to[Math.min(others ? to.length : at, to.length - 1)]!
      const inSqueezed = squeezed.includes(mapped) !== (others && rest.length === 1)
      if (flags.has('s') && inSqueezed && output.endsWith(mapped)) continue
      output += mapped
    }
    context.stdout.write(output)
    return 0
  },
  'tr [-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout',
)

const CLASSES: Readonly<Record<string, string>> = {
  lower: 'a-z',
  upper: 'A-Z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n\r\v\f',
  blank: ' \t',
  punct: '!-/:-@[-`{-~',
}

function setOf(text: string): string[] {
  const plain = text.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
  return [
    ...unescaped(plain).output.replace(/(.)-(.)/gs, (_, from: string, to: string) => {
      let range = ''
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) range += String.fromCharCode(code)
      return range
    }),
  ]
}

const seq = command(
  'seq',
  (context, args) => {
    const negative = args.map((it) => (/^-[\d.]/.test(it) ? `\u0000${it}` : it))
    const { flags, values, rest } = options(negative, '+ws:')
    const words = rest.map((it) => it.replace('\u0000', ''))
    if (words.length === 0 || words.length > 3) throw new UsageError()
    const wrong = words.find((it) => Number.isNaN(Number(it)))
    if (wrong !== undefined) {
      context.stderr.write(`seq: invalid number '${wrong}'\n`)
      return 1
    }
    const [from, step, to] =
      words.length === 1
        ? ['1', '1', words[0]!]
        : words.length === 2
          ? [words[0]!, '1', words[1]!]
          : (words as [string, string, string])
    const decimals = Math.max(...[from, step].map((it) => it.split('.')[1]?.length ?? 0))
    const by = Number(step)
    if (by === 0) return 1
    const width = flags.has('w') ? Math.max(from.length, to.length) : 0
    const numbers: string[] = []
    for (let i = 0; i < 1_000_000; i++) {
      const n = Number(from) + i * by
      if (by > 0 ? n > Number(to) : n < Number(to)) break
      numbers.push(n.toFixed(decimals).padStart(width, '0'))
    }
    if (numbers.length > 0) context.stdout.write(`${numbers.join(values.get('s') ?? '\n')}\n`)
    return 0
  },
  'seq [-w] [-s SEP] [FIRST [INC]] LAST\n\nPrint numbers from FIRST to LAST, in steps of INC.\nFIRST, INC default to 1.',
)

const xargs = command('xargs', async (context, args) => {
  const { flags, values, rest } = options(args, '+r0tpn:I:s:P:L:', { null: '0', 'no-run-if-empty': 'r' })
  const text = await context.stdin.readText()
  const placeholder = values.get('I')
  const words = flags.has('0')
    ? text.split('\0').filter((it) => it !== '')
    : placeholder !== undefined
      ? linesOf(text)
          .map((it) => it.trim())
          .filter((it) => it !== '')
      : [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((it) => it[1] ?? it[2] ?? it[3]!)
  const base = rest.length === 0 ? ['echo'] : rest
  const size = Math.max(1, Number(values.get('n') ?? values.get('L') ?? (words.length || 1)))
  const batches: string[][] =
    placeholder !== undefined
      ? words.map((word) => base.map((it) => it.replaceAll(placeholder, word)))
      : Array.from({ length: Math.ceil(words.length / size) }, (_, i) => [
          ...base,
          ...words.slice(i * size, (i + 1) * size),
        ])
  if (batches.length === 0 && placeholder === undefined && !flags.has('r')) batches.push([...base])
  let status = 0
  for (const argv of batches) {
    const code = await runCommand(context, 'xargs', argv)
    if (code !== 0) status = code === 127 || code === 126 ? code : 123
  }
  return status
})

const base64 = command('base64', async (context, args) => {
  const { flags, values, rest } = options(args, 'dw:i', { decode: 'd', 'wrap=': 'w' })
  const { texts, failed } = await inputs(context, 'base64', rest)
  if (failed) return 1
  const text = texts.map((it) => it.text).join('')
  if (flags.has('d')) {
    context.stdout.write(Uint8Array.from(atob(text.replace(/\s+/g, '')), (it) => it.charCodeAt(0)))
    return 0
  }
  const bytes = new TextEncoder().encode(text)
  const encoded = btoa(Array.from(bytes, (it) => String.fromCharCode(it)).join(''))
  const width = Number(values.get('w') ?? 76)
  context.stdout.write(
    width === 0 ? encoded : `${(encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']).join('\n')}\n`,
  )
  return 0
})

/** Lines of the files or of stdin, each changed. */
function lineByLine(name: string, change: (lines: readonly string[]) => readonly string[]): Program {
  return command(name, async (context, args) => {
    const { texts, failed } = await inputs(
      context,
      name,
      args.filter((it) => !/^-./.test(it)),
    )
    for (const { text } of texts) for (const line of change(linesOf(text))) context.stdout.write(`${line}\n`)
    return failed ? 1 : 0
  })
}

const expr = command('expr', (context, args) => {
  const mistake = () => {
    context.stderr.write('expr: syntax error\n')
    return 2
  }
  if (args.length === 0) return mistake()
  let at = 0
  const primary = (): string => {
    const word = args[at++]
    if (word === undefined) throw new Error('syntax')
    if (word === '(') {
      const value = level(0)
      at++
      return value
    }
    if (word === 'length') return String(primary().length)
    if (word === 'substr') {
      const [text, from, length] = [primary(), Number(primary()), Number(primary())]
      return text.slice(from - 1, from - 1 + length)
    }
    if (word === 'index') {
      const [text, chars] = [primary(), primary()]
      return String([...text].findIndex((it) => chars.includes(it)) + 1)
    }
    if (word === 'match') return matched(primary(), primary())
    return word
  }
  const matched = (text: string, pattern: string): string => {
    const source = pattern.replace(/\\?[(){}+?|]/g, (it) => (it.startsWith('\\') ? it.slice(1) : `\\${it}`))
    const found = new RegExp(`^(?:${source})`).exec(text)
    return source.includes('(') && /\\\(/.test(pattern) ? (found?.[1] ?? '') : String(found?.[0].length ?? 0)
  }
  const LEVELS = [['|'], ['&'], ['=', '==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%'], [':']]
  const apply = (a: string, operator: string, b: string): string => {
    const truth = (it: string) => it !== '' && it !== '0'
    const numeric = /^-?\d+$/.test(a) && /^-?\d+$/.test(b)
    const order = numeric ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
    const bit = (value: boolean) => (value ? '1' : '0')
    switch (operator) {
      case '|':
        return truth(a) ? a : b
      case '&':
        return truth(a) && truth(b) ? a : '0'
      case '=':
      case '==':
        return bit(order === 0)
      case '!=':
        return bit(order !== 0)
      case '<':
        return bit(order < 0)
      case '<=':
        return bit(order <= 0)
      case '>':
        return bit(order > 0)
      case '>=':
        return bit(order >= 0)
      case ':':
        return matched(a, b)
    }
    if (!numeric) throw new Error('non-numeric argument')
    if ('/%'.includes(operator) && Number(b) === 0) throw new Error('division by zero')
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
              : x % y
    return String(value)
  }
  const level = (n: number): string => {
    if (n === LEVELS.length) return primary()
    let left = level(n + 1)
    while (args[at] !== undefined && LEVELS[n]!.includes(args[at]!)) {
      const operator = args[at++]!
      left = apply(left, operator, level(n + 1))
    }
    return left
  }
  try {
    const value = level(0)
    if (at < args.length) return mistake()
    context.stdout.write(`${value}\n`)
    return value === '' || value === '0' ? 1 : 0
  } catch (error) {
    const text = (error as Error).message
    if (text === 'syntax') return mistake()
    context.stderr.write(`expr: ${text}\n`)
    return 2
  }
})

export const TEXT_COMMANDS: readonly Program[] = [
  echo,
  printf,
  head,
  tail,
  sort,
  uniq,
  cut,
  tr,
  seq,
  xargs,
  base64,
  expr,
  lineByLine('rev', (lines) => lines.map((it) => [...it].reverse().join(''))),
  lineByLine('tac', (lines) => [...lines].reverse()),
  lineByLine('nl', (lines) => lines.map((it, index) => `${String(index + 1).padStart(6)}\t${it}`)),
  command('sha256sum', async (context, args) => {
    const { texts, failed } = await inputs(context, 'sha256sum', args)
    for (const { file, text } of texts) {
      const digest = sha256(new TextEncoder().encode(text))
      const hex = Array.from(digest, (it) => it.toString(16).padStart(2, '0')).join('')
      context.stdout.write(`${hex}  ${file}\n`)
    }
    return failed ? 1 : 0
  }),
  command('true', () => 0),
  command('false', () => 1),
  command('yes', async (context, args) => {
    const line = `${args.length === 0 ? 'y' : args.join(' ')}\n`
    // Bounded: a reader that goes on for ever would never let the loop go.
    for (let i = 0; i < 100_000 && !context.stdout.stopped; i += 100) {
      context.stdout.write(line.repeat(100))
      await context.clock.sleep(0)
    }
    return 0
  }),
  command(
    'basename',
    (context, args) => {
      const { rest } = options(args, 'as:')
      const [path, suffix = ''] = rest
      if (path === undefined) throw new UsageError()
      const base = path.replace(/\/+$/, '').split('/').at(-1) || '/'
      const cutOff = suffix !== '' && base.endsWith(suffix) && base !== suffix
      context.stdout.write(`${cutOff ? base.slice(0, -suffix.length) : base}\n`)
      return 0
    },
    'basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\nStrip directory path and SUFFIX from FILE',
  ),
  command(
    'dirname',
    (context, [path]) => {
      if (path === undefined) throw new UsageError()
      const parts = path.replace(/\/+$/, '').split('/')
      parts.pop()
      const above = parts.join('/')
      context.stdout.write(`${above !== '' ? above : path.startsWith('/') ? '/' : '.'}\n`)
      return 0
    },
    'dirname FILENAME\n\nStrip non-directory suffix from FILENAME',
  ),
]
