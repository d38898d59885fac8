/** The controllers that know a cloud, as one process runs them (upstream: cmd/cloud-controller-manager). */
import type { Component } from '../client/process.ts'
import { diskAttacher, diskProvisioner } from './disks.ts'
import { cloudNodeController, cloudNodeLifecycleController, routeController } from './node-controllers.ts'
import type { Cloud } from './provider.ts'
import { serviceController } from './service-controller.ts'

/** To be started together in a process named `cloud-controller-manager`. */
export function cloudControllerManager(cloud: Cloud): readonly Component[] {
  return [
    cloudNodeController(cloud),
    cloudNodeLifecycleController(cloud),
    routeController(cloud),
    serviceController(cloud),
    diskProvisioner(cloud),
    diskAttacher(cloud),
  ]
}
