/** Writes to a data directory until it is killed, telling each write on standard output once it is acknowledged. */
import { writeSync } from 'node:fs'
import { randomStream } from '../../src/kernel/random.ts'
import { openDataDirectory } from '../../src/storage/lmdb.ts'

const [directory = '', seed = '1', writesMax = '100'] = process.argv.slice(2)
const random = randomStream(Number(seed), 'kill-child')
const data = await openDataDirectory<string>(directory, { encode: (value) => value, decode: (text) => text })
const store = data.openStore()

const tell = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)
tell('open', store.revision)
for (let i = 0; i < Number(writesMax); i++) {
  const key = `/registry/things/${random.below(30)}`
  const held = store.get(key)
  if (held === undefined) {
    const kv = store.create(key, `value-${seed}-${i}-${'x'.repeat(random.below(2_000))}`)!
    tell('put', kv.modRevision, key, kv.value)
  } else if (random.below(3) === 0) {
    tell('delete', store.compareAndDelete(key, held.modRevision)!, key)
  } else {
    const kv = store.compareAndSwap(key, held.modRevision, `value-${seed}-${i}`)!
    tell('put', kv.modRevision, key, kv.value)
  }
}
// Killed at the latest here.
setInterval(() => undefined, 1_000)
