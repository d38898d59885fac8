import { beforeAll, describe, expect, test } from 'vitest'
import { World } from './harness.ts'

describe('sh in a container', () => {
  let world: World
  beforeAll(async () => {
    world = await new World().start()
    await world.run('box', {
      containers: [{ name: 'box', image: 'busybox', command: ['sleep', 'infinity'] }],
    })
    await world.settle()
  })

  test.each([
    ['echo hello', 'hello\n'],
    ['echo "a  b"   c', 'a  b c\n'],
    ["echo 'it''s' \"$HOSTNAME\" $HOSTNAME", 'its box box\n'],
    ['echo one; echo two && false || echo three', 'one\ntwo\nthree\n'],
    ['X=5; echo $((X * 2 + 1)) ${X:-no} ${Y:-yes} ${#X}', '11 5 yes 1\n'],
    ['for i in 1 2 3; do echo -n $i; done; echo', '123\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i', '3\n'],
    ['i=0; until [ $i -ge 2 ]; do i=$((i+1)); [ $i = 1 ] && continue; break; done; echo $i', '2\n'],
    ['if test -d /etc; then echo yes; else echo no; fi', 'yes\n'],
    ['case web-1 in web-*) echo web;; *) echo other;; esac', 'web\n'],
    ['f() { echo "f:$1:$#"; return 3; }; f a b; echo $?', 'f:a:2\n3\n'],
    ['echo a > /tmp/x; echo b >> /tmp/x; cat /tmp/x; wc -l < /tmp/x', 'a\nb\n2\n'],
    ['ls /nope 2>/dev/null; echo $?', '1\n'],
    ['ls /nope 2>&1', 'ls: /nope: No such file or directory\n'],
    ['printf "%s-%d\\n" a 1 b 2', 'a-1\nb-2\n'],
    ['echo "b\na\nb" | sort | uniq -c | tr -s " " | cut -d" " -f2-', '1 a\n2 b\n'],
    ['printf "a b\nc d\n" | while read x y; do echo "$y$x"; done', 'ba\ndc\n'],
    ['seq 1 5 | grep -v 3 | head -n 3 | tail -1', '4\n'],
    ['echo $(echo a; echo b) `echo c`', 'a b c\n'],
    ['(cd /tmp; pwd); pwd', '/tmp\n/\n'],
    ['cat <<EOF\nhost $HOSTNAME\nEOF', 'host box\n'],
    ["cat <<'EOF'\nhost $HOSTNAME\nEOF", 'host $HOSTNAME\n'],
    ['touch /tmp/g1 /tmp/g2; cd /tmp; echo g*; echo /tmp/g?', 'g1 g2\n/tmp/g1 /tmp/g2\n'],
    ['F=archive.tar.gz; echo ${F%.gz} ${F%%.*} ${F#*.} ${F##*.}', 'archive.tar archive tar.gz gz\n'],
    ['echo hello | sed "s/l/L/g;s/^h/J/"', 'JeLLo\n'],
    ['sleep 5 & wait; echo done', 'done\n'],
    ['set -e; false; echo never', ''],
    ['date +%Y', '2025\n'],
    ['env | grep ^PATH=', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n'],
    ['A=1 env | grep ^A=; export B=2; printenv B', 'A=1\n2\n'],
    [
      'ln -s /etc/hostname /tmp/l; ls -l /tmp/l | cut -c1; cat /tmp/l; ls -lL /tmp/l | cut -c1',
      'l\nbox\n-\n',
    ],
    ['echo "x" | tee /tmp/t | cat - /tmp/t', 'x\nx\n'],
    ['eval "echo $((1+1))"; command -v ls', '2\n/bin/ls\n'],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['echo a{b', 'a{b\n'],
    [
      'a=(x "y z"\n w); i=1; echo ${a[i]} ${a[$i]} ${#a[@]} ${#a[1]} $a; for e in "${a[@]}"; do echo -n "<$e>"; done',
      'y z y z 3 3 x\n<x><y z><w>',
    ],
    [
      '[[ web-12 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}; [[ web =~ -([0-9]+)$ ]] || echo none',
      '12\nnone\n',
    ],
    [
      'echo hi > /tmp/r; [[ -f /tmp/r && "x$(</tmp/r)" != "x" ]] && echo both; [[ a == b || ( c == c ) ]] && echo one',
      'both\none\n',
    ],
    ['nosuch', 'sh: nosuch: not found\n'],
  ])('%s', async (script, wanted) => {
    expect(await world.sh('box', script)).toBe(wanted)
  })

  test.each([
    ['exit 3', 3],
    ['true', 0],
    ['false', 1],
    ['nosuch', 127],
    ['test -f /etc/passwd', 1],
    ['sh -c "exit 4"', 4],
    ['false | true', 0],
    ['! true', 1],
    ['kill -9 $$', 137],
    ['if', 2],
  ])('%s exits with its code', async (script, code) => {
    expect((await world.exec('box', ['sh', '-c', script])).exitCode).toBe(code)
  })

  test('a command that is not in the image cannot be executed', async () => {
    const result = await world.exec('box', ['python3'])
    expect(result.exitCode).not.toBe(0)
    expect(result.stderr).toContain('exec: "python3": executable file not found in $PATH')
  })

  test('stdin reaches the process', async () => {
    expect((await world.exec('box', ['cat'], { stdin: 'over here' })).stdout).toBe('over here')
    expect((await world.exec('box', ['sh'], { stdin: 'echo one\nexit 7\n' })).exitCode).toBe(7)
  })

  test('tar carries files both ways, as kubectl cp does', async () => {
    await world.sh('box', 'mkdir -p /tmp/d/e; echo one > /tmp/d/a; echo two > /tmp/d/e/b')
    const archive = await world.exec('box', ['tar', 'cf', '-', '/tmp/d'])
    expect(archive.bytes.length % 512).toBe(0)
    const back = await world.exec('box', ['tar', '-xmf', '-', '-C', '/root'], { stdin: archive.bytes })
    expect(back.exitCode).toBe(0)
    expect(await world.sh('box', 'cat /root/tmp/d/a /root/tmp/d/e/b')).toBe('one\ntwo\n')
  })

  test('an archive cannot write outside the target', async () => {
    await world.sh('box', 'mkdir -p /safe/in; echo x > /safe/f')
    const archive = await world.exec('box', ['tar', 'cf', '-', '-C', '/safe/in', '../f'])
    await world.exec('box', ['tar', 'xf', '-', '-C', '/safe/in'], { stdin: archive.bytes })
    expect(await world.sh('box', 'ls /safe/in')).toBe('f\n')
  })
})

describe('a shell as main process', () => {
  test('its output is the log, its end the end of the container', async () => {
    const world = await new World().start()
    await world.run('job', {
      restartPolicy: 'Never',
      containers: [
        { name: 'c', image: 'busybox', command: ['sh', '-c', 'echo start; sleep 5; echo end >&2; exit 3'] },
      ],
    })
    await world.settle()
    expect(await world.logs('job')).toBe('start\nend\n')
    expect(await world.logs('job', { tailLines: 1 })).toBe('end\n')
    expect(await world.status('job')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }],
    })
  })

  test('pid 1 ignores SIGTERM without a trap, and obeys one', async () => {
    const world = await new World().start()
    const spec = (script: string) => ({
      terminationGracePeriodSeconds: 10,
      containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }],
    })
    await world.run('deaf', spec('while true; do sleep 1; done'))
    await world.run('polite', spec('trap "echo bye; exit 0" TERM; while true; do sleep 1; done'))
    await world.advance(5)
    await world.delete('deaf')
    await world.delete('polite')
    await world.advance(3)
    expect(await world.find('polite')).toBeUndefined()
    expect(await world.find('deaf')).toBeDefined()
    await world.advance(10)
    expect(await world.find('deaf')).toBeUndefined()
  })

  test('the log of the instance before is kept', async () => {
    const world = await new World().start()
    await world.run('crash', {
      containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'echo oops; exit 1'] }],
    })
    await world.settle()
    expect(await world.logs('crash', { previous: true })).toBe('oops\n')
  })

  test('a command that does not exist: RunContainerError and StartError', async () => {
    const world = await new World().start()
    await world.run('bad', { containers: [{ name: 'c', image: 'busybox', command: ['nosuch'] }] })
    await world.advance(3)
    const [status] = (await world.status('bad')).containerStatuses!
    expect(status).toMatchObject({
      state: {
        waiting: {
          reason: 'RunContainerError',
          message: expect.stringContaining('exec: "nosuch": executable file not found in $PATH'),
        },
      },
      lastState: { terminated: { exitCode: 128, reason: 'StartError' } },
    })
  })

  test('the termination message file ends up in the status', async () => {
    const world = await new World().start()
    await world.run('msg', {
      restartPolicy: 'Never',
      containers: [
        { name: 'c', image: 'busybox', command: ['sh', '-c', 'echo -n why > /dev/termination-log'] },
      ],
    })
    await world.settle()
    expect((await world.status('msg')).containerStatuses?.[0]?.state?.terminated?.message).toBe('why')
  })
})
