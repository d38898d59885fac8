/** Bodies that almost make sense: valid requests with bytes changed, cut, doubled and swapped. Same seed, same bodies. */
import { type Random, randomStream } from '../../src/kernel/random.ts'

const SEEDS: readonly (readonly [type: string, body: string])[] = [
  [
    'application/json',
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"1","memory":"1Gi"}}}],"volumes":[{"name":"v","emptyDir":{}}]}}',
  ],
  [
    'application/json',
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","annotations":{"__proto__":"x"}},"data":{"constructor":"1"}}',
  ],
  [
    'application/yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  type: NodePort\n  ports:\n  - port: 80\n    targetPort: http\n  selector: &s {a: b}\n',
  ],
  [
    'application/vnd.kubernetes.protobuf',
    'k8s\0\n\r\n\u0002v1\u0012\u0007Service\u0012\u000f\n\u0007\n\u0001s\u0012\0\u001a\0\u0012\u0004\n\u0002\u0018\u0050',
  ],
  [
    'application/merge-patch+json',
    '{"metadata":{"labels":{"a":null,"__proto__":"x"}},"spec":{"a":[1,{"b":9007199254740993}]}}',
  ],
  [
    'application/strategic-merge-patch+json',
    '{"spec":{"$setElementOrder/containers":[{"name":"c"}],"containers":[{"name":"c","image":"j","$patch":"replace"},{"name":"d","$patch":"delete"}],"$retainKeys":["containers"]},"data":{"a":null}}',
  ],
  [
    'application/json-patch+json',
    '[{"op":"test","path":"/metadata/name","value":"target"},{"op":"add","path":"/metadata/labels","value":{"a":"b"}},{"op":"copy","from":"/metadata/labels","path":"/metadata/annotations"},{"op":"move","from":"/metadata/labels/a","path":"/metadata/labels/c"},{"op":"remove","path":"/metadata/annotations/a"}]',
  ],
  [
    'application/apply-patch+yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: target, labels: {constructor: x}}\ndata: {a: b, c: "1"}\n',
  ],
]

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '"__proto__"',
  '\0',
  '\ufffd',
  '&a ',
  '*a',
  '<<: ',
  '- ',
  '%',
  '\u0080',
]

export interface FuzzedBody {
  readonly type: string
  readonly body: Buffer
}

export function* fuzzedBodies(seed: number, count: number): IterableIterator<FuzzedBody> {
  const random = randomStream(seed, 'fuzz')
  for (let i = 0; i < count; i++) {
    const [type, text] = random.pick(SEEDS)
    let body: Buffer = Buffer.from(text, 'latin1')
    for (let changes = random.below(7); changes > 0; changes--) body = mutate(body, random)
    yield { type, body }
  }
}

function mutate(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length + 1)
  const length = random.below(12)
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([body.subarray(0, at), Buffer.of(random.below(256)), body.subarray(at + 1)])
    case 1:
      return Buffer.concat([body.subarray(0, at), body.subarray(at + length)])
    case 2:
      return Buffer.concat([body.subarray(0, at + length), body.subarray(at)])
    case 3:
      return Buffer.concat([
        body.subarray(0, at),
        Buffer.from(random.pick(TOKENS), 'latin1'),
        body.subarray(at),
      ])
    default: {
      const from = random.below(body.length + 1)
      return Buffer.concat([body.subarray(0, at), body.subarray(from, from + 20), body.subarray(at)])
    }
  }
}
