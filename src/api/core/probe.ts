/** How a kubelet asks a container for its health, and what it runs at start and stop. */
import { type Infer, int32, int64, intOrString, kept, list, string, struct } from '../schema.ts'

export interface Probe extends Infer<typeof probe> {}
export const probe = struct('core/v1.Probe', () => ({
  exec: execAction,
  httpGet: httpGetAction,
  tcpSocket: tcpSocketAction,
  grpc: grpcAction,
  initialDelaySeconds: int32,
  timeoutSeconds: int32,
  periodSeconds: int32,
  successThreshold: int32,
  failureThreshold: int32,
  terminationGracePeriodSeconds: kept(int64),
}))

export interface ExecAction extends Infer<typeof execAction> {}
export const execAction = struct('core/v1.ExecAction', () => ({
  command: list(string),
}))

export interface HTTPGetAction extends Infer<typeof httpGetAction> {}
export const httpGetAction = struct(
  'core/v1.HTTPGetAction',
  () => ({
    path: string,
    port: intOrString,
    host: string,
    scheme: string,
    httpHeaders: list(httpHeader),
  }),
  'port',
)

export interface HTTPHeader extends Infer<typeof httpHeader> {}
export const httpHeader = struct(
  'core/v1.HTTPHeader',
  () => ({
    name: string,
    value: string,
  }),
  'name',
  'value',
)

export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}
export const tcpSocketAction = struct(
  'core/v1.TCPSocketAction',
  () => ({
    port: intOrString,
    host: string,
  }),
  'port',
)

export interface GRPCAction extends Infer<typeof grpcAction> {}
export const grpcAction = struct(
  'core/v1.GRPCAction',
  () => ({
    port: int32,
    service: kept(string),
  }),
  'port',
)

export interface Lifecycle extends Infer<typeof lifecycle> {}
export const lifecycle = struct('core/v1.Lifecycle', () => ({
  postStart: lifecycleHandler,
  preStop: lifecycleHandler,
  stopSignal: kept(string),
}))

export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}
export const lifecycleHandler = struct('core/v1.LifecycleHandler', () => ({
  exec: execAction,
  httpGet: httpGetAction,
  tcpSocket: tcpSocketAction,
  sleep: sleepAction,
}))

export interface SleepAction extends Infer<typeof sleepAction> {}
export const sleepAction = struct(
  'core/v1.SleepAction',
  () => ({
    seconds: int64,
  }),
  'seconds',
)
