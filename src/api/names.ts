/**
 * Which texts are names, keys and values. Each check returns what is wrong in upstream's words, nothing when
 * all is well. Upstream: apimachinery/pkg/util/validation and pkg/api/validation/path.
 */
import type { NameRule } from './kind.ts'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${QUALIFIED})?`

// The anchored class-only forms below are linear in the text; the lengths are checked first all the same.
const IS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const IS_LABEL_1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/
const IS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
const IS_QUALIFIED = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const NONE: readonly string[] = []

export const MAX_LABEL = 63
export const MAX_SUBDOMAIN = 253

/** Keys most often met: valid ones cost one look-up. */
const validKeys = new Set<string>()
const VALID_MAX = 8192

export function checkDns1123Label(text: string): readonly string[] {
  if (text.length <= MAX_LABEL && IS_LABEL.test(text)) return NONE
  const problems = tooLong(text, MAX_LABEL)
  if (problems.length === 0 || !IS_LABEL.test(text)) {
    if (IS_SUBDOMAIN.test(text)) problems.push('must not contain dots')
    else {
      problems.push(
        withRegex(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          LABEL,
          'my-name',
          '123-abc',
        ),
      )
    }
  }
  return problems
}

export function checkDns1123Subdomain(text: string): readonly string[] {
  if (text.length <= MAX_SUBDOMAIN && IS_SUBDOMAIN.test(text)) return NONE
  const problems = tooLong(text, MAX_SUBDOMAIN)
  if (!IS_SUBDOMAIN.test(text)) {
    problems.push(
      withRegex(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        SUBDOMAIN,
        'example.com',
      ),
    )
  }
  return problems
}

const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SEARCH_DOMAIN = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`
const IS_SEARCH_DOMAIN = new RegExp(`^${SEARCH_DOMAIN}$`)

/** Domains that resolvers append to short names: underscores are common there. */
export function checkSearchDomain(text: string): readonly string[] {
  const problems = tooLong(text, MAX_SUBDOMAIN)
  if (!IS_SEARCH_DOMAIN.test(text)) {
    problems.push(
      withRegex(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        SEARCH_DOMAIN,
        'example.com',
      ),
    )
  }
  return problems
}

export function checkDns1035Label(text: string): readonly string[] {
  const problems = tooLong(text, MAX_LABEL)
  if (!IS_LABEL_1035.test(text)) {
    problems.push(
      withRegex(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        LABEL_1035,
        'my-name',
        'abc-123',
      ),
    )
  }
  return problems
}

/** Label and annotation keys, finalizers, resource names: `[prefix/]name`. */
export function checkQualifiedName(text: string): readonly string[] {
  if (validKeys.has(text)) return NONE
  const parts = text.split('/')
  if (parts.length > 2) {
    return [
      `a qualified name ${withRegex("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const problems: string[] = []
  const name = parts.at(-1) as string
  if (parts.length === 2) {
    const prefix = parts[0] as string
    if (prefix === '') problems.push('prefix part must be non-empty')
    else problems.push(...checkDns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`))
  }
  if (name === '') problems.push('name part must be non-empty')
  else if (name.length > MAX_LABEL) problems.push(`name part must be no more than ${MAX_LABEL} characters`)
  if (!IS_QUALIFIED.test(name)) {
    problems.push(
      `name part ${withRegex("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')}`,
    )
  }
  if (problems.length === 0) remember(validKeys, text)
  return problems
}

export function checkLabelValue(text: string): readonly string[] {
  if (text === '' || (text.length <= MAX_LABEL && IS_QUALIFIED.test(text))) return NONE
  const problems = tooLong(text, MAX_LABEL)
  if (!IS_QUALIFIED.test(text)) {
    problems.push(
      withRegex(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    )
  }
  return problems
}

/** Names of container and service ports. */
export function checkPortName(text: string): readonly string[] {
  const problems: string[] = []
  if (text.length > 15) problems.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)')
  if (text.includes('--')) problems.push('must not contain consecutive hyphens')
  if (text.startsWith('-') || text.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

export function checkPortNumber(port: number): readonly string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
    ? NONE
    : ['must be between 1 and 65535, inclusive']
}

/** Keys of ConfigMaps and Secrets, which become file names. */
export function checkConfigMapKey(text: string): readonly string[] {
  const problems = tooLong(text, MAX_SUBDOMAIN)
  if (!/^[-._a-zA-Z0-9]+$/.test(text)) {
    problems.push(
      withRegex(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  }
  if (text === '.') problems.push("must not be '.'")
  if (text === '..') problems.push("must not be '..'")
  else if (text.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

/** Names of environment variables: since 1.32 any printable ASCII but `=`. */
export function checkEnvVarName(text: string): readonly string[] {
  if (text === '') return ['environment variable name must not be empty']
  return /^[ -<>-~]+$/.test(text)
    ? NONE
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** Names that only have to be one segment of a URL. */
export function checkPathSegment(text: string): readonly string[] {
  if (text === '.') return [`may not be '.'`]
  if (text === '..') return [`may not be '..'`]
  return ['/', '%'].filter((it) => text.includes(it)).map((it) => `may not contain '${it}'`)
}

/** `prefix`: the text is a generateName, so its last character may be a dash. */
export function checkName(rule: NameRule, text: string, prefix = false): readonly string[] {
  const name = prefix && text.endsWith('-') ? `${text.slice(0, -1)}a` : text
  switch (rule) {
    case 'dns1123Label':
      return checkDns1123Label(name)
    case 'dns1035Label':
      return checkDns1035Label(name)
    case 'path':
      return checkPathSegment(text)
    case 'dns1123Subdomain':
      return checkDns1123Subdomain(name)
  }
}

function tooLong(text: string, max: number): string[] {
  return text.length > max ? [`must be no more than ${max} characters`] : []
}

function withRegex(message: string, regex: string, ...examples: string[]): string {
  const quoted = examples.map((it) => `'${it}'`).join(',  or ')
  return `${message} (e.g. ${quoted}, regex used for validation is '${regex}')`
}

function remember(set: Set<string>, text: string): void {
  if (set.size >= VALID_MAX) set.clear()
  set.add(text)
}
