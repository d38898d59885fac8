/** `npm run test:scheduler:oracle [-- pods seed]`: 10^5 random pods against the plain algorithm. */
import { compareWithOracle } from './oracle-run.ts'

const [pods = '100000', seed = '1000'] = process.argv.slice(2)
const PER_SEED = 1000
let placed = 0
for (let done = 0; done < Number(pods); done += PER_SEED) {
  placed += compareWithOracle(Number(seed) + done / PER_SEED, PER_SEED).placed
  if ((done / PER_SEED) % 10 === 9)
    process.stdout.write(`${done + PER_SEED} pods agree, ${placed} of them placed\n`)
}
