/** What a user of kubectl does, as a list: commands in order, and what must come back. */

export interface Check {
  /** As typed after `kubectl`; split at blanks unless given as a list. */
  readonly run: string | readonly string[]
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
  { run: 'get ns', want: /kube-system +Active/ },
  { run: 'auth can-i create pods', want: 'yes' },
  { run: 'auth can-i --list', want: /\*\.\*/ },
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
  { run: 'explain deployment.spec.strategy', want: 'rollingUpdate' },
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
  // Change.
  { run: 'scale deploy web --replicas=3', want: 'deployment.apps/web scaled' },
  { run: 'wait deploy/web --for=jsonpath={.status.readyReplicas}=3 --timeout=60s', want: 'condition met' },
  { run: 'set image deploy/web nginx=nginx:1.26', want: 'image updated' },
  { run: 'rollout status deploy/web --timeout=60s', want: 'successfully rolled out' },
  { run: 'rollout history deploy/web', want: /2 +<none>/ },
  { run: 'rollout undo deploy/web', want: 'rolled back' },
  { run: 'rollout restart deploy/web', want: 'restarted' },
  { run: 'rollout pause deploy/web', want: 'paused' },
  { run: 'rollout resume deploy/web', want: 'resumed' },
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
  { run: 'autoscale deploy web --min=1 --max=4', want: 'autoscaled' },
  { run: 'get hpa', want: /Deployment\/web/ },
  { run: 'expose deploy web --port=80', want: 'service/web exposed' },
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
  { run: 'create pdb guard --selector=app=web --min-available=1', want: 'guard created' },
  { run: 'create priorityclass high --value=1000', want: 'high created' },
  { run: 'run once --image=nginx:1.25 --restart=Never', want: 'pod/once created' },
  { run: 'wait pod/once --for=condition=Ready --timeout=60s', want: 'condition met' },
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
  { run: 'taint node node-3 a-', want: 'untainted' },
  { run: 'drain node-1 --force --ignore-daemonsets --delete-emptydir-data --timeout=60s', want: 'drained' },
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
