/** The images and programs that every cluster knows. */
import type { ImageSpec } from '../cri/image-catalog.ts'
import { FILE_COMMANDS } from './commands/files.ts'
import { GREP_COMMANDS } from './commands/grep.ts'
import { NETWORK_COMMANDS, nslookupOfBind, nslookupOfOldBusybox } from './commands/network.ts'
import { perl } from './commands/perl.ts'
import { sed } from './commands/sed.ts'
import { SYSTEM_COMMANDS } from './commands/system.ts'
import { tar } from './commands/tar.ts'
import { TEST_COMMANDS } from './commands/test.ts'
import { TEXT_COMMANDS } from './commands/text.ts'
import type { Program, ProgramTable } from './program.ts'
import { coreDns, keyValueClient, keyValueServer, pause } from './servers/daemons.ts'
import { DATABASES, mysqlClient } from './servers/databases.ts'
import {
  agnhost,
  echoServer,
  errorPage,
  httpd,
  httpEcho,
  IT_WORKS,
  nginx,
  phpFpm,
  WELCOME,
} from './servers/http-servers.ts'
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
  perl,
  nginx,
  httpd,
  phpFpm,
  httpEcho,
  echoServer,
  agnhost,
  pause,
  coreDns,
  keyValueServer,
  keyValueClient,
  ...DATABASES,
  mysqlClient,
  kubectl,
]

/** By the name under which a shell finds them. */
export const BUILT_IN_PROGRAMS: ProgramTable = new Map(PROGRAMS.map((it) => [it.name, it]))

const MIB = 1024 * 1024
/** A bare system: a shell and its commands, nothing else. */
const shellImage = (
  image: string,
  sizeBytes: number,
  shell = 'sh',
  more: Partial<ImageSpec> = {},
): ImageSpec => ({
  image,
  sizeBytes,
  cmd: [shell],
  strictCommands: true,
  ...more,
})

const NO_BASH: Partial<ImageSpec> = { commands: { bash: undefined, dash: undefined } }
const OLD_BUSYBOX: Partial<ImageSpec> = { commands: { ...NO_BASH.commands, nslookup: nslookupOfOldBusybox } }

const BUSYBOXES = [
  'busybox',
  'registry.k8s.io/busybox',
  'registry.k8s.io/e2e-test-images/busybox',
  'k8s.gcr.io/busybox',
  'gcr.io/google-containers/busybox',
  'gcr.io/google_containers/busybox',
  'radial/busyboxplus',
]
const SYSTEMS = [
  'bash',
  'debian',
  'ubuntu',
  'centos',
  'fedora',
  'rockylinux',
  'almalinux',
  'amazonlinux',
  'nicolaka/netshoot',
]

const NGINX: Omit<ImageSpec, 'image'> = {
  sizeBytes: 70 * MIB,
  program: 'nginx',
  plain: {
    serves: [
      { port: 80, path: '/', body: WELCOME, contentType: 'text/html', missing: errorPage('404 Not Found') },
    ],
    cpu: { millis: 1, perRequest: 0.5 },
    accessLog: true,
  },
  cmd: ['nginx', '-g', 'daemon off;'],
  strictCommands: true,
  stopSignal: 'SIGQUIT',
  env: { NGINX_VERSION: '1.27.5' },
}

const AGNHOST: Omit<ImageSpec, 'image'> = {
  sizeBytes: 54 * MIB,
  program: 'agnhost',
  entrypoint: ['/agnhost'],
  cmd: ['pause'],
  strictCommands: true,
}

/** A program that is known for one answer. */
const answering = (image: string, port: number, body: string, more: Partial<ImageSpec> = {}): ImageSpec => ({
  image,
  sizeBytes: 60 * MIB,
  program: { serves: [{ port, body }], cpu: { millis: 1, perRequest: 0.5 } },
  ...more,
})

/** What names a version: `1.27`, `1.27.5-alpine`; other tags of a known image are slips of the pen. */
const NGINX_TAGS =
  /^(?:\d(?:\.[0-3]?\d){0,2}|latest|stable|mainline|alpine|perl|otel|bookworm|trixie)(?:-[\w.-]+)?$/

export const BUILT_IN_IMAGES: readonly ImageSpec[] = [
  ...['1.24', '1.25', '1.26', '1.27', '1.28', '1.28.4'].map((tag) =>
    shellImage(`busybox:${tag}`, MIB, 'sh', OLD_BUSYBOX),
  ),
  ...BUSYBOXES.map((image) => shellImage(image, 2 * MIB, 'sh', NO_BASH)),
  shellImage('alpine', 4 * MIB, 'sh', NO_BASH),
  ...SYSTEMS.map((image) => shellImage(image, 48 * MIB, 'bash')),
  shellImage('registry.k8s.io/e2e-test-images/jessie-dnsutils', 90 * MIB, 'bash', {
    commands: { nslookup: nslookupOfBind },
  }),
  shellImage('perl', 340 * MIB, 'perl'),
  {
    image: 'curlimages/curl',
    sizeBytes: 8 * MIB,
    entrypoint: ['curl'],
    strictCommands: true,
    user: 'curl_user',
  },
  {
    image: 'bitnami/kubectl',
    sizeBytes: 60 * MIB,
    entrypoint: ['kubectl'],
    strictCommands: true,
    user: '1001',
  },
  {
    image: 'rancher/kubectl',
    sizeBytes: 50 * MIB,
    entrypoint: ['kubectl'],
    strictCommands: true,
    user: '1000',
  },
  { image: 'nginx', ...NGINX, tags: NGINX_TAGS },
  { image: 'registry.k8s.io/nginx-slim', ...NGINX },
  { image: 'registry.k8s.io/nginx', ...NGINX },
  { image: 'k8s.gcr.io/nginx-slim', ...NGINX },
  { image: 'gcr.io/google_containers/nginx-slim', ...NGINX },
  {
    image: 'httpd',
    sizeBytes: 60 * MIB,
    program: 'httpd-foreground',
    plain: {
      serves: [{ port: 80, path: '/', body: IT_WORKS, contentType: 'text/html' }],
      cpu: { millis: 1, perRequest: 0.5 },
      accessLog: true,
    },
    cmd: ['httpd-foreground'],
    strictCommands: true,
    stopSignal: 'SIGWINCH',
    workingDir: '/usr/local/apache2',
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
  {
    image: 'hashicorp/http-echo',
    sizeBytes: 5 * MIB,
    program: 'http-echo',
    entrypoint: ['/http-echo'],
    bare: true,
    user: '65532',
  },
  { image: 'registry.k8s.io/e2e-test-images/agnhost', ...AGNHOST },
  { image: 'k8s.gcr.io/e2e-test-images/agnhost', ...AGNHOST },
  { image: 'registry.k8s.io/liveness', ...AGNHOST, cmd: ['liveness'] },
  { image: 'registry.k8s.io/echoserver', sizeBytes: 45 * MIB, program: 'echoserver' },
  { image: 'k8s.gcr.io/echoserver', sizeBytes: 45 * MIB, program: 'echoserver' },
  {
    image: 'registry.k8s.io/hpa-example',
    sizeBytes: 170 * MIB,
    // A million square roots for each request.
    program: { serves: [{ port: 80, body: 'OK!' }], cpu: { millis: 1, perRequest: 6 } },
  },
  answering('gcr.io/google-samples/hello-app', 8080, 'Hello, world!\nVersion: 1.0.0\nHostname: {hostname}\n'),
  answering(
    'us-docker.pkg.dev/google-samples/containers/gke/hello-app',
    8080,
    'Hello, world!\nVersion: 1.0.0\nHostname: {hostname}\n',
  ),
  answering('gcr.io/google-samples/node-hello', 8080, 'Hello Kubernetes!'),
  ...['gcr.io/google-samples/kubernetes-bootcamp', 'jocatalin/kubernetes-bootcamp'].flatMap((image) =>
    [1, 2].map((version) =>
      answering(
        `${image}:v${version}`,
        8080,
        `Hello Kubernetes bootcamp! | Running on: {hostname} | v=${version}\n`,
      ),
    ),
  ),
  { image: 'gcr.io/google-samples/kubernetes-bootcamp', exists: false },
  { image: 'jocatalin/kubernetes-bootcamp', exists: false },
  answering('luksa/kubia', 8080, "You've hit {hostname}\n"),
  {
    image: 'registry.k8s.io/pause',
    sizeBytes: 0.3 * MIB,
    program: 'pause',
    plain: { serves: [] },
    entrypoint: ['/pause'],
    bare: true,
    user: '65535',
  },
  {
    image: 'registry.k8s.io/coredns/coredns',
    sizeBytes: 20 * MIB,
    program: 'coredns',
    entrypoint: ['/coredns'],
    bare: true,
  },
  {
    image: 'redis',
    sizeBytes: 45 * MIB,
    program: 'redis-server',
    cmd: ['redis-server'],
    strictCommands: true,
    workingDir: '/data',
  },
  { image: 'polinux/stress', sizeBytes: 5 * MIB, cmd: ['stress'], strictCommands: true },
  {
    image: 'vish/stress',
    sizeBytes: 2 * MIB,
    program: 'stress',
    entrypoint: ['/stress'],
    strictCommands: true,
  },
  { image: 'mysql', sizeBytes: 240 * MIB, program: 'mysqld', cmd: ['mysqld'] },
  { image: 'mariadb', sizeBytes: 120 * MIB, program: 'mariadbd', cmd: ['mariadbd'] },
  { image: 'postgres', sizeBytes: 150 * MIB, program: 'postgres', cmd: ['postgres'] },
]
