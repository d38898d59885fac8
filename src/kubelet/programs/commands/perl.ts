/** As much of Perl as jobs in tutorials ask for: `print bpi(2000)` and `print "text"`. Other scripts do nothing. */
import { command, options } from './command.ts'

/** Digits that a core computes in a second, about: bpi is slow, which is why it is a job. */
const DIGITS_PER_SECOND = 500

export const perl = command('perl', async (context, args) => {
  const { flags, values } = options(args, 'wlne:M:')
  const script = values.get('e') ?? ''
  const end = flags.has('l') ? '\n' : ''
  const digits = /print\s+bpi\((\d{1,5})\)/.exec(script)
  const text = /print\s+"((?:[^"\\]|\\.)*)"/.exec(script)
  if (digits !== null) {
    const count = Number(digits[1])
    context.setCpu(1000)
    await context.clock.sleep((count / DIGITS_PER_SECOND) * 1000)
    context.stdout.write(`${pi(count)}${end}`)
  } else if (text !== null) context.stdout.write(`${text[1]!.replaceAll('\\n', '\n')}${end}`)
  return 0
})

/** So many significant digits, by Machin's formula: pi/4 = 4 arctan(1/5) - arctan(1/239). */
export function pi(digits: number): string {
  const one = 10n ** BigInt(digits + 10)
  const scaled = (4n * (4n * arctan(5n, one) - arctan(239n, one))) / 10n ** 10n
  // One digit more than asked for: the last is rounded.
  const text = String((scaled + 5n) / 10n)
  return digits > 1 ? `${text[0]}.${text.slice(1)}` : text
}

function arctan(inverse: bigint, one: bigint): bigint {
  let power = one / inverse
  let sum = power
  const square = inverse * inverse
  for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
    power /= square
    sum += (sign * power) / n
  }
  return sum
}
