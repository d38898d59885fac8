/** Commands about the system: processes, time, environment. */
import type { ProcessContext, Program, Signal } from '../program.ts'
import { command, options, sleepMs } from './command.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const SIGNALS: Readonly<Record<string, Signal>> = {
  '1': 'SIGHUP',
  '2': 'SIGINT',
  '3': 'SIGQUIT',
  '9': 'SIGKILL',
  '10': 'SIGUSR1',
  '12': 'SIGUSR2',
  '15': 'SIGTERM',
}

const env = command('env', (context, args) => {
  const settings = args.filter((it) => /^[A-Za-z_]\w*=/.test(it))
  const rest = args.slice(settings.length)
  const all = new Map(context.env)
  for (const it of settings) all.set(it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1))
  if (rest.length > 0) return context.spawn(rest, { env: all }).exited
  for (const [name, value] of all) context.stdout.write(`${name}=${value}\n`)
  return 0
})

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

const sleep = command('sleep', async (context, args) => {
  if (args[0] === 'infinity' || args[0] === 'inf') {
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
})

const date = command('date', (context, args) => {
  context.unsteady()
  const now = new Date(context.clock.now())
  const format = args.find((it) => it.startsWith('+'))?.slice(1)
  const two = (n: number) => String(n).padStart(2, '0')
  const fields: Readonly<Record<string, string>> = {
    Y: String(now.getUTCFullYear()),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    H: two(now.getUTCHours()),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    s: String(Math.floor(now.getTime() / 1000)),
    N: '000000000',
    Z: 'UTC',
    z: '+0000',
    a: DAYS[now.getUTCDay()]!,
    b: MONTHS[now.getUTCMonth()]!,
    e: String(now.getUTCDate()).padStart(2),
    F: now.toISOString().slice(0, 10),
    T: now.toISOString().slice(11, 19),
    '%': '%',
  }
  const text =
    format === undefined
      ? `${fields['a']} ${fields['b']} ${fields['e']} ${fields['T']} UTC ${fields['Y']}`
      : format.replace(/%(.)/g, (whole, letter: string) => fields[letter] ?? whole)
  context.stdout.write(`${text}\n`)
  return 0
})

const kill = command('kill', (context, args) => {
  let signal: Signal = 'SIGTERM'
  const pids: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '-s') signal = signalOf(args[++i] ?? '')
    else if (arg.startsWith('-') && arg !== '--') signal = signalOf(arg.slice(1))
    else pids.push(arg)
  }
  let failed = false
  for (const pid of pids) {
    if (context.kill(Number(pid), signal)) continue
    context.stderr.write(`sh: can't kill pid ${pid}: No such process\n`)
    failed = true
  }
  return failed ? 1 : 0
})

function signalOf(text: string): Signal {
  return SIGNALS[text] ?? (`SIG${text.replace(/^SIG/, '')}` as Signal)
}

const ps = command('ps', (context) => {
  context.stdout.write('PID   USER     TIME  COMMAND\n')
  for (const { pid, argv } of context.processes()) {
    context.stdout.write(`${String(pid).padStart(5)} root      0:00 ${argv.join(' ')}\n`)
  }
  return 0
})

const pgrep = command('pgrep', (context, args) => {
  const wanted = options(args).rest[0] ?? ''
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

const COMMON =
  /^(sh|bash|ash|cat|ls|echo|sleep|env|date|kill|ps|wget|curl|nslookup|tar|test|true|false|grep|sed)$/

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
    const ip = options(args).flags.has('i') || options(args).flags.has('I')
    context.stdout.write(`${ip ? context.net.ips.join(' ') : context.hostname}\n`)
    return 0
  }),
  command('whoami', (context) => print(context, 'root\n')),
  command('id', (context, args) =>
    print(context, args[0] === '-u' ? '0\n' : 'uid=0(root) gid=0(root) groups=0(root)\n'),
  ),
  command('uname', (context, args) => {
    const all = `Linux ${context.hostname} 6.8.0-kubarium #1 SMP x86_64 GNU/Linux`
    const { flags } = options(args)
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
    for (const name of args) {
      if (!COMMON.test(name)) return 1
      context.stdout.write(`/bin/${name}\n`)
    }
    return 0
  }),
  command('sync', () => 0),
  command('clear', () => 0),
  command('stty', () => 0),
  command('timeout', async (context, args) => {
    const [limit = '0', ...argv] = args.filter((it) => !it.startsWith('-'))
    const child = context.spawn(argv, {})
    const timer = context.clock.after(sleepMs(limit), () => child.kill('SIGTERM'))
    const code = await child.exited
    timer.cancel()
    return code
  }),
  command('stress', async (context, args) => {
    // `stress --vm-bytes 200M --cpu 1`: takes what it is told to.
    const at = args.indexOf('--vm-bytes')
    if (at >= 0) context.setMemory(bytesOf(args[at + 1] ?? '0'))
    const cpu = args.indexOf('--cpu') >= 0 ? args.indexOf('--cpu') : args.indexOf('-c')
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
