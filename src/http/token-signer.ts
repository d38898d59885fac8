/** Real signatures for tokens that leave the process: ES256 with a key made at the start. */
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import type { TokenSigner } from '../apiserver/tokens.ts'

/** Checking a signature costs more than a whole request: those of so many tokens are remembered. */
const REMEMBERED = 1024

export function tokenSigner(): TokenSigner {
  const valid = new Set<string>()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    algorithm: 'ES256',
    sign: (text) =>
      sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    verify(text, signature) {
      const token = `${text}.${signature}`
      if (valid.has(token)) return true
      const bytes = Buffer.from(signature, 'base64url')
      if (!verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes))
        return false
      if (valid.size >= REMEMBERED) valid.clear()
      valid.add(token)
      return true
    },
  }
}
