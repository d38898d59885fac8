/** Starts a real etcd on loopback with a directory of its own, and ends it by its process id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface EtcdProcess extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly endpoint: string
  readonly pid: number
}

const START_MS_MAX = 20_000

/** The binary to use; undefined when none is installed. */
export function findEtcd(): string | undefined {
  const candidates = [
    process.env['ETCD_BINARY'],
    ...(process.env['PATH'] ?? '').split(':').map((it) => join(it, 'etcd')),
  ]
  return candidates.find((it) => it !== undefined && it !== '' && existsSync(it))
}

export async function startEtcd(binary: string): Promise<EtcdProcess> {
  // Memory, where there is such a file system: etcd syncs on every write.
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kubarium-etcd-'))
  const [client, peer] = [await freePort(), await freePort()]
  const clientUrl = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const child = spawn(
    binary,
    [
      ...['--name', 'oracle', '--data-dir', join(directory, 'data'), '--log-level', 'error'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `oracle=${peerUrl}`, '--quota-backend-bytes', '8000000000'],
      ...['--snapshot-count', '1000000'],
    ],
    { stdio: 'ignore' },
  )
  const end = async () => {
    await endProcess(child)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await waitForPort(client, child)
  } catch (error) {
    await end()
    throw error
  }
  return { endpoint: `127.0.0.1:${client}`, pid: child.pid!, [Symbol.asyncDispose]: end }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS_MAX
  for (;;) {
    if (child.exitCode !== null) throw new Error(`etcd exited with ${child.exitCode}`)
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return
    if (performance.now() > deadline) throw new Error('etcd did not start in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
