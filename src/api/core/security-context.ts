/** Under which user and with which rights a container runs. */
import { boolean, type Infer, int64, kept, list, string, struct } from '../schema.ts'

export interface SecurityContext extends Infer<typeof securityContext> {}
export const securityContext = struct('core/v1.SecurityContext', () => ({
  capabilities: capabilities,
  privileged: kept(boolean),
  seLinuxOptions: seLinuxOptions,
  runAsUser: kept(int64),
  runAsNonRoot: kept(boolean),
  readOnlyRootFilesystem: kept(boolean),
  allowPrivilegeEscalation: kept(boolean),
  runAsGroup: kept(int64),
  procMount: kept(string),
  windowsOptions: windowsSecurityContextOptions,
  seccompProfile: seccompProfile,
  appArmorProfile: appArmorProfile,
}))

export interface Capabilities extends Infer<typeof capabilities> {}
export const capabilities = struct('core/v1.Capabilities', () => ({
  add: list(string),
  drop: list(string),
}))

export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}
export const seLinuxOptions = struct('core/v1.SELinuxOptions', () => ({
  user: string,
  role: string,
  type: string,
  level: string,
}))

export interface WindowsSecurityContextOptions extends Infer<typeof windowsSecurityContextOptions> {}
export const windowsSecurityContextOptions = struct('core/v1.WindowsSecurityContextOptions', () => ({
  gmsaCredentialSpecName: kept(string),
  gmsaCredentialSpec: kept(string),
  runAsUserName: kept(string),
  hostProcess: kept(boolean),
}))

export interface SeccompProfile extends Infer<typeof seccompProfile> {}
export const seccompProfile = struct(
  'core/v1.SeccompProfile',
  () => ({
    type: string,
    localhostProfile: kept(string),
  }),
  'type',
)

export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}
export const appArmorProfile = struct(
  'core/v1.AppArmorProfile',
  () => ({
    type: string,
    localhostProfile: kept(string),
  }),
  'type',
)
