/** What a secret of each well-known type must hold. Upstream: pkg/apis/core/validation ValidateSecret. */
import type { FieldErrors } from '../field-errors.ts'
import { base64Length, MAX_DATA_BYTES, validateKey } from './data-validation.ts'
import type { Secret } from './secret.ts'

const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

export function validateSecret(secret: Secret, errors: FieldErrors): void {
  const { data = {}, type = '' } = secret
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.at('data', () => validateKey(key, errors))
    size += base64Length(value)
  }
  if (size > MAX_DATA_BYTES) errors.tooLong('data', MAX_DATA_BYTES)
  for (const key of Object.hasOwn(REQUIRED_KEYS, type) ? (REQUIRED_KEYS[type] as readonly string[]) : []) {
    if (!Object.hasOwn(data, key)) errors.at('data', () => errors.required({ key }))
    else if (key.startsWith('.docker') && !isJson(data[key] as string)) {
      errors.at('data', () => errors.invalid({ key }, '<secret contents redacted>', 'invalid character'))
    }
  }
  if (
    type === 'kubernetes.io/basic-auth' &&
    !Object.hasOwn(data, 'username') &&
    !Object.hasOwn(data, 'password')
  ) {
    errors.at('data', () => {
      errors.required({ key: 'username' })
      errors.required({ key: 'password' })
    })
  }
  if (type === 'kubernetes.io/service-account-token') {
    const name = secret.metadata?.annotations?.['kubernetes.io/service-account.name']
    if (!name) {
      errors.at('metadata', () =>
        errors.at('annotations', () => errors.required({ key: 'kubernetes.io/service-account.name' })),
      )
    }
  }
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(atob(base64))
    return true
  } catch {
    return false
  }
}
