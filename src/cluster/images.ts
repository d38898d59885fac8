/** Turns the image table of a cluster's options into the catalog that nodes pull from. */
import { quantityValue } from '../api/quantity.ts'
import { type ImageSpec as CatalogSpec, ImageCatalog } from '../kubelet/cri/image-catalog.ts'
import type { Behaviour } from '../kubelet/programs/program.ts'
import type { ImageSpec } from './cluster.ts'
import { toMs } from './duration.ts'

export function imageCatalog(
  images: readonly ImageSpec[] = [],
  builtIn: readonly CatalogSpec[] = [],
): ImageCatalog {
  return new ImageCatalog({ images: images.map(catalogSpec), builtIn })
}

function catalogSpec(spec: ImageSpec): CatalogSpec {
  return {
    image: spec.image,
    ...(spec.pullError !== undefined && { exists: spec.pullError }),
    ...(spec.size !== undefined && { sizeBytes: quantityValue(spec.size) }),
    ...(describesBehaviour(spec) && { program: behaviour(spec) }),
  }
}

function describesBehaviour(spec: ImageSpec): boolean {
  return [spec.runsFor, spec.exitCode, spec.failPercent, spec.readyAfter].some((it) => it !== undefined)
}

/** An exit code without a duration means that the program ends at once. */
function behaviour(spec: ImageSpec): Behaviour {
  const ends = spec.runsFor !== undefined || spec.exitCode !== undefined || spec.failPercent !== undefined
  return {
    ...(ends && { runsForMs: toMs(spec.runsFor ?? 0) }),
    ...(spec.exitCode !== undefined && { exitCode: spec.exitCode }),
    ...(spec.failPercent !== undefined && { failureRate: spec.failPercent / 100 }),
    ...(spec.readyAfter !== undefined && { serves: [{ port: 0, afterMs: toMs(spec.readyAfter) }] }),
  }
}
