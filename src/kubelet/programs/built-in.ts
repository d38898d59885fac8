/** The images and programs that every cluster knows. */
import type { ImageSpec } from '../cri/image-catalog.ts'
import { FILE_COMMANDS } from './commands/files.ts'
import { GREP_COMMANDS } from './commands/grep.ts'
import { NETWORK_COMMANDS } from './commands/network.ts'
import { sed } from './commands/sed.ts'
import { SYSTEM_COMMANDS } from './commands/system.ts'
import { tar } from './commands/tar.ts'
import { TEST_COMMANDS } from './commands/test.ts'
import { TEXT_COMMANDS } from './commands/text.ts'
import type { Program, ProgramTable } from './program.ts'
import { keyValueClient, keyValueServer, pause } from './servers/daemons.ts'
import { agnhost, httpEcho, nginx, phpFpm, WELCOME } from './servers/http-servers.ts'
import { kubectl } from './servers/kubectl.ts'
import { sh } from './shell/sh.ts'

const PROGRAMS: readonly Program[] = [
  sh,
  { ...sh, name: 'ash' },
  { ...sh, name: 'bash' },
  { ...sh, name: 'dash' },
  ...FILE_COMMANDS,
  ...TEXT_COMMANDS,
  ...TEST_COMMANDS,
  ...GREP_COMMANDS,
  sed,
  ...SYSTEM_COMMANDS,
  ...NETWORK_COMMANDS,
  tar,
  nginx,
  phpFpm,
  httpEcho,
  agnhost,
  pause,
  keyValueServer,
  keyValueClient,
  kubectl,
]

/** By the name under which a shell finds them. */
export const BUILT_IN_PROGRAMS: ProgramTable = new Map(PROGRAMS.map((it) => [it.name, it]))

const MIB = 1024 * 1024
/** A bare system: a shell and its commands, nothing else. */
const shellImage = (image: string, sizeBytes: number, shell = 'sh'): ImageSpec => ({
  image,
  sizeBytes,
  cmd: [shell],
  strictCommands: true,
})

export const BUILT_IN_IMAGES: readonly ImageSpec[] = [
  shellImage('busybox', 2 * MIB),
  shellImage('alpine', 4 * MIB),
  shellImage('debian', 48 * MIB, 'bash'),
  shellImage('ubuntu', 29 * MIB, 'bash'),
  { image: 'curlimages/curl', sizeBytes: 8 * MIB, entrypoint: ['curl'], strictCommands: true },
  { image: 'bitnami/kubectl', sizeBytes: 60 * MIB, entrypoint: ['kubectl'], strictCommands: true },
  { image: 'rancher/kubectl', sizeBytes: 50 * MIB, entrypoint: ['kubectl'], strictCommands: true },
  {
    image: 'nginx',
    sizeBytes: 70 * MIB,
    program: 'nginx',
    plain: {
      serves: [{ port: 80, path: '/', body: WELCOME, contentType: 'text/html' }],
      cpu: { millis: 1, perRequest: 0.5 },
      accessLog: true,
    },
    cmd: ['nginx', '-g', 'daemon off;'],
    stopSignal: 'SIGQUIT',
    env: { NGINX_VERSION: '1.27.5' },
  },
  {
    image: 'php',
    sizeBytes: 170 * MIB,
    program: 'php-fpm',
    plain: { serves: [{ port: 9000, body: 'PHP 8.2 on {hostname}\n' }], cpu: { millis: 1, perRequest: 5 } },
    cmd: ['php-fpm'],
    stopSignal: 'SIGQUIT',
    workingDir: '/var/www/html',
    env: { PHP_VERSION: '8.2.28' },
  },
  { image: 'hashicorp/http-echo', sizeBytes: 5 * MIB, program: 'http-echo', entrypoint: ['http-echo'] },
  {
    image: 'registry.k8s.io/e2e-test-images/agnhost',
    sizeBytes: 54 * MIB,
    program: 'agnhost',
    entrypoint: ['agnhost'],
    cmd: ['pause'],
  },
  {
    image: 'registry.k8s.io/pause',
    sizeBytes: 0.3 * MIB,
    program: 'pause',
    plain: { serves: [] },
    entrypoint: ['pause'],
  },
  {
    image: 'redis',
    sizeBytes: 45 * MIB,
    program: 'redis-server',
    cmd: ['redis-server'],
    workingDir: '/data',
  },
]
