/** `tar`, as `kubectl cp` needs it: ustar archives on stdin and stdout. */

import { decodeText, encodeText } from '../../file-tree.ts'
import { concatBytes } from '../pipe.ts'
import type { ProcessContext, Program } from '../program.ts'
import { matchesPattern } from '../shell/glob.ts'
import { resolvePath } from '../vfs.ts'
import { command, options, UsageError } from './command.ts'
import { formatDate } from './dates.ts'
import { rights } from './files.ts'

const BLOCK = 512

export const tar: Program = command(
  'tar',
  async (context, args) => {
    const call = parse(args)
    return call.mode === 'c' ? create(context, call) : extract(context, call)
  },
  'tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...\n\nCreate, extract, or list files from a tar file',
)

function create(context: ProcessContext, call: Call): number {
  const base = resolvePath(context.cwd, call.directory)
  const parts: Uint8Array[] = []
  const names: string[] = []
  let failed = false
  if (call.paths.some((it) => it.startsWith('/'))) {
    context.stderr.write("tar: removing leading '/' from member names\n")
  }
  for (const path of call.paths) {
    if (context.fs.exists(resolvePath(base, path))) pack(context, base, path, parts, names, call)
    else {
      context.stderr.write(`tar: ${path}: No such file or directory\n`)
      failed = true
    }
  }
  parts.push(new Uint8Array(2 * BLOCK))
  const archive = concatBytes(parts)
  const listing = call.verbose ? names.map((it) => `${it}\n`).join('') : ''
  if (call.file === '-') {
    context.stderr.write(listing)
    context.stdout.write(archive)
  } else {
    context.stdout.write(listing)
    context.fs.write(resolvePath(context.cwd, call.file), archive)
  }
  if (failed) context.stderr.write('tar: error exit delayed from previous errors\n')
  return failed ? 1 : 0
}

async function extract(context: ProcessContext, call: Call): Promise<number> {
  const base = resolvePath(context.cwd, call.directory)
  const file = resolvePath(context.cwd, call.file)
  if (call.file !== '-' && !context.fs.exists(file)) {
    context.stderr.write(`tar: can't open '${call.file}': No such file or directory\n`)
    return 1
  }
  if (context.fs.realPath(base) === undefined) {
    context.stderr.write(`tar: can't change directory to '${call.directory}': No such file or directory\n`)
    return 1
  }
  const archive = call.file === '-' ? await context.stdin.readAll() : context.fs.readBytes(file)
  const asked = new Set(call.paths.map((it) => it.replace(/^\/+|\/+$/g, '')))
  const missing = new Set(asked)
  for (const entry of unpack(archive)) {
    const plain = entry.name.replace(/\/+$/, '')
    if (asked.size > 0) {
      const within = [...asked].find((it) => plain === it || plain.startsWith(`${it}/`))
      if (within === undefined) continue
      missing.delete(within)
    }
    if (call.excluded.some((it) => matchesPattern(it, plain) || matchesPattern(it, plain.split('/').at(-1)!)))
      continue
    if (call.mode === 't' || (call.verbose && !call.toStdout)) {
      context.stdout.write(`${call.mode === 't' && call.verbose ? long(entry) : entry.name}\n`)
    }
    if (call.mode === 't') continue
    if (call.toStdout) {
      if (entry.type === '0') context.stdout.write(entry.content)
      continue
    }
    // Never out of the directory, whatever the archive says.
    const inside = resolvePath('/', entry.name).slice(1).split('/').slice(call.strip).join('/')
    if (inside === '') continue
    const target = resolvePath(base, inside)
    if (entry.type === '5') context.fs.mkdir(target, true)
    else {
      const parent = target.slice(0, target.lastIndexOf('/')) || '/'
      context.fs.mkdir(parent, true)
      if (entry.type === '2') {
        if (context.fs.exists(target)) context.fs.remove(target)
        context.fs.symlink(entry.link, target)
      } else {
        const mtimeMs = call.keepTimes ? entry.mtimeMs : undefined
        context.fs.write(target, entry.content, { mode: entry.mode, mtimeMs })
      }
    }
  }
  for (const it of missing) context.stderr.write(`tar: ${it}: not found in archive\n`)
  return missing.size > 0 ? 1 : 0
}

/** A line of `tar tv`. */
function long(entry: Entry): string {
  const type = entry.type === '5' ? 'directory' : entry.type === '2' ? 'link' : 'file'
  const at = formatDate(entry.mtimeMs, '%Y-%m-%d %H:%M:%S')
  const link = entry.link === '' ? '' : ` -> ${entry.link}`
  return `${rights({ type, mode: entry.mode })} root/root ${String(entry.content.length).padStart(9)} ${at} ${entry.name}${link}`
}

interface Call {
  readonly mode: 'c' | 'x' | 't'
  readonly file: string
  readonly directory: string
  readonly verbose: boolean
  readonly toStdout: boolean
  readonly keepTimes: boolean
  readonly strip: number
  readonly excluded: readonly string[]
  readonly paths: readonly string[]
}

/** Both notations: `tar xf -`, `tar -xmf - -C DIR`. */
function parse(args: readonly string[]): Call {
  const [first = ''] = args
  const bundled = first !== '' && !first.startsWith('-')
  const { flags, values, given, rest } = options(
    bundled ? [`-${first}`, ...args.slice(1)] : args,
    'cxtvzZjJahmokOpf:C:T:X:',
    {
      create: 'c',
      extract: 'x',
      list: 't',
      verbose: 'v',
      gzip: 'z',
      'to-stdout': 'O',
      'no-same-owner': 'o',
      'no-same-permissions': 'o',
      'no-overwrite-dir': 'k',
      overwrite: 'o',
      'warning=': 'T',
      'file=': 'f',
      'directory=': 'C',
      'strip-components=': 'S',
      'exclude=': 'X',
    },
  )
  const mode = (['c', 'x', 't'] as const).find((it) => flags.has(it))
  if (mode === undefined) throw new UsageError()
  return {
    mode,
    file: values.get('f') ?? '-',
    directory: values.get('C') ?? '.',
    verbose: flags.has('v'),
    toStdout: flags.has('O'),
    keepTimes: !flags.has('m'),
    strip: Number(values.get('S') ?? 0),
    excluded: given.flatMap(([letter, value]) => (letter === 'X' ? [value] : [])),
    paths: rest,
  }
}

function pack(
  context: ProcessContext,
  base: string,
  path: string,
  parts: Uint8Array[],
  names: string[],
  call: Call,
): void {
  const name = path.replace(/^\/+/, '')
  if (call.excluded.some((it) => matchesPattern(it, name) || matchesPattern(it, name.split('/').at(-1)!)))
    return
  const full = resolvePath(base, path)
  const stat = context.fs.stat(full, false)
  names.push(stat.type === 'directory' ? `${name.replace(/\/$/, '')}/` : name)
  if (stat.type === 'directory') {
    parts.push(header(names.at(-1)!, 0, stat.mode, '5', stat.mtimeMs))
    for (const child of context.fs.list(full))
      pack(context, base, `${path.replace(/\/$/, '')}/${child}`, parts, names, call)
  } else if (stat.type === 'link') parts.push(header(name, 0, 0o777, '2', stat.mtimeMs, stat.target))
  else {
    const content = context.fs.readBytes(full)
    parts.push(header(name, content.length, stat.mode, '0', stat.mtimeMs), content)
    const rest = content.length % BLOCK
    if (rest > 0) parts.push(new Uint8Array(BLOCK - rest))
  }
}

function header(
  name: string,
  size: number,
  mode: number,
  type: string,
  mtimeMs: number,
  link = '',
): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number, length: number) =>
    block.set(encodeText(text).subarray(0, length), at)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  let short = name
  if (encodeText(name).length > 100) {
    const cut = name.lastIndexOf('/', 155)
    put(name.slice(0, cut), 345, 155)
    short = name.slice(cut + 1)
  }
  put(short, 0, 100)
  put(octal(mode, 8), 100, 8)
  put(octal(0, 8), 108, 8)
  put(octal(0, 8), 116, 8)
  put(octal(size, 12), 124, 12)
  put(octal(Math.floor(mtimeMs / 1000), 12), 136, 12)
  put('        ', 148, 8)
  put(type, 156, 1)
  put(link, 157, 100)
  put('ustar\u000000root', 257, 12)
  put('root', 297, 4)
  let sum = 0
  for (const byte of block) sum += byte
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8)
  return block
}

interface Entry {
  readonly name: string
  readonly type: string
  readonly mode: number
  readonly mtimeMs: number
  readonly link: string
  readonly content: Uint8Array
}

function* unpack(archive: Uint8Array): Iterable<Entry> {
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const block = archive.subarray(at, at + BLOCK)
    if (block.every((byte) => byte === 0)) return
    const field = (from: number, length: number) => {
      const bytes = block.subarray(from, from + length)
      const end = bytes.indexOf(0)
      return decodeText(end < 0 ? bytes : bytes.subarray(0, end))
    }
    const size = Number.parseInt(field(124, 12).trim() || '0', 8)
    const type = field(156, 1) || '0'
    const content = archive.slice(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    // Long names of GNU and PAX archives come before the entry they belong to.
    if (type === 'L') {
      longName = decodeText(content).replace(/\0+$/, '')
      continue
    }
    if (type === 'x' || type === 'g') {
      if (type === 'x') longName = /\d+ path=([^\n]+)\n/.exec(decodeText(content))?.[1] ?? longName
      continue
    }
    const prefix = field(257, 5) === 'ustar' ? field(345, 155) : ''
    const name = longName ?? (prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`)
    longName = undefined
    yield {
      name,
      type,
      mode: Number.parseInt(field(100, 8).trim() || '644', 8),
      mtimeMs: Number.parseInt(field(136, 12).trim() || '0', 8) * 1000,
      link: field(157, 100),
      content,
    }
  }
}
