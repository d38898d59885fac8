/** Commands about the system: processes, time, environment. */
import type { ProcessContext, Program, Signal } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, options, runCommand, sleepMs, UsageError } from './command.ts'
import { formatDate, parseDate } from './dates.ts'

const env = command(
  'env',
  async (context, args) => {
    // A lone `-` is `-i`.
    const { flags, given, rest } = options(
      args.map((it) => (it === '-' ? '-i' : it)),
      '+iu:0',
      { 'ignore-environment': 'i', 'unset=': 'u' },
    )
    const all = flags.has('i') ? new Map<string, string>() : new Map(context.env)
    for (const [, name] of given) all.delete(name)
    let at = 0
    for (; /^[^=]+=/.test(rest[at] ?? ''); at++) {
      const setting = rest[at]!
      const cut = setting.indexOf('=')
      all.set(setting.slice(0, cut), setting.slice(cut + 1))
    }
    const argv = rest.slice(at)
    if (argv.length > 0) return runCommand(context, 'env', argv, { env: all })
    const end = flags.has('0') ? '\0' : '\n'
    for (const [name, value] of all) context.stdout.write(`${name}=${value}${end}`)
    return 0
  },
  'env [-iu0] [-] [NAME=VALUE]... [PROG [ARGS]]\n\nPrint current environment or run PROG after setting up environment',
)

const printenv = command('printenv', (context, args) => {
  if (args.length === 0) {
    for (const [name, value] of context.env) context.stdout.write(`${name}=${value}\n`)
    return 0
  }
  let failed = false
  for (const name of args) {
    const value = context.env.get(name)
    if (value === undefined) failed = true
    else context.stdout.write(`${value}\n`)
  }
  return failed ? 1 : 0
})

const sleep = command(
  'sleep',
  async (context, args) => {
    if (args.length === 0) throw new UsageError()
    if (/^-\D/.test(args[0]!)) throw new UsageError(`invalid option -- '${args[0]![1]}'`)
    if (args.includes('infinity') || args.includes('inf')) {
      await context.loop.suspend<void>().promise
      return 0
    }
    let total = 0
    for (const arg of args) {
      const ms = sleepMs(arg)
      if (Number.isNaN(ms)) {
        context.stderr.write(`sleep: invalid number '${arg}'\n`)
        return 1
      }
      total += ms
    }
    context.unsteady()
    await context.clock.sleep(total)
    return 0
  },
  'sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays',
)

const ISO: Readonly<Record<string, string>> = {
  '': '%Y-%m-%d',
  date: '%Y-%m-%d',
  hours: '%Y-%m-%dT%H+00:00',
  minutes: '%Y-%m-%dT%H:%M+00:00',
  seconds: '%Y-%m-%dT%H:%M:%S+00:00',
}

const date = command(
  'date',
  (context, args) => {
    context.unsteady()
    // -I takes its value only when it sticks to it.
    const iso = args.map((it) => /^(?:-I|--iso-8601=?)([a-z]*)$/.exec(it)).find((it) => it !== null)?.[1]
    const plain = args.filter((it) => !/^(?:-I|--iso-8601)/.test(it))
    const { flags, values, rest } = options(plain, 'uRs:d:r:D:', {
      utc: 'u',
      'date=': 'd',
      'reference=': 'r',
      'rfc-2822': 'R',
      'rfc-email': 'R',
      'set=': 's',
    })
    const [first] = rest
    const wrong = (text: string) => {
      context.stderr.write(`date: invalid date '${text}'\n`)
      return 1
    }
    const reference = values.get('r')
    const asked = values.get('d')
    let at = context.clock.now()
    if (reference !== undefined) at = context.fs.stat(resolvePath(context.cwd, reference)).mtimeMs
    else if (asked !== undefined) {
      const parsed = parseDate(asked, at)
      if (parsed === undefined) return wrong(asked)
      at = parsed
    }
    if (first !== undefined && !first.startsWith('+')) {
      if (parseDate(first, at) === undefined) return wrong(first)
      context.stderr.write("date: can't set date: Operation not permitted\n")
      return 1
    }
    const format =
      iso !== undefined
        ? (ISO[iso] ?? ISO['']!)
        : flags.has('R')
          ? '%a, %d %b %Y %H:%M:%S +0000'
          : (first?.slice(1) ?? '%a %b %e %H:%M:%S UTC %Y')
    context.stdout.write(`${formatDate(at, format)}\n`)
    return 0
  },
  'date [OPTIONS] [+FMT] [[-s] TIME]\n\nDisplay time (using +FMT), or set time',
)

const SIGNAL_NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS'.split(
    ' ',
  )

/** The name of a signal given as `9`, `KILL` or `SIGKILL`. */
function signalName(text: string): string | undefined {
  const upper = text.toUpperCase().replace(/^SIG/, '')
  if (upper === '0') return '0'
  return /^\d+$/.test(upper) ? SIGNAL_NAMES[Number(upper) - 1] : SIGNAL_NAMES.find((it) => it === upper)
}

const kill = command('kill', (context, args) => {
  const complain = (text: string) => {
    context.stderr.write(`sh: ${text}\n`)
    return 1
  }
  if (args[0] === '-l') {
    if (args[1] === undefined) {
      const list = SIGNAL_NAMES.map((it, index) => `${String(index + 1).padStart(2)}) ${it}\n`)
      context.stdout.write(list.join(''))
      return 0
    }
    const number = Number(args[1])
    const known = signalName(Number.isNaN(number) ? args[1] : String(number > 128 ? number - 128 : number))
    if (known === undefined) return complain(`unknown signal '${args[1]}'`)
    context.stdout.write(`${Number.isNaN(number) ? SIGNAL_NAMES.indexOf(known) + 1 : known}\n`)
    return 0
  }
  let signal = 'TERM'
  const pids: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') continue
    const given =
      arg === '-s' ? (args[++i] ?? '') : arg.startsWith('-') && pids.length === 0 ? arg.slice(1) : undefined
    if (given === undefined) pids.push(arg)
    else {
      const name = signalName(given)
      if (name === undefined) return complain(`bad signal name '${given}'`)
      signal = name
    }
  }
  if (pids.length === 0) return complain('you need to specify whom to kill')
  let failed = false
  for (const pid of pids) {
    if (!/^-?\d+$/.test(pid)) {
      failed = complain(`invalid number '${pid}'`) > 0
      continue
    }
    const exists = [...context.processes()].some((it) => it.pid === Number(pid))
    const done = signal === '0' ? exists : exists && context.kill(Number(pid), `SIG${signal}` as Signal)
    if (!done) failed = complain(`can't kill pid ${pid}: No such process`) > 0
  }
  return failed ? 1 : 0
})

const killall = command('killall', (context, args) => {
  const names = args.filter((it) => !it.startsWith('-'))
  const given = args.find((it) => it.startsWith('-'))
  const signal = `SIG${(given === undefined ? undefined : signalName(given.slice(1))) ?? 'TERM'}` as Signal
  let failed = false
  for (const name of names) {
    const found = [...context.processes()].filter((it) => it.argv[0]?.split('/').at(-1) === name)
    for (const it of found) context.kill(it.pid, signal)
    if (found.length > 0) continue
    context.stderr.write(`killall: ${name}: no process killed\n`)
    failed = true
  }
  return failed ? 1 : 0
})

const ps = command('ps', (context) => {
  const user = nameOf(context.user.uid).padEnd(8)
  context.stdout.write('PID   USER     TIME  COMMAND\n')
  for (const { pid, argv } of context.processes()) {
    context.stdout.write(`${String(pid).padStart(5)} ${user}  0:00 ${argv.join(' ')}\n`)
  }
  return 0
})

/** Containers know no users but root: others stay numbers. */
function nameOf(id: number): string {
  return id === 0 ? 'root' : String(id)
}

const id = command('id', (context, args) => {
  const { flags } = options(args, 'ugGnr')
  const { uid, gid, groups } = context.user
  const all = [...new Set([gid, ...groups])].sort((a, b) => a - b)
  const short = (it: number) => (flags.has('n') ? nameOf(it) : String(it))
  if (flags.has('u')) return print(context, `${short(uid)}\n`)
  if (flags.has('g')) return print(context, `${short(gid)}\n`)
  if (flags.has('G')) return print(context, `${all.map(short).join(' ')}\n`)
  const named = (it: number) => (it === 0 ? '0(root)' : String(it))
  return print(context, `uid=${named(uid)} gid=${named(gid)} groups=${all.map(named).join(',')}\n`)
})

const pgrep = command('pgrep', (context, args) => {
  const wanted = options(args, 'flvxon').rest[0] ?? ''
  const found = [...context.processes()].filter(
    (it) => it.pid !== context.pid && it.argv.join(' ').includes(wanted),
  )
  for (const { pid } of found) context.stdout.write(`${pid}\n`)
  return found.length > 0 ? 0 : 1
})

function print(context: ProcessContext, text: string): number {
  context.stdout.write(text)
  return 0
}

/** What packages bring is there already, or never: they say what a learner waits for, and change nothing. */
const PACKAGE_MANAGERS = ['apt-get', 'apt', 'apk', 'yum', 'dnf'].map((name) =>
  command(name, async (context, args) => {
    const [verb = '', ...packages] = args.filter((it) => !it.startsWith('-'))
    await context.clock.sleep(1000)
    if (verb === 'update') return print(context, 'Reading package lists... Done\n')
    if (verb !== 'install' && verb !== 'add') return 0
    context.stdout.write('Reading package lists... Done\nBuilding dependency tree... Done\n')
    for (const it of packages) context.stdout.write(`Setting up ${it} ...\n`)
    return 0
  }),
)

export const SYSTEM_COMMANDS: readonly Program[] = [
  env,
  printenv,
  sleep,
  date,
  kill,
  ps,
  pgrep,
  command('pwd', (context) => print(context, `${context.cwd}\n`)),
  command('hostname', (context, args) => {
    const { flags } = options(args, 'sidfFI')
    const hosts = context.fs.exists('/etc/hosts') ? context.fs.readText('/etc/hosts').split('\n') : []
    const line = hosts
      .map((it) => it.split('\t'))
      .find((it) => it.at(-1) === context.hostname && it.length > 2)
    const fqdn = line?.[1] ?? context.hostname
    if (flags.has('i') || flags.has('I')) return print(context, `${context.net.ips.join(' ')}\n`)
    if (flags.has('d')) return print(context, `${fqdn.slice(context.hostname.length + 1)}\n`)
    return print(context, `${flags.has('f') ? fqdn : context.hostname}\n`)
  }),
  command('whoami', (context) => {
    const { uid } = context.user
    if (uid === 0) return print(context, 'root\n')
    context.stderr.write(`whoami: unknown uid ${uid}\n`)
    return 1
  }),
  id,
  command('uname', (context, args) => {
    const all = `Linux ${context.hostname} 6.8.0-kubarium #1 SMP x86_64 GNU/Linux`
    const { flags } = options(args, 'amnrspvior')
    context.stdout.write(
      `${flags.has('a') ? all : flags.has('r') ? '6.8.0-kubarium' : flags.has('m') ? 'x86_64' : flags.has('n') ? context.hostname : 'Linux'}\n`,
    )
    return 0
  }),
  command('nproc', (context) => print(context, '4\n')),
  command('uptime', (context) => {
    context.unsteady()
    context.stdout.write(
      ` ${new Date(context.clock.now()).toISOString().slice(11, 19)} up 1 day,  load average: 0.00, 0.00, 0.00\n`,
    )
    return 0
  }),
  command('which', (context, args) => {
    let failed = false
    for (const name of args) {
      if (context.has(name)) context.stdout.write(`${name.includes('/') ? name : `/bin/${name}`}\n`)
      else failed = true
    }
    return failed ? 1 : 0
  }),
  ...PACKAGE_MANAGERS,
  command('sync', () => 0),
  command('clear', () => 0),
  command('stty', () => 0),
  command(
    'timeout',
    async (context, args) => {
      const { values, rest } = options(args, '+s:k:', { 'signal=': 's', 'kill-after=': 'k' })
      const [limit, ...argv] = rest
      if (limit === undefined || argv.length === 0) throw new UsageError()
      if (!context.has(argv[0]!)) return runCommand(context, 'timeout', argv)
      const signal = `SIG${signalName(values.get('s') ?? 'TERM') ?? 'TERM'}` as Signal
      const child = context.spawn(argv, {})
      let expired = false
      const timer = context.clock.after(sleepMs(limit), () => {
        expired = true
        child.kill(signal)
      })
      const code = await child.exited
      timer.cancel()
      return expired && child.killedBy !== undefined ? 143 : code
    },
    'timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\nRun PROG. Send SIG to it if it is not gone in SECS seconds.',
  ),
  command('usleep', async (context, [micros = '0']) => {
    context.unsteady()
    await context.clock.sleep(Number(micros) / 1000)
    return 0
  }),
  killall,
  command('nohup', (context, args) => runCommand(context, 'nohup', args)),
  command('stress', async (context, args) => {
    // `stress --vm-bytes 200M --cpu 1`: takes what it is told to.
    const at = args.findIndex((it) => ['--vm-bytes', '-mem-total'].includes(it))
    if (at >= 0) context.setMemory(bytesOf(args[at + 1] ?? '0'))
    const cpu = args.findIndex((it) => ['--cpu', '-c', '-cpus'].includes(it))
    if (cpu >= 0) context.setCpu(1000 * Number(args[cpu + 1] ?? '1'))
    const timeout = args.indexOf('--timeout')
    if (timeout >= 0) await context.clock.sleep(sleepMs(args[timeout + 1] ?? '0'))
    else await context.loop.suspend<void>().promise
    return 0
  }),
]

function bytesOf(text: string): number {
  const match = /^(\d+)([kKMG]?)/.exec(text)
  return match === null
    ? 0
    : Number(match[1]) * { '': 1, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2]!]!
}
