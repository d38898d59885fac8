/** What a user of kubectl does, as a list: commands in order, and what must come back. */

export interface Check {
  /** As typed after `kubectl`; split at blanks unless given as a list. */
  readonly run: string | readonly string[]
  /** Minor version of the first kubectl that has it. */
  readonly from?: number
  /** Goes on until it has printed `want`, and is interrupted then. */
  readonly endless?: true
  /** Asked by HTTP of the local port that an endless command has printed, and what must come back. */
  readonly visit?: { readonly path: string; readonly want: RegExp | string }
  readonly env?: Readonly<Record<string, string>>
  /** Matches somewhere in what is printed (standard output and error together). */
  readonly want?: RegExp | string
  readonly not?: RegExp
  /** Exit code, default 0. */
  readonly code?: number
  readonly stdin?: string
  /** Tried again until it holds, at most so many seconds. */
  readonly within?: number
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: "nginx:1.25", ports: [{containerPort: 80}], resources: {requests: {cpu: 50m}}}]
`

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wd]}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [size], properties: {size: {type: integer, maximum: 10}, color: {type: string, default: red}}}
`

const widget = (size: number) => `
apiVersion: example.com/v1
kind: Widget
metadata: {name: w1}
spec: {size: ${size}}
`

/** A bit of everything, for `describe`. */
const ROOM = `
apiVersion: v1
kind: ConfigMap
metadata: {name: cfg}
data: {a: "1", file.txt: "line1\\nline2\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {pw: hunter2}
---
apiVersion: v1
kind: Pod
metadata: {name: full, labels: {app: full}}
spec:
  initContainers: [{name: init, image: "busybox:1.36", command: [sh, -c, "echo from init"]}]
  containers:
  - name: nginx
    image: "nginx:1.25"
    ports: [{containerPort: 80, name: http}]
    resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {memory: 64Mi}}
    env:
    - {name: PW, valueFrom: {secretKeyRef: {name: sec, key: pw}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    envFrom: [{configMapRef: {name: cfg}}]
    livenessProbe: {httpGet: {path: /, port: http}}
    volumeMounts: [{name: c, mountPath: /c}]
  volumes: [{name: c, configMap: {name: cfg}}]
---
apiVersion: v1
kind: Service
metadata: {name: full}
spec: {type: NodePort, selector: {app: full}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:16", env: [{name: POSTGRES_PASSWORD, value: secret}]}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  timeZone: Europe/Paris
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [echo, night]}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  tls: [{hosts: [shop.example.com], secretName: tls}]
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: full, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: narrow}
spec: {podSelector: {matchLabels: {app: full}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: bounds}
spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 10Gi}}]}
`

/** @param request PEM */
export const csrOf = (request: string) => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: jane}
spec:
  request: ${Buffer.from(request).toString('base64')}
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
  expirationSeconds: 86400
`

/** A pod that looks at itself, and one that asks the API server, by itself and through a neighbour. */
const INSIDE = `
apiVersion: v1
kind: Pod
metadata: {name: downward, labels: {foo: bar}}
spec:
  containers:
  - name: main
    image: busybox
    command: [sleep, infinity]
    resources: {requests: {cpu: 15m, memory: 100Ki}, limits: {cpu: 100m, memory: 8Mi}}
    env:
    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: CPU_REQUEST_MILLICORES, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
    - {name: MEMORY_LIMIT_KIBIBYTES, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Ki}}}
    volumeMounts: [{name: downward, mountPath: /etc/downward}]
  volumes:
  - name: downward
    downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: asker}
spec:
  containers:
  - {name: main, image: busybox, command: [sleep, infinity]}
  - {name: ambassador, image: "bitnami/kubectl:1.33", args: [proxy, --port=8001]}
`

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** What a shell in `asker` is given to do. */
const asked = (script: string) => ['exec', 'asker', '-c', 'main', '--', 'sh', '-c', script]
const asAccount = (path: string) =>
  asked(
    `curl -s --cacert ${ACCOUNT}/ca.crt -H "Authorization: Bearer $(cat ${ACCOUNT}/token)" https://kubernetes${path}`,
  )

/** Files of the folder in which kubectl runs. */
export const FILES: Readonly<Record<string, string>> = {
  'room.yaml': ROOM,
  'inside.yaml': INSIDE,
  'hello.txt': 'hello from a file\n',
  'kz/kustomization.yaml':
    'resources: [cm.yaml]\nnamePrefix: kz-\nconfigMapGenerator: [{name: gen, literals: [a=b]}]\n',
  'kz/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: "1"}\n',
  'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: filed}\ndata: {a: "1"}\n',
  'cm2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: filed}\ndata: {a: "2"}\n',
  'rbac.yaml': `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reconciled}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
`,
}

/** Stands for an editor: turns one text into another in the file that it is given. */
const editor = (from: string, to: string) => ({ KUBE_EDITOR: `sed -i s/${from}/${to}/` })

const SAFE_SUBDOMAIN = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters'

/** In the order in which they are run; later ones use what earlier ones made. */
export const CHECKS: readonly Check[] = [
  // Who and what is there.
  { run: 'version', want: /Server Version: .*v1\.33/ },
  { run: 'cluster-info', want: /Kubernetes control plane.* is running at/ },
  { run: 'get --raw /readyz', want: 'ok' },
  { run: 'get --raw /readyz?verbose', want: 'readyz check passed' },
  { run: 'get --raw /metrics', want: 'apiserver_request_total' },
  { run: 'api-versions', want: /^apps\/v1$/m },
  { run: 'api-resources', want: /deployments +deploy +apps\/v1 +true +Deployment/ },
  { run: 'api-resources --namespaced=false -o name', want: /^nodes$/m },
  { run: 'get nodes', want: /node-1 +Ready +<none>/ },
  { run: 'get nodes -o wide', want: 'containerd://' },
  { run: 'get nodes -o name', want: 'node/node-1' },
  { run: 'describe node node-1', want: /Allocated resources:/ },
  {
    run: 'describe node node-2',
    want: /RegisteredNode +\S+ +node-controller +Node node-2 event: Registered Node node-2 in Controller/,
  },
  { run: 'get ns', want: /kube-system +Active/ },
  { run: 'auth can-i create pods', want: 'yes' },
  { run: 'auth can-i --list', want: /\*\.\*/ },
  { run: 'auth can-i delete nodes --as=jane', want: 'no', code: 1 },
  {
    run: 'auth whoami',
    from: 28,
    want: /Username +kubernetes-admin\s+Groups +\[system:masters system:authenticated\]/,
  },
  { run: 'auth whoami --as=jane --as-group=devs', from: 28, want: /Groups +\[devs system:authenticated\]/ },
  {
    run: 'get pods --as=jane',
    want: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    code: 1,
  },
  { run: 'auth reconcile -f rbac.yaml', want: 'missing rules added' },
  {
    run: 'get namespaces -o jsonpath={.items[*].metadata.name}',
    want: 'default kube-node-lease kube-public kube-system',
  },
  { run: 'get clusterroles view -o name', want: 'clusterrole.rbac.authorization.k8s.io/view' },
  {
    run: 'describe clusterrolebinding cluster-admin',
    want: /Kind +Name +Namespace\s+---- +---- +-+\s+Group +system:masters/,
  },
  { run: 'get priorityclasses', want: /system-node-critical +2000001000 +false/ },
  { run: 'get leases -n kube-node-lease', want: /node-1 +node-1/ },
  { run: 'get nosuch', want: 'the server doesn\'t have a resource type "nosuch"', code: 1 },
  { run: 'get --raw /nosuch', want: 'the server could not find the requested resource', code: 1 },
  // Create, apply, read.
  { run: 'create namespace shop', want: 'namespace/shop created' },
  { run: 'create namespace shop', want: 'namespaces "shop" already exists', code: 1 },
  { run: 'apply -f -', stdin: DEPLOYMENT, want: 'deployment.apps/web created' },
  { run: 'apply -f -', stdin: DEPLOYMENT, want: 'deployment.apps/web unchanged' },
  { run: 'rollout status deployment/web --timeout=60s', want: 'successfully rolled out' },
  { run: 'get deploy', want: /web +2\/2 +2 +2/ },
  { run: 'get deploy,rs,pods -l app=web', want: /replicaset.apps\/web-[a-z0-9]+ +2 +2 +2/ },
  { run: 'get pods -o wide', want: /1\/1 +Running +0 .*10\.244\./ },
  { run: 'get pods --field-selector status.phase=Running -o name', want: 'pod/web-' },
  { run: 'get pods --field-selector spec.bogus=1', want: 'field label not supported: spec.bogus', code: 1 },
  { run: 'get pods -l app=none', want: 'No resources found in default namespace.' },
  { run: 'get pod nobody', want: 'Error from server (NotFound): pods "nobody" not found', code: 1 },
  { run: 'get deploy web -o jsonpath={.spec.replicas}', want: '2' },
  { run: 'get deploy web -o yaml', want: /revisionHistoryLimit: 10/ },
  { run: 'get deploy web -o custom-columns=N:.metadata.name', want: 'web' },
  { run: 'get pods --sort-by=.metadata.name', want: 'web-' },
  { run: 'get pods -A --chunk-size=1', want: /default +web-/ },
  { run: 'describe deploy web', want: /StrategyType: +RollingUpdate/ },
  { run: 'describe pods -l app=web', want: /Successfully assigned default\/web-/ },
  { run: 'get events', want: /ScalingReplicaSet/ },
  { run: 'events --for deployment/web', want: /Scaled up replica set/ },
  { run: 'get componentstatuses', want: /etcd-0\s+Healthy\s+ok/ },
  { run: 'explain deployment.spec.strategy', want: 'rollingUpdate' },
  {
    run: 'explain deployment.spec.strategy --output=plaintext-openapiv2',
    want: /RESOURCE: strategy <Object>[\s\S]*rollingUpdate\s+<Object>/,
  },
  { run: 'explain pod.spec.restartPolicy', from: 30, want: /ENUM:\n\s+Always\n\s+Never\n\s+OnFailure/ },
  { run: 'explain pod.spec.containers --recursive', want: 'imagePullPolicy' },
  { run: 'logs deploy/web', want: /Found 2 pods|nginx|^$/ },
  { run: 'exec deploy/web -- echo hello', want: 'hello' },
  { run: ['exec', 'deploy/web', '--', 'sh', '-c', 'exit 3'], want: 'exit code 3', code: 3 },
  { run: 'exec -i deploy/web -- cat', stdin: 'through and back', want: 'through and back' },
  {
    run: 'exec deploy/web -c nobody -- true',
    want: /container nobody (is not valid for|not found in) pod/,
    code: 1,
  },
  { run: 'exec deploy/web -- nosuchcommand', want: 'executable file not found in $PATH', code: 1 },
  { run: 'exec nobody -- true', want: 'pods "nobody" not found', code: 1 },
  // One of everything, described.
  { run: 'apply -f room.yaml', want: /pod\/full created[\s\S]*statefulset.apps\/db created/ },
  { run: 'wait pod/full --for=condition=Ready --timeout=60s', want: 'condition met' },
  {
    run: 'describe pod full',
    want: /Init Containers:[\s\S]*Reason: +Completed[\s\S]*Liveness: +http-get http:\/\/:http\/ delay=0s timeout=1s period=10s #success=1 #failure=3[\s\S]*PW: +<set to the key 'pw' in secret 'sec'> +Optional: false[\s\S]*IP: +\(v1:status.podIP\)[\s\S]*QoS Class: +Burstable[\s\S]*Started container nginx/,
  },
  { run: 'logs full -c init', want: /^from init$/m },
  { run: 'logs full', want: 'Defaulted container "nginx" out of: nginx, init (init)' },
  { run: 'logs full --all-containers --prefix --tail=1', want: '[pod/full/init] from init' },
  { run: 'logs full -c init --timestamps', want: /^\d{4}-\d\d-\d\dT[\d:.]+Z from init$/m },
  { run: 'logs full -c nobody', want: 'container nobody is not valid for pod full', code: 1 },
  { run: 'logs full -p', want: 'previous terminated container "nginx" in pod "full" not found', code: 1 },
  { run: 'exec full -c nginx -- env', want: /^PW=hunter2$/m },
  { run: 'exec full -c nginx -- cat /c/file.txt', want: 'line1\nline2' },
  {
    run: 'exec full -c nginx -- cat /var/run/secrets/kubernetes.io/serviceaccount/namespace',
    want: 'default',
  },
  { run: 'cp hello.txt full:/tmp/hello.txt -c nginx', not: /./ },
  { run: 'exec full -c nginx -- cat /tmp/hello.txt', want: 'hello from a file' },
  { run: 'cp full:/tmp/hello.txt back.txt -c nginx', want: /emoving leading/ },
  {
    run: 'describe svc full',
    want: /Type: +NodePort[\s\S]*TargetPort: +http\/TCP[\s\S]*Endpoints: +10\.244\.\d+\.\d+:80/,
  },
  { run: 'describe svc kubernetes', want: /IP: +10\.96\.0\.1\s/ },
  {
    run: 'get endpoints full',
    want: /Warning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice[\s\S]*full +10\.244\.\d+\.\d+:80|full +10[\s\S]*Warning: v1 Endpoints is deprecated/,
  },
  { run: 'describe endpoints full', want: /Addresses: +10\.244[\s\S]*http +80 +TCP/ },
  {
    run: 'describe endpointslices -l kubernetes.io/service-name=full',
    want: /TargetRef: +Pod\/full\s+NodeName: +node-/,
  },
  {
    run: 'rollout status sts/db --timeout=60s',
    want: /partitioned roll out complete|rolling update complete 2 pods/,
  },
  { run: 'get sts', want: /NAME +READY +AGE\s+db +2\/2/ },
  {
    run: 'describe sts db',
    want: /Update Strategy: +RollingUpdate\s+Partition: +0\s+Pods Status: +2 Running \/ 0 Waiting/,
  },
  { run: 'rollout status ds/agent --timeout=60s', want: 'daemon set "agent" successfully rolled out' },
  { run: 'get ds', want: /agent +3 +3 +3 +3 +3 +<none>/ },
  { run: 'describe ds agent', want: /Number of Nodes Scheduled with Available Pods: 3/ },
  {
    run: 'get cj',
    want: /NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\s+nightly +0 3 \* \* \* +Europe\/Paris +False +0 +<none>/,
  },
  { run: 'describe cj nightly', want: /Concurrency Policy: +Allow[\s\S]*Successful Job History Limit: +3/ },
  { run: 'create job by-hand --from=cronjob/nightly', want: 'job.batch/by-hand created' },
  { run: 'wait job/by-hand --for=condition=complete --timeout=60s', want: 'condition met' },
  { run: 'logs job/by-hand', want: /^night$/m },
  {
    run: 'describe job by-hand',
    want: /Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed[\s\S]*Job completed/,
  },
  { run: 'get jobs -l job-name=by-hand', want: /by-hand +Complete +1\/1/ },
  {
    run: 'get ingress',
    want: /NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\s+shop +<none> +shop\.example\.com +80, 443/,
  },
  { run: 'describe ingress shop', want: /tls terminates shop\.example\.com[\s\S]*\/ +full:80 \(10\.244/ },
  { run: 'describe netpol narrow', want: /To Port: 80\/TCP\s+From:\s+PodSelector: app=db/ },
  { run: 'get pvc', want: /data +Pending .*<unset>/ },
  {
    run: 'describe pvc data',
    want: /no persistent volumes available for this claim and no storage class is set/,
  },
  { run: 'describe limits bounds', want: /PersistentVolumeClaim +storage +- +10Gi +- +- +-/ },
  { run: 'describe cm cfg', want: /file\.txt:\s+----\s+line1\s+line2/ },
  { run: 'describe secret sec', want: /pw: +7 bytes/ },
  { run: 'describe sa default', want: /Mountable secrets: +<none>/ },
  { run: 'describe ns default', want: /Status: +Active[\s\S]*Resource Limits/ },
  {
    run: 'get all',
    want: /pod\/full[\s\S]*service\/full[\s\S]*daemonset\.apps\/agent[\s\S]*cronjob\.batch\/nightly/,
  },
  { run: 'get pod,svc full', want: /pod\/full[\s\S]*service\/full/ },
  { run: 'get pods full nobody', want: /full +1\/1[\s\S]*pods "nobody" not found/, code: 1 },
  { run: 'get pods -L app --show-labels', want: /full .* full +app=full/ },
  {
    run: 'get pods -o wide --field-selector metadata.name=full',
    want: /NODE +NOMINATED NODE +READINESS GATES/,
  },
  {
    run: ['get', 'pods', '-l', 'app in (full,db),!x', '-o', 'name'],
    want: /^pod\/db-0\npod\/db-1\npod\/full$/m,
  },
  {
    run: ['get', 'pods', '-l', 'app in'],
    want: "unable to parse requirement: found '' expected: '('",
    code: 1,
  },
  { run: ['get', 'pod', 'full', '-o', 'go-template={{.status.phase}}'], want: 'Running' },
  { run: 'get pods --watch --field-selector metadata.name=full', endless: true, want: /full +1\/1 +Running/ },
  { run: 'get pods -w --output-watch-events -l app=full', endless: true, want: /ADDED +full/ },
  { run: 'logs full -c nginx -f', endless: true, want: 'kube-probe/' },
  // Ports of pods from here, and the API without credentials.
  {
    run: 'port-forward pod/full :80',
    endless: true,
    want: 'Forwarding from 127.0.0.1',
    visit: { path: '/', want: 'nginx' },
  },
  {
    run: 'port-forward svc/full :http',
    endless: true,
    want: 'Forwarding from 127.0.0.1',
    visit: { path: '/', want: 'nginx' },
  },
  { run: 'port-forward nobody :80', want: 'pods "nobody" not found', code: 1 },
  {
    run: 'proxy --port=0',
    endless: true,
    want: 'Starting to serve on 127.0.0.1',
    visit: { path: '/api/v1/namespaces/default', want: '"kind":"Namespace"' },
  },
  {
    run: 'proxy --port=0',
    endless: true,
    want: 'Starting to serve on 127.0.0.1',
    visit: { path: '/api/v1/namespaces/default/services/full:http/proxy/', want: 'nginx' },
  },
  { run: 'get --raw /api/v1/namespaces/default/pods/full:80/proxy/', want: 'nginx' },
  {
    run: 'get --raw /api/v1/namespaces/default/services/full:99/proxy/',
    want: 'no service port 99 found for service "full"',
    code: 1,
  },
  // What kubelets say of themselves.
  { run: 'get --raw /api/v1/nodes/node-1/proxy/healthz', want: /^ok$/ },
  { run: 'get --raw /api/v1/nodes/node-1:10250/proxy/pods', want: '"kind":"PodList"' },
  { run: 'get --raw /api/v1/nodes/node-1/proxy/stats/summary', want: '"nodeName":"node-1"' },
  { run: 'get --raw /api/v1/nodes/nobody/proxy/healthz', want: 'nodes "nobody" not found', code: 1 },
  // The cluster from inside of a pod.
  { run: 'apply -f inside.yaml', want: /pod\/downward created\s+pod\/asker created/ },
  {
    run: 'wait pod/downward pod/asker --for=condition=Ready --timeout=60s',
    want: /downward condition met\s+pod\/asker condition met/,
  },
  {
    run: 'exec downward -- env',
    want: /^KUBERNETES_SERVICE_HOST=10\.96\.0\.1$[\s\S]*^POD_IP=10\.244\.\d+\.\d+$\s+^NODE_NAME=node-\d$\s+^CPU_REQUEST_MILLICORES=15$\s+^MEMORY_LIMIT_KIBIBYTES=8192$/m,
  },
  { run: 'exec downward -- ls -lL /etc/downward', want: /^-rw-r--r-- .* labels$/m },
  { run: 'exec downward -- cat /etc/downward/labels', want: 'foo="bar"' },
  { run: 'label pod downward foo=baz --overwrite', want: 'pod/downward labeled' },
  { run: 'exec downward -- cat /etc/downward/labels', want: 'foo="baz"', within: 40 },
  { run: asked(`ls ${ACCOUNT}`), want: /ca\.crt\s+namespace\s+token/ },
  { run: asked('nslookup kubernetes'), want: '10.96.0.1' },
  // Its NetworkPolicy lets only the database in.
  { run: asked('wget -T 2 -qO- http://full'), want: 'wget: download timed out', code: 1 },
  {
    run: asAccount('/'),
    want: 'forbidden: User \\"system:serviceaccount:default:default\\" cannot get path \\"/\\"',
  },
  { run: asAccount('/api/v1/namespaces/default/pods'), want: 'cannot list resource \\"pods\\" in API group' },
  {
    run: 'create rolebinding looker --clusterrole=view --serviceaccount=default:default',
    want: 'looker created',
  },
  { run: asAccount('/api/v1/namespaces/default/pods'), want: /"kind": ?"PodList"/ },
  { run: asked('curl -s localhost:8001/api/v1/namespaces/default/pods/asker'), want: /"name": ?"asker"/ },
  { run: 'delete -f inside.yaml --now', want: /pod "asker" deleted/ },
  // Containers from here.
  {
    run: [
      'run',
      'echoer',
      '--image=busybox',
      '--restart=Never',
      '--rm',
      '-i',
      '--',
      'sh',
      '-c',
      'cat; exit 3',
    ],
    stdin: 'through a pod\n',
    want: /through a pod[\s\S]*pod default\/echoer terminated \(Error\)/,
    code: 3,
  },
  {
    run: ['run', 'ticker', '--image=busybox', '--', 'sh', '-c', 'while true; do echo tick; sleep 5; done'],
    want: 'pod/ticker created',
  },
  { run: 'wait pod/ticker --for=condition=Ready --timeout=60s', want: 'condition met' },
  { run: 'attach ticker', endless: true, want: /^tick$/m },
  {
    run: 'debug full --image=busybox --target=nginx -c dbg --profile=general -- sleep 1000',
    want: 'Targeting container "nginx"',
  },
  { run: 'describe pod full', want: /Ephemeral Containers:\s+dbg:[\s\S]*?State: +Running/, within: 20 },
  {
    run: 'debug full --copy-to=full-copy --image=busybox --profile=general -- sleep 1000',
    want: 'Defaulting debug container name to debugger-',
  },
  { run: 'get pod full-copy', want: /full-copy +2\/2 +Running/, within: 20 },
  {
    run: 'debug node/node-1 --image=busybox --profile=general -- ls /host',
    want: 'Creating debugging pod node-debugger-node-1-',
  },
  { run: 'run typo --image=nginx:1.161 --restart=Never', want: 'pod/typo created' },
  { run: 'get pod typo', want: /ErrImagePull|ImagePullBackOff/, within: 10 },
  { run: 'exec typo -- ls', want: 'unable to upgrade connection: container not found ("typo")', code: 1 },
  { run: 'set image pod/typo typo=nginx:1.26', want: 'pod/typo image updated' },
  { run: 'wait pod/typo --for=condition=Ready --timeout=60s', want: 'condition met' },
  { run: 'set image pod/typo typo=nginx:1.27', want: 'pod/typo image updated' },
  { run: 'get pod typo', want: /1\/1 +Running +1 /, within: 20 },
  // Change.
  { run: 'scale deploy web --replicas=3', want: 'deployment.apps/web scaled' },
  { run: 'wait deploy/web --for=jsonpath={.status.readyReplicas}=3 --timeout=60s', want: 'condition met' },
  { run: 'set image deploy/web nginx=nginx:1.26', want: 'image updated' },
  { run: 'rollout status deploy/web --timeout=60s', want: 'successfully rolled out' },
  { run: 'rollout history deploy/web', want: /2 +<none>/ },
  { run: 'rollout history deploy/web --revision=2', want: /Image:\s+nginx:1\.26/ },
  {
    run: 'rollout undo deploy/web --to-revision=9',
    want: 'unable to find specified revision 9 in history',
    code: 1,
  },
  { run: 'rollout undo deploy/web', want: 'rolled back' },
  { run: 'rollout restart deploy/web', want: 'restarted' },
  { run: 'rollout pause deploy/web', want: 'paused' },
  { run: 'rollout pause deploy/web', want: 'is already paused', code: 1 },
  { run: 'rollout undo deploy/web', want: /cannot rollback a paused deployment/, code: 1 },
  { run: 'rollout resume deploy/web', want: 'resumed' },
  { run: 'set image ds/agent agent=agent:2', want: 'daemonset.apps/agent image updated' },
  { run: 'rollout history ds/agent', want: /1 +<none>\s+2 +<none>/, within: 10 },
  { run: 'rollout undo ds/agent', want: 'daemonset.apps/agent rolled back' },
  { run: 'get controllerrevisions -l app=agent', want: /daemonset\.apps\/agent +3/, within: 10 },
  { run: 'rollout restart sts/db', want: 'statefulset.apps/db restarted' },
  { run: 'rollout status sts/db --timeout=60s', want: /complete/ },
  {
    run: 'scale deploy web --replicas=5 --current-replicas=9',
    want: 'Expected replicas to be 9, was 3',
    code: 1,
  },
  { run: 'get deploy web --subresource=scale', want: /NAME +DESIRED +AVAILABLE +AGE\s+web +3 +\d/ },
  {
    run: 'patch deploy web --subresource=scale --type=merge -p {"spec":{"replicas":2}}',
    want: 'scale.autoscaling/web patched',
  },
  { run: 'edit deploy web', env: editor('replicas:.2', 'replicas:\\ 3'), want: 'deployment.apps/web edited' },
  { run: 'edit cm cfg', env: { KUBE_EDITOR: 'true' }, want: 'Edit cancelled, no changes made.' },
  { run: 'label deploy web tier=front', want: 'labeled' },
  { run: 'label deploy web tier=back', want: /already has a value/, code: 1 },
  { run: 'label deploy web tier-', want: /unlabeled|labeled/ },
  { run: 'annotate deploy web note=x', want: /annotated?\b/ },
  { run: ['patch', 'deploy', 'web', '-p', '{"spec":{"minReadySeconds":1}}'], want: 'patched' },
  {
    run: [
      'patch',
      'deploy',
      'web',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/minReadySeconds","value":0}]',
    ],
    want: 'patched',
  },
  {
    run: [
      'patch',
      'deploy',
      'web',
      '--type=json',
      '-p',
      '[{"op":"test","path":"/spec/replicas","value":99}]',
    ],
    want: 'the server rejected our request due to an error in our request',
    code: 1,
  },
  {
    run: ['patch', 'deploy', 'web', '--type=merge', '-p', '{"spec":{"replicas":-1}}'],
    want: /spec.replicas: Invalid value: -1: must be greater than or equal to 0/,
    code: 1,
  },
  {
    run: [
      'patch',
      'deploy',
      'web',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"observedGeneration":1}}',
    ],
    want: 'patched',
  },
  { run: 'set env deploy/web A=b', want: 'env updated' },
  { run: 'set env deploy/web --list', want: /^A=b$/m },
  { run: 'set env deploy/web --from=configmap/cfg --prefix=CFG_ --keys=a', want: 'env updated' },
  { run: 'set serviceaccount deploy/web default', want: 'serviceaccount updated' },
  { run: 'set selector svc full app=none --dry-run=server', want: 'selector updated (server dry run)' },
  { run: 'label deploy web tier=back --overwrite --list', want: 'tier=back' },
  { run: 'label pods -l app=db x=y', want: /pod\/db-0 labeled\s+pod\/db-1 labeled/ },
  { run: 'annotate pods full note=one', want: /pod\/full annotated?\b/ },
  { run: 'annotate pods full note=two', want: /note.*already has a value|--overwrite is false/, code: 1 },
  {
    run: 'patch pod full -p {"spec":{"nodeName":"node-9"}}',
    want: 'pod updates may not change fields other than',
    code: 1,
  },
  { run: 'patch cm cfg -p {"data":{"a":null,"b":"2"}}', want: 'configmap/cfg patched' },
  { run: 'get cm cfg -o jsonpath={.data}', want: /^\{"b":"2","file/ },
  { run: 'replace -f cm.yaml', want: 'configmaps "filed" not found', code: 1 },
  { run: 'create -f cm.yaml --save-config', want: 'configmap/filed created' },
  {
    run: 'create -f cm.yaml',
    want: 'Error from server (AlreadyExists): error when creating "cm.yaml": configmaps "filed" already exists',
    code: 1,
  },
  { run: 'diff -f cm2.yaml', want: /- {2}a: "1"\s+\+ {2}a: "2"/, code: 1 },
  { run: 'apply -f cm2.yaml', want: 'configmap/filed configured' },
  { run: 'apply view-last-applied cm filed', want: 'a: "2"' },
  { run: 'replace --force -f cm.yaml', want: /configmap "filed" deleted.*\s+configmap\/filed replaced/ },
  { run: 'apply -k kz', want: /configmap\/kz-cm created\s+configmap\/kz-gen-\w+ created/ },
  { run: 'delete -k kz', want: 'configmap "kz-cm" deleted' },
  {
    run: 'create -f -',
    stdin: 'apiVersion: v1\nkind: Pod\nmetadata: {name: UPPER}\nspec: {containers: []}\n',
    want: new RegExp(
      `The Pod "UPPER" is invalid: \\s+\\* metadata.name: Invalid value: "UPPER": ${SAFE_SUBDOMAIN}[^]*\\* spec.containers: Required value`,
    ),
    code: 1,
  },
  {
    run: 'apply -f -',
    stdin: DEPLOYMENT.replace('name: web, labels', 'name: torn, labels').replace(
      'labels: {app: web}}\n    spec',
      'labels: {app: other}}\n    spec',
    ),
    want: 'spec.template.metadata.labels: Invalid value: map[string]string{"app":"other"}: `selector` does not match template `labels`',
    code: 1,
  },
  {
    run: 'apply -f -',
    stdin: 'apiVersion: foo/v1\nkind: Bar\nmetadata: {name: x}\n',
    want: 'no matches for kind "Bar" in version "foo/v1"',
    code: 1,
  },
  { run: 'set resources deploy/web --limits=cpu=100m', want: 'resource requirements updated' },
  {
    run: 'diff -f -',
    stdin: DEPLOYMENT.replace('replicas: 2', 'replicas: 4'),
    want: /\+ +replicas: 4/,
    code: 1,
  },
  { run: 'apply --dry-run=server -f -', stdin: DEPLOYMENT, want: 'configured (server dry run)' },
  { run: 'create -f - --dry-run=client -o name', stdin: DEPLOYMENT, want: 'deployment.apps/web' },
  {
    run: 'apply -f -',
    stdin: DEPLOYMENT.replace('replicas: 2', 'replicaz: 2'),
    want: 'unknown field "spec.replicaz"',
    code: 1,
  },
  {
    run: 'apply --validate=warn -f -',
    stdin: DEPLOYMENT.replace('replicas: 2', 'replicas: 2\n  bogus: 1'),
    want: 'Warning: unknown field "spec.bogus"',
  },
  { run: 'autoscale deploy web --min=2 --max=4', want: 'autoscaled' },
  { run: 'get hpa', want: /Deployment\/web/ },
  { run: 'describe hpa web', want: /Reference: +Deployment\/web[\s\S]*AbleToScale +True/, within: 10 },
  {
    run: 'get horizontalpodautoscalers.v1.autoscaling web -o jsonpath={.spec.targetCPUUtilizationPercentage}',
    want: '80',
  },
  { run: 'expose deploy web --port=80', want: 'service/web exposed' },
  {
    run: 'run exposed --image=nginx --port=80 --expose',
    want: /service\/exposed created\s+pod\/exposed created/,
  },
  { run: 'get svc web', want: /ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/ },
  { run: 'get endpointslices -l kubernetes.io/service-name=web', want: /IPv4/, within: 15 },
  // Server-side apply.
  { run: 'create configmap cm --from-literal=a=1', want: 'configmap/cm created' },
  {
    run: 'apply --server-side --field-manager=one -f -',
    stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "1"}\n',
    want: 'serverside-applied',
  },
  {
    run: 'apply --server-side --field-manager=two -f -',
    stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "2"}\n',
    want: 'Apply failed with 1 conflict: conflict with "one": .data.a',
    code: 1,
  },
  {
    run: 'apply --server-side --field-manager=two --force-conflicts -f -',
    stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "2"}\n',
    want: 'serverside-applied',
  },
  { run: 'get cm ssa -o yaml --show-managed-fields', want: 'manager: two', not: /manager: one/ },
  // The imperative creators, which newer versions send as protobuf.
  { run: 'create deployment api --image=nginx:1.25', want: 'deployment.apps/api created' },
  { run: 'create secret generic s --from-literal=p=q', want: 'secret/s created' },
  { run: 'get secret s -o jsonpath={.data.p}', want: 'cQ==' },
  { run: 'create serviceaccount robot', want: 'serviceaccount/robot created' },
  { run: 'create token robot', want: /^[\w-]+\.[\w-]+\.[\w-]+$/m },
  { run: 'create job once --image=busybox -- true', want: 'job.batch/once created' },
  {
    run: ['create', 'cronjob', 'hourly', '--image=busybox', '--schedule=0 * * * *', '--', 'true'],
    want: 'cronjob.batch/hourly created',
  },
  { run: 'create quota q --hard=pods=50', want: 'resourcequota/q created' },
  { run: 'create role reader --verb=get --resource=pods', want: 'reader created' },
  { run: 'create rolebinding reader --role=reader --user=jane', want: 'reader created' },
  { run: 'create clusterrole c --verb=get --resource=nodes', want: 'c created' },
  { run: 'create ingress i --rule=example.com/*=web:80', want: 'i created' },
  {
    run: 'create secret docker-registry reg --docker-server=x --docker-username=u --docker-password=p',
    want: 'secret/reg created',
  },
  { run: 'get secrets', want: /reg +kubernetes\.io\/dockerconfigjson +1/ },
  { run: 'create secret tls tls --cert=tls.crt --key=tls.key', want: 'secret/tls created' },
  { run: 'create configmap from-file --from-file=hello.txt', want: 'configmap/from-file created' },
  { run: 'create service clusterip c1 --tcp=80:8080', want: 'service/c1 created' },
  { run: 'create service nodeport n1 --tcp=80', want: 'service/n1 created' },
  { run: 'create service loadbalancer l1 --tcp=80', want: 'service/l1 created' },
  { run: 'create service externalname e1 --external-name=example.com', want: 'service/e1 created' },
  {
    run: 'get svc -o wide',
    want: /e1 +ExternalName +<none> +example\.com +<none>[\s\S]*l1 +LoadBalancer +10\.\S+ +<pending> +80:3\d{4}\/TCP/,
  },
  {
    run: 'create quota mixed --hard=cpu=1 --scopes=BestEffort',
    want: 'unsupported scope applied to resource',
    code: 1,
  },
  { run: 'describe quota q', want: /pods +\d+ +50/ },
  { run: 'describe role reader', want: /pods +\[\] +\[\] +\[get\]/ },
  { run: 'get rolebindings -o wide', want: /reader +Role\/reader +\S+ +jane/ },
  { run: 'auth can-i get pods --as=jane', want: 'yes' },
  { run: 'set subject rolebinding reader --user=joe', want: 'subjects updated' },
  { run: 'create clusterrole urls --verb=get --non-resource-url=/logs', want: 'urls created' },
  { run: 'create clusterrole sum --aggregation-rule=a=b', want: 'sum created' },
  { run: 'create clusterrolebinding crb --clusterrole=view --group=devs', want: 'crb created' },
  {
    run: 'create token robot --duration=60s',
    want: 'may not specify a duration less than 10 minutes',
    code: 1,
  },
  { run: 'create token nobody', want: 'serviceaccounts "nobody" not found', code: 1 },
  {
    run: 'create cronjob bad --image=busybox --schedule=bad',
    want: 'spec.schedule: Invalid value: "bad": expected exactly 5 fields, found 1: [bad]',
    code: 1,
  },
  {
    run: 'create deployment minus --image=x --replicas=-1',
    want: 'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    code: 1,
  },
  { run: 'get pods --field-selector=a', want: "invalid selector: 'a'; can't understand 'a'", code: 1 },
  { run: 'create pdb guard --selector=app=web --min-available=1', want: 'guard created' },
  { run: 'describe pdb guard', want: /Min available: +1[\s\S]*Allowed disruptions: +\d/ },
  { run: 'create pdb strict --selector=app=full --min-available=1', want: 'strict created' },
  { run: 'get pdb strict', want: /strict +1 +N\/A +0/, within: 10 },
  { run: 'create priorityclass high --value=1000', want: 'high created' },
  { run: 'run once --image=nginx:1.25 --restart=Never', want: 'pod/once created' },
  { run: 'wait pod/once --for=condition=Ready --timeout=60s', want: 'condition met' },
  // Certificates for people.
  { run: 'apply -f csr.yaml', want: 'certificatesigningrequest.certificates.k8s.io/jane created' },
  {
    run: 'get csr',
    want: /jane +\S+ +kubernetes\.io\/kube-apiserver-client +kubernetes-admin +24h +Pending/,
  },
  { run: 'certificate approve jane', want: 'certificatesigningrequest.certificates.k8s.io/jane approved' },
  { run: 'get csr jane', want: /24h +Approved,Issued/, within: 20 },
  {
    run: 'describe csr jane',
    want: /Requesting User: +kubernetes-admin[\s\S]*Common Name: +jane[\s\S]*Organization: +devs/,
  },
  {
    run: 'certificate deny jane',
    want: 'certificate signing request "jane" is already Approved',
    code: 1,
  },
  { run: 'delete csr jane', want: 'certificatesigningrequest.certificates.k8s.io "jane" deleted' },
  // Nodes.
  { run: 'top nodes', want: /node-1 +\d+m +\d+% +\d+Mi +\d+%/ },
  { run: 'top pods', want: /once +\d+m +\d+Mi/, within: 10 },
  { run: 'top pod once --containers', want: /once +once +\d+m +\d+Mi/ },
  { run: 'get pods.metrics.k8s.io once', want: /NAME +CPU +MEMORY +WINDOW\s+once +\d+\w* +\d+\w* +15s/ },
  { run: 'explain pods.containers --api-version=metrics.k8s.io/v1beta1', want: 'usage' },
  { run: 'cordon node-2', want: 'cordoned' },
  { run: 'get nodes', want: /node-2 +Ready,SchedulingDisabled/ },
  { run: 'uncordon node-2', want: 'uncordoned' },
  { run: 'taint node node-3 a=b:NoSchedule', want: 'tainted' },
  { run: 'taint node node-3 a=b:NoSchedule', want: /already has a taint|--overwrite is false/, code: 1 },
  { run: 'describe node node-3', want: /Taints: +a=b:NoSchedule/ },
  { run: 'taint node node-3 a-', want: 'untainted' },
  {
    run: 'drain node-2 --dry-run=server',
    want: /cannot delete DaemonSet-managed Pods|declare no controller/,
    code: 1,
  },
  {
    run: 'drain -l kubernetes.io/os=linux --pod-selector=app=full --force --ignore-daemonsets --timeout=3s',
    want: "Cannot evict pod as it would violate the pod's disruption budget.",
    code: 1,
  },
  { run: 'uncordon -l kubernetes.io/os=linux', want: 'node/node-1 uncordoned' },
  { run: 'delete pdb strict', want: 'poddisruptionbudget.policy "strict" deleted' },
  {
    run: 'drain node-1 --force --ignore-daemonsets --delete-emptydir-data --timeout=60s',
    want: 'node/node-1 drained',
  },
  // Custom resources.
  {
    run: 'apply -f -',
    stdin: CRD,
    want: 'customresourcedefinition.apiextensions.k8s.io/widgets.example.com created',
  },
  { run: 'wait crd/widgets.example.com --for=condition=Established --timeout=20s', want: 'condition met' },
  { run: 'apply -f -', stdin: widget(3), want: 'widget.example.com/w1 created', within: 10 },
  { run: 'get wd', want: /w1 +3/ },
  { run: 'apply -f -', stdin: widget(5), want: 'widget.example.com/w1 configured' },
  { run: 'apply -f -', stdin: widget(30), want: 'should be less than or equal to 10', code: 1 },
  { run: 'explain widget.spec', want: /size\s+<integer>/ },
  { run: 'delete crd widgets.example.com', want: 'deleted' },
  // Deletions.
  { run: 'delete cm nobody', want: 'Error from server (NotFound): configmaps "nobody" not found', code: 1 },
  { run: 'delete cm nobody --ignore-not-found', not: /./ },
  { run: 'delete pods -l app=none', want: 'No resources found' },
  { run: 'run forced --image=nginx', want: 'pod/forced created' },
  { run: 'delete pod forced --grace-period=0 --force', want: 'pod "forced" force deleted' },
  { run: 'delete sts db --cascade=orphan', want: 'statefulset.apps "db" deleted' },
  { run: 'get pods -l app=db -o name', want: /pod\/db-0\s+pod\/db-1/ },
  { run: 'delete pods -l app=db --wait=false', want: /pod "db-0" deleted.*\s+pod "db-1" deleted/ },
  { run: 'wait pod/db-0 --for=delete --timeout=60s', want: /^$|condition met/ },
  { run: 'delete -f room.yaml --ignore-not-found', want: 'daemonset.apps "agent" deleted' },
  { run: 'run gone --image=nginx:1.25 --restart=Never', want: 'pod/gone created' },
  { run: 'delete pod gone --now', want: 'pod "gone" deleted' },
  { run: 'delete svc web', want: 'service "web" deleted' },
  { run: 'delete deploy web --cascade=foreground', want: 'deleted' },
  { run: 'get rs -l app=web', want: 'No resources found' },
  { run: 'delete deploy api --cascade=orphan', want: 'deleted' },
  { run: 'get rs -l app=api -o name', want: 'replicaset.apps/api-' },
  { run: 'delete rs --all --cascade=background', want: 'deleted' },
  { run: 'delete ns kube-system', want: 'this namespace may not be deleted', code: 1 },
  { run: 'delete ns shop --timeout=60s', want: 'namespace "shop" deleted' },
]
