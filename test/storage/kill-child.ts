/**
 * Writes to a data directory or an etcd until it is killed, telling each write on standard output once it is
 * acknowledged. Arguments: `data DIRECTORY` or `etcd URL`, then the seed and how many writes at most.
 */
import { writeSync } from 'node:fs'
import { Mirror } from '../../src/etcd/mirror.ts'
import { randomStream } from '../../src/kernel/random.ts'
import { connectEtcd } from '../../src/storage/etcd.ts'
import { openDataDirectory } from '../../src/storage/lmdb.ts'

const CODEC = { encode: (value: string) => value, decode: (text: string) => text }
const PREFIX = '/registry/'

const [where = '', target = '', seed = '1', writesMax = '100'] = process.argv.slice(2)
const random = randomStream(Number(seed), 'kill-child')
const tell = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)
const { store, put, remove } = where === 'etcd' ? await openEtcd(target) : await openDirectory(target)

tell('open', store.revision)
for (let i = 0; i < Number(writesMax); i++) {
  const key = `${PREFIX}things/${random.below(30)}`
  const held = store.get(key)
  if (held !== undefined && random.below(3) === 0) {
    tell('delete', (await remove(key, held.modRevision))!, key)
  } else {
    const value = `value-${seed}-${i}-${held === undefined ? 'x'.repeat(random.below(2_000)) : ''}`
    tell('put', await put(key, held?.modRevision ?? 0, value), key, value)
  }
}
// Killed at the latest here.
setInterval(() => undefined, 1_000)

async function openDirectory(directory: string) {
  const store = (await openDataDirectory<string>(directory, CODEC)).openStore()
  return {
    store,
    put: (key: string, modRevision: number, value: string) =>
      store.compareAndSwap(key, modRevision, value)!.modRevision,
    remove: (key: string, modRevision: number) => store.compareAndDelete(key, modRevision),
  }
}

async function openEtcd(url: string) {
  const mirror = await Mirror.open(await connectEtcd(url), CODEC, PREFIX)
  const store = mirror.openStore({})
  mirror.follow({ enter: (body) => body(), skipped: () => tell('skipped') })
  return {
    store,
    async put(key: string, modRevision: number, value: string) {
      let revision = 0
      await mirror.put(key, value, modRevision, undefined, (it) => {
        revision = it
      })
      return revision
    },
    remove: (key: string, modRevision: number) => mirror.delete(key, modRevision, () => undefined),
  }
}
