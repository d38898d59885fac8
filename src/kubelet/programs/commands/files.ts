/** Commands about files. */
import { formatQuantity } from '../../../api/quantity.ts'
import type { ProcessContext, Program } from '../program.ts'
import { matchesPattern } from '../shell/glob.ts'
import { FileError, type FileStat, resolvePath } from '../vfs.ts'
import { command, inputs, options } from './command.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const cat = command('cat', async (context, args) => {
  const { rest } = options(args)
  let failed = false
  for (const file of rest.length === 0 ? ['-'] : rest) {
    if (file === '-') {
      for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
        context.stdout.write(chunk)
      }
      continue
    }
    try {
      context.stdout.write(context.fs.readBytes(resolvePath(context.cwd, file)))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      context.stderr.write(`cat: can't open '${file}': ${error.message}\n`)
      failed = true
    }
  }
  return failed ? 1 : 0
})

const ls = command('ls', (context, args) => {
  const { flags, rest } = options(args)
  const long = flags.has('l')
  const lines: string[] = []
  let failed = false
  const entries: { name: string; path: string }[] = []
  const directories: { name: string; path: string }[] = []
  for (const name of rest.length === 0 ? ['.'] : rest) {
    const path = resolvePath(context.cwd, name)
    const follow = flags.has('L') || !long
    try {
      const stat = context.fs.stat(path, follow || name.endsWith('/'))
      if (stat.type === 'directory' && !flags.has('d')) directories.push({ name, path })
      else entries.push({ name, path })
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      context.stderr.write(`ls: ${name}: ${error.message}\n`)
      failed = true
    }
  }
  const print = (list: readonly { name: string; path: string }[]) => {
    if (!long) {
      for (const it of list) lines.push(it.name)
      return
    }
    const stats = list.map((it) => ({ ...it, stat: safeStat(context, it.path, flags.has('L')) }))
    const width = Math.max(0, ...stats.map((it) => String(it.stat.size).length))
    for (const it of stats) lines.push(longLine(it.name, it.stat, Math.max(width, 9), flags.has('h')))
  }
  print(entries)
  for (const directory of directories) {
    if (rest.length > 1) lines.push(`${lines.length > 0 ? '\n' : ''}${directory.name}:`)
    const hidden = flags.has('a') || flags.has('A')
    const names = context.fs.list(directory.path).filter((it) => hidden || !it.startsWith('.'))
    if (flags.has('a')) names.unshift('.', '..')
    const list = names.map((name) => ({ name, path: resolvePath(directory.path, name) }))
    if (long) lines.push(`total ${names.length === 0 ? 0 : list.length * 4}`)
    print(list)
  }
  if (lines.length > 0) context.stdout.write(`${lines.join('\n')}\n`)
  return failed ? 1 : 0
})

function safeStat(context: ProcessContext, path: string, follow: boolean): FileStat {
  try {
    return context.fs.stat(path, follow)
  } catch {
    return context.fs.stat(path, false)
  }
}

/** `-rw-r--r--    1 root     root            19 Jan  1 00:00 labels`. */
function longLine(name: string, stat: FileStat, width: number, human: boolean): string {
  const type = stat.type === 'directory' ? 'd' : stat.type === 'link' ? 'l' : '-'
  const rights = [6, 3, 0].map((shift) => permission(stat.mode >> shift)).join('')
  const date = new Date(stat.mtimeMs)
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const time = date.toISOString().slice(11, 16)
  const size = human ? formatSize(stat.size) : String(stat.size)
  const target = stat.target === undefined ? '' : ` -> ${stat.target}`
  return `${type}${rights}    1 root     root     ${size.padStart(width)} ${MONTHS[date.getUTCMonth()]} ${day} ${time} ${name}${target}`
}

function permission(bits: number): string {
  return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`
}

function formatSize(bytes: number): string {
  if (bytes < 1024) return String(bytes)
  return formatQuantity({
    mantissa: BigInt(Math.ceil(bytes / 1024) * 1024),
    exponent: 0,
    format: 'BinarySI',
  }).replace('i', '')
}

const touch = command('touch', (context, args) => {
  for (const file of options(args).rest) context.fs.touch(resolvePath(context.cwd, file))
  return 0
})

const mkdir = command('mkdir', (context, args) => {
  const { flags, rest } = options(args, 'm')
  let failed = false
  for (const directory of rest) {
    try {
      context.fs.mkdir(resolvePath(context.cwd, directory), flags.has('p'))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      context.stderr.write(`mkdir: can't create directory '${directory}': ${error.message}\n`)
      failed = true
    }
  }
  return failed ? 1 : 0
})

const rm = command('rm', (context, args) => {
  const { flags, rest } = options(args)
  let failed = false
  for (const file of rest) {
    try {
      context.fs.remove(resolvePath(context.cwd, file), flags.has('r') || flags.has('R'))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      if (flags.has('f')) continue
      context.stderr.write(`rm: can't remove '${file}': ${error.message}\n`)
      failed = true
    }
  }
  return failed ? 1 : 0
})

/** Where `source` goes when the target is a directory. */
function targetOf(context: ProcessContext, source: string, target: string): string {
  const path = resolvePath(context.cwd, target)
  if (!context.fs.exists(path) || context.fs.stat(path).type !== 'directory') return path
  return `${path}/${source.replace(/\/+$/, '').split('/').at(-1)}`
}

function copyTree(context: ProcessContext, from: string, to: string): void {
  const stat = context.fs.stat(from)
  if (stat.type !== 'directory') {
    context.fs.write(to, context.fs.readBytes(from), { mode: stat.mode })
    return
  }
  if (!context.fs.exists(to)) context.fs.mkdir(to)
  for (const name of context.fs.list(from)) copyTree(context, `${from}/${name}`, `${to}/${name}`)
}

function mover(name: 'cp' | 'mv'): Program {
  return command(name, (context, args) => {
    const { flags, rest } = options(args)
    const target = rest.pop()
    if (target === undefined || rest.length === 0) {
      context.stderr.write(`${name}: missing file operand\n`)
      return 1
    }
    for (const source of rest) {
      const from = resolvePath(context.cwd, source)
      if (!context.fs.exists(from)) {
        context.stderr.write(`${name}: can't stat '${source}': No such file or directory\n`)
        return 1
      }
      const directory = context.fs.stat(from).type === 'directory'
      if (name === 'cp' && directory && !flags.has('r') && !flags.has('R') && !flags.has('a')) {
        context.stderr.write(`cp: omitting directory '${source}'\n`)
        return 1
      }
      copyTree(context, from, targetOf(context, source, target))
      if (name === 'mv') context.fs.remove(from, true)
    }
    return 0
  })
}

const ln = command('ln', (context, args) => {
  const { flags, rest } = options(args)
  const [target = '', link = target.split('/').at(-1)!] = rest
  const path = targetOf(context, target, link)
  if (flags.has('f') && context.fs.exists(path)) context.fs.remove(path)
  if (flags.has('s')) context.fs.symlink(target, path)
  else context.fs.write(path, context.fs.readBytes(resolvePath(context.cwd, target)))
  return 0
})

const chmod = command('chmod', (context, args) => {
  const [mode = '', ...files] = options(args).rest
  for (const file of files) {
    const path = resolvePath(context.cwd, file)
    const old = context.fs.stat(path).mode
    context.fs.chmod(
      path,
      /^[0-7]+$/.test(mode) ? Number.parseInt(mode, 8) : mode.includes('+x') ? old | 0o111 : old,
    )
  }
  return 0
})

const find = command('find', (context, args) => {
  const start = args[0] !== undefined && !args[0].startsWith('-') ? args[0] : '.'
  const name = args.includes('-name') ? args[args.indexOf('-name') + 1] : undefined
  const type = args.includes('-type') ? args[args.indexOf('-type') + 1] : undefined
  const walk = (shown: string) => {
    const path = resolvePath(context.cwd, shown)
    const stat = context.fs.stat(path, false)
    const letter = stat.type === 'directory' ? 'd' : stat.type === 'link' ? 'l' : 'f'
    const base = shown.split('/').at(-1)!
    if ((name === undefined || matchesPattern(name, base)) && (type === undefined || type === letter)) {
      context.stdout.write(`${shown}\n`)
    }
    if (stat.type === 'directory') for (const child of context.fs.list(path)) walk(`${shown}/${child}`)
  }
  walk(start)
  return 0
})

const stat = command('stat', (context, args) => {
  const { values, rest } = options(args, 'c')
  for (const file of rest) {
    const found = context.fs.stat(resolvePath(context.cwd, file))
    const format = values.get('c') ?? '  File: %n\n  Size: %s'
    const text = format
      .replaceAll('%n', file)
      .replaceAll('%s', String(found.size))
      .replaceAll('%a', found.mode.toString(8))
      .replaceAll('%Y', String(Math.floor(found.mtimeMs / 1000)))
      .replaceAll('%F', found.type === 'file' ? 'regular file' : found.type)
    context.stdout.write(`${text}\n`)
  }
  return 0
})

const readlink = command('readlink', (context, args) => {
  const { flags, rest } = options(args)
  const path = resolvePath(context.cwd, rest[0] ?? '')
  const target = flags.has('f') ? context.fs.realPath(path) : context.fs.stat(path, false).target
  if (target === undefined) return 1
  context.stdout.write(`${target}\n`)
  return 0
})

const tee = command('tee', async (context, args) => {
  const { flags, rest } = options(args)
  const data = await context.stdin.readAll()
  context.stdout.write(data)
  for (const file of rest) context.fs.write(resolvePath(context.cwd, file), data, { append: flags.has('a') })
  return 0
})

/** Writes zeros: the usual way to fill a disk on purpose. */
const dd = command('dd', async (context, args) => {
  const values = new Map(args.map((it) => it.split('=') as [string, string]))
  const blockSize = sizeOf(values.get('bs') ?? '512')
  const count = Number(values.get('count') ?? '1')
  const from = values.get('if')
  const data =
    from === '/dev/zero' || from === '/dev/urandom'
      ? new Uint8Array(blockSize * count)
      : from === undefined
        ? await context.stdin.readAll()
        : context.fs.readBytes(resolvePath(context.cwd, from))
  const to = values.get('of')
  if (to === undefined) context.stdout.write(data)
  else if (to !== '/dev/null') context.fs.write(resolvePath(context.cwd, to), data)
  context.stderr.write(`${count}+0 records in\n${count}+0 records out\n`)
  return 0
})

function sizeOf(text: string): number {
  const match = /^(\d+)([kKMG]?)B?$/.exec(text)
  return match === null
    ? 0
    : Number(match[1]) * { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2]!]!
}

const df = command('df', (context) => {
  context.stdout.write('Filesystem           1K-blocks      Used Available Use% Mounted on\n')
  context.stdout.write('overlay              104857600  10485760  94371840  10% /\n')
  for (const mount of context.fs.mounts()) {
    context.stdout.write(`tmpfs                  8388608         0   8388608   0% ${mount.containerPath}\n`)
  }
  return 0
})

const mount = command('mount', (context) => {
  context.stdout.write('overlay on / type overlay (rw,relatime)\n')
  for (const it of context.fs.mounts()) {
    context.stdout.write(`tmpfs on ${it.containerPath} type tmpfs (${it.readOnly ? 'ro' : 'rw'},relatime)\n`)
  }
  return 0
})

const wc = command('wc', async (context, args) => {
  const { flags, rest } = options(args)
  const { texts, failed } = await inputs(context, 'wc', rest)
  for (const { file, text } of texts) {
    const counts: number[] = []
    const all = !flags.has('l') && !flags.has('w') && !flags.has('c')
    if (all || flags.has('l')) counts.push(text.split('\n').length - 1)
    if (all || flags.has('w')) counts.push(text.split(/\s+/).filter((it) => it !== '').length)
    if (all || flags.has('c')) counts.push(new TextEncoder().encode(text).length)
    const shown =
      counts.length === 1 ? String(counts[0]) : counts.map((it) => String(it).padStart(9)).join('')
    context.stdout.write(`${shown}${file === '-' ? '' : ` ${file}`}\n`)
  }
  return failed ? 1 : 0
})

export const FILE_COMMANDS: readonly Program[] = [
  cat,
  ls,
  touch,
  mkdir,
  rm,
  mover('cp'),
  mover('mv'),
  ln,
  chmod,
  find,
  stat,
  readlink,
  tee,
  dd,
  df,
  mount,
  wc,
]
