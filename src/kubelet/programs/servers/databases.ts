/**
 * Databases of which nobody asks anything here: they insist on a password as their entry points do, accept connections,
 * and their own health checks pass.
 */
import { decodeText, encodeText } from '../../file-tree.ts'
import type { Program } from '../program.ts'

interface Database {
  readonly name: string
  readonly port: number
  /** One of these must be set in the environment. */
  readonly passwords: readonly string[]
  readonly refusal: string
  readonly ready: string
}

/** All that one of them says to who connects. */
const GREETING = 'kubarium'

function database({ name, port, passwords, refusal, ready }: Database): Program {
  return {
    name,
    start(context) {
      if (!passwords.some((it) => (context.env.get(it) ?? '') !== '')) {
        context.stderr.write(refusal)
        return Promise.resolve(1)
      }
      context.setMemory(64 * 1024 * 1024)
      context.onSignal('SIGTERM', () => context.exit(0))
      context.onSignal('SIGINT', () => context.exit(0))
      context.stderr.write(`${ready}\n`)
      context.net.listen({
        port,
        steady: true,
        connect: (_peer, sink) => {
          sink.data(encodeText(GREETING))
          return { write: () => {}, end: () => sink.end() }
        },
      })
      return undefined
    },
  }
}

/** `mysql -h host -e STATEMENT`: whether a server is there, and what `SELECT` makes of numbers. It knows no tables. */
export const mysqlClient: Program = {
  name: 'mysql',
  async start(context) {
    context.unsteady()
    let host = '127.0.0.1'
    let script: string | undefined
    const args = context.argv.slice(1)
    for (let i = 0; i < args.length; i++) {
      const [, short, value] = /^-([he])(.*)$/.exec(args[i]!) ?? []
      if (short === undefined) continue
      const text = value === '' ? (args[++i] ?? '') : value!
      if (short === 'h') host = text
      else script = text
    }
    const answered = context.loop.suspend<string | undefined>()
    const connection = context.net.connect(
      { host, port: 3306 },
      {
        data: (chunk) => answered.resume(decodeText(chunk) === GREETING ? undefined : 'protocol mismatch'),
        end: (error) => answered.resume(error ?? 'closed'),
      },
    )
    const problem = await answered.promise
    connection.end()
    if (problem !== undefined) {
      context.stderr.write(`ERROR 2003 (HY000): Can't connect to MySQL server on '${host}:3306' (111)\n`)
      return 1
    }
    const statements = (script ?? (await context.stdin.readText())).split(';')
    for (const statement of statements.map((it) => it.trim()).filter((it) => it !== '')) {
      const number = /^select\s+(\d+)$/i.exec(statement)?.[1]
      if (number === undefined) {
        const near = statement.split(/\s+/).slice(0, 2).join(' ').toUpperCase()
        context.stderr.write(`ERROR 1235 (42000): This version of MySQL doesn't yet support '${near}'\n`)
        return 1
      }
      context.stdout.write(`${number}\n${number}\n`)
    }
    return 0
  },
}

const MYSQL_REFUSAL = `[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified
    You need to specify one of the following as an environment variable:
    - MYSQL_ROOT_PASSWORD
    - MYSQL_ALLOW_EMPTY_PASSWORD
    - MYSQL_RANDOM_ROOT_PASSWORD
`

export const DATABASES: readonly Program[] = [
  database({
    name: 'mysqld',
    port: 3306,
    passwords: ['MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'],
    refusal: MYSQL_REFUSAL,
    ready: '[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. port: 3306',
  }),
  database({
    name: 'mariadbd',
    port: 3306,
    passwords: [
      ...['MARIADB_ROOT_PASSWORD', 'MARIADB_ROOT_PASSWORD_HASH', 'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD'],
      ...['MARIADB_RANDOM_ROOT_PASSWORD', 'MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD'],
    ],
    refusal:
      '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD\n',
    ready: '[Note] mariadbd: ready for connections.',
  }),
  database({
    name: 'postgres',
    port: 5432,
    passwords: ['POSTGRES_PASSWORD', 'POSTGRES_PASSWORD_FILE', 'POSTGRES_HOST_AUTH_METHOD'],
    refusal: `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
`,
    ready: 'LOG:  database system is ready to accept connections',
  }),
]
